"""The append-only chain: one per district, over the stored bytes of its entries; sealed values and their keys."""

from __future__ import annotations

from django.db import models

from taizhang.core.models.fields import IdField, PathField


class District(models.Model):
    """The district that this database belongs to, and the head of its chain (the one row every write locks last)."""

    code = models.CharField(max_length=6, primary_key=True)
    name = models.CharField(max_length=60)
    algorithm = models.CharField(max_length=8)  # digest of the chain, named in the genesis entry
    demo = models.BooleanField(default=False)  # stamped in the genesis entry for ever
    clock_offset = models.BigIntegerField(default=0)  # seconds the demo clock runs from the system clock
    seq = models.BigIntegerField(default=0)
    head = models.CharField(max_length=64, default="")


class Entry(models.Model):
    """What somebody did, as canonical bytes that are never changed; the columns only repeat what the bytes say."""

    id = IdField()
    district = models.ForeignKey(District, models.PROTECT, related_name="+")
    seq = models.BigIntegerField()
    prev = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    body = models.TextField()  # canonical JSON (RFC 8785), the very text that was hashed
    kind = models.CharField(max_length=40)  # "act", or a system kind such as import, reveal, clock, appoint, erase
    case = models.ForeignKey("core.Case", models.PROTECT, null=True, related_name="entries")
    n = models.IntegerField(null=True)  # position within its case; (case, n) is the version for concurrent editing
    act = models.CharField(max_length=60, default="", blank=True)
    account = models.ForeignKey("core.Account", models.PROTECT, null=True, related_name="+")
    post = models.ForeignKey("core.Post", models.PROTECT, null=True, related_name="+")
    area_path = PathField(db_index=True)
    happened = models.DateTimeField()  # claimed, never after received
    received = models.DateTimeField(db_index=True)  # the server's
    key = models.UUIDField(null=True, unique=True)  # given by the sender; the same key again changes nothing

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["district", "seq"], name="entry_seq"),
            models.UniqueConstraint(fields=["case", "n"], name="entry_case_n"),
            models.CheckConstraint(
                condition=models.Q(happened__lte=models.F("received")), name="entry_happened_before_received"
            ),
        )
        indexes = (models.Index(fields=["kind", "received"], name="entry_kind_received"),)


class SealKey(models.Model):
    """The key of one person, household, case or area, wrapped by the key file; destroying it leaves the chain whole."""

    id = IdField()
    resident = models.OneToOneField("core.Resident", models.PROTECT, null=True, related_name="key")
    household = models.OneToOneField("core.Household", models.PROTECT, null=True, related_name="key")
    case = models.OneToOneField("core.Case", models.PROTECT, null=True, related_name="key")  # subject is no person
    area = models.OneToOneField("core.Area", models.PROTECT, null=True, related_name="key")
    wrapped = models.BinaryField(null=True)  # null once destroyed
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(resident__isnull=False, household=None, case=None, area=None)
                | models.Q(resident=None, household__isnull=False, case=None, area=None)
                | models.Q(resident=None, household=None, case__isnull=False, area=None)
                | models.Q(resident=None, household=None, case=None, area__isnull=False),
                name="seal_key_of_one",
            ),
            models.CheckConstraint(
                condition=models.Q(wrapped=None, destroyed_at__isnull=False)
                | models.Q(wrapped__isnull=False, destroyed_at=None),
                name="seal_key_destroyed",
            ),
        )


class Sealed(models.Model):
    """One value that chained bytes only refer to: sealed under the key of the person or household it speaks of."""

    id = IdField()
    key = models.ForeignKey(SealKey, models.PROTECT, related_name="+")
    field = models.CharField(max_length=120)  # bound into the cipher text: ledger.field
    cipher = models.BinaryField()
