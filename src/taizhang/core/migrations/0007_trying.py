"""Proposals of other numbers, replays of the past, doubtful points of the data and their waivers."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import taizhang.core.models.fields


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0006_things"),
    ]

    operations = [
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
                ("rule", models.CharField(max_length=8)),
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
        ),
        migrations.CreateModel(
            name="Doubt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("rule", models.CharField(max_length=8)),
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
        migrations.AddIndex(
            model_name="proposal",
            index=models.Index(fields=["created"], name="proposal_created"),
        ),
        migrations.AddIndex(
            model_name="replay",
            index=models.Index(fields=["created"], name="replay_created"),
        ),
        migrations.AddIndex(
            model_name="waiver",
            index=models.Index(fields=["rule", "about"], name="waiver_about"),
        ),
    ]
