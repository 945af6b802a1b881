"""The database engine as a Django app: it owns the County table and the checks on every tenant model."""

from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CitusConfig(AppConfig):
    name = "mulin.citus"
    label = "citus"
    verbose_name = "county engine"

    def ready(self) -> None:
        from mulin.citus import checks  # noqa: F401  (registers them)
        from mulin.citus.roles import after_migrate

        post_migrate.connect(after_migrate, sender=self)  # rights, not business
