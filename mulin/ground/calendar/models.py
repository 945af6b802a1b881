"""The county's own calendar: exceptions to the plain week, working hours, and one mark for all of it."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from mulin.citus.fields import CountyForeignKey
from mulin.citus.models import CountyScoped

OPEN = models.Q(ended_on__isnull=True)


class DayKind(models.TextChoices):
    HOLIDAY = "holiday", _("节假日")
    MAKE_UP = "make_up", _("调休上班")
    LOCAL = "local", _("本县安排")


class DayStatus(models.TextChoices):
    PROVISIONAL = "provisional", _("暂定")
    OFFICIAL = "official", _("正式")


class WorkCalendarDay(CountyScoped):
    """A day that is not as its weekday would have it, or that the official notice names anyway."""

    day = models.DateField()
    working = models.BooleanField()
    name = models.CharField(max_length=40, blank=True, default="")
    kind = models.CharField(max_length=10, choices=DayKind.choices)
    status = models.CharField(max_length=12, choices=DayStatus.choices)
    source = models.CharField(max_length=120, help_text="the notice, or who said so")
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["county", "day"], name="work_calendar_day_once")]

    def __str__(self) -> str:
        return f"{self.day} {'班' if self.working else '休'} {self.name}".strip()


class UnitHours(CountyScoped):
    """Working hours of the county (no unit) or of one unit, from a day (inclusive) to a day (exclusive)."""

    unit = CountyForeignKey(
        "people.Organisation", on_delete=models.PROTECT, null=True, related_name="+", county_index=False
    )
    lines = models.JSONField(
        help_text="weekdays, spans in minutes since midnight, season; see rules/hours.py"
    )
    started_on = models.DateField()
    ended_on = models.DateField(null=True)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["county"], name="county_hours_now", condition=OPEN & models.Q(unit__isnull=True)
            ),
            models.UniqueConstraint(fields=["county", "unit"], name="unit_hours_now", condition=OPEN),
            models.UniqueConstraint(
                fields=["county", "unit", "started_on"], name="unit_hours_from", nulls_distinct=False
            ),
            models.CheckConstraint(
                name="unit_hours_days",
                condition=models.Q(ended_on__isnull=True) | models.Q(ended_on__gt=models.F("started_on")),
            ),
        ]


class CalendarVersion(CountyScoped):
    """The mark of a county's calendar: it changes with every change, and every process notices."""

    version = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["county"], name="calendar_version_one")]
