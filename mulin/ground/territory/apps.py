"""The territory app."""

from django.apps import AppConfig


class TerritoryConfig(AppConfig):
    name = "mulin.ground.territory"
    label = "territory"
