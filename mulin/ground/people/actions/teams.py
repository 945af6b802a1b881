"""Professional teams: set up by a department, led by one of the roster, sent to work under another unit."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from mulin.ground.people import queries
from mulin.ground.people.actions.organisations import add_organisation, close
from mulin.ground.people.models import Membership, Organisation, OrganisationKind, Secondment
from mulin.ground.people.permissions import may_manage_organisations
from mulin.ground.trail.actions import record
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.kernel.errors import NotAllowed, Refused

HOMES = (OrganisationKind.DEPARTMENT, OrganisationKind.COUNTY_OFFICE, OrganisationKind.SUBDISTRICT_OFFICE)
HOSTS = (*HOMES, OrganisationKind.COMMUNITY)


def _must_manage(by: Actor) -> None:
    if not may_manage_organisations(by):
        raise NotAllowed(_("队伍由全县的管理员或县级工作人员管理。"))


@transaction.atomic
def add_team(
    *,
    name: str,
    home: UUID,
    by: Actor,
    now: datetime,
    name_en: str = "",
    duty_phone: str = "",
    started_on: date | None = None,
) -> Organisation:
    """Register a professional team of a department. Refuses a home that cannot have one ("team_home")."""
    _must_manage(by)
    unit = queries.organisation(home)
    if unit.kind not in HOMES or unit.ended_on is not None:
        raise Refused("team_home", _("队伍要归属一个在册的部门、县级机构或街道。"), field="home")
    return add_organisation(
        kind=OrganisationKind.PROFESSIONAL_TEAM,
        name=name,
        name_en=name_en,
        parent=unit,
        duty_phone=duty_phone,
        started_on=started_on,
        by=by,
        now=now,
    )


def _live_team(team: UUID) -> Organisation:
    """The row of a team, locked: what happens to one team happens in turn."""
    rows = Organisation.objects.select_for_update(no_key=True).filter(pk=team)
    row = rows.filter(kind=OrganisationKind.PROFESSIONAL_TEAM).first()
    if row is None:
        raise Refused("team_unknown", _("没有这支队伍。"), status=404)
    if row.ended_on is not None:
        raise Refused("organisation_ended", _("这个单位已经撤销。"))
    return row


# ── leader ─────


@transaction.atomic
def name_leader(*, team: UUID, person: UUID, by: Actor, now: datetime, on: date | None = None) -> Membership:
    """Somebody of the roster leads the team from a day on; whoever led it stays on the roster.

    Both memberships end on that day and begin again, so that the days tell who led when. Refuses one who is not
    on the roster ("not_on_roster"), and a day before either membership began.
    """
    _must_manage(by)
    row, day = _live_team(team), on or local_day(now)
    open_ones = {
        one.person_id: one
        for one in Membership.objects.select_for_update(no_key=True)
        .filter(queries.OPEN, organisation=row)
        .order_by("id")
    }
    chosen = open_ones.get(person)
    if chosen is None:
        raise Refused("not_on_roster", _("这个人不在队伍名册里，请先把他加进来。"), field="person")
    if chosen.leads:
        return chosen
    before = next((one for one in open_ones.values() if one.leads), None)
    for one in filter(None, (before, chosen)):
        if one.started_on > day:
            raise Refused("too_early", _("日期早于在队的开始日期。"), field="on")
    if before is not None:
        _turn(before, day, leads=False)
    led = _turn(chosen, day, leads=True)
    facts = {"on": day.isoformat(), "person": str(person), "before": str(before.person_id) if before else ""}
    record(
        by=by, now=now, verb="team.leader_named", subject_kind="organisation", subject_id=row.pk, facts=facts,
        about=person,
    )  # fmt: skip
    return led


def _turn(row: Membership, day: date, *, leads: bool) -> Membership:
    """The membership with another part in it from a day on: a new row, unless it began on that very day."""
    if row.started_on == day:
        row.leads = leads
        row.save(update_fields=["leads"])
        return row
    row.ended_on = day
    row.save(update_fields=["ended_on"])
    return Membership.objects.create(
        organisation_id=row.organisation_id,
        person_id=row.person_id,
        post=row.post,
        credential=row.credential,
        leads=leads,
        started_on=day,
    )


# ── secondment ─────


@transaction.atomic
def second(*, team: UUID, host: UUID, by: Actor, now: datetime, on: date | None = None) -> Secondment:
    """A team works under another unit (整建制下沉) from a day on; where it was before, it was until that day.

    Again the same changes nothing. Refuses a host that takes no team ("team_host"), its own home, and a day that
    falls into an earlier secondment ("secondment_overlaps").
    """
    _must_manage(by)
    row, day = _live_team(team), on or local_day(now)
    unit = queries.organisation(host)
    if unit.kind not in HOSTS or unit.ended_on is not None:
        raise Refused("team_host", _("队伍只能下沉到在册的街道、社区、部门或县级机构。"), field="host")
    if row.parent_id is None or row.parent_id == unit.pk:
        raise Refused("team_host", _("队伍本来就归这个单位管，不用下沉。"), field="host")
    standing = Secondment.objects.filter(queries.OPEN, team=row).first()
    if standing is not None and standing.host_id == unit.pk:
        return standing
    later = Secondment.objects.filter(Q(ended_on__gt=day) | Q(ended_on=None, started_on__gt=day), team=row)
    if day < row.started_on or later.exists():
        raise Refused("secondment_overlaps", _("这一天已经在另一次下沉期间里，请换一个日期。"), field="on")
    if standing is not None:
        close(row=standing, day=day)
    made = Secondment.objects.create(team=row, home_id=row.parent_id, host=unit, started_on=day)
    facts = {"host": str(unit.pk), "home": str(row.parent_id), "on": day.isoformat()}
    _record(row, "team.seconded", by, now, **facts)
    return made


@transaction.atomic
def recall(*, team: UUID, by: Actor, now: datetime, on: date | None = None) -> bool:
    """A team works at home again from a day on. Whether it was away."""
    _must_manage(by)
    row, day = _live_team(team), on or local_day(now)
    standing = Secondment.objects.filter(queries.OPEN, team=row).first()
    if standing is None:
        return False
    if day < standing.started_on:
        raise Refused("too_early", _("日期早于这次下沉的开始日期。"), field="on")
    close(row=standing, day=day)
    _record(row, "team.recalled", by, now, host=str(standing.host_id), on=day.isoformat())
    return True


def _record(row: Organisation, verb: str, by: Actor, now: datetime, **facts: str) -> None:
    record(by=by, now=now, verb=verb, subject_kind="organisation", subject_id=row.pk, facts=facts)
