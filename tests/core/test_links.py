"""The link desk: doubtful rows side by side and masked, a decision kept as an entry and used by every later run and batch."""

from __future__ import annotations

import json

import pytest

from taizhang.core import access
from taizhang.core.models import Alert, Entry, Pair
from taizhang.core.moves import links
from taizhang.kit.refusal import NotFound, Refusal
from taizhang.screen import linkage
from taizhang.work import desk, linking
from tests.core.sending import MEDICAL, NUMBERS, Office, number_of, office
from tests.screen.county import LIBRARY
from tests.screen.learnt import model

pytestmark = pytest.mark.slow  # files are imported and screened each time
__all__ = ["office"]  # the fixture

TYPED_WRONG = (
    NUMBERS["李兰"][:12] + "9" + NUMBERS["李兰"][13:]
)  # one figure is another; the check character is not right


def test_a_number_one_figure_away_waits_for_a_person_and_feeds_no_signal(office: Office) -> None:
    got = office.send("medical", MEDICAL, [office.bill("李兰", 6000, number=TYPED_WRONG)])
    assert (got.linked, got.doubtful, got.unknown) == (0, 1, 0)
    assert office.run().hits["R01"] == 0
    pair = Pair.objects.get()
    assert (pair.band, pair.how, pair.rows) == ("person", "edit", 1)


def test_the_desk_lays_out_twenty_pairs_at_a_time(office: Office) -> None:
    office.send("medical", MEDICAL, [office.bill("李兰", 6000, number=TYPED_WRONG)])
    one = Pair.objects.get()
    Pair.objects.bulk_create(
        Pair(feed=one.feed, batch=one.batch, file=one.file, row=at, row_key=f"{at}", resident=one.resident, how=one.how)
        for at in range(21)
    )
    lead, now = office.who("lead"), office.clock.now()
    pages = [desk.links(lead, now, page=number) for number in (1, 2, 9)]
    assert [(len(rows), of) for rows, of in pages] == [(20, 2), (2, 2), (2, 2)]
    assert len({row.id for rows, _ in pages for row in rows}) == 22


def test_both_sides_of_a_pair_are_masked_and_the_difference_is_shown(office: Office) -> None:
    office.send("medical", MEDICAL, [office.bill("李兰", 6000, number=TYPED_WRONG)])
    (row,), pages = desk.links(office.who("lead"), office.clock.now())
    assert pages == 1
    assert (row.row_number, row.row_name) == ("*" * 14 + TYPED_WRONG[-4:], "李＊")
    assert (row.number_there, row.name_there) == ("*" * 14 + NUMBERS["李兰"][-4:], "李＊")
    assert row.apart.zh == f"第 13 位 9 与 {NUMBERS['李兰'][12]}"


def test_a_decision_links_rows_that_came_before_and_after_it(office: Office) -> None:
    office.send("medical", MEDICAL, [office.bill("李兰", 3000, number=TYPED_WRONG)])
    links.decide(office.who("lead"), Pair.objects.get().pk, True, clock=office.clock)
    office.send("medical", MEDICAL, [office.bill("李兰", 2500, "2021-12-02", number=TYPED_WRONG)])
    assert Pair.objects.count() == 1  # nothing is asked twice
    assert office.run().hits["R01"] == 1


def test_a_decision_is_an_entry_and_changes_the_next_run(office: Office) -> None:
    office.send("medical", MEDICAL, [office.bill("李兰", 6000, number=TYPED_WRONG)])
    first = office.run()
    links.decide(office.who("lead"), Pair.objects.get().pk, True, clock=office.clock)
    second = office.run()
    assert Entry.objects.filter(kind="link").count() == 1
    assert (first.hits["R01"], second.hits["R01"]) == (0, 1)
    assert first.digest != second.digest


def test_a_pair_that_is_different_is_not_offered_again(office: Office) -> None:
    office.send("medical", MEDICAL, [office.bill("李兰", 6000, number=TYPED_WRONG)])
    links.decide(office.who("lead"), Pair.objects.get().pk, False, clock=office.clock)
    assert desk.links(office.who("lead"), office.clock.now())[0] == ()
    assert office.run().hits["R01"] == 0
    office.send("medical", MEDICAL, [office.bill("李兰", 1, number=TYPED_WRONG)])
    assert desk.links(office.who("lead"), office.clock.now())[0] == ()


def test_an_equal_number_under_another_name_counts_until_somebody_says_it_is_another_person(office: Office) -> None:
    got = office.send("medical", MEDICAL, [office.bill("周别名", 6000, number=NUMBERS["李兰"])])
    assert (got.linked, got.doubtful) == (1, 0)
    pair = Pair.objects.get()
    assert (pair.differs, pair.band) == (True, "same")
    assert office.run().hits["R01"] == 1
    links.decide(office.who("lead"), pair.pk, False, clock=office.clock)
    assert office.run().hits["R01"] == 0


def test_a_row_that_means_one_resident_means_no_other(office: Office) -> None:
    office.clock.advance(days=1)
    office.send("medical", MEDICAL, [office.bill("李兰", 6000, number=TYPED_WRONG)])
    pair = Pair.objects.get()
    other = Pair.objects.create(
        feed="medical", batch=pair.batch, file=pair.file, row=pair.row, row_key=pair.row_key, how="birth", score=0.8,
        resident_id=office.district_resident("陈强"),
    )  # fmt: skip
    links.decide(office.who("lead"), pair.pk, True, clock=office.clock)
    other.refresh_from_db()
    assert other.band == "different"


def test_a_number_that_the_register_learns_later_links_the_rows_that_waited(office: Office) -> None:
    newcomer = ("H005", "吴新", "99050319750707111", "户主", "410503100201", "脱贫户", "")
    got = office.send("medical", MEDICAL, [(number_of(newcomer[2]), "吴新", "2021-12-01", 6000)])
    assert got.unknown == 1
    assert office.run().hits["R01"] == 0
    office.residents([newcomer])
    assert office.run().hits["R01"] == 1
    assert Alert.objects.get().household_id == office.household("H005")


def test_only_the_lead_office_decides(office: Office) -> None:
    office.send("medical", MEDICAL, [office.bill("李兰", 6000, number=TYPED_WRONG)])
    pair = Pair.objects.get().pk
    for key in ("medical", "cadre", "auditor"):
        with pytest.raises(Refusal) as refused:
            links.decide(office.who(key), pair, True, clock=office.clock)
        assert refused.value.code == "not_allowed"
        with pytest.raises(Refusal):
            desk.links(office.who(key), office.clock.now())
    with pytest.raises(NotFound):
        links.decide(office.who("lead"), "no-such-pair-0000", True, clock=office.clock)


# --- what each column says, and a trained model -----------------------------------------------------------------------


def test_a_pair_says_of_each_column_how_alike_it_is(office: Office) -> None:
    office.send("medical", MEDICAL, [office.bill("李兰", 6000, number=TYPED_WRONG)])
    (row,), _ = desk.links(office.who("lead"), office.clock.now())
    assert [(one.column.zh, one.answer.zh, one.bits) for one in row.reasons] == [
        ("证件号码", "差一处，按校验位可以改正", None), ("姓名", "相同", None),
    ]  # fmt: skip


def test_with_an_adopted_model_a_sure_row_counts_at_once_and_stands_apart_from_what_waits(office: Office) -> None:
    linking.adopt(access.SYSTEM, model(), clock=office.clock)
    got = office.send("medical", MEDICAL, [office.bill("李兰", 6000, number=TYPED_WRONG)])
    assert (got.linked, got.doubtful) == (1, 0)
    assert office.run().hits["R01"] == 1
    lead, now = office.who("lead"), office.clock.now()
    assert desk.links(lead, now)[0] == ()
    (row,), _ = desk.links(lead, now, which="sure")
    assert (row.how, row.band, [one.bits for one in row.reasons]) == ("model", "same", [16.0, 12.0])
    said = json.loads(Entry.objects.filter(kind="import").latest("seq").body)["says"]
    assert said["model"] == linkage.model(model(), linkage.for_feeds(LIBRARY)[0]).digest


def test_a_person_overrules_the_model_for_good(office: Office) -> None:
    linking.adopt(access.SYSTEM, model(), clock=office.clock)
    office.send("medical", MEDICAL, [office.bill("李兰", 6000, number=TYPED_WRONG)])
    links.decide(office.who("lead"), Pair.objects.get().pk, False, clock=office.clock)
    assert office.run().hits["R01"] == 0
    office.send("medical", MEDICAL, [office.bill("李兰", 7000, number=TYPED_WRONG)])
    assert (office.run().hits["R01"], Pair.objects.count()) == (0, 1)


def test_without_a_model_and_after_it_is_put_away_people_decide(office: Office) -> None:
    linking.adopt(access.SYSTEM, model(), clock=office.clock)
    linking.adopt(access.SYSTEM, None, clock=office.clock)
    assert office.send("medical", MEDICAL, [office.bill("李兰", 6000, number=TYPED_WRONG)]).doubtful == 1
    assert Entry.objects.filter(kind="linkage").count() == 2
