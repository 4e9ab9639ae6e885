"""Who and what a form offers to choose: those that the field can mean, and nobody else."""

from __future__ import annotations

from pathlib import Path

import pytest

from taizhang.core.queries import forms
from tests.conftest import FixedClock
from tests.core import county as counties
from tests.core.county import County

pytestmark = pytest.mark.django_db


def offered(county: County) -> dict[str, str]:
    """The persons offered as the second one at the well."""
    asked = county.ask(county.household())
    form = forms.of_act(county.who("cadre"), asked.case, "look", county.clock.now())
    field = next(field for field in form.form.fields if field.key == "second")
    return dict(form.choices["person" if field.kind is None else f"person:{field.kind}"])


def test_a_person_field_offers_the_posts_over_the_area_nearest_first_and_no_department_or_helper(
    clock: FixedClock,
) -> None:
    county = counties.build(clock)
    counties.helper(county, "周帮")
    wanted = [county.account(key) for key in ("cadre", "second_cadre", "reviewer")]
    found = list(offered(county))
    assert set(found[:2]) == set(wanted[:2])
    assert found[2] == wanted[2]
    assert set(found[3:]) <= {county.account(key) for key in ("lead", "leader")}


def test_a_person_field_of_a_role_offers_whoever_holds_it_with_the_unit(
    clock: FixedClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for file in counties.LEDGERS.glob("*.yaml"):
        text = file.read_text(encoding="utf-8")
        (tmp_path / file.name).write_text(
            text.replace("en: The other one, type: person", "en: The other one, type: person, of: helper@district")
        )
    monkeypatch.setattr(counties, "LEDGERS", tmp_path)
    county = counties.build(clock)
    one, other = counties.helper(county, "周帮"), counties.helper(county, "郑帮")
    unit = county.organisations["medical"].name
    assert offered(county) == {str(one.pk): f"周帮（{unit}）", str(other.pk): f"郑帮（{unit}）"}
