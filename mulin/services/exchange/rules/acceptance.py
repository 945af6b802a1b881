"""Whose points are taken where, and the months between communities, pure. Hard parts §1; row 87."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Final

from django.db.models.enums import TextChoices
from django.utils.translation import gettext_lazy as _

from mulin.services.exchange.rules.shop import body_digest

MOST_A_MONTH: Final = 1_000_000
Pair = tuple[str, str]
"""Paths of two communities in their order."""


class Reach(TextChoices):
    """How far points go without an agreement."""

    COUNTY = "county", _("全县的社区互相通用")
    STREET = "street", _("同一街道（乡镇）的社区互相通用")
    OWN = "own", _("只在本社区用")


class NettingState(TextChoices):
    DRAWN = "drawn", _("等双方确认")
    CONFIRMED = "confirmed", _("双方已确认")
    DISPUTED = "disputed", _("有异议")
    SETTLED = "settled", _("已结清")


def pair_of(one: str, other: str) -> Pair:
    """Two communities in one order, whoever is named first."""
    return (one, other) if one < other else (other, one)


def within(reach: str, home: str, taker: str) -> bool:
    """Whether points of ``home`` are taken at ``taker`` where the two have no agreement."""
    if home == taker or reach == Reach.COUNTY:
        return True
    return reach == Reach.STREET and home.split("/")[1] == taker.split("/")[1]


Line = tuple[str, str, date, int]
"""(number of the redemption or taking, whose shop or merchant gave, the day, points: negative where goods came back)."""


def given(lines: Iterable[Line], taker: str) -> int:
    """Points for which the shops and merchants of one side gave goods, less what came back."""
    return sum(points for _number, gave, _day, points in lines if gave == taker)


def digest(lines: Iterable[Line]) -> str:
    """Hex SHA-256 of a month's lines, whatever their order."""
    return body_digest(lines=sorted(lines))
