"""The trail app."""

from django.apps import AppConfig


class TrailConfig(AppConfig):
    name = "mulin.ground.trail"
    label = "trail"
