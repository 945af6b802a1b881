"""Who holds a case: a level, and on it a role over a path or a unit. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from mulin.services.cases.rules.choices import Words

COMMUNITY_KINDS: Final = ("community", "village")
STREET_KINDS: Final = ("subdistrict", "town")
COMPOUND_KINDS: Final = ("compound", "standalone_building", "building")

GRID, COMPOUND, COMMUNITY, STREET, COUNTY = "grid", "compound", "community", "street", "county"
LEVELS: Final = (GRID, COMPOUND, COMMUNITY, STREET, COUNTY)
"""Disposal levels from the closest to the highest (row 8)."""


@dataclass(frozen=True)
class Address:
    """To whom a to-do goes: a role over a path, or (``unit``) the staff of an organisation."""

    role: str
    path: str
    unit: UUID | None = None


@dataclass(frozen=True)
class Holder:
    """Who holds a case: the level, and the address of its to-dos."""

    level: str
    to: Address


LEVEL_WORDS: Final[dict[str, Words]] = {
    GRID: _("网格"),
    COMPOUND: _("小区（物业）"),
    COMMUNITY: _("社区（村）"),
    STREET: _("街道（乡镇）"),
    COUNTY: _("县级"),
}

ROLE_AT: Final = {
    GRID: "grid_worker",
    COMPOUND: "property_clerk",
    COMMUNITY: "community_clerk",
    STREET: "street_clerk",
    COUNTY: "county_clerk",
}


def level_of_role(role: str) -> str:
    """The level on which a role works; '' for roles that hold no case."""
    return {**{name: level for level, name in ROLE_AT.items()}, "grid_head": GRID}.get(role, "")


def next_level(level: str) -> str:
    """The level above; the county has none ('')."""
    place = LEVELS.index(level) + 1 if level in LEVELS else len(LEVELS)
    return LEVELS[place] if place < len(LEVELS) else ""


def skips(before: str, after: str, *, empty: tuple[str, ...] = ()) -> bool:
    """Whether going up from one level to another leaves one out; ``empty`` levels (no property company) do not count."""
    if before not in LEVELS or after not in LEVELS:
        return False
    return any(level not in empty for level in LEVELS[LEVELS.index(before) + 1 : LEVELS.index(after)])


def clerk_at(path: str, kind: str) -> Address:
    """The clerk who answers for a place of this division kind: county, street or community (anything below it too)."""
    if path in ("", "/") or kind in ("", "county"):
        return Address("county_clerk", "/")
    return Address("street_clerk" if kind in STREET_KINDS else "community_clerk", path)


def above(role: str, path: str) -> Address:
    """The clerk over whoever holds a role at a path: of the community, then of the street, then of the county. Roles look
    upwards by prefix: a to-do at a place reaches the clerk of the street in which it lies."""
    if path in ("", "/"):
        return Address("county_clerk", "/")
    if role in ("grid_worker", "grid_head", "property_clerk"):
        return Address("community_clerk", path)
    if role == "community_clerk":
        return Address("street_clerk", path)
    return Address("county_clerk", "/")


def community_of_grid(grid_path: str) -> str:
    """The path of the community to which a grid belongs: the grid's own segment is the last one."""
    return grid_path.rstrip("/").rpartition("/")[0] + "/"


def community_of(path: str) -> str:
    """The path of the community in which a place lies: its first two segments; what lies above one stays as it is."""
    steps = [one for one in path.split("/") if one][:2]
    return f"/{'/'.join(steps)}/" if steps else "/"


def street_of(path: str) -> str:
    """The path of the street above a place: its first segment. '' for the county itself."""
    first = path.strip("/").partition("/")[0]
    return f"/{first}/" if first else ""
