"""Reading one ledger file: strict YAML, then shapes, each fault with its line and a sentence that says what to do."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError

from taizhang.kit.text import Text
from taizhang.ledger import yaml12
from taizhang.ledger.faults import Fault, join, near
from taizhang.ledger.parts import Wrong
from taizhang.ledger.schema import Declaration, Ledger, Nested


@dataclass(frozen=True)
class Source:
    """A file as it was read: for the lines of later faults, and for counting."""

    file: str
    text: str
    read: yaml12.Read

    def fault(self, path: yaml12.Path, code: str, text: Text, *, advice: bool = False) -> Fault:
        """A fault at a place of this file."""
        return Fault(self.file, self.read.line(path), ".".join(map(str, path)) or "ledger", text, code, advice)

    @property
    def size(self) -> int:
        """Non-blank lines above `stories:`."""
        count = 0
        for line in self.text.splitlines():
            if line.startswith("stories:"):
                break
            count += bool(line.strip())
        return count


def read(path: Path) -> tuple[Ledger | None, Source, list[Fault]]:
    """Read a ledger file's shape: the ledger if it has one, its source, and every fault of text and shape."""
    return parse(path.read_text(encoding="utf-8"), path.name)


def parse(text: str, file: str) -> tuple[Ledger | None, Source, list[Fault]]:
    """Read a ledger from text; `file` is the name that faults mention."""
    got = yaml12.read(text)
    source = Source(file, text, got)
    faults = [
        Fault(file, slip.line, ".".join(map(str, slip.path)) or "ledger", slip.text, slip.code) for slip in got.slips
    ]
    if not isinstance(got.data, dict):
        if not faults:
            faults.append(
                source.fault(
                    (), "empty", Text("台账文件要以 ledger: 名称 开头。", "a ledger file begins with ledger: NAME.")
                )
            )
        return None, source, faults
    declared, wrong = _validate(got.data, source)
    known = {(fault.line, fault.where) for fault in faults}
    faults += [fault for fault in wrong if (fault.line, fault.where) not in known]
    if declared is None:
        return None, source, faults
    values = {name: getattr(declared, name) for name in Declaration.model_fields}
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Ledger.model_construct(**values, text=text, digest=digest, file=file), source, faults


UNNAMED: Final = "unnamed"  # stands for a name that was no name, so that the rest is still checked
_TRIES: Final = 60


def _validate(data: Any, source: Source) -> tuple[Declaration | None, list[Fault]]:
    """The declaration and the faults of its shape. Wrong pieces are left out one by one, so that the rest is still checked."""
    faults: list[Fault] = []
    for _ in range(_TRIES):
        try:
            return Declaration.model_validate(data), faults
        except ValidationError as errors:
            found = list(_flat(errors))
        places = {_place(loc, data) for loc, error in found}
        for loc, error in found:
            place = _place(loc, data)
            if error["type"] == "string_type" and any(p != place and p[: len(place)] == place for p in places):
                continue  # the other half of “text or mapping”, where a mapping was meant
            fault = source.fault(place, error["type"], _sentence(loc, error))
            if (fault.line, fault.where, fault.code) not in {(f.line, f.where, f.code) for f in faults}:
                faults.append(fault)
        pruned = _without(data, [(_place(loc, data), error) for loc, error in found])
        if pruned is None:
            return None, faults
        data = pruned
    return None, faults


def _flat(errors: ValidationError) -> list[tuple[tuple[str | int, ...], Mapping[str, Any]]]:
    flat: list[tuple[tuple[str | int, ...], Mapping[str, Any]]] = []
    for error in errors.errors():
        cause = (error.get("ctx") or {}).get("error")
        if isinstance(cause, Nested):
            flat += [((*error["loc"], *below), inner) for below, inner in cause.faults]
        else:
            flat.append((error["loc"], dict(error)))
    return flat


def _place(loc: tuple[str | int, ...], data: Any) -> yaml12.Path:
    """Where in the file an error lies: its location without the names that unions and key checks put in between."""
    place: list[str | int] = []
    for step in loc:
        inside = (
            step in data
            if isinstance(data, dict)
            else isinstance(data, list) and isinstance(step, int) and step < len(data)
        )
        if inside:
            data = data[step]
            place.append(step)
    return tuple(place)


def _without(data: Any, found: list[tuple[yaml12.Path, Mapping[str, Any]]]) -> Any:
    """The data less the wrong pieces, with a stand-in for missing labels; None when it cannot go on."""
    data = _copy(data)
    for place, error in found:
        if error["type"] == "missing":
            key = error["loc"][-1]
            target = _at(data, place)
            if not isinstance(target, dict) or key not in ("zh", "en", "type", "tells", "on"):
                if not place or not _drop(data, place):
                    return None
                continue
            target[key] = "text" if key == "type" else "2021-01-01" if key == "on" else "…"
        elif place[:1] in (("ledger",), ("version",), ("subject",)):
            data[place[0]] = {"ledger": UNNAMED, "version": 1, "subject": "area"}[str(place[0])]
        elif place in (("zh",), ("en",)):
            data[place[0]] = "…"
        elif place[-1:] == ("type",):
            _at(data, place[:-1])["type"] = "text"
        elif not place:
            return None
        else:
            _drop(data, place)
    return data


def _copy(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _copy(value) for key, value in data.items()}
    return [_copy(value) for value in data] if isinstance(data, list) else data


def _at(data: Any, place: yaml12.Path) -> Any:
    for step in place:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return None
    return data


_GONE: Final = "\0gone"


def _drop(data: Any, place: yaml12.Path) -> bool:
    parent = _at(data, place[:-1])
    if isinstance(parent, dict):
        return parent.pop(place[-1], _GONE) is not _GONE
    if isinstance(parent, list) and isinstance(place[-1], int) and place[-1] < len(parent):
        del parent[place[-1]]
        return True
    return False


def _keys(loc: tuple[str | int, ...]) -> list[str]:
    """The keys a part may have, found by walking the schema along a location."""
    model: Any = Declaration
    for step in loc:
        if isinstance(model, type) and issubclass(model, BaseModel):
            for name, info in model.model_fields.items():
                if (info.alias or name) == step:
                    model = _inside(info.annotation)
                    break
    if isinstance(model, type) and issubclass(model, BaseModel):
        return [info.alias or name for name, info in model.model_fields.items()]
    return []


def _inside(annotation: Any) -> Any:
    """The part that an annotation holds (`dict[Name, Act]` holds Act), or the annotation itself."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in get_args(annotation):
        found = _inside(inner)
        if isinstance(found, type) and issubclass(found, BaseModel):
            return found
    return annotation


_WANTS: Final[Mapping[str, Text]] = {
    "string_type": Text("这里要写文字。", "a text belongs here."),
    "string_too_short": Text("这里不能为空。", "this may not be empty."),
    "string_too_long": Text("这里的文字太长，请缩短。", "this text is too long: shorten it."),
    "dict_type": Text("这里要写成“键: 值”的各行。", "lines of `key: value` belong here."),
    "model_type": Text("这里要写成“键: 值”的各行。", "lines of `key: value` belong here."),
    "tuple_type": Text("这里要写成列表，如 [甲, 乙]。", "a list belongs here, as [a, b]."),
    "int_type": Text("这里要写整数，不加引号。", "a whole number belongs here, without quotes."),
    "bool_type": Text("这里要写 true 或 false。", "write true or false."),
    "bool_parsing": Text("这里要写 true 或 false。", "write true or false."),
    "greater_than_equal": Text("这个数太小。", "this number is too small."),
    "less_than_equal": Text("这个数太大。", "this number is too big."),
}


def _sentence(loc: tuple[str | int, ...], error: Mapping[str, Any]) -> Text:
    kind, last = error["type"], str(loc[-1]) if loc else ""
    cause = (error.get("ctx") or {}).get("error")
    if isinstance(cause, Wrong):
        return cause.text
    if kind == "extra_forbidden":
        return join(Text(f"没有“{last}”这个键。", f"there is no key “{last}”."), near(last, _keys(loc[:-1])))
    if kind == "missing" and last in ("zh", "en"):
        language = Text("中文", "Chinese") if last == "zh" else Text("英文", "English")
        return Text(f"缺少{language.zh}标签：请加上 {last}: …", f"the {language.en} label is missing: add {last}: …")
    if kind == "missing":
        return Text(f"缺少“{last}”，请补上。", f"“{last}” is missing: add it.")
    if kind == "literal_error":
        wanted = str(error["ctx"]["expected"]).replace("'", "").replace(" or ", ", ").split(", ")
        return join(
            Text(f"不认识“{error['input']}”。", f"“{error['input']}” is not known here."),
            near(str(error["input"]), wanted),
        )
    if kind in _WANTS:
        return _WANTS[kind]
    return Text(f"这里的写法不对（{error['msg']}）。", f"this is not right here ({error['msg']}).")
