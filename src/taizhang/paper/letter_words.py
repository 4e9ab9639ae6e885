"""The words of official letters: `library/letters/*.yaml`, which a district edits; filled in they become a `Letter`.

A template says which values it takes, where they stand, and which paragraphs stand only where a value is known. Faults are
told with file and line; what is lacking when a letter is made, by the name that people know.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text
from taizhang.ledger import yaml12
from taizhang.ledger.faults import Fault, join, near
from taizhang.ledger.parts import Labelled, Name, Part, Wrong
from taizhang.ledger.schema import Document, Ledger
from taizhang.paper.letter import Layout, Letter

_PLACE: Final = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_NUMERALS: Final = "一二三四五六七八九"
ORDINAL: Final = "ordinal"  # in what is said of each row: 一, 二, 三


def _spoken(value: Any) -> Any:
    """A text alone is a paragraph."""
    return {"say": value} if isinstance(value, str) else value


class Passage(Part):
    """A paragraph, or one for each row of a list; with `when` only where that value is known."""

    say: str
    each: Name | None = None
    when: Name | None = None


class Told(Labelled):
    """A value that the words take."""

    optional: bool = False


class Template(Labelled):
    """The words of one kind of letter."""

    letter: Name
    layout: Layout
    organ: str
    title: str
    addressee: str = ""
    body: Annotated[tuple[Annotated[Passage, BeforeValidator(_spoken)], ...], Field(min_length=1, max_length=60)]
    signed: str = ""
    sealed: bool = True
    note: str = ""
    issuer: str = ""
    values: dict[Name, Told] = {}
    lists: dict[Name, tuple[Name, ...]] = {}

    @model_validator(mode="after")
    def _a_letter_has_no_issuer(self) -> Template:
        if self.layout == "letter" and self.issuer:
            raise Wrong(
                "信函格式的版记不写印发机关。", "a letter's colophon names no issuing office (GB/T 9704-2012, 10.1)."
            )
        return self


def load(folder: Path) -> tuple[Mapping[str, Template], tuple[Fault, ...]]:
    """The sound templates of a folder by name, and every fault of the others."""
    found: dict[str, Template] = {}
    faults: list[Fault] = []
    for file in sorted(folder.glob("*.yaml")):
        template, wrong = parse(file.read_text(encoding="utf-8"), file.name)
        faults += wrong
        if template is not None:
            found[template.letter] = template
    return found, tuple(faults)


def against(ledgers: Iterable[Ledger], templates: Mapping[str, Template]) -> Iterator[tuple[Ledger, yaml12.Path, Text]]:
    """What ledgers ask of templates in vain: a template that is not there, or one that needs what the ledger does not know."""
    for law in ledgers:
        offered = {"organ", "addressee", *law.fields}
        picks = [key for key, spec in law.fields.items() if spec.type == "pick"]
        for key, document in law.documents.items():
            if not isinstance(document, Document):
                continue
            place = ("documents", key, "paper")
            template = templates.get(document.paper)
            if template is None:
                told = Text(
                    f"library/letters 里没有模板“{document.paper}”。", f"library/letters has no “{document.paper}”."
                )
                yield law, place, join(told, near(document.paper, templates))
                continue
            lacking = [name for name, told in template.values.items() if not told.optional and name not in offered]
            lacking = [name for name in lacking if not any(name.startswith(f"{pick}_") for pick in picks)]
            for table, columns in template.lists.items():
                if table in law.fields:
                    lacking += [f"{table}.{column}" for column in columns if column not in law.fields[table].columns]
            for name in lacking:
                yield (
                    law,
                    place,
                    Text(
                        f"模板“{document.paper}”要用“{name}”，本台账没有。",
                        f"the template “{document.paper}” needs “{name}”, which this ledger has not.",
                    ),
                )


def parse(text: str, file: str) -> tuple[Template | None, list[Fault]]:
    """One template from text, and what is wrong with it; `file` is the name that faults mention."""
    read = yaml12.read(text)

    def fault(place: yaml12.Path, code: str, told: Text) -> Fault:
        return Fault(file, read.line(place), ".".join(map(str, place)) or "letter", told, code)

    if read.slips:
        return None, [fault(slip.path, slip.code, slip.text) for slip in read.slips]
    try:
        template = Template.model_validate(read.data)
    except ValidationError as errors:
        return None, [fault(tuple(one["loc"]), one["type"], _sentence(dict(one))) for one in errors.errors()]
    faults = [fault(*one) for one in _sense(template)]
    if template.letter != file.removesuffix(".yaml"):
        faults.append(fault(("letter",), "name", Text("名称要和文件名相同。", "the name is that of the file.")))
    return (template if not faults else None), faults


def _sentence(error: Mapping[str, Any]) -> Text:
    wrong = (error.get("ctx") or {}).get("error")
    if isinstance(wrong, Wrong):
        return wrong.text
    key = error["loc"][-1] if error["loc"] else ""
    if error["type"] == "missing":
        return Text(f"缺少 {key}。", f"{key} is missing.")
    if error["type"] == "extra_forbidden":
        return Text(f"没有“{key}”这个词。", f"there is no key “{key}”.")
    return Text(f"写法不对：{error['msg']}。", f"not written so: {error['msg']}.")


def _sense(template: Template) -> Sequence[tuple[yaml12.Path, str, Text]]:
    found: list[tuple[yaml12.Path, str, Text]] = []

    def look(words: str, place: yaml12.Path, known: Sequence[str]) -> None:
        for name in _PLACE.findall(words):
            if name not in known:
                told = Text(f"values 里没有“{name}”。", f"`values` has no “{name}”.")
                found.append((place, "unknown", join(told, near(name, known))))

    plain = list(template.values)
    for key in ("organ", "title", "addressee", "signed", "note", "issuer"):
        look(getattr(template, key), (key,), plain)
    for n, passage in enumerate(template.body):
        place = ("body", n)
        if passage.each is not None and passage.each not in template.lists:
            found.append(
                ((*place, "each"), "list", Text(f"lists 里没有“{passage.each}”。", f"`lists` has no “{passage.each}”."))
            )
            continue
        look(passage.say, place, [*plain, ORDINAL, *template.lists.get(passage.each or "", ())])
        if passage.when is not None and passage.when not in (*plain, *template.lists):
            told = Text(f"values 里没有“{passage.when}”。", f"`values` has no “{passage.when}”.")
            found.append(((*place, "when"), "unknown", told))
    return found


def fill(
    template: Template, values: Mapping[str, str], lists: Mapping[str, Sequence[Mapping[str, str]]] | None = None, *,
    number: str = "", dated: date | None = None, copies: Sequence[str] = (), attachments: Sequence[str] = (),
    issued: date | None = None, demo: str = "",
) -> Letter:  # fmt: skip
    """A letter of given values. Several lines of a value are several paragraphs; a paragraph without words is left out.

    Raises Refusal("letter_value") when a value is lacking that the template does not call optional.
    """
    lists = lists or {}
    lacking = [
        told.label for name, told in template.values.items() if not told.optional and not values.get(name, "").strip()
    ]
    if lacking:
        raise Refusal(
            "letter_value",
            Text(
                f"还缺：{'、'.join(one.zh for one in lacking)}。",
                f"Still lacking: {', '.join(one.en for one in lacking)}.",
            ),
        )

    def said(words: str, more: Mapping[str, str] | None = None) -> str:
        known = {**values, **(more or {})}
        return _PLACE.sub(lambda place: known.get(place[1], ""), words)

    body: list[str] = []
    for passage in template.body:
        if passage.when is not None and not (values.get(passage.when) or lists.get(passage.when)):
            continue
        rows = [{}] if passage.each is None else lists.get(passage.each, ())
        for n, row in enumerate(rows, 1):
            words = said(passage.say, {**row, ORDINAL: numeral(n)})
            body += [line.strip() for line in words.splitlines() if line.strip()]
    return Letter(
        layout=template.layout, organ=said(template.organ), title=said(template.title), body=tuple(body), number=number,
        addressee=said(template.addressee), attachments=tuple(attachments), signed=said(template.signed), dated=dated,
        sealed=template.sealed, note=said(template.note), copies=tuple(copies), issuer=said(template.issuer), issued=issued,
        demo=demo,
    )  # fmt: skip


def numeral(n: int) -> str:
    """A number below a hundred as headings write it: 一, 十, 十二, 二十二."""
    tens, ones = divmod(n, 10)
    if n >= 100:
        return str(n)
    return ("" if tens == 0 else "十" if tens == 1 else f"{_NUMERALS[tens - 1]}十") + (
        _NUMERALS[ones - 1] if ones else ""
    )
