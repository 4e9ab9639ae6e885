"""Candidates: whom a number that was not found may have meant, for a person to decide on.

The check digit of GB 11643-1999 leaves one possible character per place, so that nothing has to be searched: with the sum of
a valid number (digits by their weights, modulo 11) being 1, a number that is `off` by so much is mended at a place by one
change at most. All is reckoned on whole numbers, `who` of a number being its first seventeen digits * 11 + its check character.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from taizhang.screen.engine import DuckEngine
from taizhang.screen.spelling import WEIGHTS

_INVERSE: Final = tuple(pow(weight, -1, 11) for weight in WEIGHTS)


def candidates(engine: DuckEngine) -> None:
    """Table `candidates` (number, name, person, how): residents that the numbers of `lost` (number, name) may have meant."""
    engine.run("CREATE OR REPLACE TEMP TABLE unfound AS SELECT DISTINCT number, name FROM lost")
    if not engine.rows("SELECT 1 FROM unfound LIMIT 1"):  # planning what follows takes longer than reading a small file
        engine.run("""CREATE OR REPLACE TEMP TABLE candidates AS
            SELECT u.number, u.name, k.person, '' AS how FROM unfound u, keys k WHERE false""")
        return
    _broken(engine)
    meant = " UNION ALL ".join((_changed(), _one_too_many(), _one_missing()))
    engine.run(f"""CREATE OR REPLACE TEMP TABLE candidates AS
        WITH meant AS ({meant}),
        near AS (SELECT DISTINCT b.number, k.person FROM meant m JOIN keys k ON m.who = k.who JOIN broken b ON b.rowid = m.id),
        born AS (SELECT number, name, CAST(substr(number, 1, 14) AS BIGINT) AS start FROM unfound
                 WHERE regexp_matches(number, '^[0-9]{{14}}') AND born_of(number) IS NOT NULL),
        named AS (SELECT b.number, b.name, k.person FROM born b JOIN keys k ON b.name = k.name AND b.start = k.who // 11000
                  UNION ALL
                  SELECT b.number, b.name, r.person FROM born b  -- a broken number of the register still tells birth and area
                  JOIN register r ON b.name = r.name AND substr(b.number, 1, 14) = substr(r.number, 1, 14) WHERE NOT r.valid AND r.once)
        SELECT number, name, person, CASE min(way) WHEN 1 THEN 'edit' ELSE 'birth' END AS how FROM (
            SELECT u.number, u.name, n.person, 1 AS way FROM unfound u JOIN near n ON u.number = n.number
            UNION ALL SELECT number, name, person, 2 FROM named) GROUP BY ALL""")
    engine.run("DROP TABLE broken")
    engine.run("DROP TABLE unfound")


def _broken(engine: DuckEngine) -> None:
    """Numbers that were not found and are none, one character too many or too few allowed.

    `first` is all but the last character, `last` the value of that; `odd` is the one place that holds no digit (0: none),
    read as 0; `off` is what a number of eighteen characters lacks.
    """
    others = "regexp_replace(regexp_replace(number, 'X$', ''), '[0-9]+', '', 'g')"
    mended = "CASE WHEN odd = 0 THEN number ELSE substr(number, 1, odd - 1) || '0' || substr(number, odd + 1) END"
    engine.run(f"""CREATE OR REPLACE TEMP TABLE broken AS
        SELECT number, long, odd, first, last, CASE WHEN long = 18 THEN {_off("sum_of(first) + last")} END AS off
        FROM (SELECT number, long, odd, CAST(substr(mended, 1, long - 1) AS BIGINT) AS first,
                     CAST(strpos('0123456789X', substr(mended, long, 1)) - 1 AS INTEGER) AS last
              FROM (SELECT number, long, odd, {mended} AS mended
                    FROM (SELECT number, CAST(strlen(number) AS INTEGER) AS long, CASE WHEN others = '' THEN 0 ELSE strpos(number, others) END AS odd
                          FROM (SELECT number, CASE WHEN regexp_full_match(number, '[0-9]+X?') THEN '' ELSE {others} END AS others
                                FROM (SELECT DISTINCT number FROM unfound)
                                WHERE strlen(number) BETWEEN 17 AND 19 AND regexp_full_match(number, '[0-9A-Z]+'))
                          WHERE strlen(others) <= 1)))
        WHERE CASE WHEN long <> 18 OR odd <> 0 OR off <> 0 THEN true ELSE born_of(number) IS NULL END""")


def _off(total: str) -> str:
    """What a sum of digits lacks to that of a valid number, from 0 to 10."""
    return f"CAST((12 - ({total}) % 11) % 11 AS INTEGER)"


def _list(parts: Iterable[str]) -> str:
    return f"[{', '.join(parts)}]"


def _digits(count: int) -> str:
    """The digits of `first` as columns d1, d2, …"""
    return ", ".join(
        f"CAST(first // {10 ** (count - place)} % 10 AS INTEGER) AS d{place}" for place in range(1, count + 1)
    )


def _changed() -> str:
    """Numbers of eighteen characters with one character changed or two neighbours exchanged."""
    tens = [10 ** (17 - place) for place in range(1, 18)]
    new = ", ".join(f"(d{place} + off * {_INVERSE[place - 1]}) % 11 AS n{place}" for place in range(1, 18))
    meant = ["CASE WHEN odd IN (0, 18) THEN first * 11 + (last + off) % 11 END"]
    for place, unit in enumerate(tens, 1):
        digit = f"n{place} < 10 AND odd IN (0, {place})"
        meant.append(f"CASE WHEN {digit} THEN (first + CAST(n{place} - d{place} AS BIGINT) * {unit}) * 11 + last END")
    for place in range(1, 17):
        up, step = f"(d{place + 1} - d{place})", tens[place - 1] - tens[place]
        right = f"({up} * {WEIGHTS[place - 1] - WEIGHTS[place]} - off) % 11 = 0 AND odd = 0"
        meant.append(f"CASE WHEN {right} THEN (first + CAST({up} AS BIGINT) * {step}) * 11 + last END")
    meant.append("CASE WHEN odd = 0 AND last < 10 THEN (first - d17 + last) * 11 + d17 END")
    rows = f"SELECT rowid AS id, first, last, odd, off, {_digits(17)} FROM broken WHERE long = 18"
    return _unfolded(rows, new, meant)


def _one_too_many() -> str:
    """Numbers of nineteen characters without one of them."""
    meant = ["CASE WHEN odd IN (0, 19) THEN first // 10 * 11 + first % 10 END"]
    for place in range(1, 19):
        unit = 10 ** (18 - place)
        rest = f"first // {10 * unit} * {unit} + first % {unit}"
        meant.append(f"CASE WHEN odd IN (0, {place}) THEN ({rest}) * 11 + last END")
    return f"SELECT rowid AS id, unnest({_list(meant)}) AS who FROM broken WHERE long = 19"


def _one_missing() -> str:
    """Numbers of seventeen characters with the one put in that makes the sum right; in the last place it may be an X."""
    meant, sums = [], []
    for place in range(1, 18):
        # what stands behind the gap has moved on to the next weight
        moved = (f"d{at} * {WEIGHTS[at - 1] if at < place else WEIGHTS[at]}" for at in range(1, 17))
        sums.append(f"{_off(' + '.join([*moved, 'last']))} * {_INVERSE[place - 1]} % 11 AS n{place}")
        unit = 10 ** (17 - place)
        gap = f"first // {unit} * {10 * unit} + first % {unit}"
        meant.append(f"CASE WHEN n{place} < 10 THEN ({gap} + CAST(n{place} AS BIGINT) * {unit}) * 11 + last END")
    meant.append(f"CASE WHEN last < 10 THEN (first * 10 + last) * 11 + {_off('sum_of(first * 10 + last)')} END")
    rows = f"SELECT rowid AS id, first, last, {_digits(16)} FROM broken WHERE long = 17 AND odd = 0"
    return _unfolded(rows, ", ".join(sums), meant)


def _unfolded(rows: str, new: str, meant: Iterable[str]) -> str:
    """Every number that rows may mean, one a line; `new` are the digits that would make their sums right."""
    return f"SELECT id, unnest({_list(meant)}) AS who FROM (SELECT *, {new} FROM ({rows}))"
