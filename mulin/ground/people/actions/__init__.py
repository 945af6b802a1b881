"""Writes of people: persons, households, organisations, consent, erasure."""

from __future__ import annotations

from mulin.ground.people.actions.consents import give_consent, withdraw_consent
from mulin.ground.people.actions.erasure import erase, exported
from mulin.ground.people.actions.households import add_household, move_in, move_out
from mulin.ground.people.actions.leaves import change_stand_in, end_leave, enter_leave
from mulin.ground.people.actions.organisations import (
    add_organisation,
    change_organisation,
    end_organisation,
    join,
    leave,
)
from mulin.ground.people.actions.persons import add_person, change_person, find_or_add, reveal, viewed
from mulin.ground.people.actions.teams import add_team, name_leader, recall, second

__all__ = [
    "add_household",
    "add_organisation",
    "add_person",
    "add_team",
    "change_organisation",
    "change_person",
    "change_stand_in",
    "end_leave",
    "end_organisation",
    "enter_leave",
    "erase",
    "exported",
    "find_or_add",
    "give_consent",
    "join",
    "leave",
    "move_in",
    "move_out",
    "name_leader",
    "recall",
    "reveal",
    "second",
    "viewed",
    "withdraw_consent",
]
