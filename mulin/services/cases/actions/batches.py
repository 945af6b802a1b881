"""One act for many cases: asked for once, each case moved in its own transaction, what cannot move listed with why."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from mulin.ground.runs import actions as runs
from mulin.ground.trail import actions as trail
from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotAllowed, Refused, Stale
from mulin.services.cases.actions import closing, dispatching, handling, undo, urging
from mulin.services.cases.models import Batch, BatchCase, Case
from mulin.services.cases.permissions import bulk_acts, office_of
from mulin.services.cases.queries import why_here
from mulin.services.cases.rules import (
    BROKEN_OFF,
    IN_THE_REQUEST,
    MOST_AT_ONCE,
    TAKEN_BACK,
    TRANSITIONS,
    UNDO_WITHIN,
    Outcome,
    SetBack,
    State,
)

KIND: Final = "cases.batch"
ACTS: Final[dict[str, Callable[..., Case]]] = {
    "accept": dispatching.accept,
    "take_up": handling.take_up,
    "dispatch": dispatching.dispatch,
    "name_officers": dispatching.name_officers,
    "urge": urging.urge,
    "close": closing.close,
}
_ONE: Final = ("grid", "place", "matter", "unit")
_MANY: Final = ("persons", "assists")
"""The arguments of these acts that are ids, one or several."""


def act_on_many(
    *,
    act: str,
    cases: Sequence[tuple[UUID, int]],
    told: Mapping[str, Any],
    by: Actor,
    now: datetime,
    clock: Callable[[], datetime],
    client_id: UUID,
) -> Batch:
    """Do one act to the (case, version as seen) given. Few are moved at once, many by a run in the background.

    ``told`` are the act's own arguments. The same ``client_id`` again finds the batch that is there. Refused without a
    case, beyond MOST_AT_ONCE, for an act that no duty of the actor's names (NotAllowed). What may not move is no refusal:
    it is listed with its reason, and the others stand.
    """
    if by.person is None or act not in bulk_acts(by):
        raise NotAllowed(_("这一步不由您批量来做。"))
    if not cases:
        raise Refused("no_case", _("请先选择要办的案件。"))
    if len(cases) > MOST_AT_ONCE:
        raise Refused("too_many", _("一次最多 %(most)d 件。") % {"most": MOST_AT_ONCE})
    try:
        batch, fresh = _ask(act, cases, told, by, now, client_id)
    except IntegrityError:  # pressed twice at the same moment
        return Batch.objects.get(client_id=client_id, made_by=by.person)
    if fresh and batch.run is None:
        perform(batch=batch.id, by=by, clock=clock)
        batch.refresh_from_db()
    return batch


@transaction.atomic
def _ask(
    act: str,
    cases: Sequence[tuple[UUID, int]],
    told: Mapping[str, Any],
    by: Actor,
    now: datetime,
    client_id: UUID,
) -> tuple[Batch, bool]:
    """The batch and whether it is new, with its rows, its deed and, for many, its run."""
    known = Batch.objects.filter(client_id=client_id).first()
    if known is not None:
        if known.made_by_id != by.person:
            raise Refused("not_yours", _("请重新打开页面再试。"), status=409)
        return known, False
    batch = Batch.objects.create(
        act=act, told=_as_json(told), client_id=client_id, made_by_id=by.person, path=office_of(by),
        size=len(cases), made_at=now,
    )  # fmt: skip
    BatchCase.objects.bulk_create(
        [BatchCase(batch=batch, case_id=key, version=version) for key, version in dict(cases).items()]
    )
    trail.record(
        by=by, now=now, verb="case.batch", subject_kind="case_batch", subject_id=batch.id,
        facts={"act": act, "cases": batch.size},
    )  # fmt: skip
    if batch.size > IN_THE_REQUEST:
        title = _("批量办理：%(act)s，%(size)d 件") % {"act": TRANSITIONS[act].words, "size": batch.size}
        asked = runs.ask(kind=KIND, title=title, by=by, now=now, facts={"batch": str(batch.id)})
        batch.run = asked.id
        batch.save(update_fields=["run"])
    return batch, True


def _as_json(told: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: [str(one) for one in value]
        if name in _MANY
        else str(value)
        if isinstance(value, UUID)
        else value
        for name, value in told.items()
    }


def _as_told(kept: Mapping[str, Any]) -> dict[str, Any]:
    told = dict(kept)
    told |= {name: UUID(told[name]) for name in _ONE if told.get(name)}
    return told | {name: [UUID(one) for one in told[name]] for name in _MANY if name in told}


def perform(
    *,
    batch: UUID,
    by: Actor,
    clock: Callable[[], datetime],
    progress: Callable[[int], None] | None = None,
) -> None:
    """Move the cases of a batch that still wait, one transaction each. Begun anew after a crash it goes on where it was:
    what a case became is written in the transaction that moved it."""
    row = Batch.objects.get(pk=batch)
    waiting = BatchCase.objects.filter(batch=row, outcome=Outcome.WAITING).order_by("case_id")
    told, who = _as_told(row.told), replace(by, batch=row.id)
    for key in list(waiting.values_list("id", flat=True)):
        _move(row, key, told, who, clock())
        if progress is not None:
            progress(row.size - waiting.count())
    Batch.objects.filter(pk=row.pk, finished_at__isnull=True).update(finished_at=clock())


@transaction.atomic
def _move(batch: Batch, key: UUID, told: Mapping[str, Any], by: Actor, now: datetime) -> None:
    """One case: moved, or refused with the reason. Whoever comes second finds nothing to do."""
    own = BatchCase.objects.select_for_update(no_key=True).filter(pk=key, outcome=Outcome.WAITING).first()
    if own is None:
        return
    before = undo.remembered(case=own.case_id) if batch.act in TAKEN_BACK else {}
    try:
        with transaction.atomic():
            moved = ACTS[batch.act](case=own.case_id, by=by, now=now, version=own.version, **told)
    except Stale:
        own.outcome, own.reason = Outcome.REFUSED, _("选好以后，这件事又被别人办过，所以没有动它。")
    except Refused as refused:
        own.outcome, own.reason = Outcome.REFUSED, str(refused.message)[:300]
    else:
        own.outcome, own.before, own.after = Outcome.DONE, before, moved.version
        if batch.act == "accept" and moved.state == State.RETURNED:
            own.reason = _("已受理，但没有派出去。%(why)s") % {"why": why_here(moved)[:250]}
    own.at = now
    own.save()


def make_batch(*, job: runs.Job) -> None:
    """What the background does for a large batch."""
    batch = Batch.objects.get(pk=UUID(job.run.facts["batch"]))
    job.show(0, of=batch.size)
    perform(batch=batch.id, by=job.by, clock=job.clock, progress=job.show)


def tend_batches(*, now: datetime) -> int:
    """Part of ``tick``: what a request that died left waiting is listed as not done, or not taken back, so that somebody
    does it anew."""
    found = 0
    lost = Batch.objects.filter(finished_at__isnull=True, run__isnull=True, made_at__lt=now - BROKEN_OFF)
    for batch in lost.order_by("id"):
        with transaction.atomic():
            left = BatchCase.objects.filter(batch=batch, outcome=Outcome.WAITING)
            found += left.update(outcome=Outcome.REFUSED, reason=_("办到一半中断了，请重新办。"), at=now)
            Batch.objects.filter(pk=batch.pk).update(finished_at=now)
    half = BatchCase.objects.filter(
        ~Q(before={}), outcome=Outcome.DONE, set_back="", batch__undo_run__isnull=True,
        batch__undo_at__lt=now - BROKEN_OFF,
    )  # fmt: skip
    return found + half.update(
        set_back=SetBack.REFUSED, set_back_reason=_("撤回到一半中断了，没有撤回。要改的请逐件办。")
    )


def forget_before(*, now: datetime) -> int:
    """Part of ``tick``: what cases were before a batch is kept only as long as the batch can be taken back. Returns how many
    rows were emptied."""
    past = now - UNDO_WITHIN - BROKEN_OFF  # whoever asked at the last moment has his request served
    over = Q(batch__undo_at__isnull=True, batch__made_at__lt=past) | ~Q(set_back="")
    kept = BatchCase.objects.filter(~Q(before={})).filter(over)
    return kept.update(before={})


@transaction.atomic
def erase_batches(*, person: UUID, by: Actor, now: datetime) -> dict[str, int]:
    """The erasure hook: a person's batches no longer say that they were his; what he wrote with them goes."""
    rows = Batch.objects.filter(made_by=person).update(made_by=None, told={})
    Batch.objects.filter(undo_by=person).update(undo_by=None)
    return {"cases_batch": rows}
