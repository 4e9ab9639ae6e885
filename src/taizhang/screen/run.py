"""The whole way on plain files: registers and feeds in, alerts, links, rejects and a report out. Knows no site."""

from __future__ import annotations

import json
import resource
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text
from taizhang.screen import engine as engines
from taizhang.screen import evaluate, feeds, intake, link, rules, sheets
from taizhang.screen.engine import DuckEngine, Engine, Limits, closed_list, literal, parquet, word
from taizhang.screen.feeds import Feed
from taizhang.screen.intake import Intake
from taizhang.screen.link import Linked
from taizhang.screen.spelling import PLAIN

if TYPE_CHECKING:
    from taizhang.screen.likely import Judge

REGISTERS: Final = ("residents", "household_income", "areas")
_LOOKED_UP: Final = 250_000  # exceptions at a time
_FEEDS: Final = 57  # from which bit on a line that is also to tell its feed does so
Progress = Callable[[Text], None]


@dataclass
class Report:
    """What a run did, as `run.json` holds it."""

    date: str
    engine: str
    model: str = ""  # digest of the linkage model that looked at doubtful rows; empty: none did
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_mb: int = 0
    not_evaluated: list[dict[str, Any]] = field(default_factory=list)
    inputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    hits: dict[str, int] = field(default_factory=dict)
    phases: dict[str, dict[str, float]] = field(default_factory=dict)  # intake, link, rules: seconds and cpu_seconds
    since: dict[str, Any] = field(
        default_factory=dict
    )  # of a run that went on from another: which, rows changed, households touched

    def json(self) -> dict[str, Any]:
        """The report as one JSON object."""
        return dict(vars(self))


class Meter:
    """Wall and CPU seconds of a run and of its phases, children counted."""

    def __init__(self) -> None:
        self.started = self._now()
        self.phases: dict[str, dict[str, float]] = {}

    @staticmethod
    def _now() -> tuple[float, float]:
        own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
        return time.monotonic(), own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        before = self._now()
        yield
        after = self._now()
        known = self.phases.setdefault(name, {"seconds": 0.0, "cpu_seconds": 0.0})
        known["seconds"] = round(known["seconds"] + after[0] - before[0], 3)
        known["cpu_seconds"] = round(known["cpu_seconds"] + after[1] - before[1], 3)

    def finish(self, report: Report) -> None:
        wall, cpu = self._now()
        report.seconds, report.cpu_seconds = round(wall - self.started[0], 3), round(cpu, 3)
        peaks = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        report.peak_mb = round(max(peaks) / 1024)
        report.phases = self.phases


@dataclass
class Reading:
    """How far reading is, by bytes, and how long it will still take at the pace so far."""

    total: int
    done: int = 0
    began: float = field(default_factory=time.monotonic)

    def of(self, feed: Feed) -> Text:
        """What is said when a feed begins: nothing is foretold before a twentieth is read."""
        said = Text(f"读取{feed.zh}", f"Reading {feed.en}")
        if self.done * 20 < self.total or self.total == 0:
            return said
        left = round((time.monotonic() - self.began) / self.done * (self.total - self.done))
        share = self.done * 100 // self.total
        return Text(
            f"{said.zh}（已读 {share}%，读完约需 {left} 秒）",
            f"{said.en} ({share}% read, about {left} s to the end of reading)",
        )


@dataclass
class Prepared:
    """Stage one done: what was read, and the linked files that stage two works on."""

    engine: DuckEngine  # which read the files
    machine: Engine  # which linked them: the same, or a cluster
    feeds: Mapping[str, Feed]
    rulebook: rules.Rulebook
    intakes: dict[str, Intake]
    linked: Linked  # as `machine` reads it
    scratch: Path  # a folder that both reach

    def here(self) -> Linked:
        """What was linked as `engine` reads it."""
        if self.machine is self.engine:
            return self.linked
        return link.lay_out(self.machine, self.linked, self.feeds, self.scratch)


def screen_files(registers: Path, feeds_folder: Path, day: date, out: Path, policies: Path | None = None, engine: str = "duckdb",
                 progress: Progress | None = None, *, library: Path, limits: Limits | None = None,
                 mappings: Mapping[str, Mapping[str, str]] | None = None, keep: bool = False, model: bytes | None = None,
                 state: bool = False) -> Report:  # fmt: skip
    """Screen plain files; write alerts.parquet, links.parquet, rejects.parquet and run.json to `out`; give the report.

    `mappings` are saved column mappings by feed, {their header: our column}; `keep` leaves in `out/kept` what other numbers
    can be tried on; `state` leaves in `out/state` what the next run can go on from (`since`); `model` is a trained linkage
    model, which may say of doubtful rows whom they mean. Raises Refusal when a file cannot be read.
    """
    meter = Meter()
    by: Judge | None = _module("likely").judge(library, model) if model is not None else None
    out.mkdir(parents=True, exist_ok=True)
    with prepared(registers, feeds_folder, out, policies=policies, engine=engine, library=library, day=day, limits=limits,
                  mappings=mappings, progress=progress, meter=meter, by=by) as ready:  # fmt: skip
        with meter.phase("rules"):
            say(progress, Text("计算信号和规则", "Signals and rules"))
            for table in ("lost", *(() if state else ("candidates",))):  # rules want the memory
                ready.machine.run(f"DROP TABLE {table}")
            found = evaluate.evaluate(ready.machine, ready.linked, ready.feeds, ready.rulebook, day, out)
        with meter.phase("outputs"):
            write_links(ready.machine, ready.intakes.values(), out / "links.parquet")
            _rejects(ready, out / "rejects.parquet")
        if state:
            _leave_state(ready, out, day, mappings or {}, engine)
        if keep:
            with meter.phase("keep"):
                say(progress, Text("留存信号", "Keeping signals"))
                kept = _module("kept")
                kept.keep(ready.engine, ready.here(), ready.feeds, ready.rulebook, day, kept.cleared(out / "kept"))
        report = Report(day.isoformat(), ready.machine.name)
        report.model = by.model.digest if by is not None and by.model is not None else ""
        report.hits = dict(sorted(found.hits.items()))
        report.not_evaluated = [one.json() for one in sorted(found.not_evaluated, key=lambda one: one.rule)]
        report.inputs = {name: input_of(read) for name, read in ready.intakes.items() if read.files}
    meter.finish(report)
    (out / "run.json").write_text(json.dumps(report.json(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return report


def _module(name: str) -> ModuleType:
    """A part of the screening that few runs need, loaded by those alone."""
    return import_module(f"taizhang.screen.{name}")


@contextmanager
def prepared(registers: Path, feeds_folder: Path, out: Path, *, library: Path, day: date, policies: Path | None = None,
             engine: str = "duckdb", limits: Limits | None = None, mappings: Mapping[str, Mapping[str, str]] | None = None,
             progress: Progress | None = None, meter: Meter | None = None, by: Judge | None = None) -> Iterator[Prepared]:  # fmt: skip
    """Stage one on plain files, in a scratch folder beside `out` that is gone afterwards."""
    meter = meter or Meter()
    refuse_no_folder(registers, feeds_folder)
    with meter.phase("intake"):  # what files look like is only asked to read them
        declared = feeds.read_all(library)
    rulebook = rules.read(library, declared, policies)
    engines.refuse_unknown(engine)
    with tempfile.TemporaryDirectory(prefix=".screen-", dir=out, ignore_cleanup_errors=True) as made:
        scratch = Path(made)
        reader = engines.open_engine("duckdb", [registers, feeds_folder, library, out], scratch=scratch, limits=limits)
        machine: Engine = reader
        try:
            reader.lock()
            if engines.is_cluster(engine):
                scratch.chmod(out.stat().st_mode & 0o777)  # whoever the server runs as
                machine = engines.open_cluster(engine, scratch / "tables")
            with meter.phase("intake"):
                read = _intake(
                    reader,
                    declared,
                    registers,
                    feeds_folder,
                    scratch / "read",
                    rulebook,
                    day,
                    library,
                    mappings or {},
                    progress,
                    machine,
                )
            with meter.phase("link"):
                say(progress, Text("对人", "Linking"))
                linked = _link(machine, reader, read, day, by, scratch)
            yield Prepared(reader, machine, declared, rulebook, read, linked, scratch)
        finally:
            if machine is not reader:
                machine.close()
            reader.close()


def refuse_no_folder(*folders: Path) -> None:
    """Raise Refusal("no_folder") where one is missing."""
    for folder in folders:
        if not folder.is_dir():
            raise Refusal("no_folder", Text(f"没有文件夹 {folder.name}。", f"There is no folder {folder.name}."))


def no_residents() -> Refusal:
    """What is said where nobody handed the register over."""
    return Refusal(
        "no_residents",
        Text("登记册文件夹里没有 residents 文件。", "The folder of registers holds no file of residents."),
        Text(
            "请放入 residents.csv、residents.xlsx 或 residents.parquet。",
            "Put residents.csv, residents.xlsx or residents.parquet there.",
        ),
    )


def ceiling(rulebook: rules.Rulebook, day: date) -> int:
    """Above which amount of fen a row is taken for a slip of the pen."""
    stated = rulebook.values("", day).get("amount_ceiling")
    return stated if isinstance(stated, int) else intake.CEILING


def _leave_state(ready: Prepared, out: Path, day: date, mappings: Mapping[str, Mapping[str, str]], engine: str) -> None:
    if engines.is_cluster(engine):
        raise Refusal(
            "state_of_a_cluster",
            Text("--state 只用于 duckdb。", "--state goes with duckdb alone."),
            Text("请去掉 --engine。", "Leave --engine out."),
        )
    states = _module("state")
    law = states.law(ready.feeds, ready.rulebook, mappings, ceiling(ready.rulebook, day))
    states.keep(ready.engine, ready.intakes, out, day, law=law, numbers=states.numbers(ready.rulebook, day))


def _intake(machine: DuckEngine, declared: Mapping[str, Feed], registers: Path, feeds_folder: Path, scratch: Path,
            rulebook: rules.Rulebook, day: date, library: Path, mappings: Mapping[str, Mapping[str, str]],
            progress: Progress | None, across: Engine) -> dict[str, Intake]:  # fmt: skip
    found: dict[str, Intake] = {}
    sent = {name: sheets.files_of(registers if name in REGISTERS else feeds_folder, name) for name in declared}
    reading = Reading(sum(path.stat().st_size for files in sent.values() for path in files))
    for name, feed in declared.items():
        files = sent[name]
        if name == "residents" and not files:
            raise no_residents()
        if name == "areas" and not files:
            # without an own area register the area tree of the library counts; it is no input of the run
            tree = sorted(library.glob("areas-*.csv"))
            if tree:
                read = intake.read(machine, feed, tree, scratch, across=across)
                found[name] = replace(read, files=())
            continue
        if files:
            say(progress, reading.of(feed))
            found[name] = intake.read(
                machine, feed, files, scratch, mapping=mappings.get(name), ceiling=ceiling(rulebook, day), across=across
            )
            reading.done += sum(path.stat().st_size for path in files)
    return found


def _link(
    machine: Engine, reader: DuckEngine, read: Mapping[str, Intake], day: date, by: Judge | None, scratch: Path
) -> Linked:
    """Link on `machine`. What it is to read lies in the files of intake, of which it takes the columns that it compares."""
    link.load_register(machine, read["residents"])
    if by is not None and by.model is not None and machine is not reader:
        by = _module("likely").Beside(by.settings, by.feeds, by.model, own=reader, folder=scratch)
    return link.within(machine, list(read.values()), day=day, by=by)


def write_links(
    engine: Engine, intakes: Iterable[Intake], target: Path, *, exceptions: str = "exceptions", offered: str = "offered"
) -> None:
    """One row per accepted keyed row; for a row left to a person, one per candidate.

    `exceptions` and `offered` are the relations of those tables as far as they concern the rows given.
    """
    keyed = [one for one in intakes if one.feed.is_linked and one.feed.of_type("number", "card")]
    feed_names, files = [one.feed.feed for one in keyed], [one.name for read in keyed for one in read.files]
    feed, how, band = (
        closed_list(["", *feed_names]),
        closed_list(link.SCORES),
        closed_list(("same", "person", "different")),
    )
    places = [f"WHEN {literal(one.feed.feed)} THEN {at << _FEEDS}" for at, one in enumerate(keyed)]
    # almost every row is of the resident with its number: only what is otherwise is looked up beside it
    engine.run(f"""CREATE OR REPLACE TEMP TABLE otherwise AS
        SELECT CAST(feed AS {feed}) AS feed, line, line + CASE feed {" ".join(places) or "WHEN '' THEN 0"} END AS place,
               resident, CAST(how AS {how}) AS how, score, CAST(band AS {band}) AS band, differs
        FROM (SELECT x.feed, x.line, CASE WHEN x.found THEN coalesce(x.odd, text_of(x.who))
                                          WHEN coalesce(t.person, o.person) >= {PLAIN} THEN text_of(coalesce(t.person, o.person))
                                          ELSE coalesce(r.number, '') END AS resident,
                     CASE WHEN x.found THEN 'number' WHEN t.line IS NOT NULL THEN 'model' ELSE coalesce(o.how, 'none') END AS how,
                     CASE WHEN x.found THEN CAST(1 AS DOUBLE) ELSE coalesce(t.score, o.score, CAST(0 AS DOUBLE)) END AS score,
                     CASE WHEN x.found OR t.line IS NOT NULL THEN 'same' WHEN o.line IS NULL THEN 'different' ELSE 'person' END AS band, x.differs
              FROM {exceptions} x LEFT JOIN taken t ON t.feed = x.feed AND t.line = x.line LEFT JOIN {offered} o ON o.feed = x.feed AND o.line = x.line
                   LEFT JOIN (SELECT person, number FROM register
                              WHERE once AND person < {PLAIN} AND (person IN (SELECT person FROM {offered}) OR person IN (SELECT person FROM taken))) r
                   ON r.person = coalesce(t.person, o.person))""")
    found = []
    for low, high in pairwise((0, *_cuts(engine), len(keyed) << _FEEDS)):
        rows = []
        for at, read in enumerate(keyed):
            first, end = low - (at << _FEEDS), high - (at << _FEEDS)
            if first < 1 << _FEEDS and end > 0:
                number, inside = read.feed.of_type("number", "card") or "", f"line >= {first} AND line < {end}"
                rows.append(f"""SELECT {word(read.feed.feed, ["", *feed_names])} AS feed, {_file(read, files)} AS file, row,
                    {number} AS resident, line + {at << _FEEDS} AS place FROM {read.accepted_sql("row", "line", number)} WHERE {inside}""")
        found.append(f"""SELECT feed, file, row, resident, CAST('number' AS {how}), CAST(1 AS DOUBLE), CAST('same' AS {band}), false
            FROM ({" UNION ALL ".join(rows)}) f
            ANTI JOIN (SELECT place FROM otherwise WHERE place >= {low} AND place < {high}) o ON o.place = f.place""")
    names = [f"WHEN {literal(read.feed.feed)} THEN {_file(read, files)}" for read in keyed] or ["WHEN '' THEN ''"]
    others = f"""SELECT feed, CASE feed {" ".join(names)} END AS file, CAST(line & {intake.ROWS} AS INTEGER) AS row, resident, how, score, band, differs
        FROM otherwise"""
    engine.run(f"""COPY ({" UNION ALL ".join([others, *(found if keyed else [])])}) TO {literal(target.absolute())}
        (FORMAT parquet, COMPRESSION uncompressed, PARQUET_VERSION v2, DICTIONARY_SIZE_LIMIT 8, PRESERVE_ORDER false)""")


def _cuts(engine: Engine) -> list[int]:
    """Where rows are cut so that the exceptions among each part stay in the cache of a processor while they are looked up."""
    (count,) = engine.rows("SELECT count(*) FROM otherwise")[0]
    parts = count // _LOOKED_UP if engine.name == "duckdb" else 1  # elsewhere the engine parts rows by itself
    if parts < 2:
        return []
    shares = ", ".join(str(at / parts) for at in range(1, parts))
    cuts: list[int] = engine.rows(f"SELECT quantile_disc(place, [{shares}]) FROM otherwise")[0][0]
    return cuts


def _file(read: Intake, every: Iterable[str]) -> str:
    """The name of the file in which a line stands, which the line itself tells."""
    names = [word(one.name, every) for one in read.files]
    return names[0] if len(names) == 1 else f"[{', '.join(names)}][(line >> {intake.FILES}) + 1]"


def _rejects(ready: Prepared, target: Path) -> None:
    paths = [one.rejects for one in ready.intakes.values() if one.files]
    ready.engine.run(
        f"COPY (SELECT * EXCLUDE (line) FROM {parquet(paths)}) TO {literal(target.absolute())} (FORMAT parquet)"
    )


def input_of(read: Intake) -> dict[str, Any]:
    """What a report says of one feed: its files, and rows received, accepted and rejected."""
    return {
        "files": [{"name": one.name, "sha256": one.sha256} for one in read.files],
        "received": read.received,
        "accepted": read.accepted,
        "rejected": read.rejected,
    }


def say(progress: Progress | None, text: Text) -> None:
    """Tell whoever waits what is being done."""
    if progress is not None:
        progress(text)
