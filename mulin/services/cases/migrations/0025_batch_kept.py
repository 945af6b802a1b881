from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0024_words_by_acts"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="batchcase",
            index=models.Index(
                condition=models.Q(("before", {}), _negated=True),
                fields=["county", "id"],
                name="batch_case_kept",
            ),
        ),
    ]
