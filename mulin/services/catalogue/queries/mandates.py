"""Mandates of streets (row 22): the list in force, the draft, earlier ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from mulin.ground.territory import queries as territory
from mulin.services.catalogue.models import PUBLISHED, Mandate, MandateItem
from mulin.services.catalogue.rules import DutyKind, VersionState


@dataclass(frozen=True)
class Street:
    """A street or town, its list in force and how many duties are on it by kind, and whether a draft waits."""

    place: Any
    mandate: Mandate | None
    counts: tuple[int, ...]
    draft: bool


@dataclass(frozen=True)
class DutyList:
    """One of the three lists of a mandate."""

    kind: str
    words: str
    items: tuple[MandateItem, ...]


def streets() -> list[Street]:
    """Every street and town of the county in its order, those with a list first. Three statements."""
    places = [one for one in territory.children(None) if one.kind in ("subdistrict", "town")]
    rows = list(Mandate.objects.filter(state__in=[VersionState.PUBLISHED, VersionState.DRAFT]))
    current = {row.division_id: row for row in rows if row.state == VersionState.PUBLISHED}
    drafts = {row.division_id for row in rows if row.state == VersionState.DRAFT}
    counted: dict[UUID, dict[str, int]] = {}
    for key, kind in MandateItem.objects.filter(mandate__state="published").values_list("mandate_id", "kind"):
        by_kind = counted.setdefault(key, {})
        by_kind[kind] = by_kind.get(kind, 0) + 1
    found = []
    for place in places:
        mandate = current.get(place.id)
        by_kind = counted.get(mandate.id, {}) if mandate else {}
        found.append(
            Street(
                place, mandate, tuple(by_kind.get(kind, 0) for kind in DutyKind.values), place.id in drafts
            )
        )
    return sorted(found, key=lambda one: one.mandate is None)


def mandates(division: UUID) -> list[Mandate]:
    """Every list of a street, newest first. One statement."""
    return list(Mandate.objects.filter(division_id=division).order_by("-number"))


def mandate_in_force(division: UUID) -> Mandate | None:
    """The published list of a street, or None."""
    return Mandate.objects.filter(PUBLISHED, division_id=division).first()


def streets_with_mandate() -> int:
    """How many streets have a list in force (row 22). One statement."""
    return Mandate.objects.filter(PUBLISHED).count()


def duties(mandate: UUID) -> list[DutyList]:
    """The three lists of a mandate, in their order. One statement."""
    rows = list(MandateItem.objects.filter(mandate_id=mandate).select_related("unit").order_by("position"))
    return [
        DutyList(kind.value, str(kind.label), tuple(row for row in rows if row.kind == kind))
        for kind in DutyKind
    ]
