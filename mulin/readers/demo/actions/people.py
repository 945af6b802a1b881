"""Settling the example county: organisations, who works in them and where, what each may see, who lives
there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from mulin.ground.access import actions as access
from mulin.ground.access import queries as access_queries
from mulin.ground.calendar import actions as calendar
from mulin.ground.people import actions as people
from mulin.ground.territory import actions as territory
from mulin.kernel.actor import Actor, visitor
from mulin.readers.demo.actions.forces import deploy
from mulin.readers.demo.actions.places import Map
from mulin.readers.demo.rules import people as table
from mulin.readers.demo.rules import places

NOUNS = {"grid_worker": "网格员", "grid_head": "网格长", "community_clerk": "社区工作者"}


@dataclass
class Folk:
    """Who is who: actors by door user name, by duty and place; neighbours as (actor, name, phone); units by name."""

    door: dict[str, Actor] = field(default_factory=dict)
    workers: list[Actor] = field(default_factory=list)
    clerks: dict[str, Actor] = field(default_factory=dict)
    towns: dict[str, Actor] = field(default_factory=dict)
    residents: list[Actor] = field(default_factory=list)
    riders: list[Actor] = field(default_factory=list)
    phones: dict[UUID, tuple[str, str]] = field(default_factory=dict)
    units: dict[str, UUID] = field(default_factory=dict)
    officers: dict[str, Actor] = field(default_factory=dict)
    second_clerk: Actor = field(default_factory=lambda: visitor(places.COUNTY))
    """The county clerk's colleague: nobody closes what he handled himself."""
    hotline: Actor = field(default_factory=lambda: visitor(places.COUNTY))
    """The platform of 12345."""

    @property
    def county_clerk(self) -> Actor:
        """Who screens what has no grid and no town."""
        return self.door[table.COUNTY_CLERK]


class Registrar:
    """Writes everybody down in the name of the example, on one day at one moment."""

    def __init__(self, laid: Map, *, seed: int, on: date, by: Actor, now: datetime) -> None:
        self.laid, self.on, self.by, self.now = laid, on, by, now
        self.names = table.Names(seed)
        self.folk = Folk()
        self.units = self.folk.units

    # ── organisations ─────────────────────────────────────────────────────────────────────────────────────
    def unit(self, kind: str, name: str, name_en: str, parent: str = "") -> UUID:
        """Register an organisation below another one, with a duty telephone."""
        row = people.add_organisation(
            kind=kind,
            name=name,
            name_en=name_en,
            parent=self.units.get(parent),
            duty_phone=self.names.landline(),
            started_on=self.on,
            by=self.by,
            now=self.now,
        )
        self.units[name] = row.id
        return row.id

    def charge(self, unit: UUID, division: Any) -> None:
        """An organisation answers for a place."""
        territory.put_in_charge(organisation=unit, division=division.id, on=self.on, by=self.by, now=self.now)

    # ── persons ───────────────────────────────────────────────────────────────────────────────────────────
    def person(self, *, public: bool = False, shown: str = "") -> UUID:
        """Register an invented person; staff bear a public name and a work telephone."""
        name, phone = self.names.name(), self.names.phone()
        work = self.names.phone() if public else ""
        row = people.add_person(
            name=name,
            phone=phone,
            public_name=shown or (name if public else ""),
            work_phone=work,
            by=self.by,
            now=self.now,
        )
        self.folk.phones[row.id] = (name, phone)
        return row.id

    def member(self, person: UUID, unit: UUID, post: str) -> None:
        """A person works in an organisation."""
        people.join(organisation=unit, person=person, post=post, started_on=self.on, by=self.by, now=self.now)

    def grant(self, person: UUID, role: str, **bound: Any) -> Actor:
        """Give a role. Returns the person as an actor."""
        access.grant(person=person, role=role, by=self.by, now=self.now, **bound)
        return access_queries.actor_of_person(person)

    def let_in(self, username: str, person: UUID) -> Actor:
        """Give a person an account that nobody signs in to with a password: the example door opens it."""
        access.open_account(username=username, person=person, password="", by=self.by, now=self.now)
        actor = self.folk.door[username] = access_queries.actor_of_person(person)
        return actor


def settle(*, laid: Map, seed: int, on: date, by: Actor, now: datetime) -> Folk:
    """Organisations, staff, neighbours and the people of the door. In the scope of the county."""
    office = Registrar(laid, seed=seed, on=on, by=by, now=now)
    _county(office)
    _hours(office)
    _streets(office)
    _towns(office)
    _companies(office)
    _neighbours(office)
    deploy(office=office)
    return office.folk


def _hours(office: Registrar) -> None:
    """When the county works, and the two units that keep hours of their own."""
    for name, text in table.HOURS.items():
        unit = office.units[name] if name else None
        calendar.set_hours(unit=unit, text=text, on=office.on, by=office.by, now=office.now)


def _county(office: Registrar) -> None:
    """The county office, its departments and teams, and who sits there."""
    name, english = table.COUNTY_OFFICE
    centre = office.unit("county_office", name, english)
    office.charge(centre, office.laid.divisions[f"{places.COUNTY}000000"])
    for username, role, post in [
        (table.COUNTY_CLERK, "county_clerk", "受理岗"),
        (table.LEADER, "leader", "分管领导"),
        (table.ADMIN, "admin", "系统管理员"),
    ]:
        person = office.person(public=True)
        office.member(person, centre, post)
        office.grant(person, role, division=office.laid.root)
        office.let_in(username, person)
    colleague = office.person(public=True)
    office.member(colleague, centre, "复核岗")
    office.folk.second_clerk = office.grant(colleague, "county_clerk", division=office.laid.root)
    for number, (name, english) in enumerate(table.DEPARTMENTS):
        unit = office.unit("department", name, english)
        person = office.person(public=True)
        office.member(person, unit, "网格联络员")
        office.folk.officers[name] = office.grant(person, "department_officer", unit=unit)
        if number == DEPARTMENT_AT_THE_DOOR:
            office.folk.officers[name] = office.let_in(table.DEPARTMENT_OFFICER, person)
    for name, english, department in table.TEAMS:
        office.unit("professional_team", name, english, department)
    for name, english in table.UTILITIES:
        unit = office.unit("other", name, english)
        person = office.person(public=True)
        office.member(person, unit, "抢修调度")
        office.folk.officers[name] = office.grant(person, "department_officer", unit=unit)


DEPARTMENT_AT_THE_DOOR = 2
"""Place of 县城市管理综合执法局 among the departments."""


def _streets(office: Registrar) -> None:
    """Street offices and committees, a clerk in each, a head per community and a worker per grid."""
    laid = office.laid
    grids: dict[str, list[Any]] = {}
    for grid, community in zip(laid.grids, _communities(), strict=True):
        grids.setdefault(community, []).append(grid)
    workers: dict[UUID, Actor] = {}
    for code, name, english in places.STREETS:
        street = office.unit("subdistrict_office", f"{name}街道办事处", f"{english} Subdistrict Office")
        office.charge(street, laid.street(code))
        clerk = office.person(public=True)
        office.member(clerk, street, "综合治理岗")
        office.grant(clerk, "street_clerk", division=laid.street(code).id)
        if table.HOME_COMMUNITY.startswith(code):
            office.let_in(table.STREET_CLERK, clerk)
        for tail, community, romanised in places.COMMUNITIES[code]:
            committee = office.unit(
                "residents_committee",
                f"{community}社区居民委员会",
                f"{romanised} Residents' Committee",
                f"{name}街道办事处",
            )
            workers |= _community(office, code + tail, committee, grids[code + tail])
    office.folk.workers = [workers[grid.id] for grid in laid.grids]


def _towns(office: Registrar) -> None:
    """Town governments and farms, with a clerk who screens what comes from there: no grid is drawn there
    yet."""
    for code, name, english in places.TOWNS:
        place = office.laid.street(code)
        unit = office.unit("subdistrict_office", name if "农" in name else f"{name}人民政府", english)
        office.charge(unit, place)
        clerk = office.person(public=True)
        office.member(clerk, unit, "综合治理岗")
        office.folk.towns[name] = office.grant(clerk, "street_clerk", division=place.id)


def _communities() -> Iterator[str]:
    for community, count in places.grid_counts():
        yield from [community] * count


def _community(office: Registrar, code: str, committee: UUID, grids: list[Any]) -> dict[UUID, Actor]:
    """The people of one committee. Returns its grid workers by grid."""
    place, home = office.laid.community(code), code == table.HOME_COMMUNITY
    office.charge(committee, place)
    clerk = office.person(public=True)
    office.member(clerk, committee, NOUNS["community_clerk"])
    office.folk.clerks[code] = office.grant(clerk, "community_clerk", division=place.id)
    if home:
        office.folk.clerks[code] = office.let_in(table.COMMUNITY_CLERK, clerk)
    head = office.person(public=True)
    office.member(head, committee, NOUNS["grid_head"])
    workers = {}
    for number, grid in enumerate(grids):
        _post(office, head, grid, "grid_head")
        worker = office.person(public=True)
        office.member(worker, committee, NOUNS["grid_worker"])
        workers[grid.id] = _post(office, worker, grid, "grid_worker")
        if home and number == 0:
            workers[grid.id] = office.let_in(table.GRID_WORKER, worker)
    return workers


def _post(office: Registrar, person: UUID, grid: Any, kind: str) -> Actor:
    territory.post_to_grid(person=person, grid=grid.id, kind=kind, on=office.on, by=office.by, now=office.now)
    return office.grant(person, kind, grid=grid.id)


def _companies(office: Registrar) -> None:
    """Property companies with a clerk and their compounds, and merchants."""
    for number, (name, english, compounds) in enumerate(table.PROPERTY):
        unit = office.unit("property_company", name, english)
        clerk = office.person(public=True)
        office.member(clerk, unit, "客服")
        for compound in compounds:
            office.charge(unit, office.laid.compounds[compound])
            office.grant(clerk, "property_clerk", unit=unit, division=office.laid.compounds[compound].id)
        if number == 0:
            office.let_in(table.PROPERTY_CLERK, clerk)
    at_the_door = {0: table.MERCHANT, 2: table.HAIRDRESSER}
    for number, (name, english) in enumerate(table.MERCHANTS):
        unit = office.unit("merchant", name, english)
        username = at_the_door.get(number)
        keeper = office.person(shown=table.DOOR[username].shown if username else "")
        office.grant(keeper, "merchant", unit=unit)
        if username:
            office.let_in(username, keeper)


def _neighbours(office: Registrar) -> None:
    """Residents and riders: those at the door with accounts, the others with a name and a number."""
    for username in (table.RESIDENT, table.ELDER, table.RIDER):
        guest = table.DOOR[username]
        person = office.person(shown=guest.shown)
        office.grant(person, guest.role)
        if guest.large_print:
            people.change_person(person=person, large_print=True, by=office.by, now=office.now)
        people.give_consent(person=person, purpose="contact", by=office.by, now=office.now)
        office.let_in(username, person)
    for _number in range(table.RESIDENTS):
        office.folk.residents.append(office.grant(office.person(), "resident"))
    for _number in range(table.RIDERS):
        office.folk.riders.append(office.grant(office.person(), "rider"))
