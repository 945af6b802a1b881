"""The files app."""

from django.apps import AppConfig


class FilesConfig(AppConfig):
    name = "mulin.ground.files"
    label = "files"
