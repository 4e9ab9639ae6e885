"""Fields of a ledger's form as fields of a page, and what a page sends as the raw text a form reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.http import QueryDict
from django.utils.translation import gettext as _

from taizhang.core.queries.forms import Choices
from taizhang.kit import money
from taizhang.ledger.forms import EvidenceSpec, FieldSpec
from taizhang.ledger.schema import POINTING
from taizhang.web import shown, words
from taizhang.web.templatetags.said import said

VISIBLE: Final = 6  # so many choices stand open; more go into a list
SPARE: Final = 3  # empty rows of a table, for those without scripts too


def field(
    spec: FieldSpec, choices: Mapping[str, Choices], typed: QueryDict | None, wrong: Mapping[str, str]
) -> shown.Field:
    """One field as it is drawn: with what was typed, else with what the case already knows."""
    values = typed.getlist(spec.key) if typed is not None else _known(spec)
    hint = said(spec.hint) if spec.hint else ""
    conditional = spec.when is not None
    if conditional:
        hint = f"{_('视情况填；用不着就空着。')}{hint}"
    elif _known(spec):
        hint = f"{_known_since(spec)}{hint}"
    made: dict[str, Any] = {
        "name": spec.key, "label": said(spec.label), "required": spec.required and not conditional, "hint": hint,
        "error": wrong.get(spec.key, ""), "unit": words.unit(spec.unit or ("元" if spec.type == "money" else "")),
        "sealed": spec.type == "text" or bool(spec.sensitive),
    }  # fmt: skip
    if spec.type == "table":
        return _table(spec, choices, typed, made)
    options = _options(spec, choices)
    if options is not None:
        picked = set(values)
        shown_choices = [shown.Choice(value, label, value in picked) for value, label in options]
        kind = "check" if spec.many or len(options) <= VISIBLE else "select"
        return shown.Field(**made, kind=kind, choices=shown_choices, many=spec.many)
    value = values[0] if values else ""
    if spec.type == "text":
        return shown.Field(**made, kind="long", value=value)
    kind = "date" if spec.type == "date" else "text"
    figure = spec.type in ("money", "int", "number")
    return shown.Field(**made, kind=kind, value=value, figure=figure, narrow=True)


def _known_since(spec: FieldSpec) -> str:
    if spec.known_on is None:
        return _("台账里已有，核对后可改。")
    return _("%(day)s 的答复，有变化才改。") % {"day": spec.known_on.isoformat()}


def paper(spec: EvidenceSpec, wrong: Mapping[str, str], *, kept: bool) -> shown.Field:
    """A field for papers of one kind."""
    pictures = spec.kind in ("photo", "located_photo", "signature")
    hint = _("照片或 PDF，一份不超过 10 MB；可以一次选几份。")
    if spec.least:
        hint = _("至少 %(n)d 份。") % {"n": spec.least} + hint
    if kept:
        hint = _("已传上来的不用再选。") + hint
    name = f"paper-{spec.kind}"
    return shown.Field(
        name, said(spec.label), kind="file", many=True, required=spec.least > 0, hint=hint, error=wrong.get(name, ""),
        accept="image/*" if pictures else "image/*,.pdf,.docx,.xlsx",
    )  # fmt: skip


def raw(spec: FieldSpec, sent: QueryDict) -> Any:
    """What a page sent for a field: texts, or rows of texts."""
    if spec.type != "table":
        return sent.getlist(spec.key)
    rows = []
    for number in range(_rows_sent(spec, sent)):
        rows.append({column.key: sent.get(f"{spec.key}-{number}-{column.key}", "") for column in spec.columns})
    return rows


def _rows_sent(spec: FieldSpec, sent: QueryDict) -> int:
    numbers = [name.split("-")[1] for name in sent if name.startswith(f"{spec.key}-") and name.count("-") == 2]
    return max((int(number) + 1 for number in numbers if number.isdecimal() and len(number) < 4), default=0)


def _known(spec: FieldSpec) -> list[str]:
    value = spec.known_value
    if value is None or isinstance(value, Mapping):
        return []  # a sealed value is not sent to be typed over
    if isinstance(value, list | tuple):
        return [_plain(spec, one) for one in value if not isinstance(one, Mapping)]
    return [_plain(spec, value)]


def _plain(spec: FieldSpec, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if spec.type == "money" and isinstance(value, int):
        return money.show(value)
    return str(value)


def _options(spec: FieldSpec, choices: Mapping[str, Choices]) -> Sequence[tuple[str, str]] | None:
    """What can be chosen in a field; None for a field that is typed."""
    if spec.type in ("choice", "pick"):
        return [(option.value, said(option.label)) for option in spec.choices]
    if spec.type == "bool":
        return [("true", _("是")), ("false", _("否"))]
    if spec.type in POINTING:
        return choices.get(f"{spec.type}:{spec.kind}") or choices.get(spec.type, ())
    return None


def _table(
    spec: FieldSpec, choices: Mapping[str, Choices], typed: QueryDict | None, made: Mapping[str, Any]
) -> shown.Field:
    known = spec.known_value if isinstance(spec.known_value, list) else []
    filled = _rows_sent(spec, typed) if typed is not None else len(known)
    columns = [shown.Field(column.key, said(column.label), unit=words.unit(column.unit)) for column in spec.columns]
    rows = []
    for number in range(max(filled, len(known)) + (SPARE if typed is None else 1)):
        cells = []
        for column in spec.columns:
            name = f"{spec.key}-{number}-{column.key}"
            before = (
                known[number].get(column.key) if number < len(known) and isinstance(known[number], Mapping) else None
            )
            value = typed.get(name, "") if typed is not None else "" if before is None else _plain(column, before)
            options = _options(column, choices)
            cells.append(
                shown.Field(
                    name, said(column.label), value=value, kind="date" if column.type == "date" else "text",
                    choices=[shown.Choice(one, label, one == value) for one, label in options or ()],
                )
            )  # fmt: skip
        rows.append(cells)
    return shown.Field(**made, kind="table", columns=columns, rows=rows)
