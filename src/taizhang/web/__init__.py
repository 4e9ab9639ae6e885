"""Pages: thin, and only through the three doors of `core`."""
