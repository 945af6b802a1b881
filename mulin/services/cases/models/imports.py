"""Tables brought in from a page."""

from __future__ import annotations

from django.db import models

from mulin.citus.fields import CountyForeignKey
from mulin.citus.models import CountyScoped


class ImportState(models.TextChoices):
    QUEUED = "queued", "等待"
    RUNNING = "running", "进行中"
    DONE = "done", "完成"
    REFUSED = "refused", "未能导入"


class ImportRun(CountyScoped):
    """One table brought in from a page: who, what, how far, and which rows could not stand."""

    file_name = models.CharField(max_length=200)
    source = models.CharField(max_length=40, default="import")
    live = models.BooleanField(default=False)
    dry_run = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=ImportState.choices, default=ImportState.QUEUED)
    message = models.CharField(
        max_length=300, blank=True, default="", help_text="why the whole file was refused"
    )
    read = models.PositiveIntegerField(default=0)
    imported = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    reasons = models.JSONField(default=list, help_text="the first refused rows: [row, reason]")
    by = CountyForeignKey("people.Person", on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()
    moved_at = models.DateTimeField(help_text="last sign of life: a run that rests too long is started again")
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["county", "-created_at", "-id"], name="import_newest"),
            models.Index(
                fields=["county", "moved_at"],
                name="import_open",
                condition=models.Q(finished_at__isnull=True),
            ),
        ]
