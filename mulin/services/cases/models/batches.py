"""Acts on many cases at once: what was asked for, what became of each case, and how to set it back."""

from __future__ import annotations

from django.db import models

from mulin.citus.fields import CountyForeignKey
from mulin.citus.models import CountyScoped
from mulin.services.cases.models.case import Case
from mulin.services.cases.rules import Outcome, SetBack


class Batch(CountyScoped):
    """One act that somebody chose for several cases. Each case moves in a transaction of its own."""

    act = models.CharField(max_length=30)
    told = models.JSONField(default=dict, help_text="what the act was told: grid, unit, persons …")
    client_id = models.UUIDField(help_text="made with the form: pressing twice is one batch")
    made_by = CountyForeignKey(
        "people.Person", on_delete=models.SET_NULL, null=True, related_name="+", county_index=False
    )
    path = models.CharField(
        max_length=200, blank=True, default="", db_collation="C",
        help_text="its maker's territory, whose clerks above may undo it; '' for a unit's staff",
    )  # fmt: skip
    size = models.PositiveSmallIntegerField()
    made_at = models.DateTimeField()
    run = models.UUIDField(null=True, help_text="the run that does it in the background")
    finished_at = models.DateTimeField(null=True)
    undo_by = models.UUIDField(null=True)
    undo_at = models.DateTimeField(null=True)
    undo_run = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county", "client_id"], name="batch_client"),
        ]
        indexes = [
            models.Index(fields=["county", "made_by", "-made_at", "-id"], name="batch_of_person"),
            models.Index(fields=["county", "path", "-made_at"], name="batch_of_place"),
            models.Index(
                fields=["county", "made_at"],
                name="batch_open",
                condition=models.Q(finished_at__isnull=True, run__isnull=True),
            ),
        ]


class BatchCase(CountyScoped):
    """One case of a batch. ``before`` holds what ``actions.undo`` sets it back to: no words and no personal data; emptied
    when the batch can no longer be taken back."""

    batch = CountyForeignKey(Batch, on_delete=models.CASCADE, related_name="rows", county_index=False)
    case = CountyForeignKey(Case, on_delete=models.CASCADE, related_name="+")
    version = models.PositiveIntegerField(help_text="as its maker saw it")
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.WAITING)
    reason = models.CharField(max_length=300, blank=True, default="", help_text="why it was not done")
    at = models.DateTimeField(null=True)
    after = models.PositiveIntegerField(null=True, help_text="the case's version afterwards")
    before = models.JSONField(default=dict)
    set_back = models.CharField(max_length=10, choices=SetBack.choices, blank=True, default="")
    set_back_reason = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["county", "batch", "case"], name="batch_case_once")]
        indexes = [
            models.Index(fields=["county", "id"], name="batch_case_kept", condition=~models.Q(before={})),
        ]
