"""Playing the reserve behind the points: the rule that slows issuing, pledges, the cover at each month's end."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import partial

from mulin.ground.points import actions
from mulin.ground.points.queries import reserve as reads
from mulin.kernel.clock import day_start, local_day
from mulin.readers.demo.actions.patrols import Event
from mulin.readers.demo.actions.people import Folk
from mulin.readers.demo.actions.places import Map
from mulin.readers.demo.rules import people as names
from mulin.readers.demo.rules import reserve as table


def reserve_events(*, laid: Map, folk: Folk, since: datetime, now: datetime) -> list[Event]:
    """What happens about the reserve and when, oldest first: a community that has nothing but a small pledge is slowed."""
    begun = since + timedelta(hours=2)
    found: list[Event] = [(begun, partial(_begin, laid, folk, begun))]
    found += [(at, partial(_measure, at)) for at in _month_ends(since, now)]
    ended = now - table.ENDED_BEFORE
    return [*found, (ended, partial(_end_one, laid, folk, ended))]


def _month_ends(since: datetime, now: datetime) -> list[datetime]:
    """Soon after each midnight that begins a month."""
    first = (local_day(since).replace(day=1) + timedelta(days=32)).replace(day=1)
    found = []
    while (at := day_start(first) + timedelta(minutes=10)) <= now:
        found.append(at)
        first = (first + timedelta(days=32)).replace(day=1)
    return found


def _begin(laid: Map, folk: Folk, at: datetime) -> None:
    on = local_day(at)
    floor, percent, notice = table.PACE
    actions.publish_pace(
        floor=floor,
        percent=percent,
        notice=notice,
        effective_on=on,
        note=table.BASIS,
        by=folk.county_clerk,
        now=at,
    )
    poor = next(code for code in sorted(folk.clerks) if code != names.HOME_COMMUNITY)
    for code in folk.clerks:
        for one in table.POOR if code == poor else table.PLEDGES:
            _pledge(laid, folk, code, one, on, at)
    _pledge(laid, folk, names.HOME_COMMUNITY, table.ENDED, on, at)


def _pledge(laid: Map, folk: Folk, code: str, one: table.Told, on: date, at: datetime) -> None:
    kind, source, words, points = one
    actions.enter_pledge(
        path=laid.community(code).path, kind=kind, source=source, words=words, points=points, starts_on=on,
        ends_on=on + timedelta(days=365), by=folk.clerks[code], now=at,
    )  # fmt: skip


def _end_one(laid: Map, folk: Folk, at: datetime) -> None:
    home = laid.community(names.HOME_COMMUNITY).path
    (row,) = (one for one in reads.pledges_of(home, local_day(at)) if one.source == table.ENDED[1])
    clerk = folk.clerks[names.HOME_COMMUNITY]
    actions.end_pledge(pledge=row.id, why=table.ENDED_WHY, by=clerk, now=at)


def _measure(at: datetime) -> None:
    actions.measure_covers(now=at)
