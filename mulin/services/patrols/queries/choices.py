"""What a planner may choose from: areas, the places in one, who can walk there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from mulin.ground.access import queries as access
from mulin.ground.people import queries as people
from mulin.ground.territory import queries as territory
from mulin.kernel.actor import Actor
from mulin.services.patrols.models import PatrolTask
from mulin.services.patrols.rules import CLERKS, NAMEABLE

Choice = tuple[str, str]
UNIT_KINDS = ("professional_team", "department", "county_office", "subdistrict_office", "property_company")
COMMUNITY_KINDS = ("community", "village")
MOST_CHOICES = 400


def areas(actor: Actor, chosen: str) -> list[Choice]:
    """(path, name) of where a plan may lie: the actor's own territories, what is right below them and below ``chosen``.

    Officers of a department plan over the whole county.
    """
    whole = bool(actor.units("department_officer")) or "/" in actor.paths(*CLERKS)
    own = ["/"] if whole else list(dict.fromkeys(actor.paths(*CLERKS)))
    found = dict(territory.names_of_paths(own))
    for path in [*own, *([chosen] if chosen not in own and covers(own, chosen) else [])]:
        here = territory.division_at_path(path)
        if here is None:
            continue
        found.setdefault(here.path, here.name)
        if here.kind not in COMMUNITY_KINDS:
            below = territory.children(here.id)
            found |= {one.path: f"　{one.name}" for one in below if one.path not in found}
    return list(found.items())


def covers(own: Iterable[str], path: str) -> bool:
    """Whether one of the territories contains the path."""
    return bool(path) and any(path.startswith(prefix) for prefix in own)


def places_in(area: str, *, on: date) -> list[tuple[str, list[Choice]]]:
    """Groups of (value, name) within an area: its grids (``g:ID``), then the area itself and what lies below (``d:ID``)."""
    here = territory.division_at_path(area)
    if here is None:
        return []
    grids = territory.grids_under(area, on=on) if area != "/" else []
    close = here.kind in COMMUNITY_KINDS
    named = [(f"g:{one.id}", one.name if close else f"{one.community.name} · {one.name}") for one in grids]
    below = [(f"d:{one.id}", one.name) for one in territory.children(here.id)]
    itself = [] if area == "/" else [(f"d:{here.id}", _("整个%(name)s") % {"name": here.name})]
    label = _("小区、楼栋、场所") if close else _("下面的地方")
    groups = [(_("网格"), named[:MOST_CHOICES]), (label, [*below[:MOST_CHOICES], *itself])]
    return [(words, choices) for words, choices in groups if choices]


def units_for(actor: Actor) -> list[Choice]:
    """The teams and units that the actor may send: all of them for the county's clerks, own ones for officers."""
    if actor.covers("/", "county_clerk"):
        return [(str(one.id), one.name) for one in people.organisations(kinds=UNIT_KINDS)]
    own = actor.units("department_officer")
    if not own:
        return []
    found = people.organisations().filter(Q(pk__in=own) | Q(parent__in=own, kind="professional_team"))
    return [(str(one.id), one.name) for one in found]


@dataclass(frozen=True)
class Candidate:
    """Somebody who may be named: public name and duty in words."""

    person: UUID
    name: str
    duty: str


def candidates(actor: Actor, area: str) -> list[Candidate]:
    """Grid staff and clerks within an area, each once, with their duties. Four statements. Nobody over the whole county."""
    if area in ("", "/") or not actor.covers(area, *CLERKS):
        return []
    rows = list(
        access.visible_to(actor)
        .filter(ended_on__isnull=True, role__in=NAMEABLE, path__startswith=area)
        .order_by("path", "id")[:MOST_CHOICES]
    )
    names = people.public_names({row.person_id for row in rows})
    places = territory.names_of_paths({row.path for row in rows})
    duties: dict[UUID, list[str]] = {}
    for row in rows:
        role = access.role_of(row.role)
        words = f"{places.get(row.path, '')}{role.name if role else ''}"
        duties.setdefault(row.person_id, []).append(words)
    return [
        Candidate(person, names[person], _("、").join(words))
        for person, words in duties.items()
        if person in names
    ]


def spots_of(task: PatrolTask, *, on: date) -> list[Choice]:
    """Where a finding of the task may lie: its division and what is below it, or the compounds and buildings of its grid."""
    if task.place.division_id is not None:
        here = task.place.division
        return [(str(here.id), here.name), *((str(one.id), one.name) for one in territory.children(here.id))]
    inside = territory.places_of_grid(task.place.grid_id, on=on)
    return [("", _("不在小区里，写在下面")), *((str(one.id), one.name) for one in inside)]
