"""The registers: areas, organisations, households, residents. A row is never overwritten but versioned."""

from __future__ import annotations

from django.db import models

from taizhang.core.models.fields import IdField, PathField


class Version(models.Model):
    """A span of days (half-open) in which a row of a register said so, and the batch or entry that said it."""

    id = IdField()
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    batch = models.ForeignKey("core.Batch", models.PROTECT, null=True, related_name="+")
    entry = models.ForeignKey("core.Entry", models.PROTECT, null=True, related_name="+")

    class Meta:
        abstract = True
        constraints = (
            # a version that was corrected on its own first day has an empty span and stays as history
            models.CheckConstraint(
                condition=models.Q(valid_to=None) | models.Q(valid_to__gte=models.F("valid_from")),
                name="%(class)s_span",
            ),
        )


class Area(models.Model):
    """A district, town, village or grid; identity is this row, the code is a dated property of it."""

    id = IdField()
    level = models.CharField(max_length=12)
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="children")
    path = PathField(unique=True)  # the present statistical code
    name = models.CharField(max_length=60)  # the present name


class AreaVersion(Version):
    """The code and name of an area over a span of days."""

    area = models.ForeignKey(Area, models.PROTECT, related_name="versions")
    path = PathField(db_index=True)
    name = models.CharField(max_length=60)


class AreaAlias(models.Model):
    """What another system calls an area."""

    area = models.ForeignKey(Area, models.PROTECT, related_name="aliases")
    system = models.CharField(max_length=40)
    code = models.CharField(max_length=20, blank=True)
    name = models.CharField(max_length=60, blank=True)


class Organisation(models.Model):
    """A bureau, town government, village committee or unit."""

    id = IdField()
    code = models.CharField(max_length=60, unique=True)
    area = models.ForeignKey(Area, models.PROTECT, related_name="organisations")
    kind = models.CharField(max_length=40)
    name = models.CharField(max_length=80)  # the present name
    name_en = models.CharField(max_length=120, blank=True, default="")
    short = models.CharField(max_length=40, blank=True, default="")  # the word by which feeds and rules name it
    founded = models.DateField(null=True)  # none: before any day that a ledger speaks of
    closed = models.DateField(null=True)  # half-open: the first day on which it is no more


class OrganisationVersion(Version):
    """The name of an organisation over a span of days (organisations are renamed with every reform)."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="versions")
    name = models.CharField(max_length=80)


class Household(models.Model):
    """A household; its numbers in other systems are dated external numbers."""

    id = IdField()
    area = models.ForeignKey(Area, models.PROTECT, related_name="households")  # the present one
    area_path = PathField(db_index=True)  # the present path of that area


class HouseholdNumber(Version):
    """户编号 and the like: a number that a system gave the household."""

    household = models.ForeignKey(Household, models.PROTECT, related_name="numbers")
    system = models.CharField(max_length=40, default="national")
    number = models.CharField(max_length=40, db_index=True)


class HouseholdVersion(Version):
    """What was known of a household over a span of days."""

    household = models.ForeignKey(Household, models.PROTECT, related_name="versions")
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    area_path = PathField()  # the path of those days
    head = models.ForeignKey("core.Resident", models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=20)  # 脱贫户, 监测户, 一般农户, 非农户 as the register says
    sort_key = models.CharField(max_length=120, default="", blank=True, db_index=True)  # pinyin of the head's name
    sealed = models.BinaryField(null=True)  # address and the like, under the household's key


class Resident(models.Model):
    """A person in the registers. Everything that names or describes them is sealed under their own key."""

    id = IdField()
    number_index = models.CharField(max_length=64, null=True, unique=True)  # keyed digest of the normalised number
    phone_index = models.CharField(max_length=64, null=True, db_index=True)  # keyed digest of the present telephone
    erased_at = models.DateTimeField(null=True)


class ResidentVersion(Version):
    """What was known of a person over a span of days: one sealed profile (name, number, phone, health, work, school)."""

    resident = models.ForeignKey(Resident, models.PROTECT, related_name="versions")
    sealed = models.BinaryField(null=True)
    sort_key = models.CharField(max_length=120, default="", blank=True)  # pinyin of the name
    born = models.DateField(null=True)
    died = models.DateField(null=True)


class NameToken(models.Model):
    """A keyed digest of two neighbouring characters of a name: the search index that holds no name."""

    resident = models.ForeignKey(Resident, models.CASCADE, related_name="tokens")
    token = models.CharField(max_length=32, db_index=True)


class Membership(Version):
    """A person belongs to a household: as registered, or as really living and sharing money there."""

    household = models.ForeignKey(Household, models.PROTECT, related_name="memberships")
    resident = models.ForeignKey(Resident, models.PROTECT, related_name="memberships")
    kind = models.CharField(max_length=12, default="registered")  # registered, sharing
    relation = models.CharField(max_length=20)  # 与户主关系
    ended = models.ForeignKey("core.Entry", models.PROTECT, null=True, related_name="+")  # the import that ended it

    class Meta(Version.Meta):
        indexes = (models.Index(fields=["household", "kind", "valid_to"], name="membership_now"),)


class Income(models.Model):
    """One reckoning of a household's income, as a department or a clerk gave it, sealed under the household's key."""

    id = IdField()
    household = models.ForeignKey(Household, models.PROTECT, related_name="incomes")
    begins = models.DateField()
    ends = models.DateField()
    sealed = models.BinaryField(null=True)  # fen by kind of income and cost, persons, the line it was compared with
    batch = models.ForeignKey("core.Batch", models.PROTECT, null=True, related_name="+")
    purpose = models.CharField(
        max_length=20, blank=True, default=""
    )  # identification, yearly, removal; of a file: none
    case = models.ForeignKey("core.Case", models.PROTECT, null=True, related_name="incomes")
    entry = models.ForeignKey("core.Entry", models.PROTECT, null=True, related_name="+")  # who reckoned
    confirmed = models.ForeignKey("core.Entry", models.PROTECT, null=True, related_name="+")  # who confirmed
    replaced = models.BooleanField(default=False)  # corrected or withdrawn since; stays as history

    class Meta:
        indexes = (models.Index(fields=["household", "replaced", "ends"], name="income_latest"),)
