"""How names sound: two characters that are read alike are taken for each other by whoever types a name he has heard.

A rare character is written as a common one of the same sound, or in letters, or not at all, where a program or a font
lacks it; so the sound of a name is what stays.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final

from taizhang.screen.engine import Engine

_FIRST: Final = 0x3400  # the first of the Chinese characters
_SHORT: Final = 4  # characters that are looked up side by side; longer names are read one by one


@lru_cache(maxsize=1)
def readings() -> dict[str, str]:
    """Of every character its first reading, without tones: 喆 zhe, 吕 lv."""
    from pypinyin.pinyin_dict import (
        pinyin_dict,
    )  # here, because most screenings ask for no sound and it is slow to load

    found = {}
    for code, said in pinyin_dict.items():
        if code >= _FIRST:
            plain = unicodedata.normalize(
                "NFD", said.split(",")[0].replace("ü", "v").replace("ǘ", "v").replace("ǚ", "v").replace("ǜ", "v")
            )
            found[chr(code)] = "".join(letter for letter in plain if letter.isascii())
    return found


def of(name: str) -> str:
    """The sound of one name; what is no Chinese character stands for itself, in small letters."""
    known = readings()
    return "".join(known.get(character, character.lower()) for character in name)


def load(engine: Engine) -> None:
    """Tables `sounds` (character, sound) and `long_sounds` (name, sound), the latter empty."""
    engine.run("CREATE OR REPLACE TEMP TABLE sounds (character VARCHAR, sound VARCHAR)")
    engine.insert("sounds", readings().items())
    engine.run("CREATE OR REPLACE TEMP TABLE long_sounds (name VARCHAR, sound VARCHAR)")


def sounding(engine: Engine, rows: str) -> str:
    """A relation of `rows` with two columns more: `sound` of its `name`, and `surname`, that of the first character."""
    said = engine.rows(
        f"SELECT DISTINCT name FROM {rows} WHERE length(name) > {_SHORT} AND name NOT IN (SELECT name FROM long_sounds)"
    )
    engine.insert("long_sounds", ((name, of(name)) for (name,) in said))
    places = range(1, _SHORT + 1)
    joins = " ".join(f"LEFT JOIN sounds s{at} ON s{at}.character = substr(n.name, {at}, 1)" for at in places)
    each = [f"coalesce(s{at}.sound, lower(substr(n.name, {at}, 1)))" for at in places]
    return f"""(SELECT n.*, coalesce(g.sound, {" || ".join(each)}) AS sound, {each[0]} AS surname
        FROM {rows} n {joins} LEFT JOIN long_sounds g ON g.name = n.name)"""
