"""The manual of the language, generated from the schema: every key with its meaning and an example that loads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, get_args

from pydantic import BaseModel

from taizhang.kit.text import Text
from taizhang.ledger import registers, schema, spans
from taizhang.ledger.cel import FUNCTIONS, WINDOWS
from taizhang.ledger.docs import TYPES
from taizhang.ledger.manual_keys import KEYS
from taizhang.ledger.needs import EVIDENCE

_HEADS: Final[Mapping[str, Text]] = {
    "Declaration": Text("台账的十八个键", "The eighteen keys of a ledger"),
    "Field": Text("字段", "Fields"),
    "Stage": Text("环节", "Stages"),
    "Act": Text("办理", "Acts"),
    "Notice": Text("公示", "Notices"),
    "Clock": Text("时限", "Clocks"),
    "Spawn": Text("开启其他事项", "Spawned cases"),
    "Draw": Text("随机抽取", "Draws by lot"),
    "Rule": Text("规则", "Rules"),
    "Roster": Text("名册制任务", "Duties by arithmetic"),
    "Document": Text("编号文书", "Numbered papers"),
    "Indicator": Text("指标", "Indicators"),
    "Story": Text("实例", "Stories"),
    "Step": Text("实例的一步", "A step of a story"),
    "StoryWorld": Text("实例以外的事", "Outside the story"),
}


def part_keys(name: str) -> tuple[str, ...]:
    """The keys of a part of the schema as files write them."""
    part: type[BaseModel] = getattr(schema, name)
    return tuple(info.alias or key for key, info in part.model_fields.items())


def manual() -> str:
    """The whole manual as Markdown, Chinese first."""
    lines = [
        "# 台账语言手册 · Manual of the ledger language",
        "",
        "本手册由 `taizhang ledger docs` 从语法生成，请勿手改。 Generated from the schema; do not edit.",
        "",
        "一本台账是一个 YAML 1.2 文件：字段、环节、办理、时限、指标，加上照着办一遍的实例。"
        "布尔词不能作键，不用锚点；以 `@`、`!` 开头的文字，和 `{ }` 里含逗号、冒号的文字，要加引号。",
        "A ledger is one YAML 1.2 file: fields, stages, acts, clocks, indicators, and stories that are lived through. "
        "No anchors; no truth values as keys; quote a text that begins with `@` or `!`, "
        "and inside `{ }` one that holds a comma or a colon.",
        *_whole(),
    ]
    for name, head in _HEADS.items():
        lines += ["", f"## {head.zh} · {head.en}", "", "| 键 key | 含义 | meaning | 例 example |", "|---|---|---|---|"]
        for key in part_keys(name):
            told = KEYS[name][key]
            example = f"`{told.example}`" if told.example else ""
            lines.append(f"| `{key}` | {told.zh} | {told.en} | {example} |".replace("||", "\\|\\|"))
    return "\n".join([*lines, *_types(), *_conditions(), *_time()]) + "\n"


# A ledger that loads and whose story goes as told; a test lives it.
WHOLE: Final = """ledger: lost_keys
version: 1
zh: 钥匙遗失登记
en: Lost keys
subject: area

fields:
  which:  {zh: 哪把钥匙, en: Which key, type: text}
  doors:  {zh: 涉及几扇门, en: Doors concerned, type: int, min: 1, unit: 扇}
  reason: {zh: 理由, en: Reason, type: text}

stages:
  lost:   {zh: 待处理, en: Lost}
  solved: {zh: 已处理, en: Solved, end: true}
  found:  {zh: 找到了, en: Found again, end: true}

acts:
  report:  {zh: 登记遗失, en: Report, opens: true, to: lost, by: cadre@village, asks: [which, doors], evidence: {photo: 0}}
  replace: {zh: 换锁, en: Replace the lock, from: lost, to: solved, by: reviewer@town, asks: reason,
            needs: {"actor.person != did.report.person": {zh: 登记人不能自己办结, en: Who reported it may not solve it}}}
  find:    {zh: 找到了, en: It was found, aside: true, from: lost, to: found, by: [cadre@village, "@opener"], asks: reason}

clocks:
  solve: {zh: 处理, en: Solve, limit: 5 workdays, during: lost, yellow: 1, owes: reviewer@town}

indicators:
  lost:  {zh: 遗失次数, en: Keys lost, on: report, unit: 次}
  doors: {zh: 涉及门数, en: Doors concerned, on: report, sum: case.doors, unit: 扇}

stories:
  - tells: {zh: 登记后由乡镇换锁, en: Reported by the village and solved by the town}
    area: "410503100201"
    do:
      - {on: 2021-11-08 09:00, act: report, as: cadre@village, hand: 李兰, give: {which: 仓库, doors: 2}, light: green}
      - {on: 2021-11-09 09:00, act: replace, as: reviewer@town, hand: 李兰, give: {reason: 已换锁}, refused: 登记人不能自己办结}
      - {on: 2021-11-16 00:01, act: replace, as: reviewer@town, hand: 王静, refused: reason, light: red}
      - {on: 2021-11-16 10:00, act: replace, as: reviewer@town, hand: 王静, give: {reason: 已换锁}}
    ends: {stage: solved, counts: {lost: 1, doors: 2}}
  - tells: {zh: 钥匙找到了, en: The key turns up}
    do:
      - {on: 2021-11-08 09:00, act: report, as: cadre@village, hand: 李兰, give: {which: 仓库, doors: 1}}
      - {on: 2021-11-09 09:00, act: find, as: "@opener", hand: 李兰, give: {reason: 在车里}}
    ends: {stage: found}
"""


def _whole() -> list[str]:
    return [
        "",
        "## 一个完整的小台账 · A whole small ledger",
        "",
        "文件 `lost_keys.yaml`。每个环节要走得到、走得出，停在那里要有时限（或 `rests: true`）；每个时限要写 `owes`。"
        "两种结果写两项办理。`taizhang ledger check 文件` 一次说出所有错误、行号和改法。",
        "Every stage can be reached and left and has a clock (or `rests: true`); a clock says who `owes` it; two outcomes are two acts. "
        "`taizhang ledger check FILE` tells every fault at once, with its line and what to do.",
        "",
        "岗位写作 `角色@层级`，常用的有 `cadre@village`、`reviewer@town`、`department@district`、`lead@district`、`leader@district`、"
        "`auditor@district`、`helper@district`、`secretary@village`、`enterprise@district`；全部在 `library/roles.yaml`。"
        "Roles are `ROLE@LEVEL`; all of them stand in `library/roles.yaml`.",
        "",
        "目录（`pick` 的 `of`）是 `library/catalogues/` 里的 CSV，第一行 `code,zh,en` 加自己的列；选项少的用 `choice`，不用另建文件。"
        "A catalogue (`of` of a `pick`) is a CSV in `library/catalogues/`, its first line `code,zh,en` and columns of its own; "
        "for a few values a `choice` needs no file.",
        "",
        "```yaml",
        *WHOLE.splitlines(),
        "```",
    ]


def _types() -> list[str]:
    lines = ["", "## 字段类型 · Types", "", "| type | 中文 | English | 在条件中 in conditions |", "|---|---|---|---|"]
    seen = {"money": "int（分；写 `yuan(5000)`）", "int": "int", "number": "double（写 `2.0`）", "bool": "bool",
            "date": "只与日期比较 compares with dates", "table": "list(map)"}  # fmt: skip
    for kind in get_args(schema.FieldType):
        lines.append(f"| `{kind}` | {TYPES[kind].zh} | {TYPES[kind].en} | {seen.get(kind, 'string')} |")
    kinds = "、".join(f"`{kind}` {label.zh}" for kind, label in EVIDENCE.items())
    return [*lines, "", f"佐证种类 · Evidence: {kinds}"]


def _conditions() -> list[str]:
    attributes = [f"`{register}`: {', '.join(names)}" for register, names in registers.REGISTERS.items()]
    return [
        "",
        "## 条件 · Conditions (CEL)",
        "",
        "未填的字段是“未知”，未知即不成立。条件里不能谈时间，时间只在 clocks、after、within、notice 里。",
        "A field that is not filled in is unknown, and what is unknown is not met. "
        "No time in conditions: it lives in clocks, after, within, notice.",
        "",
        "| 名称 name | 含义 meaning |",
        "|---|---|",
        "| `case.FIELD` | 字段；pick 字段还有 `case.FIELD.COLUMN`（目录的列） · a field; of a pick also the catalogue's columns |",
        "| `known.FIELD` | 是否已填 · whether it is filled in |",
        "| `entry.FIELD` | 本条记录的事实 · a fact of this entry |",
        "| `actor.person`, `actor.org`, `actor.id` | 经办人 · who acts |",
        "| `did.ACT.person/org/count/persons/orgs` | 最后一次是谁、几次（没办过是 0） · who did it last, how often (else 0) |",
        "| `changed` | 本次改了哪些字段 · the fields that this act changes |",
        "| `missing.ACT` | `each` 中还没办的 · who has still to do it |",
        "| `subject.ATTRIBUTE` | 对象的属性 · an attribute of the subject |",
        "| `policy.NAME` | 当天当地有效的政策数 · the number in force that day and there |",
        "| `children.LEDGER.open/count` | 由本事项开启的 · cases it spawned |",
        "| `stage` | 现处环节 · where the case stands |",
        "| `late.CLOCK`, `lit.CLOCK` | 指标中：是否超期、灯色；`set` 中只有前者 · in indicators; in `set` lateness alone |",
        f"| `total('ledger.indicator', 'month')` | 其他台账的指标；期间 {', '.join(WINDOWS)} · a figure of another ledger |",
        f"| {', '.join(f'`{name}`' for name in FUNCTIONS)} | 函数 · functions |",
        "",
        "名册属性 · Attributes of registers: " + "；".join(attributes),
    ]


def _time() -> list[str]:
    periods = "、".join(f"`{period}` {text.zh}" for period, text in spans.PERIOD_TEXT.items())
    return [
        "",
        "## 时间怎样算 · How time is counted",
        "",
        "- 时长写作 `15 days`、`10 workdays`、`2 hours`、`6 months`、`policy.NAME`，或随情形而定："
        '`{days: "case.near ? 1 : 10"}`（hours、days、workdays、months）。 Durations, fixed or by a condition.',
        "- 一天在它的午夜过去时才算一天：3月1日起 15 天，3月17日 0:00 转红。 A day counts when its midnight passes.",
        "- 五天公示 6 日张贴，11 日 0:00 期满；停计的午夜不算。 A five-day notice posted on the 6th is over on the 11th.",
        "- 暂停的时限保持灯色；多个起点以最后一次为准。 A paused clock keeps its colour; of several starts the last counts.",
        "- 漏掉的周期不累积，也补不回来。 Missed periods neither pile up nor come back.",
        f"- 周期 · Periods: {periods}",
    ]
