"""Who sees a case and who may do what to it. One list of conditions decides page, list, map, export and count."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from django.db.models import Q, QuerySet

from mulin.ground.systems.queries import CONTACT
from mulin.kernel.actor import Actor
from mulin.services.cases.models import (
    Batch,
    Case,
    CaseOfficer,
    CaseUnit,
    Deferral,
    Exclusion,
    Supervision,
)
from mulin.services.cases.rules import (
    BULK,
    BY_SYSTEM,
    CLERKS,
    GRID,
    GRID_STAFF,
    OVERSIGHT,
    TRANSITIONS,
    UNIT_STAFF,
    UPPER,
    WHO,
    Part,
    allowed,
    community_of,
)

ROUTERS = ("county_clerk", "admin", "street_clerk")
"""Who keeps the routing table, each for his own territory."""

Field = Literal["grid_path", "place_path", "part", "officer", "handler_id", "reported_by_id", "system_id"]
_BY_REPORTING: tuple[Field, ...] = ("reported_by_id", "system_id")
"""What opens a case to whoever reported it, and no further than reporters see."""


@dataclass(frozen=True)
class Opens:
    """One condition under which a case is open to somebody: a path prefix, an equal id, a unit with a part in it, a person
    named for it."""

    field: Field
    value: str | UUID

    def q(self) -> Q:
        """As a filter."""
        if self.field == "part":
            return Q(pk__in=CaseUnit.objects.filter(unit=UUID(str(self.value))).values("case_id"))
        if self.field == "officer":
            return Q(pk__in=CaseOfficer.objects.filter(person_id=self.value).values("case_id"))
        return Q(**{f"{self.field}__startswith" if isinstance(self.value, str) else self.field: self.value})

    def named(self, most: int) -> list[UUID]:
        """The cases for which the person is named, at most so many."""
        rows = CaseOfficer.objects.filter(person_id=self.value).values_list("case_id", flat=True)
        return list(rows.distinct().order_by()[:most])

    def holds(self, case: Case) -> bool:
        """Of a row at hand."""
        if self.field == "part":
            return (
                case.unit_id == self.value
                or CaseUnit.objects.filter(case=case, unit=UUID(str(self.value))).exists()
            )
        if self.field == "officer":
            return CaseOfficer.objects.filter(case=case, person_id=self.value).exists()
        found = getattr(case, self.field)
        return bool(found.startswith(self.value) if isinstance(self.value, str) else found == self.value)


def openings(actor: Actor) -> list[Opens] | None:
    """What opens cases to the actor; None = every case of the county. Duties by territory and unit, and one's own.

    A stand-in sees what was given to the colleague on leave by name.
    Grid staff see their grids, clerks and leaders their territories, officers what their unit leads, led or helps with.
    Cheap conditions come first.
    """
    found: list[Opens] = []
    if actor.person is not None:
        found += [Opens("reported_by_id", actor.person)]
        found += [Opens("handler_id", person) for person in actor.persons]
    if actor.connected is not None:
        found.append(Opens("system_id", actor.connected))
    for held in actor.held:
        if held.role in (*CLERKS, *OVERSIGHT) and held.path:
            if held.path == "/":
                return None
            found.append(Opens("place_path", held.path))
        elif held.role in GRID_STAFF and held.path:
            found.append(Opens("grid_path", held.path))
        elif held.role in UNIT_STAFF and held.unit is not None:
            found.append(Opens("part", held.unit))
    if actor.person is not None and is_staff(actor):
        found += [Opens("officer", person) for person in actor.persons]
    return found


def may_see(actor: Actor, case: Case) -> bool:
    """The row at hand, by the same conditions as lists."""
    found = openings(actor)
    return found is None or any(one.holds(case) for one in found)


def is_reporter_only(actor: Actor, case: Case) -> bool:
    """Sees the case as its reporter and not by duty: he is shown what reporters are shown."""
    duties = openings(actor)
    if duties is None:
        return False
    return not any(one.holds(case) for one in duties if one.field not in _BY_REPORTING)


@dataclass(frozen=True)
class Ties:
    """Which of many cases the actor is named for, helps with, or has a to-do by name about: looked up at once."""

    named: frozenset[UUID] = frozenset()
    helping: frozenset[UUID] = frozenset()
    asked: frozenset[UUID] = frozenset()


def ties_of(actor: Actor, cases: Iterable[UUID], asked: Iterable[UUID]) -> Ties:
    """The actor's ties to cases, ``asked`` those about which he has a to-do by name. Two statements at most."""
    wanted, units = list(cases), actor.units(*UNIT_STAFF)
    named = CaseOfficer.objects.filter(case__in=wanted, person__in=actor.persons, until__isnull=True)
    helping = CaseUnit.objects.filter(case__in=wanted, part=Part.ASSIST, unit__in=units, until__isnull=True)
    return Ties(
        frozenset(named.values_list("case_id", flat=True)) if is_staff(actor) else frozenset(),
        frozenset(helping.values_list("case_id", flat=True)) if units else frozenset(),
        frozenset(asked),
    )


def holds(actor: Actor, case: Case, ties: Ties | None = None) -> bool:
    """Took it up, is named for it, or works in its lead unit. A statement only where a duty makes it worth asking."""
    if case.handler_id is not None and case.handler_id in actor.persons:
        return True
    if case.unit_id is not None and case.unit_id in actor.units(*UNIT_STAFF):
        return True
    if ties is not None:
        return case.id in ties.named
    named = CaseOfficer.objects.filter(case=case, person__in=actor.persons, until__isnull=True)
    return actor.person is not None and is_staff(actor) and named.exists()


def assists(actor: Actor, case: Case, ties: Ties | None = None) -> bool:
    """Works in a unit that helps with the case now."""
    if ties is not None:
        return case.id in ties.helping
    units = actor.units(*UNIT_STAFF)
    helping = CaseUnit.objects.filter(case=case, part=Part.ASSIST, unit__in=units, until__isnull=True)
    return bool(units) and helping.exists()


def may(actor: Actor, action: str, case: Case, *, holds_work: bool = False, ties: Ties | None = None) -> bool:
    """Whether the policy WHO lets the actor take this action on this case, whatever its state.

    ``holds_work``: an open to-do about the case is addressed to him by name. With ``ties`` it costs no statement.
    """
    who = WHO[action]
    if actor.system:
        return True
    if actor.connected is not None and not _left_to_systems(actor, action):
        return False
    if who.other and case.handler_id is not None and case.handler_id in actor.persons:
        return False
    if action == "decide_appeal" and case.refused_by in actor.persons:
        return False
    if who.reporter and actor.person is not None and actor.person == case.reported_by_id:
        return True
    if _by_role(actor, action, case):
        return True
    asked = holds_work or (ties is not None and case.id in ties.asked)
    if who.holder and (asked or holds(actor, case, ties)):
        return True
    return who.assist and assists(actor, case, ties)


def _left_to_systems(actor: Actor, action: str) -> bool:
    """Whether a connected system may do such a thing at all; the contact of reporters needs a scope of its own."""
    return action in BY_SYSTEM and (action != "show_contact" or actor.holds(CONTACT))


def _by_role(actor: Actor, action: str, case: Case) -> bool:
    """By a role over the case's territory."""
    who = WHO[action]
    if action == "take_up" and case.unit_id is not None:
        return case.unit_id in actor.units(*UNIT_STAFF)
    if case.unit_id is not None and not who.beside:
        return False
    grid_roles = tuple(role for role in who.roles if role in GRID_STAFF)
    clerks = tuple(role for role in who.roles if role not in GRID_STAFF)
    in_grid = case.level in ("", GRID) or who.beside
    return (in_grid and actor.covers(case.grid_path, *grid_roles)) or actor.covers(case.place_path, *clerks)


def may_see_confidential(actor: Actor, case: Case) -> bool:
    """Learn who a reporter is who asked that nobody do: the street's clerks and the county's, who may have to call him."""
    return actor.covers(case.place_path, *UPPER)


def judges_himself(actor: Actor, action: str, case: Case) -> bool:
    """Whether by this act the actor would decide on what he himself, or a colleague for whom he stands in, asked for,
    answered or did. One statement at most."""
    if action == "sign_off_hard":
        return case.handler_id in actor.persons
    rows: dict[str, QuerySet[Any]] = {
        "decide_deferral": Deferral.objects.filter(decided_at__isnull=True, asked_by__in=actor.persons),
        "decide_exclusion": Exclusion.objects.filter(decided_at__isnull=True, asked_by__in=actor.persons),
        "sign_off_supervision": Supervision.objects.filter(
            signed_off_at__isnull=True, answered_by__in=actor.persons
        ),
    }
    return action in rows and bool(actor.persons) and rows[action].filter(case=case).exists()


def allowed_for(actor: Actor, case: Case, *, holds_work: bool = False) -> tuple[str, ...]:
    """The actions that table and policy leave to this actor now, in the table's order. Rating has its own door. Whether he
    would judge himself is asked by the page of what is left (``judges_himself``)."""
    return tuple(
        action
        for action in allowed(case.state)
        if action in TRANSITIONS and action != "rate" and may(actor, action, case, holds_work=holds_work)
    )


def may_find_and_fix(actor: Actor, grid_path: str) -> bool:
    """A grid worker or head within his own grid."""
    return actor.covers(grid_path, *GRID_STAFF)


def is_staff(actor: Actor) -> bool:
    """Has a duty by which cases are seen: the desk is his."""
    return any(held.role in (*CLERKS, *GRID_STAFF, *OVERSIGHT, *UNIT_STAFF) for held in actor.held)


def may_import(actor: Actor) -> bool:
    """Bring in a table of messages: the county's clerks and administrators."""
    return actor.covers("/", "county_clerk", "admin")


# ── acts on many cases ───────────────────────────────────────────────────────────────────────────────────────────


def bulk_acts(actor: Actor) -> tuple[str, ...]:
    """The acts that the actor's duties could let him choose for many cases, in the table's order. No statement."""
    found = []
    for act in BULK:
        who = WHO[act]
        by_unit = (who.holder or act == "take_up") and actor.units(*UNIT_STAFF)
        if actor.paths(*who.roles) or by_unit:
            found.append(act)
    return tuple(found)


def office_of(actor: Actor) -> str:
    """The path of the actor's highest duty over a territory; '' where he works in a unit only."""
    return min(actor.paths(*CLERKS, *GRID_STAFF, "leader"), key=len, default="")


def may_see_batch(actor: Actor, batch: Batch) -> bool:
    """Its maker (and whoever stands in for him), and the clerks of a territory above his."""
    mine = batch.made_by_id is not None and batch.made_by_id in actor.persons
    return is_staff(actor) and (mine or any(_above(path, batch.path) for path in actor.paths(*CLERKS)))


def _above(path: str, office: str) -> bool:
    return path != office and (office.startswith(path) if office else path == "/")


def batches_open_to(actor: Actor) -> Q | None:
    """``may_see_batch`` as a filter; None where nothing is open to the actor."""
    if not is_staff(actor):
        return None
    found = Q(made_by__in=actor.persons)
    for path in actor.paths(*CLERKS):
        found |= Q(path__startswith=path) & ~Q(path=path)
        if path == "/":
            found |= Q(path="")
    return found


def may_route(actor: Actor, path: str) -> bool:
    """Keep the rules of a place: the county for all, a street's clerk for his street."""
    return bool(actor.system) or actor.covers(path, *ROUTERS)


def may_route_somewhere(actor: Actor) -> bool:
    """Whether any rule is his to keep."""
    return bool(actor.system) or bool(actor.paths(*ROUTERS))


def may_keep_codes_somewhere(actor: Actor) -> bool:
    """Whether any code is his to keep."""
    return bool(actor.paths(*CLERKS, *GRID_STAFF))


def may_keep_codes(actor: Actor, path: str) -> bool:
    """Make and end codes at a place: clerks in their territory, grid staff in the community of their grid."""
    if actor.covers(path, *CLERKS):
        return True
    return any(path.startswith(community_of(grid)) for grid in actor.paths(*GRID_STAFF))
