"""The 12345 hotline is answered: what is new since it asked last, what it has taken, what a clerk handed over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from mulin.kernel.actor import Actor
from mulin.kernel.errors import Refused
from mulin.services.cases.actions import closing, merging, steps, telling
from mulin.services.cases.models import CaseStep, HotlineChange, HotlineCursor, HotlineOrder
from mulin.services.cases.queries.hotline import in_chinese
from mulin.services.cases.rules.hotline import ANSWERED, Handed, OrderKind, Term, term

MOST: Final = 200
"""Orders a sheet."""
_LOOKED_AT: Final = 1000
_TOLD: Final = ("reply", "defer", "decide_deferral", "dispatch")
"""Steps that the hotline is told of even where its term for the order stays the same."""


def hand_over(*, order: HotlineOrder, how: str, by: Actor, now: datetime, run: UUID | None = None) -> bool:
    """The hotline has the answer to an order: its caller counts as told, the to-do ends, and a case that waited for nothing
    else closes.

    False, and nothing is done, where there is no answer or this one was handed over before. By a sheet it may be again:
    when, by whom and in which run are then those of the last time."""
    order.refresh_from_db(fields=["handed", "handed_at", "handed_round"])
    case = merging.going_on(case=order.case_id)
    if case is None or term(case.state, verification=case.verification) not in ANSWERED:
        return False
    known = order.handed_at is not None and order.handed_round == case.round
    if known and how != Handed.SHEET:
        return False
    order.handed, order.handed_at, order.handed_round = how, now, case.round
    order.handed_by, order.handed_run = by.person, run
    order.save(update_fields=["handed", "handed_at", "handed_round", "handed_by", "handed_run"])
    if known or order.reporter_id is None:
        return True
    telling.hotline_knows(case=case, reporters=[order.reporter_id], by=by, now=now)
    done = steps.finish(
        case=case, action="inform", by=by, now=now, public=False, step="hotline_told",
        note=in_chinese(Handed(how)), facts={"order": order.number, "how": how},
    )  # fmt: skip
    closing.close_if_told(row=done, by=by, now=now)
    return True


# ── by a key ─────


@transaction.atomic
def changes(*, after: int, most: int, by: Actor, now: datetime) -> list[HotlineChange]:
    """What the hotline is to know after a cursor, in the order in which it is told, ``most`` at a time.

    Whoever asks on after a change has it: the answers up to ``after`` count as taken. Nothing is lost: whatever moved since
    the last look is found by its case's version, and numbered under a lock. Refused (400) for a cursor that was never given.
    """
    cursor = _cursor()
    if after > cursor.last:
        raise Refused(
            "no_such_cursor", _("没有给过这个游标，请从上次收到的接着取。"), field="after", status=400
        )
    taken = list(_between(cursor.taken, after))
    moved = list(_moved())
    _locked({*(one.order_id for one in taken), *(one.id for one in moved)})
    _number(cursor, moved)
    for change in taken:
        _take(change, by, now)
    if after > cursor.taken:
        cursor.taken, cursor.taken_at = after, now
    cursor.save(update_fields=["last", "taken", "taken_at"])
    found = HotlineChange.objects.filter(seq__gt=after).order_by("seq")
    with_them = ("order__case__merged_into__unit", "order__case__unit", "step")
    return list(found.select_related(*with_them)[:most])


def _cursor() -> HotlineCursor:
    """The county's row, locked; made by whoever asks first."""
    rows = HotlineCursor.objects.select_for_update(no_key=True)
    found = rows.first()
    if found is None:
        try:
            with transaction.atomic():
                HotlineCursor.objects.create()
        except IntegrityError:
            pass  # somebody else has made it
        found = rows.get()
    return found


def _locked(orders: set[UUID]) -> None:
    """Lock orders, all of them before the case of any: whoever acts on one locks it before its case, too."""
    rows = HotlineOrder.objects.filter(pk__in=orders).order_by("id")
    list(rows.select_for_update(no_key=True).values_list("id", flat=True))


def _between(since: int, until: int) -> QuerySet[HotlineChange]:
    rows = HotlineChange.objects.filter(seq__gt=since, seq__lte=until).order_by("seq")
    return rows.select_related("order__reporter", "order__case__merged_into", "step")


def _take(change: HotlineChange, by: Actor, now: datetime) -> None:
    given = (change.round, change.term == Term.RETURNED) if change.term in ANSWERED else None
    case = change.order.case.merged_into or change.order.case
    since = case.refused_at if change.term == Term.RETURNED else case.disposed_at
    stands = since is not None and change.step.at >= since
    if given is not None and stands and given == answer_of(order=change.order):
        hand_over(order=change.order, how=Handed.PULLED, by=by, now=now)
    elif change.step.action == "reply":
        _responded(change.order, now)


def answer_of(*, order: HotlineOrder) -> tuple[int, bool] | None:
    """Which answer there is to an order, so that it is not taken for another: the round of its case, and whether it was sent
    back. None without one. No statement for an order that was read with its case."""
    case = order.case.merged_into or order.case
    found = term(case.state, verification=case.verification)
    return (int(case.round), found == Term.RETURNED) if found in ANSWERED else None


def _responded(order: HotlineOrder, now: datetime) -> None:
    """A reply that the hotline took is the first contact with content."""
    case = steps.locked(case=order.case.merged_into_id or order.case_id)
    if case is not None and case.first_response_at is None:
        telling.informed_of(case=case, reporters=[order.reporter_id] if order.reporter_id else [], now=now)
        case.save(update_fields=["first_response_at"])


def _moved() -> QuerySet[HotlineOrder]:
    """The orders whose case moved since the last look. An urging has no answer of its own."""
    return (
        HotlineOrder.objects.exclude(kind=OrderKind.URGE)
        .annotate(version=F("case__version"), into=Coalesce(F("case__merged_into__version"), 0))
        .filter(~Q(looked=F("version")) | ~Q(looked_into=F("into")))
        .select_related("case__merged_into")
        .order_by("id")[:_LOOKED_AT]
    )


def _number(cursor: HotlineCursor, moved: Iterable[HotlineOrder]) -> None:
    """Number what happened since the last look. Three statements for each order that moved."""
    fresh: list[HotlineChange] = []
    for order in moved:
        fresh += [_change(order, step) for step in _new_steps(order)]
        case = order.case
        looked_into = case.merged_into.version if case.merged_into is not None else 0
        HotlineOrder.objects.filter(pk=order.pk).update(looked=case.version, looked_into=looked_into)
    fresh.sort(key=lambda one: (one.step.at, one.step_id, one.order_id))
    for one in fresh:
        cursor.last += 1
        one.seq = cursor.last
    HotlineChange.objects.bulk_create(fresh)


def _change(order: HotlineOrder, step: CaseStep) -> HotlineChange:
    found = term(step.to_state, verification=_verification(order), deferring=step.action == "defer")
    case = order.case.merged_into or order.case
    return HotlineChange(order=order, step=step, term=found, round=case.round)


def _verification(order: HotlineOrder) -> str:
    return str((order.case.merged_into or order.case).verification)


def _new_steps(order: HotlineOrder) -> Iterable[CaseStep]:
    """Steps of its case, and of the one that it was merged into since, that say something and were not told yet."""
    told = HotlineChange.objects.filter(order=order).values("step_id")
    mine = Q(case=order.case_id)
    if order.case.merged_into_id is not None:
        merged = CaseStep.objects.filter(case=order.case_id, action="merge_into").order_by("-at").first()
        since = merged.at if merged is not None else order.created_at
        mine |= Q(case=order.case.merged_into_id, at__gte=since)
    rows = CaseStep.objects.filter(mine, at__gte=order.created_at).exclude(pk__in=told).order_by("at", "id")
    verification = _verification(order)
    for step in rows:
        before = term(step.from_state, verification=verification) if step.from_state else None
        if step.action in _TOLD or before != term(step.to_state, verification=verification):
            yield step


# ── by a sheet ─────


@transaction.atomic
def mark_handed(*, orders: Mapping[UUID, tuple[int, bool]], run: UUID, by: Actor, now: datetime) -> int:
    """A clerk has given the sheet of a run to the hotline: order → the answer that stands in it (``answer_of``). How many
    were marked; what was done again since is left out: its next answer is owed."""
    marked = 0
    _cursor()
    _locked(set(orders))
    rows = HotlineOrder.objects.filter(pk__in=orders).select_related("case__merged_into", "reporter")
    for order in rows.order_by("id"):
        if answer_of(order=order) == orders[order.id]:
            marked += hand_over(order=order, how=Handed.SHEET, by=by, now=now, run=run)
    return marked
