"""What people without a log-in leave behind: a code to follow a case by, and how many came in an hour."""

from __future__ import annotations

from django.db import models


class Follow(models.Model):
    """A code by which whoever opened a case on a public page follows it; only its keyed digest is kept."""

    case = models.OneToOneField("core.Case", models.PROTECT, related_name="follow")
    digest = models.CharField(max_length=64, unique=True)


class Pace(models.Model):
    """How many times something was done on public pages in one hour: a count and nothing about whom."""

    what = models.CharField(max_length=80)
    hour = models.DateTimeField()
    count = models.IntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["what", "hour"], name="pace_once"),)


class Scan(models.Model):
    """How often one printed code of a batch was looked at in one hour, and where the reader said to be: a count, no entry."""

    batch = models.ForeignKey("core.Case", models.CASCADE, related_name="scans")
    serial = models.IntegerField()
    place = models.ForeignKey("core.Thing", models.PROTECT, null=True, related_name="+")  # a counter or a zone
    town = models.CharField(max_length=9, blank=True, default="")  # the path of the town in which it lies
    hour = models.DateTimeField()
    count = models.IntegerField(default=0)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["batch", "serial", "place", "hour"], name="scan_once", nulls_distinct=False
            ),
        )
