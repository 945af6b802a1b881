"""Who reads figures, sets baselines, and answers for a month's page."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from mulin.ground.access import queries as access
from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotAllowed, NotFound

CLERKS = ("community_clerk", "street_clerk", "county_clerk")
OVERSIGHT = ("leader", "admin")
OFFICERS = ("department_officer", "property_clerk")


def may_read_figures(actor: Actor) -> None:
    """Staff only. Raises NotAllowed for a partner (merchant), NotFound for neighbours and other counties."""
    if access.is_staff(actor):
        return
    words = _("数据页面供工作人员使用；公开的数据在“办理公开”。")
    if any(held.path or held.unit for held in actor.held):
        raise NotAllowed(words)
    raise NotFound(words)


def may_set_baselines(actor: Actor) -> bool:
    """The county's clerks and administrators."""
    return actor.covers("/", "county_clerk", "admin")


def may_write_brief(actor: Actor, *, path: str, unit: UUID | None) -> bool:
    """A month's page of a place: its clerks and those above; of a unit: its officers and the county's clerks."""
    if unit is not None:
        return path in ("", "/") and (unit in actor.units(*OFFICERS) or actor.covers("/", "county_clerk"))
    return actor.covers(path, *CLERKS)


def may_read_brief(actor: Actor, *, path: str, unit: UUID | None) -> bool:
    """Whoever writes it, and leaders and administrators over it."""
    around = path if unit is None else "/"
    return may_write_brief(actor, path=path, unit=unit) or actor.covers(around, *OVERSIGHT)


def may_read_months(actor: Actor) -> bool:
    """Whether the papers of a month have anything for this person."""
    return bool(actor.paths(*CLERKS, *OVERSIGHT)) or bool(actor.units(*OFFICERS))


def months_openings(actor: Actor) -> Q:
    """Which briefs and monthly tables an actor reads: of places at or below his own, of his units; the county's
    clerks, leaders and administrators read all."""
    paths = actor.paths(*CLERKS, *OVERSIGHT)
    if "/" in paths:
        return Q()
    found = Q(pk__in=())
    for path in paths:
        found |= Q(path__startswith=path, unit__isnull=True)
    if units := actor.units(*OFFICERS):
        found |= Q(unit__in=units)
    return found
