"""A policy number for a year that the library does not know yet: entered by the office that answers for it, as an entry.

The library's own lines are changed by a new library, not here: only a span without a published value can be filled, and
a line that was entered here can be entered again (the later one stands). A number of screening that holds
everywhere is what others found useful, or a default: it is decided here, from a day on (`decide`). One that was published for
this area or one above it, or that a law sets, is not.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date
from typing import Final

from django.db import transaction

from taizhang.core import access, chain, editions, numbers
from taizhang.core.clock import Clock
from taizhang.core.models import Area
from taizhang.kit import days
from taizhang.kit.refusal import NotFound, Refusal
from taizhang.kit.text import Text
from taizhang.ledger import policies
from taizhang.ledger.policies import Policy

SOURCE: Final = 200


def enter(
    actor: access.Actor,
    name: str,
    *,
    area: str,
    begins: date,
    ends: date | None,
    value: str,
    source: str,
    sure: str,
    clock: Clock,
) -> uuid.UUID:
    """Enter a policy number for an area (a path) from a day to a day, as typed (money in yuan, `15 days`); gives the entry.

    Raises NotFound for an unknown number or area, and Refusal: `not_allowed`, `policy_span`, `policy_value`,
    `policy_source`, `policy_known` where the library already has a value on the first day.
    """
    held = None if actor.is_own_hand else access.acting(actor, "policies.enter", area)
    policy = editions.library().policies.get(name)
    if policy is None:
        raise NotFound(Text("这个政策数", "This policy number"))
    if not Area.objects.filter(path=area).exists():
        raise NotFound(Text("这个区划", "This area"))
    _check(policy, area, begins, ends, source, sure)
    written = _read(policy, value)
    says = {
        "name": name, "area": area, "from": begins.isoformat(), "to": ends.isoformat() if ends else None,
        "value": written, "source": source.strip(), "sure": sure,
    }  # fmt: skip
    with transaction.atomic():
        draft = chain.Draft(
            kind=numbers.KIND, received=clock.now(), area=area, account=actor.account, post=held.post if held else None,
            hand=actor.hand, says=says,
        )  # fmt: skip
        chain.append(draft)
    return draft.id


def decide(actor: access.Actor, values: Mapping[str, int], *, area: str, begins: date, source: str, proposal: uuid.UUID,
           clock: Clock) -> tuple[uuid.UUID, ...]:  # fmt: skip
    """Put the numbers of a proposal in force for an area from a day on: one entry each, in one transaction; gives them.

    Raises Refusal: `not_allowed`, `policy_past` for a first day that is over, `policy_source`, and `policy_published`
    where a number was published by whoever sets it, so that no office here changes it.
    """
    held = None if actor.is_own_hand else access.acting(actor, "policies.enter", area)
    if begins < days.day_of(clock.now()):
        raise Refusal(
            "policy_past",
            Text("新数值不能从已经过去的日子起算。", "A new number cannot begin on a day that is over."),
            Text("请写今天或以后的日子。", "Write today or a later day."),
        )
    if not source.strip() or len(source.strip()) > SOURCE:
        raise Refusal(
            "policy_source", Text("请写明哪次会议或哪份文件决定的。", "Name the meeting or document that decided it.")
        )
    drafts = []
    for name, value in sorted(values.items()):
        known = editions.library().policies[name].binding(area, begins)
        if known is not None:
            label = editions.library().policies[name].label
            raise Refusal(
                "policy_published",
                Text(f"“{label.zh}”是公布的数（{known.source}），本地不能自行改。",
                     f"“{label.en}” was published ({known.source}); it is not changed here."),
                Text("公布机关调整后更换台账库。", "A new library follows when its publisher changes it."),
            )  # fmt: skip
        says = {"name": name, "area": area, "from": begins.isoformat(), "to": None, "value": value, "source": source.strip(),
                "sure": "chosen", "decided": True, "proposal": str(proposal)}  # fmt: skip
        drafts.append(
            chain.Draft(kind=numbers.KIND, received=clock.now(), area=area, account=actor.account,
                        post=held.post if held else None, hand=actor.hand, says=says)
        )  # fmt: skip
    with transaction.atomic():
        for draft in drafts:
            chain.append(draft)
    return tuple(draft.id for draft in drafts)


def _check(policy: Policy, area: str, begins: date, ends: date | None, source: str, sure: str) -> None:
    if ends is not None and ends < begins:
        raise Refusal("policy_span", Text("止日不能早于起日。", "The last day is before the first."))
    if not source.strip() or len(source.strip()) > SOURCE:
        raise Refusal(
            "policy_source",
            Text(f"请写明文件名称、文号或网址（不超过 {SOURCE} 字）。", f"Name the document it was read in (at most {SOURCE} characters)."),
        )  # fmt: skip
    if sure not in policies.SURE:
        raise Refusal("policy_source", Text("请选择把握程度。", "Say how sure it is."))
    known = policy.in_force(area, begins)
    if known is not None:
        raise _known(known.begins)


def _known(since: date) -> Refusal:
    day = since.isoformat()
    return Refusal(
        "policy_known",
        Text(f"台账库里已有 {day} 起的数值。", f"The library has a value from {day} on."),
        Text("它有错的，请由系统管理员更换台账库。", "If it is wrong, the system administrator installs a corrected library."),
    )  # fmt: skip


def _read(policy: Policy, typed: str) -> int | str:
    """The value in the unit used inside, as chained bytes keep it."""
    text = typed.strip().replace(",", "").replace("，", "")
    try:
        if policy.type == "int":
            return int(text)
        return policies.amount(policy.type, text)
    except ValueError:
        wanted = {
            "money": Text("写成元，例如 6900 或 6900.50。", "Write yuan, for example 6900 or 6900.50."),
            "int": Text("写整数。", "Write a whole number."),
            "duration": Text("写成 15 days、10 workdays、6 months 的样子。", "Write it like 15 days, 10 workdays, 6 months."),
            "text": Text("写文字。", "Write words."),
        }  # fmt: skip
        raise Refusal(
            "policy_value", Text("这个数值读不懂。", "The value cannot be read."), wanted[policy.type]
        ) from None
