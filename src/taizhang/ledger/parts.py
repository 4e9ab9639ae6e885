"""The small grammar inside a declaration: labels, lists of one, spans of time, by-tokens, and what is wrong with them."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints

from taizhang.kit.days import Duration
from taizhang.kit.text import Text

ID: Final = r"^[a-z][a-z0-9_]*$"
# The plain tokens: `screen` is the screening, `system` the sweep, `anyone` a person without a log-in (public pages).
PLAIN_TOKENS: Final = frozenset({"screen", "system", "anyone"})
_UNITS: Final = ("minutes", "hours", "days", "workdays", "months")


class Wrong(ValueError):
    """A value that may not stand there, with a sentence in both languages that says what to write instead."""

    def __init__(self, zh: str, en: str):
        super().__init__(en)
        self.text = Text(zh, en)


class Part(BaseModel):
    """A piece of a declaration: nothing unknown in it, nothing changed after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, populate_by_name=False)


class Labelled(Part):
    """A piece that people see by name, in both languages."""

    zh: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
    en: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]

    @property
    def label(self) -> Text:
        """Its name for people."""
        return Text(self.zh, self.en)


def _listed(value: Any) -> Any:
    """One name or a list of names."""
    return (value,) if isinstance(value, str) else value


def _named(value: Any) -> Any:
    if not isinstance(value, str) or not re.match(ID, value):
        raise Wrong(
            f"“{value}”不能作名称：请用小写英文字母开头，只含小写字母、数字和下划线。",
            f"“{value}” is no name: use small letters, digits and _, beginning with a letter.",
        )
    return value


def _messaged(value: Any) -> Any:
    """A sentence for people: Chinese alone, or both languages."""
    if isinstance(value, str) and value.strip():
        return Text(value.strip(), value.strip())
    if isinstance(value, dict) and set(value) == {"zh", "en"} and all(isinstance(v, str) and v for v in value.values()):
        return Text(value["zh"], value["en"])
    if isinstance(value, dict) and (cut := [str(key) for key, said in value.items() if said is None]):
        raise Wrong(
            f"这句话在逗号处断成了两截（“{cut[0]}”成了一个键）：{{ }} 里含逗号的文字要加引号。",
            f"the sentence was cut at a comma (“{cut[0]}” became a key): inside {{ }} quote a text that holds one.",
        )
    raise Wrong(
        "这里要写一句给人看的话：中文，或 {zh: …, en: …}。",
        "a sentence for people belongs here: Chinese, or {zh: …, en: …}.",
    )


class Span(Part):
    """A length of time: fixed, a policy number, or so many units by a condition."""

    duration: Duration | None = None
    policy: str | None = None
    unit: Literal["minutes", "hours", "days", "workdays", "months"] | None = None
    cel: str | None = None

    def __str__(self) -> str:
        if self.duration is not None:
            return str(self.duration)
        return f"policy.{self.policy}" if self.policy else f"{self.cel} {self.unit}"


def span(value: Any) -> Any:
    """`15 days`, `policy.NAME`, or `{workdays: CEL}`. Raises Wrong."""
    if isinstance(value, Span):
        return value
    if isinstance(value, dict) and len(value) == 1:
        unit, cel = next(iter(value.items()))
        if unit in _UNITS and isinstance(cel, str | int) and not isinstance(cel, bool):
            if isinstance(cel, int):
                return Span(duration=Duration(cel, unit))
            return Span(unit=unit, cel=formula(cel))
    if isinstance(value, str) and re.fullmatch(r"policy\.[a-z][a-z0-9_]*", value.strip()):
        return Span(policy=value.strip().removeprefix("policy."))
    if isinstance(value, str):
        try:
            return Span(duration=Duration.parse(value))
        except ValueError:
            pass
    raise Wrong(
        f"“{value}”不是时长：请写如 15 days、10 workdays、2 hours、6 months、policy.名称 或 {{workdays: 条件式}}。",
        f"“{value}” is no duration: write for example 15 days, 10 workdays, 2 hours, 6 months, "
        "policy.NAME or {workdays: CEL}.",
    )


def _margin(value: Any) -> Any:
    """How long before the end: a bare number counts in the limit's own unit."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    return span(value)


def _noticed(value: Any) -> Any:
    return "notice" if value == "notice" else span(value)


def _token(value: Any) -> Any:
    plain = isinstance(value, str) and (
        value in PLAIN_TOKENS or re.fullmatch(r"@[a-z][a-z0-9_]*|[a-z][a-z0-9_]*@[a-z]+", value)
    )
    if not plain:
        raise Wrong(
            f'“{value}”不是经办人：请写 角色@层级（如 cadre@village）、"@字段"、"@subject"、"@opener"、'
            "screen、system 或 anyone。",
            f'“{value}” is nobody: write role@level (cadre@village), "@field", "@subject", "@opener", '
            "screen, system or anyone.",
        )
    return value


def formula(text: str) -> str:
    """The CEL text of a scalar that may begin with `=`."""
    return text.strip().removeprefix("=").strip()


def is_formula(value: Any) -> bool:
    """Whether a scalar where a literal or CEL may stand is CEL: it begins with `=`, as in a spreadsheet."""
    return isinstance(value, str) and value.lstrip().startswith("=")


Name = Annotated[str, BeforeValidator(_named)]
Names = Annotated[tuple[Name, ...], BeforeValidator(_listed)]
Starts = Annotated[tuple[str, ...], BeforeValidator(_listed)]  # acts, or ACT.notice
Message = Annotated[Text, BeforeValidator(_messaged)]
SpanOf = Annotated[Span, BeforeValidator(span)]
Margin = Annotated[int | Span, BeforeValidator(_margin)]
After = Annotated[Span | Literal["notice"], BeforeValidator(_noticed)]
Token = Annotated[str, BeforeValidator(_token)]
Tokens = Annotated[tuple[Token, ...], BeforeValidator(_listed)]
Cel = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
