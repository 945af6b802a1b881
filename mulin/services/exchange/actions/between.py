"""Whose turn it is between two communities: a to-do with a clock for the office of each side, a message to who proposed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from mulin.ground.notices import actions as notices
from mulin.ground.points.actions.desks import Desk, desk, due
from mulin.ground.territory import queries as territory
from mulin.ground.worklist import actions as worklist
from mulin.kernel.actor import Actor, system
from mulin.kernel.clock import local_day
from mulin.kernel.county import current_county
from mulin.services.exchange.models import Agreement, Netting
from mulin.services.exchange.rules.acceptance import NettingState
from mulin.services.exchange.rules.merchants import CLERKS, CONFIRM_DAYS

NETTING, AGREEMENT = "netting", "acceptance_agreement"
SIDES = ("netting_first", "netting_second")
LATE, ANSWER = "netting_late", "agreement_answer"
LATE_AFTER = timedelta(days=30)
"""A month that did not move for so long is asked about by the county."""


def turn(*, row: Netting, sides: Iterable[str], by: Actor, now: datetime) -> None:
    """It is the turn of these sides now, and of nobody else."""
    finish(row=row, by=by, now=now)
    for side in sides:
        kind = SIDES[side == row.second]
        _ask(kind, NETTING, row.id, _title(row), side, None, by, now)


def confirmed(*, row: Netting, side: str, by: Actor, now: datetime) -> None:
    """One side has done its part; the other one's clock runs on."""
    worklist.done(
        by=by, now=now, subject_kind=NETTING, subject_id=row.id, kinds=(SIDES[side == row.second], LATE)
    )


def finish(*, row: Netting, by: Actor, now: datetime) -> None:
    """Nobody's turn any more."""
    worklist.done(by=by, now=now, subject_kind=NETTING, subject_id=row.id)


def _title(row: Netting) -> str:
    names = territory.names_of_paths([row.first, row.second])
    return f"{names.get(row.first, row.first)}、{names.get(row.second, row.second)} · {row.month:%Y-%m}"


def _ask(
    kind: str,
    subject: str,
    key: UUID,
    title: str,
    path: str,
    but: UUID | None,
    by: Actor,
    now: datetime,
) -> None:
    """A to-do for the lowest office over a side at which somebody else than this person sits."""
    at = desk(path=path, barred={but} if but else ())
    if not at.role:
        at = Desk(CLERKS[-1], "/")
    worklist.put(
        by=by, now=now, kind=kind, subject_kind=subject, subject_id=key, title=title, role=at.role, path=at.path,
        due_at=due(now=now, days=CONFIRM_DAYS),
    )  # fmt: skip


def proposed(*, row: Agreement, other: str, by: Actor, now: datetime) -> None:
    """The other side answers."""
    names = territory.names_of_paths([row.first, row.second])
    title = "、".join(names.get(path, path) for path in (row.first, row.second))
    _ask(ANSWER, AGREEMENT, row.id, title, other, row.proposed_by, by, now)


def answered(*, row: Agreement, template: str, by: Actor, now: datetime) -> None:
    """It holds or is over: who proposed it is told, unless he did it himself."""
    worklist.done(by=by, now=now, subject_kind=AGREEMENT, subject_id=row.id)
    if row.proposed_by is not None and row.proposed_by != by.person:
        notices.tell(
            by=by, now=now, template=template, params={}, subject_kind=AGREEMENT, subject_id=row.id, person=row.proposed_by,
            key=f"{template}:{row.id}",
        )  # fmt: skip


def tend_nettings(*, now: datetime) -> int:
    """For ``tick``: a month that did not move for LATE_AFTER is the county's to ask about; an agreement whose days are over
    without an answer waits for none. How many."""
    by = system(current_county(), "tick")
    stuck = Netting.objects.exclude(state=NettingState.SETTLED).filter(turned_at__lte=now - LATE_AFTER)
    for row in stuck:
        worklist.put(
            by=by, now=now, kind=LATE, subject_kind=NETTING, subject_id=row.id, title=_title(row), role=CLERKS[-2],
            path="/", due_at=row.turned_at + LATE_AFTER,
        )  # fmt: skip
    over = Agreement.objects.filter(agreed_at__isnull=True, ended_on__isnull=True, ends_on__lt=local_day(now))
    gone = [
        worklist.done(by=by, now=now, subject_kind=AGREEMENT, subject_id=key)
        for key in over.values_list("id", flat=True)
    ]
    return len(stuck) + sum(gone)
