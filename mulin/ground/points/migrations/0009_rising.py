import django.db.models.deletion
from django.db import migrations, models

import mulin.kernel.county
import mulin.kernel.ids
from mulin.kernel.county import all_counties


def one_each(apps, schema_editor):
    """Appeals of one review shared a to-do, whose clock was that of the last one: each has its own from now on."""
    item, plea = apps.get_model("worklist", "WorkItem"), apps.get_model("points", "ReviewPerson")
    with all_counties():
        shared = item.objects.filter(kind="points_plea", subject_kind="points_review", done_at=None)
        for old in list(shared):
            pleas = plea.objects.filter(county_id=old.county_id, review_id=old.subject_id, plea="open")
            for one in pleas:
                item.objects.create(
                    county_id=old.county_id,
                    kind="points_plea",
                    subject_kind="points_plea",
                    subject_id=one.pk,
                    title=old.title,
                    role=one.role,
                    path=one.path,
                    opened_at=one.pleaded_at,
                    due_at=one.due_at,
                )
            item.objects.filter(county_id=old.county_id, pk=old.pk).update(done_at=old.opened_at)


class Migration(migrations.Migration):
    dependencies = [
        ("citus", "0001_initial"),
        ("points", "0008_own_cap"),
        ("worklist", "0003_copy"),
    ]

    operations = [
        migrations.CreateModel(
            name="Rise",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=mulin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "matter",
                    models.CharField(
                        choices=[
                            ("review", "几笔积分要看一看"),
                            ("plea", "积分复核的申诉"),
                            ("question", "积分疑问"),
                            ("callback", "积分回访"),
                        ],
                        max_length=10,
                    ),
                ),
                ("subject", models.UUIDField(help_text="the review, appeal, question or call-back")),
                (
                    "role",
                    models.CharField(blank=True, default="", help_text="whose time was over", max_length=30),
                ),
                ("path", models.CharField(db_collation="C", max_length=200)),
                ("to_role", models.CharField(max_length=30)),
                ("to_path", models.CharField(db_collation="C", max_length=200)),
                ("was_due", models.DateTimeField()),
                ("at", models.DateTimeField()),
                (
                    "county",
                    models.ForeignKey(
                        db_index=False,
                        default=mulin.kernel.county.default_county,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="citus.county",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["county", "path", "role"], name="points_rise_from")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("county", "matter", "subject", "to_role"), name="points_rise_once"
                    )
                ],
            },
        ),
        migrations.RunPython(one_each, migrations.RunPython.noop),
    ]
