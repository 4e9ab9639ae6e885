"""The typed spine and its three doors: `moves` (all writes), `queries` (all reads), `access` (all rights)."""
