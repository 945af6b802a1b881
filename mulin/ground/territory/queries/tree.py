"""The county's tree: places, grids, names of paths, and who serves where on a day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from os.path import commonprefix
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from mulin.ground.territory.models import (
    OPEN,
    Division,
    DivisionKind,
    Grid,
    GridPlace,
    GridPosting,
    GridShape,
    Jurisdiction,
    OfficerAssignment,
    StationPosting,
    StationVisit,
)
from mulin.ground.territory.permissions import may_see_tree
from mulin.ground.territory.queries.map import COMPOUND_KINDS, Spot
from mulin.ground.territory.rules import is_grid_path, joined_names, prefixes
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.kernel.errors import NotFound
from mulin.kernel.paging import Page, page


def _on(day: date) -> Q:
    """In force on a day: begun, and not ended or ended later (the end day itself no longer counts)."""
    return Q(started_on__lte=day) & (Q(ended_on__isnull=True) | Q(ended_on__gt=day))


def _day(on: date) -> date:
    return local_day(on) if isinstance(on, datetime) else on


# ── divisions ─────────────────────────────────────────────────────────────────────────────────────────────
def root() -> Division:
    """The county's own division, path ``/``. Raises NotFound where the county has not been planted."""
    return _one(Division.objects.filter(path="/"))


def division(division_id: UUID) -> Division:
    """A division of the county, ended or not. Raises NotFound."""
    return _one(Division.objects.filter(id=division_id).select_related("parent"))


def _one(rows: QuerySet[Division]) -> Division:
    row = rows.first()
    if row is None:
        raise NotFound(_("没有这个地方。"))
    return row


def division_at_path(path: str) -> Division | None:
    """The division with exactly this path, or None."""
    return Division.objects.filter(path=path).first()


def compound_of(path: str) -> UUID | None:
    """The compound or standalone building in which a place lies, itself included (row 44). One statement; none for a
    community and whatever lies above it."""
    above = prefixes(path)[3:]
    if not above:
        return None
    rows = Division.objects.filter(path__in=above, kind__in=COMPOUND_KINDS)
    return rows.order_by("depth").values_list("id", flat=True).first()


def chain(path: str) -> list[Division]:
    """The divisions from the county down to a path, itself included where it is one."""
    return list(Division.objects.filter(path__in=prefixes(path)).order_by("depth"))


def children(division_id: UUID | None) -> list[Division]:
    """The living divisions right below one (below the county for None), in their order. Public: names
    of places only."""
    below = Q(parent_id=division_id) if division_id else Q(parent__path="/")
    return list(Division.objects.filter(OPEN, below).order_by("sort_key", "name", "id"))


def places_page(*, under: str = "/", at: str = "", size: int) -> Page:
    """A page of the living places at a path or below, by path; a spoilt mark is refused. Public: names of places only. One
    statement."""
    return page(
        Division.objects.filter(OPEN, path__startswith=under), by="path", at=at, size=size, strict=True
    )


def streets_and_communities() -> list[tuple[str, list[tuple[str, str]]]]:
    """For a choice of a place: [(street or town, [(path, name)])], itself first and its communities and villages below
    it, in the county's order. Two statements."""
    streets = [one for one in children(None) if one.kind in ("subdistrict", "town")]
    below: dict[UUID, list[tuple[str, str]]] = {}
    rows = Division.objects.filter(OPEN, parent__in=streets, kind__in=("community", "village"))
    for parent, path, name in rows.order_by("sort_key", "name", "id").values_list(
        "parent_id", "path", "name"
    ):
        below.setdefault(parent, []).append((path, name))
    return [(one.name, [(one.path, one.name), *below.get(one.id, [])]) for one in streets]


def community_path(path: str) -> str:
    """The community or village in which a place lies: /001/003/C1/B2/ → /001/003/; what lies above one stays."""
    return "/".join(path.split("/")[:3]).rstrip("/") + "/"


def street_path(path: str) -> str:
    """The street or town in which a place lies: /001/003/C1/ → /001/."""
    return "/".join(path.split("/")[:2]).rstrip("/") + "/"


def communities_and_compounds(*, on: date) -> list[tuple[str, str, list[tuple[UUID, str]]]]:
    """For a choice of a rough place: (path, street and community, [(id, name)]), the community itself before its
    compounds, in the county's order. One statement."""
    kinds = ("subdistrict", "town", "community", "village", *COMPOUND_KINDS)
    rows = Division.objects.filter(_on(on), kind__in=kinds).order_by("sort_key", "name", "id")
    streets: dict[str, str] = {}
    found: dict[str, list[tuple[UUID, str]]] = {}
    below: dict[str, list[tuple[UUID, str]]] = {}
    for key, path, name, kind in rows.values_list("id", "path", "name", "kind"):
        if kind in ("subdistrict", "town"):
            streets[path] = name
        elif kind in ("community", "village"):
            found[path] = [(key, name)]
        else:
            below.setdefault(community_path(path), []).append((key, name))
    order = list(streets)
    street = {path: prefixes(path)[-2] for path in found}
    return [
        (path, f"{streets[street[path]]} · {own[0][1]}", own + below.get(path, []))
        for path, own in sorted(
            found.items(), key=lambda one: order.index(street[one[0]]) if street[one[0]] in streets else -1
        )
        if street[path] in streets
    ]


@dataclass(frozen=True)
class Summary:
    """What stands below a division: living communities and villages, grids, compounds, buildings."""

    communities: int = 0
    grids: int = 0
    compounds: int = 0
    buildings: int = 0


_COUNTED: Mapping[str, str] = {
    "community": "communities", "village": "communities", "compound": "compounds",
    "standalone_building": "compounds", "building": "buildings",
}  # fmt: skip


def summaries(paths: Iterable[str]) -> dict[str, Summary]:
    """Counts below each path, itself left out, in two statements for all of them."""
    asked = sorted(set(paths))
    counts: dict[str, dict[str, int]] = {path: {} for path in asked}
    if not asked:
        return {}
    within = Q(path__startswith=commonprefix(asked))  # noqa: RUF071 (a string prefix is what is wanted)
    for path, kind in Division.objects.filter(OPEN, within, kind__in=list(_COUNTED)).values_list(
        "path", "kind"
    ):
        _count(counts, path, _COUNTED[kind])
    for (path,) in Grid.objects.filter(OPEN, within).values_list("path"):
        _count(counts, path, "grids")
    return {path: Summary(**found) for path, found in counts.items()}


def _count(counts: dict[str, dict[str, int]], path: str, what: str) -> None:
    for above in prefixes(path)[:-1]:
        if above in counts:
            counts[above][what] = counts[above].get(what, 0) + 1


def communities_with_grids() -> list[tuple[str, str]]:
    """(region code, name) of the living communities and villages that have a living grid, in the
    county's order."""
    rows = Division.objects.filter(OPEN).exclude(region_code="")
    counted = rows.annotate(living=Count("grids", filter=Q(grids__ended_on__isnull=True))).filter(
        living__gt=0
    )
    return list(counted.order_by("path").values_list("region_code", "name"))


def settlements(under: str) -> dict[str, str]:
    """The hook of that name: living county, streets, towns, communities and villages. One statement below the county."""
    kinds = [DivisionKind.COUNTY, DivisionKind.SUBDISTRICT, DivisionKind.TOWN]
    kinds += [DivisionKind.COMMUNITY, DivisionKind.VILLAGE]
    rows = Division.objects.filter(
        OPEN, Q(path__startswith=under) | Q(path__in=prefixes(under)), kind__in=kinds
    )
    named = dict(rows.order_by("path").values_list("path", "name"))
    return {
        path: joined_names([named[step] for step in (prefixes(path)[1:] or [path]) if step in named])
        for path in named
        if path.startswith(under)
    }


# ── names ─────────────────────────────────────────────────────────────────────────────────────────────────
def name_of_path(path: str) -> str:
    """The place as people say it: /001/003/g1001/ → 叶柏寿街道双虹社区第一网格; ``/`` → the county. ''
    if unknown."""
    return names_of_paths([path]).get(path, "")


def names_of_paths(paths: Iterable[str]) -> dict[str, str]:
    """The same for many paths, in at most two statements. Unknown paths are left out."""
    asked = set(paths)
    chains = {path: prefixes(path) for path in asked if path}
    wanted = {step for chain in chains.values() for step in chain}
    if not wanted:
        return {}
    known = dict(Division.objects.filter(path__in=wanted).values_list("path", "name"))
    grids = [path for path in asked if is_grid_path(path)]
    if grids:
        known |= dict(Grid.objects.filter(path__in=grids).values_list("path", "name"))
    named = {}
    for path, chain in chains.items():
        if path in known:
            steps = chain[1:] if len(chain) > 1 else chain
            named[path] = joined_names([known[step] for step in steps if step in known])
    return named


def keys_of_paths(paths: Iterable[str]) -> dict[str, UUID]:
    """The ids of places by path; unknown paths are left out. One statement."""
    return dict(Division.objects.filter(path__in=set(paths)).values_list("path", "id"))


def codes_of_paths(paths: Iterable[str]) -> dict[str, str]:
    """The national 12-digit codes of places by path; places without one are left out. One statement, none for nothing."""
    asked = set(paths)
    rows = (
        Division.objects.filter(path__in=asked).exclude(region_code="") if asked else Division.objects.none()
    )
    return dict(rows.values_list("path", "region_code"))


def place_coded(code: str) -> Division | None:
    """The living place with this national code of 12 digits, or None. One statement."""
    return Division.objects.filter(OPEN, region_code=code).first()


def place_named(text: str) -> str | None:
    """The path of the living place that a path, a region code or a name means; None for none, or for several. One
    statement."""
    said = Q(path=text) | Q(name=text)
    if text.isdigit():
        said |= Q(region_code=text.ljust(12, "0"))
    paths = list(Division.objects.filter(OPEN, said).values_list("path", flat=True)[:2])
    return paths[0] if len(paths) == 1 else None


def paths_by_name() -> dict[str, list[str]]:
    """Every living place but buildings, and every living grid: paths by full name (叶柏寿街道双虹社区) and by the last
    part alone (双虹社区); several paths where places share a name. Two statements."""
    rows = Division.objects.filter(OPEN).exclude(kind=DivisionKind.BUILDING).order_by("path")
    named = dict(rows.values_list("path", "name"))
    named |= dict(Grid.objects.filter(OPEN).order_by("path").values_list("path", "name"))
    found: dict[str, list[str]] = {}
    for path, name in named.items():
        steps = prefixes(path)[1:] or [path]
        for known in {name, joined_names([named[step] for step in steps if step in named])}:
            found.setdefault(known, []).append(path)
    return found


def ended_paths(paths: Iterable[str], *, on: date) -> set[str]:
    """Those among some paths whose division or grid has ended on a day. Two statements, none for nothing."""
    asked = sorted(set(paths))
    if not asked:
        return set()
    gone = {"path__in": asked, "ended_on__lte": _day(on)}
    found = set(Division.objects.filter(**gone).values_list("path", flat=True))
    return found | set(Grid.objects.filter(**gone).values_list("path", flat=True))


# ── grids ─────────────────────────────────────────────────────────────────────────────────────────────────
def grid(grid_id: UUID) -> Grid:
    """A grid with its community, ended or not. Raises NotFound."""
    row = Grid.objects.select_related("community").filter(id=grid_id).first()
    if row is None:
        raise NotFound(_("没有这个网格。"))
    return row


def grids_under(path: str, *, on: date) -> list[Grid]:
    """The grids in force on a day below a path (or at it), with their communities, by code."""
    return list(
        Grid.objects.filter(_on(_day(on)), path__startswith=path).select_related("community").order_by("code")
    )


def shape_of_grid(grid_id: UUID, *, on: date) -> GridShape | None:
    """The outline in force on a day, or None."""
    return GridShape.objects.filter(_on(_day(on)), grid_id=grid_id).first()


def places_of_grid(grid_id: UUID, *, on: date) -> list[Division]:
    """The buildings and compounds that belong to a grid on a day."""
    rows = GridPlace.objects.filter(_on(_day(on)), grid_id=grid_id).select_related("division")
    return [row.division for row in rows.order_by("division__sort_key", "id")]


def grid_of_place(division_id: UUID, *, on: date) -> Spot | None:
    """The grid to which a place belongs on a day: its own, else that of the nearest place around it,
    else None."""
    path = Division.objects.filter(id=division_id).values_list("path", flat=True).first()
    if path is None:
        return None
    rows = GridPlace.objects.filter(_on(_day(on)), division__path__in=prefixes(path)[1:])
    row = rows.select_related("grid__community").order_by("-division__depth").first()
    if row is None:
        return None
    found = row.grid
    return Spot(found.id, found.path, found.name, found.community_id, found.community.path)


# ── who serves ────────────────────────────────────────────────────────────────────────────────────────────
def grid_workers(grid_id: UUID, *, on: date) -> list[UUID]:
    """Persons who serve the grid on a day: heads first, then workers, longest first; nobody twice."""
    rows = GridPosting.objects.filter(_on(_day(on)), grid_id=grid_id).order_by("kind", "started_on", "id")
    return list(dict.fromkeys(rows.values_list("person_id", flat=True)))


def postings_of_grid(grid_id: UUID, *, on: date) -> list[dict[str, Any]]:
    """kind in words, the role that goes with it, public name, work phone and since when, of who serves the grid on a day."""
    rows = GridPosting.objects.filter(_on(_day(on)), grid_id=grid_id).select_related("person")
    return [
        {
            "person": row.person_id,
            "kind": row.get_kind_display(),
            "role": row.kind,
            "name": row.person.public_name,
            "phone": row.person.work_phone,
            "since": row.started_on,
        }
        for row in rows.order_by("kind", "started_on", "id")
    ]


def grid_contacts(community: UUID | str, *, on: date) -> list[dict[str, Any]]:
    """Who serves each grid of a community on a day, for everybody to see: published names and work
    phones only.

    ``community``: its id or 12-digit code. Each: ``code``, ``grid`` and ``name`` (of the grid),
    ``names`` (public names), ``worker`` (the same in one string), ``phone`` ('' where none is
    published). In two statements.
    """
    day = _day(on)
    by_code = isinstance(community, str) and len(community) == 12 and community.isdigit()
    whose = Q(community__region_code=community) if by_code else Q(community_id=community)
    grids = list(Grid.objects.filter(_on(day), whose).order_by("code"))
    rows = GridPosting.objects.filter(_on(day), grid_id__in=[one.id for one in grids]).select_related(
        "person"
    )
    serving: dict[UUID, list[Any]] = {}
    for row in rows.order_by("-kind", "started_on", "id"):
        serving.setdefault(row.grid_id, []).append(row.person)
    found = []
    for one in grids:
        people = serving.get(one.id, [])
        names = list(dict.fromkeys(person.public_name for person in people if person.public_name))
        phone = next((person.work_phone for person in people if person.work_phone), "")
        found.append(
            {
                "code": one.code,
                "grid": one.name,
                "name": one.name,
                "names": names,
                "worker": "、".join(names),
                "phone": phone,
            }
        )
    return found


def units_of_division(path: str, *, on: date | None = None) -> list[Any]:
    """The organisations that answer for a path on a day (now for None): the nearest place's first, then
    those above."""
    day = _on(_day(on)) if on else OPEN
    rows = Jurisdiction.objects.filter(day, division__path__in=prefixes(path)).select_related("organisation")
    return [row.organisation for row in rows.order_by("-division__depth", "organisation__sort_key", "id")]


def division_reach(actor: Actor, division_id: UUID) -> dict[str, Any] | None:
    """Where a division is, for "why can I see this?"; None where there is none, or for whoever may not
    open it."""
    if not may_see_tree(actor):
        return None
    row = Division.objects.filter(id=division_id).values("path", "name").first()
    return {"path": row["path"], "title": row["name"]} if row else None


def grid_reach(actor: Actor, grid_id: UUID) -> dict[str, Any] | None:
    """Where a grid is, for "why can I see this?"; None where there is none, or for whoever may not open
    it."""
    if not may_see_tree(actor):
        return None
    row = Grid.objects.filter(id=grid_id).values("path", "name").first()
    return {"path": row["path"], "title": row["name"]} if row else None


def export_person(person_id: UUID) -> dict[str, Any]:
    """The export hook: the grids and stations that a person served."""
    mine = {"person_id": person_id}
    rows = GridPosting.objects.filter(**mine).select_related("grid").order_by("started_on", "id")
    officer = OfficerAssignment.objects.filter(**mine).select_related("grid", "team")
    posted = StationPosting.objects.filter(**mine).select_related("station").order_by("started_on", "id")
    return {
        "grid_postings": [{"grid": row.grid.name, "kind": row.kind, **_dates(row)} for row in rows],
        "officer_assignments": [
            {"grid": row.grid.name, "team": row.team.name, "role": row.role, **_dates(row)}
            for row in officer.order_by("started_on", "id")
        ],
        "station_postings": [
            {"station": row.station.name, "weekdays": row.weekdays, "hours": row.hours, **_dates(row)}
            for row in posted
        ],
        "station_visits": [
            {"day": row.day.isoformat(), "done": row.done}
            for row in StationVisit.objects.filter(**mine).order_by("day", "id")
        ],
    }


def _dates(row: Any) -> dict[str, str | None]:
    return {"from": row.started_on.isoformat(), "to": row.ended_on.isoformat() if row.ended_on else None}
