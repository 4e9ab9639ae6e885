"""The yearly scores by another road: raw entries, the list and the calendar as tables, no code of the product.

Reads what each entry says (JSON), walks every case act by act, and adds up the card of `library/scorecards` by hand.
Amounts are hundredths of a point.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

SHANGHAI = timezone(timedelta(hours=8))
Loss = tuple[str, str, str, int]  # part, why, number of the case or the cell, hundredths


def months_of(kind: str) -> int:
    return {"month": 1, "quarter": 3, "half_year": 6, "year": 12}[kind]


def cells_of(row: Mapping[str, str], year: int) -> list[tuple[date, date]]:
    """First and last day on which each cell of an item may be answered."""
    found = []
    step = months_of(row["period"])
    for month in range(1, 13, step):
        begins = date(year, month, 1)
        after = date(year + (month + step > 12), (month + step - 1) % 12 + 1, 1)
        last = after - timedelta(days=1)
        if row["by"]:
            named = date(year, int(row["by"][:2]), int(row["by"][3:]))
            last = named if begins <= named <= last else last
        found.append((begins, last))
    return found


def red_from(last: date, off: set[date], on: set[date]) -> datetime:
    """When a cell that was due on a day is late: the fifth working day after it is over too."""
    day, left = last, 5
    while left:
        day += timedelta(days=1)
        left -= day in on or (day.weekday() < 5 and day not in off)
    return datetime.combine(day + timedelta(days=1), time(0), SHANGHAI)


def calendar(rows: Iterable[Mapping[str, str]]) -> tuple[set[date], set[date]]:
    """Holidays on working days, and weekends that are worked."""
    off: set[date] = set()
    on: set[date] = set()
    for row in rows:
        day = date.fromisoformat(row["day"])
        (off if row["kind"] == "holiday" else on).add(day)
    return off, on


def scores(
    entries: Sequence[Mapping[str, Any]],
    units: Mapping[str, tuple[str, str]],  # code -> (kind, level)
    items: Sequence[Mapping[str, str]],
    days: tuple[set[date], set[date]],
    year: int,
    until: datetime,
    names: Mapping[str, str],  # organisation as entries name it -> code
) -> dict[str, tuple[int, list[Loss]]]:
    """By organisation the score and every loss, from the entries received before an instant."""
    cases: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for entry in entries:
        if entry["case"] and datetime.fromisoformat(entry["received"]) < until:
            cases[entry["case"]].append(entry)
    mine: dict[str, list[tuple[str, list[Mapping[str, Any]]]]] = defaultdict(list)
    for acts in cases.values():
        subject = acts[0]["says"].get("subject") or {}
        if "organisation" in subject:
            code = names.get(subject["organisation"], subject["organisation"])
            mine[code].append((acts[0]["ledger"], acts))
    return {code: _year(code, *units[code], mine[code], items, days, year, until) for code in units}


def _year(
    code: str, kind: str, level: str, cases: list[tuple[str, list[Mapping[str, Any]]]], items: Sequence[Mapping[str, str]],
    days: tuple[set[date], set[date]], year: int, until: datetime,
) -> tuple[int, list[Loss]]:  # fmt: skip
    losses = _duties(kind, level, [acts for ledger, acts in cases if ledger == "duties"], items, days, year, until)
    left = 20
    for why, points, number in _problems([acts for ledger, acts in cases if ledger == "rectification"], year):
        losses.append(("problems", why, number, 100 * min(points, left)))
        left -= min(points, left)
    losses += _letters([acts for ledger, acts in cases if ledger == "letters"], year)
    left = 10
    for acts in (acts for ledger, acts in cases if ledger == "duties"):
        count = sum(act["act"] == "return" and received(act).year == year for act in acts)
        if count:
            losses.append(("review", "报送被退回", acts[0]["says"]["number"], 100 * min(count, left)))
            left -= min(count, left)
    return 10_000 - sum(loss[3] for loss in losses), losses


def received(act: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(act["received"]).astimezone(SHANGHAI)


def _duties(
    kind: str, level: str, cases: list[list[Mapping[str, Any]]], items: Sequence[Mapping[str, str]],
    days: tuple[set[date], set[date]], year: int, until: datetime,
) -> list[Loss]:  # fmt: skip
    if level != "district" and kind not in ("town_committee", "village_branch"):
        return []
    done = {}
    for acts in cases:
        says = acts[0]["says"]
        if "period" in says:
            done[says["fields"]["item"], date.fromisoformat(says["period"])] = acts
    judged: list[tuple[int, int, str, str]] = []  # weight, percent lost, why, record
    for row in items:
        if level not in row["levels"].split() or row["period"] == "event":
            continue
        for begins, last in cells_of(row, year):
            answered = done.get((row["code"], begins))
            over = datetime.combine(last + timedelta(days=1), time(0), SHANGHAI)
            weight = int(row["weight"])
            if answered is None:
                if over <= until:
                    judged.append((weight, 100, "没有报送", f"{row['code']} {begins}"))
                continue
            told = _cell(answered, last, days)
            if told is None:
                continue
            judged.append((weight, told[0], told[1], answered[0]["says"]["number"]))
    whole = sum(one[0] for one in judged)
    left, losses = 6000, []
    for weight, percent, why, record in judged:
        exact = Decimal(6000 * weight * percent) / Decimal(100 * whole)
        lost = min(left, int(exact.quantize(Decimal(1), ROUND_HALF_UP)))
        if exact >= Decimal("0.5"):
            losses.append(("duties", why, record, lost))
        left -= lost
    return losses


def _cell(acts: list[Mapping[str, Any]], last: date, days: tuple[set[date], set[date]]) -> tuple[int, str] | None:
    """Percent lost and why; None when it was excused. What was only contested or put off has no percent of its own."""
    names = [act["act"] for act in acts]
    if "excuse" in names or "admit" in names:
        return None
    if "find_fault" in names:
        return 100, "查实有误"
    late = submitted = False
    for act in acts:
        if act["act"] == "defer":
            last = date.fromisoformat(act["says"]["fields"]["until"])
        if act["act"] in ("submit", "late_submit"):
            when = received(act)
            claimed = datetime.fromisoformat(act["happened"])
            if when - claimed <= timedelta(hours=72):
                when = claimed
            late = late or (not submitted and when >= red_from(last, *days))
            submitted = True
    if late:
        return 40, "超期报送"
    if any(act["act"] == "accept" and act["says"]["fields"]["quality"] == "part" for act in acts):
        return 40, "基本到位"
    return (0, "按期报送") if submitted else (100, "没有报送")


def _problems(cases: list[list[Mapping[str, Any]]], year: int) -> list[tuple[str, int, str]]:
    found: list[tuple[str, int, str]] = []
    by_number = sorted(cases, key=lambda acts: str(acts[0]["says"]["number"]))
    for acts in by_number:
        deadline, extended_late, first = None, False, True
        for act in acts:
            fields = act["says"].get("fields") or {}
            over = deadline is not None and received(act) >= datetime.combine(
                deadline + timedelta(days=1), time(0), SHANGHAI
            )
            if act["act"] == "extend":
                extended_late = extended_late or (over and "plan" in [one["act"] for one in acts[: acts.index(act)]])
            if act["act"] == "report":
                if first and (over or extended_late) and received(act).year == year:
                    found.append(("首次上报超期", 2, acts[0]["says"]["number"]))
                first = False
            if "deadline" in fields:
                deadline = date.fromisoformat(fields["deadline"])
    for acts in by_number:
        count = sum(act["act"] == "return" and received(act).year == year for act in acts)
        if count:
            found.append(("整改被退回", count, acts[0]["says"]["number"]))
    for acts in by_number:
        stage = [act["says"]["stage"] for act in acts if received(act).year <= year][-1]
        if stage in ("found", "mending", "reported"):
            found.append(("年末未销号", 2, acts[0]["says"]["number"]))
    return found


def _letters(cases: list[list[Mapping[str, Any]]], year: int) -> list[Loss]:
    """Answers counted from the day of receipt, within the days of the kind of letter."""
    limits = {"REMINDER": 15, "RECTIFY": 30, "ADVICE": 30}
    answered: list[tuple[str, int, int]] = []  # number, in time, of
    for acts in sorted(cases, key=lambda acts: str(acts[0]["says"]["number"])):
        since, good, of = None, 0, 0
        for act in acts:
            if act["act"] in ("receive_to_reply", "return"):
                since = received(act).date()
            if act["act"] == "answer" and since is not None:
                limit = since + timedelta(days=limits[acts[0]["says"]["fields"]["kind"]])
                when = received(act)
                claimed = datetime.fromisoformat(act["happened"])
                when = claimed if when - claimed <= timedelta(hours=72) else when
                if received(act).year == year:
                    of += 1
                    good += when < datetime.combine(limit + timedelta(days=1), time(0), SHANGHAI)
        if of:
            answered.append((acts[0]["says"]["number"], good, of))
    whole = sum(of for _, _, of in answered)
    losses: list[Loss] = []
    for number, good, of in answered:
        if good < of:
            lost = (Decimal(1000 * (of - good)) / Decimal(whole)).quantize(Decimal(1), ROUND_HALF_UP)
            losses.append(("letters", "回复超期", number, int(lost)))
    return losses
