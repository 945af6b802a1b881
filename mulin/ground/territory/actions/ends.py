"""What ends in the territory because of something below it: a person erased, a unit dissolved, a colleague gone."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Greatest

from mulin.ground.territory.actions.dated import end_rows
from mulin.ground.territory.models import (
    OPEN,
    DepartmentGridLink,
    GridPosting,
    Jurisdiction,
    OfficerAssignment,
    StationPosting,
)
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day


@transaction.atomic
def erase_person(*, person: UUID, by: Actor, now: datetime) -> dict[str, int]:
    """The erasure hook: open postings end today; the rows keep an id behind which nobody stands any more."""
    today = local_day(now)
    ended = {
        "territory_gridposting": GridPosting.objects.filter(OPEN, person_id=person).update(ended_on=today),
        "territory_officerassignment": end_rows(
            rows=OfficerAssignment.objects.filter(person_id=person), on=today
        ),
        "territory_stationposting": end_rows(rows=StationPosting.objects.filter(person_id=person), on=today),
    }
    return {table: count for table, count in ended.items() if count}


@transaction.atomic
def end_duties(*, organisation: UUID, person: UUID | None, on: date, by: Actor, now: datetime) -> int:
    """The hook of organisations. One is dissolved: it answers for no place, has no duty in a grid, and its officers
    serve none. A person left it: he is no officer of it any more. Returns how many rows ended.
    """
    officers = OfficerAssignment.objects.filter(team_id=organisation)
    if person is not None:
        return end_rows(rows=officers.filter(person_id=person), on=on)
    charges = Jurisdiction.objects.filter(OPEN, organisation_id=organisation)
    return (
        end_rows(rows=officers, on=on)
        + end_rows(rows=DepartmentGridLink.objects.filter(organisation_id=organisation), on=on)
        + charges.update(ended_on=Greatest("started_on", on))
    )
