"""Whose turn it is between two communities: a to-do with a clock for the office of each side, a message to who proposed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from mulin.ground.points.actions.desks import due
from mulin.ground.territory import queries as territory
from mulin.ground.worklist import actions as worklist
from mulin.kernel.actor import Actor, system
from mulin.kernel.clock import local_day
from mulin.kernel.county import current_county
from mulin.services.exchange.actions import waiting
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
    about, due_at = _of_netting(row), due(now=now, days=CONFIRM_DAYS)
    finish(row=row, by=by, now=now)
    for side in sides:
        kind = SIDES[side == row.second]
        waiting.ask_office(path=side, barred=(), kind=kind, about=about, by=by, now=now, due_at=due_at)


def confirmed(*, row: Netting, side: str, by: Actor, now: datetime) -> None:
    """One side has done its part; the other one's clock runs on."""
    kinds = (SIDES[side == row.second], LATE)
    worklist.done(by=by, now=now, subject_kind=NETTING, subject_id=row.id, kinds=kinds)


def finish(*, row: Netting, by: Actor, now: datetime) -> None:
    """Nobody's turn any more."""
    worklist.done(by=by, now=now, subject_kind=NETTING, subject_id=row.id)


def _of_netting(row: Netting) -> waiting.Subject:
    return waiting.Subject(NETTING, row.id, f"{_names(row)} · {row.month:%Y-%m}")


def _names(row: Netting | Agreement) -> str:
    """The two communities."""
    names = territory.names_of_paths([row.first, row.second])
    return "、".join(names.get(path, path) for path in (row.first, row.second))


def proposed(*, row: Agreement, other: str, by: Actor, now: datetime) -> None:
    """The other side answers, by another person."""
    about = waiting.Subject(AGREEMENT, row.id, _names(row))
    barred, due_at = [row.proposed_by] if row.proposed_by else [], due(now=now, days=CONFIRM_DAYS)
    waiting.ask_office(path=other, barred=barred, kind=ANSWER, about=about, by=by, now=now, due_at=due_at)


def answered(*, row: Agreement, template: str, by: Actor, now: datetime) -> None:
    """It holds or is over: who proposed it is told, unless he did it himself."""
    worklist.done(by=by, now=now, subject_kind=AGREEMENT, subject_id=row.id)
    if row.proposed_by is not None and row.proposed_by != by.person:
        about = waiting.Subject(AGREEMENT, row.id, "")
        waiting.tell(persons=[row.proposed_by], template=template, about=about, by=by, now=now)


def tend_nettings(*, now: datetime) -> int:
    """For ``tick``: a month that did not move for LATE_AFTER is the county's to ask about; an agreement whose days are over
    without an answer waits for none. How many."""
    by = system(current_county(), "tick")
    stuck = Netting.objects.exclude(state=NettingState.SETTLED).filter(turned_at__lte=now - LATE_AFTER)
    for row in stuck:
        about = _of_netting(row)
        worklist.put(
            by=by, now=now, kind=LATE, subject_kind=about.kind, subject_id=about.key, title=about.title, role=CLERKS[-2],
            path="/", due_at=row.turned_at + LATE_AFTER,
        )  # fmt: skip
    over = Agreement.objects.filter(agreed_at__isnull=True, ended_on__isnull=True, ends_on__lt=local_day(now))
    gone = [
        worklist.done(by=by, now=now, subject_kind=AGREEMENT, subject_id=key)
        for key in over.values_list("id", flat=True)
    ]
    return len(stuck) + sum(gone)
