"""Whether what is said about duties by arithmetic, numbered papers and gathered cases makes sense."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date

from taizhang.kit.text import Text
from taizhang.ledger import roster
from taizhang.ledger.library import Library
from taizhang.ledger.schema import Document, Ledger, Spawn
from taizhang.ledger.sense import Found, Path, known, policy, tokens
from taizhang.ledger.worlds import LibraryWorld


def rosters(ledger: Ledger, library: Library) -> Iterator[Found]:
    """Faults of a roster, and of the list it goes through."""
    spec = ledger.roster
    if spec is None:
        if any("roster" in act.via for act in ledger.acts.values()):
            yield ("acts",), "no_roster", Text("via: roster 要有 roster。", "via: roster wants a roster.")
        return
    yield from known("catalogue", spec.items, library.catalogues, ("roster", "items"))
    yield from known("field", spec.item, ledger.fields, ("roster", "item"))
    field = ledger.fields.get(spec.item)
    if (
        field is not None
        and spec.items in library.catalogues
        and (field.type != "pick" or field.of != spec.items or field.many)
    ):
        yield ("roster", "item"), "roster_item", Text(
            f"“{spec.item}”应是 pick 字段，目录为 {spec.items}。", f"“{spec.item}” is to be a pick from {spec.items}.")  # fmt: skip
    yield from tokens(ledger, library, ("roster", "owes"), (spec.owes,))
    for act in spec.answers:
        yield from known("act", act, ledger.acts, ("roster", "answers"))
    if spec.puts_off is not None:
        yield from known("field", spec.puts_off, ledger.fields, ("roster", "puts_off"))
        if spec.puts_off in ledger.fields and ledger.fields[spec.puts_off].type != "date":
            yield ("roster", "puts_off"), "puts_off", Text("puts_off 应是日期字段。", "puts_off is a date field.")
    for key in ("yellow", "grace", "accepts_back"):
        length = getattr(spec, key)
        yield from policy(length, library, ("roster", key))
        if length is not None and length.duration is None:
            yield ("roster", key), "roster_span", Text(
                f"{key} 要写固定时长，如 5 workdays。", f"{key} is a fixed length, as 5 workdays.")  # fmt: skip
    openers = [name for name, act in ledger.acts.items() if act.opens and "roster" in act.via]
    if not openers:
        yield ("roster",), "roster_opens", Text(
            "要有一个 opens 且 via: roster 的办理来答复。", "an act that opens, via: roster, has to answer a cell.")  # fmt: skip
    for name in openers:
        if field is not None and spec.item not in ledger.acts[name].asks:
            yield ("acts", name, "asks"), "roster_asks", Text(
                f"答复名册任务要必填“{spec.item}”。", f"an act that answers a cell asks for “{spec.item}”.")  # fmt: skip
    if spec.items in library.catalogues and ledger.conditions.find("roster", "period") is not None:
        yield from _rows(ledger, library, spec.items)


def _rows(ledger: Ledger, library: Library, items: str) -> Iterator[Found]:
    world = LibraryWorld(library)
    days = {row.get("from") or "2000-01-01" for row in library.catalogues[items].rows.values()}
    told: set[str] = set()
    for day in sorted(days):
        for code, text in roster.faults(ledger, world, date.fromisoformat(day)):
            if code not in told:
                told.add(code)
                yield ("roster", "items"), "roster_row", text


def documents(ledger: Ledger) -> Iterator[Found]:
    """Faults of number series, and of acts that print what is not declared."""
    pattern = ledger.documents.get("case")
    if pattern is not None and not re.fullmatch(r"[A-Z]{1,12}-YYYY-NNNN", str(pattern)):
        yield ("documents", "case"), "series", Text(
            "编号要写成 字母-YYYY-NNNN，如 JC-YYYY-NNNN。", "a number series is LETTERS-YYYY-NNNN, as JC-YYYY-NNNN.")  # fmt: skip
    printed = [effect for act in ledger.acts.values() for effect in act.do if effect.print is not None]
    if printed and not any(isinstance(pattern, Document) for pattern in ledger.documents.values()):
        yield ("documents",), "nothing_to_print", Text(
            "有办理要 print，但 documents 里没有文书。", "an act prints, but documents names no paper.")  # fmt: skip
    for key, paper in ledger.documents.items():
        if isinstance(paper, Document):
            named: list[tuple[Path, str]] = [(("to", n), field) for n, field in enumerate(paper.to)]
            named += [(("copies",), paper.copies)] if paper.copies else []
            for where, field in named:
                yield from known("field", field, ledger.fields, ("documents", key, *where))
                if field in ledger.fields and ledger.fields[field].type != "organisation":
                    yield ("documents", key, *where), "no_addressee", Text(
                        f"“{field}”不是单位字段。", f"“{field}” is no field of organisations.")  # fmt: skip


def gathers(ledger: Ledger, others: Mapping[str, Ledger]) -> Iterator[Found]:
    """Faults of spawns that gather: rules alone do, into one table of the other ledger."""
    for name, act in ledger.acts.items():
        for number, effect in enumerate(act.do):
            if effect.spawn is not None and effect.spawn.gather:
                yield ("acts", name, "do", number), "gather_rule", Text(
                    "只有规则能 gather。", "only rules gather.")  # fmt: skip
    for place, rule in enumerate(ledger.rules):
        for number, effect in enumerate(rule.do):
            if effect.spawn is not None and effect.spawn.gather:
                yield from _gathered(effect.spawn, others, ("rules", place, "do", number, "spawn", "gather"))


def _gathered(spawn: Spawn, others: Mapping[str, Ledger], path: Path) -> Iterator[Found]:
    if len(spawn.gather) != 1 or spawn.each is not None:
        yield path, "gather", Text("gather 只写一个表格字段，且不与 each 同用。",
                                   "gather names one table field and stands without each.")  # fmt: skip
    other = others.get(spawn.ledger)
    if other is not None and spawn.void is not None:
        yield from known("act", spawn.void, other.acts, (*path[:-1], "void"))
    for table, columns in spawn.gather.items() if other is not None else ():
        spec = other.fields.get(table) if other is not None else None
        if spec is None or spec.type != "table":
            yield (*path, table), "gather", Text(f"{spawn.ledger} 没有“{table}”这个表格字段。",
                                                 f"{spawn.ledger} has no table field “{table}”.")  # fmt: skip
            continue
        for column in columns:
            yield from known("field", column, spec.columns, (*path, table, column))
