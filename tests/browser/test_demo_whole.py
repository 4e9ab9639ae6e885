"""The demo district as it was built: its figures, its chain, its stages and lights, and the first page of everybody."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from taizhang.demo.build import LEDGERS
from taizhang.demo.posts import LOGINS
from tests.browser.people import environment

if TYPE_CHECKING:
    from tests.browser.people import Visitor

pytestmark = pytest.mark.browser

# a household whose head is gone is asked about at once: nobody stands there on the last morning
EMPTY = {"register": ["headless"]}
READERS = ("shenji", "xitong", "anquan")  # who owe nothing
ROOT = Path(__file__).resolve().parents[2]
# Another process looks at the built database, so that the one of the tests is left alone.
LOOK = """
from taizhang.cli.frame import load_site, print_json
load_site()
from django.db.models import Q
from taizhang.core import access, clock, editions
from taizhang.core.models import Alert, Run
from taizhang.core.queries import case, counts
from taizhang.work import desk
now, cases = clock.of_district().now(), counts.cases(access.SYSTEM, clock.of_district().now())
lit = Q(yellow_at__lte=now) | Q(red_at__lte=now)
rows = access.cases_for(access.SYSTEM).filter(lit, closed=None).values_list("pk", flat=True)
pages = [case.page(access.SYSTEM, pk, now) for pk in rows]
day = Run.objects.latest("started").day
homes = dict.fromkeys(Alert.objects.exclude(household=None).order_by("digest").values_list("household_id", flat=True))
hits = []
for home in homes:  # an alert of an earlier day may hold no longer
    hits += [one for one in desk.explain(access.SYSTEM, home, day).answers if one.hit]
    if len(hits) >= 3:
        break
print_json({
    "hits": [[one.rule, len(one.rows), all(total.equal for total in one.sums)] for one in hits],
    "stages": {name: sorted(set(law.stages) - set(cases.get(name, {}))) for name, law in editions.current_all().items()},
    "lit": len(pages),
    "unexplained": [
        page.number for page in pages if page.light == "green" or not all(
            one.why.counted_from.zh and one.why.limit.zh and one.why.turns.zh and one.why.whose.zh and one.why.rule.zh
            for one in page.clocks)],
})
"""
# The scores of the demo's year by a plain program that reads raw entries: as of the last morning, and when the year is over.
SCORES = """
from taizhang.cli.frame import load_site, print_json
load_site()
import json
from datetime import datetime
from taizhang.core import clock
from taizhang.core.models import Entry, Organisation
from taizhang.core.queries import scores
from tests import plain_scores
from tests.core.test_scores import table, told
rows = list(Organisation.objects.select_related("area"))
names = {str(row.pk): row.code for row in rows} | {row.code: row.code for row in rows}
entries = Entry.objects.filter(case__ledger__in=("duties", "rectification", "letters")).order_by("seq")
read = [json.loads(body) for body in entries.values_list("body", flat=True)]
days, items, by = plain_scores.calendar(table("calendar.csv")), table("catalogues/duty_items.csv"), scores.rules("duty_year")
units = {unit.code: unit for unit in scores.owing(by, 2021)}
known = {row.code: (row.kind, row.area.level) for row in rows if row.code in units}
wrong, losses, recorded = [], 0, 0
for until in (clock.of_district().now(), datetime(2022, 1, 25, 9, tzinfo=plain_scores.SHANGHAI)):
    plain = plain_scores.scores(read, known, items, days, 2021, until, names)
    for code, unit in units.items():
        score = scores.judge(by, unit, 2021, until)
        losses += len(score.losses)
        recorded += sum(bool(loss.record.number) for loss in score.losses)
        if (score.cents, sorted(told(score))) != (plain[code][0], sorted(plain[code][1])):
            wrong.append([code, until.isoformat(), score.cents, plain[code][0]])
print_json({"organisations": len(units), "losses": losses, "recorded": recorded, "wrong": wrong})
"""


def told(data: Path, *command: str) -> Any:
    """What another process says about the data, as JSON."""
    done = subprocess.run(
        [sys.executable, "-c", *command], env=environment(data), cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def taizhang(data: Path, *words: str) -> Any:
    return told(data, "from taizhang.cli import main; main()", *words, "--json")


def test_every_printed_figure_is_counted_from_records_and_equal(demo_built: Path) -> None:
    figures = taizhang(demo_built, "figures")["figures"]
    wrong = [one["id"] for one in figures
             if one["value"] != one["wanted"] and not (one["least"] and one["value"] > one["wanted"])]  # fmt: skip
    assert len(figures) >= 30
    assert wrong == []
    assert [one["id"] for one in figures if one["records"] == 0] == []


def test_the_scores_of_the_year_are_those_of_a_plain_program_to_the_cent_each_loss_with_its_record(
    demo_built: Path,
) -> None:
    found = told(demo_built, SCORES)
    assert found["organisations"] == 198
    assert found["wrong"] == []
    assert found["recorded"] > 300
    assert found["losses"] > 3_000


def test_the_chain_is_whole(demo_built: Path) -> None:
    found = taizhang(demo_built, "verify")
    assert found["ok"] is True
    assert found["entries"] > 7_000


def test_somebody_stands_at_every_stage_of_the_ledgers_lived_and_no_light_is_unexplained(demo_built: Path) -> None:
    found = told(demo_built, LOOK)
    assert {name: found["stages"][name] for name in LEDGERS} == {name: EMPTY.get(name, []) for name in LEDGERS}
    assert found["lit"] >= 30
    assert found["unexplained"] == []
    # every figure that an alert tells of a household comes from rows that are named, and is their sum where it is one
    assert len(found["hits"]) >= 3
    assert [
        rule for rule, rows, equal in found["hits"] if not equal or not (rows or rule == "R03")
    ] == []  # R03: what is lacking


@pytest.mark.parametrize("username", [login for login, _ in LOGINS.values()])
def test_whoever_may_log_in_finds_a_first_page_without_a_fault(visit: Callable[..., Visitor], username: str) -> None:
    page = visit(username).page
    assert page.locator("h1").count() == 1
    owes = page.locator(".owed > li").count()
    assert (owes > 0) is (username not in READERS)


def test_the_discipline_office_finds_what_was_sent_again_and_judges_it_on_one_page(
    visit: Callable[..., Visitor],
) -> None:
    office = visit("jiwei1")
    office.go("/duties/duties/review/")
    sent = office.page.locator("form#act section.card")
    assert sent.count() == 3
    assert ["虚构单位" in text for text in sent.locator(".card-head .hint").all_inner_texts()] == [True] * 3
    assert sent.locator(".cols-two > div:first-child > .hint").all_inner_texts() == [
        "12月10日报送",
        "12月13日报送",
        "12月13日报送",
    ]
