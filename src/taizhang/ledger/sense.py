"""Whether a declaration makes sense: names resolve, the loop closes, nothing sealed is shown, each hand is named."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from taizhang.kit.text import Text
from taizhang.ledger import routes, sense_draw
from taizhang.ledger.faults import join, near
from taizhang.ledger.library import Library
from taizhang.ledger.parts import PLAIN_TOKENS, Span, is_formula
from taizhang.ledger.schema import POINTING, Act, Effect, Field, Ledger
from taizhang.ledger.values import BadValue, bound, literal

Path = tuple[str | int, ...]
Found = tuple[Path, str, Text]  # place, code, sentence
_DAY = date(2021, 1, 1)  # any day: bounds and defaults are looked at for their shape


def fields(ledger: Ledger, library: Library) -> Iterator[Found]:
    """Faults of fields, of the case and of entries."""
    for path, spec in _specs(ledger):
        yield from _field(path, spec, library)
    for name, spec in ledger.fields.items():
        written = [act for act in ledger.acts.values() if name in (*act.asks, *act.may)]
        if spec.calc and written:
            yield ("fields", name, "calc"), "calc_asked", Text(
                "算出来的字段不能再填：请从 asks/may 中去掉，或去掉 calc。",
                "a derived field is not typed in: take it out of asks and may, or take out calc.")  # fmt: skip
    for path, spec in _specs(ledger):
        yield from _stages_of(ledger, path, spec)
    yield from _cycles(ledger)


def _stages_of(ledger: Ledger, path: Path, spec: Field) -> Iterator[Found]:
    """Faults of the stages in which a field can be read."""
    for stage in spec.during:
        yield from _known("stage", stage, ledger.stages, (*path, "during"))
    if spec.during and (len(path) != 2 or not spec.sealed or spec.calc):
        yield (*path, "during"), "during", Text(
            "during 只用于事项的文字或敏感字段：列、记录的字段和算出来的字段请去掉 during。",
            "during is for free text and sensitive fields of the case: take it out of columns, entry fields and derived ones.")  # fmt: skip


def _specs(ledger: Ledger) -> Iterator[tuple[Path, Field]]:
    for name, spec in ledger.fields.items():
        yield ("fields", name), spec
        for column, inner in spec.columns.items():
            yield ("fields", name, "of", column), inner
    for act, declared in ledger.acts.items():
        for name, spec in declared.entry.items():
            yield ("acts", act, "entry", name), spec


def _field(path: Path, spec: Field, library: Library) -> Iterator[Found]:
    if spec.type == "pick" and spec.of is None:
        yield path, "catalogue", Text("pick 字段要用 of 指明目录。", "a pick field names its catalogue: of: NAME.")
    elif spec.type == "pick" and spec.of not in library.catalogues:
        yield (*path, "of"), "catalogue", join(Text(f"没有“{spec.of}”这个目录。", f"there is no catalogue “{spec.of}”."),
                                              near(str(spec.of), library.catalogues))  # fmt: skip
    if spec.type == "person" and spec.of is not None:
        yield from _role(spec.of, library, (*path, "of"))
    if spec.find and spec.sealed:
        yield (*path, "find"), "find_sealed", Text(
            "文字和敏感字段是密封保存的，不能用 find 检索：请去掉 find。",
            "free text and sensitive fields are sealed and cannot be found: take out find.")  # fmt: skip
    if spec.many and spec.type not in ("choice", "pick", *POINTING):
        yield (
            (*path, "many"),
            "many",
            Text("只有选项和人员、机构等字段可以多值。", "only choices and parties may have many values."),
        )
    try:
        least, most = bound(spec, spec.min, _DAY), bound(spec, spec.max, _DAY)
    except (ValueError, ArithmeticError):
        yield (
            path,
            "bounds",
            Text("min/max 写得不对：数字、金额（元）或日期。", "min and max are numbers, yuan, or days."),
        )
        return
    if least is not None and most is not None and least > most:
        yield (*path, "min"), "bounds", Text("min 大于 max：请对调。", "min is greater than max: exchange them.")
        return
    if spec.default is not None and not is_formula(spec.default):
        try:
            literal(spec, spec.default, _DAY)
        except BadValue as bad:
            yield (
                (*path, "default"),
                "default",
                join(Text(f"默认值“{spec.default}”不行：", f"the default “{spec.default}” will not do:"), bad.text),
            )


def _cycles(ledger: Ledger) -> Iterator[Found]:
    """Derived fields that are derived from themselves."""
    reads: dict[str, set[str]] = {}
    for name, spec in ledger.fields.items():
        condition = ledger.conditions.find("fields", name, "calc") if spec.calc else None
        names = condition.names if condition is not None else ()
        reads[name] = {read.split(".")[1] for read in names if read.startswith(("case.", "known."))}
    told: set[str] = set()
    for name in reads:
        seen: set[str] = set()
        ahead = set(reads[name])
        while ahead:
            seen |= ahead
            ahead = {further for step in ahead for further in reads.get(step, ())} - seen
        if name in seen and name not in told:
            told |= {other for other in seen if name in reads.get(other, ()) or other == name} | seen
            yield (
                ("fields", name, "calc"),
                "cycle",
                Text(
                    f"“{name}”绕一圈又由自己算出：请断开其中一个 calc。",
                    f"“{name}” is derived from itself: break one of the calcs.",
                ),
            )


def acts(ledger: Ledger, library: Library, others: Mapping[str, Ledger]) -> Iterator[Found]:
    """Faults of acts."""
    for name, act in ledger.acts.items():
        path: Path = ("acts", name)
        if not act.by:
            yield path, "no_by", Text("没有写谁来办：请加 by。", "nobody may do it: add by.")
        yield from tokens(ledger, library, (*path, "by"), act.by)
        for stage in act.from_:
            yield from _known("stage", stage, ledger.stages, (*path, "from"))
        if act.to is not None:
            yield from _known("stage", act.to, ledger.stages, (*path, "to"))
        if act.opens and act.to is None:
            yield (
                path,
                "opens_nowhere",
                Text("开启事项的办理要用 to 写明到哪个环节。", "an act that opens says where to: add to."),
            )
        if act.opens and act.from_:
            yield (
                (*path, "from"),
                "opens_from",
                Text("开启事项的办理没有 from：请去掉。", "an act that opens comes from nowhere: take out from."),
            )
        if act.opens and act.aside:
            yield (
                (*path, "aside"),
                "opens_aside",
                Text("开启事项的办理不是旁支：请去掉 aside。", "an act that opens is no way beside: take out aside."),
            )
        if act.alone and not act.opens:
            yield (
                (*path, "alone"),
                "alone",
                Text("alone 只用于开启事项的办理：请去掉。", "alone is for acts that open: take it out."),
            )
        for key in ("asks", "may"):
            for field in getattr(act, key):
                yield from _known("field", field, ledger.fields, (*path, key))
        for field in sorted(set(act.asks) & set(act.may)):
            yield (
                (*path, "may"),
                "asked_twice",
                Text(f"“{field}”已是必填：请从 may 中去掉。", f"“{field}” is asked already: take it out of may."),
            )
        yield from _cites(act, others, (*path, "cites"))
        for text, message in act.needs.items():
            if message is None:
                yield (
                    (*path, "needs", text),
                    "no_message",
                    Text(
                        "条件没有给人看的话：请写“条件: 中文句子”或 {zh, en}。",
                        "this need has no sentence for people: write CONDITION: {zh, en}.",
                    ),
                )
        yield from _waits(ledger, library, path, act)
        yield from effects(ledger, library, others, path, act.do)


def _cites(act: Act, others: Mapping[str, Ledger], path: Path) -> Iterator[Found]:
    for other, done in act.cites.items():
        yield from _known("ledger", other, others, path)
        for cited in done if other in others else ():
            yield from _known("act", cited, others[other].acts, (*path, other))


def _waits(ledger: Ledger, library: Library, path: Path, act: Act) -> Iterator[Found]:
    for key, waits in (("after", act.after), ("within", act.within)):
        for other, length in waits.items():
            yield from _known("act", other, ledger.acts, (*path, key, other))
            if isinstance(length, Span):
                yield from policy(length, library, (*path, key, other))
            elif other in ledger.acts and ledger.acts[other].notice is None:
                yield (*path, key, other), "no_notice", Text(f"“{other}”没有公示：请给它加 notice，或写时长。",
                                                             f"“{other}” posts no notice: give it one, or write a duration.")  # fmt: skip
    notice = act.notice
    if notice is None:
        return
    raw = notice.workdays if notice.workdays is not None else notice.days
    if raw is None or (notice.workdays is not None and notice.days is not None):
        yield (
            (*path, "notice"),
            "notice_days",
            Text("公示要写 days 或 workdays 之一。", "a notice has days or workdays, one of them."),
        )
    elif isinstance(raw, str):
        yield from _known("policy", raw.removeprefix("policy."), library.policies, (*path, "notice"))
    elif raw < 1:
        yield (*path, "notice"), "notice_days", Text("公示至少一天。", "a notice hangs for a day at least.")
    for stage in notice.pauses:
        yield from _known("stage", stage, ledger.stages, (*path, "notice", "pauses"))
    yield from shown(ledger, (*path, "notice", "show"), notice.show)


def shown(ledger: Ledger, path: Path, keys: Iterable[str]) -> Iterator[Found]:
    """Only what is neither sealed nor sensitive may be read by everybody (no illness, no disability, no numbers)."""
    for key in keys:
        if key == "subject":
            continue
        if key not in ledger.fields:
            yield from _known("field", key, [*ledger.fields, "subject"], path)
        elif ledger.fields[key].sealed:
            yield path, "sealed_shown", Text(
                f"“{key}”是文字或敏感字段，不能公开：请从公示或公开内容中去掉。",
                f"“{key}” is free text or sensitive and may not be shown to everybody: take it out.")  # fmt: skip


def effects(
    ledger: Ledger, library: Library, others: Mapping[str, Ledger], path: Path, do: tuple[Effect, ...]
) -> Iterator[Found]:
    """Faults of what an act or a rule does."""
    for number, effect in enumerate(do):
        here: Path = (*path, "do", number)
        keys = [effect.spawn, effect.set, effect.act, effect.print, effect.register_, effect.draw]
        if sum(key is not None for key in keys) != 1:
            yield (
                here,
                "effect",
                Text(
                    "do 的每一项只写一件事：spawn、set、draw、act、print 或 register。",
                    "each item of do is one of spawn, set, draw, act, print, register.",
                ),
            )
        for target in effect.set or {}:
            yield from _known("field", target, ledger.fields, (*here, "set", target))
            if target in ledger.fields and ledger.fields[target].calc:
                yield (
                    (*here, "set", target),
                    "calc_set",
                    Text("算出来的字段不能再写。", "a derived field is not written."),
                )
        if effect.act is not None:
            yield from _known("act", effect.act, ledger.acts, (*here, "act"))
            if effect.act in ledger.acts and "system" not in ledger.acts[effect.act].by:
                yield (*here, "act"), "not_system", Text(f"系统要办“{effect.act}”：请在它的 by 中加 system。",
                                                         f"the system does “{effect.act}”: add system to its by.")  # fmt: skip
        if effect.draw is not None:
            yield from sense_draw.faults(ledger, others, (*here, "draw"), effect.draw)
        if effect.spawn is not None:
            yield from _spawn(ledger, library, others, (*here, "spawn"), effect)


def _spawn(
    ledger: Ledger, library: Library, others: Mapping[str, Ledger], path: Path, effect: Effect
) -> Iterator[Found]:
    spawn = effect.spawn
    if spawn is None:
        return
    if not isinstance(spawn.each, str | None):
        yield from _known("catalogue", spawn.each.catalogue, library.catalogues, (*path, "each"))
    if spawn.ledger not in others:
        yield from _known("ledger", spawn.ledger, others, (*path, "ledger"))
        return
    other = others[spawn.ledger]
    if spawn.act not in other.acts:
        yield from _known("act", spawn.act, other.acts, (*path, "act"))
        return
    act = other.acts[spawn.act]
    if not act.opens:
        yield (
            (*path, "act"),
            "spawn_act",
            join(
                Text(f"“{spawn.act}”不开启事项。", f"“{spawn.act}” does not open a case."), near("", other.opening_acts)
            ),
        )
    if "system" not in act.by:
        yield (*path, "act"), "not_system", Text(f"“{spawn.ledger}”的“{spawn.act}”由系统办理：请在它的 by 中加 system。",
                                                 f"the system does “{spawn.act}” of “{spawn.ledger}”: add system to its by.")  # fmt: skip
    takes = (*act.asks, *act.may, *act.entry)
    for field in spawn.set:
        yield from _known("field", field, takes, (*path, "set", field))
    for field in act.asks:
        if (
            field not in (*spawn.set, *spawn.gather) and not other.fields[field].when
            if field in other.fields
            else False
        ):
            yield (*path, "set"), "spawn_lacks", Text(f"“{spawn.ledger}”的“{spawn.act}”要填“{field}”：请在 set 中给出。",
                                                      f"“{spawn.act}” of “{spawn.ledger}” asks for “{field}”: give it in set.")  # fmt: skip
    if other.subject != ledger.subject and spawn.subject is None:
        yield path, "spawn_subject", Text(f"两本台账的对象不同（{other.subject}）：请用 subject 指明是谁。",
                                          f"the other ledger is about another register ({other.subject}): say who by subject.")  # fmt: skip


def tokens(ledger: Ledger, library: Library, path: Path, given: Iterable[str]) -> Iterator[Found]:
    """Who may: roles at their level from the library, parties from the fields."""
    for token in given:
        if token in PLAIN_TOKENS or token in ("@subject", "@opener"):
            continue
        if token.startswith("@"):
            spec = ledger.fields.get(token[1:])
            if spec is None:
                yield from _known("field", token[1:], ledger.fields, path)
            elif spec.type not in ("person", "organisation", "enterprise"):
                yield (
                    path,
                    "party",
                    Text(
                        f"“{token[1:]}”不是人员、机构或企业字段。",
                        f"“{token[1:]}” is no person, organisation or enterprise.",
                    ),
                )
        else:
            yield from _role(token, library, path)


def _role(token: str, library: Library, path: Path) -> Iterator[Found]:
    """A role is written with its level."""
    role, _, level = token.partition("@")
    levels = [known for known in library.roles if known.startswith(f"{role}@")]
    if levels and token not in levels:
        yield path, "level", Text(f"“{role}”没有 {level} 这一级：请写 {'、'.join(levels)}。",
                                  f"“{role}” is no role of level {level}: write {', '.join(levels)}.")  # fmt: skip
    else:
        yield from _known("role", token, library.roles, path)


def policy(length: Span | None, library: Library, path: Path) -> Iterator[Found]:
    """A span's policy number must be known and be a duration; a fixed one may not be nothing."""
    if length is None:
        return
    if length.policy is not None:
        yield from _known("policy", length.policy, library.policies, path)
        found = library.policies.get(length.policy)
        if found is not None and found.type != "duration":
            yield (
                path,
                "policy_type",
                Text(f"政策数“{length.policy}”不是时长。", f"the policy number “{length.policy}” is no duration."),
            )
    if length.duration is not None and length.duration.value == 0:
        yield path, "zero", Text("时长不能为零。", "a duration of nothing.")


_KIND: Mapping[str, Text] = {
    "stage": Text("环节", "stage"),
    "act": Text("办理", "act"),
    "field": Text("字段", "field"),
    "role": Text("角色", "role"),
    "catalogue": Text("目录", "catalogue"),
    "policy": Text("政策数", "policy number"),
    "ledger": Text("台账", "ledger"),
    "clock": Text("时限", "clock"),
}


def _known(kind: str, name: str, names: Iterable[str], path: Path) -> Iterator[Found]:
    listed = list(names)
    if name not in listed:
        called = _KIND[kind]
        yield (
            path,
            f"unknown_{kind}",
            join(Text(f"没有“{name}”这个{called.zh}。", f"there is no {called.en} “{name}”."), near(name, listed)),
        )


known = _known


def _goes_on(ledger: Ledger, stage: str) -> bool:
    """Whether something that is not beside the way is to be done in a stage: it moves the case, or a clock wants it again."""
    if routes.onward(ledger, stage):
        return True
    again = {name for clock in ledger.clocks.values() if stage in routes.runs(ledger, clock) for name in clock.act}
    return any(name in ledger.acts and not ledger.acts[name].aside for name in again)


def stages(ledger: Ledger) -> Iterator[Found]:
    """Faults of the loop: stages that nobody reaches, that never end, or that no clock watches."""
    if not ledger.opening_acts:
        yield (
            ("acts",),
            "no_opening",
            Text("没有开启事项的办理：请给一项办理加 opens: true。", "no act opens a case: give one opens: true."),
        )
        return
    ends = {name for name, stage in ledger.stages.items() if stage.end or stage.rests}
    if not ends:
        yield (
            ("stages",),
            "no_end",
            Text("没有结束环节：请给至少一个环节加 end: true。", "no stage ends a case: give one end: true."),
        )
    reached, closing = routes.reachable(ledger), routes.leading_to_end(ledger)
    watched = {
        stage for clock in ledger.clocks.values() for stage in routes.runs(ledger, clock) if stage not in clock.pauses
    } | routes.awaiting(ledger)
    for name, stage in ledger.stages.items():
        if name not in reached:
            yield (
                ("stages", name),
                "unreachable",
                Text(
                    "没有办理能到这个环节：请给某项办理写 to，或删去它。",
                    "no act leads to this stage: give one a to, or take it out.",
                ),
            )
        elif ends and name not in closing:
            yield (
                ("stages", name),
                "no_way_out",
                Text(
                    "从这个环节永远办不结：请加一个通向结束环节的办理。",
                    "a case here can never be closed: add an act that leads to an end.",
                ),
            )
        elif not stage.end and not stage.rests and not _goes_on(ledger, name):
            yield ("stages", name), "only_aside", Text(
                "这个环节只有旁支：请给通向下一步的办理去掉 aside。",
                "every act from here is a way beside: take aside out of the one that leads on.")  # fmt: skip
        elif name not in watched and not stage.end and not stage.rests:
            yield ("stages", name), "no_clock", Text(
                "这个环节没有时限，事项可以无人过问地停在这里：请加 clocks，或写 rests: true 表示可以长期停留。",
                "no clock runs here, so a case could rest unseen: add one, or write rests: true if it lawfully may.")  # fmt: skip
