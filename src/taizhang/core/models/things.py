"""Enterprises, places, products and projects: registers of things, in one table because they differ in few columns."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from taizhang.core.models.fields import IdField, PathField
from taizhang.core.models.registers import Version


class Told(models.Model):
    """What is known of a thing: the same columns for the present row and for each of its versions."""

    code = models.CharField(max_length=60, blank=True, default="")  # credit code, licence, number of a plan
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=40, blank=True, default="")  # of the catalogue `enterprise_kinds` and so on
    grade = models.CharField(max_length=20, blank=True, default="")  # of the catalogue `thing_grades`
    address = models.CharField(max_length=200, blank=True, default="")
    area = models.ForeignKey("core.Area", models.PROTECT, related_name="+")
    area_path = PathField(db_index=True)
    # the enterprise whose product or place it is
    enterprise = models.ForeignKey("core.Thing", models.PROTECT, null=True, related_name="+")
    # the organisation that answers for it: whose project, under whose care
    organisation = models.ForeignKey("core.Organisation", models.PROTECT, null=True, related_name="+")

    class Meta:
        abstract = True


class Thing(Told):
    """A row of the register of enterprises, places, products or projects, as it is at present."""

    id = IdField()
    register = models.CharField(max_length=12)
    sort_key = models.CharField(max_length=120, default="", blank=True)  # pinyin of the name
    since = models.DateField()
    closed = models.DateField(null=True)  # half-open: the first day on which it is no more
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, related_name="merged")

    class Meta:
        indexes = (models.Index(fields=["register", "area_path", "sort_key"], name="thing_listed"),)
        constraints = (
            models.UniqueConstraint(
                fields=["register", "code"], condition=~Q(code="") & Q(merged_into=None), name="thing_code_once"
            ),
        )


class ThingVersion(Told, Version):
    """What was known of a thing over a span of days, and the entry that said so."""

    thing = models.ForeignKey(Thing, models.PROTECT, related_name="versions")

    class Meta(Version.Meta):
        pass
