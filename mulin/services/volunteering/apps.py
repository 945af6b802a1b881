"""The volunteering app: micro-wishes (row 61)."""

from django.apps import AppConfig


class VolunteeringConfig(AppConfig):
    name = "mulin.services.volunteering"
    label = "volunteering"
