"""The sentences of the pages and their English: `extract` (rewrite the catalogue), `compile`, `check` (none missing).

The pages are written in Chinese; `locale/en/LC_MESSAGES/django.po` holds the English. `extract` and `check` need
gettext.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / "src" / "taizhang" / "web"
CATALOGUE = Path("locale/en/LC_MESSAGES/django.po")


def extract(pages: Path) -> None:
    """Bring the catalogue of a pages directory up to date with its sources."""
    if shutil.which("xgettext") is None:
        sys.exit("xgettext is missing. Run: scripts/system-packages.sh   (or: apt-get install gettext)")
    command = [sys.executable, "-m", "django", "makemessages", "--locale", "en", "--no-location", "--no-obsolete"]
    ignored = ["--ignore", "static/*", "--ignore", "assets/*", "--verbosity", "0"]
    variables = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    subprocess.run([*command, *ignored], cwd=pages, check=True, env=variables)


def compile_all() -> None:
    """Write the binary catalogue beside each text one."""
    for path in sorted(PAGES.parent.rglob("*.po")):
        polib.pofile(str(path)).save_as_mofile(str(path.with_suffix(".mo")))


def faults() -> tuple[int, list[str]]:
    """How many sentences the sources have, and one line for each that has no English of its own."""
    catalogue = polib.pofile(str(PAGES / CATALOGUE))
    translated = {(entry.msgctxt, entry.msgid) for entry in catalogue if entry.translated() and not entry.fuzzy}
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "web"
        shutil.copytree(PAGES, copy, ignore=shutil.ignore_patterns("static", "assets", "__pycache__"))
        extract(copy)
        wanted = [entry for entry in polib.pofile(str(copy / CATALOGUE)) if not entry.obsolete]
    missing = [entry.msgid for entry in wanted if (entry.msgctxt, entry.msgid) not in translated]
    names = {(entry.msgctxt, entry.msgid) for entry in wanted}
    unused = [entry.msgid for entry in catalogue if (entry.msgctxt, entry.msgid) not in names]
    return len(wanted), [f"no English: {text}" for text in missing] + [f"no longer used: {text}" for text in unused]


def check() -> None:
    """Print the count of sentences; exit 1 when one has no English or the catalogue holds what no page says."""
    count, found = faults()
    for line in found:
        sys.stderr.write(f"{CATALOGUE.name}: {line}\n")
    if found:
        sys.exit("Run `make strings`, then write the English.")
    sys.stdout.write(f"{count} sentences have their English\n")


if __name__ == "__main__":
    {"extract": lambda: extract(PAGES), "compile": compile_all, "check": check}[sys.argv[1]]()
