"""Roles given and ended: dated, never deleted, never above the giver's own reach."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from mulin.ground.access.models import Grant
from mulin.ground.access.permissions import may_end_grant, may_grant
from mulin.ground.access.queries import OPEN
from mulin.ground.access.rules import Role, role_of
from mulin.ground.people import queries as people
from mulin.ground.territory import actions as territory_actions
from mulin.ground.territory import queries as territory
from mulin.ground.trail.actions import record
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.kernel.errors import NotAllowed, NotFound, Refused


class _Row(Protocol):
    pk: Any


def _key(of: UUID | _Row | None) -> UUID | None:
    """The id of a row, or the id itself."""
    return of if of is None or isinstance(of, UUID) else of.pk


@transaction.atomic
def grant(
    *,
    person: UUID | _Row,
    role: str,
    by: Actor,
    now: datetime,
    division: UUID | _Row | None = None,
    grid: UUID | _Row | None = None,
    unit: UUID | _Row | None = None,
) -> Grant:
    """Give a role from today on; the same grant twice returns the one that stands.

    A grid role is also a posting: the grid's page and the residents' "my grid worker" show the person from
    today on. Refuses a role that does not exist, a binding that the role does not have (a grid worker needs
    a grid,
    an officer a department), a place or unit of the wrong kind, an erased person, and whatever the giver
    may not give.
    """
    policy = role_of(role)
    if policy is None:
        raise Refused("role_unknown", _("没有这个角色。"), field="role")
    division, grid, unit = _key(division), _key(grid), _key(unit)
    who = people.person(_key(person))
    if who.erased_at is not None:
        raise Refused("person_erased", _("这个人的信息已经删除，不能再授予权限。"))
    path = _bind(policy, division, grid, unit)
    if not may_grant(by, role, path=path):
        words = _("您不能授予“%(role)s”：只能授予自己权限清单里、自己辖区内的角色。") % {"role": policy.name}
        raise NotAllowed(words)
    standing = Grant.objects.filter(OPEN, person_id=who.pk, role=role, path=path, unit_id=unit).first()
    if standing is not None:
        return standing
    given = Grant.objects.create(
        person_id=who.pk, role=role, division_id=division, grid_id=grid, unit_id=unit, path=path,
        granted_by=by.person, started_on=local_day(now),
    )  # fmt: skip
    if grid is not None:
        territory_actions.post_to_grid(person=who.pk, grid=grid, kind=role, on=local_day(now), by=by, now=now)
    _record(given, "grant.given", by, now)
    return given


def _bind(policy: Role, division: UUID | None, grid: UUID | None, unit: UUID | None) -> str:
    """The path that the grant covers, after checking that it names what the role asks for and nothing
    else.
    """
    wants_unit = policy.binds.startswith("unit")
    if wants_unit != (unit is not None):
        words = _("“%(role)s”要写明单位。") if wants_unit else _("“%(role)s”不归属单位。")
        raise Refused("grant_unit", words % {"role": policy.name}, field="unit")
    if (policy.binds == "grid") != (grid is not None):
        words = _("“%(role)s”要写明网格。") if policy.binds == "grid" else _("“%(role)s”不归属网格。")
        raise Refused("grant_grid", words % {"role": policy.name}, field="grid")
    if policy.binds in ("none", "grid", "unit") and division is not None:
        raise Refused("grant_division", _("“%(role)s”不归属区域。") % {"role": policy.name}, field="division")
    if policy.binds == "division" and division is None:
        raise Refused("grant_division", _("“%(role)s”要写明区域。") % {"role": policy.name}, field="division")
    if unit is not None and people.organisation(unit).kind not in policy.kinds:
        raise Refused("grant_unit_kind", _("这类单位没有“%(role)s”。") % {"role": policy.name}, field="unit")
    if grid is not None:
        return _path(territory.grid(grid), "grid")
    if division is None:
        return ""
    place = territory.division(division)
    if policy.binds == "division" and place is not None and place.kind not in policy.kinds:
        words = _("“%(role)s”不能归属到这一级区域。") % {"role": policy.name}
        raise Refused("grant_division_kind", words, field="division")
    return _path(place, "division")


def _path(place: Any, field: str) -> str:
    if place is None or place.ended_on is not None:
        raise Refused("grant_place", _("这个区域或网格不存在，或者已经撤销。"), field=field)
    return str(place.path)


@transaction.atomic
def end_grant(*, grant: UUID | _Row, by: Actor, now: datetime) -> None:
    """Take a role back; it opens nothing from the next click on. Refuses to end the county's last
    administrator.
    """
    row, other_admins = _locked(_key(grant))
    if row.ended_on is not None:
        return
    if not may_end_grant(by, row.role, path=row.path):
        raise NotAllowed(_("您不能收回这项权限：只能收回自己权限清单里、自己辖区内的角色。"))
    if row.role == "admin" and not other_admins:
        raise Refused("last_admin", _("这是全县最后一位管理员：先任命另一位，再收回这一项。"), status=409)
    row.ended_on = local_day(now)
    row.save(update_fields=["ended_on"])
    if row.grid_id is not None and territory.grid(row.grid_id).ended_on is None:
        territory_actions.end_posting(
            person=row.person_id, grid=row.grid_id, kind=row.role, on=local_day(now), by=by, now=now
        )
    _record(row, "grant.ended", by, now)


def _locked(key: UUID | None) -> tuple[Grant, int]:
    """The grant, locked, and how many other administrators there are (locked in id order: two cannot
    end each other).
    """
    role = Grant.objects.filter(pk=key).values_list("role", flat=True).first() if key else None
    if key is None or role is None:
        raise NotFound(_("没有这项权限。"))
    wanted = Grant.objects.filter(OPEN, role="admin") if role == "admin" else Grant.objects.filter(pk=key)
    rows = {row.pk: row for row in wanted.select_for_update(no_key=True).order_by("id")}
    row = rows.pop(key, None) or Grant.objects.get(pk=key)
    return row, len(rows)


def _record(row: Grant, verb: str, by: Actor, now: datetime) -> None:
    facts = {"role": row.role, "path": row.path, "unit": str(row.unit_id or ""), "person": str(row.person_id)}
    record(
        by=by, now=now, verb=verb, subject_kind="grant", subject_id=row.pk, facts=facts, about=row.person_id
    )
