"""GeoJSON of grids and compounds, in one piece: the whole file is checked first, and stands or falls
together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from shapely.geometry import MultiPolygon

from mulin.ground.territory.actions.divisions import add_division
from mulin.ground.territory.actions.grids import HOLDERS, Laid, new_grid, overlapping, put_outlines
from mulin.ground.territory.actions.maps import touch_map
from mulin.ground.territory.models import OPEN, Division, DivisionKind, Grid, GridShape
from mulin.ground.territory.permissions import may_edit
from mulin.ground.territory.rules import (
    GRID_KINDS,
    check_grid_code,
    outline_geojson,
    read_features,
    read_outline,
    region_code,
    same_outline,
    segment_of,
    stored_outline,
)
from mulin.ground.trail.actions import record
from mulin.kernel.actor import Actor
from mulin.kernel.errors import Refused

PLACE_KINDS: Mapping[str, str] = {
    "compound": DivisionKind.COMPOUND, "小区": DivisionKind.COMPOUND,
    "standalone_building": DivisionKind.STANDALONE_BUILDING, "单体楼宇": DivisionKind.STANDALONE_BUILDING,
    "county": DivisionKind.COUNTY, "县": DivisionKind.COUNTY,
}  # fmt: skip
"""What a feature may be besides a grid. ``county`` carries the county's own outline."""
_NAMES = ("name", "名称", "网格名称", "小区名称")
_CODES = ("code", "编码", "网格编码", "代码")
_COMMUNITIES = ("community_code", "community", "社区代码", "社区编码", "村代码")
_KINDS = ("kind", "类型", "网格类型")


class RefusedFile(Refused):
    """A file of which nothing was imported. ``problems``: (number of the feature from 1, or 0, and why)."""

    def __init__(self, problems: list[tuple[int, str]]) -> None:
        first = problems[0]
        message = (
            _("第 %(number)s 个图形：%(why)s") % {"number": first[0], "why": first[1]}
            if first[0]
            else first[1]
        )
        if len(problems) > 1:
            message += _("（共 %(count)s 处问题，什么都没有导入）") % {"count": len(problems)}
        super().__init__("geojson_refused", message, field="file")
        self.problems = problems


@dataclass
class GridsImported:
    """What an import did: features read, added, changed (outline or name), unchanged."""

    read: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)

    def plain(self) -> dict[str, Any]:
        """As ``--format json`` prints it."""
        refused = [{"feature": number, "reason": why} for number, why in self.refused]
        return {
            "read": self.read,
            "added": self.added,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "refused": refused,
        }


@dataclass
class _Drawn:
    """One feature, understood. ``kind`` is a grid kind (1, 2, 3) or a division kind."""

    number: int
    name: str
    code: str
    kind: str
    community_code: str
    shape: MultiPolygon
    community: Division | None = None
    grid: Grid | None = None

    @property
    def is_grid(self) -> bool:
        return self.kind in ("1", "2", "3")


class _OnlyTrying(Exception):
    """Unwinds the transaction of a dry run."""


def import_grids(
    *,
    geojson: bytes | str,
    on: date,
    by: Actor,
    now: datetime,
    datum: str = "",
    dry_run: bool = False,
) -> GridsImported:
    """Add or redraw the grids and compounds of a FeatureCollection from a day on; the same file twice
    changes nothing.

    Properties: name, code (16 digits for a grid, any for a compound; may be missing), community_code
    (12 digits), kind. A feature is matched by code, else by name within its community. Grids that the
    file lacks stay. Refuses, as RefusedFile with every problem named, bad outlines, unknown
    communities, doubles, overlaps, and places outside the actor's territory; then nothing at all is
    imported.
    """
    features, datum = read_features(geojson, datum=datum)
    done = GridsImported(read=len(features))
    try:
        with transaction.atomic():
            drawn = _understand(features, datum, by)
            places = [one for one in drawn if not one.is_grid]
            _write_grids([one for one in drawn if one.is_grid], datum, on, done)
            for one in places:
                _write_place(one, datum, on, by, now, done)
            if done.added or done.changed:
                _written(done, datum, on, by, now)
            if dry_run:
                raise _OnlyTrying
    except _OnlyTrying:
        pass
    return done


def _written(done: GridsImported, datum: str, on: date, by: Actor, now: datetime) -> None:
    touch_map()
    root = Division.objects.get(path="/")
    facts: dict[str, Any] = {
        "added": done.added,
        "changed": done.changed,
        "datum": datum,
        "on": on.isoformat(),
    }
    record(
        by=by,
        now=now,
        verb="territory.import_grids",
        subject_kind="division",
        subject_id=root.id,
        facts=facts,
    )


# ── understanding ─────────────────────────────────────────────────────────────────────────────────────────
def _understand(features: list[Mapping[str, Any]], datum: str, by: Actor) -> list[_Drawn]:
    problems: list[tuple[int, str]] = []
    drawn = []
    for number, feature in enumerate(features, 1):
        try:
            drawn.append(_read(number, feature, datum))
        except (Refused, ValueError) as why:
            problems.append((number, str(why)))
    _find_communities(drawn, by, problems)
    _find_grids([one for one in drawn if one.is_grid and one.community], problems)
    _refuse_doubles(drawn, problems)
    if problems:
        raise RefusedFile(sorted(problems))
    return drawn


def _told(properties: Mapping[str, Any], names: tuple[str, ...]) -> str:
    for name in names:
        value = properties.get(name)
        if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
            return str(value).strip()
    return ""


def _read(number: int, feature: Mapping[str, Any], datum: str) -> _Drawn:
    properties = feature.get("properties")
    told: Mapping[str, Any] = properties if isinstance(properties, Mapping) else {}
    name, code, kind = _told(told, _NAMES), _told(told, _CODES), _told(told, _KINDS)
    if kind in PLACE_KINDS:
        found = str(PLACE_KINDS[kind])
    elif kind in GRID_KINDS:
        found = GRID_KINDS[kind]
        if not kind and len(code) == 16 and code[12:13] in ("2", "3"):
            found = code[12]
    else:
        raise ValueError(_("不认识的类型“%(kind)s”") % {"kind": kind[:20]})
    if not name and found != DivisionKind.COUNTY:
        raise ValueError(_("没有名称（name）"))
    community = _told(told, _COMMUNITIES) or (code[:12] if found in GRID_KINDS.values() else "")
    if not community and found != DivisionKind.COUNTY:
        raise ValueError(_("没有社区代码（community_code）"))
    shape = read_outline(feature.get("geometry"), datum=datum)
    place = region_code(community) if community and found != DivisionKind.COUNTY else ""
    if code and found in GRID_KINDS.values():
        check_grid_code(code, place, found)
    return _Drawn(number, " ".join(name.split())[:80], code, found, place, shape)


def _find_communities(drawn: list[_Drawn], by: Actor, problems: list[tuple[int, str]]) -> None:
    """Lock the communities in id order: serials are given under their locks."""
    codes = {one.community_code for one in drawn if one.community_code}
    rows = Division.objects.filter(OPEN, region_code__in=codes, kind__in=HOLDERS).order_by("id")
    known = {row.region_code: row for row in rows.select_for_update(no_key=True)}
    for one in drawn:
        if one.kind == DivisionKind.COUNTY:
            one.community = Division.objects.get(path="/")
        else:
            one.community = known.get(one.community_code)
        if one.community is None:
            problems.append(
                (one.number, _("没有代码为 %(code)s 的社区（村）") % {"code": one.community_code})
            )
        elif not may_edit(by, one.community.path):
            problems.append((one.number, _("%(name)s不在您的管理范围内") % {"name": one.community.name}))


def _find_grids(drawn: list[_Drawn], problems: list[tuple[int, str]]) -> None:
    communities = {one.community.id for one in drawn if one.community}
    rows = list(
        Grid.objects.filter(community_id__in=communities).select_for_update(no_key=True).order_by("id")
    )
    by_code = {row.code: row for row in rows}
    by_name = {(row.community_id, row.name): row for row in rows if row.ended_on is None}
    for one in drawn:
        if one.community is None:
            continue
        named = by_name.get((one.community.id, one.name))
        one.grid = by_code.get(one.code) if one.code else named
        if one.grid is not None and one.grid.ended_on is not None:
            problems.append((one.number, _("网格 %(code)s 已经撤销") % {"code": one.grid.code}))
        elif named is not None and (one.grid is None or one.grid.id != named.id):
            said = {"name": one.name, "code": named.code}
            problems.append((one.number, _("“%(name)s”已经是网格 %(code)s 的名称") % said))
        elif one.grid is not None and one.grid.kind != one.kind:
            problems.append((one.number, _("网格 %(code)s 的类型与文件不同") % {"code": one.grid.code}))


def _refuse_doubles(drawn: list[_Drawn], problems: list[tuple[int, str]]) -> None:
    seen: dict[tuple[str, str, str], int] = {}
    for one in drawn:
        keys = [("name", one.community_code + ("" if one.is_grid else one.kind), one.name)]
        if one.code:
            keys.append(("code", one.community_code, one.code))
        for key in keys:
            first = seen.setdefault(key, one.number)
            if first != one.number:
                problems.append((one.number, _("与第 %(first)s 个图形同名或同码") % {"first": first}))
                break


# ── writing ───────────────────────────────────────────────────────────────────────────────────────────────
def _write_grids(drawn: list[_Drawn], datum: str, on: date, done: GridsImported) -> None:
    held = _held([one.grid.id for one in drawn if one.grid])
    laid = []
    # Codes given in the file first: a new serial must not take one of them.
    for one in sorted(drawn, key=lambda one: (not one.code, one.number)):
        assert one.community is not None
        if one.grid is None:
            one.grid = new_grid(community=one.community, kind=one.kind, name=one.name, on=on, code=one.code)
            laid.append(Laid(one.grid, one.shape, datum))
            done.added += 1
            continue
        there = held.get(one.grid.id)
        moved = there is None or not same_outline(there, one.shape)
        if moved:
            laid.append(Laid(one.grid, one.shape, datum))
        if one.name != one.grid.name:
            Grid.objects.filter(id=one.grid.id).update(name=one.name)
            one.grid.name = one.name
        elif not moved:
            done.unchanged += 1
            continue
        done.changed += 1
    if not laid:
        return
    touch_map()
    pairs = overlapping(laid=laid, on=on)
    if pairs:
        message = _("%(first)s与%(second)s重叠 %(area)s 平方米")
        raise RefusedFile(
            [(0, message % {"first": a, "second": b, "area": f"{m2:,.0f}"}) for a, b, m2 in pairs]
        )
    put_outlines(laid=laid, on=on)


def _held(grids: list[UUID]) -> dict[UUID, MultiPolygon]:
    rows = GridShape.objects.filter(OPEN, grid_id__in=grids)
    return {row.grid_id: stored_outline(row.geometry) for row in rows}


def _write_place(one: _Drawn, datum: str, on: date, by: Actor, now: datetime, done: GridsImported) -> None:
    """A compound or standalone building below its community, or the county's outline."""
    assert one.community is not None
    there: Division | None
    if one.kind == DivisionKind.COUNTY:
        there = one.community
    else:
        rows = Division.objects.filter(OPEN, parent=one.community, kind=one.kind)
        path = f"{one.community.path}{segment_of(one.kind, one.code)}/"
        there = rows.filter(path=path).first() if one.code else rows.filter(name=one.name).first()
    geometry = outline_geojson(one.shape)
    if there is None:
        made = {"parent": one.community, "kind": one.kind, "name": one.name, "code": one.code, "on": on}
        add_division(**made, geometry=geometry, by=by, now=now)  # type: ignore[arg-type]
        Division.objects.filter(OPEN, parent=one.community, kind=one.kind, name=one.name).update(
            source_datum=datum
        )
        done.added += 1
        return
    name = there.name if one.kind == DivisionKind.COUNTY else one.name
    if there.geometry and there.name == name and same_outline(stored_outline(there.geometry), one.shape):
        done.unchanged += 1
        return
    Division.objects.filter(id=there.id).update(geometry=geometry, source_datum=datum, name=name)
    done.changed += 1
