"""Tables of the shop, of merchants and discounts, of commendations."""

from mulin.services.exchange.models.acceptance import (
    AcceptanceRule,
    Agreement,
    ForeignMonth,
    ForeignUse,
    Netting,
)
from mulin.services.exchange.models.honours import (
    Commendation,
    HonourDecision,
    HonourWords,
    Nomination,
    Objection,
    PriorityLine,
    PrioritySnapshot,
    RoundVersion,
    Second,
)
from mulin.services.exchange.models.merchants import (
    Alliance,
    AllianceMember,
    AllianceOffer,
    DiscountCode,
    DiscountUse,
    Entitlement,
    Merchant,
    MerchantPerson,
    MerchantSpan,
    Offer,
    Statement,
)
from mulin.services.exchange.models.repaying import Repayment
from mulin.services.exchange.models.shop import Good, Redemption, Shop, ShopKeeper, StockMove
from mulin.services.exchange.models.takings import Taking

__all__ = [
    "AcceptanceRule",
    "Agreement",
    "Alliance",
    "AllianceMember",
    "AllianceOffer",
    "Commendation",
    "DiscountCode",
    "DiscountUse",
    "Entitlement",
    "ForeignMonth",
    "ForeignUse",
    "Good",
    "HonourDecision",
    "HonourWords",
    "Merchant",
    "MerchantPerson",
    "MerchantSpan",
    "Netting",
    "Nomination",
    "Objection",
    "Offer",
    "PriorityLine",
    "PrioritySnapshot",
    "Redemption",
    "Repayment",
    "RoundVersion",
    "Second",
    "Shop",
    "ShopKeeper",
    "Statement",
    "StockMove",
    "Taking",
]
