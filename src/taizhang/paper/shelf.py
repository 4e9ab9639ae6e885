"""The papers of a district: `library/papers/*.yaml`, read and held against the ledgers; every fault with file and line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic import ValidationError

from taizhang.kit.text import Text
from taizhang.ledger import yaml12
from taizhang.ledger.faults import Fault, join, near
from taizhang.ledger.parts import Wrong
from taizhang.ledger.schema import Ledger
from taizhang.paper import vocabulary
from taizhang.paper.schema import HOUSEHOLD, Paper, Wanted, wanted

_KEPT = {"file": Text("户档案", "the household's file"), "card": Text("农户手中", "the household's hands"),
         "public": Text("公示栏", "the notice board")}  # fmt: skip


def load(folder: Path, ledgers: Mapping[str, Ledger]) -> tuple[Mapping[str, Paper], tuple[Fault, ...]]:
    """The sound papers of a folder by name, and every fault of the others: one bad file takes no other paper away."""
    papers: dict[str, Paper] = {}
    faults: list[Fault] = []
    for file in sorted(folder.glob("*.yaml")):
        paper, found = parse(file.read_text(encoding="utf-8"), file.name, ledgers)
        faults += found
        if paper is not None:
            papers[paper.paper] = paper
    ordered = sorted(papers.values(), key=lambda paper: (paper.order, paper.paper))
    return {paper.paper: paper for paper in ordered}, tuple(faults)


def parse(text: str, file: str, ledgers: Mapping[str, Ledger]) -> tuple[Paper | None, list[Fault]]:
    """One paper from text, and what is wrong with it; `file` is the name that faults mention."""
    read = yaml12.read(text)
    faults = [
        Fault(file, slip.line, ".".join(map(str, slip.path)) or "paper", slip.text, slip.code) for slip in read.slips
    ]
    if faults:
        return None, faults
    try:
        paper = Paper.model_validate(read.data)
    except ValidationError as errors:
        return None, [_shape(file, read, error["loc"], dict(error)) for error in errors.errors()]
    if paper.paper != file.removesuffix(".yaml"):
        faults.append(
            _fault(file, read, ("paper",), "name", Text("名称要和文件名相同。", "the name is that of the file."))
        )
    faults += [_fault(file, read, place, code, told) for place, code, told in _sense(paper, ledgers)]
    return (paper if not faults else None), faults


def _fault(file: str, read: yaml12.Read, place: yaml12.Path, code: str, text: Text) -> Fault:
    return Fault(file, read.line(place), ".".join(map(str, place)), text, code)


def _shape(file: str, read: yaml12.Read, place: yaml12.Path, error: Mapping[str, object]) -> Fault:
    cause = error.get("ctx")
    wrong = cause.get("error") if isinstance(cause, dict) else None
    if isinstance(wrong, Wrong):
        text = wrong.text
    elif error["type"] == "missing":
        text = Text(f"缺少 {place[-1]}。", f"{place[-1]} is missing.")
    elif error["type"] == "extra_forbidden":
        text = Text(f"没有“{place[-1]}”这个词。", f"there is no key “{place[-1]}”.")
    else:
        text = Text(f"写法不对：{error['msg']}。", f"not written so: {error['msg']}.")
    return _fault(file, read, place, str(error["type"]), text)


Told = tuple[yaml12.Path, str, Text]


def _sense(paper: Paper, ledgers: Mapping[str, Ledger]) -> Iterable[Told]:
    """What makes no sense, or may not stand on this paper."""
    law = ledgers.get(paper.source)
    if paper.source != HOUSEHOLD and (law is None or law.subject != HOUSEHOLD):
        yield (
            ("from",),
            "from",
            Text(f"没有以户为对象的台账“{paper.source}”。", f"no ledger about households is called “{paper.source}”."),
        )
        return
    for one in wanted(paper):
        yield from _value(paper, one, ledgers)
    for n, block in enumerate(paper.blocks):
        at = ("blocks", n)
        if block.list is not None and not vocabulary.exists(block.list.of, ledgers):
            yield (
                (*at, "list", "of"),
                "list",
                Text(f"没有“{block.list.of}”这种清单。", f"there is no list “{block.list.of}”."),
            )
        if block.list is not None and not vocabulary.stages_exist(block.list.of, block.list.stages, ledgers):
            yield (
                (*at, "list", "stages"),
                "stage",
                Text("stages 里有台账没有的环节。", "`stages` names a stage that the ledger does not have."),
            )
        if block.list is not None and paper.kept == "public":
            yield (
                (*at, "list"),
                "public",
                Text("公示上的名单只能用 wording 写。", "the list on a notice comes through `wording` alone."),
            )
        if block.wording is not None and (law is None or block.wording not in law.acts or not vocabulary.shown(law)):
            text = Text("wording 写公示或公告的那一步。", "`wording` names the act that posts the notice or announces.")
            yield (*at, "wording"), "wording", text
        if block.grid is not None and block.columns is not None:
            yield from _grid(block.grid, len(block.columns), at)


def _value(paper: Paper, one: Wanted, ledgers: Mapping[str, Ledger]) -> Iterable[Told]:
    sense = vocabulary.sense(paper, one.path, one.rows, ledgers)
    if sense is None:
        if one.rows and not vocabulary.exists(one.rows, ledgers):
            return
        known = vocabulary.MEMBER if one.rows == vocabulary.MEMBERS else vocabulary.ALONE
        text = Text(f"没有“{one.path}”这一项。", f"there is no “{one.path}”.")
        yield one.place, "unknown", join(text, near(one.path, known))
    elif sense not in vocabulary.MAY_STAND[paper.kept]:
        where = _KEPT[paper.kept]
        yield (
            one.place,
            "may_not_stand",
            Text(
                f"“{one.path}”不能印在放到{where.zh}的文书上。",
                f"“{one.path}” may not stand on a paper for {where.en}.",
            ),
        )
    elif one.full and paper.kept != "file":
        yield (
            one.place,
            "full",
            Text("只有存入户档案的文书能印完整信息。", "only a paper for the household's file prints values in full."),
        )
    elif one.full and paper.ground is None:
        yield (
            one.place,
            "ground",
            Text("印完整信息要用 ground 写明依据。", "say by `ground` on what rule a value is printed in full."),
        )
    elif sense in vocabulary.ONLY_IN_FULL and not one.full:
        yield (
            one.place,
            "covered",
            Text(
                f"“{one.path}”要么写 full: true，要么不印。", f"“{one.path}” is printed with full: true or not at all."
            ),
        )


def _grid(grid: tuple[tuple[object, ...], ...], width: int, at: yaml12.Path) -> Iterable[Told]:
    """Each row fills the grid's columns, cells that reach down from above among them."""
    reach: dict[int, int] = {}  # column -> rows that a cell from above still takes
    for n, cells in enumerate(grid):
        taken = {column for column, left in reach.items() if left > 0}
        free = [column for column in range(width) if column not in taken]
        reach = {column: left - 1 for column, left in reach.items() if left > 1}
        used = 0
        for cell in cells:
            span, rows = getattr(cell, "span", 1), getattr(cell, "rows", 1)
            for column in free[used : used + span]:
                if rows > 1:
                    reach[column] = rows - 1
            used += span
        if used != len(free):
            yield (
                (*at, "grid", n),
                "columns",
                Text(
                    f"这一行有 {used} 格，应为 {len(free)} 格。",
                    f"this row has {used} cells and should have {len(free)}.",
                ),
            )
