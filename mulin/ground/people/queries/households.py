"""Reads of households: who lives with whom."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from mulin.ground.people.models import Household, HouseholdMember
from mulin.ground.people.queries.directory import OPEN

CHUNK = 5000


def household_of(person: UUID | None) -> UUID | None:
    """The household in which a person lives now. One statement."""
    if person is None:
        return None
    found = HouseholdMember.objects.filter(OPEN, person_id=person)
    return found.values_list("household_id", flat=True).first()


def household_members(household: UUID) -> set[UUID]:
    """Who lives in a household now. One statement."""
    return set(
        HouseholdMember.objects.filter(OPEN, household_id=household).values_list("person_id", flat=True)
    )


def living_in(households: Iterable[UUID]) -> set[UUID]:
    """Who lives in one of some households now. One statement, none for nothing."""
    wanted = list(households)
    if not wanted:
        return set()
    rows = HouseholdMember.objects.filter(OPEN, household_id__in=wanted)
    return set(rows.values_list("person_id", flat=True))


def members_of_households(households: Iterable[UUID]) -> dict[UUID, set[UUID]]:
    """household → who lives in it now; an empty one is left out. A statement for each 5,000, none for nothing."""
    wanted = sorted(set(households))
    found: dict[UUID, set[UUID]] = {}
    for start in range(0, len(wanted), CHUNK):
        rows = HouseholdMember.objects.filter(OPEN, household_id__in=wanted[start : start + CHUNK])
        for home, person in rows.values_list("household_id", "person_id"):
            found.setdefault(home, set()).add(person)
    return found


def household_labels(keys: Iterable[UUID]) -> dict[UUID, str]:
    """Doors of households by id. One statement, none for nothing."""
    wanted = list(keys)
    return dict(Household.objects.filter(pk__in=wanted).values_list("pk", "label")) if wanted else {}


def live_together(one: UUID, other: UUID) -> bool:
    """Whether two persons live in the same household now. One statement."""
    both = HouseholdMember.objects.filter(OPEN, person_id__in=[one, other]).values_list(
        "household_id", flat=True
    )
    homes = list(both)
    return len(homes) == 2 and homes[0] == homes[1]


def households_of(persons: Iterable[UUID]) -> dict[UUID, UUID]:
    """person → the household in which he lives now; who lives in none is left out. A statement for each 5,000 persons."""
    wanted = sorted(set(persons))
    found: dict[UUID, UUID] = {}
    for start in range(0, len(wanted), CHUNK):
        rows = HouseholdMember.objects.filter(OPEN, person_id__in=wanted[start : start + CHUNK])
        found |= dict(rows.values_list("person_id", "household_id"))
    return found


def with_families(persons: Iterable[UUID]) -> set[UUID]:
    """Some persons and whoever lives with one of them now. One statement."""
    wanted = set(persons)
    homes = HouseholdMember.objects.filter(OPEN, person_id__in=wanted).values("household_id")
    rows = HouseholdMember.objects.filter(OPEN, household_id__in=homes)
    return wanted | set(rows.values_list("person_id", flat=True))
