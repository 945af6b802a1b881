"""Places that people add below the planted tree, their outlines, and who answers for them."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from mulin.ground.people import queries as people
from mulin.ground.territory.actions.maps import touch_map
from mulin.ground.territory.models import (
    OPEN,
    Division,
    DivisionKind,
    Grid,
    GridPlace,
    Jurisdiction,
    Residence,
    Station,
)
from mulin.ground.territory.permissions import may_edit
from mulin.ground.territory.rules import (
    LETTERS,
    known_datum,
    outline_geojson,
    read_outline,
    segment_of,
    sort_key,
)
from mulin.ground.trail.actions import record
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from mulin.kernel.ids import ALPHABET

PLANTED = (DivisionKind.COUNTY, DivisionKind.SUBDISTRICT, DivisionKind.TOWN)
BELOW: Mapping[str, tuple[str, ...]] = {
    DivisionKind.COMPOUND: (DivisionKind.COMMUNITY, DivisionKind.VILLAGE),
    DivisionKind.STANDALONE_BUILDING: (DivisionKind.COMMUNITY, DivisionKind.VILLAGE),
    DivisionKind.BUILDING: (DivisionKind.COMPOUND, DivisionKind.COMMUNITY, DivisionKind.VILLAGE),
    DivisionKind.PLACE: (
        DivisionKind.COMMUNITY, DivisionKind.VILLAGE, DivisionKind.COMPOUND, DivisionKind.STANDALONE_BUILDING,
        DivisionKind.BUILDING, DivisionKind.SUBDISTRICT, DivisionKind.TOWN,
    ),
    DivisionKind.COMMUNITY: (DivisionKind.SUBDISTRICT, DivisionKind.TOWN),
    DivisionKind.VILLAGE: (DivisionKind.SUBDISTRICT, DivisionKind.TOWN),
    DivisionKind.SUBDISTRICT: (DivisionKind.COUNTY,),
    DivisionKind.TOWN: (DivisionKind.COUNTY,),
}  # fmt: skip
"""Which kind may stand right below which."""


def live_division(*, division: Division | UUID, lock: bool = False) -> Division:
    """The row of a division that has not ended, locked where asked. Refuses an unknown or ended one."""
    key = division.id if isinstance(division, Division) else division
    rows = Division.objects.select_for_update(no_key=True) if lock else Division.objects
    row = rows.filter(id=key).first()
    if row is None:
        raise NotFound(_("没有这个地方。"))
    if row.ended_on is not None:
        raise Refused("division_ended", _("%(name)s已经撤销。") % {"name": row.name})
    return row


def require_editor(*, by: Actor, path: str) -> None:
    """Raises NotAllowed unless the actor keeps the map there."""
    if not may_edit(by, path):
        raise NotAllowed(_("这个地方不在您的管理范围内。"))


def _named(name: str) -> str:
    clean = " ".join(name.split())
    if not clean or len(clean) > 120:
        raise Refused("name", _("名称要填写，最多 120 个字。"), field="name")
    return clean


def _outline(geometry: object, datum: str) -> tuple[dict[str, Any] | None, str]:
    if geometry is None:
        return None, ""
    return outline_geojson(read_outline(geometry, datum=datum)), known_datum(datum)


@transaction.atomic
def add_division(
    *,
    parent: Division | UUID,
    kind: str,
    name: str,
    by: Actor,
    now: datetime,
    name_en: str = "",
    code: str = "",
    geometry: object = None,
    datum: str = "wgs84",
    on: date | None = None,
) -> Division:
    """Add a compound, building or place (or a community the national table lacks) from a day on, today
    by default.

    ``code`` is somebody else's stable code: adding it again is refused, and its path never changes.
    Without one the path is random. Refuses a kind that cannot stand there, a name that stands there
    already, and a bad outline.
    """
    above = live_division(division=parent, lock=True)
    require_editor(by=by, path=above.path)
    if kind not in BELOW or above.kind not in BELOW[kind]:
        here = {"kind": DivisionKind(kind).label if kind in DivisionKind.values else kind, "name": above.name}
        raise Refused("kind", _("“%(kind)s”不能直接放在%(name)s下面。") % here, field="kind")
    name = _named(name)
    if Division.objects.filter(OPEN, parent=above, kind=kind, name=name).exists():
        raise Refused(
            "name_known", _("%(above)s里已经有%(name)s。") % {"above": above.name, "name": name}, field="name"
        )
    segment = segment_of(kind, code) if code else _random_segment(kind)
    path = f"{above.path}{segment}/"
    if code and Division.objects.filter(path=path).exists():
        raise Refused("code_known", _("代码 %(code)s 已经用过。") % {"code": code}, field="code")
    shape, source = _outline(geometry, datum)
    row = Division.objects.create(
        parent=above,
        kind=kind,
        name=name,
        name_en=name_en.strip()[:160],
        sort_key=sort_key(name),
        path=path,
        depth=above.depth + 1,
        geometry=shape,
        source_datum=source,
        started_on=on or local_day(now),
    )
    if shape is not None:
        touch_map()
    facts = {"kind": kind, "name": name, "path": path}
    record(
        by=by, now=now, verb="territory.add_division", subject_kind="division", subject_id=row.id, facts=facts
    )
    return row


def _random_segment(kind: str) -> str:
    return LETTERS.get(kind, "X") + "".join(secrets.choice(ALPHABET) for _place in range(6))


@transaction.atomic
def rename_division(
    *, division: Division | UUID, name: str, by: Actor, now: datetime, name_en: str | None = None
) -> Division:
    """Give a place another name (or English name). A name given here is kept when the national table
    changes."""
    row = live_division(division=division, lock=True)
    require_editor(by=by, path=row.path)
    name = _named(name)
    english = row.name_en if name_en is None else name_en.strip()[:160]
    if (name, english) == (row.name, row.name_en):
        return row
    if (
        Division.objects.filter(OPEN, parent=row.parent_id, kind=row.kind, name=name)
        .exclude(id=row.id)
        .exists()
    ):
        raise Refused("name_known", _("这里已经有%(name)s。") % {"name": name}, field="name")
    facts = {"from": row.name, "to": name, "name_en": english}
    key = row.sort_key if row.region_code else sort_key(name)
    Division.objects.filter(id=row.id).update(name=name, name_en=english, sort_key=key)
    touch_map()
    record(
        by=by,
        now=now,
        verb="territory.rename_division",
        subject_kind="division",
        subject_id=row.id,
        facts=facts,
    )
    row.name, row.name_en, row.sort_key = name, english, key
    return row


@transaction.atomic
def outline_division(
    *, division: Division | UUID, geometry: object, by: Actor, now: datetime, datum: str = "wgs84"
) -> Division:
    """Store the outline of a place (of the county, so that reports from elsewhere are told). Not dated."""
    row = live_division(division=division, lock=True)
    require_editor(by=by, path=row.path)
    row.geometry, row.source_datum = _outline(geometry, datum)
    Division.objects.filter(id=row.id).update(geometry=row.geometry, source_datum=row.source_datum)
    touch_map()
    facts = {"path": row.path, "datum": row.source_datum}
    record(
        by=by,
        now=now,
        verb="territory.outline_division",
        subject_kind="division",
        subject_id=row.id,
        facts=facts,
    )
    return row


@transaction.atomic
def end_division(*, division: Division | UUID, on: date, by: Actor, now: datetime) -> Division:
    """End a place. Refuses while other places, grids or stations stand in it, and for one that the national table
    keeps."""
    row = live_division(division=division, lock=True)
    require_editor(by=by, path=row.path)
    if row.kind in PLANTED or row.region_code:
        raise Refused(
            "division_planted", _("%(name)s来自区划代码表，由新的代码表撤销。") % {"name": row.name}
        )
    if on < row.started_on:
        raise Refused("too_early", _("撤销的日期早于它开始的日期。"), field="on")
    if (
        Division.objects.filter(OPEN, parent=row).exists()
        or Grid.objects.filter(OPEN, community=row).exists()
        or Station.objects.filter(OPEN, division=row).exists()
    ):
        raise Refused(
            "division_not_empty",
            _("%(name)s里还有其他地方、网格或站点，请先处理它们。") % {"name": row.name},
        )
    GridPlace.objects.filter(OPEN, division=row).update(ended_on=on)
    Division.objects.filter(id=row.id).update(ended_on=on)
    row.ended_on = on
    if row.geometry is not None:
        touch_map()
    facts = {"name": row.name, "path": row.path, "on": on.isoformat()}
    record(
        by=by, now=now, verb="territory.end_division", subject_kind="division", subject_id=row.id, facts=facts
    )
    return row


@transaction.atomic
def put_in_charge(
    *, organisation: UUID, division: Division | UUID, on: date, by: Actor, now: datetime
) -> Jurisdiction:
    """An organisation (street office, residents' committee, property company) answers for a place from
    a day on.

    Several may: a committee and a property company for one compound. Again the same changes nothing. Refuses a unit
    that was dissolved, and a day before the place stood or before an earlier time in charge was over.
    """
    row = live_division(division=division, lock=True)
    require_editor(by=by, path=row.path)
    unit = people.organisation(organisation)
    if unit.ended_on is not None:
        raise Refused(
            "organisation_ended", _("%(name)s已经撤销。") % {"name": unit.name}, field="organisation"
        )
    if on < row.started_on:
        raise Refused("too_early", _("日期早于这个地方开始的日期。"), field="on")
    there = Jurisdiction.objects.filter(OPEN, organisation_id=organisation, division=row).first()
    if there is not None:
        return there
    if Jurisdiction.objects.filter(organisation_id=organisation, division=row, ended_on__gt=on).exists():
        raise Refused("overlap", _("这一天它已经负责过这里，请换一个日期。"), field="on", status=409)
    made = Jurisdiction.objects.create(organisation_id=organisation, division=row, started_on=on)
    facts = {"organisation": str(organisation), "path": row.path, "on": on.isoformat()}
    record(
        by=by,
        now=now,
        verb="territory.put_in_charge",
        subject_kind="division",
        subject_id=row.id,
        facts=facts,
    )
    return made


@transaction.atomic
def relieve(*, organisation: UUID, division: Division | UUID, on: date, by: Actor, now: datetime) -> int:
    """The organisation no longer answers for the place from a day on. Returns how many rows were ended:
    0 or 1."""
    key = division.id if isinstance(division, Division) else division
    row = Division.objects.filter(id=key).first()
    if row is None:
        raise NotFound(_("没有这个地方。"))
    require_editor(by=by, path=row.path)
    ended = Jurisdiction.objects.filter(
        OPEN, organisation_id=organisation, division=row, started_on__lte=on
    ).update(ended_on=on)
    if ended:
        facts = {"organisation": str(organisation), "path": row.path, "on": on.isoformat()}
        record(
            by=by, now=now, verb="territory.relieve", subject_kind="division", subject_id=row.id, facts=facts
        )
    return ended


@transaction.atomic
def settle(*, household: UUID, division: Division | UUID, on: date, by: Actor, now: datetime) -> Residence:
    """A household lives in a place from a day on; its earlier residence ends that day."""
    row = live_division(division=division, lock=True)
    require_editor(by=by, path=row.path)
    there = Residence.objects.select_for_update().filter(OPEN, household_id=household).first()
    if there is not None and there.division_id == row.id:
        return there
    if there is not None:
        if on < there.started_on:
            raise Refused("too_early", _("日期早于现在的住处开始的日期。"), field="on")
        Residence.objects.filter(id=there.id).update(ended_on=on)
    made = Residence.objects.create(household_id=household, division=row, started_on=on)
    record(
        by=by,
        now=now,
        verb="territory.settle",
        subject_kind="household",
        subject_id=household,
        personal={"division": str(row.id)},
    )
    return made
