"""Whether a draw makes sense: the table it fills, its columns, the number it keeps, and who may not go where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from taizhang.kit.text import Text
from taizhang.ledger.registers import THINGS
from taizhang.ledger.schema import Draw, Ledger

Path = tuple[str | int, ...]
Found = tuple[Path, str, Text]


def faults(ledger: Ledger, others: Mapping[str, Ledger], path: Path, draw: Draw) -> Iterator[Found]:
    """Faults of one draw."""
    if draw.from_ not in THINGS:
        yield (*path, "from"), "draw_register", Text(
            f"只能从 {'、'.join(THINGS)} 名册中抽取。", f"a draw is from one of {', '.join(THINGS)}.")  # fmt: skip
    wanted = {draw.target: draw.from_, **dict.fromkeys(draw.hands, "person")}
    yield from _table(ledger, path, "into", draw.into, wanted)
    if draw.pool is not None:
        yield from _table(ledger, path, "pool", draw.pool, {draw.target: draw.from_})
    seed = ledger.fields.get(draw.seed)
    if seed is None or seed.type != "int":
        yield (*path, "seed"), "draw_seed", Text("seed 要写一个整数字段。", "seed names a whole-number field.")
    if bool(draw.hands) != (draw.among is not None):
        yield (*path, "hands"), "draw_hands", Text("hands 和 among 要一起写。", "hands and among go together.")
    if draw.conflicts is not None and (table := ledger.fields.get(draw.conflicts)) is not None:
        if table.column_of("person") is None or table.column_of(draw.from_) is None:
            yield (*path, "conflicts"), "draw_conflicts", Text(
                "conflicts 的表要有一列人员和一列抽取对象。",
                "the table of conflicts has a column for a person and one for the row.")  # fmt: skip
    elif draw.conflicts is not None:
        yield (
            (*path, "conflicts"),
            "unknown_field",
            Text(f"没有“{draw.conflicts}”这个字段。", f"there is no field “{draw.conflicts}”."),
        )
    for name, length in draw.spared.items():
        if length.cel is not None:
            yield (
                (*path, "spared", name),
                "draw_spared",
                Text("spared 的时长要固定，或用政策数。", "how long is spared is fixed, or a policy number."),
            )
        if name not in others:
            yield (
                (*path, "spared", name),
                "unknown_ledger",
                Text(f"没有“{name}”这本台账。", f"there is no ledger “{name}”."),
            )


def _table(ledger: Ledger, path: Path, key: str, name: str, columns: Mapping[str, str]) -> Iterator[Found]:
    table = ledger.fields.get(name)
    if table is None or table.type != "table" or table.sealed:
        yield (*path, key), "draw_table", Text(
            f"“{name}”要是一个没有文字列的表格字段。", f"“{name}” must be a table field without columns of text.")  # fmt: skip
        return
    for column, kind in columns.items():
        if column not in table.columns or table.columns[column].type != kind:
            yield (*path, key), "draw_column", Text(
                f"表格“{name}”要有类型为 {kind} 的列“{column}”。",
                f"the table “{name}” needs a column “{column}” of type {kind}.")  # fmt: skip
