"""Tables of the shop, and of merchants and discounts."""

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
    "DiscountCode",
    "DiscountUse",
    "Entitlement",
    "Good",
    "Merchant",
    "MerchantPerson",
    "MerchantSpan",
    "Offer",
    "Redemption",
    "Shop",
    "ShopKeeper",
    "Statement",
    "StockMove",
]
