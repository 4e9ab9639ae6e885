"""The tracked files and their syntax trees, read once for all rules of the house."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEXT_SUFFIXES = {
    *(".py", ".md", ".txt", ".toml", ".yaml", ".yml", ".sql", ".csv", ".html", ".css", ".js", ".mjs", ".json", ".sh"),
    *(".po", ".typ", ".svg", ".cfg", ".in", ""),
}


@dataclass(frozen=True)
class Source:
    """One Python file of the product or its tests."""

    path: str  # from the root of the repository
    text: str
    tree: ast.Module

    @property
    def floor(self) -> str:
        """The part of the product it belongs to (`core`, `web`, `cli`, …), or "" outside of the product."""
        parts = Path(self.path).parts
        return Path(parts[2]).stem if parts[:2] == ("src", "taizhang") and len(parts) > 2 else ""

    def at(self, node: ast.AST) -> str:
        """Where a node is, as an editor opens it."""
        return f"{self.path}:{getattr(node, 'lineno', 1)}"


@cache
def tracked() -> tuple[str, ...]:
    """Every file under version control that is still there."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout.decode()
    return tuple(name for name in listed.split("\0") if name and (ROOT / name).is_file())


@cache
def sources() -> tuple[Source, ...]:
    """Every tracked Python file, parsed."""
    found = []
    for name in tracked():
        if name.endswith(".py"):
            text = (ROOT / name).read_text("utf-8")
            found.append(Source(name, text, ast.parse(text)))
    return tuple(found)


def product() -> tuple[Source, ...]:
    """The Python files of the product itself, without its migrations."""
    return tuple(source for source in sources() if source.floor and "/migrations/" not in source.path)


@cache
def texts() -> tuple[tuple[str, str], ...]:
    """Path and content of every tracked file that people read."""
    names = [name for name in tracked() if Path(name).suffix in TEXT_SUFFIXES]
    return tuple((name, (ROOT / name).read_text("utf-8")) for name in names)


def calls(source: Source) -> Iterator[tuple[ast.Call, str]]:
    """Every call with the dotted name of what is called, as far as it has one."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call):
            yield node, dotted(node.func)


def dotted(node: ast.expr) -> str:
    """`a.b.c` of an attribute chain; what stands before a chain that is not a plain name is left out."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}".lstrip(".")
    return ""
