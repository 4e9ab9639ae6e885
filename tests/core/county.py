"""What the tests of moves, rights and queries stand on: the small district, a household, and two small ledgers installed."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from taizhang.core import access, editions, profiles, seals
from taizhang.core.models import (
    Account,
    Appointment,
    Evidence,
    Household,
    HouseholdNumber,
    HouseholdVersion,
    Membership,
    NameToken,
    Post,
    Resident,
    ResidentVersion,
)
from taizhang.core.models.fields import new_id
from taizhang.core.moves import cases
from taizhang.kit import idnumber
from tests import district
from tests.conftest import FixedClock

LEDGERS = Path(__file__).parent / "ledgers"
SINCE = date(2016, 1, 1)
VILLAGE, NEIGHBOUR, FAR = "410503100201", "410503100202", "410503008201"


class County(district.SmallDistrict):
    """The small district with the test's ledgers, its clock, and shorter ways to act."""

    clock: FixedClock

    def who(self, key: str) -> access.Actor:
        """The person in a post, now."""
        return self.actor(key, self.clock.now())

    def account(self, key: str) -> str:
        """A person as a value of a field."""
        return str(self.accounts[key].pk)

    def household(self, path: str = VILLAGE, *, names: Sequence[str] = ("李兰",), kind: str = "一般农户") -> uuid.UUID:
        """A household of invented people, the first of them its head."""
        home = Household.objects.create(area=self.areas[path], area_path=path)
        heads = [self._resident(home, name, at) for at, name in enumerate(names)]
        HouseholdVersion.objects.create(
            household=home, area=self.areas[path], area_path=path, head=heads[0] if heads else None, kind=kind,
            sort_key=profiles.sort_key(names[0]) if names else "", valid_from=SINCE,
        )  # fmt: skip
        HouseholdNumber.objects.create(household=home, number=f"H{str(home.pk)[-8:]}", valid_from=SINCE)
        return home.pk

    def _resident(self, home: Household, name: str, at: int) -> Resident:
        count = Resident.objects.count()
        first17 = f"9905031970{1 + at % 12:02d}01{count % 1000:03d}"
        number = first17 + idnumber.check_character(first17)
        resident = Resident.objects.create(number_index=seals.index("number", number))
        version = ResidentVersion(resident=resident, born=date(1970, 1 + at % 12, 1), valid_from=SINCE)
        profile = profiles.Profile(name=name, number=number, phone="13800001234", health="健康")
        key = seals.key_of(seals.Owner("resident", resident.pk))
        version.sealed = seals.seal(key, profiles.resident_place(version.pk), profile.sealed())
        version.save()
        NameToken.objects.bulk_create([NameToken(resident=resident, token=token) for token in seals.name_tokens(name)])
        Membership.objects.create(
            household=home, resident=resident, relation="户主" if at == 0 else "其他", valid_from=SINCE
        )
        return resident

    def file(self, key: str, kind: str) -> uuid.UUID:
        """A kept file that this person has uploaded."""
        row = Evidence.objects.create(
            id=new_id(), kind=kind, digest="0" * 64, size=1, media_type="image/jpeg",
            account=Account.objects.get(pk=self.accounts[key].pk), received=self.clock.now(),
        )  # fmt: skip
        return row.pk

    def ask(self, home: uuid.UUID, *, by: str = "cadre", **more: Any) -> cases.Acted:
        """Open a case of `wells`."""
        return cases.open_case(
            self.who(by), "wells", "ask", subject=home, given={"note": "井水发浑"}, clock=self.clock, **more
        )

    def look(self, case: uuid.UUID, *, cost: int = 90_000, **more: Any) -> cases.Acted:
        """Look at the well: three facts, one of them sealed, and two departments are asked."""
        given = {"depth": 30, "cost": cost, "second": self.account("second_cadre"), **more.pop("given", {})}
        return cases.act(self.who("cadre"), case, "look", given=given, clock=self.clock, **more)

    def act(self, key: str, case: uuid.UUID, act: str, **more: Any) -> cases.Acted:
        """Any act by somebody."""
        given = more.pop("given", {})
        return cases.act(self.who(key), case, act, given=given, clock=self.clock, **more)


def build(clock: FixedClock, *, demo: bool = False) -> County:
    """The county in the present database, with the two ledgers installed."""
    made = district.build(clock.now(), demo=demo)
    county = County(made.areas, made.organisations, made.posts, made.accounts)
    county.clock = clock
    editions.install(clock=clock, folder=LEDGERS)
    return county


def helper(county: County, name: str) -> Account:
    """Somebody more, who holds the post of a paired helper in a unit."""
    post, _ = Post.objects.get_or_create(
        role="helper", level="district", area=county.areas["410503"], organisation=county.organisations["medical"],
        defaults={"title": "帮扶责任人"},
    )  # fmt: skip
    account = Account.objects.create(username=name, name=name, sort_key=name)
    Appointment.objects.create(post=post, account=account, valid_from=SINCE)
    return account


def instants(start: datetime, hours: Sequence[float]) -> list[datetime]:
    """Instants so many hours after a start."""
    from datetime import timedelta

    return [start + timedelta(hours=hour) for hour in hours]
