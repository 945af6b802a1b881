"""Whether two reports may be about the same matter: how far apart they lie, how much their words have in common. Pure."""

from __future__ import annotations

import math
import unicodedata
from itertools import pairwise
from typing import Final

EARTH: Final = 6_371_000.0
"""Mean radius of the earth, metres."""
SAME_SPOT_METRES: Final = 50
"""Positions so near each other are one spot: a telephone is wrong by 10 to 30 metres."""
HISTORY_DAYS: Final = 90
"""So far back it counts how often a matter came up at its spot."""
ALIKE: Final = 0.5
"""Share of common letter pairs from which two texts may be about the same matter."""


def metres_between(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Metres between two positions (lon, lat in degrees, WGS-84), along the great circle."""
    (west, south), (east, north) = one, other
    first, second = math.radians(south), math.radians(north)
    high, wide = math.sin((second - first) / 2), math.sin(math.radians(east - west) / 2)
    chord = high * high + math.cos(first) * math.cos(second) * wide * wide
    return 2 * EARTH * math.asin(min(1.0, math.sqrt(chord)))


def alike(one: str, other: str) -> float:
    """How many of the letter pairs of the shorter text the other one has too: 0 to 1."""
    first, second = _pairs(one), _pairs(other)
    few = min(len(first), len(second))
    return len(first & second) / few if few else 0.0


def _pairs(text: str) -> set[str]:
    plain = "".join(letter for letter in unicodedata.normalize("NFKC", text).lower() if letter.isalnum())
    return {f"{one}{two}" for one, two in pairwise(plain)}
