"""Who sees a case and who may do what to it. One list of conditions decides page, list, map, export and count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from django.db.models import Q

from mulin.kernel.actor import Actor
from mulin.services.cases.models import Case, CaseOfficer, CaseUnit
from mulin.services.cases.rules import (
    CLERKS,
    GRID,
    GRID_STAFF,
    OVERSIGHT,
    TRANSITIONS,
    UNIT_STAFF,
    WHO,
    Part,
    allowed,
)

Field = Literal["grid_path", "place_path", "part", "officer", "handler_id", "reported_by_id"]


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
    return not any(one.holds(case) for one in duties if one.field != "reported_by_id")


def holds(actor: Actor, case: Case) -> bool:
    """Took it up, is named for it, or works in its lead unit. A statement only where a duty makes it worth asking."""
    if case.handler_id is not None and case.handler_id in actor.persons:
        return True
    if case.unit_id is not None and case.unit_id in actor.units(*UNIT_STAFF):
        return True
    named = CaseOfficer.objects.filter(case=case, person__in=actor.persons, until__isnull=True)
    return actor.person is not None and is_staff(actor) and named.exists()


def assists(actor: Actor, case: Case) -> bool:
    """Works in a unit that helps with the case now."""
    units = actor.units(*UNIT_STAFF)
    helping = CaseUnit.objects.filter(case=case, part=Part.ASSIST, unit__in=units, until__isnull=True)
    return bool(units) and helping.exists()


def may(actor: Actor, action: str, case: Case, *, holds_work: bool = False) -> bool:
    """Whether the policy WHO lets the actor take this action on this case, whatever its state.

    ``holds_work``: an open to-do about the case is addressed to him by name.
    """
    who = WHO[action]
    if actor.system:
        return True
    if who.other and case.handler_id is not None and case.handler_id in actor.persons:
        return False
    if who.reporter and actor.person is not None and actor.person == case.reported_by_id:
        return True
    if _by_role(actor, action, case):
        return True
    if who.holder and (holds_work or holds(actor, case)):
        return True
    return who.assist and assists(actor, case)


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


def allowed_for(actor: Actor, case: Case, *, holds_work: bool = False) -> tuple[str, ...]:
    """The actions that table and policy leave to this actor now, in the table's order. Rating has its own door."""
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
