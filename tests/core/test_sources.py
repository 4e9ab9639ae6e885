"""Where each value of a household comes from, what departments sent of it, and where they do not agree."""

from __future__ import annotations

import pytest

from taizhang.kit.refusal import NotFound
from taizhang.work import sources, undoing
from tests.core.sending import MEDICAL, NUMBERS, PEOPLE, Office, office

__all__ = ["office"]  # the fixture


def test_every_value_names_the_batch_that_said_it_first_and_the_day(office: Office) -> None:
    office.clock.advance(days=1)
    row = PEOPLE[0]
    later = office.residents(((*row[:6], "13900000000"), *PEOPLE[1:]))
    values = sources.page(office.who("cadre"), office.household("H001"), office.clock.now()).register
    told = {(one.who, one.item): one for one in values}
    assert (told["李兰", "name"].value, told["李兰", "name"].origin.on.isoformat()) == ("李兰", "2021-12-20")
    assert (told["李兰", "phone"].value[-4:], told["李兰", "phone"].origin.number) == ("0000", later.number)
    assert told["", "kind"].value == "脱贫户"
    assert told["", "kind"].origin.department == "区乡村振兴局" or told["", "kind"].origin.batch is not None
    assert NUMBERS["李兰"] not in str(values)


def test_rows_of_departments_are_shown_to_the_lead_office_alone(office: Office) -> None:
    got = office.send("medical", MEDICAL, [office.bill("李兰", 6000)])
    page = sources.page(office.who("lead"), office.household("H001"), office.clock.now())
    (row,) = page.rows
    assert (row.who, row.number, row.row, row.values) == (
        "李兰",
        got.number,
        2,
        (("就诊日期", "2021-12-01"), ("个人自付", "6,000")),
    )
    assert sources.page(office.who("cadre"), office.household("H001"), office.clock.now()).rows == ()
    with pytest.raises(NotFound):
        sources.page(office.who("stranger"), office.household("H001"), office.clock.now())
    undoing.undo(office.who("lead"), got.batch, reason="整批发错了", clock=office.clock, screening_again=False)
    assert sources.page(office.who("lead"), office.household("H001"), office.clock.now()).rows == ()


def test_what_departments_say_differently_stands_side_by_side(office: Office) -> None:
    card = ("证件号码", "姓名", "残疾类别", "残疾等级", "发证日期")
    office.send("disability", card, [(NUMBERS["李兰"], "李兰", "肢体", "二级", "2021-11-01")])
    office.send("deaths", ("证件号码", "姓名", "死亡日期"), [(NUMBERS["李小兰"], "李小蓝", "2021-11-20")])
    page = sources.page(office.who("lead"), office.household("H001"), office.clock.now())
    told = {(one.item.zh, one.who): [say.word for say in one.sayings] for one in page.conflicts}
    assert told == {
        ("残疾", "李兰"): ["没有残疾", "有残疾"],
        ("是否在世", "李小兰"): ["在世", "已去世"],
        ("姓名", "李小兰"): ["李小兰", "另一个姓名"],
    }
    assert all(say.on is not None for one in page.conflicts if one.item.zh != "姓名" for say in one.sayings)
