"""What `mooring init` writes, as files of the package."""
