"""What neighbours see of matters that staff let them see: category, community, state and day. Never a word of a report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet

from mulin.ground.territory import queries as territory
from mulin.kernel.actor import Actor
from mulin.kernel.paging import Page, page
from mulin.services.cases.models import Case, Support
from mulin.services.cases.rules import FINISHED, TONES, State, community_of

SHOWN_AFTER: Final = timedelta(days=30)
"""So long after it was closed a matter still stands on the list, as done."""


@dataclass(frozen=True)
class Shared:
    """A matter as neighbours see it. ``mine``: the reader has said that he met it too; ``open``: he still may."""

    id: UUID
    category: str
    place: str
    state: str
    tone: str
    day: date
    supports: int
    mine: bool
    open: bool


def supportable(now: datetime) -> QuerySet[Case]:
    """The shown matters that are not over yet."""
    return Case.objects.filter(shown_at__isnull=False, matter__isnull=False).exclude(state__in=FINISHED)


def on_show(now: datetime) -> Q:
    """What neighbours see: the shown matters that are not over yet, and those closed not long ago."""
    done = Q(state=State.CLOSED, closed_at__gt=now - SHOWN_AFTER)
    return Q(shown_at__isnull=False, matter__isnull=False) & (~Q(state__in=FINISHED) | done)


def shown(now: datetime, path: str = "/") -> QuerySet[Case]:
    """The shown matters of a place."""
    found = Case.objects.filter(on_show(now))
    return found if path in ("", "/") else found.filter(place_path__startswith=path)


def shared_page(
    actor: Actor, visitor: str, now: datetime, *, path: str = "/", at: str = "", size: int = 20
) -> Page:
    """A page of them, newest shown first, as ``Shared``. Five statements at most."""
    found = page(
        shown(now, path).select_related("matter__matter_type__category"), by="-shown_at", at=at, size=size
    )
    return found.of(as_shared(actor, visitor, list(found.rows)))


def as_shared(actor: Actor, visitor: str, rows: list[Case]) -> list[Shared]:
    """Shown matters (read with their category) as neighbours see them. Two statements at most."""
    names = territory.names_of_paths({community_of(row.place_path) for row in rows}) if rows else {}
    mine = _mine(actor, visitor, [row.id for row in rows])
    return [_shared(row, names, mine) for row in rows]


def _mine(actor: Actor, visitor: str, ids: list[UUID]) -> set[UUID]:
    if not ids or (actor.person is None and not visitor):
        return set()
    who: dict[str, Any] = {"person": actor.person} if actor.person is not None else {"visitor": visitor}
    return set(Support.objects.filter(case__in=ids, **who).values_list("case_id", flat=True))


def _shared(row: Case, names: Mapping[str, str], mine: set[UUID]) -> Shared:
    return Shared(
        id=row.id,
        category=row.matter.matter_type.category.label if row.matter is not None else "",
        place=names.get(community_of(row.place_path), ""),
        state=str(row.get_state_display()),
        tone=TONES[row.state],
        day=row.reported_day,
        supports=row.supports,
        mine=row.id in mine,
        open=row.state not in FINISHED,
    )


def export_supports(person: UUID) -> Mapping[str, Any]:
    """The export hook: which matters a person said that he met too."""
    rows = Support.objects.filter(person=person).select_related("case").order_by("id")
    return {"me_too": [{"number": row.case.number, "at": row.at.isoformat()} for row in rows]}
