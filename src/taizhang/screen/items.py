"""What several departments say of the same thing: which columns, and which of their values mean the same."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text
from taizhang.ledger import yaml12


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Saying(_Part):
    """A column and the words that its values say, by pattern; the first that fits counts."""

    column: str = ""  # of a feed: empty where every row says the same
    says: Mapping[str, tuple[str, ...]]

    def word(self, value: str) -> str:
        """What a value says; empty where no pattern fits."""
        fits = (word for word, patterns in self.says.items() if any(fnmatchcase(value, one) for one in patterns))
        return next(fits, "")


class Item(_Part):
    """One thing of which the register and feeds speak."""

    zh: str
    en: str
    ours: Saying = Field(alias="register")
    feeds: Mapping[str, Saying]

    @property
    def label(self) -> Text:
        """Its name for people."""
        return Text(self.zh, self.en)


def read(path: Path) -> dict[str, Item]:
    """The items of a library by name; none where it has no such file. Raises Refusal with the line that is wrong."""
    if not path.is_file():
        return {}
    found = yaml12.read(path.read_text(encoding="utf-8"))
    if found.slips or not isinstance(found.data, dict):
        line = found.slips[0].line if found.slips else 1
        raise Refusal("bad_yaml", Text(f"{path.name} 第 {line} 行有误。", f"{path.name}, line {line}, is wrong."))
    return {str(name): Item.model_validate(raw) for name, raw in found.data.items()}
