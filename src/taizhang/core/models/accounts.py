"""Accounts, posts and who holds them from when to when."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from taizhang.core.models.fields import IdField


class AccountManager(BaseUserManager["Account"]):
    """Finds accounts for the log-in."""


class Account(AbstractBaseUser):
    """A person who can log in; what they may do comes from posts alone (there is no superuser)."""

    id = IdField()
    username = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=40)
    sort_key = models.CharField(max_length=120, default="", blank=True)  # pinyin
    is_active = models.BooleanField(default=True)
    must_change_password = models.BooleanField(default=True)
    language = models.CharField(max_length=8, default="zh-hans")
    bell_seen_at = models.DateTimeField(null=True)
    last_login = None  # log-ins are not counted or kept here

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects = AccountManager()


class Post(models.Model):
    """A role at a level in an area, for a department's post with its organisation, for an enterprise's with the enterprise."""

    id = IdField()
    role = models.CharField(max_length=40)
    level = models.CharField(max_length=12)
    area = models.ForeignKey("core.Area", models.PROTECT, related_name="+")
    organisation = models.ForeignKey("core.Organisation", models.PROTECT, null=True, related_name="+")
    thing = models.ForeignKey("core.Thing", models.PROTECT, null=True, related_name="posts")
    title = models.CharField(max_length=60)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["role", "level", "area", "organisation", "thing"], name="post_once", nulls_distinct=False
            ),
        )


class Appointment(models.Model):
    """Somebody holds a post, or stands in for its holder, for a span of days (half-open)."""

    id = IdField()
    post = models.ForeignKey(Post, models.PROTECT, related_name="appointments")
    account = models.ForeignKey(Account, models.PROTECT, related_name="appointments")
    deputy = models.BooleanField(default=False)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(valid_to=None) | models.Q(valid_to__gt=models.F("valid_from")),
                name="appointment_span",
            ),
        )
