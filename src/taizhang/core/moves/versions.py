"""Rows of the registers as versions: where they come from, and new versions of people written in bulk."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from taizhang.core import profiles, seals
from taizhang.core.models import NameToken, ResidentVersion
from taizhang.core.profiles import Profile

HEAD: Final = "户主"
SLICE: Final = 500  # rows or ids in one statement


@dataclass(frozen=True)
class Source:
    """Where versions come from: the day they hold from, the batch and the entry that said so."""

    day: date
    entry: uuid.UUID
    batch: uuid.UUID | None = None

    def of(self) -> dict[str, Any]:
        """The columns of a version."""
        return {"valid_from": self.day, "batch_id": self.batch, "entry_id": self.entry}


def phone_index(phone: str) -> str | None:
    """The keyed digest of a telephone's digits; None for none."""
    digits = "".join(filter(str.isdigit, phone))
    return seals.index("phone", digits) if digits else None


def write_profiles(people: Sequence[tuple[uuid.UUID, Profile]], source: Source) -> None:
    """Give people a new version each, with sort key and search tokens; what was there before ends on that day."""
    ids = [identity for identity, _ in people]
    keys = seals.keys_of("resident", ids)
    for some in slices(ids):
        ResidentVersion.objects.filter(resident_id__in=some, valid_to=None).update(valid_to=source.day)
        NameToken.objects.filter(resident_id__in=some).delete()
    versions, tokens = [], []
    for identity, profile in people:
        version = ResidentVersion(
            resident_id=identity, sort_key=profiles.sort_key(profile.name), born=profile.born, died=profile.died,
            **source.of(),
        )  # fmt: skip
        version.sealed = seals.seal(keys[identity], profiles.resident_place(version.pk), profile.sealed())
        versions.append(version)
        tokens += [NameToken(resident_id=identity, token=token) for token in seals.name_tokens(profile.name)]
    ResidentVersion.objects.bulk_create(versions, batch_size=SLICE)
    NameToken.objects.bulk_create(tokens, batch_size=1000)


def dead(residents: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Those of whom the register knows that they died."""
    rows = ResidentVersion.objects.filter(resident__in=set(residents), valid_to=None)
    return set(rows.exclude(died=None).values_list("resident", flat=True))


def slices(items: Sequence[Any]) -> Iterable[list[Any]]:
    """The items in pieces of SLICE."""
    return (list(items[at : at + SLICE]) for at in range(0, len(items), SLICE))
