"""What was tried before it is set, what the rules would have found in the past, and what in the data is doubtful."""

from __future__ import annotations

from django.db import models

from taizhang.core.models.fields import IdField, PathField


class Proposal(models.Model):
    """Other numbers for screening, saved under a name with what they would change; adopted by entries of kind policy."""

    id = IdField()
    name = models.CharField(max_length=80)
    changes = models.JSONField()  # number -> value, money in fen
    run = models.ForeignKey("core.Run", models.PROTECT, related_name="proposals")  # on whose signals it was tried
    result = models.JSONField()  # counts alone: by rule, area, kind, level
    created = models.DateTimeField()
    account = models.ForeignKey("core.Account", models.PROTECT, null=True, related_name="+")
    entry = models.ForeignKey("core.Entry", models.PROTECT, related_name="+")
    adopted_at = models.DateTimeField(null=True)
    adopted_from = models.DateField(null=True)  # the first day of the new numbers
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=["created"], name="proposal_created"),)


class Replay(models.Model):
    """A set of rules asked on every month of the past: counts per rule and combination, no household named."""

    id = IdField()
    proposal = models.ForeignKey(
        Proposal, models.PROTECT, null=True, related_name="replays"
    )  # None: the numbers in force
    job = models.ForeignKey("core.Job", models.PROTECT, null=True, related_name="+")
    known = models.CharField(max_length=8)  # then: rows that had come by each month; now: all rows, by their own dates
    since = models.DateField(null=True)
    until = models.DateField(null=True)
    months = models.IntegerField(default=0)  # that are done
    result = models.JSONField(default=dict)
    created = models.DateTimeField()
    finished = models.DateTimeField(null=True)
    account = models.ForeignKey("core.Account", models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes = (models.Index(fields=["created"], name="replay_created"),)


class Doubt(models.Model):
    """One doubtful point of the data: a rule of quality and whom it is about. It stays when it is mended, with the day."""

    rule = models.CharField(max_length=40)  # of quality.yaml, or @ and an item of items.yaml
    about = models.CharField(max_length=80)  # the household, and the resident where it is about one
    household = models.ForeignKey("core.Household", models.PROTECT, null=True, related_name="doubts")
    resident = models.ForeignKey("core.Resident", models.PROTECT, null=True, related_name="doubts")
    area_path = PathField(db_index=True)
    severity = models.CharField(max_length=1)  # E, W, I
    found = models.DateField()
    gone = models.DateField(null=True)  # the day on which a check did not find it any more

    class Meta:
        constraints = (models.UniqueConstraint(fields=["rule", "about"], name="doubt_once"),)
        indexes = (models.Index(fields=["rule", "gone"], name="doubt_rule"),)


class Waiver(models.Model):
    """A real case that breaks a rule of quality: with its reason, until a day; it holds whatever is imported later."""

    id = IdField()
    rule = models.CharField(max_length=40)  # of quality.yaml, or @ and an item of items.yaml
    about = models.CharField(max_length=80)
    household = models.ForeignKey("core.Household", models.PROTECT, null=True, related_name="waivers")
    resident = models.ForeignKey("core.Resident", models.PROTECT, null=True, related_name="+")
    sealed = models.BinaryField()  # the reason and what proves it, under the household's key
    created = models.DateTimeField()
    until = models.DateField(null=True)  # last day; None: until it is ended
    ended_at = models.DateTimeField(null=True)
    account = models.ForeignKey("core.Account", models.PROTECT, null=True, related_name="+")
    entry = models.ForeignKey("core.Entry", models.PROTECT, related_name="+")

    class Meta:
        indexes = (models.Index(fields=["rule", "about"], name="waiver_about"),)
