"""What departments sent, what screening found in it, and what people decided about doubtful rows."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from taizhang.core.models.fields import IdField, PathField


class Mapping(models.Model):
    """A sender's own headers for a feed's columns, kept so that a renamed header is mapped once."""

    feed = models.CharField(max_length=40)
    sender = models.CharField(max_length=60, blank=True, default="")  # code of the organisation
    columns = models.JSONField(default=dict)  # their header -> our column
    entry = models.ForeignKey("core.Entry", models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["feed", "sender"], name="mapping_once"),)


class Batch(models.Model):
    """One import of one feed: received = accepted + rejected. Withdrawn by an entry, never deleted."""

    id = IdField()
    number = models.CharField(max_length=40, unique=True)
    feed = models.CharField(max_length=40)
    sequence = models.IntegerField()  # place among the batches of its feed; orders the lines of all of them
    files = models.JSONField()  # [{name, sha256}]: names of our own, by position; the sender's are sealed
    names = models.BinaryField(null=True)  # the names the sender gave the files
    received = models.IntegerField()
    accepted = models.IntegerField()
    rejected = models.IntegerField()
    linked = models.IntegerField(default=0)  # accepted rows whose person is known
    doubtful = models.IntegerField(default=0)  # accepted rows that were offered to a person
    unknown = models.IntegerField(default=0)  # accepted rows of nobody in the register
    received_at = models.DateTimeField()
    account = models.ForeignKey("core.Account", models.PROTECT, null=True, related_name="+")
    organisation = models.ForeignKey("core.Organisation", models.PROTECT, null=True, related_name="+")
    entry = models.ForeignKey("core.Entry", models.PROTECT, null=True, related_name="+")
    folder = models.CharField(max_length=120)  # under DATA/feeds: rows.parquet; rejects and raw files are sealed
    period = models.CharField(max_length=12, blank=True, default="")  # "2021-12": which delivery of the feed it is
    withdrawn_at = models.DateTimeField(null=True)
    withdrawal = models.ForeignKey("core.Entry", models.PROTECT, null=True, related_name="+")  # says by whom and why
    files_gone_at = models.DateTimeField(null=True)  # raw files and rejects are kept for some days only
    rows_gone_at = models.DateTimeField(null=True)  # rows for the longest window and some months

    class Meta:
        constraints = (models.UniqueConstraint(fields=["feed", "sequence"], name="batch_sequence"),)
        indexes = (models.Index(fields=["feed", "received_at"], name="batch_feed"),)


class Attested(models.Model):
    """What a register batch said that the register held already: it stands even if who said it first is withdrawn.

    Identifiers packed in sixteen bytes each: a file of a whole district costs one row, not one per resident.
    """

    batch = models.OneToOneField(Batch, models.PROTECT, primary_key=True, related_name="attested")
    entry = models.ForeignKey("core.Entry", models.PROTECT, related_name="+")  # that brought the register up to date
    day = models.DateField()
    reach = models.CharField(max_length=12)  # rows: who is listed; homes: all members of those; whole: the register
    versions = models.BinaryField(default=bytes)  # of numbers, households, residents, memberships and incomes


class Run(models.Model):
    """One screening; its id is the digest of everything it read, so the same run again changes nothing."""

    digest = models.CharField(max_length=64, primary_key=True)
    day = models.DateField()
    started = models.DateTimeField()
    seconds = models.FloatField(default=0)
    inputs = models.JSONField()  # batches, decisions, editions of signals, rules, policies
    hits = models.JSONField(default=dict)  # rule -> households (or areas)
    found = models.IntegerField(default=0)  # alerts that are new
    not_evaluated = models.JSONField(default=list)
    landed = models.DateTimeField(null=True)
    account = models.ForeignKey("core.Account", models.PROTECT, null=True, related_name="+")
    entry = models.ForeignKey("core.Entry", models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes = (models.Index(fields=["started"], name="run_started"),)


class Alert(models.Model):
    """A rule hit on a household (R08: an area), once per de-duplication key however often it is found."""

    digest = models.CharField(max_length=64, primary_key=True)
    run = models.ForeignKey(Run, models.PROTECT, related_name="alerts")  # the run that found it first
    rule = models.CharField(max_length=8)
    household = models.ForeignKey("core.Household", models.PROTECT, null=True, related_name="alerts")
    area = models.ForeignKey("core.Area", models.PROTECT, related_name="+")
    area_path = PathField(db_index=True)
    level = models.CharField(max_length=8)  # red, yellow: an order of visiting, not a clock
    day = models.DateField()
    dedupe_key = models.CharField(max_length=120)
    marks = models.JSONField(default=list)  # keyed digests of the rows it rests on
    sealed = models.BinaryField(null=True)  # sentence, figures and source rows, under the household's key
    case = models.ForeignKey("core.Case", models.PROTECT, null=True, related_name="alerts")
    joined = models.CharField(max_length=60, blank=True, default="")  # stage of the case it joined; empty: opened it
    answer = models.CharField(
        max_length=40, blank=True, default=""
    )  # what is told to the sender, where that is settled
    data_error_at = models.DateTimeField(null=True)  # all batches it rested on were withdrawn

    class Meta:
        indexes = (
            models.Index(fields=["household", "rule"], name="alert_household"),
            models.Index(fields=["rule", "day"], name="alert_rule"),
            models.Index(fields=["run"], name="alert_to_land", condition=Q(case=None, data_error_at=None)),
        )


class AlertBatch(models.Model):
    """An alert rests on rows of a batch (or, where it is about rows that are not there, on all batches of the feed)."""

    alert = models.ForeignKey(Alert, models.CASCADE, related_name="rests_on")
    batch = models.ForeignKey(Batch, models.PROTECT, related_name="supports")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["alert", "batch"], name="alert_batch_once"),)


class Pair(models.Model):
    """A row whose person is doubtful, and what a person decided; a decision is kept and used again.

    One pair for all rows that say the same of the same resident; feed, file and row are those of the first.
    """

    id = IdField()
    feed = models.CharField(max_length=40)
    batch = models.ForeignKey(Batch, models.PROTECT, related_name="pairs")
    file = models.CharField(max_length=120)
    row = models.IntegerField()
    rows = models.IntegerField(default=1)  # how many rows of that batch said so
    row_key = models.CharField(max_length=64, db_index=True)  # keyed digest of the row's number (and name)
    resident = models.ForeignKey("core.Resident", models.PROTECT, related_name="pairs")  # the candidate
    how = models.CharField(max_length=40)
    score = models.FloatField(default=0)
    differs = models.BooleanField(default=False)  # the number is the same and the name another
    sealed = models.BinaryField(null=True)  # what the row says of the person, under the candidate's key
    reasons = models.JSONField(
        default=list
    )  # what each comparison says: column, answer, bits; nothing that names anybody
    band = models.CharField(max_length=12, default="person")  # person until decided: same, different
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey("core.Account", models.PROTECT, null=True, related_name="+")
    entry = models.ForeignKey("core.Entry", models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["row_key", "resident"], name="pair_once"),)


class Job(models.Model):
    """Long work that shows progress, can be left, and can be run again when it failed."""

    id = IdField()
    kind = models.CharField(max_length=40)
    arguments = models.JSONField(default=dict)
    account = models.ForeignKey("core.Account", models.PROTECT, null=True, related_name="+")
    created = models.DateTimeField()
    started = models.DateTimeField(null=True)
    beat = models.DateTimeField(null=True)  # the last sign of life
    finished = models.DateTimeField(null=True)
    done = models.IntegerField(default=0)
    total = models.IntegerField(default=0)
    tries = models.IntegerField(default=0)
    note = models.JSONField(default=dict)  # {zh, en}: what it is doing, or how it ended
    result = models.JSONField(default=dict)  # where to look for what came of it
    failed = models.BooleanField(default=False)

    class Meta:
        indexes = (models.Index(fields=["kind", "created"], name="job_kind"),)
