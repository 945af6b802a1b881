"""What was asked of a case's clocks, and which order from above stands, for its page."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from mulin.ground.people import queries as people
from mulin.ground.worklist import queries as work
from mulin.services.cases.models import Case, Deferral, Exclusion, Supervision
from mulin.services.cases.rules import DeferralKind, ExclusionReason
from mulin.services.cases.rules.clocks import EXTENDED, RESTS, SUPERVISED


@dataclass(frozen=True)
class Asked:
    """An extension, a wait or a shelving as a page shows it. ``state`` in words with their ``tone``."""

    kind: str
    state: str
    tone: str
    until: datetime
    reason: str
    basis: str
    document: str
    due_before: datetime | None
    ended_at: datetime | None
    asked_by: str
    decided_by: str
    decision: str


@dataclass(frozen=True)
class Order:
    """An order from above that is not signed off: ``light`` of its deadline while no answer is there."""

    text: str
    due_at: datetime
    ordered_by: str
    answer: str
    answered_by: str
    light: str


@dataclass(frozen=True)
class LeftOut:
    """That a case is left out of the rates, or is to be: ``decided_by`` '' while nobody has decided."""

    why: str
    reason: str
    asked_by: str
    decided_by: str
    decision: str


@dataclass(frozen=True)
class Beside:
    """What stands beside the clocks."""

    asked: list[Asked]
    order: Order | None
    left_out: LeftOut | None


def beside_clocks(case: Case, kinds: Collection[str], now: datetime) -> Beside:
    """The deferrals of a case, newest first, its open order, and its exclusion. ``kinds`` of its open to-dos say whether
    there is any: no statement where there is none, else four at most."""
    asked: list[Deferral] = []
    order = left_out = None
    if "decide" in kinds or EXTENDED in case.clocks or RESTS in case.clocks:
        asked = list(Deferral.objects.filter(case=case).order_by("-asked_at", "-id"))
    if SUPERVISED in case.clocks or "supervision" in kinds:
        order = Supervision.objects.filter(case=case, signed_off_at__isnull=True).first()
    if "exclusion" in kinds or case.excluded_at is not None:
        left_out = Exclusion.objects.filter(Q(decided_at__isnull=True) | Q(granted=True), case=case).first()
    persons = {one.asked_by for one in asked} | {one.decided_by for one in asked if one.decided_by}
    if order is not None:
        persons |= {order.ordered_by} | ({order.answered_by} if order.answered_by else set())
    if left_out is not None:
        persons |= {left_out.asked_by} | ({left_out.decided_by} if left_out.decided_by else set())
    names = people.public_names(persons) if persons else {}
    open_one = "decide" in kinds
    return Beside(
        [_asked(one, names, open_one) for one in asked],
        _order(order, names, now) if order else None,
        _left_out(left_out, names) if left_out else None,
    )


def _left_out(row: Exclusion, names: dict[UUID, str]) -> LeftOut:
    return LeftOut(
        why=str(ExclusionReason(row.code).label),
        reason=row.reason,
        asked_by=names.get(row.asked_by, ""),
        decided_by=names.get(row.decided_by, "") if row.decided_by else "",
        decision=row.decision,
    )


def _asked(row: Deferral, names: dict[UUID, str], open_one: bool) -> Asked:
    state, tone = _("没有批准"), "neutral"
    if row.granted is None:
        state, tone = (_("等审批"), "warn") if open_one else (_("换了承办，没有审批"), "neutral")
    elif row.granted:
        over = row.ended_at is not None
        state, tone = (_("已结束"), "neutral") if over else (_("已批准"), "good")
    return Asked(
        kind=str(DeferralKind(row.kind).label),
        state=state,
        tone=tone,
        until=row.until,
        reason=row.reason,
        basis=row.basis,
        document=row.document,
        due_before=row.due_before if row.granted else None,
        ended_at=row.ended_at,
        asked_by=names.get(row.asked_by, ""),
        decided_by=names.get(row.decided_by, "") if row.decided_by else "",
        decision=row.decision,
    )


def _order(row: Supervision, names: dict[UUID, str], now: datetime) -> Order:
    light = work.light_at(
        opened_at=row.ordered_at, due_at=row.due_at, paused_since=None, now=row.answered_at or now
    )
    return Order(
        text=row.text,
        due_at=row.due_at,
        ordered_by=names.get(row.ordered_by, ""),
        answer=row.answer,
        answered_by=names.get(row.answered_by, "") if row.answered_by else "",
        light=light,
    )
