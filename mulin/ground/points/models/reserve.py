"""What stands behind the points of a community: pledges, the rule that slows issuing, the cover of each month."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from mulin.citus.fields import CountyForeignKey
from mulin.citus.models import CountyScoped
from mulin.ground.points.rules import MOST
from mulin.ground.points.rules.reserve import MOST_FLOOR, MOST_NOTICE, WHOLE, Source


class Pledge(CountyScoped):
    """A named source stands in for so many points of a community, from a day to a last day. No money passes here."""

    path = models.CharField(max_length=200, db_collation="C", help_text="the community")
    kind = models.CharField(max_length=12, choices=Source.choices)
    source = models.CharField(max_length=80, help_text="who pledges, by name")
    points = models.PositiveIntegerField(help_text="what it is worth in points")
    words = models.CharField(max_length=200, help_text="what is pledged")
    starts_on = models.DateField()
    ends_on = models.DateField(help_text="the last day")
    entered_by = models.UUIDField(null=True)
    entered_at = models.DateTimeField()
    ended_on = models.DateField(null=True, help_text="ended early: the first day without it")
    ended_by = models.UUIDField(null=True)
    why = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(name="points_pledge_days", condition=Q(ends_on__gte=F("starts_on"))),
            models.CheckConstraint(name="points_pledge_points", condition=Q(points__gte=1, points__lte=MOST)),
            models.CheckConstraint(
                name="points_pledge_ended",
                condition=Q(ended_on__isnull=True, why="") | Q(ended_on__isnull=False) & ~Q(why=""),
            ),
        ]
        indexes = [models.Index(fields=["county", "path", "starts_on"], name="points_pledge_place")]

    def __str__(self) -> str:
        return self.source


class PaceRule(CountyScoped):
    """From a day on: below which cover issuing is slowed, to how much, with how many days' notice. Never retroactive."""

    append_only = True

    number = models.PositiveIntegerField()
    floor = models.PositiveSmallIntegerField(help_text="per cent of the outstanding points")
    percent = models.PositiveSmallIntegerField(help_text="of a rule's points that are given meanwhile")
    notice = models.PositiveSmallIntegerField(help_text="days between announcing and beginning")
    ended = models.BooleanField(default=False)
    effective_on = models.DateField()
    announced_on = models.DateField()
    note = models.CharField(max_length=200, blank=True, default="", help_text="the basis")
    made_by = models.UUIDField(null=True)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county", "number"], name="points_pace_version"),
            models.UniqueConstraint(fields=["county", "effective_on"], name="points_pace_day"),
            models.CheckConstraint(
                name="points_pace_not_retroactive", condition=Q(effective_on__gte=F("announced_on"))
            ),
            models.CheckConstraint(
                name="points_pace_numbers",
                condition=Q(
                    floor__gte=1,
                    floor__lte=MOST_FLOOR,
                    percent__gte=1,
                    percent__lt=WHOLE,
                    notice__gte=1,
                    notice__lte=MOST_NOTICE,
                ),
            ),
        ]


class CoverMonth(CountyScoped):
    """A community's cover at a month's end. Where it changes the pace: ``starts_on`` is the day from which acts bring
    ``percent`` of their points; else ``percent`` is what was announced before."""

    append_only = True

    path = models.CharField(max_length=200, db_collation="C")
    month = models.DateField(help_text="its first day")
    goods = models.BigIntegerField(help_text="on the shelves, at their point price")
    pledged = models.BigIntegerField()
    outstanding = models.BigIntegerField()
    rule = CountyForeignKey(
        PaceRule, on_delete=models.PROTECT, null=True, related_name="+", county_index=False
    )
    percent = models.PositiveSmallIntegerField(default=WHOLE)
    starts_on = models.DateField(null=True)
    measured_on = models.DateField()
    measured_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county", "path", "month"], name="points_cover_month"),
            models.UniqueConstraint(fields=["county", "path", "starts_on"], name="points_cover_start"),
            models.CheckConstraint(
                name="points_cover_ahead",
                condition=Q(starts_on__isnull=True) | Q(starts_on__gt=F("measured_on")),
            ),
            models.CheckConstraint(
                name="points_cover_numbers",
                condition=Q(
                    goods__gte=0, pledged__gte=0, outstanding__gte=0, percent__gte=1, percent__lte=WHOLE
                ),
            ),
        ]
        indexes = [models.Index(fields=["county", "month"], name="points_cover_when")]


class PaceTold(CountyScoped):
    """How far the holders of a community have been told of an announcement: by the ids of their passbooks."""

    cover = CountyForeignKey(CoverMonth, on_delete=models.PROTECT, related_name="told", county_index=False)
    after = models.UUIDField(null=True, help_text="the last passbook whose holders were told")
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["county", "cover"], name="points_pace_told_once")]
        indexes = [
            models.Index(
                fields=["county", "id"], name="points_pace_told_due", condition=Q(done_at__isnull=True)
            )
        ]
