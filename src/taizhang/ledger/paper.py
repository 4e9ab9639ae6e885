"""A ledger's documentation page as Markdown: what a bureau reads and signs off, or keeps beside its copy of the file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from taizhang.kit.text import Text
from taizhang.ledger.docs import Page


def markdown(page: Page, language: str = "zh") -> str:
    """The page in one language: who may do what, by when, with which evidence, and which figures follow."""

    def word(text: Text | None) -> str:
        return text.within(language) if text is not None else "—"

    def words(texts: Iterable[Text]) -> str:
        return ("; " if language.startswith("en") else "；").join(word(text) for text in texts) or "—"

    heads = _EN if language.startswith("en") else _ZH
    lines = [f"# {word(page.label)}", "", heads["edition"].format(page=page), ""]
    lines += _table(
        heads["acts"],
        [
            [word(act.label), words(act.by), words(act.comes_from), word(act.to), words((*act.asks, *act.may, *act.evidence)),
             words((*(sentence for sentence, _ in act.needs), *act.waits)), words(act.effects)]
            for act in page.acts
        ],
    )  # fmt: skip
    lines += _table(
        heads["clocks"],
        [
            [word(clock.label), word(clock.limit), word(clock.starts), word(clock.stops), words(clock.pauses),
             word(clock.reminder), word(clock.owes)]
            for clock in page.clocks
        ],
    )  # fmt: skip
    lines += _table(heads["figures"], [[word(row.label), word(row.counts), row.unit or "—"] for row in page.figures])
    lines += [f"## {heads['stories']}", "", *(f"- {word(story)}" for story in page.stories), ""]
    return "\n".join(lines)


_ZH = {
    "edition": "第 {page.version} 版 · `{page.digest}`",
    "acts": "谁能办什么|办理|谁能办|从哪一步|到哪一步|填什么、附什么|条件|随之发生",
    "clocks": "什么时候办完|时限|多久|从何算起|到何为止|何时暂停|提醒|谁的灯",
    "figures": "统计|统计数|怎么数|单位",
    "stories": "例子（每次检查都要跑通）",
}
_EN = {
    "edition": "Version {page.version} · `{page.digest}`",
    "acts": "Who may do what|Act|By|From|To|Asks|Needs|Leads to",
    "clocks": "By when|Clock|Limit|From|Until|Pauses|Reminder|Whose light",
    "figures": "Figures|Figure|Counts|Unit",
    "stories": "Stories (run at every check)",
}


def _table(heads: str, rows: Sequence[Sequence[str]]) -> list[str]:
    title, *columns = heads.split("|")
    body = ["| " + " | ".join(cell.replace("|", "／").replace("\n", " ") for cell in row) + " |" for row in rows]
    return [f"## {title}", "", "| " + " | ".join(columns) + " |", "|---" * len(columns) + "|", *body, ""]
