"""Tables of the shop, of merchants and discounts, of commendations."""

from mulin.services.exchange.models.honours import (
    Commendation,
    HonourDecision,
    HonourWords,
    Nomination,
    Objection,
    PriorityLine,
    PrioritySnapshot,
    Second,
)
from mulin.services.exchange.models.merchants import (
    Alliance,
    AllianceMember,
    DiscountCode,
    DiscountUse,
    Entitlement,
    Merchant,
    MerchantPerson,
    MerchantSpan,
    Offer,
    Statement,
)
from mulin.services.exchange.models.shop import Good, Redemption, Shop, ShopKeeper, StockMove

__all__ = [
    "Alliance",
    "AllianceMember",
    "Commendation",
    "DiscountCode",
    "DiscountUse",
    "Entitlement",
    "Good",
    "HonourDecision",
    "HonourWords",
    "Merchant",
    "MerchantPerson",
    "MerchantSpan",
    "Nomination",
    "Objection",
    "Offer",
    "PriorityLine",
    "PrioritySnapshot",
    "Redemption",
    "Second",
    "Shop",
    "ShopKeeper",
    "Statement",
    "StockMove",
]
