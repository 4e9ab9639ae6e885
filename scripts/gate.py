"""What decides about a change, fastest first: `make test` runs all of it, `make check` (`--quick`) the first part.

Each step says how many things it examined. A step that examined nothing has shown nothing, and fails.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
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
    when: str = "always"  # or "quick" or "whole"
    on_demo: bool = False  # looks at the demo district, which is built beside the others


# The law and the spine, where most changes show first; what they carry (screening, papers, commands, pages) takes longer.
FIRST = ("tests/kit", "tests/ledger", "tests/library", "tests/core", "tests/house")
MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of its own is made in it
ENOUGH = 6 * 2**30  # bytes: the tests write about one gigabyte, and work besides


def _tests(marks: str, *where: str, database: str = "sqlite") -> tuple[str, ...]:
    # A file stays with one process, which makes once what its tests share; the long ones begin (`tests/conftest.py`).
    shared = ("-n", WORKERS, "--maxprocesses", "4", "--dist", "loadfile", "--no-loadscope-reorder")
    return (PYTHON, "-m", "pytest", "-q", "--db", database, "-m", marks, *shared, *where)


STEPS = (
    Step("format", (f"{PROGRAMS}/ruff", "format", "--check", "."), r"(\d+) files? already formatted"),
    Step("rules of writing", (PYTHON, "scripts/gate.py", "--lint"), r"(\d+) files linted"),
    Step("floors", (f"{PROGRAMS}/lint-imports", "--no-cache"), r"Contracts: (\d+) kept, 0 broken"),
    Step("settings", (PYTHON, "-c", DEPLOY), r"(\d+) system checks ran"),
    Step("migrations", (PYTHON, "-c", MIGRATIONS), r"(\d+) models have their migrations"),
    Step("translations", (PYTHON, "scripts/strings.py", "check"), r"(\d+) sentences have their English"),
    Step("ledgers", (f"{PROGRAMS}/taizhang", "ledger", "check"), r"(\d+) (?:本台账|ledgers?)"),
    Step("types", (f"{PROGRAMS}/mypy", "--num-workers", WORKERS), r"no issues found in (\d+) source files"),
    Step("quick tests of law and spine", _tests("not slow and not browser", *FIRST), r"(\d+) passed", when="quick"),
    Step("tests, SQLite", _tests("not browser"), r"(\d+) passed", when="whole"),
    Step("tests, PostgreSQL", _tests("not browser", database="postgres"), r"(\d+) passed", when="whole"),
    Step("tests, browser", _tests("browser", "tests/browser"), r"(\d+) passed", when="whole", on_demo=True),
)


def without_own() -> dict[str, str]:
    """The variables of this process, without anybody's own settings of the product; what Python compiles is kept."""
    own = ("TAIZHANG_", "DJANGO_", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    return kept | {"LC_ALL": "C.UTF-8"}


def _in_memory() -> bool:
    """Whether there is so much memory that files may lie in it, and programs be run from there."""
    if not os.access(MEMORY, os.W_OK):
        return False
    seen, told = os.statvfs(MEMORY), Path("/proc/meminfo").read_text()
    free = int(re.findall(r"MemAvailable:\s+(\d+) kB", told)[0]) * 1024
    return min(free, seen.f_bavail * seen.f_frsize) >= ENOUGH and not seen.f_flag & os.ST_NOEXEC


@contextmanager
def scratch() -> Iterator[Path]:
    """Where the steps put what they throw away: in memory where that is large, since a disk makes every database wait."""
    with tempfile.TemporaryDirectory(prefix="taizhang-gate-", dir=MEMORY if _in_memory() else None) as folder:
        Path(folder).chmod(0o755)  # the database server that the tests start is another user
        os.environ["TMPDIR"] = folder
        yield Path(folder)


@contextmanager
def demo(folder: Path) -> Iterator[Callable[[], bool]]:
    """Build the demo district beside the first steps, since those use one core and none needs it.

    Gives what waits for it and says whether it stands.
    """
    told, data = folder / "told", folder / "demo" / "data"
    data.parent.mkdir()
    os.environ["DEMO_DATA"] = str(data)
    variables = without_own() | {"TAIZHANG_DATA": str(data)}
    command = (f"{PROGRAMS}/taizhang", "demo")
    with (
        told.open("w") as out,
        subprocess.Popen(command, env=variables, stdout=out, stderr=subprocess.STDOUT) as building,
    ):

        def stands() -> bool:
            code = building.wait()
            sys.stdout.write(told.read_text() if code else "     the demo district stands\n")
            return code == 0

        try:
            yield stands
        finally:
            building.kill()


def run(step: Step) -> bool:
    """Run a step, print one line about it (and its output when it failed), and say whether it passed."""
    variables = without_own()
    if "pytest" not in step.command:
        # The settings of a server with TLS: the strictest profile is the one that is checked.
        variables |= {"DJANGO_SETTINGS_MODULE": "taizhang.settings", "TAIZHANG_HTTPS": "1"}
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
    quick = arguments == ["--quick"]
    steps = [step for step in STEPS if step.when in ("always", "quick" if quick else "whole")]
    with scratch() as folder, nullcontext() if quick else demo(folder) as stands:
        for step in steps:
            if not ((not step.on_demo or stands is None or stands()) and run(step)):
                return 1  # at the first that fails
    sys.stdout.write(f"all {len(steps)} steps passed in {time.monotonic() - began:.0f} s\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
