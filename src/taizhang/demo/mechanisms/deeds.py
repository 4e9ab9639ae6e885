"""A deed is like a step of the years, about whatever register its ledger is about. Pure; `doing` acts it out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from taizhang.demo.story import Step, at

TIP: Final = "tip"  # instead of a ledger: the subject is what the deeds call it
BULLETIN: Final = "bulletin"  # instead of a ledger: the template is the act, the day the subject


@dataclass(frozen=True)
class Deed(Step):
    """One act of a mechanism: `subject` is an area, an organisation, a thing's code or a resident's number."""

    above: tuple[str, str] | None = None  # ledger and name of the case that led to this one
    papers: tuple[str, ...] = ()  # kinds of evidence that come with it
    period: date | None = None  # a day of the period, where a duty of a roster is answered


class Matter:
    """The deeds of one case, in its order."""

    def __init__(self, ledger: str, subject: str, file: str = "", above: tuple[str, str] | None = None) -> None:
        self.ledger, self.subject, self.file, self.above = ledger, subject, file, above
        self.deeds: list[Deed] = []

    @property
    def name(self) -> tuple[str, str]:
        """By which a case that it led to names it."""
        return self.ledger, named(self.subject, self.file)

    def did(self, when: datetime | date, who: str, act: str, /, **given: Any) -> Matter:
        """One more act; a day alone is ten o'clock. `evidence` says how many papers of which kind, `period` which of a roster."""
        papers = tuple(kind for kind, count in given.pop("evidence", {}).items() for _ in range(count))
        period = given.pop("period", None)
        moment = when if isinstance(when, datetime) else at(when, 10)
        self.deeds.append(
            Deed(
                moment,
                who,
                self.subject,
                self.ledger,
                act,
                given,
                file=self.file,
                above=self.above,
                papers=papers,
                period=period,
            )
        )
        return self


def named(subject: str, file: str) -> str:
    """How a case is found again: by its subject, and by the file where there are several."""
    return f"{subject}/{file}" if file else subject
