"""What happens to a case's clocks and beside them: deferrals, supervision, exclusions, due moments, me-too."""

from __future__ import annotations

from django.db import models

from mulin.citus.fields import CountyForeignKey
from mulin.citus.models import CountyScoped
from mulin.services.cases.models.case import Case
from mulin.services.cases.rules import DeferralKind, ExclusionReason


class Deferral(CountyScoped):
    """An extension, a statutory wait or a shelving: asked with basis and expected end, decided by another person."""

    case = CountyForeignKey(Case, on_delete=models.CASCADE, related_name="deferrals", county_index=False)
    kind = models.CharField(max_length=10, choices=DeferralKind.choices)
    reason = models.TextField()
    basis = models.CharField(max_length=200, blank=True, default="", help_text="the law or rule it rests on")
    document = models.CharField(max_length=100, blank=True, default="", help_text="number of the document")
    until = models.DateTimeField(help_text="the new due time, or when the rest is expected to end")
    asked_by = models.UUIDField()
    asked_at = models.DateTimeField()
    decided_by = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)
    granted = models.BooleanField(null=True)
    decision = models.TextField(blank=True, default="")
    due_before = models.DateTimeField(null=True, help_text="the total clock before it was granted")
    ended_at = models.DateTimeField(null=True, help_text="the rest is over")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["county", "case"],
                name="deferral_one_open",
                condition=models.Q(decided_at__isnull=True),
            ),
            models.CheckConstraint(
                name="deferral_decided_by_another",
                condition=models.Q(decided_by__isnull=True) | ~models.Q(decided_by=models.F("asked_by")),
            ),
            models.CheckConstraint(
                name="deferral_decided_whole",
                condition=models.Q(decided_at__isnull=True, granted__isnull=True)
                | models.Q(decided_at__isnull=False, granted__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["county", "case", "asked_at"], name="deferral_order"),
            models.Index(
                fields=["county", "decided_at"], name="deferral_granted", condition=models.Q(granted=True)
            ),
        ]


class Supervision(CountyScoped):
    """An order from above with its own deadline; the case does not close before it is signed off."""

    case = CountyForeignKey(Case, on_delete=models.CASCADE, related_name="supervisions", county_index=False)
    text = models.TextField()
    due_at = models.DateTimeField()
    ordered_by = models.UUIDField()
    ordered_at = models.DateTimeField()
    answer = models.TextField(blank=True, default="")
    answered_by = models.UUIDField(null=True)
    answered_at = models.DateTimeField(null=True)
    signed_off_by = models.UUIDField(null=True)
    signed_off_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["county", "case"],
                name="supervision_one_open",
                condition=models.Q(signed_off_at__isnull=True),
            )
        ]
        indexes = [models.Index(fields=["county", "case", "ordered_at"], name="supervision_order")]


class Exclusion(CountyScoped):
    """A case left out of the rates: asked for a reason, approved by another person, its share printed."""

    case = CountyForeignKey(Case, on_delete=models.CASCADE, related_name="exclusions", county_index=False)
    code = models.CharField(max_length=20, choices=ExclusionReason.choices)
    reason = models.TextField()
    asked_by = models.UUIDField()
    asked_at = models.DateTimeField()
    decided_by = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)
    granted = models.BooleanField(null=True)
    decision = models.TextField(blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["county", "case"],
                name="exclusion_one_open",
                condition=models.Q(decided_at__isnull=True) | models.Q(granted=True),
            ),
            models.CheckConstraint(
                name="exclusion_decided_by_another",
                condition=models.Q(decided_by__isnull=True) | ~models.Q(decided_by=models.F("asked_by")),
            ),
        ]
        indexes = [models.Index(fields=["county", "case", "asked_at"], name="exclusion_order")]


class DueMark(CountyScoped):
    """A due moment on which ``tick`` has acted: written in the deed's own transaction, so it is done exactly once."""

    case = CountyForeignKey(Case, on_delete=models.CASCADE, related_name="+", county_index=False)
    kind = models.CharField(max_length=30)
    moment = models.DateTimeField(help_text="the due time on which it acted")
    acted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county", "case", "kind", "moment"], name="due_mark_once")
        ]


class Recount(CountyScoped):
    """The calendar changed from a day on: running clocks are to be counted again. ``at``: the last case that was."""

    first = models.DateField()
    last = models.DateField()
    asked_at = models.DateTimeField()
    at = models.UUIDField(null=True)
    moved = models.PositiveIntegerField(default=0, help_text="cases that got another due time")
    done_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["county", "asked_at"], name="recount_open", condition=models.Q(done_at__isnull=True)
            )
        ]


class Support(CountyScoped):
    """A neighbour said: me too. Once per person, or per browser of a visitor (a keyed hash, nothing else)."""

    case = CountyForeignKey(Case, on_delete=models.CASCADE, related_name="+", county_index=False)
    person = CountyForeignKey(
        "people.Person", on_delete=models.CASCADE, null=True, related_name="+", county_index=False
    )
    visitor = models.CharField(max_length=64, blank=True, default="")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["county", "case", "person"],
                name="support_person",
                condition=models.Q(person__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["county", "case", "visitor"], name="support_visitor", condition=~models.Q(visitor="")
            ),
        ]
        indexes = [
            models.Index(
                fields=["county", "person"],
                name="support_by_person",
                condition=models.Q(person__isnull=False),
            )
        ]
