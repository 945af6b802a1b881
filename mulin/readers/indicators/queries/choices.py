"""Which places and units a reader may narrow figures to, and what an address or a command names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from mulin.ground.people import queries as people
from mulin.ground.territory import queries as territory
from mulin.kernel.actor import Actor
from mulin.kernel.errors import Refused
from mulin.readers.indicators.permissions import CLERKS, OFFICERS, OVERSIGHT, may_write_brief
from mulin.readers.indicators.queries.sets import Scope

HANDLING: Final = (
    "county_office",
    "department",
    "subdistrict_office",
    "professional_team",
    "property_company",
    "other",
)
"""Kinds of organisations that lead cases."""


@dataclass(frozen=True)
class Choices:
    """(path, name) of places and (id, name) of units, in the county's order. Empty: nothing to choose."""

    places: list[tuple[str, str]]
    units: list[tuple[str, str]]

    def place_name(self, path: str) -> str:
        """How the place is called here."""
        return dict(self.places).get(path, "")

    def unit_name(self, unit: UUID | None) -> str:
        """How the unit is called here."""
        return dict(self.units).get(str(unit), "")


def choices_for(actor: Actor) -> Choices:
    """What is his: the streets and communities below his territory, and his unit. One statement for each path held, one
    for the units: all of them for the county, else his own."""
    paths = sorted({one.path for one in actor.held if one.path}, key=len)
    places: dict[str, str] = {}
    for path in paths:
        if not any(path.startswith(known) for known in places):
            places |= territory.settlements(path)
    own = {one.unit for one in actor.held if one.unit is not None}
    rows = people.organisations(kinds=HANDLING)
    units = rows if "/" in paths else rows.filter(pk__in=own) if own else []
    return Choices(list(places.items()), [(str(row.pk), row.name) for row in units])


def scope_for(actor: Actor, choices: Choices, *, place: str = "", unit: str = "") -> Scope:
    """What an address names, within what he may choose. Anything else narrows nothing."""
    path = place if place in dict(choices.places) else "/"
    key = UUID(unit) if unit in dict(choices.units) else None
    return Scope(path=path, unit=key, reader=actor)


def own_place(actor: Actor, scope: Scope) -> tuple[str, UUID | None]:
    """The place or unit of a page that is about one: what was asked for, else the whole of what is the reader's own."""
    if scope.unit is not None:
        return "/", scope.unit
    if scope.path != "/":
        return scope.path, None
    paths = sorted(actor.paths(*CLERKS, *OVERSIGHT), key=len)
    if paths:
        return paths[0], None
    units = actor.units(*OFFICERS)
    return "/", units[0] if units else None


def month_choices(actor: Actor) -> list[tuple[str, str]]:
    """What a reader may ask a monthly table of: places as paths, units as ids."""
    choices = choices_for(actor)
    places = [one for one in choices.places if may_write_brief(actor, path=one[0], unit=None)]
    return places + [one for one in choices.units if may_write_brief(actor, path="/", unit=UUID(one[0]))]


def month_choice(said: str) -> tuple[str, UUID | None]:
    """(path, unit) of a choice."""
    return (said, None) if said.startswith("/") else ("/", UUID(said))


def scope_named(*, place: str = "", unit: str = "") -> Scope:
    """What a command names: a place by path, code or name, a unit by id or name. Refuses what there is not."""
    path, key = "/", None
    if place:
        found = territory.place_named(place)
        if found is None:
            raise Refused("place_unknown", _("没有“%(place)s”这个地方。") % {"place": place})
        path = found
    if unit:
        rows = [row for row in people.organisations() if unit in (str(row.pk), row.name)]
        if len(rows) != 1:
            raise Refused("unit_unknown", _("没有“%(unit)s”这个单位。") % {"unit": unit})
        key = rows[0].pk
    return Scope(path=path, unit=key)


def scope_words(scope: Scope) -> str:
    """The place and the unit as a title says them. At most three statements."""
    name = territory.name_of_path(scope.path)
    if scope.unit is None:
        return name
    unit = people.organisation_names([scope.unit]).get(scope.unit, "")
    return unit if scope.path == "/" else f"{name} · {unit}"
