"""Households: who lives together, from a day to a day."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from mulin.ground.people import queries
from mulin.ground.people.models import Household, HouseholdMember
from mulin.ground.people.rules import checked_name
from mulin.ground.trail.actions import record
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.kernel.errors import NotFound, Refused


@transaction.atomic
def add_household(*, label: str, by: Actor, now: datetime, started_on: date | None = None) -> Household:
    """A household behind a door such as 2单元301. Where the door is, territory knows."""
    door = checked_name(label, field="label", longest=60)
    home = Household.objects.create(label=door, started_on=started_on or local_day(now))
    record(by=by, now=now, verb="household.added", subject_kind="household", subject_id=home.pk)
    return home


@transaction.atomic
def move_in(
    *, household: UUID, person: UUID, by: Actor, now: datetime, started_on: date | None = None
) -> HouseholdMember:
    """A person lives in a household from a day. Refuses while he still lives in another
    ("lives_elsewhere").
    """
    if not Household.objects.filter(queries.OPEN, pk=household).exists():
        raise NotFound(_("没有这一户。"))
    who = queries.person(person)
    member = HouseholdMember(household_id=household, person=who, started_on=started_on or local_day(now))
    HouseholdMember.objects.bulk_create([member], ignore_conflicts=True)
    standing = HouseholdMember.objects.get(queries.OPEN, person=who)
    if standing.household_id != household:
        raise Refused("lives_elsewhere", _("这个人还登记在另一户，请先迁出。"), status=409)
    if standing.pk == member.pk:
        record(
            by=by,
            now=now,
            verb="household.joined",
            subject_kind="household",
            subject_id=household,
            about=person,
        )
    return standing


@transaction.atomic
def move_out(*, person: UUID, by: Actor, now: datetime, ended_on: date | None = None) -> bool:
    """A person leaves his household. Whether he lived in one."""
    standing = (
        HouseholdMember.objects.select_for_update(no_key=True).filter(queries.OPEN, person_id=person).first()
    )
    if standing is None:
        return False
    standing.ended_on = max(ended_on or local_day(now), standing.started_on)
    standing.save(update_fields=["ended_on"])
    record(
        by=by,
        now=now,
        verb="household.left",
        subject_kind="household",
        subject_id=standing.household_id,
        about=person,
    )
    return True
