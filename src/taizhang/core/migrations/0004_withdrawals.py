"""Batches can be undone: what each attested, which import ended a membership, periods, and mappings by sender."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("core", "0003_income_reckonings")]

    operations = [
        migrations.AddField("batch", "period", models.CharField(blank=True, default="", max_length=12)),
        migrations.AddField(
            "batch",
            "withdrawal",
            models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.entry"
            ),
        ),
        migrations.AddField(
            "membership",
            "ended",
            models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.entry"
            ),
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
        migrations.AlterField("mapping", "feed", models.CharField(max_length=40)),
        migrations.AddField("mapping", "sender", models.CharField(blank=True, default="", max_length=60)),
        migrations.AddConstraint("mapping", models.UniqueConstraint(fields=("feed", "sender"), name="mapping_once")),
    ]
