"""A doubt may be about an item of which departments say different words."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0010_tips"),
    ]

    operations = [
        migrations.AlterField(model_name="doubt", name="rule", field=models.CharField(max_length=40)),
        migrations.AlterField(model_name="waiver", name="rule", field=models.CharField(max_length=40)),
    ]
