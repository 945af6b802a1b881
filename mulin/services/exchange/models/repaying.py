"""What alliances made good of what they advanced: said by their side, confirmed by another person, moved in the ledger."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from mulin.citus.fields import CountyForeignKey
from mulin.citus.models import CountyScoped
from mulin.services.exchange.models.merchants import Alliance
from mulin.services.exchange.rules.repaying import Means, RepaymentState


class Repayment(CountyScoped):
    """So many points of an alliance's debt, and what was given for them. Only a confirmed one has a transfer."""

    alliance = CountyForeignKey(
        Alliance, on_delete=models.PROTECT, related_name="repayments", county_index=False
    )
    number = models.CharField(max_length=20, db_collation="C")
    key = models.CharField(max_length=80, db_collation="C", help_text="of the form")
    body = models.CharField(max_length=64)
    points = models.PositiveIntegerField()
    means = models.CharField(max_length=10, choices=Means.choices)
    account = models.UUIDField(null=True, help_text="the proposer's own passbook, where points are given")
    words = models.CharField(max_length=200, help_text="what was given, and to whom")
    note = models.CharField(
        max_length=200, blank=True, default="", help_text="of cash: words, no money passes"
    )
    done_on = models.DateField()
    state = models.CharField(max_length=10, choices=RepaymentState.choices, default=RepaymentState.PROPOSED)
    proposed_by = models.UUIDField()
    proposed_at = models.DateTimeField()
    answered_by = models.UUIDField(null=True)
    answered_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=200, blank=True, default="")
    transfer = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county", "key"], name="exchange_repayment_key"),
            models.UniqueConstraint(fields=["county", "number"], name="exchange_repayment_number"),
            models.CheckConstraint(name="exchange_repayment_points", condition=Q(points__gte=1)),
            models.CheckConstraint(
                name="exchange_repayment_book", condition=Q(account__isnull=True) | Q(means="points")
            ),
            models.CheckConstraint(
                name="exchange_repayment_whole",
                condition=Q(state="proposed", answered_at__isnull=True, transfer__isnull=True)
                | Q(state="withdrawn", answered_at__isnull=False, transfer__isnull=True)
                | Q(
                    state="declined",
                    answered_by__isnull=False,
                    answered_at__isnull=False,
                    transfer__isnull=True,
                )
                & ~Q(answer="")
                | Q(
                    state="confirmed",
                    answered_by__isnull=False,
                    answered_at__isnull=False,
                    transfer__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="exchange_repayment_two",
                condition=~Q(state="confirmed") | ~Q(answered_by=F("proposed_by")),
            ),
        ]
        indexes = [
            models.Index(fields=["county", "alliance", "-proposed_at"], name="exchange_repayment_new"),
            models.Index(fields=["county", "proposed_by"], name="exchange_repayment_by"),
        ]

    def __str__(self) -> str:
        return self.number
