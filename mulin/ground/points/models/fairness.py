"""Fairness: what a person is to look at, what holders ask about their entries, what is asked back.

Who is concerned stands here by id only; words of persons can be erased. Nothing here weighs or ranks anybody. What waits
has the ``role`` whose it is and its ``path``; with the role '' nobody in the county sits at a counter who may.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from mulin.citus.fields import CountyForeignKey
from mulin.citus.models import CountyScoped
from mulin.ground.points.models.ledger import Account, Transfer
from mulin.ground.points.rules.fairness import TRIES, WORDS, Asked, Called, Matter, Pattern, Plea, Verdict


class Look(CountyScoped):
    """A day on which the county's acts were looked through: once, in however many processes."""

    day = models.DateField()
    found = models.PositiveIntegerField(default=0)
    drawn = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["county", "day"], name="points_look_once")]


class Review(CountyScoped):
    """A pattern for a person to look at. ``path`` and ``role``: whose it is to decide."""

    kind = models.CharField(max_length=10, choices=Pattern.choices)
    key = models.CharField(max_length=120, db_collation="C")
    path = models.CharField(max_length=200, db_collation="C")
    role = models.CharField(max_length=30)
    since = models.DateField()
    until = models.DateField()
    acts = models.PositiveIntegerField(help_text="how many acts or gifts it rests on")
    found_at = models.DateTimeField()
    due_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=Verdict.choices, default=Verdict.FOUND)
    decided_by = models.UUIDField(null=True)
    decided_as = models.CharField(
        max_length=30, blank=True, default="", help_text="the level of whoever decided"
    )
    decided_at = models.DateTimeField(null=True)
    words = models.CharField(
        max_length=WORDS, blank=True, default="", help_text="what was seen, told to all concerned"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county", "key"], name="points_review_key"),
            models.CheckConstraint(
                name="points_review_decided",
                condition=Q(state="found", decided_by__isnull=True, decided_at__isnull=True)
                | ~Q(state="found") & Q(decided_by__isnull=False, decided_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["county", "due_at", "id"], name="points_review_open", condition=Q(state="found")
            ),
            models.Index(fields=["county", "found_at", "id"], name="points_review_found"),
        ]


class ReviewAct(CountyScoped):
    """An act or gift on which a review rests; what it was put right by, and what gave it back after an appeal."""

    review = CountyForeignKey(Review, on_delete=models.CASCADE, related_name="rests", county_index=False)
    transfer = CountyForeignKey(Transfer, on_delete=models.PROTECT, related_name="reviewed")
    undone = CountyForeignKey(
        Transfer, on_delete=models.PROTECT, null=True, related_name="+", county_index=False
    )
    restored = CountyForeignKey(
        Transfer, on_delete=models.PROTECT, null=True, related_name="+", county_index=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county", "review", "transfer"], name="points_review_act"),
            models.CheckConstraint(
                name="points_review_restored", condition=Q(restored__isnull=True) | Q(undone__isnull=False)
            ),
        ]


class ReviewPerson(CountyScoped):
    """Somebody whom a review concerns, with his one appeal against what was decided."""

    review = CountyForeignKey(Review, on_delete=models.CASCADE, related_name="concerned", county_index=False)
    person = models.UUIDField()
    plea = models.CharField(max_length=10, blank=True, choices=Plea.choices, default=Plea.NONE)
    words = models.CharField(max_length=WORDS, blank=True, default="")
    pleaded_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    role = models.CharField(
        max_length=30, blank=True, default="", help_text="one level above whoever decided"
    )
    path = models.CharField(max_length=200, blank=True, default="", db_collation="C")
    decided_by = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=WORDS, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county", "review", "person"], name="points_review_person"),
            models.CheckConstraint(
                name="points_plea_whole",
                condition=Q(plea="", pleaded_at__isnull=True, decided_by__isnull=True)
                | Q(plea__in=["open", "withdrawn"], pleaded_at__isnull=False, decided_by__isnull=True)
                | Q(plea__in=["held", "declined"], pleaded_at__isnull=False, decided_by__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["county", "person", "id"], name="points_concerned"),
            models.Index(
                fields=["county", "path", "due_at"], name="points_plea_open", condition=Q(plea="open")
            ),
        ]


class Question(CountyScoped):
    """A holder says that one of his entries is not right. The second time goes one level up and is the last."""

    transfer = CountyForeignKey(
        Transfer, on_delete=models.PROTECT, related_name="questions", county_index=False
    )
    account = CountyForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    round = models.PositiveSmallIntegerField(default=1)
    asked_by = models.UUIDField()
    on_behalf_of = models.UUIDField(null=True, help_text="for whom a helper asked")
    words = models.CharField(max_length=WORDS, blank=True, default="")
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    role = models.CharField(max_length=30)
    path = models.CharField(max_length=200, db_collation="C")
    state = models.CharField(max_length=10, choices=Asked.choices, default=Asked.OPEN)
    answered_by = models.UUIDField(null=True)
    answered_as = models.CharField(
        max_length=30, blank=True, default="", help_text="the level of whoever answered"
    )
    answered_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=WORDS, blank=True, default="")
    undone = CountyForeignKey(
        Transfer, on_delete=models.PROTECT, null=True, related_name="+", county_index=False
    )
    made = CountyForeignKey(
        Transfer, on_delete=models.PROTECT, null=True, related_name="+", county_index=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["county", "transfer", "account", "round"], name="points_question_once"
            ),
            models.CheckConstraint(name="points_question_rounds", condition=Q(round__gte=1, round__lte=2)),
            models.CheckConstraint(
                name="points_question_answered",
                condition=Q(state__in=["open", "withdrawn"], answered_by__isnull=True)
                | Q(state__in=["righted", "explained"], answered_by__isnull=False)
                & ~Q(answered_by=F("asked_by")),
            ),
        ]
        indexes = [
            models.Index(
                fields=["county", "path", "due_at"], name="points_question_open", condition=Q(state="open")
            ),
            models.Index(fields=["county", "asked_by", "id"], name="points_question_asker"),
        ]


class CallBack(CountyScoped):
    """An act with points, drawn by lot: whoever was helped is asked whether it was so."""

    transfer = CountyForeignKey(
        Transfer, on_delete=models.PROTECT, related_name="callbacks", county_index=False
    )
    account_path = models.CharField(max_length=200, db_collation="C", help_text="the community of the act")
    month = models.DateField(help_text="first day of the month in which it was confirmed")
    path = models.CharField(max_length=200, db_collation="C")
    role = models.CharField(max_length=30)
    drawn_at = models.DateTimeField()
    due_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=Called.choices, default=Called.OPEN)
    tries = models.PositiveSmallIntegerField(default=0)
    tried_at = models.DateTimeField(null=True)
    ended_by = models.UUIDField(null=True)
    ended_at = models.DateTimeField(null=True)
    words = models.CharField(max_length=WORDS, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county", "transfer"], name="points_callback_once"),
            models.CheckConstraint(
                name="points_callback_ended",
                condition=Q(state="open", ended_by__isnull=True)
                | ~Q(state="open") & Q(ended_by__isnull=False),
            ),
            models.CheckConstraint(name="points_callback_tries", condition=Q(tries__lte=TRIES)),
        ]
        indexes = [
            models.Index(fields=["county", "month", "account_path"], name="points_callback_month"),
            models.Index(
                fields=["county", "path", "due_at"], name="points_callback_open", condition=Q(state="open")
            ),
        ]


class Rise(CountyScoped):
    """A desk's time was over: the matter went one level up, once from each; at the top its overseers were told of it."""

    matter = models.CharField(max_length=10, choices=Matter.choices)
    subject = models.UUIDField(help_text="the review, appeal, question or call-back")
    role = models.CharField(max_length=30, blank=True, default="", help_text="whose time was over")
    path = models.CharField(max_length=200, db_collation="C")
    to_role = models.CharField(max_length=30)
    to_path = models.CharField(max_length=200, db_collation="C")
    was_due = models.DateTimeField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["county", "matter", "subject", "to_role"], name="points_rise_once"
            )
        ]
        indexes = [models.Index(fields=["county", "path", "role"], name="points_rise_from")]
