"""A household lived through the library's own procedure by the doors that people use: entered, helped, removed, at risk again."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from taizhang.core.models import (
    Account,
    Appointment,
    Case,
    Evidence,
    Membership,
    Organisation,
    OrganisationVersion,
    Post,
)
from taizhang.core.models.fields import new_id
from taizhang.core.moves import cases
from tests.conftest import NOW, FixedClock
from tests.core.county import County
from tests.district import PASSWORD, SINCE, SmallDistrict

BUREAUX: Final = ("public_security", "housing", "market", "fiscal", "agriculture")
NEEDS: Final = dict.fromkeys(("housing", "education", "water", "insurance", "food", "clothing"), True)
POOR: Final = {
    "wage": 900_000,
    "business": 400_000,
    "property": 0,
    "transfer": 240_000,
    "cost": 140_000,
    "claims": 0,
    "self_paid": 0,
}
STEADY: Final = {**POOR, "wage": 4_000_000, "self_paid": 120_000}
REVIEW: dict[str, Any] = {
    "present": 9,
    "votes_for": 8,
    "votes_against": 0,
    "votes_abstain": 1,
    "minutes": "九人到会，八人同意。",
}


class Life(County):
    """The small district with the bureaux that the procedure asks, and the procedure's acts as a village does them."""

    def act_on(self, key: str, case: uuid.UUID, act: str, signatures: int = 0, **given: Any) -> cases.Acted:
        """An act an hour after the last one; signatures are kept first."""
        self.clock.advance(hours=1)
        files = [self._signature(key) for _ in range(signatures)]
        return cases.act(self.who(key), case, act, given=given, evidence=files, clock=self.clock)

    def _signature(self, key: str) -> uuid.UUID:
        row = Evidence.objects.create(
            id=new_id(), kind="signature", digest=f"{uuid.uuid4().hex}{uuid.uuid4().hex}", size=1, media_type="image/png",
            account=self.accounts[key], received=self.clock.now(),
        )  # fmt: skip
        return row.pk

    def report(self, home: uuid.UUID) -> uuid.UUID:
        """A clue by the village cadre."""
        actor, given = self.who("cadre"), {"hint": "主要劳动力失去工作"}
        return cases.open_case(
            actor, "household_monitoring", "report", subject=home, given=given, clock=self.clock
        ).case

    def visit(self, home: uuid.UUID, case: uuid.UUID, **more: Any) -> None:
        """The visit by two, the second one's signature."""
        persons = max(1, self.living(home))
        found: dict[str, Any] = {
            "second": self.account("second_cadre"), "persons": persons, **scaled(POOR, persons), **NEEDS, "risk_1": "JOB",
            "category": "MARGINAL", "situation": "失业三个月", **more,
        }  # fmt: skip
        self.act_on("cadre", case, "visit", **found)
        self.act_on("second_cadre", case, "cosign", signatures=1)

    def living(self, home: uuid.UUID) -> int:
        """How many are registered in a household and alive."""
        people = Membership.objects.filter(household=home, valid_to=None)
        return people.exclude(resident__versions__died__isnull=False).count()

    def authorise(self, home: uuid.UUID, case: uuid.UUID) -> None:
        """The authorisation and the question to the departments, who find nothing."""
        signer = (
            Membership.objects.filter(household=home, valid_to=None)
            .order_by("pk")
            .values_list("resident", flat=True)[0]
        )
        self.act_on(
            "cadre",
            case,
            "authorise",
            signatures=1,
            signer=str(signer),
            covered=max(1, self.living(home)),
            valid_to="2024-12-31",
        )
        self.act_on("cadre", case, "compare")
        for child in Case.objects.filter(parent=case, closed=None):
            bureau = child.parties.get(field="department").organisation
            assert bureau is not None
            self.act_on(bureau.code, child.pk, "answer_clear")

    def post(self, case: uuid.UUID) -> None:
        """The village review and the notice."""
        self.act_on("cadre", case, "review", **REVIEW)
        self.act_on("cadre", case, "post")

    def decide(self, case: uuid.UUID) -> None:
        """The notice runs its days; town, county, announcement."""
        self.clock.advance(days=6)
        self.act_on("reviewer", case, "pass_town")
        self.act_on("lead", case, "approve")
        self.act_on("reviewer", case, "announce")

    def watched(self, home: uuid.UUID) -> uuid.UUID:
        """The whole way from a clue to *watched*."""
        case = self.report(home)
        self.visit(home, case)
        self.authorise(home, case)
        self.post(case)
        self.decide(case)
        return case

    def helped(self, home: uuid.UUID) -> uuid.UUID:
        """A measure of help, approved, paid in two parts."""
        actor = self.who("cadre")
        given = {"item": "SEEDS", "risk": "JOB", "persons": 1, "aim": "麦种和化肥", "granted": 120_000}
        case = cases.open_case(actor, "assistance", "plan", subject=home, given=given, clock=self.clock).case
        self.act_on("agriculture", case, "approve")
        for amount in (50_000, 70_000):
            self.act_on("agriculture", case, "pay", amount=amount)
        return case

    def removal(self, home: uuid.UUID, case: uuid.UUID, **more: Any) -> None:
        """Half a year later: the visit that proposes the removal, the second one's signature."""
        self.clock.advance(days=190)
        persons = max(1, self.living(home))
        found: dict[str, Any] = {
            "removal": "helped", "second": self.account("second_cadre"), "persons": persons, **scaled(STEADY, persons), **NEEDS,
            "steady_months": 7, "costs_eased": True, "risks_gone": True, "no_new_risk": True, "situation": "长子务工七个月", **more,
        }  # fmt: skip
        self.act_on("cadre", case, "propose_removal", **found)
        self.act_on("second_cadre", case, "cosign", signatures=1)

    def removed(self, home: uuid.UUID, case: uuid.UUID) -> None:
        """The whole way from *watched* to *removed*."""
        self.removal(home, case)
        self.act_on("cadre", case, "review_removal", **REVIEW)
        self.act_on("cadre", case, "post_removal")
        self.clock.advance(days=6)
        self.act_on("reviewer", case, "pass_removal")
        self.act_on("lead", case, "approve_removal")
        self.act_on("reviewer", case, "announce_removal", contact=self.account("second_cadre"))

    def change(self, home: uuid.UUID, kind: str, act: str, **given: Any) -> cases.Acted:
        """A change of the register: reported by the village, decided by the town."""
        self.clock.advance(hours=1)
        day = (self.clock.now() - timedelta(days=1)).date().isoformat()
        asked = {"change": kind, "since": day, "reason": "有证明材料"}
        case = cases.open_case(self.who("cadre"), "register", "ask", subject=home, given=asked, clock=self.clock).case
        return self.act_on("reviewer", case, act, **given)


def scaled(amounts: Mapping[str, int], persons: int) -> dict[str, int]:
    """Amounts in fen for so many persons, of those for three."""
    return {key: value * persons // 3 for key, value in amounts.items()}


def build(made: SmallDistrict) -> Life:
    """The district's procedure ready to be lived; its ledgers are installed already."""
    life = Life(made.areas, made.organisations, made.posts, made.accounts)
    life.clock = FixedClock(NOW)
    for code in BUREAUX:
        bureau = Organisation.objects.create(code=code, area=life.areas["410503"], kind="department", name=f"区{code}")
        OrganisationVersion.objects.create(organisation=bureau, name=bureau.name, valid_from=SINCE)
        post = Post.objects.create(
            role="department", level="district", area=life.areas["410503"], organisation=bureau, title=bureau.name
        )
        account = Account(username=code, name=f"测试{code}", must_change_password=False)
        account.set_password(PASSWORD)
        account.save()
        Appointment.objects.create(post=post, account=account, valid_from=SINCE)
        life.organisations[code], life.posts[code], life.accounts[code] = bureau, post, account
    return life
