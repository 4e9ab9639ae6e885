"""Django's SQLite backend for files whose schema is not trusted (see `base`)."""
