"""The runs app: long work that somebody asked for on a page."""

from django.apps import AppConfig


class RunsConfig(AppConfig):
    name = "mulin.ground.runs"
    label = "runs"
