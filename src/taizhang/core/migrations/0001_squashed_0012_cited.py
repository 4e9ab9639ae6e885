"""All tables in one step: what 0001 to 0012 made one after the other, for an installation that has none of them yet."""

from __future__ import annotations

import uuid

import django.db.models.deletion
from django.apps.registry import Apps
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

import taizhang.core.models.fields
from taizhang.core import append_only


def install(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Triggers on both databases; on PostgreSQL the grants of the site's role as well."""
    append_only.install(schema_editor.connection)
    append_only.grant(schema_editor.connection, settings.SITE_ROLE)


def remove(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Back to a database that refuses nothing."""
    append_only.remove(schema_editor.connection)


class Migration(migrations.Migration):
    """The tables, then what makes some of them append-only."""

    initial = True

    replaces = [
        ("core", "0001_initial"),
        ("core", "0002_append_only"),
        ("core", "0003_income_reckonings"),
        ("core", "0004_withdrawals"),
        ("core", "0005_rosters"),
        ("core", "0006_things"),
        ("core", "0007_follow"),
        ("core", "0007_trying"),
        ("core", "0008_reasons_of_pairs"),
        ("core", "0009_scans"),
        ("core", "0010_tips"),
        ("core", "0011_doubt_rules"),
        ("core", "0012_cited"),
    ]
    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Account",
            fields=[
                ("password", models.CharField(max_length=128, verbose_name="password")),
                (
                    "id",
                    taizhang.core.models.fields.IdField(
                        default=taizhang.core.models.fields.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("username", models.CharField(max_length=40, unique=True)),
                ("name", models.CharField(max_length=40)),
                ("sort_key", models.CharField(blank=True, default="", max_length=120)),
                ("is_active", models.BooleanField(default=True)),
                ("must_change_password", models.BooleanField(default=True)),
                ("language", models.CharField(default="zh-hans", max_length=8)),
                ("bell_seen_at", models.DateTimeField(null=True)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="District",
            fields=[
                ("code", models.CharField(max_length=6, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=60)),
                ("algorithm", models.CharField(max_length=8)),
                ("demo", models.BooleanField(default=False)),
                ("clock_offset", models.BigIntegerField(default=0)),
                ("seq", models.BigIntegerField(default=0)),
                ("head", models.CharField(default="", max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name="Edition",
            fields=[
                ("digest", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("ledger", models.CharField(db_index=True, max_length=60)),
                ("version", models.IntegerField()),
                ("text", models.TextField()),
                ("installed_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Resident",
            fields=[
                (
                    "id",
                    taizhang.core.models.fields.IdField(
                        default=taizhang.core.models.fields.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("number_index", models.CharField(max_length=64, null=True, unique=True)),
                ("phone_index", models.CharField(db_index=True, max_length=64, null=True)),
                ("erased_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Area",
            fields=[
                (
                    "id",
                    taizhang.core.models.fields.IdField(
                        default=taizhang.core.models.fields.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("level", models.CharField(max_length=12)),
                ("path", taizhang.core.models.fields.PathField(max_length=20, unique=True)),
                ("name", models.CharField(max_length=60)),
                (
                    "parent",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="children", to="core.area"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="AreaAlias",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("system", models.CharField(max_length=40)),
                ("code", models.CharField(blank=True, max_length=20)),
                ("name", models.CharField(blank=True, max_length=60)),
                (
                    "area",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="aliases", to="core.area"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Household",
            fields=[
                (
                    "id",
                    taizhang.core.models.fields.IdField(
                        default=taizhang.core.models.fields.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("area_path", taizhang.core.models.fields.PathField(db_index=True, max_length=20)),
                (
                    "area",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="households", to="core.area"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Organisation",
            fields=[
                (
                    "id",
                    taizhang.core.models.fields.IdField(
                        default=taizhang.core.models.fields.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("code", models.CharField(max_length=60, unique=True)),
                ("kind", models.CharField(max_length=40)),
                ("name", models.CharField(max_length=80)),
                ("name_en", models.CharField(blank=True, default="", max_length=120)),
                ("short", models.CharField(blank=True, default="", max_length=40)),
                ("founded", models.DateField(null=True)),
                ("closed", models.DateField(null=True)),
                (
                    "area",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="organisations", to="core.area"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Thing",
            fields=[
                ("code", models.CharField(blank=True, default="", max_length=60)),
                ("name", models.CharField(max_length=120)),
                ("kind", models.CharField(blank=True, default="", max_length=40)),
                ("grade", models.CharField(blank=True, default="", max_length=20)),
                ("address", models.CharField(blank=True, default="", max_length=200)),
                ("area_path", taizhang.core.models.fields.PathField(db_index=True, max_length=20)),
                (
                    "id",
                    taizhang.core.models.fields.IdField(
                        default=taizhang.core.models.fields.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("register", models.CharField(max_length=12)),
                ("sort_key", models.CharField(blank=True, default="", max_length=120)),
                ("since", models.DateField()),
                ("closed", models.DateField(null=True)),
                (
                    "area",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.area"),
                ),
                (
                    "enterprise",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.thing"
                    ),
                ),
                (
                    "merged_into",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="merged", to="core.thing"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.organisation"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["register", "area_path", "sort_key"], name="thing_listed")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(models.Q(("code", ""), _negated=True), ("merged_into", None)),
                        fields=("register", "code"),
                        name="thing_code_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Case",
            fields=[
                (
                    "id",
                    taizhang.core.models.fields.IdField(
                        default=taizhang.core.models.fields.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("number", models.CharField(max_length=40, unique=True)),
                ("ledger", models.CharField(max_length=60)),
                ("stage", models.CharField(max_length=60)),
                ("area_path", taizhang.core.models.fields.PathField(max_length=20)),
                ("opened", models.DateTimeField()),
                ("closed", models.DateTimeField(null=True)),
                ("n", models.IntegerField(default=0)),
                ("item", models.CharField(blank=True, default="", max_length=40)),
                ("period", models.DateField(null=True)),
                ("sole", models.BooleanField(default=False)),
                ("yellow_at", models.DateTimeField(null=True)),
                ("red_at", models.DateTimeField(null=True)),
                ("data", models.JSONField(default=dict)),
                (
                    "area",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="cases", to="core.area"
                    ),
                ),
                (
                    "opened_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="children", to="core.case"
                    ),
                ),
                (
                    "edition",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.edition"),
                ),
                (
                    "household",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cases",
                        to="core.household",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cases",
                        to="core.organisation",
                    ),
                ),
                (
                    "resident",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="cases", to="core.resident"
                    ),
                ),
                (
                    "thing",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="cases", to="core.thing"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("closed", None)),
                        fields=["ledger", "area_path", "red_at"],
                        name="case_open_red",
                    ),
                    models.Index(
                        condition=models.Q(("closed", None)),
                        fields=["area_path", "ledger", "red_at", "yellow_at"],
                        name="case_area",
                    ),
                    models.Index(fields=["ledger", "stage"], name="case_stage"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("yellow_at", None),
                            ("red_at", None),
                            ("yellow_at__lte", models.F("red_at")),
                            _connector="OR",
                        ),
                        name="case_yellow_before_red",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("closed", None), ("sole", True)),
                        fields=("ledger", "household"),
                        name="case_sole_open",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("closed", None), ("sole", True)),
                        fields=("ledger", "thing"),
                        name="case_sole_open_thing",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("period", None), _negated=True),
                        fields=("ledger", "period", "item", "organisation"),
                        name="case_cell_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Post",
            fields=[
                (
                    "id",
                    taizhang.core.models.fields.IdField(
                        default=taizhang.core.models.fields.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("role", models.CharField(max_length=40)),
                ("level", models.CharField(max_length=12)),
                ("title", models.CharField(max_length=60)),
                (
                    "area",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.area"),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.organisation"
                    ),
                ),
                (
                    "thing",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="posts", to="core.thing"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("role", "level", "area", "organisation", "thing"),
                        name="post_once",
                        nulls_distinct=False,
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Entry",
            fields=[
                (
                    "id",
                    taizhang.core.models.fields.IdField(
                        default=taizhang.core.models.fields.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("seq", models.BigIntegerField()),
                ("prev", models.CharField(max_length=64)),
                ("digest", models.CharField(max_length=64)),
                ("body", models.TextField()),
                ("kind", models.CharField(max_length=40)),
                ("n", models.IntegerField(null=True)),
                ("act", models.CharField(blank=True, default="", max_length=60)),
                ("area_path", taizhang.core.models.fields.PathField(db_index=True, max_length=20)),
                ("happened", models.DateTimeField()),
                ("received", models.DateTimeField(db_index=True)),
                ("key", models.UUIDField(null=True, unique=True)),
                (
                    "account",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="entries", to="core.case"
                    ),
                ),
                (
                    "district",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.district"
                    ),
                ),
                (
                    "post",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.post"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["kind", "received"], name="entry_kind_received")],
                "constraints": [
                    models.UniqueConstraint(fields=("district", "seq"), name="entry_seq"),
                    models.UniqueConstraint(fields=("case", "n"), name="entry_case_n"),
                    models.CheckConstraint(
                        condition=models.Q(("happened__lte", models.F("received"))),
                        name="entry_happened_before_received",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Evidence",
            fields=[
                (
                    "id",
                    taizhang.core.models.fields.IdField(
                        default=taizhang.core.models.fields.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("kind", models.CharField(max_length=20)),
                ("digest", models.CharField(db_index=True, max_length=64)),
                ("size", models.BigIntegerField()),
                ("media_type", models.CharField(max_length=80)),
                ("name", models.BinaryField(null=True)),
                ("received", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="evidence", to="core.entry"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Follow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64, unique=True)),
                (
                    "case",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="follow", to="core.case"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Job",
            fields=[
                (
                    "id",
                    taizhang.core.models.fields.IdField(
                        default=taizhang.core.models.fields.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("kind", models.CharField(max_length=40)),
                ("arguments", models.JSONField(default=dict)),
                ("created", models.DateTimeField()),
                ("started", models.DateTimeField(null=True)),
                ("beat", models.DateTimeField(null=True)),
                ("finished", models.DateTimeField(null=True)),
                ("done", models.IntegerField(default=0)),
                ("total", models.IntegerField(default=0)),
                ("tries", models.IntegerField(default=0)),
                ("note", models.JSONField(default=dict)),
                ("result", models.JSONField(default=dict)),
                ("failed", models.BooleanField(default=False)),
                (
                    "account",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["kind", "created"], name="job_kind")],
            },
        ),
        migrations.CreateModel(
            name="Mapping",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("feed", models.CharField(max_length=40)),
                ("sender", models.CharField(blank=True, default="", max_length=60)),
                ("columns", models.JSONField(default=dict)),
                (
                    "entry",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.entry"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("feed", "sender"), name="mapping_once")],
            },
        ),
        migrations.CreateModel(
            name="Notice",
            fields=[
                (
                    "id",
                    taizhang.core.models.fields.IdField(
                        default=taizhang.core.models.fields.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("area_path", taizhang.core.models.fields.PathField(db_index=True, max_length=20)),
                ("show", models.JSONField()),
                ("starts", models.DateTimeField()),
                ("ends", models.DateTimeField(null=True)),
                ("taken_down", models.DateTimeField(null=True)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="notices", to="core.case"
                    ),
                ),
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.entry"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Gathered",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("ledger", models.CharField(max_length=60)),
                ("rule", models.IntegerField()),
                ("item", models.CharField(max_length=40)),
                ("period", models.DateField()),
                ("turned_at", models.DateTimeField()),
                (
                    "told_in",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="gathered", to="core.case"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.organisation"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("ledger", "rule", "organisation", "item", "period", "turned_at"), name="gathered_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Batch",
            fields=[
                (
                    "id",
                    taizhang.core.models.fields.IdField(
                        default=taizhang.core.models.fields.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("number", models.CharField(max_length=40, unique=True)),
                ("feed", models.CharField(max_length=40)),
                ("sequence", models.IntegerField()),
                ("files", models.JSONField()),
                ("names", models.BinaryField(null=True)),
                ("received", models.IntegerField()),
                ("accepted", models.IntegerField()),
                ("rejected", models.IntegerField()),
                ("linked", models.IntegerField(default=0)),
                ("doubtful", models.IntegerField(default=0)),
                ("unknown", models.IntegerField(default=0)),
                ("received_at", models.DateTimeField()),
                ("folder", models.CharField(max_length=120)),
                ("period", models.CharField(blank=True, default="", max_length=12)),
                ("withdrawn_at", models.DateTimeField(null=True)),
                ("files_gone_at", models.DateTimeField(null=True)),
                ("rows_gone_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.entry"
                    ),
                ),
                (
                    "withdrawal",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.entry"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.organisation"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["feed", "received_at"], name="batch_feed")],
                "constraints": [models.UniqueConstraint(fields=("feed", "sequence"), name="batch_sequence")],
            },
        ),
        migrations.CreateModel(
            name="OrganisationVersion",
            fields=[
                (
                    "id",
                    taizhang.core.models.fields.IdField(
                        default=taizhang.core.models.fields.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("valid_from", models.DateField()),
                ("valid_to", models.DateField(null=True)),
                ("name", models.CharField(max_length=80)),
                (
                    "batch",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.batch"
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.entry"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="versions", to="core.organisation"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_to", None), ("valid_to__gte", models.F("valid_from")), _connector="OR"
                        ),
                        name="organisationversion_span",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Pace",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("what", models.CharField(max_length=80)),
                ("hour", models.DateTimeField()),
                ("count", models.IntegerField(default=0)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("what", "hour"), name="pace_once")],
            },
        ),
        migrations.CreateModel(
            name="Appointment",
            fields=[
                (
                    "id",
                    taizhang.core.models.fields.IdField(
                        default=taizhang.core.models.fields.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("deputy", models.BooleanField(default=False)),
                ("valid_from", models.DateField()),
                ("valid_to", models.DateField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="appointments",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "post",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="appointments", to="core.post"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_to", None), ("valid_to__gt", models.F("valid_from")), _connector="OR"
                        ),
                        name="appointment_span",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Run",
            fields=[
                ("digest", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("day", models.DateField()),
                ("started", models.DateTimeField()),
                ("seconds", models.FloatField(default=0)),
                ("inputs", models.JSONField()),
                ("hits", models.JSONField(default=dict)),
                ("found", models.IntegerField(default=0)),
                ("not_evaluated", models.JSONField(default=list)),
                ("landed", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.entry"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["started"], name="run_started")],
            },
        ),
        migrations.CreateModel(
            name="Proposal",
            fields=[
                (
                    "id",
                    taizhang.core.models.fields.IdField(
                        default=taizhang.core.models.fields.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=80)),
                ("changes", models.JSONField()),
                ("result", models.JSONField()),
                ("created", models.DateTimeField()),
                ("adopted_at", models.DateTimeField(null=True)),
                ("adopted_from", models.DateField(null=True)),
                ("withdrawn_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.entry"),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="proposals", to="core.run"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["created"], name="proposal_created")],
            },
        ),
        migrations.CreateModel(
            name="Replay",
            fields=[
                (
                    "id",
                    taizhang.core.models.fields.IdField(
                        default=taizhang.core.models.fields.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("known", models.CharField(max_length=8)),
                ("since", models.DateField(null=True)),
                ("until", models.DateField(null=True)),
                ("months", models.IntegerField(default=0)),
                ("result", models.JSONField(default=dict)),
                ("created", models.DateTimeField()),
                ("finished", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "job",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.job"
                    ),
                ),
                (
                    "proposal",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replays",
                        to="core.proposal",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["created"], name="replay_created")],
            },
        ),
        migrations.CreateModel(
            name="Pair",
            fields=[
                (
                    "id",
                    taizhang.core.models.fields.IdField(
                        default=taizhang.core.models.fields.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("feed", models.CharField(max_length=40)),
                ("file", models.CharField(max_length=120)),
                ("row", models.IntegerField()),
                ("rows", models.IntegerField(default=1)),
                ("row_key", models.CharField(db_index=True, max_length=64)),
                ("how", models.CharField(max_length=40)),
                ("score", models.FloatField(default=0)),
                ("differs", models.BooleanField(default=False)),
                ("sealed", models.BinaryField(null=True)),
                ("reasons", models.JSONField(default=list)),
                ("band", models.CharField(default="person", max_length=12)),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="pairs", to="core.batch"
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.entry"
                    ),
                ),
                (
                    "resident",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="pairs", to="core.resident"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("row_key", "resident"), name="pair_once")],
            },
        ),
        migrations.CreateModel(
            name="NameToken",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("token", models.CharField(db_index=True, max_length=32)),
                (
                    "resident",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="tokens", to="core.resident"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                (
                    "id",
                    taizhang.core.models.fields.IdField(
                        default=taizhang.core.models.fields.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("valid_from", models.DateField()),
                ("valid_to", models.DateField(null=True)),
                ("kind", models.CharField(default="registered", max_length=12)),
                ("relation", models.CharField(max_length=20)),
                (
                    "batch",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.batch"
                    ),
                ),
                (
                    "ended",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.entry"
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.entry"
                    ),
                ),
                (
                    "household",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="memberships", to="core.household"
                    ),
                ),
                (
                    "resident",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="memberships", to="core.resident"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "indexes": [models.Index(fields=["household", "kind", "valid_to"], name="membership_now")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_to", None), ("valid_to__gte", models.F("valid_from")), _connector="OR"
                        ),
                        name="membership_span",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="HouseholdVersion",
            fields=[
                (
                    "id",
                    taizhang.core.models.fields.IdField(
                        default=taizhang.core.models.fields.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("valid_from", models.DateField()),
                ("valid_to", models.DateField(null=True)),
                ("area_path", taizhang.core.models.fields.PathField(max_length=20)),
                ("kind", models.CharField(max_length=20)),
                ("sort_key", models.CharField(blank=True, db_index=True, default="", max_length=120)),
                ("sealed", models.BinaryField(null=True)),
                (
                    "area",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.area"),
                ),
                (
                    "batch",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.batch"
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.entry"
                    ),
                ),
                (
                    "household",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="versions", to="core.household"
                    ),
                ),
                (
                    "head",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.resident"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_to", None), ("valid_to__gte", models.F("valid_from")), _connector="OR"
                        ),
                        name="householdversion_span",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Doubt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("rule", models.CharField(max_length=40)),
                ("about", models.CharField(max_length=80)),
                ("area_path", taizhang.core.models.fields.PathField(db_index=True, max_length=20)),
                ("severity", models.CharField(max_length=1)),
                ("found", models.DateField()),
                ("gone", models.DateField(null=True)),
                (
                    "household",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="doubts",
                        to="core.household",
                    ),
                ),
                (
                    "resident",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="doubts",
                        to="core.resident",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["rule", "gone"], name="doubt_rule")],
                "constraints": [models.UniqueConstraint(fields=("rule", "about"), name="doubt_once")],
            },
        ),
        migrations.CreateModel(
            name="ResidentVersion",
            fields=[
                (
                    "id",
                    taizhang.core.models.fields.IdField(
                        default=taizhang.core.models.fields.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("valid_from", models.DateField()),
                ("valid_to", models.DateField(null=True)),
                ("sealed", models.BinaryField(null=True)),
                ("sort_key", models.CharField(blank=True, default="", max_length=120)),
                ("born", models.DateField(null=True)),
                ("died", models.DateField(null=True)),
                (
                    "batch",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.batch"
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.entry"
                    ),
                ),
                (
                    "resident",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="versions", to="core.resident"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_to", None), ("valid_to__gte", models.F("valid_from")), _connector="OR"
                        ),
                        name="residentversion_span",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="RuleRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("rule", models.CharField(max_length=80)),
                ("turned_at", models.DateTimeField()),
                ("done_at", models.DateTimeField(null=True)),
                ("tries", models.IntegerField(default=0)),
                ("again_at", models.DateTimeField(null=True)),
                ("note", models.CharField(blank=True, default="", max_length=200)),
                (
                    "case",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.case"),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("case", "rule", "turned_at"), name="rule_once")],
            },
        ),
        migrations.CreateModel(
            name="Alert",
            fields=[
                ("digest", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("rule", models.CharField(max_length=8)),
                ("area_path", taizhang.core.models.fields.PathField(db_index=True, max_length=20)),
                ("level", models.CharField(max_length=8)),
                ("day", models.DateField()),
                ("dedupe_key", models.CharField(max_length=120)),
                ("marks", models.JSONField(default=list)),
                ("sealed", models.BinaryField(null=True)),
                ("joined", models.CharField(blank=True, default="", max_length=60)),
                ("answer", models.CharField(blank=True, default="", max_length=40)),
                ("data_error_at", models.DateTimeField(null=True)),
                (
                    "area",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.area"),
                ),
                (
                    "case",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="alerts", to="core.case"
                    ),
                ),
                (
                    "household",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="alerts",
                        to="core.household",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="alerts", to="core.run"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["household", "rule"], name="alert_household"),
                    models.Index(fields=["rule", "day"], name="alert_rule"),
                    models.Index(
                        condition=models.Q(("case", None), ("data_error_at", None)),
                        fields=["run"],
                        name="alert_to_land",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SavedView",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("ledger", models.CharField(max_length=60)),
                ("name", models.CharField(max_length=40)),
                ("query", models.CharField(max_length=500)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="views", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SealKey",
            fields=[
                (
                    "id",
                    taizhang.core.models.fields.IdField(
                        default=taizhang.core.models.fields.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("wrapped", models.BinaryField(null=True)),
                ("destroyed_at", models.DateTimeField(null=True)),
                (
                    "area",
                    models.OneToOneField(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="key", to="core.area"
                    ),
                ),
                (
                    "case",
                    models.OneToOneField(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="key", to="core.case"
                    ),
                ),
                (
                    "household",
                    models.OneToOneField(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="key", to="core.household"
                    ),
                ),
                (
                    "resident",
                    models.OneToOneField(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="key", to="core.resident"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("area", None), ("case", None), ("household", None), ("resident__isnull", False)),
                            models.Q(("area", None), ("case", None), ("household__isnull", False), ("resident", None)),
                            models.Q(("area", None), ("case__isnull", False), ("household", None), ("resident", None)),
                            models.Q(("area__isnull", False), ("case", None), ("household", None), ("resident", None)),
                            _connector="OR",
                        ),
                        name="seal_key_of_one",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("destroyed_at__isnull", False), ("wrapped", None)),
                            models.Q(("destroyed_at", None), ("wrapped__isnull", False)),
                            _connector="OR",
                        ),
                        name="seal_key_destroyed",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Sealed",
            fields=[
                (
                    "id",
                    taizhang.core.models.fields.IdField(
                        default=taizhang.core.models.fields.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("field", models.CharField(max_length=120)),
                ("cipher", models.BinaryField()),
                (
                    "key",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.sealkey"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Series",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("prefix", models.CharField(max_length=20)),
                ("year", models.IntegerField()),
                ("last", models.IntegerField(default=0)),
                (
                    "district",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.district"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("district", "prefix", "year"), name="series_once")],
            },
        ),
        migrations.CreateModel(
            name="Scan",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("serial", models.IntegerField()),
                ("town", models.CharField(blank=True, default="", max_length=9)),
                ("hour", models.DateTimeField()),
                ("count", models.IntegerField(default=0)),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="scans", to="core.case"
                    ),
                ),
                (
                    "place",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.thing"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("batch", "serial", "place", "hour"), name="scan_once", nulls_distinct=False
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Party",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("field", models.CharField(max_length=60)),
                ("reads", models.BooleanField(default=False)),
                (
                    "account",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "area",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.area"
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="parties", to="core.case"
                    ),
                ),
                (
                    "household",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.household"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.organisation"
                    ),
                ),
                (
                    "resident",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.resident"
                    ),
                ),
                (
                    "thing",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.thing"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("reads", True)), fields=["account"], name="party_account"),
                    models.Index(
                        condition=models.Q(("reads", True)), fields=["organisation"], name="party_organisation"
                    ),
                    models.Index(condition=models.Q(("reads", True)), fields=["thing"], name="party_thing"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ThingVersion",
            fields=[
                (
                    "id",
                    taizhang.core.models.fields.IdField(
                        default=taizhang.core.models.fields.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("valid_from", models.DateField()),
                ("valid_to", models.DateField(null=True)),
                ("code", models.CharField(blank=True, default="", max_length=60)),
                ("name", models.CharField(max_length=120)),
                ("kind", models.CharField(blank=True, default="", max_length=40)),
                ("grade", models.CharField(blank=True, default="", max_length=20)),
                ("address", models.CharField(blank=True, default="", max_length=200)),
                ("area_path", taizhang.core.models.fields.PathField(db_index=True, max_length=20)),
                (
                    "area",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.area"),
                ),
                (
                    "batch",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.batch"
                    ),
                ),
                (
                    "enterprise",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.thing"
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.entry"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.organisation"
                    ),
                ),
                (
                    "thing",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="versions", to="core.thing"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_to", None), ("valid_to__gte", models.F("valid_from")), _connector="OR"
                        ),
                        name="thingversion_span",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Tip",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("wrapped", models.BinaryField(null=True)),
                ("day", models.DateField()),
                ("state", models.CharField(default="closed_lid", max_length=10)),
                ("ended", models.DateField(null=True)),
                (
                    "first",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "second",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="TipWord",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("n", models.IntegerField()),
                ("ours", models.BooleanField(default=False)),
                ("day", models.DateField()),
                ("cipher", models.BinaryField()),
                (
                    "tip",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="words", to="core.tip"),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("tip", "n"), name="tip_word_once")],
            },
        ),
        migrations.CreateModel(
            name="Turn",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("clock", models.CharField(max_length=60)),
                ("since", models.DateTimeField()),
                ("due", models.DateTimeField(null=True)),
                ("yellow_at", models.DateTimeField(null=True)),
                ("red_at", models.DateTimeField(null=True)),
                ("frozen", models.CharField(blank=True, default="", max_length=8)),
                ("owes_role", models.CharField(blank=True, default="", max_length=40)),
                ("owes_level", models.CharField(blank=True, default="", max_length=12)),
                ("owes_path", taizhang.core.models.fields.PathField(blank=True, default="", max_length=20)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="turns", to="core.case"
                    ),
                ),
                (
                    "owes_account",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "owes_organisation",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.organisation"
                    ),
                ),
                (
                    "owes_thing",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.thing"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["owes_role", "owes_path", "red_at"], name="turn_owed"),
                    models.Index(fields=["owes_organisation", "red_at"], name="turn_owed_by_organisation"),
                ],
                "constraints": [models.UniqueConstraint(fields=("case", "clock"), name="turn_once")],
            },
        ),
        migrations.CreateModel(
            name="Waiver",
            fields=[
                (
                    "id",
                    taizhang.core.models.fields.IdField(
                        default=taizhang.core.models.fields.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("rule", models.CharField(max_length=40)),
                ("about", models.CharField(max_length=80)),
                ("sealed", models.BinaryField()),
                ("created", models.DateTimeField()),
                ("until", models.DateField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.entry"),
                ),
                (
                    "household",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="waivers",
                        to="core.household",
                    ),
                ),
                (
                    "resident",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.resident"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["rule", "about"], name="waiver_about")],
            },
        ),
        migrations.CreateModel(
            name="Attested",
            fields=[
                (
                    "batch",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="attested",
                        serialize=False,
                        to="core.batch",
                    ),
                ),
                ("day", models.DateField()),
                ("reach", models.CharField(max_length=12)),
                ("versions", models.BinaryField(default=bytes)),
                (
                    "entry",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.entry"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="AlertBatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "alert",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="rests_on", to="core.alert"
                    ),
                ),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="supports", to="core.batch"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("alert", "batch"), name="alert_batch_once")],
            },
        ),
        migrations.CreateModel(
            name="Document",
            fields=[
                (
                    "id",
                    taizhang.core.models.fields.IdField(
                        default=taizhang.core.models.fields.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("kind", models.CharField(max_length=60)),
                ("mark", models.CharField(max_length=20)),
                ("year", models.IntegerField()),
                ("number", models.IntegerField()),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="documents", to="core.case"
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.entry"),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("mark", "year", "number"), name="document_once")],
            },
        ),
        migrations.CreateModel(
            name="Cited",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "entry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="cites", to="core.entry"
                    ),
                ),
                (
                    "record",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="cited", to="core.entry"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("entry", "record"), name="cited_once")],
            },
        ),
        migrations.CreateModel(
            name="AreaVersion",
            fields=[
                (
                    "id",
                    taizhang.core.models.fields.IdField(
                        default=taizhang.core.models.fields.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("valid_from", models.DateField()),
                ("valid_to", models.DateField(null=True)),
                ("path", taizhang.core.models.fields.PathField(db_index=True, max_length=20)),
                ("name", models.CharField(max_length=60)),
                (
                    "area",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="versions", to="core.area"
                    ),
                ),
                (
                    "batch",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.batch"
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.entry"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_to", None), ("valid_to__gte", models.F("valid_from")), _connector="OR"
                        ),
                        name="areaversion_span",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Fact",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("ledger", models.CharField(max_length=60)),
                ("indicator", models.CharField(max_length=60)),
                ("n", models.IntegerField(default=0)),
                ("area_path", taizhang.core.models.fields.PathField(max_length=20)),
                ("at", models.DateTimeField()),
                ("known", models.DateTimeField()),
                ("num", models.IntegerField(default=0)),
                ("den", models.IntegerField(default=0)),
                ("value", models.BigIntegerField(default=0)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="facts", to="core.case"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["ledger", "indicator", "area_path", "at"], name="fact_asked")],
            },
        ),
        migrations.CreateModel(
            name="HouseholdNumber",
            fields=[
                (
                    "id",
                    taizhang.core.models.fields.IdField(
                        default=taizhang.core.models.fields.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("valid_from", models.DateField()),
                ("valid_to", models.DateField(null=True)),
                ("system", models.CharField(default="national", max_length=40)),
                ("number", models.CharField(db_index=True, max_length=40)),
                (
                    "batch",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.batch"
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.entry"
                    ),
                ),
                (
                    "household",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="numbers", to="core.household"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_to", None), ("valid_to__gte", models.F("valid_from")), _connector="OR"
                        ),
                        name="householdnumber_span",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Income",
            fields=[
                (
                    "id",
                    taizhang.core.models.fields.IdField(
                        default=taizhang.core.models.fields.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("begins", models.DateField()),
                ("ends", models.DateField()),
                ("sealed", models.BinaryField(null=True)),
                ("purpose", models.CharField(blank=True, default="", max_length=20)),
                ("replaced", models.BooleanField(default=False)),
                (
                    "batch",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.batch"
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="incomes", to="core.case"
                    ),
                ),
                (
                    "confirmed",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.entry"
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.entry"
                    ),
                ),
                (
                    "household",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="incomes", to="core.household"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["household", "replaced", "ends"], name="income_latest")],
            },
        ),
        migrations.RunPython(install, remove),
    ]
