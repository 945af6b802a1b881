"""Commendations: rounds, nominations, seconds; dated snapshots of what was counted; decisions, objections (row 88).

``PrioritySnapshot``, ``PriorityLine`` and ``HonourDecision`` are append-only to the web role. What was written about
persons lies in words that can be erased: after an erasure a nomination is a number without anybody.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.db.models import F, Q

from mulin.citus.fields import CountyForeignKey
from mulin.citus.models import CountyScoped
from mulin.services.exchange.rules.honours import (
    LONGEST_NOTICE,
    MOST_SEATS,
    NOTICE_DAYS,
    Act,
    NominationState,
    NomineeKind,
    NoticeClock,
    ObjectionState,
    Office,
    RoundState,
    Shown,
)


class Commendation(CountyScoped):
    """A round of 评优: what for, by which criteria, how many, when, who decides, what is counted as priority."""

    number = models.CharField(max_length=20, db_collation="C")
    title = models.CharField(max_length=60)
    basis = models.TextField(help_text="the criteria, in words that everybody reads")
    path = models.CharField(max_length=200, db_collation="C", help_text="the place for which it is")
    seats = models.PositiveSmallIntegerField()
    office = models.CharField(max_length=20, choices=Office.choices, help_text="the role whose to-do it is")
    committee = models.CharField(max_length=60, help_text="the committee's name, as everybody reads it")
    nominate_from = models.DateField()
    nominate_until = models.DateField(help_text="the last day")
    notice_days = models.PositiveSmallIntegerField(default=NOTICE_DAYS)
    notice_clock = models.CharField(max_length=10, choices=NoticeClock.choices, default=NoticeClock.WORKING)
    counts = models.JSONField(default=list, help_text="codes of what is counted: rule:…, orders:…, discounts")
    counted_from = models.DateField()
    counted_until = models.DateField(help_text="the last day")
    state = models.CharField(max_length=12, choices=RoundState.choices)
    made_by = models.UUIDField(null=True)
    made_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decider = models.CharField(
        max_length=20, blank=True, default="", help_text="the role whose turn it is, or was, to decide"
    )
    raised = models.CharField(
        max_length=8, blank=True, default="", help_text="why it is not the office: vacant, near, nobody"
    )
    version = models.PositiveSmallIntegerField(default=1, help_text="of what everybody reads")
    vacant = models.PositiveSmallIntegerField(default=0, help_text="seats that fell vacant in the notice")
    due_at = models.DateTimeField(null=True, help_text="by when the office decides")
    late = models.BooleanField(default=False, help_text="the office was late, and that was told")
    ended_at = models.DateTimeField(null=True)
    why = models.CharField(max_length=200, blank=True, default="", help_text="why it was cancelled")
    next_check_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county", "number"], name="honour_round_number"),
            models.CheckConstraint(
                name="honour_round_days",
                condition=Q(nominate_until__gte=F("nominate_from"), counted_until__gte=F("counted_from")),
            ),
            models.CheckConstraint(
                name="honour_round_seats",
                condition=Q(seats__gte=1, seats__lte=MOST_SEATS, vacant__lte=F("seats")),
            ),
            models.CheckConstraint(
                name="honour_round_notice", condition=Q(notice_days__gte=1, notice_days__lte=LONGEST_NOTICE)
            ),
        ]
        indexes = [
            models.Index(fields=["county", "path", "-made_at", "-id"], name="honour_round_place"),
            models.Index(
                fields=["county", "next_check_at"],
                name="honour_round_due",
                condition=Q(next_check_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.title


class RoundVersion(CountyScoped):
    """What a round declared, as everybody read it: the first one, and each one after a change, with the reason."""

    append_only = True

    round = CountyForeignKey(
        Commendation, on_delete=models.PROTECT, related_name="versions", county_index=False
    )
    number = models.PositiveSmallIntegerField()
    told = models.JSONField(help_text="rules.amending.FIELDS → what stood there")
    why = models.CharField(max_length=200, blank=True, default="")
    by = models.UUIDField(null=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["county", "round", "number"], name="honour_version")]


class Nomination(CountyScoped):
    """Somebody proposed in a round, and what became of it. ``person``: who agrees, for himself or his household."""

    round = CountyForeignKey(
        Commendation, on_delete=models.PROTECT, related_name="nominations", county_index=False
    )
    kind = models.CharField(max_length=10, choices=NomineeKind.choices)
    nominee = models.UUIDField(null=True, help_text="person, household, organisation or merchant")
    person = CountyForeignKey("people.Person", on_delete=models.PROTECT, null=True, related_name="+")
    nominated_by = models.UUIDField(null=True)
    for_unit = models.UUIDField(null=True, help_text="the team in whose name")
    why_sealed = models.TextField(blank=True, default="")
    evidence_sealed = models.TextField(blank=True, default="")
    state = models.CharField(max_length=10, choices=NominationState.choices)
    shown = models.CharField(max_length=8, choices=Shown.choices, blank=True, default="")
    story_ok = models.BooleanField(default=False, help_text="what was done may be told in public")
    made_at = models.DateTimeField()
    mark = models.PositiveSmallIntegerField(
        null=True, help_text="the neutral number in the notice, of who is not named"
    )
    answered_at = models.DateTimeField(null=True)
    answered_for = models.UUIDField(null=True, help_text="who asked him, where he did not answer himself")
    chosen_at = models.DateTimeField(null=True)
    by_priority = models.BooleanField(default=False)
    story_sealed = models.TextField(blank=True, default="", help_text="the deciders' public words")
    notice_until = models.DateTimeField(null=True)
    awarded_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["county", "round", "kind", "nominee"], name="honour_nominee_once"
            ),
            models.UniqueConstraint(fields=["county", "round", "mark"], name="honour_mark"),
            models.CheckConstraint(
                name="honour_consent", condition=Q(state__in=["asked", "declined", "lapsed"]) | ~Q(shown="")
            ),
            models.CheckConstraint(
                name="honour_notice",
                condition=~Q(state="chosen") | Q(chosen_at__isnull=False, notice_until__isnull=False),
            ),
            models.CheckConstraint(
                name="honour_awarded",
                condition=~Q(state__in=["awarded", "withdrawn"]) | Q(awarded_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["county", "made_at"], name="honour_made"),
            models.Index(fields=["county", "awarded_at"], name="honour_when"),
        ]

    @property
    def notice_last(self) -> datetime | None:
        """A moment of the notice's last day; None before it."""
        return self.notice_until and self.notice_until - timedelta(minutes=1)


class Second(CountyScoped):
    """Somebody else proposes the same: counted once for each person, shown to nobody but the office."""

    nomination = CountyForeignKey(
        Nomination, on_delete=models.CASCADE, related_name="seconds", county_index=False
    )
    person = CountyForeignKey("people.Person", on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county", "nomination", "person"], name="honour_second_once")
        ]


class PrioritySnapshot(CountyScoped):
    """What was counted at a moment, by which declaration and in which window. The newest before the decision counts."""

    append_only = True

    round = CountyForeignKey(
        Commendation, on_delete=models.PROTECT, related_name="snapshots", county_index=False
    )
    number = models.PositiveIntegerField()
    at = models.DateTimeField()
    by = models.UUIDField(null=True)
    counts = models.JSONField(default=list)
    counted_from = models.DateField()
    counted_until = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["county", "round", "number"], name="honour_snapshot")]


class PriorityLine(CountyScoped):
    """A nominee's part of a snapshot: how many acts, what they were, and the rows that were counted."""

    append_only = True

    snapshot = CountyForeignKey(
        PrioritySnapshot, on_delete=models.PROTECT, related_name="lines", county_index=False
    )
    nomination = CountyForeignKey(Nomination, on_delete=models.PROTECT, related_name="lines")
    acts = models.PositiveIntegerField()
    told = models.JSONField(default=list, help_text="rules.Counted, one for each source")
    rows = models.JSONField(default=dict, help_text="transfer and order → ids of what was counted")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county", "snapshot", "nomination"], name="honour_line_once")
        ]


class HonourDecision(CountyScoped):
    """One decision by a person, kept for ever; its words lie in ``HonourWords``."""

    append_only = True

    round = CountyForeignKey(Commendation, on_delete=models.PROTECT, related_name="decisions")
    nomination = CountyForeignKey(Nomination, on_delete=models.PROTECT, null=True, related_name="decisions")
    act = models.CharField(max_length=10, choices=Act.choices)
    by_priority = models.BooleanField(default=False)
    snapshot = CountyForeignKey(
        PrioritySnapshot, on_delete=models.PROTECT, null=True, related_name="+", county_index=False
    )
    by = models.UUIDField(null=True)
    at = models.DateTimeField()
    digest = models.CharField(max_length=64, help_text="SHA-256 of salt and words")


class HonourWords(CountyScoped):
    """A decision's reasons; erased with the person whom they are about."""

    decision = CountyForeignKey(
        HonourDecision, on_delete=models.PROTECT, related_name="words", county_index=False
    )
    salt = models.CharField(max_length=32, blank=True, default="")
    sealed = models.TextField(blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["county", "decision"], name="honour_words_one")]


class Objection(CountyScoped):
    """What somebody says against a choice in the notice; the nominee never learns who."""

    nomination = CountyForeignKey(
        Nomination, on_delete=models.PROTECT, related_name="objections", county_index=False
    )
    person = CountyForeignKey("people.Person", on_delete=models.PROTECT, null=True, related_name="+")
    words_sealed = models.TextField(blank=True, default="")
    state = models.CharField(max_length=10, choices=ObjectionState.choices, default=ObjectionState.OPEN)
    at = models.DateTimeField()
    due_at = models.DateTimeField()
    late = models.BooleanField(default=False)
    answer_sealed = models.TextField(blank=True, default="")
    answered_by = models.UUIDField(null=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["county", "nomination", "person"],
                name="honour_objection_open",
                condition=Q(state="open", person__isnull=False),
            )
        ]
        indexes = [models.Index(fields=["county", "nomination", "at"], name="honour_objection_of")]
