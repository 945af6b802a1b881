"""Stations: opened, who is posted there, what was done there; and how many households a place has."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from mulin.ground.people import queries as people
from mulin.ground.territory.actions.dated import end_rows, require_begun, standing
from mulin.ground.territory.actions.divisions import live_division, require_editor
from mulin.ground.territory.models import (
    OPEN,
    Division,
    DivisionCount,
    Station,
    StationPosting,
    StationVisit,
)
from mulin.ground.territory.permissions import may_write_visit
from mulin.ground.territory.queries import posted_on
from mulin.ground.territory.rules import checked_weekdays, short
from mulin.ground.trail.actions import record
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.kernel.errors import NotAllowed, NotFound, Refused

UNSETTLED = ("county",)
"""A station lies in some place of the county, not in the county at large."""


def live_station(*, station: UUID, lock: bool = False) -> Station:
    """The row of a station that is not closed. Refuses an unknown or closed one."""
    rows = Station.objects.select_for_update(no_key=True) if lock else Station.objects.all()
    row = rows.filter(pk=station).first()
    if row is None:
        raise NotFound(_("没有这个站点。"))
    if row.ended_on is not None:
        raise Refused("station_closed", _("%(name)s已经撤销。") % {"name": row.name})
    return row


@transaction.atomic
def add_station(
    *,
    division: Division | UUID,
    by: Actor,
    now: datetime,
    name: str = "",
    name_en: str = "",
    address: str = "",
    on: date | None = None,
) -> Station:
    """Open a station in a place from a day on; without a name it bears the place's own.

    Refuses a second one of that name there, and the county itself.
    """
    place = live_division(division=division, lock=True)
    require_editor(by=by, path=place.path)
    if place.kind in UNSETTLED:
        raise Refused("station_place", _("站点要设在街道、社区、小区或场所里。"), field="name")
    called = short(name, field="name", most=80) or place.name
    if Station.objects.filter(OPEN, division=place, name=called).exists():
        raise Refused("name_known", _("这里已经有%(name)s。") % {"name": called}, field="name")
    row = Station.objects.create(
        division=place,
        name=called,
        name_en=short(name_en, field="name_en", most=120),
        address=short(address, field="address", most=120),
        path=place.path,
        started_on=on or local_day(now),
    )
    _tell(row, "territory.add_station", by, now, name=called, path=row.path)
    return row


@transaction.atomic
def change_station(
    *, station: UUID, by: Actor, now: datetime, name: str, name_en: str = "", address: str = ""
) -> Station:
    """Another name or address."""
    row = live_station(station=station, lock=True)
    require_editor(by=by, path=row.path)
    told = {
        "name": short(name, field="name", most=80) or row.name,
        "name_en": short(name_en, field="name_en", most=120),
        "address": short(address, field="address", most=120),
    }
    same = Station.objects.filter(OPEN, division_id=row.division_id, name=told["name"]).exclude(pk=row.pk)
    if same.exists():
        raise Refused("name_known", _("这里已经有%(name)s。") % {"name": told["name"]}, field="name")
    changed = {field: value for field, value in told.items() if getattr(row, field) != value}
    for field, value in changed.items():
        setattr(row, field, value)
    if changed:
        row.save(update_fields=list(changed))
        _tell(row, "territory.change_station", by, now, **changed)
    return row


@transaction.atomic
def close_station(*, station: UUID, on: date, by: Actor, now: datetime) -> None:
    """A station is closed on a day, and its postings with it. What was done there stays."""
    row = live_station(station=station, lock=True)
    require_editor(by=by, path=row.path)
    if on <= row.started_on:
        raise Refused("too_early", _("撤销的日期要晚于它开始的日期。"), field="on")
    end_rows(rows=StationPosting.objects.filter(station=row), on=on)
    row.ended_on = on
    row.save(update_fields=["ended_on"])
    _tell(row, "territory.close_station", by, now, on=on.isoformat())


# ── postings ──────────────────────────────────────────────────────────────────────────────────────────────
@transaction.atomic
def post_to_station(
    *,
    station: UUID,
    person: UUID,
    on: date,
    by: Actor,
    now: datetime,
    weekdays: Iterable[int] = (),
    hours: str = "",
) -> StationPosting:
    """A cadre is posted to a station from a day on, on some weekdays (1 is Monday; none named: every working day).

    One who is posted there already keeps his posting, with the new days. Nobody clocks in. Refuses whoever is no
    colleague, and days that overlap.
    """
    row = live_station(station=station, lock=True)
    require_editor(by=by, path=row.path)
    days, said = checked_weekdays(weekdays), short(hours, field="hours", most=60)
    if not people.public_names([person]):
        raise Refused("not_a_colleague", _("常驻人员要从工作人员里选。"), field="person")
    if on < row.started_on:
        raise Refused("too_early", _("日期早于站点开始的日期。"), field="on")
    there = standing(rows=StationPosting.objects.filter(station=row, person_id=person), on=on)
    if there is not None and (there.weekdays, there.hours) == (days, said):
        return there
    if there is not None:
        there.weekdays, there.hours = days, said
        there.save(update_fields=["weekdays", "hours"])
        made = there
    else:
        made = StationPosting.objects.create(
            station=row, person_id=person, weekdays=days, hours=said, started_on=on
        )
    _tell(row, "territory.post_to_station", by, now, person=str(person), weekdays=days, on=on.isoformat())
    return made


@transaction.atomic
def end_station_posting(*, posting: UUID, on: date, by: Actor, now: datetime) -> None:
    """Somebody is no longer posted to the station from a day on."""
    row = StationPosting.objects.select_for_update(no_key=True).filter(OPEN, pk=posting).first()
    if row is None:
        raise NotFound(_("没有这项常驻安排，或者已经结束。"))
    place = Station.objects.get(pk=row.station_id)
    require_editor(by=by, path=place.path)
    require_begun(row=row, on=on)
    end_rows(rows=StationPosting.objects.filter(pk=row.pk), on=on)
    _tell(place, "territory.end_station_posting", by, now, person=str(row.person_id), on=on.isoformat())


# ── visits ────────────────────────────────────────────────────────────────────────────────────────────────
@transaction.atomic
def write_visit(
    *,
    station: UUID,
    day: date,
    done: str,
    by: Actor,
    now: datetime,
    person: UUID | None = None,
    callers: int | None = None,
) -> StationVisit:
    """Write down what somebody who is posted to a station did there on a day: himself, or whoever keeps the place.

    No punch-in: it is written afterwards, in words. Refuses a day to come, one on which he was not posted there
    ("not_posted"), and words that are missing.
    """
    row = live_station(station=station)
    who = person or by.person
    if who is None or not may_write_visit(by, row, who):
        raise NotAllowed(_("由常驻的人自己记，或由管这个地方的人记。"))
    if day > local_day(now):
        raise Refused("day_to_come", _("这一天还没到。"), field="day")
    if not posted_on(row.pk, who, on=day):
        raise Refused("not_posted", _("这一天他没有常驻在这个站点。"), field="day")
    words = short(done, field="done", most=400)
    if not words:
        raise Refused("done_missing", _("请写一句做了什么。"), field="done")
    made = StationVisit.objects.create(
        station=row, person_id=who, day=day, done=words, callers=callers, entered_by=by.person, entered_at=now
    )
    _tell(row, "territory.write_visit", by, now, person=str(who), day=day.isoformat())
    return made


@transaction.atomic
def withdraw_visit(*, visit: UUID, by: Actor, now: datetime) -> None:
    """Take back what was written by mistake; the trail keeps that it was."""
    row = StationVisit.objects.select_for_update(no_key=True).filter(pk=visit).first()
    if row is None:
        raise NotFound(_("没有这条记录。"))
    place = Station.objects.get(pk=row.station_id)
    if not may_write_visit(by, place, row.person_id):
        raise NotAllowed(_("由常驻的人自己撤回，或由管这个地方的人撤回。"))
    _tell(place, "territory.withdraw_visit", by, now, person=str(row.person_id), day=row.day.isoformat())
    row.delete()


def _tell(row: Station, verb: str, by: Actor, now: datetime, **facts: str) -> None:
    record(by=by, now=now, verb=verb, subject_kind="station", subject_id=row.pk, facts=facts)


# ── households ────────────────────────────────────────────────────────────────────────────────────────────
@transaction.atomic
def count_households(
    *,
    division: Division | UUID,
    households: int,
    counted_on: date,
    source: str,
    by: Actor,
    now: datetime,
    floor_area: int | None = None,
) -> DivisionCount:
    """Write down how many households a place has on a day, and who says so; the same day again corrects it.

    Refuses a day to come, a number below one, and a missing source: a rate is no better than what it is divided by.
    """
    place = live_division(division=division, lock=True)
    require_editor(by=by, path=place.path)
    if counted_on > local_day(now):
        raise Refused("day_to_come", _("这一天还没到。"), field="counted_on")
    if households < 1:
        raise Refused("households", _("户数至少是 1。"), field="households")
    said = short(source, field="source", most=80)
    if not said:
        raise Refused("source_missing", _("请写明数字从哪里来，如物业台账、社区普查。"), field="source")
    told = {"households": households, "floor_area": floor_area, "source": said}
    row = DivisionCount.objects.filter(division=place, counted_on=counted_on).first()
    if row is not None and all(getattr(row, field) == value for field, value in told.items()):
        return row
    if row is None:
        row = DivisionCount(division=place, counted_on=counted_on)
    for field, value in told.items():
        setattr(row, field, value)
    row.save()
    record(
        by=by,
        now=now,
        verb="territory.count_households",
        subject_kind="division",
        subject_id=place.pk,
        facts={**told, "counted_on": counted_on.isoformat()},
    )
    return row
