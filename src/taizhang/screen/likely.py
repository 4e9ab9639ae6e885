"""Whom rows that nobody was found for may mean, by a trained model: in three bands.

`near` says whom a number may have meant; a model looks at those and at whom its settings block together, leaves out who
is unlikely (*different*), orders the others for people (*person*), and takes one to be meant where it is sure enough
(*same*), unless the feed must never be taken so. Without a model nothing here decides anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from taizhang.screen import linkage, scoring, sounds
from taizhang.screen.engine import DuckEngine, Engine, carry, literal
from taizhang.screen.linkage import FeedFile, Model, Settings

_ROWS = "(SELECT row_number() OVER (ORDER BY number, name) AS id, number, name FROM (SELECT DISTINCT number, name FROM {rows}) WHERE number IS NOT NULL)"


@dataclass(frozen=True)
class Judge:
    """The settings of a library, what single feeds say, and a model that may decide."""

    settings: Settings
    feeds: Mapping[str, FeedFile] = field(default_factory=dict)
    model: Model | None = None

    def decide(self, engine: Engine, model: Model) -> None:
        """Let a model look at `lost` and `offered`: table `taken` (feed, line, number, person, score), and `offered` anew."""
        self._pair_up(engine)
        people = scoring.count(engine, self.settings, "known", "doubtful")
        self._choose(engine, model, "known", people)

    def _pair_up(self, engine: Engine) -> None:
        """Whom each doubtful row is compared with at all: tables `known`, `doubtful`, `near_pairs` and `pairs`."""
        features(engine, known="(SELECT person AS id, number, name FROM register WHERE once)", rows="lost")
        engine.run("""CREATE OR REPLACE TEMP TABLE near_pairs AS SELECT DISTINCT o.person AS id_l, d.id AS id_r, o.how
            FROM offered o JOIN lost l ON l.feed = o.feed AND l.line = o.line
            JOIN doubtful d ON d.number = l.number AND d.name IS NOT DISTINCT FROM l.name""")
        scoring.pair_up(engine, self.settings, "known", "doubtful", also="near_pairs")

    def _choose(self, engine: Engine, model: Model, known: str, people: int) -> None:
        """Compare the pairs and decide; `known` are those people of the register who stand in one, `people` how many there are."""
        scoring.score(engine, self.settings, model, known, "doubtful", people=people)
        scoring.choose(engine, self.settings)
        engine.run("""CREATE OR REPLACE TEMP TABLE likely AS SELECT l.feed, l.line, l.number, c.id_l AS person, coalesce(n.how, 'model') AS how,
                c.probability AS score, c.nth, c.same
            FROM lost l JOIN doubtful d ON d.number = l.number AND d.name IS NOT DISTINCT FROM l.name JOIN chosen c ON c.id_r = d.id
            LEFT JOIN near_pairs n ON n.id_l = c.id_l AND n.id_r = c.id_r""")
        own = " ".join(f"WHEN {literal(feed)} THEN {_allowed(one)}" for feed, one in self.feeds.items())
        allowed = f"CASE CAST(feed AS VARCHAR) {own} ELSE true END" if own else "true"
        engine.run(
            f"CREATE OR REPLACE TEMP TABLE taken AS SELECT feed, line, number, person, score FROM likely WHERE same AND {allowed}"
        )
        engine.run(f"""CREATE OR REPLACE TEMP TABLE offered AS SELECT feed, line, number, person, how, score FROM likely
            WHERE score >= {self.settings.person!r} AND nth <= {self.settings.at_most} AND (feed, line) NOT IN (SELECT (feed, line) FROM taken)""")


@dataclass(frozen=True, kw_only=True)
class Beside(Judge):
    """A judge for what a cluster linked, where there are no edit distances.

    The cluster says who is compared with whom, and how often a rare value is; the pairs, which are few, come to `own`, the driver's
    machine, are compared there, and what was decided goes back. `folder` is where both find tables.
    """

    own: DuckEngine
    folder: Path

    def decide(self, engine: Engine, model: Model) -> None:
        """The same, for what `engine` linked."""
        self._pair_up(engine)
        people = scoring.count(engine, self.settings, "known", "doubtful")
        engine.run("CREATE OR REPLACE TEMP TABLE paired AS SELECT * FROM known WHERE id IN (SELECT id_l FROM pairs)")
        often = (f"often_{column}" for column in scoring.rare(self.settings))
        for table in ("lost", "doubtful", "near_pairs", "pairs", "paired", *often):
            carry(table, engine, self.own, self.folder / f"{table}.parquet")
        self._choose(self.own, model, "paired", people)
        for table in ("taken", "offered"):
            carry(table, self.own, engine, self.folder / f"{table}.parquet")


def judge(library: Path, model: bytes | None = None) -> Judge:
    """How a library compares rows with people, with a kept model. Raises Refusal."""
    settings, feeds = linkage.for_feeds(library)
    return Judge(settings, feeds, None if model is None else linkage.model(model, settings))


def features(engine: Engine, *, known: str, rows: str) -> None:
    """Tables `known` and `doubtful`, with what settings compare.

    `known` is a relation (id, number, name) of the register, `rows` one (number, name) of what departments wrote.
    """
    sounds.load(engine)
    birth = "CASE WHEN regexp_matches(number, '^[0-9]{14}') THEN CAST(substr(number, 7, 8) AS INTEGER) END"
    for table, source in (("known", known), ("doubtful", _ROWS.format(rows=rows))):
        engine.run(f"""CREATE OR REPLACE TEMP TABLE {table} AS
            SELECT id, number, name, sound, surname, birth, birth // 10000 AS year, CASE WHEN strlen(number) >= 17 THEN right(number, 4) END AS tail
            FROM (SELECT *, {birth} AS birth FROM {sounds.sounding(engine, source)})""")


def _allowed(feed: FeedFile) -> str:
    if feed.never_same:
        return "false"
    return "true" if feed.same is None else f"score >= {feed.same!r}"


def reasons(engine: Engine, by: Judge, pairs: str) -> Iterator[tuple[str, str | None, str, list[dict[str, Any]]]]:
    """Of each pair of a relation (number, name, person) what its columns say: number, name, person, and one line per comparison."""
    features(
        engine,
        known=f"(SELECT person AS id, number, name FROM register WHERE once AND person IN (SELECT person FROM {pairs}))",
        rows=pairs,
    )
    engine.run(f"""CREATE OR REPLACE TEMP TABLE asked AS SELECT DISTINCT p.person AS id_l, d.id AS id_r FROM {pairs} p
        JOIN doubtful d ON d.number = p.number AND d.name IS NOT DISTINCT FROM p.name""")
    engine.run("CREATE OR REPLACE TEMP TABLE pairs AS SELECT id_l, id_r FROM asked")
    scoring.score(engine, by.settings, by.model, "known", "doubtful")
    cells = ", ".join(f"s.level_{name}, s.bits_{name}" for name in by.settings.comparisons)
    for number, name, person, *told in engine.rows(
        f"SELECT d.number, d.name, s.id_l, {cells} FROM scored s JOIN doubtful d ON d.id = s.id_r"
    ):
        answers = zip(by.settings.comparisons.values(), told[::2], told[1::2], strict=True)
        yield number, name, person, [_reason(comparison, level, bits) for comparison, level, bits in answers]


def _reason(comparison: linkage.Comparison, level: int, bits: float | None) -> dict[str, Any]:
    speaking = [one for one in comparison.levels if not one.nothing]
    silent = next((one for one in comparison.levels if one.nothing), speaking[-1])
    said = silent if level == linkage.NOTHING else speaking[level]
    return {
        "column": comparison.zh, "column_en": comparison.en, "answer": said.zh, "answer_en": said.en,
        "bits": None if bits is None else round(bits, 1),
    }  # fmt: skip
