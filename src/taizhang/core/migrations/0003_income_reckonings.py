"""Reckonings of income by clerks: purpose, case, who reckoned, who confirmed, and whether another one stands instead."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Columns and an index for the latest reckoning of a household."""

    dependencies = [("core", "0002_append_only")]

    operations = [
        migrations.AddField(
            model_name="income", name="purpose", field=models.CharField(blank=True, default="", max_length=20)
        ),
        migrations.AddField(
            model_name="income",
            name="case",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="incomes", to="core.case"
            ),
        ),
        migrations.AddField(
            model_name="income",
            name="entry",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.entry"
            ),
        ),
        migrations.AddField(
            model_name="income",
            name="confirmed",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.entry"
            ),
        ),
        migrations.AddField(model_name="income", name="replaced", field=models.BooleanField(default=False)),
        migrations.AddIndex(
            model_name="income",
            index=models.Index(fields=["household", "replaced", "ends"], name="income_latest"),
        ),
    ]
