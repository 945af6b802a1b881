"""The clocks of a case: frozen at admission, handed on at each dispatch, resting only while the reporter is asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from mulin.ground.calendar import queries as calendar
from mulin.ground.modes import queries as modes
from mulin.services.cases.models import Case
from mulin.services.cases.queries.limits import UNTYPED
from mulin.services.cases.rules import (
    ANSWER_DAYS,
    FINISHED,
    LIMITS,
    PAUSED,
    RUNNING,
    Holder,
    Source,
    State,
    Urgency,
    moved,
    step_due,
)
from mulin.services.cases.rules.clocks import (
    ASKED,
    DUES,
    EXTENDED,
    OUTER,
    RESPONSE,
    REST_STATE,
    STEP,
    STOPS,
    SUPERVISED,
    TOTAL,
    URGED,
    Rest,
    outer_limit,
    outer_limits,
    own_limit,
    rests_of,
    with_rests,
    yellow_at,
)
from mulin.services.catalogue import queries as catalogue


def limits(*, case: Case, level: str = "") -> catalogue.Limits:
    """The limits of the version under which the case was admitted, at its level and in its mode. One statement at most."""
    if case.matter_id is None:
        return UNTYPED
    return catalogue.limits(case.matter_id, level or case.level, case.mode)


def after(
    *, start: datetime, limit: catalogue.Limit, unit: UUID | None = None, rests: Sequence[Rest] = ()
) -> datetime:
    """When a limit that begins at ``start`` runs out, where its clock stood still in the ``rests``. So many working days end
    at the same hour of a later working day. One statement, none in elapsed time."""
    if limit.clock == "elapsed":
        return start + limit.span + sum((one.span for one in rests), timedelta())
    book = calendar.book()
    span = book.working_days(limit.days, unit) if limit.days is not None else limit.span
    span += sum((book.between(one.since, one.until, unit) for one in rests), timedelta())
    return book.due(start=start, span=span, clock=limit.clock, unit=unit).at


def _count(
    case: Case, name: str, start: datetime, limit: catalogue.Limit, unit: UUID | None = None
) -> datetime:
    """Count one of the case's clocks. How a working clock was counted is kept, so that it can be counted again: after a
    rest, and by a calendar that has changed."""
    kept = {key: value for key, value in case.clocks.items() if key != name}
    if limit.clock != "elapsed":
        told = {
            "start": start.isoformat(),
            "minutes": limit.span // timedelta(minutes=1),
            "unit": str(unit or ""),
        }
        kept[name] = told
    case.clocks = kept
    return after(start=start, limit=limit, unit=unit, rests=rests_of(kept, name, since=start))


def _again(case: Case, name: str) -> datetime | None:
    """A working clock counted again as it was begun; None where it is not known how."""
    told = case.clocks.get(name)
    if told is None:
        return None
    start, unit = datetime.fromisoformat(told["start"]), UUID(told["unit"]) if told["unit"] else None
    limit = catalogue.Limit(timedelta(minutes=told["minutes"]), "working")
    return after(start=start, limit=limit, unit=unit, rests=rests_of(case.clocks, name, since=start))


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
    """Another type has other limits: the total clock is counted anew from the admission, not from today; its rests and an
    extension that was granted stay."""
    if case.accepted_at is not None and case.matter_id is not None:
        _freeze(case, case.accepted_at, None)
        if EXTENDED in case.clocks and case.due_at is not None:
            case.due_at = max(case.due_at, datetime.fromisoformat(case.clocks[EXTENDED]))
            _within_outer(case)
        _step_again(case)


def _step_again(case: Case) -> None:
    """The step's clock by the limits of another type, from where the step (or the work in it) began."""
    found, in_hand = limits(case=case), case.state == State.IN_HAND
    since = case.step_since or case.accepted_at or case.reported_at
    start = max(since, case.taken_up_at or since) if in_hand else since
    due = _count(case, STEP, start, found.dispose if in_hand else found.accept, case.unit_id)
    case.step_due_at = step_due(step=due, total=case.due_at)


def _freeze(case: Case, start: datetime, holder: Holder | None) -> None:
    found = limits(case=case, level=holder.level if holder else "")
    unit = holder.to.unit if holder else case.unit_id
    case.due_at = _count(case, TOTAL, start, found.dispose, unit)
    _within_outer(case)
    if case.first_response_at is None:
        case.response_due_at = _count(case, RESPONSE, case.reported_at, found.first_response)


def begin_step(*, case: Case, now: datetime) -> None:
    """A new holder: time to take it up, never beyond the total clock."""
    case.step_since = now
    due = _count(case, STEP, now, limits(case=case).accept, case.unit_id)
    case.step_due_at = step_due(step=due, total=case.due_at)


def begin_work(*, case: Case, now: datetime) -> None:
    """It was taken up: time to dispose, never beyond the total clock. Without a type the step's clock runs on."""
    if case.matter_id is not None:
        due = _count(case, STEP, now, limits(case=case).dispose, case.unit_id)
        case.step_due_at = step_due(step=due, total=case.due_at)


def begin_in_hand(*, case: Case, now: datetime) -> None:
    """It comes back to whoever worked on it: nothing is to be taken up, the work goes on from now."""
    begin_step(case=case, now=now)
    begin_work(case=case, now=now)


def anew(*, case: Case, now: datetime) -> None:
    """A result did not hold: a new round has its own total clock; the old one stays in the steps and in the trail."""
    case.clocks = {name: told for name, told in case.clocks.items() if name in (SUPERVISED, URGED)}
    case.due_at = _count(case, TOTAL, now, limits(case=case).dispose, case.unit_id)
    case.step_since, case.step_due_at = now, case.due_at


def provisional(*, case: Case, now: datetime) -> None:
    """What a report has before it is admitted: the total clock counts anew, and so does the first answer if none was
    given."""
    case.due_at = now + LIMITS.total
    _within_outer(case)
    if case.first_response_at is None:
        case.response_due_at = now + LIMITS.handle


def verify_due(*, case: Case, now: datetime) -> datetime:
    """Until when somebody must have verified a result that came now."""
    return after(start=now, limit=limits(case=case).verify)


# ── rests ────────────────────────────────────────────────────────────────────────────────────────────────────────


def pause(*, case: Case, now: datetime) -> None:
    """The reporter was asked: the clocks rest."""
    case.paused_since = case.paused_since or now


def run_on(*, case: Case, now: datetime) -> timedelta:
    """The clocks run on after a question; every due time moves by the rest. Returns its length."""
    if case.paused_since is None:
        return timedelta()
    since, case.paused_since = case.paused_since, None
    rest(case=case, kind=ASKED, since=since, until=now)
    return now - since


def rest(*, case: Case, kind: str, since: datetime, until: datetime) -> None:
    """The clocks that this kind of rest stops stand still from ``since`` to ``until``: their due times move by it, those
    in working time by the working time that lies in it. A granted rest moves them at once, to where they will be."""
    case.clocks = with_rests(case.clocks, [*rests_of(case.clocks), Rest(kind, since, until)])
    _moved(case, kind, until - since)


def cut_rest(*, case: Case, now: datetime) -> None:
    """The rest that was granted last is over: one that ends early gives back what was not rested."""
    rests = rests_of(case.clocks)
    if rests and now < rests[-1].until:
        last = rests[-1]
        capped = outer_limit(case.clocks) is not None and case.step_due_at == case.due_at
        case.clocks = with_rests(case.clocks, [*rests[:-1], Rest(last.kind, last.since, now)])
        _moved(case, last.kind, now - last.until)
        if capped:  # it had not moved by the whole rest
            _step_uncut(case)


def _moved(case: Case, kind: str, rest: timedelta) -> None:
    stopped = STOPS[kind]
    if TOTAL in stopped:
        case.due_at = _again(case, TOTAL) or moved(own_limit(case.clocks) or case.due_at, rest)
        _within_outer(case)
        if EXTENDED in case.clocks:
            until = datetime.fromisoformat(case.clocks[EXTENDED]) + rest
            case.clocks = case.clocks | {EXTENDED: until.isoformat()}
    if STEP in stopped:
        case.step_due_at = _again(case, STEP) or moved(case.step_due_at, rest)
    if RESPONSE in stopped:
        case.response_due_at = _again(case, RESPONSE) or moved(case.response_due_at, rest)
    case.step_due_at = step_due(step=case.step_due_at, total=case.due_at)


def extend(*, case: Case, until: datetime) -> None:
    """The total clock moves to the day that was granted, and with it that of the work in hand; the time to take it up does
    not."""
    in_hand = case.state == State.IN_HAND
    gone = (TOTAL, STEP) if in_hand else (TOTAL,)
    kept = {name: told for name, told in case.clocks.items() if name not in gone}
    case.clocks = kept | {EXTENDED: until.isoformat()}
    case.due_at = until
    _within_outer(case)
    case.step_due_at = step_due(step=until if in_hand else case.step_due_at, total=case.due_at)


def limit_outside(*, case: Case, until: datetime | None, now: datetime, of: UUID | None = None) -> None:
    """A limit from outside (the hotline's): the total clock ends with it, or by its own where that is earlier. None takes it
    away. What the case says of its own clock is kept beside it.

    ``of``: the case for whose report it was set, where that was merged into this one: the earliest of all of them holds.
    """
    before, key = case.due_at, str(of or case.id)
    capped = case.step_due_at is not None and case.step_due_at == before
    limits = {one: told for one, told in outer_limits(case.clocks, str(case.id)).items() if one != key}
    limits |= {key: until.isoformat()} if until is not None else {}
    own = own_limit(case.clocks) or case.due_at
    case.clocks = {name: told for name, told in case.clocks.items() if name != OUTER}
    case.due_at = own
    if limits:
        first = min(limits.values(), key=datetime.fromisoformat)
        case.clocks = case.clocks | {OUTER: {"until": first, "own": None, "of": limits}}
        _within_outer(case)
    later = before is not None and case.due_at is not None and case.due_at > before
    if _held(case) == State.IN_HAND or (capped and later):  # it was the limit that had cut it short
        _step_uncut(case)
    case.step_due_at = step_due(step=case.step_due_at, total=case.due_at)
    look_at_once(case=case, now=now)


def look_at_once(*, case: Case, now: datetime) -> None:
    """Another limit may be over already: then ``tick`` looks at once."""
    if case.due_at is not None and case.due_at <= now and case.state in RUNNING:
        case.next_check_at = now


def _step_uncut(case: Case) -> None:
    """The step's clock where another limit held it: work in hand has the total clock's time, else what its step has."""
    held = _held(case)
    if held == State.IN_HAND:
        case.step_due_at = case.due_at
    elif held in RUNNING:
        _step_again(case)


def _held(case: Case) -> str:
    """In which state its work is; that to which it comes back, where it rests or was merged."""
    return case.resume_state if case.state in (*PAUSED, *REST_STATE.values(), State.MERGED) else case.state


def _within_outer(case: Case) -> None:
    """The total clock does not outlive a limit from outside; where ours would end is kept."""
    until = outer_limit(case.clocks)
    if until is None:
        return
    own = case.due_at.isoformat() if case.due_at else None
    case.clocks = case.clocks | {OUTER: case.clocks[OUTER] | {"own": own}}
    case.due_at = step_due(step=case.due_at, total=until)
    case.step_due_at = step_due(step=case.step_due_at, total=case.due_at)


def watch(*, case: Case, due: datetime | None) -> None:
    """An order from above is to be answered by then; None: it is answered."""
    kept = {name: told for name, told in case.clocks.items() if name != SUPERVISED}
    case.clocks = kept | ({SUPERVISED: due.isoformat()} if due is not None else {})


def recounted(*, case: Case) -> dict[str, tuple[datetime | None, datetime | None]]:
    """Count the clocks in working time again, as they were begun, by the calendar of now. Which moved: clock → (before,
    after). Writes the row's columns without saving it."""
    before = (case.due_at, case.step_due_at, case.response_due_at)
    case.due_at = _again(case, TOTAL) or own_limit(case.clocks) or case.due_at
    _within_outer(case)
    case.step_due_at = step_due(step=_again(case, STEP) or case.step_due_at, total=case.due_at)
    if case.first_response_at is None:
        case.response_due_at = _again(case, RESPONSE) or case.response_due_at
    after_ = (case.due_at, case.step_due_at, case.response_due_at)
    pairs = zip((TOTAL, STEP, RESPONSE), before, after_, strict=True)
    return {name: (was, is_) for name, was, is_ in pairs if was != is_}


# ── when tick has to look ────────────────────────────────────────────────────────────────────────────────────────


def schedule(*, case: Case, now: datetime) -> None:
    """When ``tick`` has to look at the case: at the next moment at which something falls due; never once it is over.

    A moment that has gone by and at which nobody has looked yet stays: nothing that is done meanwhile lets it be missed.
    """
    if case.state in FINISHED:
        case.next_check_at = None
    elif case.next_check_at is None or case.next_check_at > now:
        case.next_check_at = next_check(case=case, now=now)


def next_check(*, case: Case, now: datetime) -> datetime | None:
    """The first moment after ``now`` at which something of this case falls due."""
    waiting = [moment for _kind, moment in due_moments(case=case)]
    if case.paused_since is not None:
        waiting.append(case.paused_since + timedelta(days=ANSWER_DAYS))
    return min((moment for moment in waiting if moment > now), default=None)


def due_moments(*, case: Case) -> list[tuple[str, datetime]]:
    """What of this case falls due, and when, earliest first: (a code of rules.clocks.DUES, moment). Past ones too."""
    found: list[tuple[str, datetime | None]] = []
    if SUPERVISED in case.clocks:
        found.append(("supervision", datetime.fromisoformat(case.clocks[SUPERVISED])))
    if case.state in (State.WAITING, State.SHELVED):
        rests = rests_of(case.clocks)
        found.append(("rest", rests[-1].until if rests else None))
    if case.state in RUNNING:
        since = case.step_since
        if case.step_due_at is not None and since is not None and case.step_due_at > since:
            found += [("yellow", yellow_at(since=since, due=case.step_due_at)), ("step", case.step_due_at)]
        found.append(("total", case.due_at))
    waits = case.first_response_at is None and case.source != Source.PATROL
    if waits and case.state in (*RUNNING, State.WAITING, State.SHELVED):
        found.append(("response", case.response_due_at))
    known = [(kind, moment) for kind, moment in found if moment is not None]
    return sorted(known, key=lambda one: (one[1], DUES.index(one[0])))
