"""The api app: the JSON API at /api/v1/, the door for systems that are built for this house."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "mulin.readers.api"
    label = "api"
