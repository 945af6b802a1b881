"""Walking: begin, find, finish; or say why nobody went. Each by whoever is meant to, each once, however often it is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from mulin.ground.trail import actions as trail
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from mulin.services.cases import actions as cases
from mulin.services.patrols.actions.ending import close_work
from mulin.services.patrols.models import PatrolFinding, PatrolTask, PatrolTurn
from mulin.services.patrols.permissions import may_explain, may_fix, may_walk, task_openings
from mulin.services.patrols.rules import (
    FINISHED,
    GRID_STAFF,
    LINE_LENGTH,
    MAY_FINISH,
    MOST_WORDS,
    SOURCE,
    UNIT_STAFF,
    WHO_EXPLAINS,
    WHO_WALKS,
    Answer,
    Reason,
    TaskState,
    Walker,
    answered,
    still_walkable,
)


@transaction.atomic
def begin(*, task: UUID, answers: Mapping[int, str], by: Actor, now: datetime) -> PatrolTask:
    """Keep what was ticked so far, and when the walk was first heard of. Nobody has to: a walk may also be finished at once.

    Refused once it is finished, missed or withdrawn, before its day, and when the time for writing it down has passed.
    """
    row = _walked(task, by, now)
    if row.state != TaskState.PLANNED:
        raise _not_now(row)
    row.checklist = answered(row.checklist, answers)
    _start(row, by, now)
    row.save()
    return row


@transaction.atomic
def finish(
    *, task: UUID, by: Actor, now: datetime, answers: Mapping[int, str] | None = None, note: str = ""
) -> PatrolTask:
    """The walk is over: done where something was found, else nothing was. One tap; again changes nothing.

    Refused where a line of the checklist says that something is wrong and nothing was written down about it, and for
    whatever ``begin`` is refused; a missed walk may still be made up for while its window is open.
    """
    row = _walked(task, by, now, again=FINISHED)
    if row.state in FINISHED:
        return row
    if row.state not in MAY_FINISH:
        raise _not_now(row)
    row.checklist = answered(row.checklist, answers or {})
    found = PatrolFinding.objects.filter(task=row).exists()
    if not found and any(answer == Answer.PROBLEM for _line, answer in row.checklist):
        words = _("有一条标了“有问题”：请点“发现了问题”写下来，或者改成“正常”。")
        raise Refused("nothing_told", words, field="checklist")
    row.note = _short(note, "note")
    row.state = TaskState.DONE if found else TaskState.NOTHING_FOUND
    row.reason = row.reason_words = ""
    _end(row, by, now)
    _record(row, "patrol.finished", by, now, state=str(row.state), late=now > row.due_at)
    return row


@transaction.atomic
def miss(*, task: UUID, reason: str, words: str = "", by: Actor, now: datetime) -> PatrolTask:
    """Nobody goes, or went; and why. By whoever should have, or a clerk for him. The same said again changes nothing.

    Refused before its day, with findings written down, for "another reason" without words, and once it is finished.
    """
    row = _row(task, by)
    if not may_explain(by, row, named=_named(row, by)):
        raise NotAllowed(str(WHO_EXPLAINS))
    if reason not in Reason.values:
        raise Refused("no_reason", _("请选一个原因。"), field="reason")
    words = _short(words, "words")
    if reason == Reason.OTHER and not words:
        raise Refused("no_words", _("请写一句是什么原因。"), field="words")
    if row.state == TaskState.MISSED and (row.reason, row.reason_words) == (reason, words):
        return row
    if row.state != TaskState.PLANNED:
        raise _not_now(row)
    if row.day > local_day(now):
        raise Refused("too_early", _("还没到这一天。"), status=409)
    if PatrolFinding.objects.filter(task=row).exists():
        raise Refused("found", _("这次已经记下了发现，请点“走完了”。"), status=409)
    row.state, row.reason, row.reason_words = TaskState.MISSED, reason, words
    _end(row, by, now)
    _record(row, "patrol.missed", by, now, reason=str(reason), late=now > row.due_at)
    return row


# ── findings ─────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Found:
    """A finding and its case. ``again``: a resend found it."""

    finding: PatrolFinding
    case: Any
    again: bool = False


@transaction.atomic
def find(
    *,
    task: UUID,
    client_id: UUID,
    text: str,
    by: Actor,
    now: datetime,
    fixed: bool = False,
    result: str = "",
    note: str = "",
    place: UUID | None = None,
    lon: float | None = None,
    lat: float | None = None,
    accuracy: float | None = None,
    place_text: str = "",
    photos: Sequence[Any] = (),
) -> Found:
    """Something was found: it is a case at once, reported, or (by grid staff in their own grid) found and fixed.

    The same ``client_id`` with the same words is the same finding, however often it comes; with other words it is refused
    (409). Without a place it lies in the division of the task. A walk where nothing had been found becomes one where
    something was; a missed one whose window is open is done after all. Refused as ``begin``, and as cases refuse.
    """
    row = _walked(task, by, now, again=FINISHED, resent=client_id)
    if fixed and not may_fix(by, row):
        raise Refused("not_your_grid", _("“当场解决”只在自己的网格里记；请改为上报。"), field="fixed")
    told: dict[str, Any] = {
        "by": by,
        "now": now,
        "client_id": client_id,
        "text": text,
        "place": place or _place(row, has_point=lon is not None),
        "lon": lon,
        "lat": lat,
        "accuracy": accuracy,
        "place_text": place_text,
        "photos": photos,
    }
    made = cases.found_and_fixed(result=result, **told) if fixed else cases.report(source=SOURCE, **told)
    known = PatrolFinding.objects.filter(client_id=client_id).first()
    if known is not None:
        if known.task_id != row.id:
            raise Refused("client_id_taken", _("这条已经记在另一次巡查里。"), status=409)
        return Found(known, made.case, again=True)
    finding = PatrolFinding(
        task=row,
        case=made.case,
        client_id=client_id,
        fixed=fixed,
        note=note.strip()[:LINE_LENGTH],
        by_id=by.person,
        at=now,
    )
    finding.save(force_insert=True)
    _after_finding(row, by, now)
    _record(row, "patrol.finding", by, now, number=made.case.number, fixed=fixed)
    return Found(finding, made.case)


def _after_finding(row: PatrolTask, by: Actor, now: datetime) -> None:
    """Whoever finds something has walked: a task that was over without him is done after all."""
    if row.state != TaskState.PLANNED:
        walked = row.state in FINISHED
        row.state, row.reason, row.reason_words = TaskState.DONE, "", ""
        if not walked:
            row.finished_at, row.finished_by_id = now, by.person
    _start(row, by, now)
    row.version += 1
    row.save()


def _place(row: PatrolTask, *, has_point: bool) -> UUID | None:
    """Where a finding lies that names no place: the task's own; of a grid its community, unless the phone knows better."""
    own: UUID | None = row.place.division_id
    if own is not None or has_point:
        return own
    community: UUID = row.place.grid.community_id
    return community


# ── what they have in common ─────────────────────────────────────────────────────────────────────────────────────


def _row(key: UUID, by: Actor) -> PatrolTask:
    """The task's row, locked, with plan and place. Raises NotFound for whoever may not see it."""
    rows = PatrolTask.objects.select_related("plan", "place__grid").select_for_update(
        no_key=True, of=("self",)
    )
    row = rows.filter(task_openings(by), pk=key).first()
    if row is None:
        raise NotFound(_("没有这次巡查，或者您看不到它。"))
    return row


def _named(row: PatrolTask, by: Actor) -> bool:
    return row.walker == Walker.NAMED and bool(_turns(row, by))


def _turns(row: PatrolTask, by: Actor) -> list[UUID]:
    """Who of the actor and those for whom he stands in is named for the task."""
    turns = PatrolTurn.objects.filter(task=row, person__in=by.persons).order_by("id")
    return list(turns.values_list("person_id", flat=True))


def _behalf(row: PatrolTask, by: Actor) -> UUID | None:
    """In whose place the actor walks or explains; None where it is his own."""
    if not by.stands_for:
        return None
    if row.walker == Walker.NAMED:
        named = _turns(row, by)
        return None if by.person in named or not named else named[0]
    if row.walker == Walker.GRID:
        return by.behalf(path=row.grid_path, roles=GRID_STAFF)
    return by.behalf(unit=row.unit_id, roles=UNIT_STAFF)


def _walked(
    key: UUID,
    by: Actor,
    now: datetime,
    *,
    again: Sequence[str] = (),
    resent: UUID | None = None,
) -> PatrolTask:
    """The row for whoever walks it, while a walk may be written down. ``again``: states in which the same may be said twice;
    ``resent``: the key of a finding that may be there already."""
    row = _row(key, by)
    if not may_walk(by, row, named=_named(row, by)):
        raise NotAllowed(str(WHO_WALKS))
    today = local_day(now)
    if still_walkable(state=row.state, day=row.day, due_at=row.due_at, today=today, now=now):
        return row
    if resent is not None and PatrolFinding.objects.filter(client_id=resent, task=row).exists():
        return row
    if resent is None and row.state in again:
        return row
    if row.day > today:
        raise Refused("too_early", _("还没到这一天。"), status=409)
    if row.state == TaskState.PLANNED:
        words = _("时间过去太久，不能再补记走过；请说明没走的原因。")
        raise Refused("too_late", words, status=409)
    raise _not_now(row)


def _not_now(row: PatrolTask) -> Refused:
    state = row.get_state_display()
    return Refused("not_now", _("这次巡查现在是“%(state)s”，不能再这样做。") % {"state": state}, status=409)


def _short(text: str, field: str) -> str:
    plain = text.strip()
    if len(plain) > MOST_WORDS:
        raise Refused("too_long", _("最多 %(most)d 个字，请写短一些。") % {"most": MOST_WORDS}, field=field)
    return plain


def _start(row: PatrolTask, by: Actor, now: datetime) -> None:
    if row.started_at is None:
        row.started_at = now
        _record(row, "patrol.started", by, now)


def _end(row: PatrolTask, by: Actor, now: datetime) -> None:
    row.finished_at, row.finished_by_id = now, by.person
    row.version += 1
    row.save()
    close_work(task=row, by=by, now=now)


def _record(row: PatrolTask, verb: str, by: Actor, now: datetime, **facts: Any) -> None:
    told = {"day": row.day.isoformat(), **facts}
    trail.record(
        by=by,
        now=now,
        verb=verb,
        subject_kind="patrol_task",
        subject_id=row.id,
        facts=told,
        on_behalf_of=_behalf(row, by),
    )


@transaction.atomic
def erase_person(*, person: UUID, by: Actor, now: datetime) -> dict[str, int]:
    """The erasure hook: what somebody wrote of himself (why he did not go, notes) is emptied; that he walked stays."""
    rows = PatrolTask.objects.filter(finished_by=person).exclude(reason_words="", note="")
    emptied = rows.update(reason_words="", note="")
    return {"patrols_patroltask": emptied}
