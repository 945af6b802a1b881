"""A person's own views of the list of cases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from mulin.kernel.actor import Actor
from mulin.services.cases.models import SavedView
from mulin.services.cases.queries.filters import Filters


@dataclass(frozen=True)
class View:
    """A saved view: its filters under a name."""

    id: UUID
    name: str
    by: Filters
    opens: bool


def views_of(actor: Actor) -> list[View]:
    """The views that the actor saved, by name. One statement."""
    if actor.person is None:
        return []
    rows = SavedView.objects.filter(person=actor.person).order_by("name", "id")
    return [View(row.id, row.name, Filters.read(row.filters), row.opens) for row in rows]


def export_views(person: UUID) -> dict[str, Any]:
    """The export hook: what a person saved for himself."""
    rows = SavedView.objects.filter(person=person).order_by("id")
    return {"saved_views": [{"name": row.name, "filters": row.filters} for row in rows]}
