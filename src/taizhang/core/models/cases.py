"""Cases: one subject going through one ledger; what every case has is typed here, the rest is validated JSON."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from taizhang.core.models.fields import IdField, PathField


class Edition(models.Model):
    """One edition of one ledger, word for word; never edited."""

    digest = models.CharField(max_length=64, primary_key=True)
    ledger = models.CharField(max_length=60, db_index=True)
    version = models.IntegerField()
    text = models.TextField()
    installed_at = models.DateTimeField()


class Case(models.Model):
    """One subject going through one ledger."""

    id = IdField()
    number = models.CharField(max_length=40, unique=True)
    ledger = models.CharField(max_length=60)
    edition = models.ForeignKey(Edition, models.PROTECT, related_name="+")
    stage = models.CharField(max_length=60)
    household = models.ForeignKey("core.Household", models.PROTECT, null=True, related_name="cases")
    resident = models.ForeignKey("core.Resident", models.PROTECT, null=True, related_name="cases")
    organisation = models.ForeignKey("core.Organisation", models.PROTECT, null=True, related_name="cases")
    thing = models.ForeignKey("core.Thing", models.PROTECT, null=True, related_name="cases")
    area = models.ForeignKey("core.Area", models.PROTECT, related_name="cases")  # also the subject of area ledgers
    area_path = PathField()  # the present path
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="children")
    opened_by = models.ForeignKey("core.Account", models.PROTECT, null=True, related_name="+")
    opened = models.DateTimeField()
    closed = models.DateTimeField(null=True)
    n = models.IntegerField(default=0)  # entries so far; a writer who saw another n was not first
    item = models.CharField(max_length=40, blank=True, default="")  # of a roster's cell
    period = models.DateField(null=True)  # of a roster's cell: the first day of its period
    sole = models.BooleanField(default=False)  # a household or thing has at most one open case of this kind
    yellow_at = models.DateTimeField(null=True)  # from when the case's light is yellow, unless an act changes it
    red_at = models.DateTimeField(null=True)
    data = models.JSONField(default=dict)  # values of fields by key; sealed ones as references

    class Meta:
        indexes = (
            models.Index(fields=["ledger", "area_path", "red_at"], name="case_open_red", condition=Q(closed=None)),
            models.Index(
                fields=["area_path", "ledger", "red_at", "yellow_at"], name="case_area", condition=Q(closed=None)
            ),
            models.Index(fields=["ledger", "stage"], name="case_stage"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(yellow_at=None) | Q(red_at=None) | Q(yellow_at__lte=models.F("red_at")),
                name="case_yellow_before_red",
            ),
            models.UniqueConstraint(
                fields=["ledger", "household"], condition=Q(closed=None, sole=True), name="case_sole_open"
            ),
            models.UniqueConstraint(
                fields=["ledger", "thing"], condition=Q(closed=None, sole=True), name="case_sole_open_thing"
            ),
            models.UniqueConstraint(
                fields=["ledger", "period", "item", "organisation"],
                condition=~Q(period=None),
                name="case_cell_once",
            ),
        )


class Turn(models.Model):
    """A running clock of a case: when its light turns and whose light it is."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="turns")
    clock = models.CharField(max_length=60)
    since = models.DateTimeField()
    due = models.DateTimeField(null=True)
    yellow_at = models.DateTimeField(null=True)
    red_at = models.DateTimeField(null=True)
    frozen = models.CharField(max_length=8, blank=True, default="")  # the colour a paused clock keeps
    owes_role = models.CharField(max_length=40, blank=True, default="")
    owes_level = models.CharField(max_length=12, blank=True, default="")
    owes_path = PathField(blank=True, default="")  # the area at that level which covers the case
    owes_organisation = models.ForeignKey("core.Organisation", models.PROTECT, null=True, related_name="+")
    owes_thing = models.ForeignKey("core.Thing", models.PROTECT, null=True, related_name="+")
    owes_account = models.ForeignKey("core.Account", models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["case", "clock"], name="turn_once"),)
        indexes = (
            models.Index(fields=["owes_role", "owes_path", "red_at"], name="turn_owed"),
            models.Index(fields=["owes_organisation", "red_at"], name="turn_owed_by_organisation"),
        )


class Party(models.Model):
    """Whom a field of a case points at: a relation, never JSON. The field `subject`: whose people speak for the subject."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="parties")
    field = models.CharField(max_length=60)
    reads = models.BooleanField(default=False)  # the ledger gives sight of the case through this field
    account = models.ForeignKey("core.Account", models.PROTECT, null=True, related_name="+")
    organisation = models.ForeignKey("core.Organisation", models.PROTECT, null=True, related_name="+")
    resident = models.ForeignKey("core.Resident", models.PROTECT, null=True, related_name="+")
    household = models.ForeignKey("core.Household", models.PROTECT, null=True, related_name="+")
    thing = models.ForeignKey("core.Thing", models.PROTECT, null=True, related_name="+")
    area = models.ForeignKey("core.Area", models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes = (
            models.Index(fields=["account"], name="party_account", condition=Q(reads=True)),
            models.Index(fields=["organisation"], name="party_organisation", condition=Q(reads=True)),
            models.Index(fields=["thing"], name="party_thing", condition=Q(reads=True)),
        )


class Notice(models.Model):
    """A list on the notice board: only the allow-listed fields, taken down by itself when its days are over."""

    id = IdField()
    case = models.ForeignKey(Case, models.PROTECT, related_name="notices")
    entry = models.OneToOneField("core.Entry", models.PROTECT, related_name="+")
    area_path = PathField(db_index=True)
    show = models.JSONField()  # the keys of fields that may be read
    starts = models.DateTimeField()
    ends = models.DateTimeField(null=True)  # null while an objection holds it
    taken_down = models.DateTimeField(null=True)  # before its time: returned, withdrawn, upheld


class Evidence(models.Model):
    """A kept file: its bytes lie under DATA/evidence by digest, written and synced before the entry that names it."""

    id = IdField()
    kind = models.CharField(max_length=20)  # photo, file, signature, ...
    digest = models.CharField(max_length=64, db_index=True)
    size = models.BigIntegerField()
    media_type = models.CharField(max_length=80)
    name = models.BinaryField(null=True)  # the file's name, sealed
    account = models.ForeignKey("core.Account", models.PROTECT, null=True, related_name="+")
    received = models.DateTimeField()
    entry = models.ForeignKey("core.Entry", models.PROTECT, null=True, related_name="evidence")


class Cited(models.Model):
    """A record of another case that an act names as what shows it: never sent again."""

    entry = models.ForeignKey("core.Entry", models.PROTECT, related_name="cites")
    record = models.ForeignKey("core.Entry", models.PROTECT, related_name="cited")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["entry", "record"], name="cited_once"),)


class Fact(models.Model):
    """An indicator's dated delta: `at` is the day it counts for, `known` when it was received."""

    ledger = models.CharField(max_length=60)
    indicator = models.CharField(max_length=60)
    case = models.ForeignKey(Case, models.PROTECT, related_name="facts")
    n = models.IntegerField(default=0)  # the entry that made it, so that annulling the entry can take it back
    area_path = PathField()  # the path of the day
    at = models.DateTimeField()
    known = models.DateTimeField()
    num = models.IntegerField(default=0)
    den = models.IntegerField(default=0)
    value = models.BigIntegerField(default=0)

    class Meta:
        indexes = (models.Index(fields=["ledger", "indicator", "area_path", "at"], name="fact_asked"),)


class Series(models.Model):
    """The last number given in a yearly series; locked last in a transaction, so numbers have no gaps."""

    district = models.ForeignKey("core.District", models.PROTECT, related_name="+")
    prefix = models.CharField(max_length=20)
    year = models.IntegerField()
    last = models.IntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["district", "prefix", "year"], name="series_once"),)


class Document(models.Model):
    """A numbered official paper of a case: its number is taken at the act that signs it, and never given again."""

    id = IdField()
    case = models.ForeignKey(Case, models.PROTECT, related_name="documents")
    entry = models.ForeignKey("core.Entry", models.PROTECT, related_name="+")
    kind = models.CharField(max_length=60)  # the key among the ledger's documents
    mark = models.CharField(max_length=20)  # 机关代字
    year = models.IntegerField()
    number = models.IntegerField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["mark", "year", "number"], name="document_once"),)


class Gathered(models.Model):
    """A cell of a roster whose red light was told in a letter: once per rule, cell and instant of turning, for ever."""

    ledger = models.CharField(max_length=60)
    rule = models.IntegerField()  # its position in the ledger
    organisation = models.ForeignKey("core.Organisation", models.PROTECT, related_name="+")
    item = models.CharField(max_length=40)
    period = models.DateField()
    turned_at = models.DateTimeField()
    told_in = models.ForeignKey(Case, models.PROTECT, related_name="gathered")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["ledger", "rule", "organisation", "item", "period", "turned_at"], name="gathered_once"
            ),
        )


class RuleRun(models.Model):
    """A rule that was carried out because a light turned: once per case, rule and instant of turning, for ever."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    rule = models.CharField(max_length=80)  # clock:colour:position in the ledger
    turned_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    tries = models.IntegerField(default=0)
    again_at = models.DateTimeField(null=True)  # after a failure: not before this instant
    note = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["case", "rule", "turned_at"], name="rule_once"),)


class SavedView(models.Model):
    """A list's filter that somebody keeps under a name."""

    account = models.ForeignKey("core.Account", models.CASCADE, related_name="views")
    ledger = models.CharField(max_length=60)
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=500)
