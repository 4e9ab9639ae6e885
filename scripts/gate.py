"""What decides about a change, fastest first: `make test` runs all of it, `make check` (`--quick`) the first part.

Each step says how many things it examined. A step that examined nothing has shown nothing, and fails.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROGRAMS = Path(sys.executable).parent
PYTHON = sys.executable
WORKERS = str(min(os.cpu_count() or 1, 8))

# Counted from inside the process that checks, because Django's own last line has no number of what it looked at.
DEPLOY = """
import django; django.setup()
from django.core.checks.registry import registry
from django.core.management import call_command
call_command("check", deploy=True, fail_level="WARNING")
print(len(registry.get_checks(include_deployment_checks=True)), "system checks ran")
"""
MIGRATIONS = """
import django; django.setup()
from django.apps import apps
from django.core.management import call_command
call_command("makemigrations", check_changes=True, dry_run=True)
print(len(list(apps.get_app_config("core").get_models())), "models have their migrations")
"""


@dataclass(frozen=True)
class Step:
    """One check: its name, its command, and the expression that finds how many things it examined."""

    name: str
    command: tuple[str, ...]
    counted: str
    quick: bool = True


# The law and the spine, where most changes show first; what they carry (screening, papers, commands, pages) takes longer.
FIRST = ("tests/kit", "tests/ledger", "tests/library", "tests/core", "tests/house")


def _tests(database: str, marks: str, *where: str) -> tuple[str, ...]:
    return (PYTHON, "-m", "pytest", "-q", "--db", database, "-m", marks, "-n", WORKERS, "--maxprocesses", "4", *where)


def others() -> tuple[str, ...]:
    """The folders of tests that are not among the first."""
    found = sorted(f"tests/{path.name}" for path in (ROOT / "tests").iterdir() if (path / "__init__.py").is_file())
    return tuple(folder for folder in found if folder not in FIRST)


STEPS = (
    Step("format", (f"{PROGRAMS}/ruff", "format", "--check", "."), r"(\d+) files? already formatted"),
    Step("rules of writing", (PYTHON, "scripts/gate.py", "--lint"), r"(\d+) files linted"),
    Step("floors", (f"{PROGRAMS}/lint-imports", "--no-cache"), r"Contracts: (\d+) kept, 0 broken"),
    Step("settings", (PYTHON, "-c", DEPLOY), r"(\d+) system checks ran"),
    Step("migrations", (PYTHON, "-c", MIGRATIONS), r"(\d+) models have their migrations"),
    Step("translations", (PYTHON, "scripts/strings.py", "check"), r"(\d+) sentences have their English"),
    Step("ledgers", (f"{PROGRAMS}/taizhang", "ledger", "check"), r"(\d+) (?:本台账|ledgers?)"),
    Step("types", (f"{PROGRAMS}/mypy", "--num-workers", WORKERS), r"no issues found in (\d+) source files"),
    Step("tests of law and spine, SQLite", _tests("sqlite", "not slow and not browser", *FIRST), r"(\d+) passed"),
    Step("other tests, SQLite", _tests("sqlite", "not slow and not browser", *others()), r"(\d+) passed", quick=False),
    Step("slow tests, SQLite", _tests("sqlite", "slow and not browser"), r"(\d+) passed", quick=False),
    Step("tests, PostgreSQL", _tests("postgres", "not browser"), r"(\d+) passed", quick=False),
    Step("tests, browser", (PYTHON, "-m", "pytest", "-q", "-m", "browser"), r"(\d+) passed", quick=False),
)


def run(step: Step) -> bool:
    """Run a step, print one line about it (and its output when it failed), and say whether it passed."""
    # The settings of a server with TLS, without anybody's own: the strictest profile is the one that is checked.
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("TAIZHANG_", "DJANGO_"))}
    variables |= {"DJANGO_SETTINGS_MODULE": "taizhang.settings", "TAIZHANG_HTTPS": "1", "LC_ALL": "C.UTF-8"}
    if "pytest" in step.command:
        del variables["DJANGO_SETTINGS_MODULE"]
    began = time.monotonic()
    done = subprocess.run(
        step.command, cwd=ROOT, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    counts = re.findall(step.counted, done.stdout)
    examined = int(counts[-1]) if counts else 0
    passed = done.returncode == 0 and examined > 0
    sys.stdout.write(f"{'ok  ' if passed else 'FAIL'} {step.name}: {examined} in {time.monotonic() - began:.0f} s\n")
    for counted in re.findall(r"^counted: (.+)$", done.stdout, re.MULTILINE):
        sys.stdout.write(f"     {counted}\n")
    if not passed:
        sys.stdout.write(done.stdout)
        if done.returncode == 0:
            sys.stdout.write("It examined nothing.\n")
    sys.stdout.flush()
    return passed


def lint() -> int:
    """Run ruff's rules and print how many files they were held against."""
    ruff = f"{PROGRAMS}/ruff"
    code = subprocess.run([ruff, "check", "."], check=False).returncode
    files = subprocess.run([ruff, "check", "--show-files", "."], check=True, stdout=subprocess.PIPE, text=True)
    sys.stdout.write(f"{len(files.stdout.splitlines())} files linted\n")
    return code


def main(arguments: list[str]) -> int:
    """Run the steps in order; 1 at the first that fails."""
    if arguments == ["--lint"]:
        return lint()
    began = time.monotonic()
    steps = [step for step in STEPS if step.quick or arguments != ["--quick"]]
    if not all(run(step) for step in steps):  # stops at the first
        return 1
    sys.stdout.write(f"all {len(steps)} steps passed in {time.monotonic() - began:.0f} s\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
