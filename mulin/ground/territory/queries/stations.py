"""Stations, who is posted there, what was done there; and how many households a place has."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from mulin.ground.territory.models import (
    Division,
    DivisionCount,
    Station,
    StationPosting,
    StationVisit,
)
from mulin.ground.territory.queries.map import COMPOUND_KINDS
from mulin.ground.territory.queries.tree import _day, _on
from mulin.kernel.errors import NotFound

# ── stations ──────────────────────────────────────────────────────────────────────────────────────────────


def station(key: UUID) -> Station:
    """A station, closed or not. Raises NotFound."""
    row = Station.objects.select_related("division").filter(pk=key).first()
    if row is None:
        raise NotFound(_("没有这个站点。"))
    return row


def stations_in_force(*, on: date, under: str = "/") -> QuerySet[Station]:
    """The stations that stand on a day below a path."""
    rows = Station.objects.filter(_on(_day(on)), path__startswith=under)
    return rows.select_related("division").order_by("path", "name", "id")


def stations_posted(*, on: date, under: str = "/") -> QuerySet[Station]:
    """Those among ``stations_in_force`` to which somebody is posted on that day."""
    posted = StationPosting.objects.filter(_on(_day(on)), station=OuterRef("pk"))
    return stations_in_force(on=on, under=under).filter(Exists(posted))


def postings_at(stations: Iterable[UUID], *, on: date) -> dict[UUID, list[StationPosting]]:
    """Who is posted to each of some stations on a day. One statement."""
    rows = StationPosting.objects.filter(_on(_day(on)), station_id__in=list(stations))
    found: dict[UUID, list[StationPosting]] = {}
    for row in rows.select_related("person").order_by("started_on", "id"):
        found.setdefault(row.station_id, []).append(row)
    return found


def stations_of_person(person: UUID, *, on: date) -> list[StationPosting]:
    """Where somebody is posted on a day."""
    rows = StationPosting.objects.filter(_on(_day(on)), person_id=person).select_related("station")
    return list(rows.order_by("station__path", "id"))


def posted_on(station: UUID, person: UUID, *, on: date) -> bool:
    """Whether somebody was posted to a station on a day."""
    return StationPosting.objects.filter(_on(_day(on)), station_id=station, person_id=person).exists()


def visits(station: UUID, *, size: int = 50) -> list[StationVisit]:
    """What was done at a station, the latest day first."""
    rows = StationVisit.objects.filter(station_id=station).select_related("person")
    return list(rows.order_by("-day", "-id")[:size])


# ── households ────────────────────────────────────────────────────────────────────────────────────────────


def counts_of(paths: Iterable[str], on: date) -> dict[str, DivisionCount]:
    """The newest count of each place up to a day, by path; a place that was never counted is left out.

    One statement for any number of paths.
    """
    wanted = sorted(set(paths))
    if not wanted:
        return {}
    rows = DivisionCount.objects.filter(division__path__in=wanted, counted_on__lte=_day(on))
    newest = rows.order_by("division_id", "-counted_on").distinct("division_id").select_related("division")
    return {row.division.path: row for row in newest}


def counts_of_division(division: UUID) -> list[DivisionCount]:
    """Every count of a place, the newest first."""
    return list(DivisionCount.objects.filter(division_id=division).order_by("-counted_on")[:50])


def compounds_in_force(*, on: date) -> QuerySet[Division]:
    """The compounds and standalone buildings that exist on a day."""
    return Division.objects.filter(_on(_day(on)), kind__in=COMPOUND_KINDS)


def counted(on: date) -> Q:
    """The condition that a place was counted by a day."""
    return Q(Exists(DivisionCount.objects.filter(division=OuterRef("pk"), counted_on__lte=_day(on))))


def households_of_compounds(*, on: date) -> dict[UUID, int]:
    """compound → households by its newest count up to a day; one that was never counted is left out. One statement."""
    rows = DivisionCount.objects.filter(division__kind__in=COMPOUND_KINDS, counted_on__lte=_day(on))
    newest = rows.order_by("division_id", "-counted_on").distinct("division_id")
    return dict(newest.values_list("division_id", "households"))
