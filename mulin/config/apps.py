"""The composition root as a Django app: it fills the ground's call-backs."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConfigConfig(AppConfig):
    name = "mulin.config"
    label = "config"
    verbose_name = "mulin"

    def ready(self) -> None:
        from django.forms import Field

        from mulin.config import handlers

        handlers.register()
        Field.default_error_messages["required"] = _("这一项不能空着。")
