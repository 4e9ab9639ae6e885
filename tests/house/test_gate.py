"""What decides about a change is itself held to the rule: a step that examined nothing has shown nothing."""

from __future__ import annotations

import sys

import pytest

from scripts.gate import FIRST, ROOT, STEPS, Step, run


def _step(program: str) -> Step:
    return Step("trial", (sys.executable, "-c", program), r"(\d+) passed")


@pytest.mark.parametrize(
    ("program", "passed"),
    [
        ("print('3 passed')", True),
        ("print('0 passed')", False),
        ("print('nothing to do')", False),
        ("print('3 passed'); raise SystemExit(1)", False),
    ],
)
def test_a_step_passes_only_when_it_examined_something(
    capsys: pytest.CaptureFixture[str], program: str, passed: bool
) -> None:
    assert run(_step(program)) is passed
    assert capsys.readouterr().out.startswith("ok   trial: 3 in" if passed else "FAIL trial: ")


def test_the_quick_loop_leaves_out_what_takes_long_and_nothing_else() -> None:
    always = [step for step in STEPS if step.when == "always"]
    assert always == list(STEPS[: len(always)])
    assert [step.when for step in STEPS[len(always) :]] == ["quick", "whole", "whole", "whole"]
    assert all((ROOT / folder).is_dir() for folder in FIRST)


def test_the_whole_runs_every_test_once_a_database_and_the_browsers_where_they_are() -> None:
    whole = {step.name: step.command for step in STEPS if step.when == "whole"}
    told = {name: [word for word in command if word.startswith("tests/")] for name, command in whole.items()}
    assert told == {"tests, SQLite": [], "tests, PostgreSQL": [], "tests, browser": ["tests/browser"]}
    marked = {path.parent.name for path in ROOT.glob("tests/*/test_*.py") if "mark.browser" in path.read_text()}
    assert marked - {"house"} == {"browser"}
