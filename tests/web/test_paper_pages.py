"""Papers printed for households of every shape: what stands on them, who may, and what is noted."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pypdf
import pytest
from django.conf import LazySettings
from django.urls import reverse

from taizhang.core import access, editions
from taizhang.core.clock import Standing
from taizhang.core.models import Case, Entry, Household, HouseholdVersion, Membership, Resident, ResidentVersion
from taizhang.core.moves import printing, snapshots
from taizhang.core.queries import papers
from taizhang.kit.refusal import NotFound, Refusal
from tests.client import Client
from tests.conftest import NOW
from tests.district import SmallDistrict
from tests.web import scene

Enter = Callable[[str], Client]
pytestmark = pytest.mark.django_db
CLOCK = Standing(NOW)
NUMBER = scene.number(1, "19690101")
OF_THE_CASE = ("verification_form", "authorisation", "review_minutes", "notice", "announcement")
OF_THE_HOME = ("assistance_plan", "visit_sheet", "household_card")


def words(content: bytes) -> str:
    """The text of a PDF without blanks."""
    pages = pypdf.PdfReader(io.BytesIO(content)).pages
    return "".join("".join(page.extract_text().split()) for page in pages)


@dataclass
class Printer:
    """A person at the printer, with a household and a case about it."""

    people: SmallDistrict
    home: UUID
    case: UUID

    def actor(self, key: str = "cadre") -> access.Actor:
        """Somebody of the district."""
        return self.people.actor(key, NOW)

    def prints(self, name: str, key: str = "cadre", reason: str = "入户核实用") -> str:
        """The words of a paper, filled in."""
        if name in OF_THE_CASE:
            return words(printing.for_case(self.actor(key), self.case, name, reason=reason, clock=CLOCK).content)
        return words(printing.for_household(self.actor(key), self.home, name, reason=reason, clock=CLOCK).content)


@pytest.fixture
def printer(people: SmallDistrict, household: Household, clue: UUID) -> Printer:
    """The household of three with a clue."""
    return Printer(people, household.pk, clue)


def noted() -> list[dict[str, object]]:
    """What the entries of printing say."""
    bodies = Entry.objects.filter(kind="print").order_by("seq").values_list("body", flat=True)
    return [json.loads(body)["says"] for body in bodies]


# --- what stands on them --------------------------------------------------------------------------------------------


def test_the_authorisation_names_every_member_with_number_and_room_to_sign(printer: Printer) -> None:
    told = printer.prints("authorisation")
    assert [name for name in ("申稻香", "郭麦收", "郭小禾") if name not in told] == []
    assert NUMBER in told
    assert "指印" in told
    assert "2021年12月20日测试cadre打印" in told


def test_the_card_on_the_wall_covers_numbers_and_names_no_child_no_illness(printer: Printer) -> None:
    told = printer.prints("household_card")
    assert "申稻香" in told
    assert f"尾号{NUMBER[-4:]}" in told
    assert "未满14岁" in told
    for hidden in (NUMBER, "15405030126", "患有大病", "弱劳动力", "郭小禾", "医疗支出大"):
        assert hidden not in told


def test_a_blank_paper_knows_the_village_and_nobody_in_it(printer: Printer) -> None:
    for name in (*OF_THE_CASE, *OF_THE_HOME):
        told = words(printing.blank(printer.actor(), name, clock=CLOCK).content)
        assert [known for known in ("申稻香", "郭麦收", NUMBER, "H-0001") if known in told] == [], name
        assert "柏庄" in told or name == "announcement"
    assert noted() == []


def test_a_reader_who_may_not_act_prints_no_sealed_value(printer: Printer) -> None:
    with pytest.raises(Refusal) as caught:
        printer.prints("verification_form", "leader")
    assert caught.value.code == "not_allowed"
    with pytest.raises(NotFound):
        printer.prints("household_card", "stranger")
    with pytest.raises(NotFound):
        printer.prints("verification_form", "neighbour")
    told = printer.prints("assistance_plan", "leader")
    assert "申稻香" in told


def test_the_clue_in_words_stands_on_the_verification_form(printer: Printer) -> None:
    assert "医疗支出大" in printer.prints("verification_form")


# --- the notice -----------------------------------------------------------------------------------------------------


def canary(key: str) -> str:
    """A value that cannot be anything else."""
    return f"露{key.replace('_', '下')}馅"


@pytest.fixture
def loose_words(settings: LazySettings, tmp_path: Path) -> None:
    """A library whose notice asks for every field that the ledger has."""
    folder = tmp_path / "library"
    shutil.copytree(Path(settings.LIBRARY), folder)
    fields = editions.current("household_monitoring").fields
    columns = "".join(f"    {key}: {{zh: {key}, en: {key}}}\n" for key in ("subject", *fields))
    told = (
        "household_monitoring.post:\n  title: {zh: 公示, en: Notice}\n  opening: {zh: '{village}', en: '{village}'}\n"
        f"  columns:\n{columns}  issuer: {{zh: '{{village}}', en: '{{village}}'}}\n"
    )
    (folder / "notices.yaml").write_text(told, encoding="utf-8")
    settings.LIBRARY = folder


def test_no_field_but_those_of_show_reaches_a_notice(printer: Printer, loose_words: None) -> None:
    law = editions.current("household_monitoring")
    shown = {key for act in law.acts.values() if act.notice for key in act.notice.show}
    row = Case.objects.get(pk=printer.case)
    row.data = {key: canary(key) for key in law.fields}  # as if nothing had ever been sealed
    row.save(update_fields=["data"])
    told = printer.prints("notice")
    leaked = [key for key in law.fields if key not in shown and canary(key) in told]
    assert leaked == []
    assert canary("category") in told
    assert [value for value in (NUMBER, "15405030126", "患有大病", "郭麦收") if value in told] == []
    assert noted() == []  # a notice says nothing that the board does not


def test_an_announcement_names_the_town(printer: Printer) -> None:
    told = printer.prints("announcement")
    assert "申稻香" in told
    assert "柏庄镇" in told


# --- households of every shape --------------------------------------------------------------------------------------


def _no_head(home: Household) -> None:
    HouseholdVersion.objects.filter(household=home).update(head=None)


def _nobody(home: Household) -> None:
    _no_head(home)
    Membership.objects.filter(household=home).delete()


def _dead_head(home: Household) -> None:
    head = HouseholdVersion.objects.get(household=home).head_id
    ResidentVersion.objects.filter(resident=head).update(died=NOW.date())


def _erased_head(home: Household) -> None:
    head = HouseholdVersion.objects.get(household=home).head
    assert head is not None
    Resident.objects.filter(pk=head.pk).update(erased_at=NOW)
    ResidentVersion.objects.filter(resident=head).update(sealed=None)


def _two_heads(home: Household) -> None:
    Membership.objects.filter(household=home).update(relation="户主")


def _no_number_no_birth(home: Household) -> None:
    ResidentVersion.objects.filter(resident__memberships__household=home).update(born=None)
    home.numbers.all().delete()


def _moved(home: Household) -> None:
    Household.objects.filter(pk=home.pk).update(area_path="410503100202")


@pytest.mark.parametrize(
    "bend", [_no_head, _nobody, _dead_head, _erased_head, _two_heads, _no_number_no_birth], ids=lambda one: one.__name__
)
def test_a_household_of_any_shape_is_printed(printer: Printer, bend: Callable[[Household], None]) -> None:
    bend(Household.objects.get(pk=printer.home))
    for name in (*OF_THE_CASE, *OF_THE_HOME):
        assert "第1页" in printer.prints(name), name


def test_a_household_that_moved_away_is_the_new_villages_to_print(printer: Printer) -> None:
    _moved(Household.objects.get(pk=printer.home))
    with pytest.raises(NotFound):
        printer.prints("household_card", "cadre")
    assert "东柏庄" in printer.prints("household_card", "neighbour")


def test_twelve_members_with_long_and_rare_names_fit(people: SmallDistrict) -> None:
    rare = ["喆", "堃", "玥", "璟", "镕", "祎", "昇", "䶮", "叕", "煊"]
    names = ["阿布都热合曼·买买提吐尔逊·努尔麦麦提江", *(f"欧阳{one}" for one in rare), "赵𬭎"]
    rows = [scene.member(name, at + 1, "户主" if not at else "之子", "19690101") for at, name in enumerate(names)]
    snapshots.import_residents(access.SYSTEM, rows, day=NOW.date(), clock=CLOCK)
    home = Household.objects.get()
    printer = Printer(people, home.pk, scene.clue(people, home))
    told = printer.prints("authorisation")
    assert [name for name in names if name not in told] == []
    card = printing.for_household(printer.actor(), home.pk, "household_card", clock=CLOCK)
    assert len(pypdf.PdfReader(io.BytesIO(card.content)).pages) <= 2
    assert card.lacking == ""


# --- what is noted, and the pages -----------------------------------------------------------------------------------


def test_a_printing_is_an_entry_with_its_reason_sealed(printer: Printer) -> None:
    made = printing.for_case(printer.actor(), printer.case, "authorisation", reason="请农户签字", clock=CLOCK)
    (says,) = noted()
    assert (says["paper"], says["case"], says["households"]) == (
        "authorisation",
        str(printer.case),
        [str(printer.home)],
    )
    assert says["full"] == ["each.number"]
    assert says["sha256"] == made.digest
    assert "请农户签字" not in Entry.objects.get(kind="print").body


def test_without_a_use_nothing_sensitive_is_printed_in_full(printer: Printer, enter: Enter) -> None:
    client = enter("cadre")
    address = reverse("paper-case", args=[printer.case, "authorisation"])
    answer = client.post(address, {"reason": ""})
    assert answer.status_code == 422
    assert "请写明原因或依据" in answer.content.decode()
    assert noted() == []
    answer = client.post(address, {"reason": "请农户签字"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/pdf")
    assert answer.headers["Cache-Control"] == "no-store"
    assert len(noted()) == 1


def test_after_two_hundred_values_in_a_day_no_more_is_shown(printer: Printer, monkeypatch: pytest.MonkeyPatch) -> None:
    from taizhang.core.moves import disclosure

    monkeypatch.setattr(disclosure, "MOST", 2)
    printer.prints("authorisation")
    printer.prints("authorisation")
    with pytest.raises(Refusal) as caught:
        printer.prints("authorisation")
    assert caught.value.code == "reveal_quota"
    assert len(noted()) == 2


def test_the_pages_lead_to_every_paper(printer: Printer, enter: Enter) -> None:
    client = enter("cadre")
    case = client.get(reverse("case", args=[printer.case])).content.decode()
    assert reverse("case-papers", args=[printer.case]) in case
    home = client.get(reverse("household", args=[printer.home])).content.decode()
    assert reverse("household-papers", args=[printer.home]) in home
    listed = client.get(reverse("case-papers", args=[printer.case])).content.decode()
    assert [one.zh for one in papers.papers().values() if one.source != "household" and one.zh not in listed] == []
    listed = client.get(reverse("household-papers", args=[printer.home])).content.decode()
    assert reverse("case-papers", args=[printer.case]) in listed
    assert [one.zh for one in papers.papers().values() if one.source == "household" and one.zh not in listed] == []


def test_a_leader_is_offered_blank_papers_and_the_notice(printer: Printer, enter: Enter) -> None:
    listed = enter("leader").get(reverse("case-papers", args=[printer.case])).content.decode()
    assert reverse("paper-case", args=[printer.case, "notice"]) in listed
    assert reverse("paper-case", args=[printer.case, "authorisation"]) not in listed
    assert reverse("paper-blank", args=["authorisation"]) in listed


def test_the_cards_of_a_village_are_one_file(printer: Printer, enter: Enter) -> None:
    Case.objects.filter(pk=printer.case).update(stage="watched")
    client = enter("reviewer")
    answer = client.post(reverse("paper-village", args=["household-card"]), {"area": scene.VILLAGE})
    assert answer.status_code == 200
    assert len(pypdf.PdfReader(io.BytesIO(answer.content)).pages) == 1
    assert "申稻香" in words(answer.content)
    (says,) = noted()
    assert (says["households"], says["full"]) == ([str(printer.home)], [])
    empty = client.post(reverse("paper-village", args=["household-card"]), {"area": "410503100202"})
    assert empty.status_code == 422
    assert "没有正在监测的户" in empty.content.decode()
    assert client.post(reverse("paper-village", args=["household-card"]), {"area": "410503008201"}).status_code == 404
