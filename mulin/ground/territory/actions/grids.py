"""Grids: drawn, redrawn, split, ended, all from a day on. A shape that ends on a day no longer holds on
that day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max, Q
from django.utils.translation import gettext as _
from shapely.geometry import MultiPolygon

from mulin.ground.territory.actions.dated import end_rows
from mulin.ground.territory.actions.divisions import live_division, require_editor
from mulin.ground.territory.actions.maps import touch_map
from mulin.ground.territory.models import (
    OPEN,
    DepartmentGridLink,
    Division,
    DivisionKind,
    Grid,
    GridKind,
    GridPlace,
    GridPosting,
    GridShape,
    OfficerAssignment,
    PostingKind,
)
from mulin.ground.territory.rules import (
    check_grid_code,
    grid_code,
    grid_segment,
    known_datum,
    outline_geojson,
    overlaps,
    read_outline,
    stored_outline,
)
from mulin.ground.trail.actions import record
from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotFound, Refused

HOLDERS = (DivisionKind.COMMUNITY, DivisionKind.VILLAGE)
"""Every grid belongs to a community or village, never directly to a street or county (DB6101/T 3185-2024)."""
UNPLACED = (DivisionKind.COUNTY, DivisionKind.SUBDISTRICT, DivisionKind.TOWN)


@dataclass(frozen=True)
class Laid:
    """An outline to hold for a grid from the day of the change on; None: the grid has no outline from
    then on."""

    grid: Grid
    shape: MultiPolygon | None
    datum: str


def live_grid(*, grid: Grid | UUID, lock: bool = False) -> Grid:
    """The row of a grid that has not ended, with its community. Refuses an unknown or ended one."""
    key = grid.id if isinstance(grid, Grid) else grid
    rows = Grid.objects.select_for_update(no_key=True, of=("self",)) if lock else Grid.objects
    row = rows.select_related("community").filter(id=key).first()
    if row is None:
        raise NotFound(_("没有这个网格。"))
    if row.ended_on is not None:
        raise Refused("grid_ended", _("%(name)s已经撤销。") % {"name": row.name})
    return row


def new_grid(*, community: Division, kind: str, name: str, on: date, code: str = "") -> Grid:
    """The row of a new grid with the next serial of its community (locked by the caller). Checks;
    writes the row only."""
    if community.kind not in HOLDERS:
        raise Refused("community", _("网格只能划在社区或村里，%(name)s不是。") % {"name": community.name})
    name = " ".join(name.split())
    if not name or len(name) > 80:
        raise Refused("name", _("网格的名称要填写，最多 80 个字。"), field="name")
    if Grid.objects.filter(OPEN, community=community, name=name).exists():
        message = _("%(community)s里已经有%(name)s。")
        raise Refused("name_known", message % {"community": community.name, "name": name}, field="name")
    if code:
        code = check_grid_code(code, community.region_code, kind)
        if Grid.objects.filter(code=code).exists():
            raise Refused("code_known", _("网格编码 %(code)s 已经用过。") % {"code": code}, field="code")
    else:
        head = f"{community.region_code}{kind}"
        last = Grid.objects.filter(code__startswith=head).aggregate(last=Max("code"))["last"]
        code = grid_code(
            community.region_code, kind, int(last[-3:]) + 1 if last and community.region_code else 1
        )
    path = f"{community.path}{grid_segment(code)}/"
    return Grid.objects.create(community=community, kind=kind, code=code, name=name, path=path, started_on=on)


@transaction.atomic
def draw_grid(
    *,
    community: Division | UUID,
    name: str,
    on: date,
    by: Actor,
    now: datetime,
    geometry: object = None,
    kind: str = GridKind.BASIC,
    code: str = "",
    datum: str = "wgs84",
) -> Grid:
    """Draw a grid in a community or village from a day on; its code is the next serial unless one is
    given.

    ``geometry`` is GeoJSON (Polygon or MultiPolygon, holes allowed) in ``datum``, or None where nobody
    has drawn it yet. Refuses an outline that overlaps another grid of that day or later, and names it.
    """
    place = live_division(division=community, lock=True)
    require_editor(by=by, path=place.path)
    if kind not in GridKind.values:
        raise Refused("kind", _("没有这种网格。"), field="kind")
    shape = None if geometry is None else read_outline(geometry, datum=datum)
    grid = new_grid(community=place, kind=kind, name=name, on=on, code=code)
    if shape is not None:
        lay(laid=[Laid(grid, shape, known_datum(datum))], on=on)
    touch_map()
    facts: dict[str, Any] = {
        "code": grid.code,
        "name": grid.name,
        "on": on.isoformat(),
        "outline": shape is not None,
    }
    record(by=by, now=now, verb="territory.draw_grid", subject_kind="grid", subject_id=grid.id, facts=facts)
    return grid


@transaction.atomic
def redraw_grid(
    *, grid: Grid | UUID, geometry: object, on: date, by: Actor, now: datetime, datum: str = "wgs84"
) -> Grid:
    """Another outline from a day on. The old one holds until the day before. Refuses overlaps, and a
    day before the present outline began; on that very day the outline is corrected in place."""
    row = live_grid(grid=grid)
    resplit(outlines=[(row, geometry)], on=on, by=by, now=now, datum=datum)
    return row


@transaction.atomic
def resplit(
    *,
    outlines: Sequence[tuple[Grid | UUID, object]],
    on: date,
    by: Actor,
    now: datetime,
    datum: str = "wgs84",
) -> list[Grid]:
    """Redraw several grids at once from a day on (None takes an outline away): only the result may not
    overlap."""
    keys = sorted({grid.id if isinstance(grid, Grid) else grid for grid, _geometry in outlines})
    rows = {key: live_grid(grid=key, lock=True) for key in keys}
    laid = []
    for grid, geometry in outlines:
        row = rows[grid.id if isinstance(grid, Grid) else grid]
        require_editor(by=by, path=row.path)
        shape = None if geometry is None else read_outline(geometry, datum=datum)
        laid.append(Laid(row, shape, known_datum(datum)))
    lay(laid=laid, on=on)
    touch_map()
    for one in laid:
        facts: dict[str, Any] = {
            "code": one.grid.code,
            "on": on.isoformat(),
            "outline": one.shape is not None,
        }
        record(
            by=by,
            now=now,
            verb="territory.redraw_grid",
            subject_kind="grid",
            subject_id=one.grid.id,
            facts=facts,
        )
    return [one.grid for one in laid]


def lay(*, laid: Sequence[Laid], on: date) -> None:
    """End the present outlines of these grids on a day and begin the new ones. Refuses pairs that would
    overlap.

    The map version row is locked first: two changes of one county's map follow each other.
    """
    touch_map()
    _refuse_overlaps(laid, on)
    put_outlines(laid=laid, on=on)


def put_outlines(*, laid: Sequence[Laid], on: date) -> None:
    """The writing half of ``lay``, for a caller that has compared the outlines. Refuses a day before
    the present one."""
    keys = [one.grid.id for one in laid]
    held = {row.grid_id: row for row in GridShape.objects.filter(OPEN, grid_id__in=keys)}
    later = set(GridShape.objects.filter(grid_id__in=keys, ended_on__gt=on).values_list("grid_id", flat=True))
    fresh, ending = [], []
    for one in laid:
        there = held.get(one.grid.id)
        begun = max(one.grid.started_on, there.started_on) if there else one.grid.started_on
        if on < begun or one.grid.id in later:
            message = _("%(name)s现在的边界从 %(day)s 开始，新的边界不能更早。")
            raise Refused("too_early", message % {"name": one.grid.name, "day": begun}, field="on")
        values: dict[str, Any] = {"source_datum": one.datum}
        if one.shape is not None:
            values["geometry"] = outline_geojson(one.shape)
        if one.shape is not None and there is not None and there.started_on == on:
            GridShape.objects.filter(id=there.id).update(**values)
            continue
        if there is not None:
            ending.append(there)
        if one.shape is not None:
            fresh.append(GridShape(grid=one.grid, started_on=on, **values))
    _end_shapes(ending, on)
    GridShape.objects.bulk_create(fresh)


def _end_shapes(rows: Sequence[GridShape], on: date) -> None:
    """An outline that began on the day it ends never held for a day: it goes."""
    gone = [row.id for row in rows if row.started_on == on]
    ended = [row.id for row in rows if row.started_on != on]
    if gone:
        GridShape.objects.filter(id__in=gone).delete()
    if ended:
        GridShape.objects.filter(id__in=ended).update(ended_on=on)


def _refuse_overlaps(laid: Sequence[Laid], on: date) -> None:
    """Micro grids lie inside other grids and are compared among themselves only."""
    found = overlapping(laid=laid, on=on)
    if found:
        first, second, area = found[0]
        said = {"first": first, "second": second, "area": f"{area:,.0f}"}
        message = _("%(first)s与%(second)s重叠 %(area)s 平方米。") % said
        if len(found) > 1:
            message += _("另有 %(more)s 处重叠。") % {"more": len(found) - 1}
        raise Refused("overlap", message, field="geometry")


def overlapping(*, laid: Sequence[Laid], on: date) -> list[tuple[str, str, float]]:
    """(name and code, name and code, m²) of every pair that would overlap on that day or later, with
    one of ``laid``."""
    found = []
    for layer in (False, True):
        shapes = [
            (one.grid, one.shape) for one in laid if one.shape is not None and _is_micro(one.grid) == layer
        ]
        if not shapes:
            continue
        mine = len(shapes)
        wanted = Q(grid__kind=GridKind.MICRO) if layer else ~Q(grid__kind=GridKind.MICRO)
        held = (
            GridShape.objects.filter(wanted, Q(ended_on__isnull=True) | Q(ended_on__gt=on))
            .exclude(grid_id__in=[one.grid.id for one in laid])
            .select_related("grid")
        )
        shapes += [(row.grid, stored_outline(row.geometry)) for row in held]
        outlines = [shape for _grid, shape in shapes]
        for pair in overlaps(outlines, [place < mine for place in range(len(shapes))]):
            first, second = shapes[pair.first][0], shapes[pair.second][0]
            if first.id != second.id:
                found.append((_called(first), _called(second), pair.square_metres))
    return found


def _is_micro(grid: Grid) -> bool:
    return grid.kind == GridKind.MICRO


def _called(grid: Grid) -> str:
    return f"“{grid.name}”（{grid.code}）"


@transaction.atomic
def rename_grid(*, grid: Grid | UUID, name: str, by: Actor, now: datetime) -> Grid:
    """Another name; code and path stay."""
    row = live_grid(grid=grid, lock=True)
    require_editor(by=by, path=row.path)
    name = " ".join(name.split())
    if name == row.name:
        return row
    if not name or len(name) > 80:
        raise Refused("name", _("网格的名称要填写，最多 80 个字。"), field="name")
    if Grid.objects.filter(OPEN, community=row.community, name=name).exists():
        raise Refused("name_known", _("这里已经有%(name)s。") % {"name": name}, field="name")
    Grid.objects.filter(id=row.id).update(name=name)
    touch_map()
    facts = {"from": row.name, "to": name}
    record(by=by, now=now, verb="territory.rename_grid", subject_kind="grid", subject_id=row.id, facts=facts)
    row.name = name
    return row


@transaction.atomic
def end_grid(*, grid: Grid | UUID, on: date, by: Actor, now: datetime) -> Grid:
    """End a grid on a day, and with it its outline, places, postings, department links and officers. Its code is
    never given again."""
    row = live_grid(grid=grid, lock=True)
    require_editor(by=by, path=row.path)
    shape = GridShape.objects.filter(OPEN, grid=row).first()
    if on < row.started_on or (shape is not None and on < shape.started_on):
        raise Refused("too_early", _("撤销的日期早于它（或它现在的边界）开始的日期。"), field="on")
    touch_map()
    _end_shapes([shape] if shape else [], on)
    GridPlace.objects.filter(OPEN, grid=row).update(ended_on=on)
    GridPosting.objects.filter(OPEN, grid=row).update(ended_on=on)
    end_rows(rows=DepartmentGridLink.objects.filter(grid=row), on=on)
    end_rows(rows=OfficerAssignment.objects.filter(grid=row), on=on)
    Grid.objects.filter(id=row.id).update(ended_on=on)
    row.ended_on = on
    facts = {"code": row.code, "on": on.isoformat()}
    record(by=by, now=now, verb="territory.end_grid", subject_kind="grid", subject_id=row.id, facts=facts)
    return row


@transaction.atomic
def put_in_grid(
    *, division: Division | UUID, grid: Grid | UUID, on: date, by: Actor, now: datetime
) -> GridPlace:
    """A building (or compound, or a village without outlines) belongs to a grid from a day on, to one
    at a time.

    The earlier grid holds until the day before. Refuses a grid of another community.
    """
    place = live_division(division=division, lock=True)
    row = live_grid(grid=grid)
    require_editor(by=by, path=place.path)
    if place.kind in UNPLACED or not place.path.startswith(row.community.path):
        said = {"place": place.name, "grid": row.name}
        raise Refused("other_community", _("%(place)s不在%(grid)s所属的社区（村）里。") % said, field="grid")
    there = GridPlace.objects.filter(OPEN, division=place).first()
    if there is not None and there.grid_id == row.id:
        return there
    facts = {"division": str(place.id), "on": on.isoformat(), "from": str(there.grid_id) if there else None}
    if there is not None and on < there.started_on:
        message = _("%(place)s从 %(day)s 起在现在的网格里，日期不能更早。")
        raise Refused("too_early", message % {"place": place.name, "day": there.started_on}, field="on")
    if there is not None:
        GridPlace.objects.filter(id=there.id).update(ended_on=on)
    made = GridPlace.objects.create(grid=row, division=place, started_on=on)
    record(by=by, now=now, verb="territory.put_in_grid", subject_kind="grid", subject_id=row.id, facts=facts)
    return made


@transaction.atomic
def post_to_grid(
    *, person: UUID, grid: Grid | UUID, on: date, by: Actor, now: datetime, kind: str = PostingKind.WORKER
) -> GridPosting:
    """A person serves a grid from a day on. Again the same changes nothing.

    This says who serves, not what they may see: the caller also grants the role over ``grid.path``
    (access.actions.grant), because access stands above territory.
    """
    row = live_grid(grid=grid, lock=True)
    require_editor(by=by, path=row.path)
    if kind not in PostingKind.values:
        raise Refused("kind", _("没有这种网格岗位。"), field="kind")
    there = GridPosting.objects.filter(OPEN, grid=row, person_id=person, kind=kind).first()
    if there is not None:
        return there
    if on < row.started_on:
        raise Refused("too_early", _("日期早于网格开始的日期。"), field="on")
    made = GridPosting.objects.create(grid=row, person_id=person, kind=kind, started_on=on)
    facts = {"kind": kind, "on": on.isoformat(), "person": str(person)}
    record(
        by=by,
        now=now,
        verb="territory.post_to_grid",
        subject_kind="grid",
        subject_id=row.id,
        facts=facts,
        about=person,
    )
    return made


@transaction.atomic
def end_posting(
    *, person: UUID, grid: Grid | UUID, on: date, by: Actor, now: datetime, kind: str = ""
) -> int:
    """The person no longer serves the grid from a day on (of one kind, or of any). Returns how many
    postings ended."""
    row = live_grid(grid=grid, lock=True)
    require_editor(by=by, path=row.path)
    open_ones = GridPosting.objects.filter(OPEN, grid=row, person_id=person, started_on__lte=on)
    ended = (open_ones.filter(kind=kind) if kind else open_ones).update(ended_on=on)
    if ended:
        facts = {"kind": kind, "on": on.isoformat(), "person": str(person)}
        record(
            by=by,
            now=now,
            verb="territory.end_posting",
            subject_kind="grid",
            subject_id=row.id,
            facts=facts,
            about=person,
        )
    return ended
