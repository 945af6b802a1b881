"""Opening a county: its row, its tree from the national table, its map version."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from mulin.citus.models import County
from mulin.ground.territory.actions.maps import touch_map
from mulin.ground.territory.models import OPEN, Division, Grid, Region
from mulin.ground.territory.rules import (
    county_prefix,
    division_kind,
    region_level,
    region_parent,
    region_segment,
    segment_again,
    short_name,
)
from mulin.ground.trail.actions import record
from mulin.kernel import hooks
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.kernel.county import county_scope
from mulin.kernel.errors import Refused


@dataclass
class Opened:
    """What opening did. ``revived`` names divisions whose end was taken back, ``ended`` those that were
    ended, ``left`` the live grids that still stand there."""

    county: int
    name: str
    opened: bool = False
    planted: int = 0
    revived: list[str] = field(default_factory=list)
    renamed: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    unchanged: int = 0

    def plain(self) -> dict[str, Any]:
        """As ``--format json`` prints it."""
        return {
            "county": self.county,
            "name": self.name,
            "opened": self.opened,
            "planted": self.planted,
            "revived": len(self.revived),
            "renamed": len(self.renamed),
            "ended": len(self.ended),
            "unchanged": self.unchanged,
            "grids_without_community": self.left,
        }


@transaction.atomic
def open_county(
    *, code: int | str, by: Actor, now: datetime, name_en: str = "", is_example: bool | None = None
) -> Opened:
    """Make a county a tenant and plant its divisions from Region; twice changes nothing.

    When Region has changed since, new places are planted, renamed ones take the new name (unless
    somebody gave them another one here) and revoked ones are ended. Grids of an ended community stay
    until somebody redraws them, and are named in the report. A code that comes back is another place,
    unless something still lives below the old one: that one was never gone. Refuses a code that Region
    lacks. Needs the owner role: County is a reference table.
    """
    try:
        prefix = county_prefix(code)
    except ValueError as why:
        raise Refused("county_code", str(why)) from None
    regions = {row.code: row for row in Region.objects.filter(OPEN, code__startswith=prefix).order_by("code")}
    head = regions.get(prefix + "000000")
    if head is None or (head.level != 3 and len(regions) == 1):
        message = _(
            "区划表里没有县 %(code)s：导入的文件缺少这一行。请先用 mulin import-divisions 导入含它的代码表。"
        )
        raise Refused("county_unknown", message % {"code": prefix})
    county, fresh = _county(int(prefix), head.name, name_en, is_example, now)
    done = Opened(county.code, county.name, opened=fresh)
    with county_scope(county.code):
        today = local_day(now)
        _revive(regions, done)
        root = _plant(regions, done, today)
        _rename(regions, done)
        _end(regions, done, today)
        if fresh or done.planted or done.revived or done.renamed or done.ended:
            touch_map()
            facts = done.plain() | {
                "renamed_to": list(done.renamed),
                "ended_names": list(done.ended),
                "revived_names": list(done.revived),
            }
            record(
                by=by,
                now=now,
                verb="territory.open_county",
                subject_kind="division",
                subject_id=root.id,
                facts=facts,
            )
        for tell in hooks.county_opened:
            tell(by=by, now=now)
    return done


def _county(
    code: int, name: str, name_en: str, is_example: bool | None, now: datetime
) -> tuple[County, bool]:
    county = County.objects.select_for_update().filter(code=code).first()
    if county is None:
        county = County(code=code, name=name, name_en=name_en, is_example=bool(is_example), opened_at=now)
        county.save(force_insert=True)
        return county, True
    if is_example is not None and is_example != county.is_example:
        raise Refused("county_example", _("这个县已经开通，不能再改成（或改掉）示例县。"))
    wanted = {"name": name, "name_en": name_en or county.name_en}
    if any(getattr(county, key) != value for key, value in wanted.items()):
        County.objects.filter(code=code).update(**wanted)
        county.name, county.name_en = wanted["name"], wanted["name_en"]
    return county, False


def _revive(regions: dict[str, Region], done: Opened) -> None:
    """Take back the end of a place whose code is in force again and below which divisions or grids live: a
    second one beside it would have none of them."""
    closed = Division.objects.filter(ended_on__isnull=False, region_code__in=regions)
    live = set(Division.objects.filter(OPEN, region_code__in=regions).values_list("region_code", flat=True))
    for row in closed.exclude(region_code__in=live).order_by("-ended_on", "-path"):
        below = Division.objects.filter(OPEN, parent=row).exists()
        if row.region_code in live or not (below or Grid.objects.filter(OPEN, community=row).exists()):
            continue
        Division.objects.filter(id=row.id).update(ended_on=None)
        live.add(row.region_code)
        done.revived.append(row.name)


def _plant(regions: dict[str, Region], done: Opened, today: date) -> Division:
    """Plant what is not there yet, level by level. Returns the root."""
    there = {row.region_code: row for row in Division.objects.filter(OPEN).exclude(region_code="")}
    paths = set(Division.objects.values_list("path", flat=True))
    root_code = next(iter(regions))
    done.unchanged = sum(1 for code in regions if code in there) - len(done.revived)
    for level in sorted({region_level(code) for code in regions}):
        fresh = []
        for code, row in regions.items():
            if region_level(code) != level or code in there:
                continue
            parent = None if code == root_code else there.get(region_parent(code)) or there[root_code]
            fresh.append(_division(row, parent, paths, today))
        Division.objects.bulk_create(fresh)
        there |= {row.region_code: row for row in fresh}
        done.planted += len(fresh)
    return there[root_code]


def _division(row: Region, parent: Division | None, paths: set[str], today: date) -> Division:
    path = "/"
    if parent is not None:
        segment, times = region_segment(row.code), 1
        while (path := f"{parent.path}{segment if times == 1 else segment_again(segment, times)}/") in paths:
            times += 1
    paths.add(path)
    name = short_name(row.name)
    kind = "county" if parent is None else division_kind(row.code, row.name)
    return Division(
        parent=parent,
        kind=kind,
        name=name,
        sort_key=row.code,
        region_code=row.code,
        path=path,
        depth=path.count("/") - 1,
        started_on=min(row.started_on, today),
    )


def _rename(regions: dict[str, Region], done: Opened) -> None:
    """Give a renamed place its new name, where it still bears one that Region gave it."""
    live = Division.objects.filter(OPEN, region_code__in=regions)
    differing = [row for row in live if row.name != short_name(regions[row.region_code].name)]
    if not differing:
        return
    earlier: dict[str, set[str]] = {}
    codes = [row.region_code for row in differing]
    for code, name in Region.objects.filter(code__in=codes, ended_on__isnull=False).values_list(
        "code", "name"
    ):
        earlier.setdefault(code, set()).add(short_name(name))
    for row in differing:
        if row.name in earlier.get(row.region_code, ()):
            new = short_name(regions[row.region_code].name)
            Division.objects.filter(id=row.id).update(name=new)
            done.renamed.append(f"{row.name} → {new}")
            done.unchanged -= 1


def _end(regions: dict[str, Region], done: Opened, today: date) -> None:
    """End the divisions whose code Region has ended. What hangs below them by hand stays, and is named
    by its grids."""
    gone = [
        row for row in Division.objects.filter(OPEN).exclude(region_code="") if row.region_code not in regions
    ]
    if not gone:
        return
    Division.objects.filter(id__in=[row.id for row in gone]).update(ended_on=today)
    done.ended = [row.name for row in gone]
    done.left = _grids_of(gone)


def _grids_of(divisions: Iterable[Division]) -> list[str]:
    grids = Grid.objects.filter(ended_on__isnull=True, community_id__in=[row.id for row in divisions])
    return [f"{code} {name}" for code, name in grids.order_by("code").values_list("code", "name")]
