"""Who serves where, as lists: grids with their workers, departments and officers; officers; stations; compounds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from mulin.ground.people import queries as people
from mulin.ground.territory.models import (
    OPEN,
    DepartmentGridLink,
    Division,
    DivisionCount,
    Grid,
    GridPosting,
    Jurisdiction,
    OfficerAssignment,
    Station,
    StationPosting,
)
from mulin.ground.territory.queries.map import COMPOUND_KINDS
from mulin.ground.territory.queries.serving import grids_in_force, officers_on_grids, one_by_one
from mulin.ground.territory.queries.stations import counts_of, postings_at, stations_in_force
from mulin.ground.territory.queries.tree import _day, _on
from mulin.kernel.paging import Page, counts, page

SERVED: Mapping[str, Any] = {
    "worker": GridPosting,
    "department": DepartmentGridLink,
    "officer": OfficerAssignment,
}
"""What a grid may have: the word of a filter → the table; ``no_`` before it asks for those without."""


def grids_where(state: str, *, on: date, under: str = "/") -> QuerySet[Grid]:
    """The grids of a day below a path, with or without a worker, a department, an officer."""
    rows = grids_in_force(on=on, under=under)
    model = SERVED.get(state.removeprefix("no_"))
    if model is None:
        return rows
    there = Exists(model.objects.filter(_on(_day(on)), grid=OuterRef("pk")))
    return rows.filter(~there if state.startswith("no_") else there)


def grids_counted(*, on: date, under: str = "/") -> dict[str, int]:
    """How many grids there are ("") and how many have each. One statement."""
    states = ("", *SERVED)
    return dict(zip(states, counts(*(grids_where(one, on=on, under=under) for one in states)), strict=True))


def grids_page(state: str, *, on: date, under: str = "/", at: str = "", size: int = 50) -> Page:
    """A page of grids with who serves each. Five statements."""
    shown = page(grids_where(state, on=on, under=under), by="path", at=at, size=size)
    keys = [row.pk for row in shown.rows]
    day = _on(_day(on))
    found: dict[UUID, dict[str, list[Any]]] = {
        key: {"workers": [], "links": [], "officers": []} for key in keys
    }
    here = {"grid_id__in": keys}
    postings = GridPosting.objects.filter(day, **here).select_related("person")
    for posting in postings.order_by("kind", "started_on", "id"):
        found[posting.grid_id]["workers"].append(posting)
    links = DepartmentGridLink.objects.filter(day, **here).select_related("organisation")
    for link in links.order_by("-leads", "organisation__sort_key", "id"):
        found[link.grid_id]["links"].append(link)
    for officer in OfficerAssignment.objects.filter(day, **here).select_related("person").order_by("id"):
        found[officer.grid_id]["officers"].append(officer)
    return shown.of([{"grid": row, **found[row.pk]} for row in shown.rows])


def officers_page(
    *, on: date, under: str = "/", team: UUID | None = None, at: str = "", size: int = 50
) -> Page:
    """A page of officers, each once, with every grid that he serves there. Four statements."""
    rows = officers_on_grids(on=on, under=under)
    rows = rows.filter(team_id=team) if team else rows
    shown = page(one_by_one(rows), by="id", at=at, size=size)
    mine = OfficerAssignment.objects.filter(
        _on(_day(on)), person_id__in=[row.person_id for row in shown.rows], grid__path__startswith=under
    ).select_related("grid__community")
    grids: dict[UUID, list[Any]] = {}
    for row in mine.order_by("grid__path", "id"):
        grids.setdefault(row.person_id, []).append(row)
    numbers = people.credentials({(row.team_id, row.person_id) for row in shown.rows})
    return shown.of(
        [
            {
                "row": row,
                "credential": numbers.get((row.team_id, row.person_id), ""),
                "grids": grids.get(row.person_id, []),
            }
            for row in shown.rows
        ]
    )


def officers_counted(*, on: date, under: str = "/") -> int:
    """How many different officers serve a grid below a path on a day. One statement."""
    return counts(one_by_one(officers_on_grids(on=on, under=under)))[0]


def stations_where(state: str, *, on: date, under: str = "/") -> QuerySet[Station]:
    """The stations of a day below a path, with ("posted") or without ("unposted") somebody."""
    rows = stations_in_force(on=on, under=under)
    if state not in ("posted", "unposted"):
        return rows
    there = Exists(StationPosting.objects.filter(_on(_day(on)), station=OuterRef("pk")))
    return rows.filter(there if state == "posted" else ~there)


def stations_counted(*, on: date, under: str = "/") -> tuple[int, int]:
    """(stations, those to which somebody is posted). One statement."""
    every, posted = counts(*(stations_where(one, on=on, under=under) for one in ("", "posted")))
    return every, posted


def stations_page(state: str, *, on: date, under: str = "/", at: str = "", size: int = 50) -> Page:
    """A page of stations with who is posted there. Two statements."""
    shown = page(stations_where(state, on=on, under=under), by="path", at=at, size=size)
    posted = postings_at([row.pk for row in shown.rows], on=on)
    return shown.of([{"station": row, "postings": posted.get(row.pk, [])} for row in shown.rows])


def compounds_where(state: str, *, on: date, under: str = "/") -> QuerySet[Division]:
    """Compounds and single buildings below a path; counted or not, with or without a property company."""
    rows = Division.objects.filter(_on(_day(on)), kind__in=COMPOUND_KINDS, path__startswith=under)
    counted = Exists(DivisionCount.objects.filter(division=OuterRef("pk"), counted_on__lte=on))
    managed = Exists(
        Jurisdiction.objects.filter(
            _on(_day(on)), division=OuterRef("pk"), organisation__kind="property_company"
        )
    )
    wanted = {"counted": counted, "uncounted": ~counted, "managed": managed, "unmanaged": ~managed}.get(state)
    return rows if wanted is None else rows.filter(wanted)


def compounds_counted(*, on: date, under: str = "/") -> dict[str, int]:
    """How many there are (""), and how many are counted and managed. One statement."""
    states = ("", "counted", "managed")
    return dict(
        zip(states, counts(*(compounds_where(one, on=on, under=under) for one in states)), strict=True)
    )


def compounds_page(state: str, *, on: date, under: str = "/", at: str = "", size: int = 50) -> Page:
    """A page of compounds with their property companies and their newest counts. Three statements."""
    rows = compounds_where(state, on=on, under=under).select_related("parent")
    shown = page(rows, by="path", at=at, size=size)
    newest = counts_of([row.path for row in shown.rows], on)
    companies: dict[UUID, list[Any]] = {}
    charges = Jurisdiction.objects.filter(
        _on(_day(on)),
        division_id__in=[row.pk for row in shown.rows],
        organisation__kind="property_company",
    )
    for charge in charges.select_related("organisation").order_by("organisation__sort_key", "id"):
        companies.setdefault(charge.division_id, []).append(charge.organisation)
    return shown.of(
        [
            {"place": row, "companies": companies.get(row.pk, []), "count": newest.get(row.path)}
            for row in shown.rows
        ]
    )


def charges_of(division: UUID) -> list[Jurisdiction]:
    """The organisations that answer for this very place now, each with since when. One statement."""
    rows = Jurisdiction.objects.filter(OPEN, division_id=division).select_related("organisation")
    return list(rows.order_by("organisation__sort_key", "id"))


def charge(key: UUID) -> Jurisdiction | None:
    """One of them, with its place and its organisation."""
    return Jurisdiction.objects.select_related("division", "organisation").filter(pk=key).first()


def link(key: UUID) -> DepartmentGridLink | None:
    """A link, with its grid and its department."""
    return DepartmentGridLink.objects.select_related("grid__community", "organisation").filter(pk=key).first()


def assignment(key: UUID) -> OfficerAssignment | None:
    """An officer's assignment, with its grid and himself."""
    return OfficerAssignment.objects.select_related("grid__community", "person").filter(pk=key).first()


def station_posting(key: UUID) -> StationPosting | None:
    """A posting, with its station and the person."""
    return StationPosting.objects.select_related("station__division", "person").filter(pk=key).first()
