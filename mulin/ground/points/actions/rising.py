"""Nothing waits without a step above: a desk whose time is over hands on to the next level, at the top overseers see it.

Once from each level, in however many processes: a ``Rise`` says so. The first desk is told; the clock of the second begins
anew. Where nobody in the county sat at a counter who may, it is looked for again at every pass.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from mulin.ground.points.actions.desks import (
    TITLES,
    VACANT,
    WAITING,
    Desk,
    chinese,
    desk,
    due,
    oversee,
    put,
    vacate,
)
from mulin.ground.points.models import CallBack, Question, Review, ReviewPerson, Rise
from mulin.ground.points.queries import rising as read
from mulin.ground.points.queries.fairness import barred, not_answering, not_calling, not_pleading
from mulin.ground.points.rules.fairness import DAYS, OVERSEER, TOP, Matter, Pattern
from mulin.ground.trail.actions import record
from mulin.ground.worklist import actions as worklist
from mulin.kernel.actor import Actor, system
from mulin.kernel.county import current_county

log = logging.getLogger(__name__)
RISEN = "points_risen"


class Kind(NamedTuple):
    """How a kind of matter is locked, whom it concerns, above which level it begins, and what it is called."""

    locked: Callable[[UUID], Any]
    barred: Callable[[Any], set[UUID]]
    above: Callable[[Any], str]
    title: Callable[[Any], object]


def _locked(rows: QuerySet[Any], key: UUID) -> Any:
    return rows.select_for_update(of=("self",), no_key=True, skip_locked=True).filter(pk=key).first()


def _plea(key: UUID) -> ReviewPerson | None:
    """Its review is locked first, as everywhere."""
    review = ReviewPerson.objects.filter(pk=key).values_list("review", flat=True).first()
    if review is None or _locked(Review.objects.all(), review) is None:
        return None
    return ReviewPerson.objects.select_related("review").get(pk=key)


KINDS: Final[dict[str, Kind]] = {
    Matter.REVIEW: Kind(
        partial(_locked, Review.objects.all()), barred, lambda _row: "", lambda row: Pattern(row.kind).label
    ),
    Matter.PLEA: Kind(
        _plea, lambda row: not_pleading(row.review), lambda row: row.review.decided_as,
        lambda _row: TITLES[Matter.PLEA],
    ),
    Matter.QUESTION: Kind(
        partial(_locked, Question.objects.all()), not_answering, read.answered_as_before,
        lambda _row: TITLES[Matter.QUESTION],
    ),
    Matter.CALLBACK: Kind(
        partial(_locked, CallBack.objects.all()), lambda row: not_calling(row.transfer_id), lambda _row: "",
        lambda _row: TITLES[Matter.CALLBACK],
    ),
}  # fmt: skip


def rise_due(*, now: datetime) -> int:
    """For ``tick``: everything whose desk is over its time, or that lies with nobody. Each in a transaction of its own; one
    that fails is logged and stops no other. How many were moved or told of."""
    moved = 0
    for matter in Matter:
        for key in read.to_move(matter, now):
            try:
                moved += _one(matter, key, now)
            except Exception:  # noqa: BLE001, RUF100  (logged; one matter must not hold up the others)
                log.exception("%s %s could not be moved", matter, key)
    return moved


@transaction.atomic
def _one(matter: Matter, key: UUID, now: datetime) -> int:
    row = KINDS[matter].locked(key)
    if row is None or key not in read.to_move(matter, now, key=key):
        return 0  # another process has it, or it is settled
    by = system(current_county(), "tick")
    out = KINDS[matter].barred(row)
    if not row.role:
        at = desk(path=row.path, barred=out, strict=matter == Matter.REVIEW, above=KINDS[matter].above(row))
        if at.role:
            worklist.done(by=by, now=now, subject_kind=WAITING, subject_id=key, kinds=(VACANT,))
            return _lay(matter, row, at, by, now)
    if row.due_at > now or read.overseen(matter, key):
        return 0
    above = desk(path=row.path, barred=out, above=row.role) if row.role and row.role not in TOP else None
    if above is not None and above.role:
        _rise(matter, row, above, by, now)
        return _lay(matter, row, above, by, now)
    _rise(matter, row, Desk(OVERSEER, "/"), by, now)
    oversee(by=by, now=now, matter=matter, key=key, barred=out, due_at=row.due_at)
    if row.role and not desk(path=row.path, barred=out, above="", least=row.role).role:
        row.role = ""
        row.save(update_fields=["role"])
        vacate(by=by, now=now, key=key, due_at=row.due_at)
    return 1


def _lay(matter: Matter, row: Any, at: Desk, by: Actor, now: datetime) -> int:
    """Before another desk, with a clock of its own."""
    row.role, row.path, row.due_at = at.role, at.path, due(now=now, days=DAYS[matter])
    row.save(update_fields=["role", "path", "due_at"])
    put(by=by, now=now, matter=matter, key=row.pk, title=KINDS[matter].title(row), at=at, due_at=row.due_at)
    return 1


def _rise(matter: Matter, row: Any, to: Desk, by: Actor, now: datetime) -> None:
    """Write down that a desk's time was over, and tell it."""
    made = Rise.objects.create(
        matter=matter, subject=row.pk, role=row.role, path=row.path, to_role=to.role, to_path=to.path,
        was_due=row.due_at, at=now,
    )  # fmt: skip
    if row.role:
        title = chinese(words=KINDS[matter].title(row))
        worklist.copy(
            by=by, now=now, subject_kind=RISEN, subject_id=made.pk, title=title, why=RISEN, role=row.role,
            path=row.path,
        )  # fmt: skip
    facts: dict[str, Any] = {"from": row.role, "path": row.path, "to": to.role}
    record(
        by=by, now=now, verb="points.risen", subject_kind=f"points_{matter}", subject_id=row.pk, facts=facts
    )
