"""Days per span, clocks of merchants and statements, what all of an alliance give."""

import django.db.models.deletion
from django.db import migrations, models

import mulin.citus.fields
import mulin.kernel.county
import mulin.kernel.ids
from mulin.kernel.county import all_counties

DAYS = """
UPDATE exchange_merchantspan SET first_day = row.agreed_from, last_day = row.agreed_until
FROM exchange_merchant row
WHERE exchange_merchantspan.county_id = row.county_id AND exchange_merchantspan.merchant_id = row.id
"""


def keep_days(apps, schema_editor):
    """Each span so far was counted by its merchant's present agreement: it goes on being counted so."""
    with all_counties():
        schema_editor.execute(DAYS)


class Migration(migrations.Migration):
    dependencies = [
        ("citus", "0001_initial"),
        ("exchange", "0007_honours_open"),
    ]

    operations = [
        migrations.CreateModel(
            name="AllianceOffer",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=mulin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("title", models.CharField(max_length=40)),
                ("terms", models.CharField(blank=True, default="", max_length=200)),
                ("added_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
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
                (
                    "alliance",
                    mulin.citus.fields.CountyForeignKey(
                        county_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="offers",
                        to="exchange.alliance",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at__isnull", True)),
                        fields=("county", "alliance", "title"),
                        name="exchange_alliance_offer_title",
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="alliance",
            name="why",
            field=models.CharField(
                blank=True, default="", help_text="it ended; its members read it", max_length=200
            ),
        ),
        migrations.AddField(
            model_name="merchant",
            name="due_at",
            field=models.DateTimeField(help_text="by when a clerk takes the next step", null=True),
        ),
        migrations.AddField(
            model_name="merchant",
            name="renew_asked",
            field=models.DateField(help_text="the last day for which a clerk was asked to renew", null=True),
        ),
        migrations.AddField(
            model_name="merchantspan",
            name="first_day",
            field=models.DateField(help_text="of the agreement in force then", null=True),
        ),
        migrations.AddField(
            model_name="merchantspan",
            name="last_day",
            field=models.DateField(null=True),
        ),
        migrations.RunPython(keep_days, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="merchantspan",
            name="first_day",
            field=models.DateField(help_text="of the agreement in force then"),
        ),
        migrations.AlterField(
            model_name="merchantspan",
            name="last_day",
            field=models.DateField(),
        ),
        migrations.AddField(
            model_name="statement",
            name="due_at",
            field=models.DateTimeField(help_text="by when whoever has it takes the next step", null=True),
        ),
        migrations.AddField(
            model_name="statement",
            name="silent",
            field=models.BooleanField(
                default=False, help_text="its owner let his day pass: a clerk asks him"
            ),
        ),
        migrations.AddConstraint(
            model_name="merchantspan",
            constraint=models.CheckConstraint(
                condition=models.Q(("last_day__gte", models.F("first_day"))), name="exchange_span_days"
            ),
        ),
        migrations.AlterField(
            model_name="taking",
            name="doubt",
            field=models.CharField(
                blank=True,
                choices=[
                    ("late", "发来得太晚"),
                    ("floor", "超过离线限额"),
                    ("unknown", "存折编号或核对码对不上"),
                    ("not_agreed", "当时没有离线收分的约定"),
                    ("own", "是收分的人自己或家里的存折"),
                    ("left", "收分的人已经不在店里做事"),
                ],
                default="",
                max_length=12,
            ),
        ),
    ]
