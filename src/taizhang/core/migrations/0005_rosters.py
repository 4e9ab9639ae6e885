"""Cells of rosters, numbered papers, and from when to when an organisation is there."""

import django.db.models.deletion
from django.db import migrations, models

import taizhang.core.models.fields


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0004_withdrawals"),
    ]

    operations = [
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
            ],
        ),
        migrations.AddField(
            model_name="case",
            name="item",
            field=models.CharField(blank=True, default="", max_length=40),
        ),
        migrations.AddField(
            model_name="case",
            name="period",
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name="organisation",
            name="closed",
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name="organisation",
            name="founded",
            field=models.DateField(null=True),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.UniqueConstraint(
                condition=models.Q(("period", None), _negated=True),
                fields=("ledger", "period", "item", "organisation"),
                name="case_cell_once",
            ),
        ),
        migrations.AddField(
            model_name="document",
            name="case",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="documents", to="core.case"
            ),
        ),
        migrations.AddField(
            model_name="document",
            name="entry",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.entry"),
        ),
        migrations.AddField(
            model_name="gathered",
            name="organisation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.organisation"
            ),
        ),
        migrations.AddField(
            model_name="gathered",
            name="told_in",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="gathered", to="core.case"
            ),
        ),
        migrations.AddConstraint(
            model_name="document",
            constraint=models.UniqueConstraint(fields=("mark", "year", "number"), name="document_once"),
        ),
        migrations.AddConstraint(
            model_name="gathered",
            constraint=models.UniqueConstraint(
                fields=("ledger", "rule", "organisation", "item", "period", "turned_at"), name="gathered_once"
            ),
        ),
    ]
