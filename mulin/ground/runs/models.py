"""Runs: long work that somebody asked for on a page and the background does, such as an import or an export."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from mulin.citus.fields import CountyForeignKey
from mulin.citus.models import CountyScoped
from mulin.kernel import hooks


class RunState(models.TextChoices):
    QUEUED = "queued", _("等待")
    RUNNING = "running", _("进行中")
    DONE = "done", _("完成")
    REFUSED = "refused", _("没有完成")


class Run(CountyScoped):
    """Who asked for what, how far it is, and what came of it. Its files lie on disk for a week, beside its id."""

    kind = models.CharField(max_length=40, help_text="a key of hooks.run_kinds")
    title = models.CharField(max_length=200, help_text="what was asked for, as its asker reads it")
    asked_by = CountyForeignKey(
        "people.Person", on_delete=models.SET_NULL, null=True, related_name="+", county_index=False
    )
    facts = models.JSONField(default=dict, help_text="what the work needs to know: filters, choices")
    upload_name = models.CharField(max_length=200, blank=True, default="", help_text="of the file brought in")
    result_name = models.CharField(max_length=200, blank=True, default="", help_text="of the file made")
    state = models.CharField(max_length=10, choices=RunState.choices, default=RunState.QUEUED)
    tries = models.PositiveSmallIntegerField(default=0, help_text="how often a worker has begun it")
    message = models.CharField(max_length=300, blank=True, default="", help_text="why it came to nothing")
    done = models.PositiveIntegerField(default=0, help_text="rows behind it")
    of = models.PositiveIntegerField(default=0, help_text="rows in all; 0 where nobody knows yet")
    counts = models.JSONField(default=dict, help_text="what came of the rows: imported, updated …")
    reasons = models.JSONField(default=list, help_text="the first refused rows: [row, reason]")
    created_at = models.DateTimeField()
    moved_at = models.DateTimeField(help_text="last sign of life: a run that rests too long is started again")
    finished_at = models.DateTimeField(null=True)
    expired_at = models.DateTimeField(null=True, help_text="its files are gone")

    class Meta:
        indexes = [
            models.Index(fields=["county", "asked_by", "-created_at", "-id"], name="run_of_person"),
            models.Index(fields=["county", "kind", "-created_at", "-id"], name="run_of_kind"),
            models.Index(
                fields=["county", "moved_at"],
                name="run_open",
                condition=models.Q(finished_at__isnull=True),
            ),
            models.Index(
                fields=["county", "finished_at"],
                name="run_files",
                condition=models.Q(finished_at__isnull=False, expired_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def address(self) -> str:
        """The page on which its asker reads what came of it, or ''."""
        find = hooks.run_url.get(self.kind)
        return find(self.facts) if find and self.facts else ""

    @property
    def percent(self) -> int | None:
        """How far it is, of a hundred; None where nobody knows."""
        return min(100, self.done * 100 // self.of) if self.of else None
