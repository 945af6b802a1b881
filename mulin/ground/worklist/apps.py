"""The worklist app."""

from django.apps import AppConfig


class WorklistConfig(AppConfig):
    name = "mulin.ground.worklist"
    label = "worklist"
