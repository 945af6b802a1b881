"""Whether a report is admitted (row 7b): accepted elsewhere; not admitted with reason and referral, and looked at again
by another person where its reporter appeals; taken back by its reporter."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotAllowed, Refused
from mulin.services.cases.actions import asking, dispatching, holding, receipts, steps, telling, timing
from mulin.services.cases.models import Case, CaseStep
from mulin.services.cases.rules import APPEAL_DAYS, Address, Holder, Refusal, State, above, level_of_role


@transaction.atomic
def refuse(
    *,
    case: UUID | Case,
    reason: str,
    where: str,
    by: Actor,
    now: datetime,
    version: int | None,
    code: str = Refusal.OTHER,
) -> Case:
    """A clerk does not admit a report, says why and where to turn, and the reporter is told."""
    row = steps.begin(case=case, action="refuse", by=by, version=version)
    why = steps.required(
        text=reason, code="no_reason", message=_("请写明不予受理的理由。"), field="reason", most=1000
    )
    whither = steps.required(
        text=where, code="no_where", message=_("请写明该找谁、怎么找。"), field="where", most=500
    )
    if code not in Refusal.values:
        raise Refused("code_unknown", _("请选择不予受理的理由。"), field="code")
    row.refusal_code = code
    row.refused_by, row.refused_at = by.person, now
    row.refusal = f"{why}\n该找谁：{whither}"  # kept as written, whatever language its reader chooses
    asking.rest_over(case=row, by=by, now=now)
    steps.settle(case=row, by=by, now=now)
    dispatching.end_parts(row=row, by=by, now=now)
    told = telling.tell(case=row, template="case_refused", by=by, now=now)
    before, row.state = row.state, State.NOT_ADMITTED
    telling.answered(case=row, told=told, by=by, now=now)
    return steps.finish(
        case=row,
        action="refuse",
        by=by,
        now=now,
        note=row.refusal,
        facts={**told.facts, "code": code},
        before=before,
    )


# ── the appeal ───────────────────────────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def appeal(*, receipt: str, reason: str, by: Actor, now: datetime) -> Case:
    """The reporter of a report that was not admitted asks, by his receipt, that another person look at it again.

    Once, within APPEAL_DAYS of the refusal. It goes to the clerk above whoever refused it.
    """
    held, row = receipts.begin(receipt=receipt, action="appeal")
    words = steps.required(
        text=reason, code="no_reason", message=_("请写为什么应当受理。"), field="reason", most=1000
    )
    if row.appealed_at is not None:
        raise Refused("appealed_already", _("已经申请过一次复核，结果写在上面。"), status=409)
    if row.refused_at is not None and now - row.refused_at > timedelta(days=APPEAL_DAYS):
        told = {"days": APPEAL_DAYS}
        raise Refused(
            "too_late", _("已超过 %(days)d 天，不能再申请复核；情况有变化可以重新报。") % told, status=409
        )
    row.appealed_at = now
    steps.settle(case=row, by=by, now=now, kinds=("call_or_visit",))  # he has read the refusal
    facts: dict[str, Any] = receipts.by_whom(held=held)
    done = steps.finish(case=row, action="appeal", by=by, now=now, note=words, facts=facts)
    steps.ask(case=row, kind="appeal", to=_above_refuser(row), by=by, now=now)
    return done


def _above_refuser(row: Case) -> Address:
    """The clerk above the one who refused it. One statement."""
    refused = CaseStep.objects.filter(case=row, action="refuse").order_by("-at", "-id")
    role = refused.values_list("role", flat=True).first() or "community_clerk"
    return above(role, row.place_path)


@transaction.atomic
def decide_appeal(
    *, case: UUID | Case, granted: bool, decision: str, by: Actor, now: datetime, version: int | None
) -> Case:
    """Somebody other than whoever refused it decides, with a reason that the reporter reads.

    Upheld: it stays not admitted. Granted: it waits to be screened like a new report, with the time that a new report has;
    what its clock was stays in the step.
    """
    telling.hold_orders(case=case)
    row = steps.begin(case=case, action="decide_appeal", by=by, version=version)
    if by.person is None or by.person == row.refused_by:
        raise NotAllowed(_("作出不予受理决定的人不能复核自己的决定。"))
    words = steps.required(
        text=decision, code="no_reason", message=_("请写明复核的理由。"), field="decision", most=1000
    )
    facts: dict[str, Any] = {"granted": granted}
    steps.settle(case=row, by=by, now=now)
    if granted:
        facts["due_before"] = row.due_at.isoformat() if row.due_at else None
        row.refusal = row.refusal_code = ""
        row.handler_id = row.accepted_at = row.taken_up_at = None
        row.level = ""  # nobody held it in the meantime
        telling.untell(case=row)
        timing.provisional(case=row, now=now)
        to = steps.clerk_for(case=row)
        holder = Holder(level_of_role(to.role), to)
        holding.hold(case=row, holder=holder, how="decide_appeal", by=by, now=now, why=words, kind="screen")
    told = telling.tell(case=row, template="case_appeal_decided", by=by, now=now)
    if told.call:
        telling.ask_to_call(case=row, by=by, now=now)
    return steps.finish(
        case=row, action="decide_appeal", by=by, now=now, note=words, facts=facts | told.facts,
        to=State.REPORTED if granted else State.NOT_ADMITTED,
    )  # fmt: skip


# ── taken back ───────────────────────────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def withdraw(*, receipt: str, by: Actor, now: datetime, reason: str = "") -> Case:
    """The reporter takes his report back by his receipt, which lets nobody do anything afterwards.

    A matter that others reported too, or that neighbours said concerns them, goes on without him.
    """
    held, row = receipts.begin(receipt=receipt, action="withdraw")
    held.withdrawn_at = now
    held.save(update_fields=["withdrawn_at"])
    facts: dict[str, Any] = receipts.by_whom(held=held)
    before = row.state
    others = bool(telling.reporters_of(case=row))
    goes_on = others or row.supports > 0
    if not goes_on:
        holding.keep_informed(case=row, why="withdrawn", by=by, now=now)
        asking.rest_over(case=row, by=by, now=now)
        steps.settle(case=row, by=by, now=now)
        dispatching.end_parts(row=row, by=by, now=now)
    elif before == State.ASKED and not others:
        before = row.resume_state or State.REPORTED  # nobody is left to answer
        asking.rest_over(case=row, by=by, now=now)
    return steps.finish(
        case=row, action="withdraw", by=by, now=now, note=reason.strip()[:500], facts=facts,
        to=before if goes_on else State.WITHDRAWN,
    )  # fmt: skip
