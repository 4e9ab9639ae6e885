"""Candidates: whom a number that was not found may have meant, for a person to decide on.

The check digit of GB 11643-1999 leaves one possible character per place, so that nothing has to be searched: with the sum of
a valid number (digits by their weights, modulo 11) being 1, a number that is `off` by so much is mended at a place by one
change at most. All is reckoned on whole numbers: `who` is the first seventeen digits * 11 + the value of the check character.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from taizhang.screen.engine import DuckEngine
from taizhang.screen.spelling import WEIGHTS

_INVERSE: Final = tuple(pow(weight, -1, 11) for weight in WEIGHTS)
_UNIT: Final = tuple(11 * 10 ** (17 - place) for place in range(1, 18))
"""By how much `who` grows when the digit at a place (counted from 1) grows by one."""


def candidates(engine: DuckEngine) -> None:
    """Table `candidates` (number, name, person, how): residents that the numbers of `lost` (number, name) may have meant."""
    engine.run("CREATE OR REPLACE TEMP TABLE unfound AS SELECT DISTINCT number, name FROM lost")
    _broken(engine)
    meant = " UNION ALL ".join((_changed(), _one_too_many(), _one_missing()))
    engine.run(f"""CREATE OR REPLACE TEMP TABLE candidates AS
        WITH meant AS ({meant}),
        near AS (SELECT DISTINCT b.number, k.person FROM meant m JOIN keys k ON m.who = k.who JOIN broken b ON b.rowid = m.id),
        named AS (SELECT u.number, u.name, r.person FROM unfound u
                  JOIN register r ON u.name = r.name AND CAST(substr(u.number, 1, 14) AS BIGINT) = {_start("r")}
                  WHERE r.once AND born_of(u.number) IS NOT NULL AND regexp_matches(u.number, '^[0-9]{{14}}'))
        SELECT number, name, person, CASE min(way) WHEN 1 THEN 'edit' ELSE 'birth' END AS how FROM (
            SELECT u.number, u.name, n.person, 1 AS way FROM unfound u JOIN near n ON u.number = n.number
            UNION ALL SELECT number, name, person, 2 FROM named) GROUP BY ALL""")
    engine.run("DROP TABLE broken")
    engine.run("DROP TABLE unfound")


def _start(row: str) -> str:
    """Area and birth date in a number of the register, as one whole number; a broken one may have them as well."""
    text = f"substr({row}.number, 1, 14)"
    read = f"CASE WHEN regexp_full_match({text}, '[0-9]{{14}}') THEN CAST({text} AS BIGINT) END"
    return f"CASE WHEN {row}.who IS NOT NULL THEN {row}.who // {11 * 1000} ELSE {read} END"


def _broken(engine: DuckEngine) -> None:
    """Numbers that were not found and are none, one character too many or too few allowed.

    `odd` is the one place that holds no digit (0: none), read as 0; `who` is the number as it stands, of a shorter one
    its first sixteen digits and its last character.
    """
    mended = "CASE WHEN odd = 0 THEN number ELSE substr(number, 1, odd - 1) || '0' || substr(number, odd + 1) END"
    shorter = "CAST(substr(number, 1, 16) AS BIGINT) * 11 + strpos('0123456789X', substr(number, 17, 1)) - 1"
    engine.run(f"""CREATE OR REPLACE TEMP TABLE broken AS
        SELECT number, long, odd, who, CASE WHEN long = 18 THEN {_off("sum_of(who // 11) + who % 11")} END AS off
        FROM (SELECT number, long, odd,
                     CASE WHEN long = 18 THEN who_of({mended}) WHEN long = 17 AND odd = 0 THEN {shorter} END AS who
              FROM (SELECT number, strlen(number) AS long, CASE WHEN others = '' THEN 0 ELSE strpos(number, others) END AS odd
                    FROM (SELECT number, regexp_replace(regexp_replace(number, 'X$', ''), '[0-9]+', '', 'g') AS others
                          FROM (SELECT DISTINCT number FROM unfound)
                          WHERE strlen(number) BETWEEN 17 AND 19 AND regexp_full_match(number, '[0-9A-Z]+'))
                    WHERE strlen(others) <= 1))
        WHERE long <> 18 OR odd <> 0 OR off <> 0 OR born_of(number) IS NULL""")


def _off(total: str) -> str:
    """What a sum of digits lacks to that of a valid number, from 0 to 10."""
    return f"((12 - ({total}) % 11) % 11)"


def _list(parts: Iterable[object]) -> str:
    return f"[{', '.join(str(part) for part in parts)}]"


def _changed() -> str:
    """Numbers of eighteen characters with one character changed or two neighbours exchanged."""

    def digit(place: int) -> str:
        return f"(who // {_UNIT[place - 1]} % 10)"

    last = "(who % 11)"
    meant = [f"CASE WHEN odd IN (0, 18) THEN who - {last} + ({last} + off) % 11 END"]
    for place in range(1, 18):
        new = f"(({digit(place)} + off * {_INVERSE[place - 1]}) % 11)"
        meant.append(
            f"CASE WHEN odd IN (0, {place}) AND {new} < 10 THEN who + ({new} - {digit(place)}) * {_UNIT[place - 1]} END"
        )
    for place in range(1, 17):
        up, weight = f"({digit(place + 1)} - {digit(place)})", WEIGHTS[place - 1] - WEIGHTS[place]
        step = _UNIT[place - 1] - _UNIT[place]
        meant.append(f"CASE WHEN odd = 0 AND ({up} * {weight} - off) % 11 = 0 THEN who + {up} * {step} END")
    meant.append(f"CASE WHEN odd = 0 AND {last} < 10 THEN (who // 11 - {digit(17)} + {last}) * 11 + {digit(17)} END")
    return f"SELECT rowid AS id, unnest({_list(meant)}) AS who FROM broken WHERE long = 18"


def _one_too_many() -> str:
    """Numbers of nineteen characters without one of them."""
    meant = _list(f"who_of(substr(number, 1, {place - 1}) || substr(number, {place + 1}))" for place in range(1, 20))
    return f"SELECT rowid AS id, unnest({meant}) AS who FROM broken WHERE long = 19"


def _one_missing() -> str:
    """Numbers of seventeen characters with the one put in that makes the sum right; in the last place it may be an X."""
    tens = f"{_list(10 ** (17 - place) for place in range(1, 18))}[place]"
    first, last = "(who // 11)", "(who % 11)"
    inside = f"""SELECT id, (gap + new * {tens}) * 11 + last AS who FROM (
        SELECT id, place, gap, last, {_off("sum_of(gap) + last")} * {_list(_INVERSE)}[place] % 11 AS new FROM (
            SELECT rowid AS id, place, {first} // {tens} * 10 * {tens} + {first} % {tens} AS gap, {last} AS last
            FROM broken, (SELECT unnest(range(1, 18)) AS place) WHERE long = 17)) WHERE new < 10"""
    behind = f"""SELECT id, whole * 11 + {_off("sum_of(whole)")} FROM (
        SELECT rowid AS id, {first} * 10 + {last} AS whole FROM broken WHERE long = 17 AND {last} < 10)"""
    return f"{inside} UNION ALL {behind}"
