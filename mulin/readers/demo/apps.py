"""The demo app."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "mulin.readers.demo"
    label = "demo"
