"""Read-only administration of the calendar: every write is an action."""

from __future__ import annotations

from django.contrib import admin

from mulin.citus.admin import ReadOnlyAdmin
from mulin.ground.calendar.models import UnitHours, WorkCalendarDay


@admin.register(WorkCalendarDay)
class WorkCalendarDayAdmin(ReadOnlyAdmin):
    list_display = ("day", "working", "name", "kind", "status", "source", "changed_at")
    list_filter = ("kind", "status", "working")
    ordering = ("-day",)


@admin.register(UnitHours)
class UnitHoursAdmin(ReadOnlyAdmin):
    list_display = ("unit", "started_on", "ended_on", "changed_at")
    ordering = ("-started_on",)
