from django.apps import AppConfig


class HotlineConfig(AppConfig):
    """The door of the 12345 hotline's platform. It has no tables: its orders are cases'."""

    name = "mulin.readers.hotline"
    label = "hotline"
