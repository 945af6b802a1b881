"""How far a case has come, and in whose hands what is to be done lies."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from mulin.ground.access import queries as access
from mulin.ground.people import queries as people
from mulin.services.cases.models import Case
from mulin.services.cases.rules import FINISHED, State

_NOT_TAKEN_UP = (State.REPORTED, State.ASSIGNED, State.RETURNED, State.DISPUTED)
"""Whoever took it up before has it no more."""


@dataclass(frozen=True)
class Stop:
    """A stage of the way: when it was reached; ``here`` the first that is not."""

    words: str
    at: datetime | None
    here: bool = False


def way(case: Case, *, told: bool) -> list[Stop]:
    """From the report to the end. ``told``: somebody is to be told the result. No statement."""
    ends = case.state in FINISHED and case.state != State.CLOSED
    if ends:
        return [
            Stop(_("上报"), case.reported_at),
            Stop(str(case.get_state_display()), case.refused_at or case.closed_at),
        ]
    stages: list[tuple[str, datetime | None]] = [
        (_("上报"), case.reported_at),
        (_("受理"), case.accepted_at),
        (_("接单"), None if case.state in _NOT_TAKEN_UP else case.taken_up_at),
        (_("处置"), case.disposed_at),
    ]
    if told:
        stages.append((_("告知结果"), case.informed_at))
    stages.append((_("结案"), case.closed_at))
    if case.found_fixed:
        stages = [one for one in stages if one[1] is not None]
    here = next((place for place, (_words, at) in enumerate(stages) if at is None), -1)
    last = max((place for place, (_words, at) in enumerate(stages) if at is not None), default=0)
    found = [
        Stop(words, at, place == max(here, last + 1) and at is None)
        for place, (words, at) in enumerate(stages)
    ]
    return found


def holders(todos: Iterable[Any]) -> dict[Any, str]:
    """To-do id → whose it is in words: a person, a unit, or a duty. Two statements at most."""
    rows = list(todos)
    persons = {one.person for one in rows if one.person}
    units = {one.unit for one in rows if one.unit}
    names = people.public_names(persons) if persons else {}
    named = people.organisation_names(units) if units else {}
    roles = access.roles()
    return {
        one.id: names.get(one.person, "")
        or named.get(one.unit, "")
        or (str(roles[one.role].name) if one.role in roles else "")
        for one in rows
    }
