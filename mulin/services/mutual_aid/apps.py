"""The mutual aid app: kinds of help between neighbours, and who may help where it takes trust."""

from django.apps import AppConfig


class MutualAidConfig(AppConfig):
    name = "mulin.services.mutual_aid"
    label = "mutual_aid"
