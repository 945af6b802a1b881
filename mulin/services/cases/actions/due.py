"""What ``tick`` does when something falls due: each moment exactly once, in order, however often and wherever it runs.

A batch of rows that nobody else has in hand is taken FOR UPDATE SKIP LOCKED, by ``next_check_at``. The deed, its mark
(``DueMark``) and the next look are one transaction: killed anywhere, all of it is there or nothing. Each case has a
savepoint of its own: one that cannot be dealt with is logged, tried again later and later, and stops nobody else. After days
without tick what was missed is done once each; a message that has become pointless is not sent.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from django.db import transaction
from django.utils.timezone import localtime

from mulin.kernel.actor import Actor, system
from mulin.kernel.clock import Clock, local_day, stopped
from mulin.kernel.county import current_county
from mulin.services.cases.actions import deferring, dispatching, happening, holding, steps, telling, timing
from mulin.services.cases.actions.apart import apart
from mulin.services.cases.models import Case, DueMark, Supervision
from mulin.services.cases.queries import routing
from mulin.services.cases.rules import (
    ANSWER_DAYS,
    COUNTY,
    Address,
    EscalationReason,
    State,
    Urgency,
    above,
)

BATCH: Final = 20
"""Rows in one transaction: whoever wants one of them waits no longer than for these."""
MOST: Final = 2000
"""Cases in one pass; the next pass goes on."""


def act_on_due(*, now: datetime, clock: Clock | None = None) -> int:
    """Act on what has fallen due in the county in force; each case is dealt with at the moment that ``clock`` says then,
    without one at ``now``. Returns how many deeds were done."""
    by, deeds, looked, clock = system(current_county(), "tick"), 0, 0, clock or stopped(now)
    while looked < MOST:
        taken, done = _batch(by, clock)
        looked, deeds = looked + taken, deeds + done
        if taken < BATCH:
            break
    return deeds


@transaction.atomic
def _batch(by: Actor, clock: Clock) -> tuple[int, int]:
    """(rows taken, deeds done). Questions that nobody answered are ``asking.ask_expired``'s."""
    now = clock()
    waiting = Case.objects.filter(next_check_at__lte=now).exclude(
        state=State.ASKED, paused_since__lte=now - timedelta(days=ANSWER_DAYS)
    )
    rows = waiting.select_for_update(no_key=True, skip_locked=True).order_by("next_check_at", "id")[:BATCH]
    taken = done = 0
    for row in rows:
        taken += 1
        done += apart(row=row, deed=partial(_look, row, by), now=clock())
    return taken, done


def _look(row: Case, by: Actor, now: datetime) -> int:
    """Everything of one case that has fallen due and was not acted on, the earliest first; then when to look again."""
    marked = set(DueMark.objects.filter(case=row).values_list("kind", "moment"))
    deeds = 0
    while True:
        missed = [one for one in timing.due_moments(case=row) if one[1] <= now and one not in marked]
        if not missed:
            break
        kind, moment = missed[0]
        marked.add((kind, moment))
        DueMark.objects.create(case=row, kind=kind, moment=moment, acted_at=now)
        row = DEEDS[kind](row, moment, by, now)
        deeds += 1
    row.next_check_at, row.check_tries = timing.next_check(case=row, now=now), 0
    row.save(update_fields=["next_check_at", "check_tries"])
    return deeds


# ── what is done ─────────────────────────────────────────────────────────────────────────────────────────────────


def _rest(row: Case, moment: datetime, by: Actor, now: datetime) -> Case:
    """The day that a wait or a shelving was granted until: the work goes on."""
    return deferring.resume(case=row, by=by, now=now, version=None)


def _yellow(row: Case, moment: datetime, by: Actor, now: datetime) -> Case:
    """The last quarter of the step's own time: its holder is told, unless it is too late for that already."""
    if row.step_due_at is not None and now < row.step_due_at:
        template = "work_urgent" if row.urgency == Urgency.EMERGENCY else "work_due_soon"
        telling.tell_holder(case=row, template=template, by=by, now=now)
    return row


def _step(row: Case, moment: datetime, by: Actor, now: datetime) -> Case:
    """Nobody took it up, or finished, in the step's time: it goes one level up by itself, the level below keeps sight of it.
    Where it cannot go up, and where another than the clerk above gets it, that clerk is asked to look into it."""
    above = _over(row)
    goes_up = row.state in (State.ASSIGNED, State.IN_HAND, State.RETURNED)
    if goes_up and routing.one_up(row, on=local_day(now)) is not None:
        reason = f"超过本级时限（{localtime(moment):%Y-%m-%d %H:%M}），自动升级"  # kept as written
        row = dispatching.escalate(
            case=row, code=EscalationReason.OVERDUE, reason=reason, by=by, now=now, version=None
        )
        if holding.held_by(case=row).role == above.role:
            return row
    else:
        _write(row, "step", moment, by, now)
    _ask_overdue(row, above, by, now)
    return row


def _total(row: Case, moment: datetime, by: Actor, now: datetime) -> Case:
    """The total clock has run out: the clerk above whoever holds it, at the top a leader, is to look into it. What nobody
    looked at at all does not climb: the one above the clerk who was asked before is."""
    _write(row, "total", moment, by, now)
    to = _over(row)
    if row.state == State.REPORTED and to.role in ("community_clerk", "street_clerk"):
        to = above(to.role, row.place_path)
    _ask_overdue(row, to, by, now)
    return row


def _response(row: Case, moment: datetime, by: Actor, now: datetime) -> Case:
    """Nobody has given the reporter an answer with content in time: whoever holds it is to."""
    _write(row, "response", moment, by, now)
    to = holding.held_by(case=row)
    steps.ask(case=row, kind="respond", to=to, by=by, now=now, person=row.handler_id)
    return row


def _supervision(row: Case, moment: datetime, by: Actor, now: datetime) -> Case:
    """An order from above was not answered in time: whoever gave it is told."""
    order = Supervision.objects.filter(case=row, signed_off_at__isnull=True, answered_at__isnull=True).first()
    if order is not None:
        _write(row, "supervision", moment, by, now)
        steps.ask(
            case=row, kind="supervision_late", to=Address("", row.place_path), by=by, now=now,
            title=f"督办超期：{row.title}", person=order.ordered_by,
        )  # fmt: skip
    return row


DEEDS: Final[dict[str, Callable[[Case, datetime, Actor, datetime], Case]]] = {
    "rest": _rest,
    "yellow": _yellow,
    "step": _step,
    "total": _total,
    "response": _response,
    "supervision": _supervision,
}


def _over(row: Case) -> Address:
    """The clerk above whoever holds it; above the county's clerks stand its leaders."""
    at_top = row.unit_id is None and (row.level == COUNTY or row.held_role == "county_clerk")
    return Address("leader", row.place_path or "/") if at_top else dispatching.over(row=row)


def _ask_overdue(row: Case, to: Address, by: Actor, now: datetime) -> None:
    steps.ask(case=row, kind="overdue", to=to, by=by, now=now, title=f"超期：{row.title}")


def _write(row: Case, kind: str, moment: datetime, by: Actor, now: datetime) -> None:
    """Step and deed of what moves nothing: the row's version stays, so that nobody's form grows stale by it."""
    facts: dict[str, Any] = {"kind": kind, "due": moment.isoformat()}
    happening.write_step(
        case=row, by=by, at=now, action="supervision_due" if kind == "supervision" else "overdue", from_state=row.state,
        to_state=row.state, system=by.system, public=False, facts=facts,
    )  # fmt: skip
    steps.record(case=row, verb="case.overdue", by=by, now=now, facts=facts)
