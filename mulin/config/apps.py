"""The composition root as a Django app: it fills the ground's call-backs."""

from __future__ import annotations

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "mulin.config"
    label = "config"
    verbose_name = "mulin"

    def ready(self) -> None:
        from mulin.config import handlers

        handlers.register()
