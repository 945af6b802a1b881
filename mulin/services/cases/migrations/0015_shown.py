from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0014_recount")]

    operations = [
        migrations.AddField(
            model_name="case",
            name="shown_at",
            field=models.DateTimeField(
                help_text="staff let neighbours see that there is such a matter", null=True
            ),
        ),
        migrations.AddField(model_name="case", name="shown_by", field=models.UUIDField(null=True)),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=models.Q(("shown_at__isnull", False)),
                fields=["county", "-shown_at", "-id"],
                name="case_shown",
            ),
        ),
    ]
