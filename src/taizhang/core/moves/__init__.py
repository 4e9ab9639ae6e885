"""All writes: each asks for the right, locks, applies, and appends its entry in the same transaction."""
