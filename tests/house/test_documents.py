"""What the documents tell a reader to type is there."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from shutil import which

import click
import pytest

from taizhang.cli import main
from tests.house.sources import ROOT, texts

BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`((?:make|taizhang) [^`\n]+)`")
DOCUMENTS = [(name, text) for name, text in texts() if name.endswith(".md")]


def _typed() -> Iterator[tuple[str, str]]:
    """Every command of a document: lines that start with `$ ` in console blocks, and `make …`, `taizhang …` in text."""
    for name, text in DOCUMENTS:
        for block in BLOCK.findall(text):
            yield from ((name, line[2:].strip()) for line in block.splitlines() if line.startswith("$ "))
        yield from ((name, command) for command in INLINE.findall(BLOCK.sub("", text)))


COMMANDS = sorted({command for _name, command in _typed()})


def test_the_documents_show_commands() -> None:
    assert {"make run", "make test", "make check"} <= set(COMMANDS)


@pytest.mark.parametrize("command", [command for command in COMMANDS if command.startswith("make ")])
def test_a_documented_target_of_make_exists(command: str) -> None:
    words = re.sub(r"=…|=[A-Z]+\b", "=1", command).split()
    done = subprocess.run([*words, "--dry-run"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", [command for command in COMMANDS if re.match(r"(\.venv/bin/)?taizhang ", command)])
def test_a_documented_command_of_taizhang_exists(command: str) -> None:
    group: click.Command = main
    words = iter(re.sub(r"^\S*taizhang ", "", command).split("|")[0].split())
    found: list[str] = []
    for word in words:
        if isinstance(group, click.Group) and not word.startswith("-"):
            inner = group.get_command(click.Context(group), word)
            assert inner is not None, f"{command}: there is no {word}"
            group = inner
            found.append(word)
        elif word.startswith("--"):
            options = {name for parameter in group.params for name in (*parameter.opts, *parameter.secondary_opts)}
            assert word.split("=")[0] in options | {"--help"}, f"{command}: {found} has no {word}"


def test_a_console_block_starts_only_programs_that_a_reader_has() -> None:
    known = {"make", "taizhang", ".venv/bin/taizhang", "git", "cd", "sudo", "cp", "export"}
    unknown = {command for command in COMMANDS if command.split()[0] not in known and which(command.split()[0]) is None}
    assert unknown == set()


def test_every_setting_is_documented() -> None:
    source = (ROOT / "src/taizhang/environment.py").read_text("utf-8")
    read = set(re.findall(r'"(TAIZHANG_[A-Z_]+)"', source)) - {
        "TAIZHANG_AS_OWNER",
        "TAIZHANG_SERVING",
        "TAIZHANG_DEBUG",
    }
    documented = set(re.findall(r"`(TAIZHANG_[A-Z_]+)`", dict(texts())["README.md"]))
    assert documented == read


def test_every_command_is_documented() -> None:
    told = " ".join(COMMANDS)
    assert [name for name in main.list_commands(click.Context(main)) if f"taizhang {name}" not in told] == []


def test_one_thing_has_one_name_in_pages_manual_and_guides() -> None:
    other = {
        "动作": "办理",
        "(?<!教育)(?<!高中)阶段": "环节",
    }  # the words of the glossary; stages of schooling are another matter
    told = [(name, text) for name, text in texts() if name.startswith(("src/taizhang/", "docs/", "README"))]
    assert all(word in dict(texts())["docs/glossary.md"] for word in other.values())
    wrong = [f"{name}: {found}, say {word}" for name, text in told for said, word in other.items()
             for found in re.findall(said, text)]  # fmt: skip
    assert wrong == []
