"""Reads of the reserve: what stands behind the points of each community, and at which pace they are given."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet, Sum

from mulin.ground.points.models import CoverMonth, PaceRule, Pledge
from mulin.ground.points.queries.figures import outstanding
from mulin.ground.points.rules.reserve import WHOLE, cover, paced
from mulin.kernel import hooks
from mulin.kernel.clock import local_day


def pledges_on(day: date) -> QuerySet[Pledge]:
    """The pledges in force on a day, with their points as ``delta``."""
    lasts = Q(ended_on__isnull=True) | Q(ended_on__gt=day)
    return Pledge.objects.filter(lasts, starts_on__lte=day, ends_on__gte=day).annotate(delta=F("points"))


def pledges_of(path: str, day: date) -> list[Pledge]:
    """A community's pledges, those in force first, each with ``counts``. One statement."""
    rows = list(Pledge.objects.filter(path=path).order_by("-ends_on", "-id")[:200])
    for one in rows:
        one.counts = (  # type: ignore[attr-defined]
            one.starts_on <= day <= one.ends_on and (one.ended_on is None or day < one.ended_on)
        )
    return sorted(rows, key=lambda one: not one.counts)  # type: ignore[attr-defined]


def pledge(path: str, key: UUID) -> Pledge | None:
    """One of a community's pledges."""
    return Pledge.objects.filter(path=path, pk=key).first()


def goods_at(at: datetime, path: str = "/") -> list[hooks.Backing]:
    """What stands on the shelves at or below a place at a moment, at its point price."""
    return [one for tell in hooks.points_backing for one in tell(at, path)]


@dataclass(frozen=True)
class Cover:
    """A community's reserve beside its points that are still to be used."""

    path: str
    goods: int = 0
    pledged: int = 0
    outstanding: int = 0
    books: int = 0
    """Passbooks with points: of fewer than SMALL the public reads no sum, it could be one person's."""

    @property
    def backing(self) -> int:
        """Goods and pledges, in points."""
        return self.goods + self.pledged

    @property
    def percent(self) -> int | None:
        """Backing per hundred outstanding points; None where there are none."""
        return cover(self.backing, self.outstanding)


def covers(at: datetime, path: str = "/") -> list[Cover]:
    """The cover of each community at or below a place as it was just before ``at``, in the order of paths. Three
    statements."""
    found: dict[str, dict[str, int]] = {}

    def add(what: str, told: Iterable[tuple[str, int]]) -> None:
        for place, points in told:
            kept = found.setdefault(place, {})
            kept[what] = kept.get(what, 0) + points

    day = local_day(at - timedelta(microseconds=1))
    add("goods", ((one.path, one.points) for one in goods_at(at, path)))
    pledged = pledges_on(day).filter(path__startswith=path).order_by().values_list("path")
    add("pledged", pledged.annotate(sum=Sum("points")))
    books = outstanding(at, at).filter(path__startswith=path).order_by().values("path")
    for place, points, count in books.annotate(sum=Sum("delta"), count=Count("pk")).values_list(
        "path", "sum", "count"
    ):
        found.setdefault(place, {}).update(outstanding=int(points), books=count)
    return [Cover(place, **found[place]) for place in sorted(found)]


# ── the pace ─────


def pace_on(path: str, day: date) -> CoverMonth | None:
    """The announcement that counts in a community on a day; None where the whole points are given. One statement."""
    row = CoverMonth.objects.filter(path=path, starts_on__lte=day).order_by("-starts_on").first()
    return row if row is not None and row.percent < WHOLE else None


class Paces:
    """Every announcement of the county by community, for many days. One statement."""

    def __init__(self) -> None:
        self._found: dict[str, list[CoverMonth]] = {}
        for one in CoverMonth.objects.filter(starts_on__isnull=False).order_by("-starts_on"):
            self._found.setdefault(one.path, []).append(one)

    def __bool__(self) -> bool:
        return bool(self._found)

    def slowed(self, path: str | None, day: date, *, by: datetime | None = None) -> CoverMonth | None:
        """What ``pace_on`` tells; ``by``: of what had been announced by then."""
        for one in self._found.get(path or "", ()):
            if one.starts_on is not None and one.starts_on <= day and (by is None or one.measured_at <= by):
                return one if one.percent < WHOLE else None
        return None

    def points(self, path: str, day: date, points: int) -> int:
        """What an act of a rule's points brings in a community on a day; ``path`` may lie below the community."""
        community = next((one for one in self._found if path.startswith(one)), None)
        row = self.slowed(community, day)
        return paced(points, row.percent) if row else points

    def told(self, day: date, path: str = "/") -> list[CoverMonth]:
        """What the public is told: paces below the whole that count on a day or are to come, and their ends to come."""
        rows = []
        for place, found in self._found.items():
            if place.startswith(path):
                now = self.slowed(place, day)
                rows += [one for one in reversed(found) if one == now or _coming(one, day)]
        return rows


def _coming(one: CoverMonth, day: date) -> bool:
    return one.starts_on is not None and one.starts_on > day


def paced_on(day: date) -> Any:
    """(path of an ask, points of a rule) → the points that an act brings there on a day. One statement."""
    paces = Paces()
    return lambda path, points: paces.points(path, day, points)


def months_of(path: str) -> list[CoverMonth]:
    """A community's cover at the ends of its months, newest first. One statement."""
    rows = list(CoverMonth.objects.filter(path=path).select_related("rule").order_by("-month")[:36])
    for one in rows:
        one.cover = cover(one.goods + one.pledged, one.outstanding)  # type: ignore[attr-defined]
    return rows


def pace_rules() -> list[PaceRule]:
    """Every version of the rule that slows issuing, newest first. One statement."""
    return list(PaceRule.objects.order_by("-effective_on"))


def pace_rule_on(day: date) -> PaceRule | None:
    """The version in force on a day, an ended one too. One statement."""
    return PaceRule.objects.filter(effective_on__lte=day).order_by("-effective_on").first()
