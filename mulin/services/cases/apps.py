"""The cases app."""

from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "mulin.services.cases"
    label = "cases"
