"""Steps of a county in the order in which they were taken: what connected systems keep up by."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0033_touched")]

    operations = [
        migrations.AddIndex(
            model_name="casestep", index=models.Index(fields=["county", "at", "id"], name="case_step_when")
        ),
    ]
