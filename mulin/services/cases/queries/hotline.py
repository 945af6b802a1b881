"""Orders of the 12345 hotline, for the hotline and for the desk: where they stand in its terms, what is owed to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db.models import Count, F, Max, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import translation
from django.utils.timezone import localtime

from mulin.ground.people import queries as people
from mulin.ground.runs import queries as runs
from mulin.kernel.actor import Actor
from mulin.kernel.clock import day_start
from mulin.services.cases.models import (
    Case,
    CaseReporter,
    CaseStep,
    Deferral,
    HotlineChange,
    HotlineCursor,
    HotlineOrder,
)
from mulin.services.cases.permissions import may_import
from mulin.services.cases.rules import DeferralKind, State, Way
from mulin.services.cases.rules.clocks import outer_limit, own_limit
from mulin.services.cases.rules.hotline import ANSWERED, VIA, Handed, OrderKind, Term, term

SHEET: Final = "cases.hotline_sheet"


def ready(path: str = "") -> Q:
    """The cases (at a path) that have an answer for the hotline: ``term`` is among ANSWERED."""
    done = Q(**{f"{path}state": State.DISPOSED}) & ~Q(**{f"{path}verification": "second_person"})
    return done | Q(**{f"{path}state__in": (State.VERIFIED, State.CLOSED, State.NOT_ADMITTED)})


def owed() -> Q:
    """The cases whose answer the hotline has not taken yet, those into which an order's case was merged included."""
    waiting = CaseReporter.objects.filter(
        via=VIA, told_at__isnull=True, withdrawn_at__isnull=True, erased_at__isnull=True
    )
    return ready() & (Q(pk__in=waiting.values("case_id")) | Q(merged__in=waiting.values("case_id")))


def order(number: str) -> HotlineOrder | None:
    """An order by the hotline's number, with its case. One statement."""
    with_it = ("case__unit", "case__merged_into__unit")
    return HotlineOrder.objects.filter(number=number[:60]).select_related(*with_it).first()


def followed(order: HotlineOrder) -> Case:
    """The case in which an order is dealt with. No statement for one that was read with its case."""
    case: Case = order.case
    return case.merged_into or case


# ── in its terms ─────


def standing(order: HotlineOrder) -> dict[str, Any]:
    """Where an order stands, in the hotline's terms: what a GET of it answers. At most five statements."""
    case = followed(order)
    asked = Deferral.objects.filter(case=case, decided_at__isnull=True).first()
    found = Term.WITHDRAWN if order.withdrawn_at else term(
        case.state, verification=case.verification, deferring=asked is not None
    )  # fmt: skip
    told = {
        "order_no": order.number,
        "number": case.number,
        "kind": order.kind,
        "status": found.value,
        "status_text": in_chinese(found),
        "due_at": stamp(case.due_at if case.state != State.CLOSED else None),
        "your_due_at": stamp(order.due_at),
        "unit": case.unit.name if case.unit is not None else "",
        "extension": None,
        "reply": reply(order, case) if found in ANSWERED else None,
        "reply_taken_at": stamp(order.handed_at if order.handed_round == case.round else None),
    }
    if asked is not None and asked.kind == DeferralKind.EXTENSION:
        told["extension"] = {
            "until": stamp(asked.until),
            "reason": asked.reason,
            "asked_at": stamp(asked.asked_at),
        }
    return told


def change(row: HotlineChange) -> dict[str, Any]:
    """A change as the hotline takes it: the term then, the words that go with it, the reply where it stands."""
    case, step = followed(row.order), row.step
    found = Term(row.term)
    told: dict[str, Any] = {
        "cursor": row.seq,
        "order_no": row.order.number,
        "number": case.number,
        "at": stamp(step.at),
        "status": found.value,
        "status_text": in_chinese(found),
        "text": step.note if step.action in ("reply", "defer", "decide_deferral", "refuse") else "",
        "extension": None,
        "reply": None,
    }
    if step.action == "defer" and step.facts.get("kind") == DeferralKind.EXTENSION:
        told["extension"] = {"until": stamp(datetime.fromisoformat(step.facts["until"])), "reason": step.note}
    if (
        found in ANSWERED
        and row.round == case.round
        and term(case.state, verification=case.verification) in ANSWERED
    ):
        told["reply"] = reply(row.order, case)
    return told


def reply(order: HotlineOrder, case: Case) -> dict[str, Any]:
    """The answer to an order (回单): result, whether the caller was contacted, by whom. Who dealt with it is named as the
    house names its people to everybody. Two statements."""
    returned = case.state == State.NOT_ADMITTED
    reason, _sep, suggest = case.refusal.partition("\n该找谁：")
    contacted = _contacted(case)
    return {
        "returned": returned,
        "result": "" if returned else case.result,
        "reason": reason if returned else "",
        "suggested_unit": suggest if returned else "",
        "contacted": contacted is not None,
        "contacted_at": stamp(contacted),
        "solved": None if returned else True,
        "done_at": stamp(case.refused_at if returned else case.disposed_at),
        "unit": case.unit.name if case.unit is not None else "",
        "handler": _named(case.refused_by if returned else case.handler_id),
    }


def _contacted(case: Case) -> datetime | None:
    """When somebody of ours last spoke with the caller. One statement."""
    spoke = Q(action="inform", facts__outcome="reached") | Q(
        action="reply", facts__way__in=(Way.PHONE, Way.VISIT)
    )
    rows = CaseStep.objects.filter(spoke, case=case).order_by("-at", "-id")
    return rows.values_list("at", flat=True).first()


def _named(person: UUID | None) -> str:
    return dict(people.public_names([person])).get(person, "") if person is not None else ""


def stamp(at: datetime | None) -> str | None:
    """A moment as the hotline reads it: local time with its offset."""
    return localtime(at).isoformat(timespec="seconds") if at is not None else None


def in_chinese(found: Term | Handed) -> str:
    """The hotline's word, whatever language its program asks for."""
    with translation.override(settings.LANGUAGE_CODE):
        return str(found.label)


# ── on the desk ─────


@dataclass(frozen=True)
class Limit:
    """The two limits of a case of the hotline's: its own word, ours, and whose holds."""

    outer: datetime
    own: datetime | None
    theirs: bool


def limit(case: Case) -> Limit | None:
    """Which limit holds, and why; None where the hotline set none. No statement."""
    until = outer_limit(case.clocks)
    if until is None:
        return None
    own = own_limit(case.clocks)
    return Limit(until, own, own is None or until < own)


@dataclass(frozen=True)
class Shown:
    """The hotline's part in a case, for its page: its orders, newest last, and whether it has the answer."""

    orders: list[HotlineOrder]
    limit: Limit | None
    ready: bool
    owed: bool
    handed_by: str


def of_case(case: Case, reporters: Any) -> Shown | None:
    """``reporters``: those of the page, read already; without one of the hotline's nothing is asked. Two statements."""
    if not any(one.via == VIA for one in reporters):
        return None
    orders = list(
        HotlineOrder.objects.filter(Q(case=case) | Q(case__merged_into=case)).order_by("created_at", "id")
    )
    ready = term(case.state, verification=case.verification) in ANSWERED
    by = next((one.handed_by for one in reversed(orders) if one.handed_by is not None), None)
    waits = any(one.via == VIA and not one.told and not one.erased for one in reporters)
    return Shown(orders, limit(case), ready, ready and waits, _named(by))


def _answered(path: str, since: datetime | None, until: datetime | None) -> Q:
    """The cases at a path whose present answer came in [since, until); None bounds nothing."""

    def within(end: str) -> Q:
        bounds = {"gte": since, "lt": until}
        return Q(**{f"{path}{end}__{name}": at for name, at in bounds.items() if at is not None})

    refused = Q(**{f"{path}state": State.NOT_ADMITTED})
    return ready(path) & (refused & within("refused_at") | ~refused & within("disposed_at"))


def to_hand_over(
    actor: Actor, *, since: datetime | None = None, until: datetime | None = None, again: bool = False
) -> QuerySet[HotlineOrder]:
    """The orders whose answer belongs on a reply sheet, by when the result came: those that the hotline has not, or
    (``again``) all. None for whoever does not keep the hotline's orders."""
    if not may_import(actor):
        return HotlineOrder.objects.none()
    own = Q(case__merged_into__isnull=True) & _answered("case__", since, until)
    into = Q(case__merged_into__isnull=False) & _answered("case__merged_into__", since, until)
    rows = HotlineOrder.objects.filter(own | into, withdrawn_at__isnull=True).exclude(kind=OrderKind.URGE)
    if not again:
        rows = rows.exclude(
            handed_at__isnull=False, handed_round=Coalesce(F("case__merged_into__round"), F("case__round"))
        )
    return rows.order_by("created_at", "id")


def narrowed_by(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of ``to_hand_over`` as a run keeps them: its days, both included."""
    since, until = facts["since"], facts["until"]
    return {
        "since": day_start(date.fromisoformat(since)) if since else None,
        "until": day_start(date.fromisoformat(until) + timedelta(days=1)) if until else None,
        "again": bool(facts["again"]),
    }


def with_cases(orders: QuerySet[HotlineOrder]) -> QuerySet[HotlineOrder]:
    """The same with what ``standing`` reads of their cases."""
    return orders.select_related("case__unit", "case__merged_into__unit")


def sheets(actor: Actor) -> QuerySet[Any]:
    """The reply sheets of the county, newest first, for whoever keeps the hotline's orders."""
    return runs.of_kind(SHEET if may_import(actor) else "")


def sheet_standing(rows: Iterable[Any]) -> dict[UUID, tuple[int, datetime | None]]:
    """Sheet → (how many of its orders were marked by it, when last). One statement."""
    found = HotlineOrder.objects.filter(handed_run__in=[row.id for row in rows]).values("handed_run")
    counted = found.annotate(count=Count("id"), last=Max("handed_at")).order_by()
    return {row["handed_run"]: (row["count"], row["last"]) for row in counted if row["handed_run"]}


def taken_at() -> datetime | None:
    """When a platform took changes last. One statement."""
    return HotlineCursor.objects.values_list("taken_at", flat=True).first()
