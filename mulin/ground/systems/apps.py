"""The systems app: other systems that are let in with a key."""

from django.apps import AppConfig


class SystemsConfig(AppConfig):
    name = "mulin.ground.systems"
    label = "systems"
