"""A signature that a case asks of somebody stands on their home page until it is given."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from taizhang.core.clock import Standing
from taizhang.core.models import Evidence
from taizhang.core.models.fields import new_id
from taizhang.core.moves import cases
from taizhang.core.queries import signing
from tests.conftest import NOW
from tests.district import SmallDistrict

if TYPE_CHECKING:
    from tests.client import Client

pytestmark = pytest.mark.django_db
VISIT = {
    "persons": 3, "wage": 900_000, "business": 0, "property": 0, "transfer": 100_000, "cost": 0, "claims": 0, "self_paid": 600_000,
    "housing": True, "education": True, "water": True, "insurance": True, "food": True, "clothing": True, "risk_1": "ILLNESS",
    "category": "UNSTABLE", "situation": "户主住院，自付较多",
}  # fmt: skip


@pytest.mark.parametrize("second", ["second_cadre", "neighbour"])
def test_the_second_visitor_finds_the_case_under_what_waits_for_a_signature(
    people: SmallDistrict, clue: UUID, enter: Callable[[str], Client], second: str
) -> None:
    clock = Standing(NOW)
    assert "待我签字" not in enter(second).get("/").content.decode()
    given = {**VISIT, "second": str(people.accounts[second].pk)}
    cases.act(people.actor("cadre", NOW), clue, "visit", given=given, clock=clock)
    told = enter(second).get("/").content.decode()
    section = re.search(r'aria-labelledby="to-sign".*?</section>', told, re.DOTALL)
    assert section is not None
    assert "申稻香户：第二核查人签名" in section[0]
    assert f"/cases/{clue}/cosign/" in section[0]
    assert "待我签字" not in enter("cadre").get("/").content.decode()
    signature = Evidence.objects.create(
        id=new_id(), kind="signature", digest="0" * 64, size=1, media_type="image/png", account=people.accounts[second], received=NOW
    )  # fmt: skip
    cases.act(people.actor(second, NOW), clue, "cosign", given={}, evidence=[signature.pk], clock=clock)
    assert signing.unsigned(people.actor(second, NOW), NOW) == ()
