"""The patrols app: plans, dated tasks, findings."""

from django.apps import AppConfig


class PatrolsConfig(AppConfig):
    name = "mulin.services.patrols"
    label = "patrols"
