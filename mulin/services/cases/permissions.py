"""Who sees a case and who may do what to it. One list of conditions decides page, list, map, export and count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from django.db.models import Q

from mulin.kernel.actor import Actor
from mulin.services.cases.models import Case
from mulin.services.cases.rules import CLERKS, GRID_STAFF, OVERSIGHT, TRANSITIONS, UNIT_STAFF, WHO, allowed

Field = Literal["grid_path", "place_path", "unit_id", "handler_id", "reported_by_id"]


@dataclass(frozen=True)
class Opens:
    """One condition under which a case is open to somebody: a path prefix, or an equal id."""

    field: Field
    value: str | UUID

    def q(self) -> Q:
        """As a filter."""
        return Q(**{f"{self.field}__startswith" if isinstance(self.value, str) else self.field: self.value})

    def holds(self, case: Case) -> bool:
        """Of a row at hand."""
        found = getattr(case, self.field)
        return bool(found.startswith(self.value) if isinstance(self.value, str) else found == self.value)


def openings(actor: Actor) -> list[Opens] | None:
    """What opens cases to the actor; None = every case of the county. Duties by territory and unit, and one's own.

    Grid staff see their grids, clerks and leaders their territories, officers what was given to their unit.
    """
    found: list[Opens] = []
    if actor.person is not None:
        found += [Opens("reported_by_id", actor.person), Opens("handler_id", actor.person)]
    for held in actor.held:
        if held.role in (*CLERKS, *OVERSIGHT) and held.path:
            if held.path == "/":
                return None
            found.append(Opens("place_path", held.path))
        elif held.role in GRID_STAFF and held.path:
            found.append(Opens("grid_path", held.path))
        elif held.role in UNIT_STAFF and held.unit is not None:
            found.append(Opens("unit_id", held.unit))
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


def may(actor: Actor, action: str, case: Case, *, holds_work: bool = False) -> bool:
    """Whether the policy WHO lets the actor take this action on this case, whatever its state.

    ``holds_work``: an open to-do about the case is addressed to him by name.
    """
    who = WHO[action]
    if actor.system:
        return True
    if who.reporter:
        return actor.person is not None and actor.person == case.reported_by_id
    if who.handler and actor.person is not None and (holds_work or actor.person == case.handler_id):
        return True
    if who.handler and case.unit_id is not None and case.unit_id in actor.units(*UNIT_STAFF):
        return True
    grid_roles = tuple(role for role in who.roles if role in GRID_STAFF)
    clerks = tuple(role for role in who.roles if role in CLERKS)
    return actor.covers(case.grid_path, *grid_roles) or actor.covers(case.place_path, *clerks)


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
