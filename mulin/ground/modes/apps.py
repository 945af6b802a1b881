"""The modes app: routine or emergency."""

from django.apps import AppConfig


class ModesConfig(AppConfig):
    name = "mulin.ground.modes"
    label = "modes"
