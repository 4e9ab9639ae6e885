"""Every address x every post x own, parent and sibling area x reading and writing, against the table in rights.yaml."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from django.db.models import Q, QuerySet

from taizhang.core import access
from taizhang.core.models import Case
from tests.rights import check
from tests.rights.table import Table, law

if TYPE_CHECKING:
    from tests.rights.scene import Scene

# in parts, so that two processes share them; every person of the table stands in one (which the last test holds)
PARTS = (
    "cadre police ended anonymous locked", "reviewer medical newcomer", "deputy civil future", "lead",
    "second_cadre water disabled", "leader neighbour", "auditor housing",
    "stranger other_reviewer system_admin security_admin",
)  # fmt: skip
ENOUGH = 4_000


def test_every_address_of_the_site_has_a_row_in_the_table() -> None:
    named, rows = check.names(), {row["url"] for row in law()["pages"]}
    assert [name for name in named if name not in rows] == [], "addresses without a row in tests/rights/rights.yaml"
    assert [name for name in rows if name not in named] == [], "rows of addresses that are gone"


@pytest.mark.slow
@pytest.mark.parametrize("people", PARTS)
def test_every_cell_of_the_table_is_answered_as_it_says(
    scene: Scene, people: str, record_property: Callable[[str, object], None]
) -> None:
    cells, wrong = check.check(scene, people.split())
    record_property("counted: cells of the rights table held", cells)
    assert not wrong, f"{len(wrong)} of {cells} cells, the first:\n" + "\n".join(wrong[:80])


@pytest.mark.slow
def test_the_table_has_thousands_of_cells_and_tries_everybody(scene: Scene) -> None:
    table = Table(scene)
    assert sum(1 for person in table.people for _ in table.cells(person)) >= ENOUGH
    assert sorted(" ".join(PARTS).split()) == sorted(person.key for person in table.people)


def _everywhere(field: str, paths: object) -> Q:
    """The scope filter taken out: every row of the country."""
    return Q(**{f"{field}__gte": ""})


def _every_case(actor: object) -> QuerySet[Case]:
    return Case.objects.all()


@pytest.mark.slow
@pytest.mark.parametrize(("name", "without"), [("within", _everywhere), ("cases_for", _every_case)])
def test_without_the_scope_filter_the_table_fails(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, name: str, without: object
) -> None:
    some = {
        "people": ["stranger", "neighbour"],
        "urls": ["case", "household", "search", "ledger", "evidence", "notice"],
    }
    asked, wrong = check.check(scene, **some)
    assert (asked > 200, wrong) == (True, [])
    monkeypatch.setattr(access, name, without)
    asked, wrong = check.check(scene, **some)
    assert len(wrong) > 10
    assert any("must not read" in fault for fault in wrong)
