"""How rows without an exact number are compared with the register: settings as a file, and a trained model kept with its digest.

`library/linkage/*.yaml` says what is compared and in which levels, which pairs are looked at at all, and from which
probability on. A model holds what Splink learnt of it: how likely each level is among pairs of one person and among
others. Reading a model needs no Splink; only `training` does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from taizhang.kit import canonical
from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text
from taizhang.ledger import yaml12
from taizhang.screen import texts

DEFAULT: Final = "person"
NOTHING: Final = -1  # the level of a comparison that cannot be made: it speaks neither for nor against
T = TypeVar("T", bound=BaseModel)


class Level(BaseModel):
    """One answer of a comparison; the first whose condition holds is given. The last has none and takes the rest."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    when: str = ""
    zh: str
    en: str
    nothing: bool = False  # the comparison cannot be made
    rare: str | None = None  # a column: the rarer the value that both have, the more it says

    @property
    def label(self) -> Text:
        """The answer for people."""
        return Text(self.zh, self.en)

    @property
    def columns(self) -> frozenset[str]:
        """The columns that it looks at."""
        if not self.when:
            return frozenset()
        said = texts.condition(self.when, name="linkage", comparing=True)
        found = {column[:-2] for column in said.columns}
        return frozenset(found | {self.rare} if self.rare else found)


class Comparison(BaseModel):
    """One column, or several that depend on each other, in levels from the most alike to the least."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    zh: str
    en: str
    levels: tuple[Level, ...] = Field(min_length=2)

    @property
    def label(self) -> Text:
        """What is compared, for people."""
        return Text(self.zh, self.en)


class Settings(BaseModel):
    """One file of `library/linkage`. In conditions `_l` is a column of the register, `_r` one of the department's row;
    in blocks they are `l.` and `r.`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    linkage: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    zh: str
    en: str
    comparisons: Mapping[str, Comparison]
    blocks: tuple[str, ...] = Field(min_length=1)  # a pair is looked at when one of these holds
    rounds: tuple[str, ...] = Field(min_length=1)  # training: what is held fixed while the other comparisons are learnt
    seeds: tuple[str, ...] = Field(min_length=1)  # training: pairs that are surely of one person
    seeds_find: float = Field(gt=0, le=1)  # the share of all pairs of one person that `seeds` find
    same: float = Field(gt=0, lt=1)  # from this probability on a row is taken to mean that person
    ahead: float = Field(ge=0)  # ... if it is so many bits (doublings) more likely than the next best
    person: float = Field(gt=0, lt=1)  # from this probability on a pair is offered to people
    at_most: int = Field(default=5, ge=1)  # how many people a row is offered for


class FeedFile(BaseModel):
    """A file that is named as a feed: what differs for it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    feed: str
    why: str  # for whoever reads the file
    same: float | None = Field(default=None, gt=0, lt=1)
    never_same: bool = False


@dataclass(frozen=True)
class Weights:
    """What a model says of one level, in bits: for (above nought) or against (below)."""

    bits: float
    base: float  # how likely the level is among pairs of different people; what rare values are held against


@dataclass(frozen=True)
class Model:
    """What was learnt, and where it stands: `digest` is that of the file's canonical content."""

    digest: str
    settings: str  # digest of the settings that it was trained for
    prior: float  # bits
    weights: Mapping[str, tuple[Weights, ...]]  # by comparison, in the order of its levels
    rows: tuple[
        int, ...
    ]  # what it was trained on: people of the register, and rows (none where duplicates were looked for)
    splink: str  # the version that trained it


# --- settings ---------------------------------------------------------------------------------------------------------


def read(path: Path) -> Settings:
    """Read one file of settings. Raises Refusal with file, line and what is wrong."""
    return _settings(path, path.read_text(encoding="utf-8"))


def for_feeds(library: Path) -> tuple[Settings, Mapping[str, FeedFile]]:
    """The default settings of a library, and what feeds with a file of their own say. Raises Refusal."""
    folder = library / "linkage"
    own = {}
    for path in sorted(folder.glob("*.yaml")):
        if path.stem != DEFAULT:
            made = _valid(path, path.read_text(encoding="utf-8"), FeedFile)
            if made.feed != path.stem or not (library / "feeds" / path.name).is_file():
                raise _bad(path, 1, Text("没有这个数据项。", "there is no such feed."))
            own[made.feed] = made
    return read(folder / f"{DEFAULT}.yaml"), own


def digest(settings: Settings) -> str:
    """What a model is trained for: the comparisons. Thresholds and blocks may change without training anew."""
    levels = {
        name: [[level.when, level.nothing, level.rare] for level in one.levels]
        for name, one in settings.comparisons.items()
    }
    return canonical.digest(canonical.encode(levels))


@lru_cache(maxsize=16)
def _settings(path: Path, text: str) -> Settings:
    made = _valid(path, text, Settings)
    for name, comparison in made.comparisons.items():
        for at, level in enumerate(comparison.levels, 1):
            if bool(level.when) == (at == len(comparison.levels)):
                raise _bad(
                    path, 1, Text(f"{name}：只有最后一级没有条件。", f"{name}: the last level alone has no condition.")
                )
            if level.when:
                texts.condition(level.when, name=f"{path.name} {name}", comparing=True)
    for rule in (*made.blocks, *made.rounds, *made.seeds):
        texts.condition(rule, name=path.name, comparing=True)
    return made


def _valid(path: Path, text: str, kind: type[T]) -> T:
    found = yaml12.read(text)
    if found.slips:
        raise _bad(path, found.slips[0].line, found.slips[0].text)
    try:
        return kind.model_validate(found.data)
    except ValidationError as error:
        first = error.errors()[0]
        where = tuple(first["loc"])
        place = ".".join(str(part) for part in where)
        raise _bad(path, found.line(where), Text(f"{place}：{first['msg']}", f"{place}: {first['msg']}")) from error


def _bad(path: Path, line: int, text: Text) -> Refusal:
    return Refusal(
        "bad_linkage",
        Text(f"关联设置 {path.name} 第 {line} 行：{text.zh}", f"Linkage settings {path.name}, line {line}: {text.en}"),
    )


# --- models -----------------------------------------------------------------------------------------------------------


def model(content: bytes, settings: Settings) -> Model:
    """Read a kept model. Raises Refusal where it is none, or was trained for other comparisons."""
    try:
        told = json.loads(content)
        bits = {
            name: tuple(Weights(float(one["bits"]), float(one["base"])) for one in levels)
            for name, levels in told["weights"].items()
        }
        made = Model(
            canonical.digest(canonical.encode(told)),
            str(told["settings"]),
            float(told["prior"]),
            bits,
            tuple(int(one) for one in told["rows"]),
            str(told["splink"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise Refusal("no_model", Text("这个文件不是关联模型。", "This file is no linkage model.")) from error
    if made.settings != digest(settings):
        raise Refusal(
            "model_of_other_settings",
            Text("这个模型是按另一套关联设置训练的。", "This model was trained for other linkage settings."),
            Text("请重新训练：taizhang link train。", "Train it anew: taizhang link train."),
        )
    return made
