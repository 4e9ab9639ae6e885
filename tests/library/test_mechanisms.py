"""The ledgers of the other mechanisms: their stories, their length, and what a correction counts."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from taizhang.kit.days import SHANGHAI
from taizhang.ledger import check, loop, stories
from taizhang.ledger import library as libraries
from taizhang.ledger import shelf as shelves
from taizhang.ledger.schema import Story
from taizhang.ledger.state import Actor, Done, Moment

LIBRARY = Path(__file__).resolve().parents[2] / "library"
SHELF = shelves.load(LIBRARY / "ledgers", library=libraries.read(LIBRARY))
LEDGERS = (
    "activities", "branch_duties", "civil_requests", "contact_points", "employment_reports", "enterprise_helpers",
    "enterprise_requests", "environment_service", "exchange", "food_checks", "food_lessons", "hazards", "inspection_plans",
    "inspections", "investment_projects", "online_classes", "projects",
    "recognitions", "relic_checks", "volunteering",
)  # fmt: skip


@pytest.mark.parametrize("name", LEDGERS)
def test_every_story_goes_as_told_and_tells_a_refusal_and_a_red_light(name: str) -> None:
    results = stories.run(SHELF[name], SHELF.library)
    assert [result.text for result in results if not result.ok] == []
    told = SHELF[name].stories
    assert any(step.refused for story in told for step in story.do)
    assert any("red" in (story.ends.light, *(step.light for step in story.do)) for story in told)


@pytest.mark.parametrize("name", LEDGERS)
def test_every_act_is_done_in_some_story(name: str) -> None:
    law = SHELF[name]
    done = {act for number in range(len(law.stories)) for act in stories.tell(law, SHELF.library, number).acts}
    assert sorted(set(law.acts) - done) == []


def test_no_photo_is_ever_compulsory() -> None:
    forced = [
        (name, act) for name in LEDGERS for act, declared in SHELF[name].acts.items() if declared.evidence.get("photo")
    ]
    assert forced == []


def test_half_of_all_ledgers_are_at_most_sixty_lines_long_and_none_calls_a_hook() -> None:
    found = check.check_paths(sorted((LIBRARY / "ledgers").glob("*.yaml")), SHELF.library).json()["ledgers"]
    assert median(one["lines"] for one in found) <= 60
    assert [one["name"] for one in found if one["hooks"]] == []
    assert len(found) >= 24


# --- employment: what was reported wrongly is corrected by an entry, and both are counted ----------------------------


def month(law: Any, state: Any, act: str, on: str, given: dict[str, Any]) -> Done:
    """One act of the town on its year of reports."""
    world = stories.StoryWorld(SHELF.library, Story.model_validate({"tells": "更正", "do": []}))
    hand = Actor("王静", "王静", None, frozenset({"reviewer@town"}), "王静")
    moment = Moment(datetime.fromisoformat(on).replace(tzinfo=SHANGHAI), None)
    return loop.act(law, state, act, hand, given, {}, moment, world)


def test_a_correction_adds_what_was_missing_and_takes_what_was_too_much() -> None:
    law = SHELF["employment_reports"]
    world = stories.StoryWorld(SHELF.library, Story.model_validate({"tells": "更正", "do": []}))
    bureau = Actor("任工", "任工", "human_resources", frozenset({"department@district"}), "任工")
    begun = Moment(datetime(2021, 1, 4, 9, tzinfo=SHANGHAI), None)
    state = loop.open_case(law, "begin", bureau, {"id": "S1"}, "410503100", {"year": 2021}, {}, begun, world).state
    first = month(
        law, state, "report", "2021-01-29 09:00", {"month": "2021-01-29", "new_jobs": 92, "reemployed": 35, "hard": 8}
    )
    slip = {"month": "2021-01-29", "new_jobs": 3, "reemployed": 0, "hard": -1, "reason": "一人重复计入"}
    second = month(law, first.state, "correct", "2021-02-01 09:00", slip)
    counted: dict[str, int] = {}
    for fact in (*first.facts, *second.facts):
        counted[fact.indicator] = counted.get(fact.indicator, 0) + fact.value
    assert counted == {"new_jobs": 95, "reemployed": 35, "hard": 7}
