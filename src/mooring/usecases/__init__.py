"""What people do with a registry, one verb a file; nothing here prints, exits or asks the time."""
