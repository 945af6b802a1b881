"""The orders app: one movement for every ask that somebody claims."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "mulin.ground.orders"
    label = "orders"
