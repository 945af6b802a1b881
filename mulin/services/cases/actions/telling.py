"""How the reporters of a case learn of what became of it, and whoever holds it of what is asked of him."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from mulin.citus.kept import Kept
from mulin.ground.notices import actions as notices
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.kernel.secrets import decrypt
from mulin.services.cases.actions import holding, steps
from mulin.services.cases.models import Case, CaseReporter, CaseStep, HotlineOrder
from mulin.services.cases.queries import routing
from mulin.services.cases.queries.lookup import with_merged
from mulin.services.cases.rules import LIMITS, Address, Source, State, Way, hotline
from mulin.services.cases.rules.clocks import outer_limit
from mulin.services.cases.rules.hotline import VIA

ANSWER_HOTLINE = "answer_hotline"
QUESTION = "case_asked"
MOST_TOLD = 20
"""Nobody's case is everybody's message: so many colleagues at most get one."""


@dataclass(frozen=True)
class Told:
    """How the reporters learn of something. ``reached``: a message is on its way to them, or the receipt page is all they
    left us. ``call``: somebody has to call or visit them. ``hotline``: the 12345 hotline tells them."""

    reached: tuple[UUID, ...] = ()
    call: tuple[UUID, ...] = ()
    hotline: tuple[UUID, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)


def reporters_of(*, case: Case) -> list[CaseReporter]:
    """Who reported it, those of merged cases too, in the order of their ids. One statement."""
    return _REPORTERS(case=case.id)


def _numbers(case: Case, rows: list[CaseReporter]) -> dict[UUID, str]:
    """The public number of each reporter's own case. A statement only where cases were merged into this one."""
    others = {one.case_id for one in rows} - {case.id}
    merged = Case.objects.filter(pk__in=others).values_list("id", "number") if others else ()
    return {case.id: case.number, **dict(merged)}


def _whose(case: UUID) -> QuerySet[CaseReporter]:
    """The reporters of a case and of what was merged into it."""
    return CaseReporter.objects.filter(case__in=with_merged(case))


_REPORTERS: Kept[CaseReporter] = Kept(
    lambda case: _whose(case).filter(withdrawn_at__isnull=True).order_by("id")
)


def tell(*, case: Case, template: str, by: Actor, now: datetime) -> Told:
    """Write the message to each reporter, about his own report. Nobody reachable by message but with a phone: ``call``.
    No contact: ``page``. Whom the hotline tells gets no message of ours, but a QUESTION is asked by whoever works on it.

    A case that staff found has no reporter and nobody to tell.
    """
    ways: set[str] = set()
    reached: list[UUID] = []
    call: list[UUID] = []
    there: list[UUID] = []
    rows = reporters_of(case=case)
    numbers = _numbers(case, rows)
    for one in rows:
        if one.via == VIA and template != QUESTION:
            ways.add(VIA)
            there.append(one.id)
            continue
        phone = decrypt(one.phone_sealed, bound_to="case_reporter.phone")
        reach = notices.tell(
            by=by,
            now=now,
            template=template,
            params={"number": numbers[one.case_id]},
            subject_kind="case",
            subject_id=one.case_id,
            key=f"{template}:{case.id}:{case.version}:{one.id}",
            person=one.person_id,
            phone=phone,
            link=receipt_path(receipt=one.receipt),
        )
        ways |= ({"in_app"} if reach.in_app else set()) | set(reach.outside)
        if reach.none:
            ways.add("call_or_visit" if phone else "receipt_page")
        (call if reach.none and phone else reached).append(one.id)
    return Told(tuple(reached), tuple(call), tuple(there), {"told": sorted(ways)})


def tell_holder(*, case: Case, template: str, by: Actor, now: datetime) -> None:
    """Write a message to whoever holds the case: the person who has it in hand, else everybody who could take it up."""
    persons = [case.handler_id] if case.handler_id else routing.staff_for(case, on=local_day(now))
    for person in persons[:MOST_TOLD]:
        notices.tell(
            by=by, now=now, template=template, params={"number": case.number}, subject_kind="case",
            subject_id=case.id, key=f"{template}:{case.id}:{case.version}:{person}", person=person,
        )  # fmt: skip


def receipt_path(*, receipt: str) -> str:
    """The address at which the holder of a receipt follows the case."""
    return f"/r/{receipt}/"


def informed(*, case: Case, now: datetime, owed: bool | None = None) -> None:
    """The reporters know: the first contact with content, and of a result that they were told. What is owed to the hotline
    stays owed (``owed``: whether anything is, where that is known). Three statements at most."""
    if case.first_response_at is None and _responds(case):
        case.first_response_at = now
    if case.state in (State.DISPOSED, State.VERIFIED) and case.informed_at is None:
        _whose(case.id).filter(told_at__isnull=True).exclude(via=VIA).update(told_at=now)
        if not (hotline_owed(case=case) if owed is None else owed):
            case.informed_at = now


def _responds(case: Case) -> bool:
    """Whether there was anything to tell but a question: to ask is no response. A statement only while it is asked."""
    return case.state != State.ASKED or CaseStep.objects.filter(case=case, action="reply").exists()


def not_informed(*, case: Case) -> None:
    """Take back what ``informed`` noted, where nothing but a message stood behind it. Two statements at most."""
    if case.first_response_at is not None:
        words = CaseStep.objects.filter(
            case=case, at=case.first_response_at, action__in=("reply", "dispose", "refuse")
        )
        if any(one.facts.get("way", Way.MESSAGE) == Way.MESSAGE for one in words):
            case.first_response_at = None
    if case.informed_at is not None:
        case.informed_at = None
        _whose(case.id).exclude(via=VIA).update(told_at=None)


def answered(*, case: Case, told: Told, by: Actor, now: datetime) -> None:
    """Whoever a message reaches knows now; for the others somebody has to call or visit, or answer the hotline."""
    if not told.call and not told.hotline:
        informed(case=case, now=now, owed=False)
        return
    if told.reached:
        informed_of(case=case, reporters=told.reached, now=now)
    if told.call:
        ask_to_call(case=case, by=by, now=now)
    if told.hotline:
        owe_hotline(case=case, by=by, now=now)


def informed_of(*, case: Case, reporters: Sequence[UUID], now: datetime) -> bool:
    """These reporters know of the result (or of the answer); whether everybody does now. Two statements at most.

    The first one who is told counts as the response; the result counts as told only when it was told to everybody.
    """
    if case.first_response_at is None and _responds(case):
        case.first_response_at = now
    if case.state not in (State.DISPOSED, State.VERIFIED):
        return False
    _whose(case.id).filter(id__in=reporters, told_at__isnull=True).update(told_at=now)
    if untold(case=case):
        return False
    case.informed_at = case.informed_at or now
    return True


def hold_orders(*, case: UUID | Case) -> None:
    """Lock the hotline's orders of a case, and of what was merged into it, before the case itself: for acts after which the
    hotline is to be answered anew. Whoever takes its answers holds them in this order too. One statement."""
    key = case.id if isinstance(case, Case) else case
    rows = HotlineOrder.objects.filter(case__in=with_merged(key)).order_by("id")
    list(rows.select_for_update(no_key=True, of=("self",)).values_list("id", flat=True))


def untell(*, case: Case) -> None:
    """Nobody knows the next result yet, the hotline neither: ``hold_orders`` came before. Two statements."""
    _whose(case.id).update(told_at=None)
    HotlineOrder.objects.filter(case__in=with_merged(case.id)).update(handed="", handed_at=None)


def untold(*, case: Case) -> list[CaseReporter]:
    """The reporters who have not been told the result yet. One statement."""
    return list(
        _whose(case.id).filter(told_at__isnull=True, withdrawn_at__isnull=True, erased_at__isnull=True)
    )


def hotline_owed(*, case: Case) -> bool:
    """Whether an answer to the hotline is still to be given. One statement."""
    return any(one.via == VIA for one in untold(case=case))


def owe_hotline(*, case: Case, by: Actor, now: datetime) -> None:
    """An answer is there that the hotline has not taken yet: a to-do by its limit, for whoever keeps the hotline's orders.
    It ends when the platform takes the answer, or a clerk hands the reply sheet over."""
    if hotline.term(case.state, verification=case.verification) not in hotline.ANSWERED:
        return
    until = outer_limit(case.clocks)
    number = f" {case.external_no}" if case.source == Source.HOTLINE else ""
    steps.ask(
        case=case, kind=ANSWER_HOTLINE, to=Address("county_clerk", "/"), by=by, now=now,
        title=f"答复12345工单{number}：{case.title}", due_at=until or now + LIMITS.contact,
    )  # fmt: skip


def hotline_knows(*, case: Case, reporters: Sequence[UUID], by: Actor, now: datetime) -> None:
    """The hotline has the answer for these callers: they count as told, the to-do ends once it has all. Writes the row's
    columns without saving it. Four statements at most."""
    if case.state in (State.DISPOSED, State.VERIFIED):
        informed_of(case=case, reporters=reporters, now=now)
    else:
        _whose(case.id).filter(id__in=reporters, told_at__isnull=True).update(told_at=now)
        if case.first_response_at is None and _responds(case):
            case.first_response_at = now
    if not hotline_owed(case=case):
        steps.settle(case=case, by=by, now=now, kinds=(ANSWER_HOTLINE,))


def ask_to_call(*, case: Case, by: Actor, now: datetime) -> None:
    """Nobody can be reached by message: a call-or-visit to-do for the handler, the grid's worker, or the clerk."""
    steps.ask(case=case, kind="call_or_visit", to=holding.held_by(case=case), by=by, now=now)
