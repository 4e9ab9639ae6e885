"""What an act on a case leaves behind, what is refused and changes nothing, and what is told again."""

from __future__ import annotations

import itertools
import json
import re
import uuid
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection

from taizhang.core import access, chain
from taizhang.core.models import Case, Entry, Evidence, Fact, Notice, Party, Sealed, Series, Turn
from taizhang.core.moves import cases
from taizhang.kit import days
from taizhang.kit.refusal import NotFound, Refusal
from taizhang.ledger import loop
from tests.conftest import FixedClock
from tests.core import county as counties
from tests.core.county import County

pytestmark = pytest.mark.django_db


@pytest.fixture
def county(clock: FixedClock) -> County:
    """The small county."""
    return counties.build(clock)


def everything() -> dict[str, Any]:
    """All rows that an act could change."""
    return {
        model.__name__: list(model.objects.order_by("pk").values())
        for model in (Case, Entry, Turn, Party, Fact, Notice, Sealed, Series, Evidence)
    }


def body(entry: uuid.UUID) -> dict[str, Any]:
    """An entry as it was written."""
    found: dict[str, Any] = json.loads(Entry.objects.get(pk=entry).body)
    return found


def test_opening_gives_a_number_a_clock_and_a_first_entry(county: County) -> None:
    home = county.household()
    done = county.ask(home)
    case = Case.objects.get(pk=done.case)
    assert (done.number, done.n, done.stage) == ("SJ-2021-0001", 1, "asked")
    assert (case.household_id, case.area_path, case.n, case.closed) == (home, counties.VILLAGE, 1, None)
    assert {turn.clock for turn in case.turns.all()} == {"whole", "look"}
    look = case.turns.get(clock="look")
    assert (look.owes_role, look.owes_level, look.owes_path) == ("cadre", "village", counties.VILLAGE)
    assert county.ask(county.household()).number == "SJ-2021-0002"


def test_the_chained_bytes_hold_no_free_text_and_no_sensitive_value(county: County) -> None:
    done = county.ask(county.household())
    county.look(done.case, cost=123_456)
    texts = "".join(Entry.objects.values_list("body", flat=True))
    assert "井水发浑" not in texts
    assert not re.search(r"\b123456\b", texts)  # as a number of its own: six digits stand by chance in a digest
    written = body(Entry.objects.get(case=done.case, n=2).pk)["says"]["fields"]
    assert written["depth"] == 30
    assert set(written["cost"]) == {"sealed", "commitment"}
    assert Case.objects.get(pk=done.case).data["cost"] == written["cost"]


def test_an_act_may_open_cases_of_another_ledger_in_the_same_transaction(county: County) -> None:
    opened = county.ask(county.household())
    done = county.look(opened.case)
    asked = Case.objects.filter(parent=opened.case).order_by("number")
    assert [case.pk for case in asked] == list(done.spawned)
    assert [case.number for case in asked] == ["DF-2021-0001", "DF-2021-0002"]
    assert [case.parties.get().organisation for case in asked] == [
        county.organisations["medical"],
        county.organisations["civil"],
    ]
    seqs = list(Entry.objects.filter(case__in=[opened.case, *done.spawned]).order_by("seq").values_list("case", "n"))
    assert seqs == [(opened.case, 1), (opened.case, 2), (done.spawned[0], 1), (done.spawned[1], 1)]


def test_every_unmet_need_is_told_at_once_and_nothing_is_changed(county: County) -> None:
    done = county.ask(county.household())
    before = everything()
    with pytest.raises(loop.Refused) as refused:
        county.look(done.case, cost=900_000, given={"second": county.account("cadre")})
    assert "费用超过五千元" in refused.value.text.zh
    assert "另一人不能是本人" in refused.value.text.zh
    assert everything() == before


def test_a_refusal_inside_a_spawned_case_undoes_the_whole_act(county: County) -> None:
    done = county.ask(county.household())
    county.organisations["civil"].code = "gone"
    county.organisations["civil"].save()
    before = everything()
    with pytest.raises(Refusal) as refused:
        county.look(done.case)
    assert refused.value.code == "unknown_row"
    assert everything() == before


def test_the_same_key_gives_the_same_answer_and_one_entry(county: County) -> None:
    home, key = county.household(), uuid.uuid4()
    first = county.ask(home, key=key)
    again = county.ask(home, key=key)
    assert (again.case, again.entry, again.n, again.repeated) == (first.case, first.entry, 1, True)
    assert Case.objects.count() == 1
    other = uuid.uuid4()
    seen = county.look(first.case, key=other)
    assert county.look(first.case, key=other).entry == seen.entry
    assert Entry.objects.filter(case=first.case).count() == 2


def test_the_same_key_for_something_else_is_refused(county: County) -> None:
    key = uuid.uuid4()
    county.ask(county.household(), key=key)
    with pytest.raises(Refusal) as refused:
        county.ask(county.household(), key=key)
    assert refused.value.code == "key_used"


def test_who_saw_fewer_entries_is_told_who_was_first_and_when(county: County) -> None:
    done = county.ask(county.household())
    county.look(done.case, expect=1)
    with pytest.raises(Refusal) as refused:
        county.act("reviewer", done.case, "drop", given={"reason": "重复"}, expect=1)
    assert refused.value.code == "someone_was_first"
    assert refused.value.details == {"who": "测试cadre", "when": "2021-12-20 09:00", "n": 2}


def test_a_late_entry_is_allowed_marked_and_counts_as_far_back_as_the_clock_accepts(county: County) -> None:
    done = county.ask(county.household())
    county.clock.advance(days=4)
    assert Turn.objects.get(case=done.case, clock="look").red_at == days.start_of(date(2021, 12, 24))
    yesterday = county.clock.now() - timedelta(days=1)
    late = county.look(done.case, happened=yesterday)
    entry = Entry.objects.get(pk=late.entry)
    assert (entry.happened, entry.received) == (yesterday, county.clock.now())
    with pytest.raises(loop.Refused):
        county.act("cadre", done.case, "again", given={"note": "x"}, happened=county.clock.now() + timedelta(minutes=1))


def test_a_notice_hangs_five_days_is_held_by_an_objection_and_runs_on(county: County) -> None:
    done = county.ask(county.household())
    answers = county.look(done.case).spawned
    county.act("cadre", done.case, "post")
    notice = Notice.objects.get(case=done.case)
    assert notice.show == ["subject", "depth"]
    assert notice.ends is not None
    assert (notice.ends - notice.starts) == timedelta(
        days=4, hours=15
    )  # posted on the 20th at 09:00: over when the 25th begins
    county.clock.advance(days=2)
    county.act("reviewer", done.case, "object", given={"reason": "数据不实"})
    assert Notice.objects.get(case=done.case).ends is None
    county.clock.advance(days=3)
    county.act("reviewer", done.case, "dismiss")
    resumed = Notice.objects.get(case=done.case)
    assert resumed.ends is not None
    assert resumed.ends > notice.ends
    assert resumed.taken_down is None
    for answer, key in zip(answers, ("medical", "civil"), strict=True):
        county.act(key, answer, "answer", given={"found": "无"})
    with pytest.raises(loop.Refused):
        county.act("lead", done.case, "decide")
    county.clock.instant = resumed.ends
    county.act("lead", done.case, "decide")
    assert Notice.objects.get(case=done.case).taken_down is None  # it had run its days


def test_a_notice_is_taken_down_when_the_case_goes_back(county: County) -> None:
    done = county.ask(county.household())
    county.look(done.case)
    county.act("cadre", done.case, "post")
    county.clock.advance(days=1)
    county.act("reviewer", done.case, "back", given={"reason": "重核"})
    assert Notice.objects.get(case=done.case).taken_down == county.clock.now()


def test_evidence_is_linked_once_and_only_by_who_uploaded_it(county: County) -> None:
    done = county.ask(county.household())
    county.look(done.case)
    with pytest.raises(loop.Refused):
        county.act("second_cadre", done.case, "sign")
    with pytest.raises(Refusal) as refused:
        county.act("second_cadre", done.case, "sign", evidence=[county.file("cadre", "signature")])
    assert refused.value.code == "evidence_unknown"
    mine = county.file("second_cadre", "signature")
    signed = county.act("second_cadre", done.case, "sign", evidence=[mine])
    assert Evidence.objects.get(pk=mine).entry_id == signed.entry
    assert body(signed.entry)["evidence"][0]["kind"] == "signature"
    with pytest.raises(Refusal):
        county.act("second_cadre", done.case, "sign", evidence=[mine])


def test_facts_count_an_act_and_how_things_stand(county: County) -> None:
    done = county.ask(county.household())
    county.look(done.case, cost=90_000)
    assert list(Fact.objects.filter(indicator="asked", ledger="wells").values_list("num", flat=True)) == [1]
    assert list(Fact.objects.filter(indicator="costs").values_list("value", flat=True)) == [90_000]


def test_an_entry_is_withdrawn_with_a_reason_and_stays_readable(county: County) -> None:
    done = county.ask(county.household())
    county.look(done.case, cost=90_000)
    county.act("cadre", done.case, "again", given={"note": "写错了"})
    before = Case.objects.get(pk=done.case)
    with pytest.raises(Refusal) as refused:
        cases.annul(county.who("cadre"), done.case, 2, reason="看错", clock=county.clock)
    assert refused.value.code == "rests_on_it"
    withdrawn = cases.annul(county.who("cadre"), done.case, 3, reason="登记错户", clock=county.clock)
    case = Case.objects.get(pk=done.case)
    assert (withdrawn.n, case.n, case.stage) == (4, 4, before.stage)
    assert case.data["note"] == body(Entry.objects.get(case=done.case, n=1).pk)["says"]["fields"]["note"]
    assert "登记错户" not in Entry.objects.get(pk=withdrawn.entry).body
    assert county.act("cadre", done.case, "post").n == 5


def test_withdrawing_counts_off_what_the_act_counted_for(county: County) -> None:
    done = county.ask(county.household())
    asked = county.look(done.case, cost=90_000)
    for answer, key in zip(asked.spawned, ("medical", "civil"), strict=True):
        county.act(key, answer, "answer", given={"found": "无"})
    county.act("cadre", done.case, "post")
    county.clock.advance(days=6)
    county.act("lead", done.case, "decide")
    assert sum(Fact.objects.filter(indicator="watched").values_list("num", flat=True)) == 1
    cases.annul(county.who("lead"), done.case, 4, reason="会议未通过", clock=county.clock)
    assert sum(Fact.objects.filter(indicator="watched").values_list("num", flat=True)) == 0
    assert Case.objects.get(pk=done.case).stage == "posted"


def test_join_or_open_never_opens_a_second_case(county: County) -> None:
    home = county.household()
    say = {
        "ledger": "wells",
        "subject": home,
        "open_act": "ask",
        "join_act": "again",
        "given": {"note": "预警"},
        "clock": county.clock,
    }
    first = cases.join_or_open(access.SCREEN, **say)  # type: ignore[arg-type]
    second = cases.join_or_open(access.SCREEN, **say)  # type: ignore[arg-type]
    assert (first.act, second.act, second.case, second.n) == ("ask", "again", first.case, 2)
    assert body(second.entry)["hand"] == "screen"


def test_bulk_does_what_it_can_and_lists_what_was_refused(county: County) -> None:
    fine = [county.ask(county.household()).case for _ in range(2)]
    away = county.ask(county.household(counties.FAR), by="stranger").case
    result = cases.bulk(county.who("reviewer"), [*fine, away], "drop", given={"reason": "重复线索"}, clock=county.clock)
    assert [one.case for one in result.done] == fine
    assert [(case, type(refusal)) for case, refusal in result.refused] == [(away, NotFound)]


def test_every_act_leaves_the_chain_whole(county: County) -> None:
    done = county.ask(county.household())
    county.look(done.case)
    entries = list(Entry.objects.order_by("seq"))
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
    assert all(after.prev == before.digest for before, after in itertools.pairwise(entries))
    assert chain.head().seq == len(entries)
    for case in Case.objects.all():
        assert case.n == Entry.objects.filter(case=case).count()


# --- what an act costs ----------------------------------------------------------------------------------------------


def test_an_act_asks_the_database_no_more_than_it_must(county: County) -> None:
    def asked(step: Callable[[], cases.Acted]) -> int:
        texts: list[str] = []

        def listen(run: Any, text: str, given: Any, many: bool, context: Any) -> Any:
            texts.append(text)
            return run(text, given, many, context)

        with connection.execute_wrapper(listen):
            step()
        return len([text for text in texts if "SAVEPOINT" not in text])

    home = county.household()
    case = county.ask(home).case
    assert asked(lambda: county.ask(county.household())) <= 30  # of these the household itself is made by a dozen
    assert asked(lambda: county.act("cadre", case, "again", given={"note": "再次提醒"})) <= 16
    assert asked(lambda: county.look(case)) <= 32  # and two departments are asked
    assert asked(lambda: county.act("cadre", case, "post")) <= 16
    for _ in range(5):
        county.act("cadre", case, "again", given={"note": "再次提醒"})
    assert (
        asked(lambda: county.act("cadre", case, "again", given={"note": "再次提醒"})) <= 16
    )  # a long past costs no more
