"""The open311 app: GeoReport v2, the door that programs of other places know already."""

from django.apps import AppConfig


class Open311Config(AppConfig):
    name = "mulin.readers.open311"
    label = "open311"
