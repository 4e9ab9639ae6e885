"""What an act brings along: files that were kept for it, and records of other ledgers that show it already."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from taizhang.core import access, citing, statements
from taizhang.core.models import Cited, Entry, Evidence
from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text
from taizhang.ledger.schema import Ledger


@dataclass(frozen=True)
class Brought:
    """The kept files and the cited records of an act."""

    files: Sequence[Evidence] = ()
    records: Sequence[Entry] = ()

    @property
    def counted(self) -> dict[str, int]:
        """How many files of each kind; a record is no file."""
        return dict(Counter(file.kind for file in self.files))

    def link(self, entry: uuid.UUID) -> None:
        """Join them to the entry that is about to be written. Raises Refusal("evidence_used")."""
        statements.insert_values(Cited, [{"entry_id": entry, "record_id": record.pk} for record in self.records])
        if not all(statements.update(Evidence, {"entry": entry}, pk=file.pk, entry=None) for file in self.files):
            raise Refusal(
                "evidence_used",
                Text("有的附件已经用在别的记录里。", "Some evidence already belongs to another entry."),
                Text("请重新上传。", "Please upload it again."),
            )


def by(
    actor: access.Actor, law: Ledger, act: str, organisation: uuid.UUID | None, evidence: Sequence[uuid.UUID | str]
) -> Brought:
    """What an actor brings by id: kept files of their own that were not used before, and records that the act may cite.

    Raises Refusal("evidence_unknown").
    """
    if not evidence:
        return Brought()
    named = list(dict.fromkeys(str(one) for one in evidence))
    files = [row for one in named for row in statements.find(Evidence, pk=one, entry=None, account=actor.account)]
    rest = set(named) - {str(file.pk) for file in files}
    cited = citing.standing(citing.records(actor, law, act, organisation).filter(pk__in=rest)) if rest else []
    if len(files) + len(cited) != len(named):
        raise Refusal(
            "evidence_unknown",
            Text(
                "有的附件或引用的记录没有找到，或已用在别的记录里。",
                "Some evidence or some record that was named was not found, or belongs to another entry.",
            ),
            Text("请重新上传，或重新勾选。", "Please upload it again, or tick it again."),
        )
    return Brought(files, cited)
