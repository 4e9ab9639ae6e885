"""Rows of registers by the numbers and names that people outside know them by."""

from __future__ import annotations

import uuid
from datetime import datetime

from taizhang.core import access, seals
from taizhang.core.models import Account, HouseholdNumber
from taizhang.kit import idnumber
from taizhang.kit.refusal import NotFound
from taizhang.kit.text import Text


def households(actor: access.Actor, *, system: str = "national") -> dict[str, uuid.UUID]:
    """The households that the actor may see, by their present number in a system (户编号). One query."""
    rows = HouseholdNumber.objects.filter(system=system, valid_to=None, household__in=access.households_for(actor))
    return dict(rows.values_list("number", "household_id"))


def resident(actor: access.Actor, number: str) -> uuid.UUID:
    """The resident with an identity number, in any spelling. Raises NotFound when absent or hidden."""
    index = seals.index("number", idnumber.tidy(number))
    found = access.residents_for(actor).filter(number_index=index).values_list("pk", flat=True).first()
    if found is None:
        raise NotFound(Text("这名人员", "This person"))
    return found


def account(username: str) -> Account:
    """The account with a user name. Raises NotFound."""
    found = Account.objects.filter(username__iexact=username).first()
    if found is None:
        raise NotFound(Text(f"账号“{username}”", f"The account {username!r}"))
    return found


def actor_named(username: str, now: datetime) -> access.Actor:
    """Whoever has that user name, with the posts of the day. Raises NotFound."""
    return access.actor(account(username), now)
