"""Systems that are let in with a key, how often they came, and the answers kept for what they send again."""

from __future__ import annotations

from django.db import models

from mulin.citus.fields import CountyForeignKey
from mulin.citus.models import CountyScoped
from mulin.ground.systems.rules import MOST_PER_MINUTE, Scope

OPEN = models.Q(closed_at__isnull=True)


class System(CountyScoped):
    """A system of somebody else's, from the day it was let in to the day its key was closed. The key itself is not kept."""

    name = models.CharField(max_length=40)
    purpose = models.CharField(max_length=200, help_text="what it is let in for")
    key_hash = models.CharField(max_length=64)
    scopes = models.JSONField(default=list)
    per_minute = models.PositiveIntegerField(help_text="requests that it may send in a minute")
    unit = CountyForeignKey(
        "people.Organisation",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        county_index=False,
        help_text="for which it acts",
    )
    answerable = CountyForeignKey(
        "people.Person",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        county_index=False,
        help_text="the unit's officer who answers for what it does",
    )
    opened_by = CountyForeignKey(
        "people.Person", on_delete=models.PROTECT, related_name="+", county_index=False
    )
    opened_at = models.DateTimeField()
    closed_by = CountyForeignKey(
        "people.Person", on_delete=models.PROTECT, null=True, related_name="+", county_index=False
    )
    closed_at = models.DateTimeField(null=True)
    closed_why = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county", "key_hash"], name="system_key"),
            models.UniqueConstraint(fields=["county", "name"], name="system_open_name", condition=OPEN),
            models.CheckConstraint(
                name="system_per_minute",
                condition=models.Q(per_minute__gte=1, per_minute__lte=MOST_PER_MINUTE),
            ),
            models.CheckConstraint(
                name="system_acts_whole",
                condition=models.Q(unit__isnull=True, answerable__isnull=True)
                | models.Q(unit__isnull=False, answerable__isnull=False),
            ),
            models.CheckConstraint(
                name="system_closed_whole",
                condition=OPEN & models.Q(closed_by__isnull=True)
                | models.Q(closed_at__isnull=False, closed_by__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["county", "-opened_at", "-id"], name="system_newest")]

    def __str__(self) -> str:
        return self.name

    @property
    def scope_words(self) -> list[str]:
        """What its key lets it do, in words."""
        return [str(Scope(one).label) for one in self.scopes if one in Scope.values]


class SystemDay(CountyScoped):
    """How often a system came on a day: a count, and nothing of what it asked or sent."""

    system = CountyForeignKey(System, on_delete=models.CASCADE, related_name="days", county_index=False)
    day = models.DateField(help_text="Asia/Shanghai")
    calls = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0, help_text="of them: too many, or beyond its scopes")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["county", "system", "day"], name="system_day_once")]


class Answered(CountyScoped):
    """An answer kept for a while: the same key with the same body is answered with it, and nothing is done twice."""

    system = CountyForeignKey(System, on_delete=models.CASCADE, related_name="+", county_index=False)
    key = models.CharField(max_length=64, help_text="keyed hash of the Idempotency-Key")
    body = models.CharField(max_length=64, help_text="keyed hash of what was sent")
    answer = models.JSONField(default=dict)
    at = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["county", "system", "key"], name="system_answer_once")]
        indexes = [models.Index(fields=["county", "until"], name="system_answer_until")]
