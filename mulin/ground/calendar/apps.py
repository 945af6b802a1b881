"""The calendar app: working days, unit hours, working time."""

from django.apps import AppConfig


class CalendarConfig(AppConfig):
    name = "mulin.ground.calendar"
    label = "calendar"
