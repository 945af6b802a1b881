"""What came down to the grids of the example county: teams with officers, departments' duties, stations, household counts;
and the baseline that its figures are compared with."""

from __future__ import annotations

from datetime import date, datetime
from itertools import cycle
from typing import Any
from uuid import UUID

from mulin.ground.people import actions as people
from mulin.ground.territory import actions as territory
from mulin.kernel.actor import Actor
from mulin.readers.demo.rules import forces as table
from mulin.readers.demo.rules import people as names
from mulin.readers.demo.rules import places
from mulin.readers.indicators import actions as indicators


def deploy(*, office: Any) -> None:
    """Everything of the kind, from the day on which the people of ``office`` (actions.people.Registrar) came."""
    when = {"by": office.by, "now": office.now}
    _teams(office, when)
    _links(office, when)
    _stations(office, when)
    _households(office, when)


def _teams(office: Any, when: dict[str, Any]) -> None:
    """Seven officers in each team, with the number of a credential, each in a grid or two of their own."""
    grids = cycle(office.laid.grids)
    number = 0
    for name, _english, _department in names.TEAMS:
        team: UUID = office.units[name]
        for place in range(table.OFFICERS_EACH):
            number += 1
            officer = office.person(public=True)
            people.join(
                organisation=team, person=officer, post="队长" if place == 0 else "队员",
                credential=f"{places.COUNTY}{number:04d}", started_on=office.on, **when,
            )  # fmt: skip
            if place == 0:
                people.name_leader(team=team, person=officer, on=office.on, **when)
            for grid in (next(grids), next(grids))[: 1 + number % 2]:
                territory.assign_officer(person=officer, team=team, grid=grid.id, on=office.on, **when)


def _links(office: Any, when: dict[str, Any]) -> None:
    """A leading department in nearly every grid: in one of twenty nobody has taken it up yet."""
    departments = cycle(office.units[name] for name, _english in names.DEPARTMENTS)
    for place, grid in enumerate(office.laid.grids):
        if place % 20 != 19:
            territory.link_department(
                organisation=next(departments), grid=grid.id, on=office.on, leads=True, **when
            )


def _stations(office: Any, when: dict[str, Any]) -> None:
    """A station in every community; a cadre of a department is posted to most of them."""
    cadres = cycle(actor.person for actor in office.folk.officers.values())
    codes = [street + tail for street, rows in places.COMMUNITIES.items() for tail, _name, _english in rows]
    for place, code in enumerate(codes):
        community = office.laid.community(code)
        station = territory.add_station(
            division=community.id, name=f"{community.name}党群服务中心", on=office.on, **when
        )
        if place % 9 != 8:
            days = table.WEEKDAYS[place % len(table.WEEKDAYS)]
            territory.post_to_station(
                station=station.id,
                person=next(cadres),
                weekdays=days,
                hours="9:00—11:30",
                on=office.on,
                **when,
            )


def _households(office: Any, when: dict[str, Any]) -> None:
    """What the communities counted; two compounds were never counted, and stand apart in the figures."""
    for place, compound in enumerate(places.COMPOUNDS):
        if place % 12 != 11:
            territory.count_households(
                division=office.laid.compounds[compound.name].id, households=table.households(place, compound.buildings),
                counted_on=office.on, source="社区户数台账", **when,
            )  # fmt: skip


def declare_baseline(*, by: Actor, on: date, now: datetime) -> None:
    """The response time before the county began: no record of it here, so a paper declares it."""
    indicators.set_baseline(
        code="response_hours_median", path="/", kind="declared", value=table.HOURS_BEFORE, document=table.PAPER,
        signer=table.SIGNER, signed_on=min(table.SIGNED_ON, on), by=by, now=now,
    )  # fmt: skip
