"""Codes on poles and doors: what a scan begins a report with, and what hangs in a territory."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Q

from mulin.kernel.actor import Actor
from mulin.kernel.ids import read_public
from mulin.kernel.paging import Page, page
from mulin.services.cases.models import PlaceCode
from mulin.services.cases.permissions import may_keep_codes
from mulin.services.cases.rules import CLERKS, GRID_STAFF, community_of


def by_code(code: str) -> PlaceCode | None:
    """The code that hangs somewhere, or None. One statement at most."""
    known = read_public(code)
    if known is None:
        return None
    return PlaceCode.objects.filter(code=known[1], ended_at__isnull=True).first()


def begins_with(code: str) -> dict[str, Any]:
    """What a report from there begins with: place, words and position. Empty for no such code. One statement at most."""
    found = by_code(code) if code else None
    if found is None:
        return {}
    return {
        "place": str(found.place_id),
        "place_text": found.label,
        "lon": found.lon,
        "lat": found.lat,
        "accuracy": 10 if found.lon is not None else None,
    }


def codes_page(actor: Actor, *, at: str = "", size: int = 30) -> Page:
    """What hangs in the actor's territory, newest first. One statement."""
    reach = Q()
    for path in {*actor.paths(*CLERKS), *(community_of(path) for path in actor.paths(*GRID_STAFF))}:
        reach |= Q(place_path__startswith=path)
    rows = PlaceCode.objects.filter(reach) if reach else PlaceCode.objects.none()
    return page(rows.select_related("place"), by="-made_at", at=at, size=size)


def code(actor: Actor, key: UUID) -> PlaceCode | None:
    """One of them, for whoever keeps it."""
    row = PlaceCode.objects.filter(pk=key).select_related("place").first()
    return row if row is not None and may_keep_codes(actor, row.place_path) else None
