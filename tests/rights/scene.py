"""The district on which the rights table is held: cases of every ledger in most stages, in four places, with canaries."""

from __future__ import annotations

import io
import math
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from PIL import Image

from taizhang.core import access, editions
from taizhang.core.clock import Standing
from taizhang.core.models import (
    Account,
    Alert,
    Appointment,
    Case,
    District,
    Entry,
    Evidence,
    HouseholdNumber,
    Membership,
    Notice,
    Organisation,
    OrganisationVersion,
    Pair,
    Post,
)
from taizhang.core.moves import bulletins, cases, evidence, snapshots
from taizhang.kit import idnumber
from taizhang.kit.days import SHANGHAI
from taizhang.work import feeding, harvest, jobs, trying
from tests import district
from tests.conftest import NOW

FOUNDED: Final = datetime(2021, 12, 1, 0, 0, tzinfo=UTC)
A, B, F = "410503100201", "410503100202", "410503008201"  # two villages of one town, one of another
TOWN, DISTRICT = "410503100", "410503"
SINCE: Final = date(2016, 1, 1)
# organisation, its person's key: the four that are asked in a comparison, and the one that repairs water
BUREAUX: Final = {
    "public_security": "police",
    "housing": "housing",
    "market": "market",
    "fiscal": "fiscal",
    "water": "water",
}
CADRES: Final = {A: ("cadre", "second_cadre"), B: ("neighbour", "neighbour_two"), F: ("stranger", "stranger_two")}
REVIEWERS: Final = {A: "reviewer", B: "reviewer", F: "other_reviewer"}
SURNAMES: Final = "霍卓敖冼酆郏晏柴瞿阎充慕"
GIVEN: Final = ("青禾", "白杨", "红柳", "紫苏", "黄杞", "玄参", "丹枫", "碧桃", "翠柏", "银杏", "金菊", "墨兰")


@dataclass
class Thing:
    """One object of the table: where it lies, who is named in it, and the words nobody else may ever read."""

    name: str
    kind: str  # a ledger's name, or household, resident, paper
    place: str  # path of its area
    key: str = ""  # its id in an address
    stage: str = ""
    hats: dict[str, set[str]] = field(default_factory=dict)  # token without role -> people who wear it for this case
    sees: set[str] = field(default_factory=set)  # people who see it though no area of theirs says so
    canaries: set[str] = field(default_factory=set)
    sealed: str = ""  # a sealed field of a case
    home: str = ""  # the household that it is about


@dataclass
class Scene:
    """Everything that was built."""

    people: district.SmallDistrict
    things: dict[str, Thing] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)  # what the table writes as @word
    secrets: set[str] = field(default_factory=set)  # numbers and telephones: shown on no page that is merely opened

    def of(self, kind: str) -> list[Thing]:
        """All things of a kind."""
        return [thing for thing in self.things.values() if thing.kind == kind]


@dataclass(frozen=True)
class Home:
    """A household in the lists: its number, its village, how far its case goes."""

    number: int
    place: str
    upto: str
    by: str = "report"

    @property
    def head(self) -> str:
        """A name that nobody else in the scene has."""
        return SURNAMES[self.number % 12] + GIVEN[(self.number + self.number // 12) % 12]


WAY: Final = ("report", "visit", "cosign", "authorise", "compare", "review", "post", "pass_town", "approve", "announce")
HOMES: Final = (
    Home(0, A, "report"), Home(1, A, "visit"), Home(2, A, "compare"), Home(3, A, "flagged"), Home(4, A, "review"),
    Home(5, A, "post"), Home(6, A, "object"), Home(7, A, "pass_town"), Home(8, A, "approve"), Home(9, A, "announce"),
    Home(10, A, "refuse"), Home(11, A, "close_clue"), Home(12, A, "report", "refer"), Home(13, A, "change"),
    Home(14, B, "report"), Home(15, B, "compare"), Home(16, B, "post"), Home(17, B, "change"),
    Home(18, F, "report"), Home(19, F, "compare"), Home(20, F, "post"), Home(21, F, "change"),
)  # fmt: skip


def build() -> Scene:
    """Build it all in the present database; the district's clock shows NOW afterwards and ticks on."""
    people = district.build(FOUNDED, demo=True)
    _more_people(people)
    editions.install(clock=Standing(FOUNDED))
    scene = Scene(people)
    _register(scene)
    for _at, step in sorted(_steps(scene), key=lambda planned: planned[0]):
        step()
    _describe(scene)
    District.objects.update(clock_offset=math.ceil((NOW - datetime.now(UTC)).total_seconds()))
    return scene


def number(serial: int) -> str:
    """An identity number of an area that does not exist, with its check character."""
    head = f"9905031970{1 + serial % 12:02d}01{serial:03d}"
    return head + idnumber.check_character(head)


def phone(serial: int) -> str:
    """A telephone number of nobody."""
    return f"154050{serial:05d}"


def _more_people(people: district.SmallDistrict) -> None:
    """The departments that are asked, second cadres elsewhere, a deputy, and accounts that must not get in."""
    day = NOW.astimezone(SHANGHAI).date()
    for code in BUREAUX:
        area = people.areas[DISTRICT]
        people.organisations[code] = Organisation.objects.create(code=code, area=area, kind="department", name=code)
        OrganisationVersion.objects.create(organisation=people.organisations[code], name=code, valid_from=SINCE)
    plans: list[tuple[str, str, str, str | None, dict[str, Any]]] = [
        (key, "department@district", DISTRICT, code, {}) for code, key in BUREAUX.items()
    ]
    plans += [
        ("neighbour_two", "cadre@village", B, None, {}), ("stranger_two", "cadre@village", F, None, {}),
        ("deputy", "reviewer@town", TOWN, None, {"deputy": True, "valid_from": day - timedelta(days=2)}),
        ("ended", "cadre@village", A, None, {"valid_to": day}),
        ("future", "cadre@village", A, None, {"valid_from": day + timedelta(days=1)}),
        ("disabled", "cadre@village", A, None, {}), ("locked", "cadre@village", A, None, {}),
        ("newcomer", "cadre@village", A, None, {}),
    ]  # fmt: skip
    for key, token, path, organisation, span in plans:
        role, level = token.split("@")
        post, _ = Post.objects.get_or_create(
            role=role, level=level, area=people.areas[path],
            organisation=people.organisations[organisation] if organisation else None,
            defaults={"title": f"{path} {role}"},
        )  # fmt: skip
        account = Account(username=key, name=f"测试{key}", must_change_password=key == "newcomer")
        account.set_password(district.PASSWORD)
        account.save()
        Appointment.objects.create(post=post, account=account, **{"valid_from": SINCE, **span})
        people.posts[key], people.accounts[key] = post, account


def _register(scene: Scene) -> None:
    rows = []
    for home in HOMES:
        for member, relation in enumerate(("户主", "配偶")):
            serial = home.number * 2 + member
            name = home.head if member == 0 else f"{SURNAMES[-1]}{GIVEN[home.number % 12][::-1]}"
            rows.append(
                {"household": f"H-{home.number:04d}", "name": name, "number": number(serial), "relation": relation,
                 "area": home.place, "address": f"丙组 {home.number} 号", "kind": "一般农户", "health": "", "labour": "普通劳动力",
                 "school": "", "work_months": "3", "phone": phone(serial)}
            )  # fmt: skip
            scene.secrets |= {number(serial), phone(serial)}
    snapshots.import_residents(access.SYSTEM, rows, day=FOUNDED.date(), clock=Standing(FOUNDED))


# --- what happened ---------------------------------------------------------------------------------------------------


@dataclass
class Life:
    """The doors of one household's case, at the instant that stands."""

    scene: Scene
    home: Home
    household: UUID
    at: datetime = FOUNDED
    case: UUID | None = None

    def _who(self, key: str) -> access.Actor:
        return self.scene.people.actor(key, self.at)

    def act(self, key: str, act: str, papers: tuple[str, ...] = (), **given: Any) -> None:
        """Open the case, or act on it."""
        clock, actor = Standing(self.at), self._who(key)
        kept = [evidence.keep(actor, picture(), kind=kind, name="a.png", clock=clock).pk for kind in papers]
        if self.case is None:
            ledger = "register" if act == "ask" else "household_monitoring"
            self.case = cases.open_case(
                actor, ledger, act, subject=self.household, given=given, evidence=kept, clock=clock
            ).case
        else:
            cases.act(actor, self.case, act, given=given, evidence=kept, clock=clock)

    def answer(self, *, flag: str = "") -> None:
        """Every department that was asked answers; one of them, where named, with a flag."""
        for row in Case.objects.filter(parent=self.case, closed=None, stage="asked").order_by("number"):
            code = row.parties.get().organisation.code  # type: ignore[union-attr]
            actor, clock = self._who(BUREAUX[code]), Standing(self.at)
            if code == flag:
                cases.act(
                    actor, row.pk, "answer_flag", given={"flag": f"名下货车 {canary(self.home, 'flag')}"}, clock=clock
                )
            else:
                cases.act(actor, row.pk, "answer_clear", given={}, clock=clock)


def canary(home: Home, what: str) -> str:
    """Words that stand nowhere else."""
    return f"canary-{what}-{home.number:02d}"


def picture() -> bytes:
    """A small picture."""
    kept = io.BytesIO()
    Image.new("RGB", (6, 4), "white").save(kept, "PNG")
    return kept.getvalue()


def _steps(scene: Scene) -> Iterator[tuple[datetime, Callable[[], None]]]:
    """Every step of every household with its instant, and those of the villages."""
    households = dict(HouseholdNumber.objects.values_list("number", "household"))
    for home in HOMES:
        life = Life(scene, home, households[f"H-{home.number:04d}"])
        scene.things[f"home-{home.number}"] = Thing(
            f"home-{home.number}", "household", home.place, str(life.household), canaries={home.head}
        )
        for order, (day, step) in enumerate(_plan(life)):
            at = FOUNDED + timedelta(days=day, hours=1, minutes=home.number, seconds=order)
            yield at, _then(life, at, step)
        scene.things[f"life-{home.number}"] = Thing(f"life-{home.number}", "life", home.place)
        _LIVES[home.number] = life
    for order, path in enumerate((A, B, F, TOWN)):
        at = FOUNDED + timedelta(days=3, minutes=order)
        yield at, _then_village(scene, at, path)
    at = FOUNDED + timedelta(days=4)
    yield at, _then_round(scene, at)


_LIVES: dict[int, Life] = {}


def _then(life: Life, at: datetime, step: Callable[[], None]) -> Callable[[], None]:
    def run() -> None:
        life.at = at
        step()

    return run


def _then_village(scene: Scene, at: datetime, path: str) -> Callable[[], None]:
    def run() -> None:
        key = {A: "cadre", B: "neighbour", F: "stranger", TOWN: "reviewer"}[path]
        given = {"kind": "WATER_STOPPED", "hint": f"停水 canary-water-{path}-end"}
        cases.open_case(
            scene.people.actor(key, at), "village_problems", "report", subject=path, given=given, clock=Standing(at)
        )

    return run


def _then_round(scene: Scene, at: datetime) -> Callable[[], None]:
    def run() -> None:
        given = {
            "title": "十二月排查", "towns": [TOWN, "410503008"], "since": date(2021, 12, 5), "until": date(2021, 12, 28),
        }  # fmt: skip
        lead = scene.people.actor("lead", at)
        cases.open_case(lead, "rounds", "open_round", subject=DISTRICT, given=given, clock=Standing(at))

    return run


def _visit(life: Life) -> Mapping[str, Any]:
    second = CADRES[life.home.place][1]
    return {
        "second": str(life.scene.people.accounts[second].pk), "persons": 2, "wage": 600_000, "business": 100_000,
        "property": 0, "transfer": 50_000, "cost": 10_000, "claims": 0, "self_paid": 2_600_000, "housing": True,
        "education": True, "water": True, "insurance": True, "food": True, "clothing": True, "risk_1": "ILLNESS",
        "category": "MARGINAL", "situation": canary(life.home, "situation"),
    }  # fmt: skip


def _plan(life: Life) -> Iterator[tuple[float, Callable[[], None]]]:
    """The days and steps of one household's case, as far as it goes."""
    home = life.home
    cadre, second = CADRES[home.place]
    reviewer, signed = REVIEWERS[home.place], ("signature",)
    hint = canary(home, "hint")
    if home.upto == "change":
        yield 1, lambda: life.act(cadre, "ask", change="MOVE", since=date(2021, 11, 1), reason=hint)
        return
    if home.by == "refer":
        yield 1, lambda: life.act("medical", "refer", channel="line_12345", hint=hint)
        return
    yield 1, lambda: life.act(cadre, "report", hint=hint)
    if home.number == 0:
        yield 1.5, lambda: life.act(reviewer, "green_channel", help_first="临时救助", reason=hint)
    if home.upto == "close_clue":
        yield 2, lambda: life.act(cadre, "close_clue", outcome="no_risk", reason=hint)
    if home.upto in ("report", "close_clue"):
        return
    signer = (
        Membership.objects.filter(household=life.household, relation="户主").values_list("resident", flat=True).get()
    )
    yield 2, lambda: life.act(cadre, "visit", ("photo",), **_visit(life))
    if home.upto == "visit":
        return
    yield 2, lambda: life.act(second, "cosign", signed)
    yield 2, lambda: life.act(cadre, "authorise", signed, signer=str(signer), covered=2, valid_to=date(2022, 12, 31))
    yield 2, lambda: life.act(cadre, "compare")
    if home.upto == "refuse":
        yield 3, lambda: life.act(reviewer, "refuse", refusal="ABLE", reason=hint)
    if home.upto == "flagged":
        yield 3, lambda: life.answer(flag="public_security")
    if home.upto in ("compare", "flagged", "refuse"):
        return
    yield 3, life.answer
    yield from _after_review(life, cadre, reviewer)


def _after_review(life: Life, cadre: str, reviewer: str) -> Iterator[tuple[float, Callable[[], None]]]:
    hint = canary(life.home, "minutes")
    votes: dict[str, Any] = {"present": 9, "votes_for": 8, "votes_against": 0, "votes_abstain": 1, "minutes": hint}
    steps: tuple[tuple[str, float, Callable[[], None]], ...] = (
        ("review", 4, lambda: life.act(cadre, "review", **votes)),
        ("post", 16.5 if life.home.upto == "post" else 5, lambda: life.act(cadre, "post", ("photo",))),
        ("object", 6, lambda: life.act(reviewer, "object", objection=hint)),
        ("pass_town", 11, lambda: life.act(reviewer, "pass_town")),
        ("approve", 12, lambda: life.act("lead", "approve")),
        ("announce", 13, lambda: life.act(reviewer, "announce")),
    )
    for name, day, step in steps:
        if name == "object" and life.home.upto != "object":
            continue
        yield day, step
        if name == life.home.upto:
            return


# --- what it is, in the words of the table ---------------------------------------------------------------------------


def _describe(scene: Scene) -> None:
    """The cases, papers and people as things of the table; who is named in them is written down here, not asked."""
    for number_, life in _LIVES.items():
        del scene.things[f"life-{number_}"]
        home = scene.things[f"home-{number_}"]
        first = Membership.objects.filter(household=life.household, relation="户主").get().resident_id
        scene.things[f"person-{number_}"] = Thing(
            f"person-{number_}", "resident", home.place, str(first), home=home.name
        )
        assert life.case is not None
        row = Case.objects.get(pk=str(life.case))
        thing = _case(scene, f"case-{number_}", row)
        thing.home, thing.sealed = home.name, "reason" if row.ledger == "register" else "hint"
        if life.home.by == "refer":
            thing.sees, thing.hats = {"medical"}, {"opener": {"medical"}}
        else:
            cadre, second = CADRES[home.place]
            thing.hats = {"opener": {cadre}}
            if "visit" in {entry.act for entry in row.entries.all()}:
                thing.hats["second"] = {second}
        thing.canaries |= {canary(life.home, what) for what in ("hint", "situation", "minutes")}
        _children(scene, number_, life, home)
    for row in Case.objects.filter(ledger="village_problems"):
        thing = _case(scene, f"problem-{row.area_path}", row)
        thing.hats, thing.sees, thing.sealed = {"owner": {"water"}}, {"water"}, "hint"
        thing.canaries.add(f"canary-water-{row.area_path}-end")
    for row in Case.objects.filter(ledger="rounds"):
        _case(scene, f"round-{row.area_path}", row)
    for notice in Notice.objects.filter(case__stage="posted"):
        case = next(thing for thing in scene.things.values() if thing.key == str(notice.case_id))
        scene.things[f"notice-{case.name}"] = Thing(
            f"notice-{case.name}", "notice", case.place, str(notice.pk), home=case.name
        )
    _screened(scene)
    told = Entry.objects.filter(case=_LIVES[0].case, n=1).get()
    scene.things["entry-0"] = Thing("entry-0", "entry", A, str(told.pk))
    stray = evidence.keep(scene.people.actor("cadre", NOW), picture(), kind="photo", name="b.png", clock=Standing(NOW))
    scene.things["stray"] = Thing("stray", "stray paper", A, str(stray.pk), sees={"cadre"})


def _screened(scene: Scene) -> None:
    """What the medical office sent, what the screening found in it, and the work that waits."""
    for code, short in (
        ("lead", "乡村振兴"),
        ("medical", "医保"),
        ("civil", "民政"),
        ("housing", "住建"),
        ("water", "水利"),
    ):
        Organisation.objects.filter(code=code).update(short=short)
    clock = Standing(NOW - timedelta(hours=1))
    lead = scene.people.actor("lead", NOW)
    damaged = number(2)[:-2] + ("7" if number(2)[-2] != "7" else "4") + number(2)[-1]
    rows = [("证件号码", "姓名", "就诊日期", "个人自付"), (number(0), HOMES[0].head, "2021-12-01", "26000"),
            (damaged, HOMES[1].head, "2021-12-01", "310"), ("", "", "2021-12-01", "5")]  # fmt: skip
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "medical.csv"
        path.write_text("".join(",".join(row) + "\n" for row in rows), encoding="utf-8")
        got = feeding.receive(lead, "medical", [path], clock=clock)
    run = harvest.run(lead, clock=clock)
    job = jobs.start(lead, "run", {"day": None}, clock=clock)
    tried = trying.save(lead, "提到三万", {"r02_self_paid": 3_000_000}, clock=clock)
    bulletin = bulletins.publish(lead, "monthly", on=clock.now().date(), clock=clock)
    alert = Alert.objects.get(rule="R02")
    pair = Pair.objects.order_by("pk")[0]
    scene.secrets.add(damaged)
    scene.words["@edition"] = editions.current("comparison").digest
    own = {"medical"}
    cadre = scene.people
    term = Appointment.objects.get(account=cadre.accounts["cadre"])
    for thing in (
        Thing("batch", "batch", DISTRICT, str(got.batch), sees=own), Thing("run", "run", DISTRICT, run.digest),
        Thing("alert", "alert", DISTRICT, str(alert.pk), sees=own), Thing("pair", "pair", DISTRICT, str(pair.pk)),
        Thing("proposal", "proposal", DISTRICT, str(tried)),
        Thing("job", "job", DISTRICT, str(job)), Thing("feed", "feed", DISTRICT, "medical", sees=own),
        Thing("account", "account", DISTRICT, str(cadre.accounts["cadre"].pk)), Thing("bulletin", "bulletin", DISTRICT, str(bulletin)),
        Thing("term", "term", DISTRICT, str(term.pk), home="account"),
        Thing("slip", "slip", A, str(_LIVES[0].case), stage="2", home="case-0"),
    ):  # fmt: skip
        scene.things[thing.name] = thing


def _case(scene: Scene, name: str, row: Case) -> Thing:
    thing = Thing(name, row.ledger, row.area_path, str(row.pk), row.stage, canaries={row.number, str(row.pk)})
    scene.things[name] = thing
    for order, paper in enumerate(Evidence.objects.filter(entry__case=row).order_by("received", "pk")[:1]):
        scene.things[f"{name}-paper-{order}"] = Thing(
            f"{name}-paper-{order}", "paper", row.area_path, str(paper.pk), home=name
        )
    return thing


def _children(scene: Scene, number_: int, life: Life, home: Thing) -> None:
    for row in Case.objects.filter(parent=life.case).order_by("number"):
        code = row.parties.get().organisation.code  # type: ignore[union-attr]
        few = number_ in (2, 3, 15, 19) and (number_ == 2 or code not in ("market", "fiscal"))
        child = _case(scene, f"{'' if few else 'quiet-'}comparison-{number_}-{code}", row)
        child.home = home.name
        child.hats, child.sees = {"department": {BUREAUX[code]}}, {BUREAUX[code]}
        if row.stage == "flagged":
            child.sealed = "flag"
            child.canaries.add(canary(life.home, "flag"))
