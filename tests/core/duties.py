"""The small district with its party organisations, their secretaries and a discipline office; the shipped ledgers installed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.test import override_settings

from taizhang.core import access, editions
from taizhang.core.models import Account, Appointment, Organisation, OrganisationVersion, Post
from taizhang.core.moves import cases
from tests import district
from tests.conftest import FixedClock

FOUNDED = datetime(2021, 11, 1, 1, 0, tzinfo=UTC)
BRANCHES = (
    ("water", "department", "410503", "区水利局"),
    ("town", "town_committee", "410503100", "柏庄镇党委"),
    ("village", "village_branch", "410503100201", "柏庄村党支部"),
)
OFFICE = (("clerk", "discipline"), ("second", "discipline"), ("head", "discipline_lead"))


@dataclass
class Office:
    """Who is who: organisations by key, people by key, and shorter ways to act."""

    small: district.SmallDistrict
    clock: FixedClock
    people: dict[str, Account] = field(default_factory=dict)
    units: dict[str, Organisation] = field(default_factory=dict)

    def who(self, key: str) -> access.Actor:
        """A person, now."""
        return access.actor(self.people[key], self.clock.now())

    def submit(self, unit: str, item: str, period: date | None, *, act: str = "submit", **more: Any) -> cases.Acted:
        """A secretary submits a duty."""
        given = {"item": item, "done_on": "2021-11-01", "account": "按期学习，纪要附后"} | more.pop("given", {})
        given = {key: value for key, value in given.items() if value is not None}
        return cases.open_case(
            self.who(more.pop("by", unit)), "duties", act, subject=unit, given=given, period=period,
            clock=self.clock, **more,
        )  # fmt: skip

    def act(self, key: str, case: Any, act: str, **given: Any) -> cases.Acted:
        """Any act by somebody."""
        return cases.act(self.who(key), case, act, given=given, clock=self.clock)

    def write_letter(self, kind: str, *, unit: str = "water", title: str = "关于履职的函") -> UUID:
        """The clerk drafts a letter."""
        given = {"kind": kind, "title": title, "body": "请按期履职。"}
        return cases.open_case(self.who("clerk"), "letters", "write", subject=unit, given=given, clock=self.clock).case

    def annul(self, key: str, case: Any, n: int, reason: str) -> cases.Acted:
        """Somebody takes an entry back."""
        return cases.annul(self.who(key), case, n, reason=reason, clock=self.clock)

    @contextmanager
    def library(self, folder: Path, file: str, old: str, new: str) -> Iterator[None]:
        """A copy of the library with one word changed, while inside."""
        copy = folder / "library"
        shutil.copytree(settings.LIBRARY, copy)
        text = (copy / file).read_text("utf-8")
        assert old in text
        (copy / file).write_text(text.replace(old, new, 1), "utf-8")
        with override_settings(LIBRARY=copy):
            yield


def build(clock: FixedClock | None = None, *, demo: bool = False) -> Office:
    """The office in the present database, on 1 November 2021 unless a clock says otherwise; demos have a demo clock."""
    clock = clock or FixedClock(FOUNDED)
    office = Office(district.build(clock.now(), demo=demo), clock)
    discipline = _organisation(office, "discipline", "party", "410503", "区纪委监委")
    for code, kind, area, name in BRANCHES:
        unit = _organisation(office, code, kind, area, name)
        level = {9: "town", 6: "district"}.get(len(area), "village")
        office.people[code] = _holder(office, code, f"secretary@{level}", area, unit)
    for key, role in OFFICE:
        office.people[key] = _holder(office, key, f"{role}@district", "410503", discipline)
    editions.install(clock=clock)
    return office


def _organisation(office: Office, code: str, kind: str, area: str, name: str) -> Organisation:
    unit = Organisation.objects.create(code=code, area=office.small.areas[area], kind=kind, name=name)
    OrganisationVersion.objects.create(organisation=unit, name=name, valid_from=district.SINCE)
    office.units[code] = unit
    return unit


def _holder(office: Office, key: str, token: str, area: str, unit: Organisation) -> Account:
    role, level = token.split("@")
    post, _ = Post.objects.get_or_create(
        role=role,
        level=level,
        area=office.small.areas[area],
        organisation=unit,
        defaults={"title": f"{unit.name} {role}"},
    )
    account = Account(username=f"office-{key}", name=f"测试{key}", must_change_password=False)
    account.set_unusable_password()
    account.save()
    Appointment.objects.create(post=post, account=account, valid_from=district.SINCE)
    return account
