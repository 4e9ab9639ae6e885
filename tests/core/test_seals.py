"""Sealed values: who can read them, what a stolen copy tells, and what erasure leaves."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taizhang.core import seals
from taizhang.core.models import Area, Household, Resident, Sealed, SealKey
from taizhang.core.models.fields import new_id
from taizhang.kit.refusal import Refusal
from tests.conftest import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> seals.Owner:
    return seals.Owner("resident", Resident.objects.create().id)


@pytest.fixture(params=["aes-256-gcm", "sm4-gcm"])
def _cipher(request: pytest.FixtureRequest, settings: Any) -> None:
    settings.SEAL = request.param


@pytest.mark.usefixtures("_cipher")
def test_a_sealed_value_is_read_again_only_in_its_own_place(person: seals.Owner) -> None:
    key, place = seals.key_of(person), seals.Place("resident", "profile", new_id())
    value = {"name": "王测试", "months": 7, "phones": ["139", None]}
    cipher = seals.seal(key, place, value)
    assert seals.unseal(cipher, place) == value
    for other in (place._replace(table="household"), place._replace(field="x"), place._replace(row=new_id())):
        with pytest.raises(seals.Unreadable):
            seals.unseal(cipher, other)


@pytest.mark.usefixtures("_cipher")
def test_every_changed_byte_of_a_sealed_value_is_noticed(person: seals.Owner) -> None:
    place = seals.Place("resident", "profile", new_id())
    cipher = seals.seal(seals.key_of(person), place, "王测试")
    for at in range(len(cipher)):
        changed = bytearray(cipher)
        changed[at] ^= 1
        if 1 <= at < 17:
            assert seals.unseal(bytes(changed), place) is None  # names a key that does not exist
        else:
            with pytest.raises(seals.Unreadable):
                seals.unseal(bytes(changed), place)


def test_values_sealed_under_one_cipher_stay_readable_after_changing_to_the_other(
    person: seals.Owner, settings: Any
) -> None:
    place = seals.Place("resident", "profile", new_id())
    settings.SEAL = "aes-256-gcm"
    old = seals.seal(seals.key_of(person), place, "旧")
    settings.SEAL = "sm4-gcm"
    new = seals.seal(seals.key_of(person), place, "新")
    assert seals.unseal_many([(old, place), (None, place), (new, place)]) == ["旧", None, "新"]
    assert (old[0], new[0]) == (seals.AES, seals.SM4)


def test_an_owner_has_one_key_that_is_kept_wrapped(person: seals.Owner) -> None:
    key = seals.key_of(person)
    assert seals.key_of(person) == key
    kept = SealKey.objects.get()
    assert kept.wrapped is not None
    assert key.secret not in bytes(kept.wrapped)
    assert key.secret.hex() not in repr(key)


def test_without_the_right_key_file_nothing_is_read(person: seals.Owner, settings: Any) -> None:
    place = seals.Place("resident", "profile", new_id())
    cipher = seals.seal(seals.key_of(person), place, "王测试")
    settings.KEYS = replace(settings.KEYS, wrapping=b"x" * 32)
    seals.forget()
    with pytest.raises(seals.Unreadable):
        seals.unseal(cipher, place)
    settings.KEYS = None
    seals.forget()
    with pytest.raises(Refusal) as refused:
        seals.unseal(cipher, place)
    assert refused.value.code == "key_file"


def test_chained_bytes_get_a_reference_with_a_commitment(person: seals.Owner) -> None:
    references = seals.keep_many(person, {"demo.reason": "独居", "demo.note": None})
    assert set(references) == {"demo.reason", "demo.note"}
    assert all(seals.is_reference(reference) for reference in references.values())
    assert "独居" not in str(references)
    read = seals.read(references.values())
    assert read[references["demo.reason"]["sealed"]] == "独居"
    again = seals.keep(person, "demo.reason", "独居")
    assert again["commitment"] != references["demo.reason"]["commitment"]  # salted: equal values do not show


def test_a_value_that_is_not_the_one_committed_to_is_refused(person: seals.Owner) -> None:
    reference, other = seals.keep(person, "demo.reason", "甲"), seals.keep(person, "demo.reason", "乙")
    with pytest.raises(seals.Unreadable):
        seals.read([{**reference, "commitment": other["commitment"]}])


def test_a_destroyed_key_leaves_nothing_to_read_and_gives_no_new_one(person: seals.Owner) -> None:
    reference = seals.keep(person, "demo.reason", "独居")
    assert seals.destroy(person, NOW) is True
    assert seals.read([reference]) == {reference["sealed"]: None}
    assert Sealed.objects.count() == 1
    with pytest.raises(Refusal) as refused:
        seals.key_of(person)
    assert refused.value.code == "erased"
    assert seals.destroy(person, NOW) is False


def test_each_kind_of_owner_has_keys_and_many_are_made_at_once(django_assert_max_num_queries: Any) -> None:
    area = Area.objects.create(level="district", path="990503", name="北关区")
    homes = Household.objects.bulk_create([Household(area=area, area_path=area.path) for _ in range(1200)])
    with django_assert_max_num_queries(14):
        keys = seals.keys_of("household", [home.id for home in homes])
    assert len({key.secret for key in keys.values()}) == 1200
    assert seals.key_of(seals.Owner("area", area.id)).id not in {key.id for key in keys.values()}


def test_equal_numbers_find_each_other_and_purposes_stay_apart() -> None:
    assert seals.index("number", "99050319800101001X") == seals.index("number", "99050319800101001X")
    assert seals.index("number", "1") != seals.index("phone", "1")
    assert len(seals.index("number", "1")) == 64


@given(st.text(min_size=1, max_size=6), st.text(min_size=1, max_size=6))
def test_two_names_share_a_token_only_when_they_share_two_neighbouring_characters(one: str, other: str) -> None:
    def pairs(name: str) -> set[str]:
        plain = "".join(name.split())
        return {plain[at : at + 2] for at in range(len(plain) - 1)} or {plain} - {""}

    assert bool(seals.name_tokens(one) & seals.name_tokens(other)) == bool(pairs(one) & pairs(other))


def test_a_name_token_says_nothing_of_the_name() -> None:
    tokens = seals.name_tokens("王测试")
    assert {len(token) for token in tokens} == {32}
    assert len(tokens) == 2
    assert seals.name_tokens("王") == {seals.index("name", "王")[:32]}
