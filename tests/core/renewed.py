"""Newer editions of the tests' ledger `wells`, made of its file word by word, and the district's cases under them."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from taizhang.core import editions
from taizhang.core.moves import upgrades
from taizhang.ledger import shelf as shelves
from taizhang.ledger.shelf import Shelf
from tests.conftest import FixedClock
from tests.core import county as counties

Words = Sequence[tuple[str, str]]

# Version 2: a stage, an act and two fields have other names, a reminder is let go, looking has five days instead of three,
# and who has looked must put the notice up within four days.
SECOND: Final[Words] = (
    ("version: 1", "version: 2"),
    ("  seen:    {zh: 已核查, en: Seen}", "  checked: {zh: 已查看, en: Checked}"),
    ("to: seen, by: cadre", "to: checked, by: cadre"),
    ("from: seen", "from: checked"),
    ("[seen, posted]", "[checked, posted]"),
    ("[asked, seen]", "[asked, checked]"),
    ("  again:   {zh: 再次提醒, en: Remind, from: [asked, seen, posted, held, watched], by: [screen, cadre@village], asks: note}\n", ""),
    ("  look:    {zh: 核查, en: Look, from: asked", "  inspect: {zh: 实地查看, en: Inspect, from: asked"),
    ("on: look, sum", "on: inspect, sum"),
    ("act: look,", "act: inspect,"),
    ("  depth:   {zh: 井深, en: Depth,", "  metres:  {zh: 井的深度, en: Depth of the well,"),
    ("[depth, cost, second]", "[metres, cost, second]"),
    ("[subject, depth]", "[subject, metres]"),
    ("{depth: 30,", "{metres: 30,"),
    ("  reason:  {zh: 理由, en: Reason, type: text}", "  ground:  {zh: 依据, en: Ground, type: text}"),
    ("asks: reason", "asks: ground"),
    ("limit: 3 days, during: asked", "limit: 5 days, during: asked"),
    ("  recheck: {zh: 复核", "  paper:   {zh: 张贴公示, en: Put the notice up, limit: 4 days,"
     " during: checked, yellow: 1, owes: cadre@village}\n"
     "  recheck: {zh: 复核"),
    ("\nrules:", "\nupgrade:\n  - {since: 2, stages: {seen: checked}, acts: {look: inspect, again: null}, "
     "fields: {depth: metres, reason: ground}, open_cases: move}\n\nrules:"),
)  # fmt: skip
# Version 3 on top of it: the stage has its third name, the bank account is let go, and one more figure stands.
THIRD: Final[Words] = (
    ("version: 2", "version: 3"),
    ("  checked: {zh: 已查看, en: Checked}", "  viewed:  {zh: 看过, en: Viewed}"),
    ("to: checked, by: cadre", "to: viewed, by: cadre"),
    ("from: checked", "from: viewed"),
    ("[checked, posted]", "[viewed, posted]"),
    ("[asked, checked]", "[asked, viewed]"),
    ("during: checked", "during: viewed"),
    ("  bank:    {zh: 银行账号, en: Bank account, type: text, sensitive: mask}\n", ""),
    (", may: bank", ""),
    ("\nstories:", '  viewed:  {zh: 看过的, en: Viewed, on: standing, where: "stage == \'viewed\'"}\n\nstories:'),
    ("open_cases: move}\n", "open_cases: move}\n  - {since: 3, stages: {checked: viewed}, fields: {bank: null}, open_cases: move}\n"),
)  # fmt: skip


def text(*editions_of: Words) -> str:
    """The ledger's text after the words of each newer edition were put in, every one of them where it stood."""
    found = (counties.LEDGERS / "wells.yaml").read_text(encoding="utf-8")
    for words in editions_of:
        for old, new in words:
            assert old in found, old
            found = found.replace(old, new)
    return found


def shelf(folder: Path, written: str) -> Shelf:
    """The test's ledgers with another text of `wells`, checked."""
    shutil.copytree(counties.LEDGERS, folder, dirs_exist_ok=True)
    (folder / "wells.yaml").write_text(written, encoding="utf-8")
    return shelves.load(folder, library=editions.library())


def renew(clock: FixedClock, folder: Path, *words: Words) -> int:
    """Install the ledgers with newer editions of `wells` and bring the open cases along; how many were moved."""
    plans = upgrades.plan(clock.now(), shelf(folder, text(*words)))
    upgrades.refuse_hindered(plans)
    editions.install(clock=clock, folder=folder)
    return upgrades.move(plans, clock=clock)
