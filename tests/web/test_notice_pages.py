"""The notice board: open to anyone with surnames only, the full name on the village's sheet, gone when its days are over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest

from taizhang.core import chain
from taizhang.core.models import Case, District, Notice
from taizhang.web.pages import notices
from tests.client import Client
from tests.conftest import NOW

Enter = Callable[[str], Client]
pytestmark = pytest.mark.django_db


@pytest.fixture
def notice(clue: UUID) -> Notice:
    """A list that hangs since this morning for five days."""
    case = Case.objects.get(pk=clue)
    case.data = {**case.data, "persons": 3, "category": "MARGINAL"}
    case.save(update_fields=["data"])
    draft = chain.Draft(
        kind="act", received=NOW, area=case.area_path, case=case.pk, n=case.n + 1, ledger=case.ledger,
        edition=case.edition_id, act="post", hand="system",
    )  # fmt: skip
    made = Notice.objects.create(
        case=case, entry_id=draft.id, area_path=case.area_path, show=["subject", "persons", "category"],
        starts=NOW - timedelta(hours=1), ends=NOW + timedelta(days=5),
    )  # fmt: skip
    chain.append(draft)
    return made


def test_anyone_reads_the_board_and_sees_a_surname_only(notice: Notice) -> None:
    shown = Client().get("/notices/").content.decode()
    assert "申*" in shown
    assert "申稻香" not in shown
    assert "柏庄村" in shown
    assert "对公示内容有异议的" in shown


def test_the_sheet_has_the_whole_name_for_those_who_may_see_the_case(notice: Notice, enter: Enter) -> None:
    sheet = enter("cadre").get(f"/notices/{notice.pk}/").content.decode()
    assert "申稻香" in sheet
    assert "柏庄村拟将下列农户纳入防止返贫监测" in sheet
    assert enter("stranger").get(f"/notices/{notice.pk}/").status_code == 404
    assert Client().get(f"/notices/{notice.pk}/").status_code == 302


def test_a_notice_is_gone_when_its_days_are_over(notice: Notice) -> None:
    District.objects.update(clock_offset=District.objects.get().clock_offset + 6 * 86_400)
    shown = Client().get("/notices/").content.decode()
    assert "申*" not in shown
    assert "现在没有公示" in shown


def test_a_fact_outside_the_list_never_hangs(notice: Notice) -> None:
    Notice.objects.update(show=["subject", "persons", "category", "hint"])
    assert "医疗支出大" not in Client().get("/notices/").content.decode()


@pytest.mark.parametrize(("name", "shown"), [("申稻香", "申*"), ("欧阳明月", "欧阳*"), ("", ""), ("王", "王*")])
def test_a_name_on_an_open_page_is_its_surname_and_a_star(name: str, shown: str) -> None:
    assert notices.surname(name) == shown
