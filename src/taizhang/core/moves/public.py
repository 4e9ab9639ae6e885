"""What people without a log-in may do: open a case by a ledger's public form, and go on with it by its code.

No account, no cookie and no address is kept. How often something is done is counted by the hour, for everybody
together: who floods a form delays others for an hour, and nobody can be found out by it.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django.db import connection, transaction

from taizhang.core import access, editions, seals
from taizhang.core.clock import Clock
from taizhang.core.models import Follow, Pace
from taizhang.core.moves import cases
from taizhang.kit import days
from taizhang.kit.refusal import NotFound, Refusal
from taizhang.kit.text import Text

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no I, L, O, U
LENGTH: Final = 16  # of 32 letters: 80 random bits
FORMS_AN_HOUR: Final = 120  # of one form in the whole district; a clerk sees 120 an hour as the flood it is
CODES_AN_HOUR: Final = 1200  # codes tried; at 80 bits nobody finds one by trying
_SAME: Final = str.maketrans({"O": "0", "I": "1", "L": "1"})
_COUNT: Final = (
    "INSERT INTO core_pace (what, hour, count) VALUES (%s, %s, 1) "
    "ON CONFLICT (what, hour) DO UPDATE SET count = core_pace.count + 1 RETURNING count"
)


@dataclass(frozen=True)
class Sent:
    """A case that was opened on a public page: its number, and the code, which is told once."""

    case: uuid.UUID
    number: str
    code: str


def new_code() -> str:
    """A random code as people write it down: four groups of four."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return "-".join(letters[at : at + 4] for at in range(0, LENGTH, 4))


def tidy(code: str) -> str:
    """A code as it was typed, without the spaces, hyphens and letters that are easily mistaken."""
    return "".join(sign for sign in code.upper().translate(_SAME) if sign in ALPHABET)


def digest(code: str) -> str:
    """The keyed digest by which a code is known again."""
    return seals.index("follow", tidy(code))


def admit(what: str, most: int, clock: Clock, *, by_day: bool = False) -> None:
    """Count one more in this hour (or this day, where not even the hour is to be known).

    Raises Refusal("too_many") when there were `most` already.

    Counted in a transaction of its own, so that a refusal later on is counted too. Counts older than two days go.
    """
    hour = clock.now().replace(minute=0, second=0, microsecond=0)
    hour = days.start_of(days.day_of(hour)) if by_day else hour
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_COUNT, [what, Pace._meta.get_field("hour").get_db_prep_value(hour, connection)])
        count = int(cursor.fetchone()[0])
        if count == 1:
            Pace.objects.filter(hour__lt=hour - timedelta(days=2)).delete()
    if count > most:
        raise Refusal(
            "too_many",
            Text("这一小时提交的太多，暂不受理。", "Too many were sent within this hour."),
            Text("您填的内容还在本页，请过一小时再交；急事请打 12345。",
                 "What you typed is still on this page: send it again in an hour, or call 12345 if it is urgent."),
        )  # fmt: skip


def form_of(ledger: str) -> str:
    """The act of a ledger's public form. Raises NotFound where it has none."""
    law = editions.current_all().get(ledger)
    if law is None or law.public.form is None:
        raise NotFound(Text("这个表单", "This form"))
    return law.public.form


def send(
    ledger: str, area: str, given: Mapping[str, Any], evidence: Sequence[uuid.UUID], *, clock: Clock, key: uuid.UUID
) -> Sent:
    """Open a case by a ledger's public form in an area (a path); gives the code by which it is followed.

    The same `key` again opens no second case, and its code is made anew: the page that showed the first one was lost.
    Raises NotFound, loop.Refused with every unmet need, Refusal.
    """
    act = form_of(ledger)
    done = cases.open_case(
        access.ANYONE, ledger, act, subject=area, given=given, evidence=evidence, clock=clock, key=key
    )
    code = new_code()
    Follow.objects.update_or_create(case_id=done.case, defaults={"digest": digest(code)})
    return Sent(done.case, done.number, code)


def follower(code: str, *, clock: Clock) -> access.Actor:
    """Whoever holds the code of a case: sees that case and no other. Raises NotFound, Refusal("too_many")."""
    if len(tidy(code)) != LENGTH:
        raise NotFound(Text("这个查询码", "This code"))
    admit("code", CODES_AN_HOUR, clock)
    row = Follow.objects.filter(digest=digest(code)).first()
    if row is None:
        raise NotFound(Text("这个查询码", "This code"))
    return access.follower(row.case_id)


def go_on(
    code: str, act: str, given: Mapping[str, Any], evidence: Sequence[uuid.UUID], *, clock: Clock, key: uuid.UUID
) -> cases.Acted:
    """An act that a ledger leaves open to whoever holds the case's code. Raises NotFound, loop.Refused, Refusal."""
    actor = follower(code, clock=clock)
    return cases.act(actor, actor.follows or "", act, given=given, evidence=evidence, clock=clock, key=key)
