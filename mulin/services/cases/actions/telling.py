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
from mulin.services.cases.models import Case, CaseReporter, CaseStep
from mulin.services.cases.queries import routing
from mulin.services.cases.queries.lookup import with_merged
from mulin.services.cases.rules import State, Way

MOST_TOLD = 20
"""Nobody's case is everybody's message: so many colleagues at most get one."""


@dataclass(frozen=True)
class Told:
    """How the reporters learn of something. ``reached``: a message is on its way to them, or the receipt page is all they
    left us. ``call``: somebody has to call or visit them."""

    reached: tuple[UUID, ...] = ()
    call: tuple[UUID, ...] = ()
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
    No contact: ``page``.

    A case that staff found has no reporter and nobody to tell.
    """
    ways: set[str] = set()
    reached: list[UUID] = []
    call: list[UUID] = []
    rows = reporters_of(case=case)
    numbers = _numbers(case, rows)
    for one in rows:
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
    return Told(tuple(reached), tuple(call), {"told": sorted(ways)})


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


def informed(*, case: Case, now: datetime) -> None:
    """The reporters know: the first contact with content, and of a result that they were told. Two statements at most."""
    if case.first_response_at is None and _responds(case):
        case.first_response_at = now
    if case.state in (State.DISPOSED, State.VERIFIED) and case.informed_at is None:
        case.informed_at = now
        _whose(case.id).filter(told_at__isnull=True).update(told_at=now)


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
        _whose(case.id).update(told_at=None)


def answered(*, case: Case, told: Told, by: Actor, now: datetime) -> None:
    """Whoever a message reaches knows now; for the others somebody has to call or visit."""
    if not told.call:
        informed(case=case, now=now)
        return
    if told.reached:
        informed_of(case=case, reporters=told.reached, now=now)
    ask_to_call(case=case, by=by, now=now)


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


def untell(*, case: Case) -> None:
    """Nobody knows the next result yet. One statement."""
    _whose(case.id).update(told_at=None)


def untold(*, case: Case) -> list[CaseReporter]:
    """The reporters who have not been told the result yet. One statement."""
    return list(
        _whose(case.id).filter(told_at__isnull=True, withdrawn_at__isnull=True, erased_at__isnull=True)
    )


def ask_to_call(*, case: Case, by: Actor, now: datetime) -> None:
    """Nobody can be reached by message: a call-or-visit to-do for the handler, the grid's worker, or the clerk."""
    steps.ask(case=case, kind="call_or_visit", to=holding.held_by(case=case), by=by, now=now)
