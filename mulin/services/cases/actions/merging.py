"""Several reports of one matter are dealt with as one; each reporter keeps his receipt, follows and rates for himself."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from mulin.ground.worklist import actions as worklist
from mulin.ground.worklist import queries as work
from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotFound, Refused
from mulin.services.cases.actions import closing, dispatching, holding, steps, telling, timing
from mulin.services.cases.models import Case, CaseOfficer, CaseReporter, CaseStep, CaseUnit, HotlineOrder
from mulin.services.cases.permissions import may, may_see
from mulin.services.cases.queries import merging
from mulin.services.cases.rules import FINISHED, INTO, State
from mulin.services.cases.rules.clocks import outer_limit, outer_limits


@transaction.atomic
def merge_into(*, case: UUID | Case, number: str, by: Actor, now: datetime, version: int | None) -> Case:
    """A clerk who has compared both says that a report is about the same matter as another case, which goes on for both.

    What was to do about it and who held it is kept for ``unmerge``; its clocks are not touched, and a limit of the
    hotline's binds the other case too. Refused ("number"): a number that he does not know, a case that is not his, itself,
    one that is over or has its result, one that was merged itself (no chains); and where others were merged into this one.
    """
    key = case.id if isinstance(case, Case) else case
    telling.hold_orders(case=key)
    target = both(case=key, other=merging.id_of(number))
    row = steps.begin(case=key, action="merge_into", by=by, version=version)
    if target is None or not may_see(by, target):
        raise Refused("no_such_number", _("没有这个编号的案件，请核对。"), field="number")
    _fits(row, target, by)
    kept = {
        "todos": _work(row),
        "parts": _open(CaseUnit, row),
        "named": _open(CaseOfficer, row),
        "resume": row.resume_state,
        "check": row.next_check_at.isoformat() if row.next_check_at else "",
    }
    holding.keep_informed(case=row, why="merged", by=by, now=now)
    dispatching.end_parts(row=row, by=by, now=now)
    steps.settle(case=row, by=by, now=now)
    row.resume_state, row.merged_into = row.state, target
    facts = {"into": target.number, "into_id": str(target.id)}
    steps.finish(case=row, action="merge_into", by=by, now=now, facts=facts, kept=kept)
    telling.tell(case=row, template="case_merged", by=by, now=now)
    target.carried += 1
    if (until := outer_limit(row.clocks)) is not None:
        limit_for(case=target, of=row.id, until=until, by=by, now=now)
    _noted(target, "merged_here", row, by, now)
    return row


def both(*, case: UUID, other: UUID | None) -> Case | None:
    """Lock both rows, in the order of their ids; the other one."""
    rows = _rows(case, other or case)
    return rows.get(other) if other is not None else None


def going_on(*, case: UUID) -> Case | None:
    """The case in which a report is dealt with, locked: its own, or what it was merged into; then both are, in the order of
    their ids. Two statements."""
    into = Case.objects.filter(pk=case).values_list("merged_into", flat=True).first()
    rows = _rows(case, into or case)
    if case in rows and rows[case].merged_into_id != into:  # merged or parted at this moment
        into = rows[case].merged_into_id
        rows = _rows(case, into or case)
    return rows.get(into or case)


def _rows(*keys: UUID) -> dict[UUID, Case]:
    found = Case.objects.filter(pk__in=keys).select_for_update(no_key=True).order_by("id")
    return {row.id: row for row in found}


def limit_for(*, case: Case, of: UUID, until: datetime | None, by: Actor, now: datetime) -> None:
    """A limit of the hotline's binds a case: its own, or that of a report which was merged into it (``of``); None takes it
    away. Writes the row's columns without saving it. Hops and to-dos follow."""
    timing.limit_outside(case=case, until=until, now=now, of=of)
    timing.schedule(case=case, now=now)
    steps.follow_clocks(case=case, by=by, now=now)


def _work(row: Case) -> list[dict[str, Any]]:
    """Its open to-dos. What an order from above asks stays open, and is no part of what comes back."""
    orders = work.of_subject("case", row.id).filter(kind__in=steps.ORDERS)
    stays = {str(key) for key in orders.values_list("id", flat=True)}
    return [one for one in work.remembered(steps.subjects(case=row)) if one["id"] not in stays]


def _open(model: type[CaseUnit] | type[CaseOfficer], row: Case) -> list[str]:
    rows = model.objects.filter(case=row, until__isnull=True).order_by("id")
    return [str(key) for key in rows.values_list("id", flat=True)]


def _fits(row: Case, target: Case, by: Actor) -> None:
    if target.id == row.id:
        raise Refused("same_case", _("这就是它自己的编号，请填另一件的编号。"), field="number")
    if not may(by, "merge_into", target):
        raise Refused("not_yours", _("那一件不在您的辖区，请上一级来并案。"), field="number")
    if target.state == State.MERGED:
        raise Refused(
            "merged_itself", _("那一件自己也并到别的案件了，请并入最终办的那一件。"), field="number"
        )
    if target.state not in INTO:
        told = {"state": target.get_state_display()}
        raise Refused("over", _("那一件现在是“%(state)s”，不能再并入。") % told, field="number")
    if Case.objects.filter(merged_into=row.id).exists():
        raise Refused("has_merged", _("有别的反映并到了这一件，请反过来并，或先解除。"), status=409)


def _noted(target: Case, step: str, row: Case, by: Actor, now: datetime) -> None:
    """What happened to another report, in the story of the case that it was merged into: for staff."""
    told = {"other": row.number, "other_id": str(row.id)}
    steps.finish(case=target, action=step, by=by, now=now, note=row.number, public=False, facts=told)


@transaction.atomic
def unmerge(*, case: UUID | Case, reason: str, by: Actor, now: datetime, version: int | None) -> Case:
    """It was another matter after all: the report stands where it stood before, with its clocks, its holder and its to-dos,
    and its reporters are told. What was done about the other case meanwhile is not a result of this one."""
    key = case.id if isinstance(case, Case) else case
    into = Case.objects.filter(pk=key).values_list("merged_into", flat=True).first()
    telling.hold_orders(case=key)
    target = both(case=key, other=into)
    row = steps.begin(case=key, action="unmerge", by=by, version=version)
    words = steps.required(
        text=reason, code="no_reason", message=_("请写明为什么不是同一件事。"), field="reason", most=500
    )
    step = CaseStep.objects.filter(case=row, action="merge_into").order_by("-at", "-id").first()
    if step is None or target is None or row.merged_into_id != target.id:
        raise NotFound(_("没有这件事，或者您看不到它。"))
    kept = step.facts["kept"]
    CaseUnit.objects.filter(pk__in=kept["parts"]).update(until=None)
    CaseOfficer.objects.filter(pk__in=kept["named"]).update(until=None)
    worklist.set_back(by=by, now=now, subjects=(), items=kept["todos"])
    CaseReporter.objects.filter(case=row).update(told_at=None)
    HotlineOrder.objects.filter(case=row).update(handed="", handed_at=None)
    if kept["check"]:  # what fell due meanwhile is looked at now
        check = datetime.fromisoformat(kept["check"])
        row.next_check_at = min(check, row.due_at or check)
    to, row.resume_state, row.merged_into = row.resume_state, kept["resume"], None
    steps.finish(
        case=row, action="unmerge", by=by, now=now, note=words, to=to,
        facts={"from": target.number, "from_id": str(target.id)},
    )  # fmt: skip
    steps.follow_clocks(case=row, by=by, now=now)  # the hotline may have moved its limit meanwhile
    telling.tell(case=row, template="case_unmerged", by=by, now=now)
    target.carried -= 1
    if target.state not in FINISHED and str(row.id) in outer_limits(target.clocks, str(target.id)):
        limit_for(case=target, of=row.id, until=None, by=by, now=now)
    known = _all_know(target, by, now)
    _noted(target, "unmerged_here", row, by, now)
    if known:
        closing.close_if_told(row=target, by=by, now=now)
    return row


def _all_know(target: Case, by: Actor, now: datetime) -> bool:
    """Whether everybody who is left had been told the result before, so that nobody has to be called any more. Writes the
    row's column without saving it. Three statements at most."""
    done = target.state in (State.DISPOSED, State.VERIFIED)
    if not done or target.informed_at is not None or telling.untold(case=target):
        return False
    told = [one.told_at for one in telling.reporters_of(case=target) if one.told_at is not None]
    target.informed_at = max(told, default=target.disposed_at)
    steps.settle(case=target, by=by, now=now, kinds=("call_or_visit",))
    return True
