"""The exchange app: the points shop, its goods and redemptions; merchants, alliances and discounts."""

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "mulin.services.exchange"
    label = "exchange"
