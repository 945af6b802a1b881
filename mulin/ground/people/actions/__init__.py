"""Writes of people: persons, households, organisations, consent, erasure."""

from __future__ import annotations

from mulin.ground.people.actions.consents import give_consent, withdraw_consent
from mulin.ground.people.actions.erasure import erase, exported
from mulin.ground.people.actions.households import add_household, move_in, move_out
from mulin.ground.people.actions.organisations import (
    add_organisation,
    change_organisation,
    end_organisation,
    join,
    leave,
)
from mulin.ground.people.actions.persons import add_person, change_person, find_or_add, reveal, viewed

__all__ = [
    "add_household",
    "add_organisation",
    "add_person",
    "change_organisation",
    "change_person",
    "end_organisation",
    "erase",
    "exported",
    "find_or_add",
    "give_consent",
    "join",
    "leave",
    "move_in",
    "move_out",
    "reveal",
    "viewed",
    "withdraw_consent",
]
