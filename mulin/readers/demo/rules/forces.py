"""Numbers of what came down to the grids of the example county: six teams of seven are the article's 42 officers."""

from __future__ import annotations

from datetime import date
from typing import Final

OFFICERS_EACH: Final = 7
WEEKDAYS: Final = ((1, 3), (2, 4), (3, 5), (1, 4))
HOURS_BEFORE: Final = 48.0
"""The article's response time before."""
PAPER: Final = "建平县网格化工作基线说明（示例，建社发〔2024〕1号）"
SIGNER: Final = "韩国庆"
SIGNED_ON: Final = date(2024, 1, 5)
PER_BUILDING: Final = 48
"""Households of a building of two entries and six floors (assumed)."""


def households(place: int, buildings: int) -> int:
    """Of a compound: by its buildings; where they are not entered, between 96 and 480."""
    return buildings * PER_BUILDING if buildings else 96 + (place * 61) % 385
