"""The notices app."""

from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "mulin.ground.notices"
    label = "notices"
