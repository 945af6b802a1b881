from django.db import migrations, models


class Migration(migrations.Migration):
    """Who leads an organisation, and the credential of an enforcement officer, on its roster."""

    dependencies = [("citus", "0001_initial"), ("people", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="membership",
            name="leads",
            field=models.BooleanField(default=False, help_text="leads the organisation: 队长"),
        ),
        migrations.AddField(
            model_name="membership",
            name="credential",
            field=models.CharField(
                blank=True,
                default="",
                help_text="published number of an enforcement officer: 执法证号",
                max_length=40,
            ),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_on__isnull", True), ("leads", True)),
                fields=("county", "organisation"),
                name="membership_one_leader",
            ),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_on__isnull", True), models.Q(("credential", ""), _negated=True)),
                fields=("county", "credential"),
                name="membership_credential",
            ),
        ),
    ]
