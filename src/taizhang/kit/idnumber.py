"""Resident identity numbers (GB 11643-1999): normalising, check character, birth date, sex, near misses."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from datetime import date
from typing import Final

_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS: Final = "10X98765432"
LENGTH: Final = 18


def check_character(first17: str) -> str:
    """The eighteenth character that belongs to seventeen digits."""
    return _CHECKS[sum(int(d) * w for d, w in zip(first17, _WEIGHTS, strict=True)) % 11]


def birth_date(number: str) -> date | None:
    """The day of birth inside an 18-character number; None when those digits are no day."""
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def is_valid(number: str) -> bool:
    """Whether a normalised number has 18 characters, a possible birth date and the right check character."""
    head = number[:17]
    return (
        len(number) == LENGTH
        and head.isascii()
        and head.isdigit()
        and birth_date(number) is not None
        and number[17] == check_character(head)
    )


def tidy(text: str) -> str:
    """Full width to half, no blanks, apostrophes or hyphens, capital X; 15 digits grow to 18. Not checked."""
    plain = "".join(c for c in unicodedata.normalize("NFKC", text) if c not in " \t\u3000'’`‘-").strip().upper()
    if len(plain) == 15 and plain.isascii() and plain.isdigit():
        plain = plain[:6] + "19" + plain[6:]
        plain += check_character(plain)
    return plain


def normalise(text: str) -> str | None:
    """The normalised number, or None when it is not a valid one."""
    number = tidy(text)
    return number if is_valid(number) else None


def is_female(number: str) -> bool:
    """Sex by the seventeenth digit: odd is male."""
    return int(number[16]) % 2 == 0


def mask(number: str) -> str:
    """The least that helps: the last four characters."""
    return "*" * max(len(number) - 4, 0) + number[-4:]


def full_years(born: date, on: date) -> int:
    """Age in full years; who is born on 29 February turns older on 1 March of a common year."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def near(number: str) -> Iterator[str]:
    """Every valid number that is one changed character or one exchange of neighbours away."""
    seen = {number}
    digits = "0123456789"
    for at in range(LENGTH):
        for digit in digits + ("X" if at == LENGTH - 1 else ""):
            changed = number[:at] + digit + number[at + 1 :]
            if changed not in seen and is_valid(changed):
                seen.add(changed)
                yield changed
    for at in range(LENGTH - 1):
        changed = number[:at] + number[at + 1] + number[at] + number[at + 2 :]
        if changed not in seen and is_valid(changed):
            seen.add(changed)
            yield changed
