"""The sets of rows that figures count, by name: of cases, ratings, patrols, grids, stations, teams, officers, compounds.

Everything is narrowed to a ``Scope``: what the reader may see, at or below a place, and of a unit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any, Final
from uuid import UUID

from django.db.models import Exists, Q, QuerySet

from mulin.ground.orders import queries as orders
from mulin.ground.orders.queries import figures as asks
from mulin.ground.people import queries as people
from mulin.ground.points.queries import figures as points
from mulin.ground.points.queries import reserve
from mulin.ground.territory import queries as territory
from mulin.kernel.actor import Actor
from mulin.kernel.clock import day_start, local_day
from mulin.kernel.paging import counts
from mulin.services.cases import queries as cases_read
from mulin.services.cases.queries import figures as cases
from mulin.services.exchange import queries as exchange
from mulin.services.exchange.queries import honours
from mulin.services.exchange.queries import reserve as shelves
from mulin.services.mutual_aid.queries import CUSTOMER as HELP
from mulin.services.patrols import queries as patrols_read
from mulin.services.patrols.queries import figures as patrols
from mulin.services.volunteering.queries import CUSTOMER as WISH


@dataclass(frozen=True)
class Scope:
    """``path`` and ``unit`` narrow; ``reader`` is whoever looks. Without one it is the whole county: commands, briefs."""

    path: str = "/"
    unit: UUID | None = None
    reader: Actor | None = None

    def cases(self) -> QuerySet[Any]:
        """The cases in scope."""
        return cases.within(self._seen, self.path, self.unit)

    @cached_property
    def _seen(self) -> QuerySet[Any]:
        return cases.every_case() if self.reader is None else cases_read.visible_in_bulk(self.reader)

    @property
    def whole(self) -> bool:
        """Nothing is narrowed by place or unit, and the reader sees all."""
        return self.path in ("", "/") and self.unit is None and "/" in self.paths

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """Where the reader has a territory, within the place; '/' for the whole county. None: he works in a unit only."""
        if self.reader is None:
            return (self.path or "/",)
        held = {one.path for one in self.reader.held if one.path}
        below = [one for one in held if one.startswith(self.path)]
        around = [self.path] if any(self.path.startswith(one) for one in held) else []
        return tuple(around or below)

    @cached_property
    def units(self) -> tuple[UUID, ...]:
        """The unit in question; a reader without a territory sees his own units'."""
        if self.unit is not None:
            return (self.unit,)
        if self.reader is None or self.paths:
            return ()
        return tuple({one.unit for one in self.reader.held if one.unit is not None})

    def lies(self, column: str) -> Q:
        """The condition that a path lies in scope. A unit's grids may lie anywhere."""
        places = self.paths or (("/",) if self.units else ())
        found = Q(pk__in=())
        for path in places:
            found |= Q(**{f"{column}__startswith": path})
        return Q() if "/" in places else found


Look = cases.Look


def look_at(start: date, end: date, now: datetime | None = None) -> Look:
    """The window [start, end) of days as things stood at its end, or stand now where it is not over. Five statements."""
    last = day_start(end)
    until = last if now is None else max(day_start(start), min(last, now))
    return cases.moved(day_start(start), last, until)


def last_day(look: Look) -> date:
    """The day for which numbers at a date are taken."""
    return local_day(look.until - timedelta(microseconds=1))


# ── sets that are not of cases ───────────────────────────────────────────────────────────────────────────────────


def _tasks(scope: Scope, look: Look) -> QuerySet[Any]:
    seen = patrols.every_task() if scope.reader is None else patrols_read.visible_to(scope.reader)
    if scope.path != "/":
        seen = seen.filter(place_path__startswith=scope.path)
    if scope.unit is not None:
        seen = seen.filter(Q(unit=scope.unit) | Q(parent_unit=scope.unit))
    return patrols.due_between(seen, local_day(look.start), local_day(look.end), look.until)


def _grids(scope: Scope, look: Look) -> QuerySet[Any]:
    return territory.grids_in_force(on=last_day(look)).filter(scope.lies("path"))


def _linked(scope: Scope, look: Look) -> QuerySet[Any]:
    on = last_day(look)
    if not scope.units:
        return territory.grids_with_department(on=on).filter(scope.lies("path"))
    own = Q()
    for unit in scope.units:
        own |= Q(pk__in=territory.grids_of_department(unit, on=on).order_by().values("grid_id"))
    return _grids(scope, look).filter(own)


def _officers(scope: Scope, look: Look) -> QuerySet[Any]:
    rows = territory.officers_on_grids(on=last_day(look), among=scope.lies("grid__path"))
    if scope.units:
        rows = rows.filter(Q(team__in=scope.units) | Q(team__parent__in=scope.units))
    return territory.one_by_one(rows)


def _teams(scope: Scope, look: Look) -> QuerySet[Any]:
    on = last_day(look)
    rows = people.active_teams(on=on)
    if scope.units:
        hosted = people.hosted_teams(scope.units, on=on)
        return rows.filter(Q(pk__in=scope.units) | Q(parent__in=scope.units) | Q(pk__in=hosted))
    if "/" in scope.paths:
        return rows
    there = territory.officers_on_grids(on=on, among=scope.lies("grid__path"))
    return rows.filter(pk__in=there.values("team_id"))


def _stations(scope: Scope, look: Look) -> QuerySet[Any]:
    return territory.stations_in_force(on=last_day(look)).filter(_settled(scope))


def _posted(scope: Scope, look: Look) -> QuerySet[Any]:
    return territory.stations_posted(on=last_day(look)).filter(_settled(scope))


def _settled(scope: Scope) -> Q:
    """Stations, merchants and alliances belong to places: a unit has none of its own."""
    return Q(pk__in=()) if scope.units else scope.lies("path")


def compounds(scope: Scope, look: Look) -> QuerySet[Any]:
    """The compounds in scope; of a unit, those for which it answers."""
    rows = territory.compounds_in_force(on=last_day(look)).filter(scope.lies("path"))
    if scope.units:
        own = [
            one.division_id for key in scope.units for one in territory.places_of_unit(key, on=last_day(look))
        ]
        rows = rows.filter(pk__in=own)
    return rows


def _counted(scope: Scope, look: Look) -> QuerySet[Any]:
    return compounds(scope, look).filter(territory.counted(last_day(look)))


def _complaints(scope: Scope, look: Look) -> QuerySet[Any]:
    own = replace(scope, unit=None)
    rows = cases.case_set(own.cases(), "property_complaints", look)
    return rows.filter(compound__in=_counted(scope, look).order_by().values("pk"))


def _banked(
    of: Callable[[datetime, datetime], QuerySet[Any]], column: str
) -> Callable[[Scope, Look], QuerySet[Any]]:
    """Rows of the points bank in scope: they belong to communities, a unit has none of its own."""

    def rows(scope: Scope, look: Look) -> QuerySet[Any]:
        own = Q(pk__in=()) if scope.units else scope.lies(column)
        return of(look.start, look.until).filter(own)

    return rows


def _last_moment(look: Look) -> datetime:
    return look.until - timedelta(microseconds=1)


def _merchants(scope: Scope, look: Look) -> QuerySet[Any]:
    return exchange.active_at(_last_moment(look)).filter(_settled(scope))


def _alliances(scope: Scope, look: Look) -> QuerySet[Any]:
    return exchange.alliances_at(_last_moment(look)).filter(_settled(scope))


def _discounts(scope: Scope, look: Look) -> QuerySet[Any]:
    rows = exchange.uses_between(local_day(look.start), local_day(look.end))
    return rows.filter(Q(pk__in=()) if scope.units else scope.lies("merchant__path"))


def _honours(of: Callable[..., QuerySet[Any]]) -> Callable[[Scope, Look], QuerySet[Any]]:
    """Nominations of a window by the place of their round; units have none."""

    def rows(scope: Scope, look: Look) -> QuerySet[Any]:
        return of(look.start, look.until).filter(Q(pk__in=()) if scope.units else scope.lies("round__path"))

    return rows


def _near(scope: Scope, column: str) -> Q:
    """Asks lie in a compound and in its grid; units have none."""
    return Q(pk__in=()) if scope.units else scope.lies(f"{column}path") | scope.lies(f"{column}grid_path")


def _wishes(scope: Scope, look: Look) -> QuerySet[Any]:
    return orders.confirmed_orders(WISH, look.start, look.until).filter(_near(scope, ""))


def _published(scope: Scope, look: Look) -> QuerySet[Any]:
    return orders.published_orders(WISH, look.start, look.until).filter(_near(scope, ""))


def _published_done(scope: Scope, look: Look) -> QuerySet[Any]:
    found = orders.published_orders(WISH, look.start, look.until, done_by=look.until)
    return found.filter(_near(scope, ""))


def _shelved(scope: Scope, look: Look) -> QuerySet[Any]:
    own = Q(pk__in=()) if scope.units else scope.lies("shop__path")
    return shelves.shelved(look.until).filter(own)


def _pledged(scope: Scope, look: Look) -> QuerySet[Any]:
    return reserve.pledges_on(last_day(look)).filter(_settled(scope))


def _claims(*customers: str) -> Callable[[Scope, Look], QuerySet[Any]]:
    return lambda scope, look: asks.claims(look.start, look.until, *customers).filter(_near(scope, "order__"))


def _overlapping(scope: Scope, look: Look) -> QuerySet[Any]:
    """Acts for an ask that brought points besides: counted among the asks and among the points."""
    paid = points.earned_for(look.start, look.until, order="order_id", person="person_id")
    return _claims(HELP, WISH)(scope, look).filter(Exists(paid))


CASE, RATING, PATROL, GRID, OFFICER, TEAM, STATION, COMPOUND, ACT, ASK = (
    "case", "rating", "patrol", "grid", "officer", "team", "station", "compound", "act", "ask",
)  # fmt: skip
MERCHANT, ALLIANCE, DISCOUNT, HONOUR = "merchant", "alliance", "discount", "honour"
PASSBOOK, ENTRY, ACCOUNT = "passbook", "entry", "account"
GOOD, PLEDGE = "good", "pledge"

SUMS: Final[Mapping[str, tuple[str, ...]]] = {
    "points_backing": ("shelved_goods", "pledges"),
    "acts_distinct": ("acts_helped", "acts_wished", "acts_seen"),
}
"""Sets that are made of others, of which no row is in two; they open to their parts."""

OTHERS: Final[Mapping[str, tuple[str, Callable[[Scope, Look], QuerySet[Any]]]]] = {
    "property_complaints_counted": (CASE, _complaints),
    "compounds_counted": (COMPOUND, _counted),
    "patrols_due": (PATROL, _tasks),
    "patrols_done": (PATROL, lambda scope, look: patrols.done(_tasks(scope, look))),
    "grids": (GRID, _grids),
    "grids_linked": (GRID, _linked),
    "officers": (OFFICER, _officers),
    "teams": (TEAM, _teams),
    "stations": (STATION, _stations),
    "stations_posted": (STATION, _posted),
    "passbooks_issued": (PASSBOOK, _banked(points.issued, "account__path")),
    "passbooks_active": (PASSBOOK, _banked(points.active, "account__path")),
    "points_issued": (ENTRY, _banked(points.earned, "account__path")),
    "points_redeemed": (ENTRY, _banked(points.redeemed, "account__path")),
    "points_outstanding": (ACCOUNT, _banked(points.outstanding, "path")),
    "shelved_goods": (GOOD, _shelved),
    "pledges": (PLEDGE, _pledged),
    "acts_helped": (ACT, _claims(HELP)),
    "acts_wished": (ACT, _claims(WISH)),
    "acts_seen": (ENTRY, _banked(points.earned_beside, "account__path")),
    "acts_overlapping": (ACT, _overlapping),
    "aid_acts": (ACT, _claims(HELP)),
    "wishes_fulfilled": (ASK, _wishes),
    "wishes_published": (ASK, _published),
    "wishes_published_fulfilled": (ASK, _published_done),
    "merchants": (MERCHANT, _merchants),
    "alliances": (ALLIANCE, _alliances),
    "discounts": (DISCOUNT, _discounts),
    "honours": (HONOUR, _honours(honours.awarded_between)),
    "nominations": (HONOUR, _honours(honours.nominated_between)),
}
POINTS: Final = ("points_issued", "points_redeemed", "points_outstanding", "shelved_goods", "pledges")
"""Sets whose number is the points of their rows."""
RATINGS: Final = ("ratings", "good_ratings")


def parts_of(name: str) -> tuple[str, ...]:
    """The sets that a set is made of: itself, unless it is a sum."""
    return SUMS.get(name, (name,))


def of_cases(name: str) -> bool:
    """Whether a set is of cases, or of their ratings: only those have an origin, and are kept."""
    return parts_of(name)[0] not in OTHERS


def kind_of(name: str) -> str:
    """What the rows of a set are; of a sum those of its first part."""
    name = parts_of(name)[0]
    if name in OTHERS:
        return OTHERS[name][0]
    return RATING if name in RATINGS else CASE


def rows_of(name: str, scope: Scope, look: Look) -> QuerySet[Any]:
    """The rows of a named set. Raises KeyError for an unknown one, and for a sum: it has those of its parts."""
    if name in OTHERS:
        return OTHERS[name][1](scope, look)
    if name in RATINGS:
        return cases.rating_set(None if scope.whole else scope.cases(), name, look)
    return cases.case_set(scope.cases(), name, look)


Counts = dict[str, dict[str, int]]
"""set → origin → number; sets that have no origin keep theirs under ''."""


def count_all(names: Iterable[str], scope: Scope, look: Look) -> Counts:
    """How many rows each set has: a statement for all cases, one for ratings, one for points, one for
    everything else."""
    wanted = list(dict.fromkeys(names))
    return count_cases(wanted, scope, look) | count_others(wanted, scope, look)


def count_cases(wanted: Sequence[str], scope: Scope, look: Look) -> Counts:
    """The sets of cases and ratings among them. Two statements."""
    found: Counts = {}
    of_cases = [name for name in wanted if name in cases.CUTS]
    if of_cases:
        found |= cases.case_counts(scope.cases(), of_cases, look)
    if any(name in RATINGS for name in wanted):
        found |= cases.rating_counts(None if scope.whole else scope.cases(), look)
    return found


def count_others(
    wanted: Sequence[str], scope: Scope, look: Look, complaints: Mapping[UUID, int] | None = None
) -> Counts:
    """The sets of everything else. Three statements; ``complaints`` (compound → number) where they are known."""
    found: Counts = {}
    sums, wanted = [name for name in wanted if name in SUMS], _apart(wanted)
    if complaints is not None and "property_complaints_counted" in wanted:
        counted = set(_counted(scope, look).values_list("pk", flat=True)) if complaints else set()
        known = sum(number for key, number in complaints.items() if key in counted)
        found["property_complaints_counted"] = {"": known}
    alone = ("compounds_counted", *POINTS)
    others = [name for name in wanted if name in OTHERS and name not in alone and name not in found]
    numbers = counts(*(rows_of(name, scope, look) for name in others), whole=True)
    found |= {name: {"": number} for name, number in zip(others, numbers, strict=True)}
    worth = [name for name in POINTS if name in wanted]
    totals = points.points_of(*(rows_of(name, scope, look) for name in worth))
    found |= {name: {"": number} for name, number in zip(worth, totals, strict=True)}
    if "compounds_counted" in wanted:
        found["compounds_counted"] = {"": sum(households(scope, look).values())}
    return found | {name: {"": sum(found[part][""] for part in SUMS[name])} for name in sums}


def _apart(names: Iterable[str]) -> list[str]:
    """The sets among some, and those that sums among them are made of."""
    return list(dict.fromkeys(part for name in names for part in parts_of(name)))


def households(scope: Scope, look: Look) -> dict[UUID, int]:
    """compound → households, of the compounds in scope that were ever counted. Two statements."""
    known = territory.households_of_compounds(on=last_day(look))
    shown = set(_counted(scope, look).order_by().values_list("pk", flat=True))
    return {key: number for key, number in known.items() if key in shown}
