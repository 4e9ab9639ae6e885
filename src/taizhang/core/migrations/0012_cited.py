"""An act may name records of other cases as what shows it."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0011_doubt_rules"),
    ]

    operations = [
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
            options={"constraints": [models.UniqueConstraint(fields=("entry", "record"), name="cited_once")]},
        ),
    ]
