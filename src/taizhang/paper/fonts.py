"""The faces a document is set in, by role: the office's own where it has them, else those that came with the program.

The faces that official documents are written in (GB/T 9704-2012 names 小标宋, 仿宋, 黑体, 楷体) may not be shipped:
an office that owns them puts the files into `library/fonts`, and they are used from then on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal

import typst

from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text

Role = Literal["fang", "song", "hei", "kai", "digits"]
BUNDLED: Final = Path(__file__).with_name("fonts")
SYSTEM: Final = Path("/usr/share/fonts")
# For each role the families that will do, the right one first; the last of each is one that we bring.
FAMILIES: Final[Mapping[Role, tuple[str, ...]]] = {
    "fang": ("FangSong_GB2312", "仿宋_GB2312", "FangSong", "仿宋", "STFangsong", "FandolFang R", "Noto Serif SC"),
    "song": ("FZXiaoBiaoSong-B05S", "方正小标宋简体", "方正小标宋_GBK", "FandolSong", "Noto Serif SC"),
    "hei": ("SimHei", "黑体", "STHeiti", "FandolHei", "Noto Sans SC"),
    "kai": ("KaiTi_GB2312", "楷体_GB2312", "KaiTi", "楷体", "STKaiti", "FandolKai", "LXGW WenKai", "Noto Serif SC"),
    "digits": ("SimSun", "宋体", "STSong", "Noto Serif SC"),
}
# Where the face of a role lacks a character (rare ones in names), the next of these that has it.
RARE: Final = ("Noto Serif SC", "Noto Serif CJK SC", "Noto Sans CJK SC")


@dataclass(frozen=True, eq=False)  # one is itself: a compiler is kept for each
class Faces:
    """What there is to set with."""

    fonts: typst.Fonts
    families: Mapping[Role, tuple[str, ...]]  # those that are there, by role, then those for rare characters


def found(own: Path | None = None, *, system: bool = True) -> Faces:
    """The faces in the office's folder, in the program's and, for the rarest characters, on the machine; kept per process.

    Raises Refusal("no_fonts") where there is no Chinese face at all.
    """
    return _found(own if own is not None and own.is_dir() else None, system)


@lru_cache(maxsize=4)
def _found(own: Path | None, system: bool) -> Faces:
    folders = [str(one) for one in (own, BUNDLED, SYSTEM if system else None) if one is not None and one.is_dir()]
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=folders)
    there = {name.lower(): name for name in fonts.families()}
    families = {
        role: tuple(dict.fromkeys(there[name.lower()] for name in (*names, *RARE) if name.lower() in there))
        for role, names in FAMILIES.items()
    }
    if not all(families.values()):
        raise Refusal(
            "no_fonts",
            Text("这台机器上没有能排版的中文字体。", "There is no Chinese font on this machine to set papers in."),
            Text(
                "请运行 make setup，或把字体文件放进 library/fonts。",
                "Run make setup, or put font files into library/fonts.",
            ),
        )
    return Faces(fonts, families)
