"""Many cases: what an actor may see, and filtered lists."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from mulin.ground.worklist import queries as work
from mulin.kernel.actor import Actor
from mulin.kernel.paging import Page, page
from mulin.services.cases.models import Case, CaseReporter
from mulin.services.cases.permissions import openings
from mulin.services.cases.queries.filters import Filters, filtered, order_of
from mulin.services.cases.rules import FINISHED, State

PAGE = 50
SHOWN = (
    "number", "title", "state", "version", "source", "provenance", "found_fixed", "place_path", "place_text",
    "reported_at", "due_at", "disposed_at", "paused_since", "handler_id", "county_id",
    "grid__name", "grid__county_id", "place__name", "place__county_id", "unit__name", "unit__county_id",
)  # fmt: skip
"""The columns of a list: long texts stay where they are."""


def visible_to(actor: Actor) -> QuerySet[Case]:
    """The cases that an actor may see: the one predicate of list, page, map, figures and export."""
    found = openings(actor)
    if found is None:
        return Case.objects.all()
    if not found:
        return Case.objects.none()
    condition = Q()
    for one in found:
        condition |= one.q()
    return Case.objects.filter(condition)


NAMED = 1_000
"""So many cases for which a person is named are looked up before a statement over many cases."""


def visible_in_bulk(actor: Actor) -> QuerySet[Case]:
    """The same cases as ``visible_to``, for a statement over many of them: what he is named for is looked up before, so that
    each condition has an index to begin with. One statement more."""
    found = openings(actor)
    if not found:
        return visible_to(actor)
    condition = Q()
    for one in found:
        keys = one.named(NAMED + 1) if one.field == "officer" else None
        condition |= one.q() if keys is None or len(keys) > NAMED else Q(pk__in=keys)
    return Case.objects.filter(condition)


def sees_all(actor: Actor) -> bool:
    """Whether an actor may see every case of the county."""
    return openings(actor) is None


def places_of(numbers: Collection[str]) -> dict[str, str]:
    """Case number → path of the most specific place known of it. One statement, none for no number."""
    if not numbers:
        return {}
    return dict(Case.objects.filter(number__in=numbers).values_list("number", "place_path"))


def narrowed(actor: Actor, by: Filters, now: datetime) -> QuerySet[Case]:
    """What the actor may see, narrowed: where list, count, map, calendar, bulk acts and export all start."""
    return filtered(visible_to(actor), by, now, actor)


def listing(actor: Actor, by: Filters, now: datetime, *, at: str = "", size: int = PAGE) -> Page:
    """A page of the filtered list in its order, with places, grids and units. One statement, and one for words."""
    found = narrowed(actor, by, now).select_related("grid", "place", "unit").only(*SHOWN)
    return page(found, by=order_of(by), at=at, size=size)


def count_of(actor: Actor, by: Filters, now: datetime) -> int:
    """How long the filtered list is, to the last case. It may cost more than the page: only where somebody asks."""
    return narrowed(actor, by, now).count()


def mine(actor: Actor, *, at: str = "", size: int = 20) -> Page:
    """What a person reported himself, newest first. One statement."""
    found = Case.objects.none() if actor.person is None else Case.objects.filter(reported_by_id=actor.person)
    return page(found, by="-reported_at", at=at, size=size)


def receipts_of(actor: Actor, cases: list[Case]) -> Mapping[Any, str]:
    """case id → the actor's own receipt. One statement."""
    rows = CaseReporter.objects.filter(person=actor.person, case_id__in=[case.id for case in cases])
    return dict(rows.values_list("case_id", "receipt")) if actor.person else {}


def own_receipt(actor: Actor, case_id: Any) -> str:
    """The receipt by which a signed-in reporter follows his case, or ''."""
    if actor.person is None:
        return ""
    row = (
        CaseReporter.objects.filter(case_id=case_id, person=actor.person)
        .values_list("receipt", flat=True)
        .first()
    )
    return row or ""


def light_of(case: Case, now: datetime) -> str:
    """The light of a case's total clock, which stops at the disposal; ``done`` once it is finished, grey while it rests."""
    if case.state in FINISHED:
        return "done"
    resting = case.reported_at if case.state in (State.WAITING, State.SHELVED) else None
    until = case.disposed_at if case.state == State.DISPOSED and case.disposed_at else now
    return work.light_at(
        opened_at=case.reported_at, due_at=case.due_at, paused_since=case.paused_since or resting, now=until
    )
