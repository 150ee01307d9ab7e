"""The command line: one file per command (arguments, one call, print), loaded only when it is used."""
