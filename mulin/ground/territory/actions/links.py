"""Departments with a duty in a grid (包联), one of them leading; officers of teams in a grid (编入网格)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from mulin.ground.people import queries as people
from mulin.ground.territory.actions.dated import end_rows, require_begun, standing
from mulin.ground.territory.actions.divisions import require_editor
from mulin.ground.territory.actions.grids import live_grid
from mulin.ground.territory.models import OPEN, DepartmentGridLink, Grid, OfficerAssignment, OfficerRole
from mulin.ground.trail.actions import record
from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotFound, Refused

DEPARTMENTS = ("department", "county_office")
"""Kinds of organisation that have a duty in a grid."""


# ── departments ───────────────────────────────────────────────────────────────────────────────────────────
@transaction.atomic
def link_department(
    *, organisation: UUID, grid: Grid | UUID, on: date, by: Actor, now: datetime, leads: bool = False
) -> DepartmentGridLink:
    """A department has a duty in a grid from a day on. Again the same changes nothing.

    Refuses what is no department ("not_a_department"), days that overlap ("overlap"), and a second leading
    department ("lead_known"): ``lead_department`` hands the lead over.
    """
    row = live_grid(grid=grid, lock=True)
    require_editor(by=by, path=row.path)
    unit = people.organisation(organisation)
    if unit.kind not in DEPARTMENTS or unit.ended_on is not None:
        raise Refused("not_a_department", _("包联单位要从在册的部门里选。"), field="organisation")
    _not_before(row, on)
    there = standing(rows=DepartmentGridLink.objects.filter(grid=row, organisation_id=unit.pk), on=on)
    if there is not None and there.leads == leads:
        return there
    if there is not None:
        words = _("%(unit)s已经包联这个网格；要改牵头，请用“改为牵头”。") % {"unit": unit.name}
        raise Refused("link_known", words, field="organisation", status=409)
    if leads:
        _refuse_second_lead(row, on)
    made = DepartmentGridLink.objects.create(grid=row, organisation_id=unit.pk, leads=leads, started_on=on)
    _tell(made, "territory.link_department", on, by, now)
    return made


def _refuse_second_lead(row: Grid, on: date) -> None:
    rows = DepartmentGridLink.objects.filter(grid=row, leads=True).select_related("organisation")
    lead = rows.filter(OPEN).first() or rows.filter(ended_on__gt=on).first()
    if lead is not None:
        words = _("这个网格已由%(unit)s牵头。请先登记为配合，再改为牵头。") % {"unit": lead.organisation.name}
        raise Refused("lead_known", words, field="leads", status=409)


@transaction.atomic
def lead_department(*, link: UUID, on: date, by: Actor, now: datetime) -> DepartmentGridLink:
    """A linked department leads in its grid from a day on; the one that led goes on assisting."""
    row = _live_link(link, by)
    if row.leads:
        return row
    require_begun(row=row, on=on)
    lead = DepartmentGridLink.objects.filter(OPEN, grid_id=row.grid_id, leads=True).first()
    if lead is not None:
        require_begun(row=lead, on=on)
        _turn(lead, on, leads=False)
    made = _turn(row, on, leads=True)
    _tell(made, "territory.lead_department", on, by, now, before=str(lead.organisation_id) if lead else "")
    return made


@transaction.atomic
def end_department_link(*, link: UUID, on: date, by: Actor, now: datetime) -> None:
    """A department has no duty in the grid any more from a day on."""
    row = _live_link(link, by)
    require_begun(row=row, on=on)
    end_rows(rows=DepartmentGridLink.objects.filter(pk=row.pk), on=on)
    _tell(row, "territory.end_department_link", on, by, now)


def _live_link(link: UUID, by: Actor) -> DepartmentGridLink:
    """An open link; its grid is locked, so that two changes of one grid follow each other."""
    grid = DepartmentGridLink.objects.filter(pk=link).values_list("grid_id", flat=True).first()
    if grid is None:
        raise NotFound(_("没有这项包联。"))
    require_editor(by=by, path=live_grid(grid=grid, lock=True).path)
    row = DepartmentGridLink.objects.filter(OPEN, pk=link).first()
    if row is None:
        raise Refused("link_ended", _("这项包联已经结束，请刷新后再看。"), status=409)
    return row


def _turn(row: DepartmentGridLink, on: date, *, leads: bool) -> DepartmentGridLink:
    """The link with another part in it from a day on: a new row, unless it began on that very day."""
    if row.started_on == on:
        row.leads = leads
        row.save(update_fields=["leads"])
        return row
    row.ended_on = on
    row.save(update_fields=["ended_on"])
    return DepartmentGridLink.objects.create(
        grid_id=row.grid_id, organisation_id=row.organisation_id, leads=leads, started_on=on
    )


def _tell(row: DepartmentGridLink, verb: str, on: date, by: Actor, now: datetime, **more: str) -> None:
    facts: dict[str, Any] = {
        "organisation": str(row.organisation_id),
        "leads": row.leads,
        "on": on.isoformat(),
        **more,
    }
    record(by=by, now=now, verb=verb, subject_kind="grid", subject_id=row.grid_id, facts=facts)


def _not_before(row: Grid, on: date) -> None:
    if on < row.started_on:
        raise Refused("too_early", _("日期早于网格开始的日期。"), field="on")


# ── officers ──────────────────────────────────────────────────────────────────────────────────────────────
@transaction.atomic
def assign_officer(
    *,
    person: UUID,
    team: UUID,
    grid: Grid | UUID,
    on: date,
    by: Actor,
    now: datetime,
    role: str = OfficerRole.ENFORCEMENT,
) -> OfficerAssignment:
    """An officer of a team serves a grid from a day on. Again the same changes nothing; another role is written over.

    Refuses whoever is not on the team's roster on that day ("not_on_roster"), an officer without the number of
    his credential ("credential_missing"), and days that overlap.
    """
    row = live_grid(grid=grid, lock=True)
    require_editor(by=by, path=row.path)
    if role not in OfficerRole.values:
        raise Refused("officer_role", _("没有这种职责。"), field="role")
    unit = people.organisation(team)
    member = next((one for one in people.roster(team, on=on) if one.person_id == person), None)
    if unit.kind != "professional_team" or unit.ended_on is not None or member is None:
        raise Refused("not_on_roster", _("这个人那一天不在这支队伍的名册里。"), field="person")
    if role == OfficerRole.ENFORCEMENT and not member.credential:
        raise Refused("credential_missing", _("请先在队伍名册里登记他的执法证号。"), field="person")
    _not_before(row, on)
    there = standing(rows=OfficerAssignment.objects.filter(grid=row, person_id=person), on=on)
    if there is not None and (there.team_id, there.role) == (team, role):
        return there
    if there is not None and there.team_id != team:
        raise Refused("officer_known", _("他已经由另一支队伍编入这个网格。"), field="person", status=409)
    if there is not None:
        there.role = role
        there.save(update_fields=["role"])
        made = there
    else:
        made = OfficerAssignment.objects.create(
            grid=row, person_id=person, team_id=team, role=role, started_on=on
        )
    _tell_officer(made, "territory.assign_officer", on, by, now)
    return made


@transaction.atomic
def end_officer(*, assignment: UUID, on: date, by: Actor, now: datetime) -> None:
    """An officer no longer serves the grid from a day on."""
    row = OfficerAssignment.objects.select_for_update(no_key=True).filter(OPEN, pk=assignment).first()
    if row is None:
        raise NotFound(_("没有这项编入，或者已经结束。"))
    path = Grid.objects.filter(pk=row.grid_id).values_list("path", flat=True).get()
    require_editor(by=by, path=path)
    require_begun(row=row, on=on)
    end_rows(rows=OfficerAssignment.objects.filter(pk=row.pk), on=on)
    _tell_officer(row, "territory.end_officer", on, by, now)


def _tell_officer(row: OfficerAssignment, verb: str, on: date, by: Actor, now: datetime) -> None:
    facts = {"person": str(row.person_id), "team": str(row.team_id), "role": row.role, "on": on.isoformat()}
    record(
        by=by, now=now, verb=verb, subject_kind="grid", subject_id=row.grid_id, facts=facts, about=row.person_id
    )  # fmt: skip
