from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0004_loop_tables")]

    operations = [
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=models.Q(
                    ("closed_at__isnull", True),
                    ("due_at__isnull", False),
                    models.Q(("state__in", ("closed", "not_admitted", "merged", "withdrawn")), _negated=True),
                ),
                fields=["county", "due_at", "id"],
                name="case_due_open",
            ),
        ),
    ]
