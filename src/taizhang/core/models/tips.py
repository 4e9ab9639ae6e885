"""Tips: a store of its own. Random identifiers, whole days, sealed words of one length; no account, no address, no entry."""

from __future__ import annotations

import uuid

from django.db import models


class Tip(models.Model):
    """A tip: when it came by the day, whether two people have opened it; its words lie sealed under its own key."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)  # version 4: tells no time
    digest = models.CharField(max_length=64, unique=True)  # of the code, slowly hashed
    wrapped = models.BinaryField(null=True)  # its own key, wrapped by the key file; null once destroyed
    day = models.DateField()  # Shanghai
    state = models.CharField(max_length=10, default="closed_lid")
    first = models.ForeignKey("core.Account", models.PROTECT, null=True, related_name="+")  # who asked to open it
    second = models.ForeignKey("core.Account", models.PROTECT, null=True, related_name="+")  # who agreed
    ended = models.DateField(null=True)


class TipWord(models.Model):
    """Something said about a tip, by whoever sent it or by the office; sealed and padded to one length."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tip = models.ForeignKey(Tip, models.CASCADE, related_name="words")
    n = models.IntegerField()
    ours = models.BooleanField(default=False)
    day = models.DateField()
    cipher = models.BinaryField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["tip", "n"], name="tip_word_once"),)
