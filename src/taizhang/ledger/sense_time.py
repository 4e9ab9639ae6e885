"""Whether what is said about time, figures and the outside makes sense: clocks, rules, indicators, public, later keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from taizhang.kit.text import Text
from taizhang.ledger import roster, routes, sense_roster, upgrade
from taizhang.ledger.faults import join, near
from taizhang.ledger.history import as_timedelta
from taizhang.ledger.library import Library
from taizhang.ledger.parts import Span, is_formula
from taizhang.ledger.schema import PERIODS, Clock, Ledger
from taizhang.ledger.sense import Found, Path, effects, known, policy, shown, tokens


def clocks(ledger: Ledger, library: Library) -> Iterator[Found]:
    """Faults of clocks."""
    for name, clock in ledger.clocks.items():
        path: Path = ("clocks", name)
        kinds = [key for key in ("limit", "due", "every") if getattr(clock, key) is not None]
        if len(kinds) != 1:
            yield (
                path,
                "clock_kind",
                Text("时限要写 limit、due、every 之一。", "a clock has limit, due or every, one of them."),
            )
        if clock.owes is None:
            yield path, "no_owes", Text("没有写这盏灯归谁：请加 owes。", "nobody owes this light: add owes.")
        else:
            yield from tokens(ledger, library, (*path, "owes"), (clock.owes,))
        for key in ("limit", "grace"):
            yield from policy(getattr(clock, key), library, (*path, key))
        if isinstance(clock.yellow, Span):
            yield from policy(clock.yellow, library, (*path, "yellow"))
        yield from _margin(path, clock)
        yield from _back(path, clock)
        for key in ("during", "pauses"):
            for stage in getattr(clock, key):
                yield from known("stage", stage, ledger.stages, (*path, key))
        yield from _acts(ledger, path, clock)


def _acts(ledger: Ledger, path: Path, clock: Clock) -> Iterator[Found]:
    for start in clock.starts:
        act = start.removesuffix(".notice")
        yield from known("act", act, ledger.acts, (*path, "starts"))
        if start.endswith(".notice") and act in ledger.acts and ledger.acts[act].notice is None:
            yield (*path, "starts"), "no_notice", Text(f"“{act}”没有公示。", f"“{act}” posts no notice.")
    for key in ("stops", "act"):
        for act in getattr(clock, key):
            yield from known("act", act, ledger.acts, (*path, key))
    if clock.every is not None and not clock.act:
        yield path, "every_act", Text("周期要用 act 写明每期要办什么。", "a cadence says what is to be done: add act.")
    if clock.every is None and clock.act:
        yield (
            (*path, "act"),
            "every_act",
            Text("act 只用于 every；结束计时请写 stops.", "act belongs to every; what ends a clock is stops."),
        )
    if clock.every is not None and not is_formula(clock.every) and clock.every not in PERIODS:
        yield (
            (*path, "every"),
            "period",
            join(
                Text(f"没有“{clock.every}”这个周期。", f"there is no period “{clock.every}”."),
                near(clock.every, PERIODS),
            ),
        )
    stops = [stop for stop in clock.stops if stop in ledger.acts]
    sound = all(start.removesuffix(".notice") in ledger.acts for start in clock.starts)
    known_ways = all(act.to is None or act.to in ledger.stages for act in ledger.acts.values())
    if stops and sound and known_ways and not any(routes.can_stop(ledger, clock, stop) for stop in stops):
        yield (*path, "stops"), "never_stops", Text(
            "计时期间永远办不了 stops 中的办理：请查 starts、during 与这些办理的 from。",
            "none of its stops can be done while it runs: look at starts, during and the acts' from.")  # fmt: skip


def _margin(path: Path, clock: Clock) -> Iterator[Found]:
    """A reminder as long as the limit would be yellow from the start."""
    limit = clock.limit.duration if clock.limit is not None else None
    margin = clock.yellow.duration if isinstance(clock.yellow, Span) else None
    unit = margin.unit if margin else (limit.unit if limit else None)
    count = margin.value if margin else clock.yellow if isinstance(clock.yellow, int) else 0
    if limit is not None and unit == limit.unit and count >= limit.value > 0:
        yield (*path, "yellow"), "yellow", Text(f"提前 {count} 不短于时限 {limit}：会一开始就是黄灯。",
                                                f"{count} is no shorter than the limit, {limit}: it begins yellow.")  # fmt: skip


def _back(path: Path, clock: Clock) -> Iterator[Found]:
    length = clock.accepts_back
    if length is None:
        return
    try:
        if length.duration is None:
            raise ValueError
        as_timedelta(length.duration)
    except ValueError:
        yield (
            (*path, "accepts_back"),
            "tolerance",
            Text(
                "accepts_back 要写固定的小时或天数，如 72 hours。", "accepts_back is fixed hours or days, as 72 hours."
            ),
        )


def rest(ledger: Ledger, library: Library, others: Mapping[str, Ledger]) -> Iterator[Found]:
    """Faults of rules, indicators, public pages, upgrades, and keys that are not supported yet."""
    yield from tokens(ledger, library, ("see",), ledger.see)
    for number, rule in enumerate(ledger.rules):
        named = [*ledger.clocks, *((roster.CLOCK,) if ledger.roster is not None else ())]
        yield from known("clock", rule.at, named, ("rules", number, "at"))
        yield from policy(rule.plus, library, ("rules", number, "plus"))
        yield from effects(ledger, library, others, ("rules", number), rule.do)
        if any(effect.set is not None or effect.register_ is not None for effect in rule.do):
            yield (
                ("rules", number, "do"),
                "rule_effect",
                Text(
                    "规则只能 act 或 spawn：要写字段请用一项办理。",
                    "a rule does act or spawn; to write a field, use an act.",
                ),
            )
    for name, indicator in ledger.indicators.items():
        path: Path = ("indicators", name)
        if "standing" in indicator.on and len(indicator.on) > 1:
            yield (*path, "on"), "standing", Text("standing 不能和办理并列。", "standing stands alone, without acts.")
        for act in indicator.on:
            if act != "standing":
                yield from known("act", act, ledger.acts, (*path, "on"))
        if indicator.distinct is not None:
            yield (*path, "distinct"), "not_yet", _later("distinct")
    if ledger.public.form is not None:
        yield from known("act", ledger.public.form, ledger.acts, ("public", "form"))
        form = ledger.acts.get(ledger.public.form)
        if form is not None and "anyone" not in form.by:
            yield (
                ("public", "form"),
                "public_form",
                Text("公开表单的办理 by 要有 anyone。", "the act of a public form is done by anyone: add it to by."),
            )
        elif ledger.subject != "area":
            yield (
                ("public", "form"),
                "public_form",
                Text(
                    "公开表单只能说一个地方：subject 要是 area。",
                    "a public form is about a place: the subject must be an area.",
                ),
            )
    yield from shown(ledger, ("public", "board"), ledger.public.board)
    for name in ledger.public.track if isinstance(ledger.public.track, tuple) else ():
        yield from known("field", name, ledger.fields, ("public", "track"))
        if name in ledger.fields and ledger.fields[name].during:
            yield ("public", "track"), "during", Text(
                f"“{name}”只在部分环节能看到，不能凭查询码看：请去掉。",
                f"“{name}” is read in some stages alone and not by a code: take it out.")  # fmt: skip
    yield from _upgrades(ledger)
    yield from sense_roster.rosters(ledger, library)
    yield from sense_roster.documents(ledger)
    yield from sense_roster.gathers(ledger, others)
    for hook in ledger.hooks:
        yield ("hooks", hook), "hook", Text(f"没有登记“{hook}”这个函数。", f"no function “{hook}” is registered.")


def _upgrades(ledger: Ledger) -> Iterator[Found]:
    """Faults of `upgrade`: one step a version, and every name leads to one of this edition, perhaps by later steps."""
    seen: set[int] = set()
    for number, step in enumerate(ledger.upgrade):
        path: Path = ("upgrade", number)
        if not 2 <= step.since <= ledger.version:
            yield (
                (*path, "since"),
                "upgrade",
                Text("since 从 2 起，不能大于 version。", "since is 2 at least, and not greater than version."),
            )
        if step.since in seen:
            yield (
                (*path, "since"),
                "upgrade",
                Text("每一版只写一步：这个 since 已经写过。", "one step a version: this since is there already."),
            )
        seen.add(step.since)
        onward = upgrade.route(ledger, step.since)
        for old, stage in step.stages.items():
            yield from known("stage", onward.stage(stage), ledger.stages, (*path, "stages", old))
        for old, act in step.acts.items():
            if act is not None and (called := onward.act(act)) is not None:
                yield from known("act", called, ledger.acts, (*path, "acts", old))
        for old, field in step.fields.items():
            if field is not None and (called := onward.field(field)) is not None:
                yield from known("field", called, ledger.fields, (*path, "fields", old))


def _later(what: str) -> Text:
    return Text(f"本版本还不支持 {what}：请先去掉。", f"{what} is not supported yet: leave it out for now.")
