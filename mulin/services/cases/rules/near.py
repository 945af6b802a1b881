"""Whether two reports may be about the same matter: how far apart they lie, how much their words have in common. Pure."""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass
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


# ── how likely two reports are about the same matter ─────────────────────────────────────────────────────────────────

LIKELY: Final = 0.25
"""From here on a report is named as one that may be about the same matter."""
CLOSE, FADES, OUT_OF_REACH = 30.0, 200.0, 1_000.0
"""Metres: below the first a distance says nothing; it fades by e over the second; beyond the third it is elsewhere."""
SAME_GRID, SAME_COMMUNITY = 150.0, 400.0
"""Metres that stand for "the same grid or compound", "the same community" where a position is missing: the second is never
enough to call it likely."""
HOURS_FADE: Final = 240.0
"""Hours over which the time between two reports fades by e: what is broken stays broken for days."""
CHANCE, PLAIN = 0.15, 0.6
"""Two texts share so many letter pairs by chance; from the second on they say the same."""
OTHER_MATTER: Final = 0.5
"""What words are worth where clerks have said that the two are about different matter types."""


@dataclass(frozen=True)
class Likeness:
    """How likely two reports are about one matter, and of what that is made: each part 0 (speaks against it) to 1.

    ``words``: of how they say it; ``topic``: of what it is about, whatever the words. ``score`` = place × time × (words or
    topic): no words make up for a place that is kilometres away.
    """

    place: float
    time: float
    words: float
    topic: float

    @property
    def score(self) -> float:
        """0 to 1."""
        return self.place * self.time * (1 - (1 - self.words) * (1 - self.topic))

    @property
    def likely(self) -> bool:
        """Whether somebody should look."""
        return self.score >= LIKELY


def likeness(metres: float, hours: float, words: float, topic: float | None) -> Likeness:
    """``metres`` and ``hours`` between the reports, ``words`` as of ``alike``, ``topic``: how likely both are about one
    matter type, or None where it is known that they are not."""
    place = 0.0 if metres > OUT_OF_REACH else math.exp(-max(0.0, metres - CLOSE) / FADES)
    said = min(1.0, max(0.0, (words - CHANCE) / (PLAIN - CHANCE)))
    if topic is None:
        said, topic = said * OTHER_MATTER, 0.0
    return Likeness(place, math.exp(-abs(hours) / HOURS_FADE), said, min(1.0, max(0.0, topic)))


def box_around(lon: float, lat: float, metres: float) -> tuple[float, float, float, float]:
    """(west, south, east, north) of a box that holds everything so many metres around a point, and little more."""
    high = math.degrees(metres / EARTH)
    wide = high / max(0.01, math.cos(math.radians(min(89.0, abs(lat) + high))))
    return lon - wide, lat - high, lon + wide, lat + high


SHEET: Final = (200.0, 120.0)
MARGIN: Final = 24.0
ROUND: Final = (5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000)
"""Lengths that a scale may show, metres."""

Spot = tuple[float, float]


def drawn(one: Spot, other: Spot) -> tuple[Spot, Spot, float, int]:
    """Two positions (lon, lat) on a SHEET, north above, at least 50 metres across: both spots from its top left corner,
    and a scale: its length on the sheet and the metres that it stands for."""
    (west, south), (east, north) = one, other
    middle = (west + east) / 2, (south + north) / 2
    wide = metres_between((west, middle[1]), (east, middle[1])) * (1 if east >= west else -1)
    high = metres_between((middle[0], south), (middle[0], north)) * (1 if north >= south else -1)
    room = SHEET[0] - 2 * MARGIN, SHEET[1] - 2 * MARGIN
    scale = min(room[0] / max(abs(wide), 50.0), room[1] / max(abs(high), 30.0))
    first = SHEET[0] / 2 - wide / 2 * scale, SHEET[1] / 2 + high / 2 * scale
    second = SHEET[0] / 2 + wide / 2 * scale, SHEET[1] / 2 - high / 2 * scale
    bar = next((metres for metres in ROUND if metres * scale >= 30), ROUND[-1])
    return first, second, bar * scale, bar
