"""The indicators app."""

from django.apps import AppConfig


class IndicatorsConfig(AppConfig):
    name = "mulin.readers.indicators"
    label = "indicators"
