"""Points of one community at another one's shops: how far they go, agreements, each use, and the months between two."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from mulin.citus.fields import CountyForeignKey
from mulin.citus.models import CountyScoped
from mulin.services.exchange.models.shop import Redemption
from mulin.services.exchange.models.takings import Taking
from mulin.services.exchange.rules.acceptance import NettingState, Reach


class AcceptanceRule(CountyScoped):
    """From a day on: how far points go without an agreement, and how many a month. Kept by the county."""

    append_only = True

    number = models.PositiveIntegerField()
    reach = models.CharField(max_length=10, choices=Reach.choices)
    per_month = models.PositiveIntegerField(
        null=True, help_text="points of one community at another one's shops"
    )
    effective_on = models.DateField()
    announced_on = models.DateField()
    note = models.CharField(max_length=200, blank=True, default="")
    made_by = models.UUIDField(null=True)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county", "number"], name="exchange_acceptance_version"),
            models.UniqueConstraint(fields=["county", "effective_on"], name="exchange_acceptance_day"),
            models.CheckConstraint(
                name="exchange_acceptance_ahead", condition=Q(effective_on__gte=F("announced_on"))
            ),
        ]


class Agreement(CountyScoped):
    """Two communities take each other's points, from a day to a last day; one officer of each side said so."""

    first = models.CharField(max_length=200, db_collation="C", help_text="path of one community")
    second = models.CharField(max_length=200, db_collation="C")
    starts_on = models.DateField()
    ends_on = models.DateField(help_text="the last day")
    per_month = models.PositiveIntegerField(null=True, help_text="points a month in each direction")
    words = models.CharField(max_length=200, blank=True, default="")
    proposed_for = models.CharField(max_length=200, db_collation="C", help_text="the side that began")
    proposed_by = models.UUIDField(null=True)
    proposed_at = models.DateTimeField()
    agreed_by = models.UUIDField(null=True)
    agreed_at = models.DateTimeField(null=True)
    ended_on = models.DateField(null=True, help_text="ended early: the first day without it")
    ended_by = models.UUIDField(null=True)
    why = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(name="exchange_agreement_order", condition=Q(first__lt=F("second"))),
            models.CheckConstraint(name="exchange_agreement_days", condition=Q(ends_on__gte=F("starts_on"))),
            models.CheckConstraint(
                name="exchange_agreement_side",
                condition=Q(proposed_for=F("first")) | Q(proposed_for=F("second")),
            ),
            models.CheckConstraint(
                name="exchange_agreement_two",
                condition=Q(agreed_at__isnull=True, agreed_by__isnull=True)
                | Q(agreed_at__isnull=False, agreed_by__isnull=False) & ~Q(agreed_by=F("proposed_by")),
            ),
            models.CheckConstraint(
                name="exchange_agreement_ended",
                condition=Q(ended_on__isnull=True, why="") | Q(ended_on__isnull=False) & ~Q(why=""),
            ),
        ]
        indexes = [
            models.Index(fields=["county", "first", "second", "starts_on"], name="exchange_agreement_pair"),
            models.Index(fields=["county", "second"], name="exchange_agreement_second"),
        ]


class ForeignUse(CountyScoped):
    """Another community's points in a redemption or a taking, one of the two: whose they are, whose shop or merchant gives.
    It stands as what it names does; what an alliance advanced is nobody's points and no use."""

    append_only = True

    redemption = CountyForeignKey(
        Redemption, on_delete=models.PROTECT, null=True, related_name="foreign", county_index=False
    )
    taking = CountyForeignKey(
        Taking, on_delete=models.PROTECT, null=True, related_name="foreign", county_index=False
    )
    home = models.CharField(max_length=200, db_collation="C", help_text="whose points")
    taker = models.CharField(max_length=200, db_collation="C", help_text="whose shop or merchant")
    month = models.DateField(help_text="first day of the month whose limit it counts for")
    points = models.PositiveIntegerField()
    agreement = CountyForeignKey(
        Agreement, on_delete=models.PROTECT, null=True, related_name="+", county_index=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county", "redemption"], name="exchange_foreign_once"),
            models.UniqueConstraint(fields=["county", "taking"], name="exchange_foreign_taken_once"),
            models.CheckConstraint(
                name="exchange_foreign_one",
                condition=Q(redemption__isnull=False, taking__isnull=True)
                | Q(redemption__isnull=True, taking__isnull=False),
            ),
            models.CheckConstraint(name="exchange_foreign_points", condition=Q(points__gte=1)),
            models.CheckConstraint(name="exchange_foreign_other", condition=~Q(home=F("taker"))),
        ]
        indexes = [models.Index(fields=["county", "home", "taker"], name="exchange_foreign_pair")]


class ForeignMonth(CountyScoped):
    """How many points of one community are reserved or taken at another one's shops in a month: what a limit looks at."""

    home = models.CharField(max_length=200, db_collation="C")
    taker = models.CharField(max_length=200, db_collation="C")
    month = models.DateField()
    points = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["county", "home", "taker", "month"], name="exchange_foreign_month"
            )
        ]


class Netting(CountyScoped):
    """A month between two communities: for how many of the other one's points each gave goods. Who gave more is owed the
    difference."""

    month = models.DateField(help_text="its first day")
    first = models.CharField(max_length=200, db_collation="C")
    second = models.CharField(max_length=200, db_collation="C")
    first_gave = models.BigIntegerField(help_text="points of the second at shops of the first")
    second_gave = models.BigIntegerField()
    uses = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=NettingState.choices, default=NettingState.DRAWN)
    made_at = models.DateTimeField()
    first_by = models.UUIDField(null=True, help_text="who confirmed for the first")
    first_at = models.DateTimeField(null=True)
    second_by = models.UUIDField(null=True)
    second_at = models.DateTimeField(null=True)
    disputed_for = models.CharField(max_length=200, blank=True, default="", db_collation="C")
    said = models.CharField(max_length=200, blank=True, default="", help_text="what is disputed")
    answer = models.CharField(max_length=200, blank=True, default="")
    note = models.CharField(max_length=200, blank=True, default="", help_text="how it was settled")
    settled_by = models.UUIDField(null=True)
    turned_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["county", "month", "first", "second"], name="exchange_netting_month"
            ),
            models.CheckConstraint(name="exchange_netting_order", condition=Q(first__lt=F("second"))),
            models.CheckConstraint(
                name="exchange_netting_two",
                condition=Q(first_by__isnull=True) | Q(second_by__isnull=True) | ~Q(first_by=F("second_by")),
            ),
            models.CheckConstraint(
                name="exchange_netting_whole",
                condition=Q(state__in=["drawn", "disputed"])
                | Q(state="confirmed", first_by__isnull=False, second_by__isnull=False)
                | Q(state="settled", first_by__isnull=False, second_by__isnull=False) & ~Q(note=""),
            ),
        ]
        indexes = [models.Index(fields=["county", "second", "-month"], name="exchange_netting_second")]

    @property
    def net(self) -> int:
        """What the second owes the first, in points; negative: the other way round."""
        return self.first_gave - self.second_gave
