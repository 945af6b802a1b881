"""The clocks of a case: frozen at admission, handed on at each dispatch, resting only while the reporter is asked."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from mulin.ground.calendar import queries as calendar
from mulin.ground.modes import queries as modes
from mulin.services.cases.models import Case
from mulin.services.cases.rules import (
    ANSWER_DAYS,
    FINISHED,
    LIMITS,
    Holder,
    State,
    Urgency,
    moved,
    step_due,
)
from mulin.services.catalogue import queries as catalogue

UNTYPED: Final = catalogue.Limits(
    accept=catalogue.Limit(LIMITS.handle),
    first_response=catalogue.Limit(LIMITS.handle),
    dispose=catalogue.Limit(LIMITS.total),
    verify=catalogue.Limit(LIMITS.verify),
)
"""Until a matter type is known."""


def limits(*, case: Case, level: str = "") -> catalogue.Limits:
    """The limits of the version under which the case was admitted, at its level and in its mode. One statement at most."""
    if case.matter_id is None:
        return UNTYPED
    return catalogue.limits(case.matter_id, level or case.level, case.mode)


def after(*, start: datetime, limit: catalogue.Limit, unit: UUID | None = None) -> datetime:
    """When a limit that begins at ``start`` runs out. So many working days end at the same hour of a later working day."""
    span = calendar.working_days(limit.days, unit) if limit.days is not None else limit.span
    return calendar.due(start=start, span=span, clock=limit.clock, unit=unit).at


def admit(*, case: Case, now: datetime, holder: Holder | None = None) -> bool:
    """The first admission freezes what the type and the county's mode of this moment say; later ones change nothing.

    A case that stood in the emergency mode, or is one itself, keeps those limits. ``holder``: who is to get it first.
    Returns whether this is the first.
    """
    if case.accepted_at is not None:
        return False
    case.accepted_at = now
    emergency = case.urgency == Urgency.EMERGENCY
    case.mode = "emergency" if emergency else modes.mode_at(case.place_path, now)
    if case.matter_id is not None:
        _freeze(case, now, holder)
    return True


def reclassified(*, case: Case) -> None:
    """Another type has other limits: the total clock is counted anew from the admission, not from today."""
    if case.accepted_at is not None and case.matter_id is not None:
        _freeze(case, case.accepted_at, None)
        case.step_due_at = step_due(step=case.step_due_at, total=case.due_at)


def _freeze(case: Case, start: datetime, holder: Holder | None) -> None:
    found = limits(case=case, level=holder.level if holder else "")
    unit = holder.to.unit if holder else case.unit_id
    case.due_at = after(start=start, limit=found.dispose, unit=unit)
    if case.first_response_at is None:
        case.response_due_at = after(start=case.reported_at, limit=found.first_response)


def begin_step(*, case: Case, now: datetime) -> None:
    """A new holder: time to take it up, never beyond the total clock."""
    case.step_since = now
    if case.matter_id is None:
        due = now + LIMITS.handle
    else:
        due = after(start=now, limit=limits(case=case).accept, unit=case.unit_id)
    case.step_due_at = step_due(step=due, total=case.due_at)


def begin_work(*, case: Case, now: datetime) -> None:
    """It was taken up: time to dispose, never beyond the total clock. Without a type the step's clock runs on."""
    if case.matter_id is not None:
        due = after(start=now, limit=limits(case=case).dispose, unit=case.unit_id)
        case.step_due_at = step_due(step=due, total=case.due_at)


def begin_in_hand(*, case: Case, now: datetime) -> None:
    """It comes back to whoever worked on it: nothing is to be taken up, the work goes on from now."""
    begin_step(case=case, now=now)
    begin_work(case=case, now=now)


def anew(*, case: Case, now: datetime) -> None:
    """A result did not hold: a new round has its own total clock; the old one stays in the steps and in the trail."""
    if case.matter_id is not None:
        found = limits(case=case)
        case.due_at = after(start=now, limit=found.dispose, unit=case.unit_id)
    else:
        case.due_at = now + LIMITS.total
    case.step_since, case.step_due_at = now, case.due_at


def verify_due(*, case: Case, now: datetime) -> datetime:
    """Until when somebody must have verified a result that came now."""
    return after(start=now, limit=limits(case=case).verify)


def pause(*, case: Case, now: datetime) -> None:
    """The reporter was asked: the clocks rest."""
    case.paused_since = case.paused_since or now


def run_on(*, case: Case, now: datetime) -> timedelta:
    """The clocks run on; every due time moves by the rest. Returns its length."""
    if case.paused_since is None:
        return timedelta()
    rest = now - case.paused_since
    case.paused_since = None
    case.due_at, case.step_due_at = moved(case.due_at, rest), moved(case.step_due_at, rest)
    case.response_due_at = moved(case.response_due_at, rest)
    return rest


def schedule(*, case: Case, now: datetime) -> None:
    """When ``tick`` has to look at the case: at the next moment at which something falls due; never once it is over.

    A rest that a deferral granted ends at that deferral's time: ``decide_deferral`` passes it by setting it afterwards.
    """
    if case.state in FINISHED:
        case.next_check_at = None
        return
    if case.paused_since is not None:
        case.next_check_at = case.paused_since + timedelta(days=ANSWER_DAYS)
        return
    waiting = [case.due_at] if case.state not in (State.DISPOSED, State.VERIFIED) else []
    if case.state in (State.ASSIGNED, State.IN_HAND, State.RETURNED, State.DISPUTED):
        waiting.append(case.step_due_at)
    if case.first_response_at is None:
        waiting.append(case.response_due_at)
    coming = [moment for moment in waiting if moment is not None and moment > now]
    case.next_check_at = min(coming, default=None)
