"""What decides about a change is itself held to the rule: a step that examined nothing has shown nothing."""

from __future__ import annotations

import sys

import pytest

from scripts.gate import FIRST, ROOT, STEPS, Step, others, run


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


def test_the_quick_loop_is_the_first_part_of_the_whole() -> None:
    assert [step.quick for step in STEPS] == sorted((step.quick for step in STEPS), reverse=True)


def test_every_folder_of_tests_is_run() -> None:
    folders = {f"tests/{path.parent.name}" for path in ROOT.glob("tests/*/test_*.py")}
    assert folders == {*FIRST, *others()}
