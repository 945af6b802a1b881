import django.db.models.deletion
from django.db import migrations, models

import mulin.citus.fields
import mulin.kernel.county
import mulin.kernel.ids


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0029_word_lesson"),
        ("citus", "0001_initial"),
        ("people", "0003_secondment_and_leave"),
    ]

    operations = [
        migrations.CreateModel(
            name="HotlineCursor",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=mulin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("last", models.PositiveBigIntegerField(default=0, help_text="the last seq given out")),
                (
                    "taken",
                    models.PositiveBigIntegerField(
                        default=0, help_text="up to here the hotline has taken them"
                    ),
                ),
                ("taken_at", models.DateTimeField(null=True)),
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
                "constraints": [models.UniqueConstraint(fields=("county",), name="hotline_cursor_one")],
            },
        ),
        migrations.CreateModel(
            name="HotlineOrder",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=mulin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("number", models.CharField(help_text="the hotline's", max_length=60)),
                (
                    "kind",
                    models.CharField(
                        choices=[("order", "工单"), ("urge", "催办单"), ("repeat", "重复件")],
                        default="order",
                        max_length=10,
                    ),
                ),
                (
                    "appeal",
                    models.CharField(
                        blank=True, default="", help_text="its kind, as the hotline says it", max_length=20
                    ),
                ),
                (
                    "unit_text",
                    models.CharField(
                        blank=True, default="", help_text="to whom the hotline sent it", max_length=100
                    ),
                ),
                ("received_at", models.DateTimeField(help_text="when the caller called")),
                ("due_at", models.DateTimeField(help_text="the hotline's limit", null=True)),
                (
                    "said",
                    models.JSONField(
                        default=dict, help_text="field → short hash of what the hotline said last"
                    ),
                ),
                (
                    "looked",
                    models.PositiveIntegerField(
                        default=0, help_text="version of its case at the last look for changes"
                    ),
                ),
                (
                    "looked_into",
                    models.PositiveIntegerField(default=0, help_text="that of the case it was merged into"),
                ),
                (
                    "handed",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("pulled", "平台已取走"),
                            ("sheet", "回单已交"),
                            ("called_back", "平台已回访"),
                        ],
                        default="",
                        max_length=20,
                    ),
                ),
                (
                    "handed_at",
                    models.DateTimeField(help_text="when the hotline had the last answer", null=True),
                ),
                ("handed_by", models.UUIDField(help_text="the clerk who handed the sheet over", null=True)),
                ("handed_run", models.UUIDField(help_text="the run that made the sheet", null=True)),
                (
                    "handed_round",
                    models.PositiveSmallIntegerField(
                        default=0, help_text="round of the case that it answers"
                    ),
                ),
                ("withdrawn_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField()),
                (
                    "case",
                    mulin.citus.fields.CountyForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="orders", to="cases.case"
                    ),
                ),
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
                    "reporter",
                    mulin.citus.fields.CountyForeignKey(
                        help_text="the caller",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="cases.casereporter",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["county", "-created_at", "-id"], name="hotline_order_newest")
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("county", "number"), name="hotline_order_number")
                ],
            },
        ),
        migrations.CreateModel(
            name="HotlineChange",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=mulin.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("seq", models.PositiveBigIntegerField()),
                (
                    "term",
                    models.CharField(
                        choices=[
                            ("to_sign", "待签收"),
                            ("signed", "已签收"),
                            ("in_hand", "办理中"),
                            ("deferring", "申请延期"),
                            ("hung", "已挂起"),
                            ("done", "已办结"),
                            ("filed", "已归档"),
                            ("returned", "已退回"),
                            ("reviewing", "退单复核中"),
                            ("withdrawn", "已撤单"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "round",
                    models.PositiveSmallIntegerField(
                        default=1, help_text="of the case, when it was looked at"
                    ),
                ),
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
                    "step",
                    mulin.citus.fields.CountyForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="cases.casestep"
                    ),
                ),
                (
                    "order",
                    mulin.citus.fields.CountyForeignKey(
                        county_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="changes",
                        to="cases.hotlineorder",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("county", "seq"), name="hotline_change_seq"),
                    models.UniqueConstraint(fields=("county", "order", "step"), name="hotline_change_once"),
                ],
            },
        ),
        migrations.AddField(
            model_name="casereporter",
            name="confidential",
            field=models.BooleanField(default=False, help_text="he asked that nobody learn who he is"),
        ),
        migrations.AddField(
            model_name="casereporter",
            name="via",
            field=models.CharField(
                blank=True,
                default="",
                help_text="who tells him: hotline, or we where it is empty",
                max_length=10,
            ),
        ),
        migrations.AddIndex(
            model_name="casereporter",
            index=models.Index(
                condition=models.Q(("told_at__isnull", True), ("via", "hotline")),
                fields=["county", "case"],
                name="case_reporter_owed",
            ),
        ),
    ]
