from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("coding", "0005_code_guid")]

    operations = [
        migrations.AlterField(
            "result",
            "kind",
            models.CharField(
                choices=[
                    ("crosstab", "Cross-tabulation"),
                    ("retrieval", "Retrieval"),
                    ("cooccurrence", "Co-occurrence"),
                    ("search", "Search"),
                    ("quotes", "Quotes"),
                    ("voices", "Voices"),
                    ("pictures", "Picture"),
                ],
                max_length=20,
                verbose_name="kind",
            ),
        ),
    ]
