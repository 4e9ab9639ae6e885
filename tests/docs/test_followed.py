"""The documents are followed to the letter: what they tell a reader to type is typed, in their order, and every picture is there."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PIL import Image

from tests.house.sources import ROOT, texts

DOCUMENTS = {name: text for name, text in texts() if name.endswith(".md")}
BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)")
LINK = re.compile(r"(?<!!)\[[^\]]+\]\((?!https?:)([^)#\s]+)")
# Not typed here: what installs (the gate does), what goes on for ever (the browser tests serve), another database, a cluster
# (`tests/screen/test_cluster.py` starts one), and measuring.
ELSEWHERE = re.compile(
    r"make |sudo |git pull|scripts/setup\.sh full|\.venv/bin/taizhang serve|export TAIZHANG_(OWNER_)?DATABASE_URL="
    r"|.*--engine sc://|\.venv/bin/python -m bench "
)
PROGRAMS = (".venv/bin/taizhang", "export", "mkdir", "cp", "cd")
NUMBER = "99050319700101123"


@dataclass
class Reader:
    """Somebody with a shell in an empty directory, who does what a document says."""

    place: Path
    variables: dict[str, str] = field(default_factory=dict)
    head: str = ""

    def real(self, word: str) -> str:
        """A path or a head of the document as it is here."""
        if re.fullmatch(r"\d+:0{64}", word):
            return self.head
        if word.startswith(("/srv", "/mnt", "/safe")):
            word = f"{self.place}{word}"
        if re.search(r"/taizhang-\d{8}-", word):
            return str(max(Path(word).parent.glob("taizhang-*")))
        return word

    def type(self, line: str) -> tuple[int, str]:
        """Type a line: the code with which it ended, and what it printed."""
        words = shlex.split(line)
        if words[0] not in PROGRAMS:
            return 127, "neither typed here nor known to be tested elsewhere"
        if words[0] == "export":
            name, _, value = words[1].partition("=")
            self.variables[name] = self.real(value)
            return 0, ""
        command = [self.real(word) for word in words]
        if words[0] == ".venv/bin/taizhang":
            command[:1] = [sys.executable, "-c", "from taizhang.cli import main; main()"]
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("TAIZHANG_", "DJANGO_"))}
        here = {
            "LC_ALL": "C.UTF-8",
            "TAIZHANG_LIBRARY": str(ROOT / "library"),
            "TAIZHANG_DATA": str(self.place / "data"),
        }
        done = subprocess.run(
            command, cwd=self.place, env=clean | here | self.variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, check=False,
        )  # fmt: skip
        heads = re.findall(r"\b\d+:[0-9a-f]{64}\b", done.stdout)
        self.head = heads[-1] if heads else self.head
        return done.returncode, done.stdout


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    """A reader who has the files that the documents speak of."""
    from taizhang.kit import idnumber

    for folder in ("registers", "feeds", "srv/taizhang", "mnt/backup", "safe"):
        (tmp_path / folder).mkdir(parents=True)
    number = NUMBER + idnumber.check_character(NUMBER)
    (tmp_path / "registers" / "residents.csv").write_text(
        f"户编号,姓名,证件号码,与户主关系,区划代码,户类型\nH001,申稻香,{number},户主,410503100201,脱贫户\n", "utf-8"
    )
    (tmp_path / "feeds" / "medical.csv").write_text(
        f"证件号码,姓名,就诊日期,个人自付\n{number},申稻香,2021-12-01,6200\n", "utf-8"
    )
    shutil.copy(ROOT / "library" / "areas-410503.csv", tmp_path / "areas.csv")
    shutil.copy(ROOT / "library" / "organisations.csv", tmp_path / "organisations.csv")
    return Reader(tmp_path)


def lines(name: str) -> list[str]:
    """The lines of a document that are to be typed."""
    return [
        line[2:].strip() for block in BLOCK.findall(DOCUMENTS[name]) for line in block.splitlines() if line[:2] == "$ "
    ]


TYPED = sorted(name for name in DOCUMENTS if any(not ELSEWHERE.match(line) for line in lines(name)))


def test_there_are_documents_to_follow() -> None:
    assert {"README.md", "docs/guides/operator.md"} <= set(TYPED)


@pytest.mark.slow
@pytest.mark.sqlite
@pytest.mark.parametrize("name", TYPED)
def test_a_document_can_be_followed_line_by_line(name: str, reader: Reader) -> None:
    founded = False
    for line in lines(name):
        if ELSEWHERE.match(line) or (founded and " found " in line):
            continue  # the second founding is for another kind of database
        if line.startswith("cp /safe/data.key"):  # the copy of the key that an earlier chapter told to keep
            shutil.copy(f"{reader.variables['TAIZHANG_DATA']}.key", reader.place / "safe" / "data.key")
        founded = founded or " found " in line
        code, printed = reader.type(line)
        assert code == 0, f"{line}\n{printed}"


def test_every_picture_is_there_has_words_and_is_shown_somewhere() -> None:
    shown: set[Path] = set()
    for name, text in DOCUMENTS.items():
        for words, target in PICTURE.findall(text):
            if target.startswith("http"):
                continue
            path = (ROOT / name).parent / target
            assert path.is_file(), f"{name}: {target}"
            assert words.strip(), f"{name}: {target} has no words for who does not see it"
            shown.add(path.resolve())
    for path in sorted((ROOT / "docs" / "screenshots").glob("*.png")):
        with Image.open(path) as picture:
            assert picture.width in (1280, 390), path.name
    assert any(path.parent.name == "screenshots" for path in shown)


def test_every_link_inside_the_documents_leads_somewhere() -> None:
    dead = [
        f"{name}: {target}"
        for name, text in DOCUMENTS.items()
        for target in LINK.findall(text)
        if not ((ROOT / name).parent / target).exists()
    ]
    assert dead == []
