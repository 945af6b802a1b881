"""The catalogue app: matter categories, matter types and their versions."""

from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    name = "mulin.services.catalogue"
    label = "catalogue"
