"""How passwords are hashed: Argon2id at a cost that an office PC bears when everybody logs in at eight."""

from __future__ import annotations

from django.contrib.auth.hashers import Argon2PasswordHasher


class OfficeArgon2(Argon2PasswordHasher):
    """32 MiB, three passes, one lane: above the least that OWASP's password storage guide asks for (19 MiB, two passes)."""

    time_cost = 3
    memory_cost = 32 * 1024
    parallelism = 1
