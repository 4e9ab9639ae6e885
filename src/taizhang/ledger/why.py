"""Why a light is as it is, in words: counted from, the limit, the reminder, when it turns, whose it is, by which rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from taizhang.kit.days import SHANGHAI, start_of
from taizhang.kit.text import Text
from taizhang.ledger.library import Library, Role
from taizhang.ledger.schema import Ledger
from taizhang.ledger.state import Turn


@dataclass(frozen=True)
class Why:
    """The reasons for one clock's light."""

    label: Text
    colour: str
    counted_from: Text
    limit: Text
    reminder: Text
    turns: Text
    whose: Text
    rule: Text


def why(ledger: Ledger, turn: Turn, now: datetime, library: Library | None = None) -> Why:
    """Explain one clock of a case at an instant; with the library, roles and policy numbers by the names people know."""
    clock = ledger.clock(turn.clock)
    source = _source(turn, library)
    return Why(
        label=clock.label,
        colour=turn.colour(now),
        counted_from=Text(f"自 {said(turn.since)} 起", f"since {said(turn.since)}"),
        limit=Text(f"{turn.limit_text.zh}{source.zh}", f"{turn.limit_text.en}{source.en}"),
        reminder=_reminder(turn),
        turns=_turns(turn, now),
        whose=whose(ledger, turn.owes.token, library.roles if library else {}),
        rule=Text(f"{ledger.zh}第 {ledger.version} 版，时限“{clock.label.zh}”",
                  f"{ledger.en}, version {ledger.version}, clock “{clock.label.en}”"),
    )  # fmt: skip


def _source(turn: Turn, library: Library | None) -> Text:
    """The policy number a limit comes from, in brackets."""
    if not turn.policy_source:
        return Text("", "")
    policy = library.policies.get(turn.policy_source) if library else None
    label = policy.label if policy else Text(turn.policy_source, turn.policy_source)
    return Text(f"（{label.zh}）", f" ({label.en})")


def said(instant: datetime) -> str:
    """An instant in district time, to the minute."""
    return instant.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


def _until(instant: datetime) -> Text:
    """The end of a limit: a midnight is the 24:00 of the day before."""
    if instant == start_of(instant.astimezone(SHANGHAI).date()):
        day = (instant - timedelta(minutes=1)).astimezone(SHANGHAI).date().isoformat()
        return Text(f"{day} 24:00", f"the end of {day}")
    return Text(said(instant), said(instant))


def _reminder(turn: Turn) -> Text:
    if turn.yellow_at is None:
        return Text("无提前提醒", "no reminder before")
    return Text(f"{said(turn.yellow_at)} 起黄灯", f"yellow from {said(turn.yellow_at)}")


def _turns(turn: Turn, now: datetime) -> Text:
    if turn.stopped_at is not None:
        return Text(f"已于 {said(turn.stopped_at)} 停止计时", f"stopped on {said(turn.stopped_at)}")
    if turn.frozen is not None:
        return Text("暂停计时，灯色不变", "the clock stands still and its light with it")
    if turn.provisional and turn.due is not None:
        until, year = _until(turn.due), (turn.due - timedelta(minutes=1)).astimezone(SHANGHAI).year
        return Text(
            f"暂定 {until.zh} 到期：{year} 年放假安排还没有录入，录入前不会转红",
            f"provisionally due by {until.en}: the holidays of {year} are not known yet, and it does not turn red before",
        )
    if turn.red_at is None:
        return Text("尚不计时", "does not count yet")
    end = _until(turn.red_at)
    if now >= turn.red_at:
        return Text(f"{end.zh} 已过，红灯", f"{end.en} has passed: red")
    return Text(f"{end.zh} 后红灯", f"red after {end.en}")


def whose(ledger: Ledger, token: str, roles: Mapping[str, Role]) -> Text:
    """A by-token in words."""
    plain = {
        "@subject": Text("当事方", "the subject"),
        "@opener": Text("提出人", "who opened it"),
        "screen": Text("筛查", "the screening"),
        "system": Text("系统", "the system"),
        "anyone": Text("任何人", "anyone"),
    }
    if token in plain:
        return plain[token]
    if token.startswith("@"):
        field = ledger.fields.get(token[1:])
        return field.label if field else Text(token[1:], token[1:])
    role = roles.get(token)
    return role.label if role else Text(token, token)
