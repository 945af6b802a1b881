from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0026_figure_rows"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="casestep",
            index=models.Index(
                condition=models.Q(("action", "reopen")), fields=["county", "at"], name="case_step_reopened"
            ),
        ),
    ]
