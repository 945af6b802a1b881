"""A cross table that tells of no few people, pure: which cells stay untold, so that none is found from the sums either."""

from __future__ import annotations

from collections.abc import Mapping

from mulin.ground.points.rules.fairness import SMALL

Place = tuple[str, str]
"""(row, column)."""


def untold(members: Mapping[Place, int]) -> set[Place]:
    """The cells that are not told: those of fewer than SMALL people, and in their row and column so many others (the
    smallest, where it helps another line too), that what is missing from its sum is of two cells and SMALL people at
    least. Where too few people are left for that, those of nobody go too: then it is not told either in which column the
    row's people are."""
    out = {place for place, n in members.items() if 0 < n < SMALL}
    while more := next(filter(None, (_another(members, out, axis) for axis in (0, 1))), None):
        out.add(more)
    return out


def _another(members: Mapping[Place, int], out: set[Place], axis: int) -> Place | None:
    """One more cell that must go; None where every line with untold cells lacks enough of them."""
    across = {place[1 - axis] for place in out}
    for line in sorted({place[axis] for place in out}):
        cells = [place for place in members if place[axis] == line]
        gone = [place for place in cells if place in out]
        left = sorted(
            (place for place in cells if place not in out),
            key=lambda place: (members[place] == 0, place[1 - axis] not in across, members[place], place),
        )
        if left and (len(gone) < 2 or sum(members[place] for place in gone) < SMALL):
            return left[0]
    return None
