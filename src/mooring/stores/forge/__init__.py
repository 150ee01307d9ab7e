"""Where changes are proposed and approved: so far a plain Git remote."""
