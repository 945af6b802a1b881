"""The people app."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "mulin.ground.people"
    label = "people"
