"""The load guard: whether the same few carry everything (hard parts §3)."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

FEW: Final = 3
"""So many people are "the same few"."""
ENOUGH: Final = 10
"""Below so many claims nothing is said."""
MOST_SHARE: Final = 0.6
"""From this share on the few carry everything. Assumed."""
MOST_EACH: Final = 8
"""More than so many claims in DAYS days is much for one neighbour. Assumed."""
DAYS: Final = 30

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Load:
    """``total`` claims, of which ``few`` by the FEW who carry most; how many ``people``, and how many of them too much."""

    total: int
    people: int
    few: int
    tired: int

    @property
    def share(self) -> float:
        """Of the few in the whole, 0 to 1."""
        return self.few / self.total if self.total else 0.0

    @property
    def heavy(self) -> bool:
        """Whether staff are warned."""
        return self.tired > 0 or (self.total >= ENOUGH and self.people > 0 and self.share >= MOST_SHARE)


def measured(claims: Mapping[Key, int]) -> Load:
    """person → how many claims he took in the last DAYS days."""
    most = sorted(claims.values(), reverse=True)
    return Load(sum(most), len(most), sum(most[:FEW]), sum(1 for one in most if one > MOST_EACH))
