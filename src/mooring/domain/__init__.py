"""What a registry is, free of files, programs and clocks."""
