"""The points app: the ledger of the points bank and its passbooks."""

from django.apps import AppConfig


class PointsConfig(AppConfig):
    name = "mulin.ground.points"
    label = "points"
