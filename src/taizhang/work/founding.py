"""Founding a real district: its chain, areas, organisations, ledgers in force, and the first three administrators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

from django.conf import settings
from django.db import transaction

from taizhang.core import access, chain, editions
from taizhang.core.clock import Clock
from taizhang.core.moves import accounts, areas
from taizhang.core.moves.accounts import Issued
from taizhang.kit import canonical, days

# Three administrators with powers that do not overlap; none of them sees a case (GB/T 22239-2019, level 3).
FIRST: Final = ("system_admin", "security_admin", "auditor")


@dataclass(frozen=True)
class Founded:
    """What was laid out, and the first passwords, which are shown once."""

    areas: int
    organisations: int
    ledgers: tuple[str, ...]
    issued: tuple[Issued, ...]


def found(
    code: str, name: str, *, area_file: Path, organisation_file: Path, names: Sequence[str], clock: Clock
) -> Founded:
    """Found the district of an empty installation, all or nothing.

    `code` is its six-digit area code, `names` are the persons of the three administrators in the order of FIRST.
    Raises Refusal where there is a district already, and what areas, organisations and accounts refuse.
    """
    with transaction.atomic():
        algorithm = cast(canonical.Algorithm, settings.DIGEST)  # one of the two, by `environment.read`
        chain.found(code, name, algorithm=algorithm, clock=clock)
        area_count = areas.load_areas(area_file, clock=clock)
        organisation_count = areas.load_organisations(organisation_file, clock=clock) + areas.found_branches(
            clock=clock
        )
        installed = editions.install(clock=clock)
        issued = []
        for role, person in zip(FIRST, names, strict=True):
            account = accounts.create(access.SYSTEM, username=role.replace("_", "-"), name=person, clock=clock)
            post = accounts.make_post(access.SYSTEM, role=role, level="district", area=code, clock=clock)
            since = days.day_of(clock.now())
            accounts.appoint(access.SYSTEM, account.account, post.pk, since=since, clock=clock)
            issued.append(account)
    return Founded(area_count, organisation_count, installed.new, tuple(issued))
