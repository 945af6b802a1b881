"""The shop, pure: states of a redemption, kinds of stock moves, why a count differs. Row 87."""

from __future__ import annotations

import hashlib
import json
from datetime import date, timedelta
from typing import Final

from django.db.models.enums import TextChoices
from django.utils.translation import gettext_lazy as _

COUNTER: Final = ("community_clerk", "street_clerk", "county_clerk", "admin")
"""Who runs the shops of their territory, beside the keepers named for one."""
WHO_RUNS: Final = _("文明超市由社区、街道和县里的工作人员设立和管理。")
WHO_KEEPS: Final = _("只有这家超市的管理员和社区工作人员可以做这一步。")

MOST_PIECES: Final = 99
MOST_STOCK: Final = 100_000
MOST_PRICE: Final = 100_000
DAYS_TO_COLLECT: Final = 7
DAYS_TO_RETURN: Final = 3
MOST_DAYS: Final = 30
HELD_LONGER: Final = timedelta(days=1)
"""The points stay set aside so much longer than the goods: who ends a redemption gives back both."""


class RedemptionState(TextChoices):
    RESERVED = "reserved", _("待取货")
    COLLECTED = "collected", _("已取走")
    EXPIRED = "expired", _("过期没取，积分已退回")
    CANCELLED = "cancelled", _("已取消，积分已退回")
    FAULTED = "faulted", _("超市没能给货，积分已退回")
    RETURNED = "returned", _("已退货，积分已退回")


class MoveKind(TextChoices):
    RECEIVED = "received", _("进货")
    HANDED = "handed", _("交给居民")
    COUNTED = "counted", _("盘点")
    RETURNED = "returned", _("退货")


class Variance(TextChoices):
    """Why a count differs from the books."""

    SPOILT = "spoilt", _("过期或损坏")
    LOST = "lost", _("丢失")
    MISTAKE = "mistake", _("以前记错了")
    FOUND = "found", _("找到以前没记的")
    OTHER = "other", _("其他")


def may_return(*, collected: date, days: int, on: date) -> bool:
    """Whether goods handed over on a day may still come back: on that day, or so many days later."""
    return on - collected <= timedelta(days=days)


def body_digest(**told: object) -> str:
    """Hex SHA-256 of what was asked for: the same key with anything else is another deed."""
    return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()
