"""Who holds a case: by territory, by whoever took or was given it, and from when to when."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol
from uuid import UUID

from mulin.ground.worklist import actions as worklist
from mulin.kernel.actor import Actor
from mulin.services.cases.actions import steps, timing
from mulin.services.cases.models import Case, CaseOfficer, CaseUnit
from mulin.services.cases.rules import GRID, Address, Holder, Part, level_of_role


class Clock(Protocol):
    """Sets when the step that begins now is due."""

    def __call__(self, *, case: Case, now: datetime) -> None: ...


def in_grid(*, case: Case) -> Holder:
    """The holder that territory alone gives: the grid's workers, else the clerk of the place."""
    if case.grid_path:
        return Holder(GRID, Address("grid_worker", case.grid_path))
    to = steps.clerk_for(case=case)
    return Holder(level_of_role(to.role), to)


def held_by(*, case: Case) -> Address:
    """Whose to-do the case is now."""
    if case.held_role or case.unit_id:
        return Address(case.held_role, case.held_path, case.unit_id)
    return in_grid(case=case).to


def hold(
    *,
    case: Case,
    holder: Holder,
    how: str,
    by: Actor,
    now: datetime,
    why: str = "",
    person: UUID | None = None,
    kind: str = "handle",
    title: str = "",
    clock: Clock = timing.begin_step,
    rule: UUID | None = None,
) -> None:
    """Give the case to a holder: the hop before ends, a new one with its own step clock begins, its to-do is put.

    Writes the row's columns without saving it. The time that the holder before had it stays in his hop. ``clock`` sets
    the step's due time; ``rule`` is the version of the routing rule that says so. Three or four statements and the
    to-do's two, more where officers were named.
    """
    held = CaseUnit.objects.filter(case=case, part=Part.LEAD, until__isnull=True)
    ended = held.update(until=now, step_due_at=case.step_due_at)
    if not ended and case.level and not CaseUnit.objects.filter(case=case, part=Part.LEAD).exists():
        CaseUnit.objects.create(
            case=case, part=Part.LEAD, unit_id=case.unit_id, level=case.level, role=case.held_role,
            path=case.held_path, how="report", since=case.step_since or case.reported_at, until=now,
            step_due_at=case.step_due_at,
        )  # fmt: skip
    take_hold(case=case, holder=holder)
    case.handler_id = person
    clock(case=case, now=now)
    CaseUnit.objects.create(
        case=case, part=Part.LEAD, unit_id=case.unit_id, level=holder.level, role=holder.to.role,
        path=holder.to.path, how=how, why=why[:1000], since=now, step_due_at=case.step_due_at, rule_id=rule,
    )  # fmt: skip
    end_officers(case=case, by=by, now=now)
    steps.settle(case=case, by=by, now=now, kinds=("screen", "handle", "overdue", "decide"))
    steps.ask(
        case=case, kind=kind, to=holder.to, by=by, now=now, title=title, person=person, due_at=case.step_due_at
    )  # fmt: skip
    worklist.hand_on(
        by=by, now=now, subject_kind="case", subject_id=case.id, kinds=steps.OWED, path=holder.to.path, person=person,
        role="" if person else holder.to.role, unit=None if person else holder.to.unit,
    )  # fmt: skip


def end_officers(*, case: Case, by: Actor, now: datetime) -> None:
    """Whoever was named by name has nothing more to do with it. One statement, more only where somebody was."""
    named = list(CaseOfficer.objects.filter(case=case, until__isnull=True).values_list("id", flat=True))
    for key in named:
        worklist.done(by=by, now=now, subject_kind=steps.OFFICER, subject_id=key)
    if named:
        CaseOfficer.objects.filter(id__in=named).update(until=now)


def take_hold(*, case: Case, holder: Holder) -> None:
    """Write who holds the case into its columns."""
    case.level, case.unit_id = holder.level, holder.to.unit
    case.held_role, case.held_path = holder.to.role, holder.to.path


def worked(*, case: Case, by: Actor, now: datetime) -> None:
    """The lead unit really did something (row 19). One statement."""
    rows = CaseUnit.objects.filter(case=case, part=Part.LEAD, until__isnull=True, worked_at__isnull=True)
    rows.update(worked_at=now)


def keep_informed(*, case: Case, why: str, by: Actor, now: datetime) -> None:
    """Whoever holds it is to know, without having to do anything. One statement."""
    to = held_by(case=case)
    worklist.copy(
        by=by, now=now, subject_kind="case", subject_id=case.id, title=case.title, number=case.number, why=why,
        person=case.handler_id, role="" if case.handler_id else to.role, path=to.path,
        unit=None if case.handler_id else to.unit,
    )  # fmt: skip
