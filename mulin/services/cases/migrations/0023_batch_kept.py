from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0022_words_of_returned"),
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
