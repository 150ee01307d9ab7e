"""The Python API: `mooring.Registry` and the follower for serving processes."""
