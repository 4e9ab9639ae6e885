"""The other mechanisms in the demo district: enterprises, activities, checks, projects, reports, as lived by their posts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from taizhang.demo.mechanisms import civic, firms, goods, party, reports, tipped
from taizhang.demo.mechanisms.deeds import Deed
from taizhang.demo.people import House

# in force from the beginning, like the ledgers of help; the roster of branches begins with the others in December 2021
LEDGERS: Final = (
    "activities", "batches", "civil_requests", "contact_points", "directory", "employment_reports", "enterprise_helpers",
    "enterprise_requests",
    "environment_service", "exchange", "food_checks", "food_lessons", "hazards", "inspection_plans", "inspections",
    "investment_projects", "market_checks", "online_classes", "products", "projects",
    "recognitions", "relic_checks", "tasks", "volunteering",
)  # fmt: skip
LATER: Final = ("branch_duties",)


def schedule(houses: Sequence[House], towns: Sequence[str]) -> list[Deed]:
    """Every act, in the order of time. `towns` are the codes of all towns and streets."""
    deeds = [
        *firms.schedule(),
        *goods.schedule(),
        *civic.schedule(houses),
        *party.schedule(),
        *tipped.schedule(),
        *reports.schedule(towns),
    ]
    return sorted(deeds, key=lambda deed: deed.at)
