"""Seeing a person's data in full, what a stolen copy tells, and what an erasure leaves."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from taizhang.core import access, chain, profiles, seals
from taizhang.core.clock import Standing
from taizhang.core.models import Account, Area, Entry, Household, NameToken, Resident, ResidentVersion, Sealed, SealKey
from taizhang.core.moves import accounts, areas, disclosure, snapshots
from taizhang.core.verify import verify
from taizhang.kit import idnumber
from taizhang.kit.refusal import NotFound, Refusal
from tests.conftest import NOW, FixedClock
from tests.core import county as counties

CLOCK = Standing(NOW)
TODAY = date(2021, 12, 20)
NUMBER = "99050319800101100" + idnumber.check_character("99050319800101100")
SECRETS = ("申路禾", NUMBER, "15405031234", "长期慢性病史", "柏庄三组十七号院")


def _lay_out(library_folder: Path) -> None:
    chain.found("410503", "北关区", demo=True, clock=CLOCK)
    areas.load_areas(library_folder / "areas-410503.csv", clock=CLOCK)
    village = Area.objects.filter(level="village").order_by("path")[0]
    row = {
        "household": "H1", "area": village.path, "kind": "一般农户", "relation": "户主", "name": SECRETS[0],
        "number": NUMBER, "phone": SECRETS[2], "health": SECRETS[3], "address": SECRETS[4],
    }  # fmt: skip
    snapshots.import_residents(access.SYSTEM, [row], day=date(2021, 6, 1), clock=CLOCK)


def _holder(role: str, level: str, area: str) -> access.Actor:
    issued = accounts.create(access.SYSTEM, username=role, name="某某", clock=CLOCK)
    post = accounts.make_post(access.SYSTEM, role=role, level=level, area=area, clock=CLOCK)
    accounts.appoint(access.SYSTEM, issued.account, post.pk, since=TODAY, clock=CLOCK)
    return access.actor(Account.objects.get(username=role), NOW)


@pytest.mark.django_db
def test_seeing_a_number_in_full_takes_the_right_and_a_reason_and_leaves_an_entry(library_folder: Path) -> None:
    _lay_out(library_folder)
    person, home = Resident.objects.get(), Household.objects.get()
    cadre = _holder("cadre", "village", home.area_path)
    assert disclosure.reveal(cadre, person.pk, "number", reason="核对证件", clock=CLOCK) == NUMBER
    entry = Entry.objects.order_by("seq").last()
    assert entry is not None
    says = json.loads(entry.body)["says"]
    assert (entry.kind, entry.account_id, entry.area_path) == ("reveal", cadre.account, home.area_path)
    assert (says["resident"], says["field"], says["beyond_usual"]) == (str(person.pk), "number", False)
    assert seals.read([says["reason"]]) == {says["reason"]["sealed"]: "核对证件"}
    attempts: tuple[tuple[Callable[[], object], str], ...] = (
        (lambda: disclosure.reveal(cadre, person.pk, "number", reason=" ", clock=CLOCK), "reason"),
        (lambda: disclosure.reveal(cadre, person.pk, "born", reason="核对证件", clock=CLOCK), "field"),
    )
    for attempt, code in attempts:
        with pytest.raises(Refusal) as refused:
            attempt()
        assert refused.value.code == code
    stranger = access.Actor(None, "x")
    with pytest.raises(NotFound):
        disclosure.reveal(stranger, person.pk, "number", reason="核对证件", clock=CLOCK)


@pytest.mark.django_db
def test_too_much_looking_is_marked_and_then_stopped(library_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _lay_out(library_folder)
    monkeypatch.setattr(disclosure, "USUAL", 1)
    monkeypatch.setattr(disclosure, "MOST", 2)
    person = Resident.objects.get()
    cadre = _holder("cadre", "village", Household.objects.get().area_path)
    for _ in range(2):
        disclosure.reveal(cadre, person.pk, "phone", reason="核对电话", clock=CLOCK)
    bodies = Entry.objects.filter(kind="reveal").order_by("seq").values_list("body", flat=True)
    assert [json.loads(body)["says"]["beyond_usual"] for body in bodies] == [False, True]
    with pytest.raises(Refusal) as refused:
        disclosure.reveal(cadre, person.pk, "phone", reason="核对电话", clock=CLOCK)
    assert refused.value.code == "reveal_quota"


def _forms(secret: str) -> list[bytes]:
    found = []
    for encoding in ("utf-8", "utf-16-le", "utf-16-be", "gb18030"):
        plain = secret.encode(encoding)
        found += [plain, plain.hex().encode(), plain.hex().upper().encode()]
        for shift in range(3):  # base64 of the text wherever it begins within three bytes
            coded = base64.b64encode(b"\0" * shift + plain)
            found.append(coded[4 if shift else 0 : -4])
    return [form for form in found if len(form) >= 6]


def _leaks(folder: Path) -> list[tuple[str, str]]:
    """Every file of a folder that holds a secret in any spelling; the first thing that a finder of the disk would try."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    return [
        (path.name, secret)
        for path in files
        for data in (path.read_bytes(),)
        for secret in SECRETS
        if any(form in data for form in _forms(secret))
    ]


def test_no_spelling_of_a_sealed_value_lies_in_any_file_of_the_data_directory(
    committed: Path, library_folder: Path
) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("the files of PostgreSQL are the server's; the same rows are examined on SQLite")
    _lay_out(library_folder)
    person = Resident.objects.get()
    assert profiles.people([person.pk], TODAY)[person.pk].health == SECRETS[3]
    assert _leaks(committed) == []  # with the write-ahead log as it is
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert _leaks(committed) == []
    (committed / "planted.txt").write_text(f"x{SECRETS[2]}")  # the search itself works
    assert _leaks(committed) == [("planted.txt", SECRETS[2])]


def test_erasing_a_person_leaves_nothing_readable_and_the_chain_whole(committed: Path, library_folder: Path) -> None:
    _lay_out(library_folder)
    person, home = Resident.objects.get(), Household.objects.get()
    reference = seals.keep(seals.Owner("household", home.pk), "demo.note", "家中情况")
    entries = list(Entry.objects.order_by("seq").values_list("digest", flat=True))
    wrapped = [bytes(row.wrapped or b"") for row in SealKey.objects.exclude(area=None, resident=None, household=None)]
    disclosure.erase(access.SYSTEM, person.pk, ground="北政函〔2021〕9号", clock=CLOCK)
    assert profiles.people([person.pk], TODAY)[person.pk] == profiles.UNKNOWN
    assert profiles.address([home.pk], TODAY) == {home.pk: ""}
    assert seals.read([reference]) == {reference["sealed"]: None}
    assert (NameToken.objects.count(), Sealed.objects.count()) == (0, 1)
    assert set(ResidentVersion.objects.values_list("sort_key", "sealed", "born")) == {("", None, None)}
    person.refresh_from_db()
    assert (person.number_index, person.phone_index, person.erased_at) == (None, None, NOW)
    assert list(Entry.objects.order_by("seq").values_list("digest", flat=True))[:-1] == entries
    settings: Any = connection.settings_dict
    source = (
        committed
        if connection.vendor == "sqlite"
        else f"postgresql://{settings['USER']}@{settings['HOST']}:{settings['PORT']}/{settings['NAME']}"
    )
    assert verify(source, heads=[chain.head()]).faults == []
    if connection.vendor == "sqlite":
        files = [path.read_bytes() for path in committed.rglob("*") if path.is_file()]
        assert wrapped
        assert [key for key in wrapped if any(key in data for data in files)] == []
    for who in (access.SYSTEM, access.Actor(None, "x")):
        with pytest.raises(Refusal):
            disclosure.erase(who, person.pk, ground="北政函〔2021〕9号", clock=CLOCK)


@pytest.mark.django_db
def test_the_household_stays_readable_while_others_belong_to_it(library_folder: Path) -> None:
    _lay_out(library_folder)
    village = Household.objects.get().area_path
    rows = [
        {
            "household": "H1",
            "area": village,
            "relation": "户主",
            "name": SECRETS[0],
            "number": NUMBER,
            "address": SECRETS[4],
        },
        {"household": "H1", "area": village, "relation": "配偶", "name": "路青", "number": ""},
    ]
    snapshots.import_residents(access.SYSTEM, rows, day=TODAY, clock=CLOCK)
    person, home = Resident.objects.exclude(number_index=None).get(), Household.objects.get()
    disclosure.erase(access.SYSTEM, person.pk, ground="北政函〔2021〕9号", clock=CLOCK)
    assert profiles.address([home.pk], TODAY) == {home.pk: SECRETS[4]}
    assert profiles.heads([home.pk], TODAY) == {home.pk: ""}


@pytest.mark.django_db
def test_a_sealed_value_of_a_case_is_shown_to_those_who_act_on_it(clock: FixedClock) -> None:
    county = counties.build(clock)
    done = county.ask(county.household())
    cadre, stranger = county.who("cadre"), access.Actor(None, "x")
    for n in (None, 1):
        shown = disclosure.reveal_value(cadre, done.case, "note", n=n, reason="核对情况", clock=clock).zh
        assert shown == "井水发浑"
    entry = Entry.objects.order_by("seq").last()
    assert entry is not None
    says = json.loads(entry.body)["says"]
    assert (entry.kind, says["case"], says["field"], says["n"]) == ("reveal", str(done.case), "note", 1)
    for who, field, n in ((stranger, "note", None), (cadre, "nothing", None), (cadre, "note", 9)):
        with pytest.raises(NotFound):
            disclosure.reveal_value(who, done.case, field, n=n, reason="核对情况", clock=clock)


@pytest.mark.django_db
def test_a_later_file_that_lists_an_erased_household_makes_a_new_one(library_folder: Path) -> None:
    _lay_out(library_folder)
    old = Household.objects.get()
    disclosure.erase(access.SYSTEM, Resident.objects.get().pk, ground="北政函〔2021〕9号", clock=CLOCK)
    row = {"household": "H1", "area": old.area_path, "relation": "户主", "name": "路青", "number": NUMBER}
    counts = snapshots.import_residents(access.SYSTEM, [row], day=TODAY, clock=CLOCK)
    assert (counts.new_households, counts.new_residents) == (1, 1)
    assert profiles.heads([Household.objects.exclude(pk=old.pk).get().pk], TODAY).popitem()[1] == "路青"
