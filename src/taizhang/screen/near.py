"""Candidates: whom a number that was not found may have meant, for a person to decide on.

The check digit of GB 11643-1999 leaves one possible character per place, so that nothing has to be searched: with the sum of
a valid number (digits by their weights, modulo 11) being 1, a number that is `off` by so much is mended at a place by one
change at most. All is reckoned on whole numbers, `who` of a number being its first seventeen digits * 11 + its check character.
"""

from __future__ import annotations

from typing import Final

from taizhang.screen.engine import Engine
from taizhang.screen.spelling import PLAIN, WEIGHTS

_COUNTY: Final = 11 * 10**11  # `who` by this is the first six digits
_DAY: Final = 11 * 10**3  # by this: up to the day of birth


def candidates(engine: Engine) -> None:
    """Table `candidates` (number, named, person, how): residents that the numbers of `lost` (number, named) may have meant."""
    engine.run(f"""CREATE OR REPLACE TEMP TABLE unfound AS SELECT row_number() OVER () AS id, number, named, who,
            CASE WHEN who IS NOT NULL THEN who // {_DAY} WHEN regexp_matches(number, '^[0-9]{{14}}') THEN try_cast(substr(number, 1, 14) AS BIGINT) END AS start
        FROM (SELECT number, named, CASE WHEN who_of(number) >= {PLAIN} THEN who_of(number) END AS who FROM (SELECT DISTINCT number, named FROM lost))""")
    if not engine.rows("SELECT 1 FROM unfound LIMIT 1"):  # planning what follows takes longer than reading a small file
        engine.run("""CREATE OR REPLACE TEMP TABLE candidates AS
            SELECT u.number, u.named, k.person, '' AS how FROM unfound u, keys k WHERE false""")
        return
    _broken(engine)
    _meant(engine)
    engine.run(f"""CREATE OR REPLACE TEMP TABLE candidates AS
        WITH ways AS (SELECT m.id, k.person, 1 AS way FROM meant m JOIN keys k ON m.who = k.who
                      UNION ALL
                      SELECT u.id, k.person, 2 FROM unfound u JOIN keys k ON u.named = k.named AND u.start = k.who // {_DAY}
                      UNION ALL
                      SELECT u.id, r.person, 2 FROM unfound u  -- a broken number of the register still tells birth and area
                      JOIN register r ON u.named = r.named AND substr(u.number, 1, 14) = substr(r.number, 1, 14)
                      WHERE NOT r.valid AND r.once AND u.start IS NOT NULL AND born_of(r.number) IS NOT NULL)
        SELECT u.number, u.named, w.person, CASE w.way WHEN 1 THEN 'edit' ELSE 'birth' END AS how
        FROM (SELECT id, person, min(way) AS way FROM ways GROUP BY id, person) w JOIN unfound u ON u.id = w.id""")
    for table in ("meant", "broken", "unfound"):
        engine.run(f"DROP TABLE {table}")


def of_some(lost: str, some: str) -> str:
    """A query of those rows of a relation `lost` (number, named) for which `candidates` may find one of the numbers of a table `some`.

    An edit leaves what stands before it and behind it, so that of two numbers one edit or exchange of neighbours apart, or of one day of birth, at
    least one of these is the same: fourteen characters in front, six at the end, or both of what the last two lines have.
    """
    same = (
        "left(number, 14)",
        "right(number, 6)",
        "left(number, 11) || right(number, 5)",
        "left(number, 12) || right(number, 3)",
    )
    return f"SELECT * FROM {lost} WHERE {' OR '.join(f'{part} IN (SELECT {part} FROM {some})' for part in same)}"


def _broken(engine: Engine) -> None:
    """Numbers that were not found and are none, one character too many or too few allowed.

    `first` is all but the last character, `last` the value of that; `odd` is the one place that holds no digit (0: none),
    read as 0; `off` is what a number of eighteen characters lacks, and what the last of eighteen has to be where there are seventeen.
    """
    others = "translate(CASE WHEN ends_with(number, 'X') THEN substr(number, 1, strlen(number) - 1) ELSE number END, '0123456789', '')"
    mended = "CASE WHEN odd = 0 THEN number ELSE substr(number, 1, odd - 1) || '0' || substr(number, odd + 1) END"
    engine.run(f"""CREATE OR REPLACE TEMP TABLE broken AS
        SELECT id, long, odd, first, last, off
        FROM (SELECT *, {_off("CASE WHEN long = 18 THEN total ELSE 2 * total END")} AS off FROM (SELECT *, sum_of(first) + last AS total FROM (
              SELECT id, number, 18 AS long, 0 AS odd, who // 11 AS first, CAST(who % 11 AS INTEGER) AS last FROM unfound WHERE who IS NOT NULL
              UNION ALL
              SELECT id, number, long, odd, try_cast(substr(mended, 1, long - 1) AS BIGINT) AS first,
                     CAST(strpos('0123456789X', substr(mended, long, 1)) - 1 AS INTEGER) AS last
              FROM (SELECT id, number, long, odd, {mended} AS mended
                    FROM (SELECT id, number, CAST(strlen(number) AS INTEGER) AS long, CASE WHEN others = '' THEN 0 ELSE strpos(number, others) END AS odd
                          FROM (SELECT id, number, CASE WHEN regexp_full_match(number, '[0-9]+X?') THEN '' ELSE {others} END AS others
                                FROM unfound WHERE who IS NULL AND strlen(number) BETWEEN 17 AND 19 AND regexp_full_match(number, '[0-9A-Z]+'))
                          WHERE strlen(others) <= 1)))))
        WHERE CASE WHEN long <> 18 OR odd <> 0 OR off <> 0 THEN true ELSE born_of(number) IS NULL END""")


def _meant(engine: Engine) -> None:
    """Table `meant` (id, who): every number that the rows of `broken` may mean, of a county of the register and with a day in it."""
    places = ", ".join(
        f"({place}, {10 ** (17 - place)}, {_inverse(WEIGHTS[place - 1])}, {_inverse(WEIGHTS[place - 1] - WEIGHTS[place])})"
        for place in range(1, 18)
    )
    engine.run(f"""CREATE OR REPLACE TEMP TABLE meant AS
        WITH places(place, unit, inverse, fall) AS (VALUES {places}),
        every AS (  -- one digit alone, which has to be `more` than it is by what mends the sum there
            SELECT id, (first + (more - CASE WHEN digit + more > 10 THEN 11 ELSE 0 END) * unit) * 11 + last AS who
            FROM (SELECT id, first, last, unit, first // unit % 10 AS digit, off * inverse % 11 AS more
                  FROM broken, places WHERE long = 18 AND odd IN (0, place)) WHERE digit + more <> 10
            UNION ALL  -- one missing: `rest` has a nought where it was
            SELECT id, (rest + digit * unit) * 11 + last
            FROM (SELECT id, unit, last, rest, {_off("sum_of(rest) + last")} * inverse % 11 AS digit
                  FROM (SELECT id, unit, inverse, last, first // unit * 10 * unit + first % unit AS rest
                        FROM broken, places WHERE long = 17 AND odd = 0)) WHERE digit < 10
            UNION ALL  -- the last character alone
            SELECT id, first * 11 + (last + off) % 11 FROM broken WHERE long = 18 AND odd IN (0, 18)
            UNION ALL
            SELECT id, (first * 10 + last) * 11 + off FROM broken WHERE long = 17 AND odd = 0 AND last < 10
            UNION ALL  -- two neighbours exchanged
            SELECT id, (first + up * (unit - unit // 10)) * 11 + last
            FROM (SELECT id, first, last, unit, off * fall % 11 AS more, pair % 10 - pair // 10 AS up
                  FROM (SELECT id, first, last, off, unit, fall, first // (unit // 10) % 100 AS pair
                        FROM broken, places WHERE long = 18 AND odd = 0 AND place < 17)) WHERE up IN (more, more - 11)
            UNION ALL
            SELECT id, (first - first % 10 + last) * 11 + first % 10 FROM broken WHERE long = 18 AND odd = 0 AND last < 10
            UNION ALL  -- one too many
            SELECT id, (first // (100 * unit) * 10 * unit + first % (10 * unit)) * 11 + last FROM broken, places WHERE long = 19 AND odd IN (0, place)
            UNION ALL
            SELECT id, first // 10 * 11 + last FROM broken WHERE long = 19 AND odd IN (0, 18)
            UNION ALL
            SELECT id, first // 10 * 11 + first % 10 FROM broken WHERE long = 19 AND odd IN (0, 19))
        SELECT id, who FROM every WHERE who // {_DAY} % 100 BETWEEN 1 AND 31 AND who // {100 * _DAY} % 100 BETWEEN 1 AND 12
            AND who // {_COUNTY} IN (SELECT DISTINCT who // {_COUNTY} FROM keys)""")


def _inverse(weight: int) -> int:
    return pow(weight, -1, 11)


def _off(total: str) -> str:
    """What a sum of digits lacks to that of a valid number, from 0 to 10."""
    return f"(12 - ({total}) % 11) % 11"
