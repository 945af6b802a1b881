"""Whose is this? What a caller says → the matters, duties and units it may be, each with the reason (row 22)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from mulin.ground.people import queries as people
from mulin.ground.territory import queries as territory
from mulin.kernel.actor import Actor
from mulin.services.catalogue.models import MandateItem, MatterAssist, MatterVersion
from mulin.services.catalogue.permissions import may_read
from mulin.services.catalogue.queries.limits import limits_of
from mulin.services.catalogue.queries.matters import entry_of, published
from mulin.services.catalogue.rules import DisposalLevel, Limits
from mulin.services.catalogue.rules.finding import Entry, find, plain

MOST_MATTERS, MOST_DUTIES, MOST_UNITS = 6, 8, 4
LEAST_AKIN = 3
"""Characters that a duty shares with a matter's name: two (纠纷, 建设) are chance."""


@dataclass(frozen=True)
class Desk:
    """Somebody who answers for it now: who, by which number, and as what."""

    name: str
    phone: str = ""
    people: tuple[str, ...] = ()


@dataclass(frozen=True)
class MatterHit:
    """A matter in force, by which words it was found, who has it first, who helps, how long it may take there."""

    version: MatterVersion
    words: tuple[str, ...]
    desks: tuple[Desk, ...]
    assists: tuple[str, ...]
    limits: Limits


@dataclass(frozen=True)
class DutyHit:
    """A duty on the list of one street or several; its unit leads it or took it back.

    ``akin``: not found by what was said, but by the name of the likeliest matter.
    """

    item: MandateItem
    streets: tuple[Any, ...]
    words: tuple[str, ...]
    akin: bool = False


@dataclass(frozen=True)
class UnitHit:
    """A unit that was named, and what it leads."""

    unit: Any
    leads: tuple[MatterVersion, ...]


@dataclass(frozen=True)
class Answer:
    """Everything it may be, the likeliest first."""

    matters: tuple[MatterHit, ...] = ()
    duties: tuple[DutyHit, ...] = ()
    units: tuple[UnitHit, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.matters or self.duties or self.units)


def search(actor: Actor, words: str, *, path: str = "", on: date | None = None) -> Answer:
    """What these words may be, for staff; nobody else is told. ``path``: a street or community, so that a matter by
    territory names who has it there (``on`` a day). A fixed number of statements, whatever is found."""
    if not may_read(actor) or not words.strip():
        return Answer()
    every = [row for group in published() for row in group.versions]
    found = find(words, [entry_of(row) for row in every], most=MOST_MATTERS)
    by_key = {row.id: row for row in every}
    hits = [(by_key[one.key], one.words) for one in found]  # type: ignore[index]
    return Answer(
        matters=_matters(hits, path, on),
        duties=_duties(words, hits[0][0].name if hits else "", path),
        units=_units(words, every),
    )


def _matters(
    hits: list[tuple[MatterVersion, tuple[str, ...]]], path: str, on: date | None
) -> tuple[MatterHit, ...]:
    keys = [row.id for row, _words in hits]
    limits = limits_of(keys)
    assists: dict[UUID, list[str]] = {}
    named = MatterAssist.objects.filter(version_id__in=keys).order_by("position", "id")
    for key, name in named.values_list("version_id", "unit__name"):
        assists.setdefault(key, []).append(name)
    here = _Here(path, on)
    return tuple(
        MatterHit(
            row,
            words,
            (_desk(row.lead_unit),) if row.lead_unit else here.desks(row.level),
            tuple(assists.get(row.id, ())),
            limits[row.id, row.level],
        )
        for row, words in hits
    )


def _desk(unit: Any) -> Desk:
    return Desk(unit.name, unit.duty_phone)


_KINDS = {
    DisposalLevel.COMMUNITY: "residents_committee",
    DisposalLevel.STREET: "subdistrict_office",
    DisposalLevel.COUNTY: "county_office",
}


class _Here:
    """Who answers at each level for a place. Asked at most once each."""

    def __init__(self, path: str, on: date | None) -> None:
        self.path, self.on = path, on
        self._units: list[Any] | None = None
        self._grids: tuple[Desk, ...] | None = None

    def desks(self, level: str) -> tuple[Desk, ...]:
        """The desks of a level at the place; none where the place is not known closely enough."""
        if level == DisposalLevel.GRID:
            return self.grids()
        if level == DisposalLevel.COMPOUND or level not in _KINDS:
            return ()
        if self._units is None:
            self._units = territory.units_of_division(self.path or "/")
        kind = _KINDS[DisposalLevel(level)]
        return tuple(_desk(unit) for unit in self._units if unit.kind == kind)

    def grids(self) -> tuple[Desk, ...]:
        """The grids of the community, each with who serves it."""
        if self._grids is None:
            place = territory.division_at_path(self.path) if self.path and self.on else None
            rows = (
                territory.grid_contacts(place.id, on=self.on)
                if place is not None and self.on is not None and place.kind in ("community", "village")
                else []
            )
            self._grids = tuple(Desk(row["grid"], row["phone"], tuple(row["names"])) for row in rows)
        return self._grids


def _duties(words: str, name: str, path: str) -> tuple[DutyHit, ...]:
    """Duties on the lists in force, of the street in question or of all; what several lists say alike is one hit."""
    rows = MandateItem.objects.filter(mandate__state="published").select_related("mandate__division", "unit")
    if street := _street(path):
        rows = rows.filter(mandate__division__path=street)
    alike: dict[tuple[str, str, UUID | None], list[MandateItem]] = {}
    for row in rows.order_by("mandate__division__path", "position"):
        alike.setdefault((row.kind, row.text, row.unit_id), []).append(row)
    entries = [Entry(key, key[1]) for key in alike]
    found = find(words, entries, most=MOST_DUTIES)
    akin = not found and bool(name)
    if akin:
        close = find(name, entries, most=MOST_DUTIES // 2)
        found = [one for one in close if sum(map(len, one.words)) >= LEAST_AKIN]
    groups = [(alike[one.key], one.words) for one in found]  # type: ignore[index]
    return tuple(
        DutyHit(group[0], tuple(row.mandate.division for row in group), told, akin) for group, told in groups
    )


def _street(path: str) -> str:
    """/001/003/ → /001/: the street of a place."""
    steps = [step for step in path.split("/") if step]
    return f"/{steps[0]}/" if steps else ""


def _units(words: str, every: Iterable[MatterVersion]) -> tuple[UnitHit, ...]:
    """Units whose name was said, whole or without 县, and what each leads."""
    said = plain(words)
    leads: dict[UUID, list[MatterVersion]] = {}
    for row in every:
        if row.lead_unit_id:
            leads.setdefault(row.lead_unit_id, []).append(row)
    found = []
    for unit in people.organisations():
        short = plain(unit.name).removeprefix("县")
        asked = len(said) > 1 and said in plain(unit.name)
        if asked or (len(short) > 2 and short in said):
            found.append(UnitHit(unit, tuple(leads.get(unit.id, ()))))
    found.sort(key=lambda hit: -len(hit.leads))
    return tuple(found[:MOST_UNITS])
