"""Statistical area codes as paths: 2, 4, 6, 9 and 12 digits for province to village, longer for grids and estates."""

from __future__ import annotations

from typing import Final

LEVELS: Final = {2: "province", 4: "city", 6: "district", 9: "town", 12: "village"}
LENGTHS: Final = {level: length for length, level in LEVELS.items()}
ORDER: Final = ("province", "city", "district", "town", "village", "grid")


def level(code: str) -> str:
    """The level of a code by its length; longer than twelve is a grid. Raises ValueError for any other length."""
    if not (code.isascii() and code.isdigit()):
        raise ValueError(f"no area code: {code!r}")
    if len(code) > 12:
        return "grid"
    try:
        return LEVELS[len(code)]
    except KeyError:
        raise ValueError(f"no area code: {code!r}") from None


def at(code: str, wanted: str) -> str | None:
    """The code of the enclosing area at that level; None when `code` is itself higher."""
    length = LENGTHS.get(wanted)
    if length is None:
        return code if len(code) > 12 else None
    return code[:length] if len(code) >= length else None


def parent(code: str) -> str | None:
    """The next higher area, None for a province."""
    shorter = [length for length in LEVELS if length < len(code)]
    return code[: max(shorter)] if shorter else None


def covers(upper: str, lower: str) -> bool:
    """Whether `lower` lies inside `upper` or is it."""
    return lower.startswith(upper)


def span(code: str) -> tuple[str, str]:
    """The half-open range of codes inside an area, for byte-wise (`COLLATE "C"`) comparison: low <= code < high."""
    return code, code[:-1] + chr(ord(code[-1]) + 1)


def statistical(text: str) -> str:
    """A twelve-digit code without the zeros that stand for levels below it (`410503000000` is a district)."""
    code = text.strip()
    if len(code) == 12:
        for length in (2, 4, 6, 9):
            if set(code[length:]) == {"0"}:
                return code[:length]
    return code


# The endings of official names: of the committee or office that an area is named after, and the area's own.
_OFFICES: Final = (
    ("村民委员会", "村"), ("村委会", "村"), ("社区居民委员会", "社区"), ("社区居委会", "社区"), ("居民委员会", "社区"),
    ("居委会", "社区"), ("街道办事处", "街道"), ("镇人民政府", "镇"), ("乡人民政府", "乡"),
)  # fmt: skip


def short_name(name: str) -> str:
    """The name of an area as people say it: `东苏度村` for `东苏度村民委员会`, `红旗南社区` for `红旗南社区居委会`.

    Official papers and notices keep the full name. A name without such an ending is its own short name.
    """
    for ending, kind in _OFFICES:
        stem = name.removesuffix(ending)
        if stem != name and stem:
            return stem if stem.endswith(kind) else f"{stem}{kind}"
    return name
