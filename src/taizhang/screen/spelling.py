"""Every way in which departments write a date, a month, an amount or an identity number, as SQL macros.

The macros are made once per connection; each takes the text of a cell and gives a typed value, or NULL where the text is none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

_FULL: Final = "".join(chr(code) for code in range(0xFF01, 0xFF5F)) + "\u3000￥−–—。"
_HALF: Final = ("".join(chr(code) for code in range(0x21, 0x7F)) + " ¥---.").replace("'", "''")
_BLANKS: Final = " \t\r\n\v\f\u00a0\u200b\u3000\ufeff"
_WIDE: Final = r"[\x{FF01}-\x{FF5E}\x{3000}￥−–—。]"
_BLANK: Final = r"\s\x{00A0}\x{200B}\x{3000}\x{FEFF}"
WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2, 1)  # GB 11643-1999; the check character counts 1
PLAIN: Final = 11 * 10**16
# A digit is what stands up to it less ten times what stands before, and -10 is 1 modulo 11: one division for each, and no remainder
_SUM: Final = " + ".join(f"v // {10 ** (16 - at)} * {sum(WEIGHTS[at : min(at + 2, 17)]) % 11}" for at in range(17))
_FIRST: Final = "try_cast(substr(n, 1, 17) AS BIGINT)"
_LAST: Final = "nullif(strpos('0123456789X', substr(n, 18, 1)), 0) - 1"
_MARKS: Final = "''’‘`´"  # what spreadsheets and people put before a number to keep it text
_GONE: Final = _BLANKS + _MARKS
_DOTS: Final = "•・‧∙．."
_DAY: Final = "[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"
_TIME: Final = r"[ T]+[0-9]{1,2}:[0-9]{1,2}(:[0-9]{1,2}(\.[0-9]+)?)?"
_MONTH: Final = r"^([0-9]{4})\s*(?:[-/年]\s*([0-9]{1,2})|\.\s*([0-9]{2}))\s*月?$"
_MONEY: Final = r"(人民币|RMB|CNY)?¥?-?([0-9]{1,20}(\.[0-9]*)?|\.[0-9]+)(亿元|万元|万|元整|元)?"
_FAR: Final = 10**17  # fen; anything as large is far above every ceiling and only has to compare as such

MACROS: Final[tuple[tuple[str, str], ...]] = (
    # translate() is dear: a cheap look first whether there is anything to translate
    ("half(x)", f"CASE WHEN regexp_matches(x, '{_WIDE}') THEN translate(x, '{_FULL}', '{_HALF}') ELSE x END"),
    ("bare(x)", f"regexp_replace(half(x), '[{_BLANK}{_MARKS}]+', '', 'g')"),
    ("is_blank(x)", f"x IS NULL OR regexp_full_match(x, '[{_BLANK}]*')"),
    ("trimmed(x)", f"CASE WHEN regexp_matches(x, '^[{_BLANK}{_MARKS}]|[{_BLANK}]$') THEN trim(x, '{_GONE}') ELSE x END"),
    ("tidy(x)", "CASE WHEN regexp_full_match(x, '[!-&(-~]+') THEN x ELSE bare(x) END"),
    ("edges(x)", "trimmed(half(x))"),
    # --- dates -------------------------------------------------------------------------------------------------------
    ("in_reason(d)", "CASE WHEN d BETWEEN DATE '1900-01-01' AND DATE '2199-12-31' THEN d END"),
    (
        "dashed(t)",  # the words of a date are dashes by now
        f"CASE WHEN regexp_full_match(t, '{_DAY}') THEN try_cast(t AS DATE) "
        f"WHEN regexp_full_match(t, '{_DAY}{_TIME}') THEN try_cast(split_part(translate(t, 'T', ' '), ' ', 1) AS DATE) "
        f"WHEN regexp_full_match(replace(t, ' ', ''), '{_DAY}') THEN try_cast(replace(t, ' ', '') AS DATE) END",
    ),
    (
        "date_of(t)",
        "CASE WHEN regexp_full_match(t, '[0-9]{8}') "
        "THEN try_cast(substr(t, 1, 4) || '-' || substr(t, 5, 2) || '-' || substr(t, 7, 2) AS DATE) "
        r"WHEN regexp_full_match(t, '[0-9]{5}(\.[0-9]+)?') THEN DATE '1899-12-30' + try_cast(substr(t, 1, 5) AS INTEGER) "
        "ELSE dashed(replace(translate(t, '/.年月', '----'), '日', '')) END",
    ),
    ("clean_day(x)", f"CASE WHEN regexp_full_match(x, '{_DAY}') THEN x ELSE edges(x) END"),
    ("day_of(t)", "in_reason(CASE WHEN strlen(t) = 10 AND t LIKE '____-__-__' THEN dashed(t) ELSE date_of(t) END)"),
    (
        "month_of(t)",
        "CASE WHEN regexp_full_match(t, '[0-9]{6}') THEN try_cast(substr(t, 1, 4) || '-' || substr(t, 5, 2) || '-01' AS DATE) "
        rf"WHEN regexp_matches(t, '{_MONTH}') THEN try_cast(regexp_replace(t, '{_MONTH}', '\1-\2\3-01') AS DATE) "
        "ELSE CAST(date_trunc('month', date_of(t)) AS DATE) END",
    ),
    ("in_reason_month(t)", "in_reason(month_of(t))"),
    (
        "year_of(t)",
        r"CASE WHEN regexp_full_match(t, '(19|20|21)[0-9]{2}\s*年?度?') THEN try_cast(substr(t, 1, 4) AS INTEGER) END",
    ),
    # --- money: integer fen, never rounded ------------------------------------------------------------------------------
    (
        "clean_money(x)",
        r"CASE WHEN regexp_full_match(x, '-?[0-9]+(\.[0-9]+)?') THEN x ELSE replace(replace(upper(bare(x)), ',', ''), '-¥', '-') END",
    ),
    (
        "scaled(n)",  # the number times 10^8, exactly; NULL where it is finer than that
        "CASE WHEN strlen(rtrim(split_part(n, '.', 2), '0')) <= 8 THEN "
        "try_cast(split_part(n, '.', 1) || rpad(rtrim(split_part(n, '.', 2), '0'), 8, '0') AS HUGEINT) END",
    ),
    ("exactly(v, per)", f"CASE WHEN v % per = 0 THEN CAST(greatest(least(v // per, {_FAR}), -{_FAR}) AS BIGINT) END"),
    (
        "fen_of(t, per)",
        r"CASE WHEN per = 1 AND regexp_full_match(t, '-?[0-9]{1,12}(\.[0-9]{1,2})?') "
        "THEN CAST(try_cast(t AS DECIMAL(18,2)) * 100 AS BIGINT) "
        r"WHEN regexp_full_match(t, '¥?-?[0-9]{1,12}(\.[0-9]{1,2})?元') OR (per = 1 AND regexp_full_match(t, '¥-?[0-9]{1,12}(\.[0-9]{1,2})?')) "
        "THEN CAST(try_cast(replace(replace(t, '¥', ''), '元', '') AS DECIMAL(18,2)) * 100 AS BIGINT) "
        f"WHEN regexp_full_match(t, '{_MONEY}') THEN exactly(scaled(regexp_extract(t, '-?[0-9.]+')) "
        "* (CASE WHEN contains(t, '亿') THEN 100000000 WHEN contains(t, '万') THEN 10000 WHEN contains(t, '元') THEN 1 ELSE per END), 1000000) END",
    ),
    # --- identity numbers and names --------------------------------------------------------------------------------------
    ("sum_of(v)", _SUM),  # of seventeen digits given as one whole number: as good as the sum of digits by their weights, modulo 11
    ("check_of(v)", "substr('10X98765432', 1 + CAST(sum_of(v) % 11 AS INTEGER), 1)"),
    (
        "grown(t)",  # 15 digits to 18
        "CASE WHEN regexp_full_match(t, '[0-9]{15}') THEN substr(t, 1, 6) || '19' || substr(t, 7) "
        "|| check_of(try_cast(substr(t, 1, 6) || '19' || substr(t, 7) AS BIGINT)) ELSE nullif(t, '') END",
    ),
    (
        "clean_number(x)",
        "CASE WHEN regexp_full_match(x, '[0-9]{17}[0-9X]') THEN x ELSE replace(upper(bare(x)), '-', '') END",
    ),
    ("number_of(t)", "CASE WHEN strlen(t) = 18 THEN t ELSE grown(t) END"),
    ("card_of(t)", "CASE WHEN strlen(t) IN (20, 22) THEN substr(t, 1, 18) ELSE number_of(t) END"),
    ("born_of(n)", "try_cast(substr(n, 7, 4) || '-' || substr(n, 11, 2) || '-' || substr(n, 13, 2) AS DATE)"),
    (
        "is_valid(n)",
        "CASE WHEN regexp_full_match(n, '[0-9]{17}[0-9X]') AND born_of(n) IS NOT NULL "
        "THEN check_of(try_cast(substr(n, 1, 17) AS BIGINT)) = substr(n, 18, 1) ELSE false END",
    ),
    ("clean_name(x)", r"CASE WHEN regexp_full_match(x, '\p{Han}+') THEN x ELSE upper(bare(x)) END"),
    ("name_of(t)", f"CASE WHEN regexp_matches(t, '[{_DOTS}]') THEN translate(t, '{_DOTS}', '{'·' * len(_DOTS)}') ELSE nullif(t, '') END"),
    (
        "phone_of(t)",
        "CASE WHEN regexp_full_match(t, '1[0-9]{10}') THEN t ELSE nullif(regexp_replace(regexp_replace(t, '[^0-9]+', '', 'g'), '^0*86(1[0-9]{10})$', '\\1'), '') END",
    ),
    (
        "shorter(t)",  # a padded code without the zeros that stand for levels below it
        "CASE WHEN strlen(t) <> 12 THEN t WHEN t LIKE '__0000000000' THEN substr(t, 1, 2) "
        "WHEN t LIKE '____00000000' THEN substr(t, 1, 4) WHEN t LIKE '______000000' THEN substr(t, 1, 6) "
        "WHEN t LIKE '_________000' THEN substr(t, 1, 9) ELSE t END",
    ),
    (
        "area_of(t)",
        "CASE WHEN regexp_full_match(t, '[0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12,20}') THEN shorter(t) END",
    ),
    ("kept(t)", "nullif(t, '')"),
    ("clean_word(x)", "upper(tidy(x))"),
    ("is_total(x)", r"coalesce(regexp_matches(edges(x), '^(合\s*计|总\s*计|小\s*计|共\s*计|累\s*计|总合计|本[页表][合小]计)'), false)"),
    (
        "who_of(n)",  # a number of eighteen characters as one whole number: equal exactly where the numbers are
        # try_cast reads exponents too; and points, signs and underscores, but then what is left begins with a nought, as no number does
        f"CASE WHEN strlen(n) = 18 AND NOT contains(n, 'E') AND substr(n, 2, 1) <> 'X' THEN {_FIRST} * 11 + {_LAST} END",
    ),
    # text_of gives the text back from here on; what is less begins with a nought, and is `odd`
    ("who_in(n)", "try_cast(n AS BIGINT) // 10 * 11 + try_cast(n AS BIGINT) % 10"),  # of eighteen digits; NULL where the last one is an X
    ("odd_of(who, n)", f"CASE WHEN who >= {PLAIN} THEN NULL ELSE n END"),
    ("text_of(who)", "CAST(who // 11 AS VARCHAR) || substr('0123456789X', CAST(who % 11 AS INTEGER) + 1, 1)"),
    ("is_right(n, who, born)", "coalesce(born IS NOT NULL AND check_of(who // 11) = substr(n, 18, 1), false)"),
    # --- in one step, where a cell is written as nearly all are
    ("quick_day(x)", f"in_reason(CASE WHEN regexp_full_match(x, '{_DAY}') THEN try_cast(x AS DATE) END)"),
    ("quick_month(x)", "in_reason(CASE WHEN regexp_full_match(x, '[0-9]{4}-[0-9]{2}') THEN try_cast(x || '-01' AS DATE) END)"),
    ("quick_year(x)", "CASE WHEN regexp_full_match(x, '(19|20|21)[0-9]{2}') THEN try_cast(x AS INTEGER) END"),
    ("year_in(x)", "CASE WHEN x BETWEEN 1900 AND 2199 THEN CAST(x AS INTEGER) END"),  # of a whole number
    ("fen_in(x)", "CASE WHEN x BETWEEN -999999999999 AND 999999999999 THEN CAST(x * 100 AS BIGINT) END"),  # of a decimal
    ("quick_money(x)", r"CASE WHEN regexp_full_match(x, '-?[0-9]{1,12}(\.[0-9]{1,2})?') THEN fen_in(try_cast(x AS DECIMAL(18,2))) END"),
    ("quick_number(x)", "CASE WHEN regexp_full_match(x, '[0-9]{17}[0-9X]') THEN x END"),
    ("quick_name(x)", r"CASE WHEN regexp_full_match(x, '\p{Han}+') THEN x END"),
    ("quick_phone(x)", "CASE WHEN regexp_full_match(x, '1[0-9]{10}') THEN x END"),
    ("quick_area(x)", "CASE WHEN regexp_full_match(x, '[0-9]{12}') AND NOT ends_with(x, '000') THEN x END"),  # a village's
    # --- in one step, for the few rows that do not come through a file
    ("read_number(x)", "number_of(clean_number(x))"),
    ("read_name(x)", "name_of(clean_name(x))"),
    ("read_phone(x)", "phone_of(half(x))"),
    # --- what signals and sentences use ------------------------------------------------------------------------------------
    ("full_years(born, day)", "CAST(year(day) - year(born) - CASE WHEN month(day) * 100 + day(day) < month(born) * 100 + day(born) THEN 1 ELSE 0 END AS INTEGER)"),
    ("add_months(day, n)", "CAST(day + to_months(CAST(n AS INTEGER)) AS DATE)"),
    ("share(total, heads)", "CAST(sign(total) * ((2 * abs(total) + heads) // (2 * heads)) AS BIGINT)"),
    ("yuan(fen)", "CAST(CAST(fen AS DECIMAL(30, 0)) * 0.01 AS VARCHAR)"),
)  # fmt: skip


# Where a cell is written as nearly all are, one step gives its value.
QUICK: Final[Mapping[str, str]] = {
    "number": "quick_number", "card": "quick_number", "name": "quick_name", "phone": "quick_phone", "area": "quick_area",
    "date": "quick_day", "month": "quick_month", "year": "quick_year", "money": "quick_money",
}  # fmt: skip
# So it is where a file holds days, exact amounts and whole numbers as such.
TYPED: Final[Mapping[str, str]] = {"date": "in_reason", "year": "year_in", "money": "fen_in"}
# Every other cell is read in two: a clean text (dear where the cell is untidy, so worked out once), then its value.
CLEAN: Final[Mapping[str, str]] = {
    "number": "clean_number", "card": "clean_number", "name": "clean_name", "phone": "half", "area": "tidy", "key": "tidy",
    "text": "trimmed", "code": "clean_word", "date": "clean_day", "month": "edges", "year": "edges", "money": "clean_money",
}  # fmt: skip
VALUE: Final[Mapping[str, str]] = {
    "number": "number_of", "card": "card_of", "name": "name_of", "phone": "phone_of", "date": "day_of", "month": "in_reason_month",
    "year": "year_of",
    "key": "kept", "area": "kept", "text": "kept",
}  # fmt: skip


def names(sql: str) -> frozenset[str]:
    """The macros that a statement calls, in capitals or not, and those that these call."""
    return frozenset().union(*(_WITH_INNER[name] for name in {one.lower() for one in _CALLS.findall(sql)}))


def bodies() -> dict[str, tuple[list[str], str]]:
    """Of every macro the names of what it is given, and its text."""
    return {
        name: ([one.strip() for one in head.partition("(")[2].rstrip(")").split(",")], body)
        for name, (head, body) in _BY_NAME.items()
    }


def statement(name: str) -> str:
    """The statement that makes a macro."""
    head, body = _BY_NAME[name]
    return f"CREATE OR REPLACE TEMP MACRO {head} AS {body}"


_BY_NAME: Final = {head.partition("(")[0]: (head, body) for head, body in MACROS}
ORDER: Final[Mapping[str, int]] = {name: at for at, name in enumerate(_BY_NAME)}  # a macro calls those before it alone
_CALLS: Final = re.compile(rf"\b({'|'.join(_BY_NAME)})\(", re.IGNORECASE)
_WITH_INNER: Final[dict[str, frozenset[str]]] = {}
for _name, (_head, _body) in _BY_NAME.items():
    _WITH_INNER[_name] = frozenset({_name}).union(*(_WITH_INNER[inner] for inner in _CALLS.findall(_body)))
