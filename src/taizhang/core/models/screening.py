"""What departments sent, what screening found in it, and what people decided about doubtful rows."""

from __future__ import annotations

from django.db import models

from taizhang.core.models.fields import IdField, PathField


class Mapping(models.Model):
    """A department's own headers for a feed's columns, kept so that a renamed header is mapped once."""

    feed = models.CharField(max_length=40, unique=True)
    columns = models.JSONField(default=dict)  # their header -> our column
    entry = models.ForeignKey("core.Entry", models.PROTECT, null=True, related_name="+")


class Batch(models.Model):
    """One import of one feed: received = accepted + rejected. Withdrawn by an entry, never deleted."""

    id = IdField()
    feed = models.CharField(max_length=40)
    files = models.JSONField()  # [{name, sha256}]
    received = models.IntegerField()
    accepted = models.IntegerField()
    rejected = models.IntegerField()
    received_at = models.DateTimeField()
    account = models.ForeignKey("core.Account", models.PROTECT, null=True, related_name="+")
    folder = models.CharField(max_length=120)  # under DATA/feeds: accepted.parquet, rejects (sealed), raw (sealed)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=["feed", "received_at"], name="batch_feed"),)


class Run(models.Model):
    """One screening; its id is the digest of everything it read, so the same run again changes nothing."""

    digest = models.CharField(max_length=64, primary_key=True)
    day = models.DateField()
    started = models.DateTimeField()
    seconds = models.FloatField(default=0)
    inputs = models.JSONField()  # batches, decisions, editions of signals, rules, policies
    hits = models.JSONField(default=dict)  # rule -> households (or areas)
    not_evaluated = models.JSONField(default=list)
    landed = models.DateTimeField(null=True)
    account = models.ForeignKey("core.Account", models.PROTECT, null=True, related_name="+")


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
    sealed = models.BinaryField(null=True)  # sentence, figures and source rows, under the household's key
    batches = models.JSONField(default=list)  # ids of the batches it rests on
    case = models.ForeignKey("core.Case", models.PROTECT, null=True, related_name="alerts")
    answer = models.CharField(max_length=40, blank=True, default="")  # what is told to the sender
    data_error_at = models.DateTimeField(null=True)  # the batch it rested on was withdrawn

    class Meta:
        indexes = (models.Index(fields=["household", "rule"], name="alert_household"),)


class Pair(models.Model):
    """A row whose person is doubtful, and what a person decided; a decision is kept and used again."""

    id = IdField()
    feed = models.CharField(max_length=40)
    batch = models.ForeignKey(Batch, models.PROTECT, related_name="pairs")
    file = models.CharField(max_length=120)
    row = models.IntegerField()
    person = models.CharField(max_length=64, db_index=True)  # keyed digest of the row's number, or of name and area
    resident = models.ForeignKey("core.Resident", models.PROTECT, null=True, related_name="pairs")  # the candidate
    how = models.CharField(max_length=40)
    score = models.FloatField(default=0)
    differs = models.BooleanField(default=False)
    sealed = models.BinaryField(null=True)  # what the row says of the person, under the candidate's key
    band = models.CharField(max_length=12, default="person")  # person until decided: same, different
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey("core.Account", models.PROTECT, null=True, related_name="+")
    entry = models.ForeignKey("core.Entry", models.PROTECT, null=True, related_name="+")


class Job(models.Model):
    """Long work that shows progress, can be left, and can be run again when it failed."""

    id = IdField()
    kind = models.CharField(max_length=40)
    arguments = models.JSONField(default=dict)
    account = models.ForeignKey("core.Account", models.PROTECT, null=True, related_name="+")
    created = models.DateTimeField()
    started = models.DateTimeField(null=True)
    finished = models.DateTimeField(null=True)
    done = models.IntegerField(default=0)
    total = models.IntegerField(default=0)
    note = models.JSONField(default=dict)  # {zh, en}: what it is doing, or how it ended
    failed = models.BooleanField(default=False)
