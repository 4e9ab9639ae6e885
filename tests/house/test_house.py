"""The rules that a machine can keep, held against the tracked files and their syntax trees."""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from taizhang.kit import idnumber
from tests.house.sources import Source, calls, dotted, product, sources, texts, tracked

FILE_LINES = 500
FUNCTION_LINES = 60
LAZY_IMPORTS = 5

# Functions that are longer than a page, each with the reason why cutting them would hide more than it shows.
LONG_FUNCTIONS: dict[str, str] = {}
# Files with calls that build SQL from pieces, each with the reason why the pieces cannot come from anybody.
BUILT_SQL = {
    "src/taizhang/core/append_only.py": "names of its own triggers, constants of the same file",
    "src/taizhang/core/editions.py": "a ledger's and a field's name, both held against the pattern of names just before",
    "src/taizhang/screen/engine.py": "names of its own tables",
    "src/taizhang/screen/training.py": "names of its own tables, columns of checked settings",
    "src/taizhang/core/copies.py": "columns of its own queries, constants of the same file",
    "src/taizhang/core/statements.py": "tables and columns of the models, every value as a parameter",
}

# What reads the machine's clock. Below the pages, the commands and the work of the night, instants are handed in.
CLOCK_READERS = {
    *("datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "timezone.now"),
    *("timezone.localdate", "timezone.localtime", "localdate", "localtime"),
}
FLOORS_WITHOUT_CLOCK = {"kit", "ledger", "screen", "core"}
THE_ONE_CLOCK = "src/taizhang/core/clock.py"

TEMPLATE_TAGS = {
    *("if", "elif", "else", "endif", "for", "empty", "endfor", "include", "extends", "block", "endblock", "load"),
    *("translate", "blocktranslate", "plural", "endblocktranslate", "url", "static", "csrf_token", "with", "endwith"),
    *("partialdef", "endpartialdef", "partial", "comment", "endcomment", "get_current_language"),
    *("cache", "endcache"),
}

# Real people named in the newspaper pages that the product was drawn from: the first 24 digits of SHA-256 of each name,
# so that this file does not print them either.
REAL_NAMES = {
    2: {"02c98d8fa2652d79dab44ca1", "5c0aea347615618a77ee7848", "a757d60c31457e4886a20c5c"},
    3: {
        *(
            "d25306ff1c6a84a20712050b",
            "9a4091c2c2d67dc378a099e5",
            "450535a99f3225d6d87d72fc",
            "e2cf6c14802ecd267d1a917d",
        ),
        *(
            "9ab961a45944c2ff4cc3373f",
            "a7caf1d6a5d9c8d4e53e6457",
            "58249a30e3d3b060382764a4",
            "aa993d4a0768cd1c7010c103",
        ),
    },
}
# Ordinary words in which one of the short names happens to stand.
ORDINARY = ("张清单", "张清楚", "张清晰")


def test_there_is_something_to_hold_the_rules_against() -> None:
    assert len(product()) >= 10
    assert {"kit", "ledger", "core", "screen", "work", "web", "cli"} <= {source.floor for source in product()}


def test_no_file_is_longer_than_its_reader_can_hold() -> None:
    read_as_code = {".py", ".js", ".mjs", ".sql", ".html", ".css", ".sh"}
    long = {
        name: text.count("\n")
        for name, text in texts()
        if Path(name).suffix in read_as_code and "/migrations/" not in name  # written by Django, read by nobody
    }
    assert {name: lines for name, lines in long.items() if lines > FILE_LINES} == {}


def _functions(source: Source) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(source.tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def test_no_function_is_longer_than_a_page() -> None:
    long = {
        f"{source.path}:{node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for source in sources()
        for node in _functions(source)
        if (node.end_lineno or node.lineno) - node.lineno + 1 > FUNCTION_LINES
    }
    assert {name: lines for name, lines in long.items() if name not in LONG_FUNCTIONS} == {}
    assert set(LONG_FUNCTIONS) <= set(long), "an exception that nothing needs any more"


def test_nothing_happens_behind_the_back_of_a_call() -> None:
    hidden = [
        source.at(node)
        for source in product()
        for node in _functions(source)
        for decorator in node.decorator_list
        if dotted(decorator.func if isinstance(decorator, ast.Call) else decorator).split(".")[-1] == "receiver"
    ]
    hidden += [
        source.at(call) for source in product() for call, name in calls(source) if name.endswith("_save.connect")
    ]
    assert hidden == []


def test_models_hold_columns_and_no_procedure() -> None:
    overridden = [
        f"{source.at(node)} {node.name}"
        for source in product()
        if source.path.startswith("src/taizhang/core/models/")
        for node in _functions(source)
        if node.name in {"save", "delete", "clean", "full_clean"}
    ]
    assert overridden == []


def test_rows_are_reached_only_in_core() -> None:
    managers = {"objects", "_default_manager", "_base_manager"}
    reached = [
        source.at(node)
        for source in product()
        if source.floor != "core"
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Attribute) and node.attr in managers
    ]
    assert reached == []


def test_instants_are_handed_in() -> None:
    read = [
        f"{source.at(call)} {name}"
        for source in product()
        if source.floor in FLOORS_WITHOUT_CLOCK and source.path != THE_ONE_CLOCK
        for call, name in calls(source)
        if ".".join(name.split(".")[-2:]) in CLOCK_READERS
    ]
    assert read == []


def _is_built(node: ast.expr) -> bool:
    """Whether a string is put together while the program runs."""
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) for part in node.values)
    if isinstance(node, ast.BinOp):
        return True
    return isinstance(node, ast.Call) and dotted(node.func).endswith("format")


def test_sql_is_never_built_from_pieces() -> None:
    runs_sql = {"execute", "executemany", "executescript", "raw", "RawSQL", "RunSQL", "extra"}
    built = [
        source.at(call)
        for source in (*product(), *(source for source in sources() if "/migrations/" in source.path))
        for call, name in calls(source)
        if name.split(".")[-1] in runs_sql and call.args and _is_built(call.args[0])
    ]
    assert [place for place in built if place.split(":")[0] not in BUILT_SQL] == []


def test_imports_stand_at_the_top() -> None:
    late = [
        source.at(node)
        for source in product()
        if source.floor != "cli"  # each command loads only what it runs
        for function in _functions(source)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert len(late) <= LAZY_IMPORTS, late


def test_what_we_wrote_is_never_replaced_by_a_mock() -> None:
    mocks = [
        source.at(node)
        for source in sources()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ImportFrom | ast.Import)
        and any(
            name.startswith(("unittest.mock", "mock", "pytest_mock"))
            for name in (getattr(node, "module", None) or "", *(alias.name for alias in node.names))
        )
    ]
    assert mocks == []


# --- files ----------------------------------------------------------------------------------------------------------


def test_lock_files_name_no_host() -> None:
    locks = {name: text for name, text in texts() if name.startswith("requirements/")}
    assert set(locks) == {f"requirements/{name}.txt" for name in ("boot", "dev", "full", "prod", "spark")}
    assert [name for name, text in locks.items() if "://" in text or "--hash=sha256:" not in text] == []
    pages = dict(texts())["package-lock.json"]
    assert '"resolved"' not in pages
    assert pages.count('"integrity"') >= 3
    assert not [name for name in tracked() if Path(name).name in {"uv.lock", "pylock.toml"}]


def test_no_file_knows_the_machine_it_was_written_on() -> None:
    machine = re.compile(r"(?<![\w./*])/(?:work|root|home)/\w")
    assert [f"{name}: {found[0]}" for name, text in texts() if (found := machine.search(text))] == []


def test_the_product_speaks_of_itself_alone() -> None:
    workplace = re.compile(r"\bC" r"EO\b|\bissue #?\d|\bshared/\w+\.md|\bsub-?agent", re.IGNORECASE)
    assert [f"{name}: {found[0]}" for name, text in texts() if (found := workplace.search(text))] == []


def _real_names(text: str) -> set[str]:
    for word in ORDINARY:
        text = text.replace(word, " ")
    runs = re.findall(r"[\u4e00-\u9fff]{2,}", text)
    return {
        piece
        for length, digests in REAL_NAMES.items()
        for piece in {run[start : start + length] for run in runs for start in range(len(run) - length + 1)}
        if hashlib.sha256(piece.encode()).hexdigest()[:24] in digests
    }


def test_no_real_person_is_named() -> None:
    assert [name for name, text in texts() if _real_names(text)] == []


def test_a_real_name_would_be_found() -> None:
    name = "".join(("石", "张", "顺"))
    assert _real_names(f"由{name}负责") == {name}
    assert _real_names("打印一张清单") == set()


def test_no_identity_number_could_be_somebodys() -> None:
    numbers = [
        (name, found)
        for name, text in texts()
        if not name.endswith("lock.json") and not name.startswith("requirements/")
        for found in re.findall(r"(?<![0-9a-fA-F])[1-9]\d{16}[0-9Xx](?![0-9a-fA-F])", text)
    ]
    real = [(name, found) for name, found in numbers if not found.startswith("990503") and idnumber.is_valid(found)]
    assert real == []


def _own_tags() -> set[str]:
    """The tags that the pages define in Python, where they are typed and tested."""
    return {
        node.name
        for source in product()
        if "/templatetags/" in source.path
        for node in _functions(source)
        if any("register." in ast.unparse(decorator) for decorator in node.decorator_list)
    }


TEMPLATES = [name for name in tracked() if name.endswith(".html")]


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_shows_and_decides_nothing(name: str) -> None:
    text = dict(texts())[name]
    tags = set(re.findall(r"{%-?\s*(\w+)", text))
    assert tags - TEMPLATE_TAGS - _own_tags() == set()
    conditions = re.findall(r"{%\s*(?:el)?if (.*?)%}", text)
    assert [condition for condition in conditions if len(re.findall(r"\b(?:and|or)\b", condition)) > 1] == []
    assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=", text), "scripts and styles live in files"
