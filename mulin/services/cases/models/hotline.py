"""Work orders of the 12345 hotline: which case each became, what the hotline last said, what it was answered."""

from __future__ import annotations

from django.db import models

from mulin.citus.fields import CountyForeignKey
from mulin.citus.models import CountyScoped
from mulin.services.cases.models.case import Case, CaseReporter, CaseStep
from mulin.services.cases.rules.hotline import Handed, OrderKind, Term


class HotlineOrder(CountyScoped):
    """An order of the hotline by its own number. An urging or a repeat belongs to the case of the order that it names, and
    has no reporter of its own."""

    number = models.CharField(max_length=60, help_text="the hotline's")
    kind = models.CharField(max_length=10, choices=OrderKind.choices, default=OrderKind.ORDER)
    case = CountyForeignKey(Case, on_delete=models.CASCADE, related_name="orders")
    reporter = CountyForeignKey(
        CaseReporter, on_delete=models.CASCADE, null=True, related_name="+", help_text="the caller"
    )
    appeal = models.CharField(
        max_length=20, blank=True, default="", help_text="its kind, as the hotline says it"
    )
    unit_text = models.CharField(
        max_length=100, blank=True, default="", help_text="to whom the hotline sent it"
    )
    received_at = models.DateTimeField(help_text="when the caller called")
    due_at = models.DateTimeField(null=True, help_text="the hotline's limit")
    said = models.JSONField(default=dict, help_text="field → short hash of what the hotline said last")
    looked = models.PositiveIntegerField(
        default=0, help_text="version of its case at the last look for changes"
    )
    looked_into = models.PositiveIntegerField(default=0, help_text="that of the case it was merged into")
    handed = models.CharField(max_length=20, choices=Handed.choices, blank=True, default="")
    handed_at = models.DateTimeField(null=True, help_text="when the hotline had the last answer")
    handed_by = models.UUIDField(null=True, help_text="the clerk who handed the sheet over")
    handed_run = models.UUIDField(null=True, help_text="the run that made the sheet")
    handed_round = models.PositiveSmallIntegerField(default=0, help_text="round of the case that it answers")
    withdrawn_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["county", "number"], name="hotline_order_number")]
        indexes = [
            models.Index(fields=["county", "-created_at", "-id"], name="hotline_order_newest"),
        ]

    def __str__(self) -> str:
        return self.number


class HotlineChange(CountyScoped):
    """Something that the hotline is to know, in the order in which it is told: ``seq`` has no gaps and only grows."""

    seq = models.PositiveBigIntegerField()
    order = CountyForeignKey(
        HotlineOrder, on_delete=models.CASCADE, related_name="changes", county_index=False
    )
    step = CountyForeignKey(CaseStep, on_delete=models.CASCADE, related_name="+")
    term = models.CharField(max_length=20, choices=Term.choices)
    round = models.PositiveSmallIntegerField(default=1, help_text="of the case, when it was looked at")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county", "seq"], name="hotline_change_seq"),
            models.UniqueConstraint(fields=["county", "order", "step"], name="hotline_change_once"),
        ]


class HotlineCursor(CountyScoped):
    """One row a county: whoever looks for changes locks it, so that they are numbered one after the other."""

    last = models.PositiveBigIntegerField(default=0, help_text="the last seq given out")
    taken = models.PositiveBigIntegerField(default=0, help_text="up to here the hotline has taken them")
    taken_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["county"], name="hotline_cursor_one")]
