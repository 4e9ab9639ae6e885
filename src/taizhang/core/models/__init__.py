"""The tables of the spine."""

from taizhang.core.models.accounts import Account, Appointment, Post
from taizhang.core.models.cases import Case, Edition, Evidence, Fact, Notice, Party, SavedView, Series, Turn
from taizhang.core.models.chain import District, Entry, Sealed, SealKey
from taizhang.core.models.registers import (
    Area,
    AreaAlias,
    AreaVersion,
    Household,
    HouseholdNumber,
    HouseholdVersion,
    Income,
    Membership,
    NameToken,
    Organisation,
    OrganisationVersion,
    Resident,
    ResidentVersion,
)
from taizhang.core.models.screening import Alert, Batch, Job, Mapping, Pair, Run

__all__ = [
    "Account",
    "Alert",
    "Appointment",
    "Area",
    "AreaAlias",
    "AreaVersion",
    "Batch",
    "Case",
    "District",
    "Edition",
    "Entry",
    "Evidence",
    "Fact",
    "Household",
    "HouseholdNumber",
    "HouseholdVersion",
    "Income",
    "Job",
    "Mapping",
    "Membership",
    "NameToken",
    "Notice",
    "Organisation",
    "OrganisationVersion",
    "Pair",
    "Party",
    "Post",
    "Resident",
    "ResidentVersion",
    "Run",
    "SavedView",
    "SealKey",
    "Sealed",
    "Series",
    "Turn",
]
