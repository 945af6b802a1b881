"""Points that a merchant took for an offer: from which passbook, how, what an alliance advanced. Rows 89–91.

A merchant reads neither passbook nor owner (``queries.takings.TAKING_FIELDS``).
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from mulin.citus.fields import CountyForeignKey
from mulin.citus.models import CountyScoped
from mulin.services.exchange.models.merchants import Alliance, Merchant, Offer
from mulin.services.exchange.rules.takings import Doubt, How, TakingState


class Taking(CountyScoped):
    """One offer given for points. ``points`` = ``taken`` from the passbook + ``advanced`` by the alliance, once booked."""

    merchant = CountyForeignKey(
        Merchant, on_delete=models.PROTECT, related_name="takings", county_index=False
    )
    offer = CountyForeignKey(Offer, on_delete=models.PROTECT, related_name="+", county_index=False)
    title = models.CharField(max_length=40)
    points = models.PositiveIntegerField()
    number = models.CharField(max_length=20, db_collation="C")
    key = models.CharField(max_length=80, db_collation="C", help_text="made by the till's page")
    body = models.CharField(max_length=64)
    how = models.CharField(max_length=10, choices=How.choices)
    book = models.CharField(
        max_length=20, db_collation="C", blank=True, default="", help_text="as it was typed"
    )
    account = models.UUIDField(
        null=True, help_text="the passbook's account, none for a number that is nobody's"
    )
    owner = models.UUIDField(null=True, help_text="the person or household whose it is; forgotten on erasure")
    done_at = models.DateTimeField(help_text="in the shop, by the phone's clock")
    done_on = models.DateField()
    at = models.DateTimeField(help_text="when the house heard of it")
    by = models.UUIDField(null=True)
    state = models.CharField(max_length=10, choices=TakingState.choices)
    doubt = models.CharField(max_length=12, choices=Doubt.choices, blank=True, default="")
    local_day = models.DateField(null=True, help_text="when it was booked: its month's statement")
    taken = models.PositiveIntegerField(default=0)
    advanced = models.PositiveIntegerField(default=0)
    alliance = CountyForeignKey(
        Alliance, on_delete=models.PROTECT, null=True, related_name="+", county_index=False
    )
    transfer = models.UUIDField(null=True)
    advance = models.UUIDField(null=True)
    ended_at = models.DateTimeField(null=True, help_text="voided, or judged by a clerk")
    ended_by = models.UUIDField(null=True)
    words = models.CharField(
        max_length=200, blank=True, default="", help_text="the clerk's, for the merchant"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county", "key"], name="exchange_taking_key"),
            models.UniqueConstraint(fields=["county", "number"], name="exchange_taking_number"),
            models.CheckConstraint(
                name="exchange_taking_whole",
                condition=Q(
                    state__in=["taken", "voided"],
                    local_day__isnull=False,
                    points=F("taken") + F("advanced"),
                )
                | Q(state__in=["kept", "declined"], local_day__isnull=True, taken=0, advanced=0)
                & ~Q(doubt=""),
            ),
            models.CheckConstraint(
                name="exchange_taking_advanced",
                condition=Q(advanced=0, advance__isnull=True)
                | Q(advanced__gte=1, advance__isnull=False, alliance__isnull=False),
            ),
            models.CheckConstraint(
                name="exchange_taking_taken",
                condition=Q(taken=0, transfer__isnull=True)
                | Q(taken__gte=1, transfer__isnull=False, account__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["county", "merchant", "local_day"], name="exchange_taking_day"),
            models.Index(fields=["county", "merchant", "account", "done_on"], name="exchange_taking_floor"),
            models.Index(fields=["county", "owner", "-done_at"], name="exchange_taking_owner"),
            models.Index(fields=["county", "alliance", "local_day"], name="exchange_taking_debt"),
            models.Index(fields=["county", "at"], name="exchange_taking_kept", condition=Q(state="kept")),
        ]

    def __str__(self) -> str:
        return self.number
