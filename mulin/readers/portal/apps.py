"""The portal app."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "mulin.readers.portal"
    label = "portal"
