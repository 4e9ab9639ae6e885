"""Identity numbers, money, area codes, canonical bytes."""

from datetime import date

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from taizhang.kit import areacode, canonical, idnumber, money

HEAD = "99050319690412101"
NUMBER = HEAD + idnumber.check_character(HEAD)


def test_a_number_is_read_in_every_spelling() -> None:
    assert idnumber.normalise(f" '{NUMBER[:6]} {NUMBER[6:14]}-{NUMBER[14:].lower()} ") == NUMBER
    assert idnumber.normalise("".join(chr(ord(c) + 0xFEE0) for c in NUMBER)) == NUMBER


def test_fifteen_digits_grow_to_eighteen() -> None:
    assert idnumber.normalise(NUMBER[:6] + NUMBER[8:17]) == NUMBER


@given(st.integers(0, 16), st.integers(1, 9))
def test_one_changed_digit_is_always_noticed(at: int, by: int) -> None:
    changed = NUMBER[:at] + str((int(NUMBER[at]) + by) % 10) + NUMBER[at + 1 :]
    assert idnumber.normalise(changed) is None


def test_near_misses_are_valid_and_lead_back() -> None:
    near = list(idnumber.near(NUMBER[:9] + "7" + NUMBER[10:]))
    assert NUMBER in near
    assert all(idnumber.is_valid(each) for each in near)


@pytest.mark.parametrize(
    ("on", "age"), [(date(2022, 2, 28), 17), (date(2022, 3, 1), 18), (date(2024, 2, 28), 19), (date(2024, 2, 29), 20)]
)
def test_who_is_born_on_29_february_turns_older_on_1_march(on: date, age: int) -> None:
    assert idnumber.full_years(date(2004, 2, 29), on) == age


@pytest.mark.parametrize(
    ("text", "fen"),
    [("1,234.5", 123450), ("¥12元", 1200), ("2.1万元", 2_100_000), ("１２３", 12300), ("-3.05", -305), ("0", 0)],
)
def test_amounts_are_read_as_people_write_them(text: str, fen: int) -> None:
    assert money.parse(text) == fen


@pytest.mark.parametrize("text", ["", "一百", "1.234", "NaN", "1e999x", "12元人"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no amount|finer"):
        money.parse(text)


@given(st.integers(-(10**12), 10**12))
def test_money_shown_reads_back(fen: int) -> None:
    assert money.parse(money.show(fen)) == fen
    assert money.parse(money.decimal_yuan(fen)) == fen


def test_an_area_covers_its_villages_by_range_as_by_prefix() -> None:
    low, high = areacode.span("410503100")
    assert low <= "410503100201" < high
    assert not low <= "410503011001" < high
    assert areacode.at("410503100201", "town") == "410503100"
    assert areacode.statistical("410503000000") == "410503"


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.dictionaries(st.sampled_from("abcé"), inner),
)


@given(_JSON)
def test_canonical_bytes_are_those_of_the_standard_for_whatever_json_holds(value: object) -> None:
    assert canonical.encode(value) == rfc8785.dumps(value)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [2**53, {"a": [-(2**53)]}, float("nan"), {"a": {1, 2}}, {1: 2}, "\ud800"])
def test_what_json_cannot_hold_has_no_canonical_bytes(value: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        canonical.encode(value)


def test_canonical_bytes_and_digests_follow_the_standards() -> None:
    assert canonical.encode({"b": 1, "a": "县"}) == '{"a":"县","b":1}'.encode()
    assert canonical.digest(b"abc", "sm3") == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
