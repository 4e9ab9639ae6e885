"""Opening a workbook from outside: in a caged child process, with every refusal as a sentence."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text

MEGABYTE: Final = 1 << 20
CAGE: Final = Path(__file__).with_name("cage.py")


@dataclass(frozen=True)
class WorkbookLimits:
    """What one workbook may be and may use."""

    file_bytes: int = 64 * MEGABYTE
    parts: int = 600
    part_bytes: int = 800 * MEGABYTE
    ratio: int = 100
    rows: int = 500_000
    columns: int = 512
    cells: int = 20_000_000
    memory_bytes: int = 3072 * MEGABYTE
    cpu_seconds: int = 120


@dataclass(frozen=True)
class Unpacked:
    """A sheet written out as CSV: the row number first, then `width` cells, all as text."""

    path: Path
    sheet: str
    width: int


_NEW_FILE: Final = Text(
    "请把数据复制到新的工作簿，另存为 xlsx 再送。", "Copy the rows into a new workbook, save it as xlsx and send that."
)
_SPLIT: Final = Text("请拆成几个文件，或另存为 CSV。", "Split it into several files, or save it as CSV.")


def unpack(path: Path, target: Path, *, words: Iterable[str], limits: WorkbookLimits | None = None) -> Unpacked:
    """Write the rows of the sheet that carries the header (some of `words`) to `target`.

    Raises Refusal when the file is no workbook, hostile, or larger than the limits; nothing is parsed in this process.
    """
    limits = limits or WorkbookLimits()
    order = {
        "source": str(path.absolute()),
        "target": str(target.absolute()),
        "words": sorted(words),
        "limits": asdict(limits),
    }
    try:
        child = subprocess.run(
            [sys.executable, "-I", str(CAGE)],
            input=json.dumps(order).encode(),
            capture_output=True,
            timeout=limits.cpu_seconds * 3,
            env={"PYTHONDONTWRITEBYTECODE": "1"},
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _refusal(path, "time", {}) from None
    if child.returncode != 0:
        raise _refusal(path, "time" if child.returncode in (-24, -9) else "memory", {})
    answer: dict[str, Any] = json.loads(child.stdout)
    if "refused" in answer:
        raise _refusal(path, answer["refused"], answer)
    return Unpacked(target, answer["sheet"], answer["width"])


_MEGABYTES: Final[Callable[[int], str]] = lambda size: f"{size / MEGABYTE:.0f} MB"  # noqa: E731
_SENTENCES: Final[Mapping[str, tuple[Text, Text]]] = {
    "file_size": (Text("文件太大（{size}）。", "The file is too large ({size})."), _SPLIT),
    "no_workbook": (
        Text("不是可以读取的 xlsx 工作簿。", "It is no xlsx workbook that can be read."),
        Text("请用表格软件打开后另存为 xlsx 或 CSV。", "Open it in a spreadsheet program and save it as xlsx or CSV."),
    ),
    "parts": (Text("工作簿内部零件过多（{parts} 个）。", "The workbook has too many parts ({parts})."), _NEW_FILE),
    "encrypted": (Text("工作簿加了密码。", "The workbook is protected by a password."), Text("请去掉密码再送。", "Remove the password and send it again.")),
    "padding": (Text("解开后有 {size}，远大于文件本身，可能是填充过的文件。", "It unpacks to {size}, far more than the file: it may be padded."), _NEW_FILE),
    "encoding": (Text("工作簿内部编码不合规范。", "The workbook is written in an unusual encoding."), _NEW_FILE),
    "dtd": (Text("工作簿里有不允许的文档类型声明（DTD）。", "The workbook contains a document type declaration (DTD), which is not allowed."), _NEW_FILE),
    "range": (Text("工作表声明的区域到第 {rows} 行、第 {columns} 列，超出可读范围。", "The sheet declares a range up to row {rows} and column {columns}, beyond what is read."), _NEW_FILE),
    "rows": (Text("工作表超过 {limit} 行。", "The sheet has more than {limit} rows."), _SPLIT),
    "sheets": (
        Text("有几张工作表都带有这个数据项的表头：{names}。", "Several sheets carry the header of this feed: {names}."),
        Text("请每张表另存为一个文件，以免漏读。", "Save each sheet as a file of its own, so that no row is lost."),
    ),
    "empty": (Text("工作簿里没有数据。", "There is nothing in the workbook."), Text("请检查是否送错了文件。", "See whether it is the right file.")),
    "memory": (Text("读取时超出内存上限，已停止。", "Reading it took more memory than allowed and was stopped."), _SPLIT),
    "time": (Text("读取超时，已停止。", "Reading it took too long and was stopped."), _SPLIT),
    "unreadable": (Text("工作簿内容无法读取。", "The workbook cannot be read."), _NEW_FILE),
}  # fmt: skip


def _refusal(path: Path, code: str, figures: Mapping[str, Any]) -> Refusal:
    text, fix = _SENTENCES[code]
    shown = {key: _MEGABYTES(value) if key == "size" else "、".join(value) if isinstance(value, list) else value
             for key, value in figures.items()}  # fmt: skip
    named = Text(f"文件 {path.name}：", f"File {path.name}: ")
    filled = text.fill(**shown)
    return Refusal(f"workbook_{code}", Text(named.zh + filled.zh, named.en + filled.en), fix, dict(figures))
