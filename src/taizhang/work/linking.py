"""How a site compares doubtful rows with people: the settings of its library, the model that it adopted, and what goes to the desk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from django.conf import settings

from taizhang.core import access
from taizhang.core.clock import Clock
from taizhang.core.moves import links
from taizhang.core.queries import runs
from taizhang.kit.refusal import Refusal
from taizhang.screen import likely
from taizhang.screen.engine import DuckEngine, literal, parquet
from taizhang.screen.intake import Intake
from taizhang.screen.likely import Judge
from taizhang.screen.link import SCORES
from taizhang.work.register import Register


def adopt(actor: access.Actor, model: bytes | None, *, clock: Clock) -> str:
    """Use a model from now on (None: none): an entry. Its digest, empty for none.

    Raises Refusal where it is no model or was trained for other settings, and `not_allowed`.
    """
    made = likely.judge(Path(settings.LIBRARY), model).model
    digest = made.digest if made else ""
    links.adopt(actor, model.decode() if model is not None else "", digest, clock=clock)
    return digest


def judge() -> Judge:
    """The settings of the library with the model in force; without it where the library compares otherwise since."""
    text = runs.linkage_model()
    try:
        return likely.judge(Path(settings.LIBRARY), text.encode() if text else None)
    except Refusal as refusal:
        if refusal.code != "model_of_other_settings":
            raise
        return likely.judge(Path(settings.LIBRARY))


def offers(
    machine: DuckEngine, read: Intake, rows: Sequence[Path], offered: Sequence[Path], people: Register, by: Judge
) -> list[links.Offer]:
    """What goes to the link desk: candidates of rows nobody was found for, equal numbers under another name, and whom a
    model took rows to mean; each with what its columns say. Reads the tables `row_keyed` and `taken` of the machine."""
    said = "SELECT person, how, differs, line, file, row"
    parts = [f"{said}, score, false AS sure FROM {parquet(offered)}"] if offered else []
    parts.append(f"{said}, {SCORES['number']} AS score, false AS sure FROM {parquet(rows)} WHERE differs")
    parts.append(f"""SELECT r.person, r.how, r.differs, r.line, r.file, r.row, t.score, true FROM {parquet(rows)} r
        JOIN taken t ON t.line = r.line AND t.feed = {literal(read.feed.feed)} WHERE r.how = 'model'""")  # noqa: S608
    machine.run(f"""CREATE OR REPLACE TEMP TABLE for_desk AS
        SELECT k.row_key, o.person, o.how, bool_or(o.differs) AS differs, count(DISTINCT o.line) AS rows,
               arg_min(o.file, o.line) AS file, arg_min(o.row, o.line) AS row, arg_min(k.number, o.line) AS number,
               arg_min(k.name, o.line) AS name, max(o.score) AS score, bool_or(o.sure) AS sure
        FROM ({" UNION ALL ".join(parts)}) o JOIN row_keyed k ON k.line = o.line GROUP BY k.row_key, o.person, o.how""")  # noqa: S608
    why = {(number, name, person): told for number, name, person, told in likely.reasons(machine, by, "for_desk")}
    found = machine.rows(
        "SELECT row_key, person, how, differs, rows, file, row, number, name, score, sure FROM for_desk ORDER BY file, row"
    )
    return [
        links.Offer(
            key, people.residents[person], file, row, rows_, how, score, differs, {"number": number or "", "name": name or ""}, sure,
            why.get((number, name, person), []),
        )
        for key, person, how, differs, rows_, file, row, number, name, score, sure in found
    ]  # fmt: skip
