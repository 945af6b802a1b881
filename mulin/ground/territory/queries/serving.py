"""Who serves a grid besides its workers, on a day: departments, officers of teams, the units in charge."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from mulin.ground.people import queries as people
from mulin.ground.territory.models import (
    DepartmentGridLink,
    Grid,
    GridKind,
    GridPosting,
    GridShape,
    Jurisdiction,
    OfficerAssignment,
)
from mulin.ground.territory.queries.tree import _day, _on
from mulin.ground.territory.rules import metres_to, prefixes, stored_outline
from mulin.kernel.paging import Page, page

# ── departments ───────────────────────────────────────────────────────────────────────────────────────────


def department_links(grid_path: str, on: date) -> list[DepartmentGridLink]:
    """The departments with a duty in a grid on a day, each as ``link.organisation``; the leading one first.

    One statement; none for an empty path.
    """
    if not grid_path:
        return []
    rows = DepartmentGridLink.objects.filter(_on(_day(on)), grid__path=grid_path)
    return list(rows.select_related("organisation").order_by("-leads", "organisation__sort_key", "id"))


def links_under(path: str, *, on: date) -> QuerySet[DepartmentGridLink]:
    """The links of the grids below a path on a day, by grid, the leading department first."""
    rows = DepartmentGridLink.objects.filter(_on(_day(on)), grid__path__startswith=path)
    return rows.select_related("organisation", "grid__community").order_by("grid__path", "-leads", "id")


def grids_of_department(unit: UUID, *, on: date) -> QuerySet[DepartmentGridLink]:
    """The grids in which a department has a duty on a day."""
    rows = DepartmentGridLink.objects.filter(_on(_day(on)), organisation_id=unit)
    return rows.select_related("grid__community").order_by("grid__path", "id")


def past_links(grid_id: UUID, *, on: date) -> list[DepartmentGridLink]:
    """The links of a grid that ended, the latest first."""
    rows = DepartmentGridLink.objects.filter(grid_id=grid_id, ended_on__lte=_day(on))
    return list(rows.select_related("organisation").order_by("-ended_on", "-id")[:50])


def grids_in_force(*, on: date, under: str = "/") -> QuerySet[Grid]:
    """The grids that stand on a day below a path; micro grids lie inside others and do not count."""
    rows = Grid.objects.filter(_on(_day(on)), path__startswith=under).exclude(kind=GridKind.MICRO)
    return rows.select_related("community").order_by("path")


def grids_by_path(*, on: date, under: str = "/", at: str = "", size: int) -> Page:
    """A page of ``grids_in_force``, by path; a spoilt mark is refused. One statement."""
    return page(grids_in_force(on=on, under=under), by="path", at=at, size=size, strict=True)


def grids_with_department(*, on: date, under: str = "/") -> QuerySet[Grid]:
    """Those among ``grids_in_force`` in which a department has a duty on that day."""
    link = DepartmentGridLink.objects.filter(_on(_day(on)), grid=OuterRef("pk"))
    return grids_in_force(on=on, under=under).filter(Exists(link))


def grids_without_department(*, on: date, under: str = "/") -> QuerySet[Grid]:
    """The rest of ``grids_in_force``."""
    link = DepartmentGridLink.objects.filter(_on(_day(on)), grid=OuterRef("pk"))
    return grids_in_force(on=on, under=under).filter(~Exists(link))


def departments_of(grids: Iterable[UUID], *, on: date) -> dict[UUID, list[str]]:
    """grid → the names of its departments on a day, the leading one first. One statement."""
    rows = DepartmentGridLink.objects.filter(_on(_day(on)), grid__in=list(grids))
    found: dict[UUID, list[str]] = {}
    for grid, name in rows.order_by("-leads", "id").values_list("grid_id", "organisation__name"):
        found.setdefault(grid, []).append(name)
    return found


# ── officers ──────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Officer:
    """An enforcement officer in a grid, as he is published: name, work number, team, credential."""

    assignment: UUID
    person: UUID
    name: str
    phone: str
    team: UUID
    team_name: str
    credential: str
    role: str
    role_words: str
    since: date


def officers_of_grid(grid_id: UUID, on: date) -> list[Officer]:
    """The officers in a grid on a day, by team. Two statements."""
    rows = OfficerAssignment.objects.filter(_on(_day(on)), grid_id=grid_id)
    return _officers(rows.order_by("team__sort_key", "started_on", "id"))


def _officers(rows: QuerySet[OfficerAssignment]) -> list[Officer]:
    found = list(rows.select_related("person", "team"))
    numbers = people.credentials({(row.team_id, row.person_id) for row in found})
    return [
        Officer(
            assignment=row.id,
            person=row.person_id,
            name=row.person.public_name,
            phone=row.person.work_phone,
            team=row.team_id,
            team_name=row.team.name,
            credential=numbers.get((row.team_id, row.person_id), ""),
            role=row.role,
            role_words=row.get_role_display(),
            since=row.started_on,
        )
        for row in found
    ]


def assignments_of_team(team: UUID, *, on: date) -> dict[UUID, list[OfficerAssignment]]:
    """Officer → the grids that he serves for a team on a day. One statement."""
    rows = OfficerAssignment.objects.filter(_on(_day(on)), team_id=team).select_related("grid__community")
    found: dict[UUID, list[OfficerAssignment]] = {}
    for row in rows.order_by("grid__path", "id"):
        found.setdefault(row.person_id, []).append(row)
    return found


def officers_on_grids(*, on: date, under: str = "/", among: Q | None = None) -> QuerySet[OfficerAssignment]:
    """One row for each officer who serves some grid below a path on a day: as many rows as officers.

    ``among`` narrows the assignments first (several paths, a team): an officer counts where one of his fits.
    """
    rows = OfficerAssignment.objects.filter(_on(_day(on)), grid__path__startswith=under).filter(among or Q())
    return (
        rows.select_related("person", "team", "grid")
        .order_by("person_id", "started_on", "id")
        .distinct("person_id")
    )


def one_by_one(officers: QuerySet[OfficerAssignment]) -> QuerySet[OfficerAssignment]:
    """The rows of ``officers_on_grids`` in a form that can be paged and counted."""
    return OfficerAssignment.objects.filter(pk__in=officers.values("pk")).select_related(
        "person", "team", "grid__community"
    )


def metres_to_grids(persons: Iterable[UUID], lon: float, lat: float, *, on: date) -> dict[UUID, int]:
    """How far a point lies from the nearest grid that each person serves on a day, in whole metres; 0 within it. Whoever
    serves no grid with an outline is left out. Three statements; nothing is kept.
    """
    wanted = {"person_id__in": list(persons)}
    served: dict[UUID, set[UUID]] = {}
    for model in (GridPosting, OfficerAssignment):
        rows = model.objects.filter(_on(_day(on)), **wanted).values_list("person_id", "grid_id")
        for person, grid in rows:
            served.setdefault(person, set()).add(grid)
    shapes = GridShape.objects.filter(
        _on(_day(on)), grid_id__in={one for own in served.values() for one in own}
    )
    far = {row.grid_id: metres_to(stored_outline(row.geometry), lon, lat) for row in shapes}
    return {
        person: round(min(far[grid] for grid in grids if grid in far))
        for person, grids in served.items()
        if any(grid in far for grid in grids)
    }


# ── units in charge ───────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class UnitAt:
    """An organisation that answers for a place, and which place that is."""

    organisation: Any
    division: UUID
    path: str
    kind: str
    since: date


def units_at(path: str, on: date) -> list[UnitAt]:
    """Who answers for a path on a day: the units of the nearest place first (a property company for its
    compound, the committee for its community, the street office), then those above. One statement.
    """
    if not path:
        return []
    rows = Jurisdiction.objects.filter(_on(_day(on)), division__path__in=prefixes(path))
    rows = rows.select_related("organisation", "division")
    return [
        UnitAt(row.organisation, row.division_id, row.division.path, row.division.kind, row.started_on)
        for row in rows.order_by("-division__depth", "organisation__sort_key", "id")
    ]


def places_of_unit(unit: UUID, *, on: date) -> list[Jurisdiction]:
    """The places for which an organisation answers on a day."""
    rows = Jurisdiction.objects.filter(_on(_day(on)), organisation_id=unit).select_related("division")
    return list(rows.order_by("division__path", "id"))
