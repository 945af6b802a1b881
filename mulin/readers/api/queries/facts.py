"""Facts of the county for programs: who asks, the catalogue of matters, the tree of places, the figures."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from mulin.ground.access import queries as access
from mulin.ground.people import queries as people
from mulin.ground.systems import queries as systems
from mulin.ground.territory import queries as territory
from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotFound, Refused
from mulin.readers.indicators import queries as indicators
from mulin.services.catalogue import queries as catalogue

Absolute = Callable[[str], str]
"""An address of the site → the same with scheme and host."""
MOST_DAYS: Final = 366


def me(actor: Actor) -> dict[str, Any]:
    """The system that asks: what its key lets it do. Four statements at most."""
    assert actor.connected is not None
    row = systems.system(actor.connected)
    names = people.organisation_names([row.unit_id]) if row.unit_id else {}
    return {
        "name": row.name,
        "county": actor.county,
        "county_name": access.counties()[actor.county].name,
        "scopes": row.scopes,
        "per_minute": row.per_minute,
        "unit": {"id": row.unit_id, "name": names[row.unit_id]} if row.unit_id else None,
        "acts": actor.answerable is not None,
    }


# ── the catalogue ─────


def categories() -> dict[str, Any]:
    """The categories of matters in force, in their order. One statement."""
    return {"items": [{"code": one.code, "name": one.label} for one in catalogue.categories()]}


def matters(*, category: str, cursor: str, limit: int) -> dict[str, Any]:
    """A page of the matter types in force, by code, with their limits. Three statements."""
    page = catalogue.published_page(category=category, at=cursor, size=limit)
    keys = [row.id for row in page.rows]
    routine, emergency = (catalogue.limits_of(keys, mode) for mode in ("routine", "emergency"))
    told = [
        {
            "code": row.matter_type.code,
            "name": row.name,
            "name_en": row.name_en,
            "category": {"code": row.matter_type.category.code, "name": row.matter_type.category.label},
            "version": row.number,
            "description": row.description,
            "keywords": [one for one in row.keywords.split("、") if one],
            "level": row.level,
            "level_label": catalogue.level_words(row.level),
            "lead_unit": unit_of(row.lead_unit),
            "emergency": row.emergency,
            "evidence": row.evidence_needed,
            "verification": row.verification,
            "limits": _limits(routine[row.id, row.level]),
            "limits_in_emergency": _limits(emergency[row.id, row.level]),
        }
        for row in page.rows
    ]
    return {"items": told, "next": page.next}


def _limits(found: catalogue.Limits) -> dict[str, Any]:
    def one(limit: catalogue.Limit) -> dict[str, Any]:
        minutes = limit.span // timedelta(minutes=1)
        return {"minutes": minutes, "clock": limit.clock, "words": catalogue.limit_words(limit)}

    steps = {name: getattr(found, name) for name in ("accept", "first_response", "dispose", "verify")}
    return {name: one(limit) for name, limit in steps.items()}


def unit_of(row: Any) -> dict[str, Any] | None:
    """An organisation as the API names it."""
    return {"id": row.id, "name": row.name} if row is not None else None


# ── places ─────


def places(*, under: str, cursor: str, limit: int) -> dict[str, Any]:
    """A page of the living places at or below a path, by path. Two statements."""
    page = territory.places_page(under=under, at=cursor, size=limit)
    names = territory.names_of_paths(row.path for row in page.rows)
    told = [
        {
            "path": row.path,
            "name": row.name,
            "full_name": names.get(row.path, row.name),
            "kind": row.kind,
            "code": row.region_code,
        }
        for row in page.rows
    ]
    return {"items": told, "next": page.next}


def grids(*, under: str, on: date, cursor: str, limit: int) -> dict[str, Any]:
    """A page of the grids in force on a day at or below a path, by path. One statement."""
    page = territory.grids_by_path(on=on, under=under, at=cursor, size=limit)
    told = [
        {"path": row.path, "name": row.name, "code": row.code, "community": row.community.path}
        for row in page.rows
    ]
    return {"items": told, "next": page.next}


# ── figures ─────


def figures(*, start: date, end: date, path: str, now: datetime, absolute: Absolute) -> dict[str, Any]:
    """Every indicator over [start, end) for a place. Refused for a span that is none or over MOST_DAYS; NotFound for a
    place that is none."""
    if not start < end <= start + timedelta(days=MOST_DAYS):
        words = _("起止日期要先后分明，最多 %(most)d 天。") % {"most": MOST_DAYS}
        raise Refused("bad_span", words, field="to")
    place = territory.name_of_path(path)
    if not place:
        raise NotFound(_("没有这个地方。"), code="no_such_place")
    found = indicators.figures(start, end, scope=indicators.Scope(path=path), now=now)
    about = {"from": start.isoformat(), "to": end.isoformat()} | ({"place": path} if path != "/" else {})
    told = [
        {
            "code": one.indicator.code,
            "name": str(one.indicator.name),
            "value": one.value,
            "unit": str(one.indicator.unit),
            "numerator": one.numerator,
            "denominator": one.denominator,
            "small": one.small,
            "split": one.split,
            "definition": str(one.indicator.definition),
            "rows": absolute(reverse("indicators:rows", args=[one.indicator.code])) + f"?{urlencode(about)}",
        }
        for one in found
    ]
    return {"from": start, "to": end, "path": path, "place": place, "items": told}
