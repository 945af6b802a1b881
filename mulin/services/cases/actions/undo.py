"""Taking back what was done to many cases by mistake, within the hour: what nobody moved since stands as it stood before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from mulin.ground.notices import queries as notices
from mulin.ground.runs import actions as runs
from mulin.ground.trail import actions as trail
from mulin.ground.worklist import actions as worklist
from mulin.ground.worklist import queries as work
from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotFound, Refused
from mulin.services.cases.actions import steps, telling
from mulin.services.cases.models import Batch, BatchCase, Case, CaseOfficer, CaseStep, CaseUnit
from mulin.services.cases.permissions import may_see_batch
from mulin.services.cases.queries.batches import standing
from mulin.services.cases.rules import (
    IN_THE_REQUEST,
    STEP_WORDS,
    TAKEN_BACK,
    TRANSITIONS,
    Outcome,
    SetBack,
)

KIND: Final = "cases.batch_undo"
_STAYS: Final = frozenset(
    {
        "id", "county_id", "number", "client_id", "source", "provenance", "version", "touched", "title", "text", "result",
        "refusal", "place_text", "lon", "lat", "accuracy", "source_datum", "reported_by_id", "reported_at",
        "reported_day", "supports", "import_source", "external_no", "imported",
    }
)  # fmt: skip
"""Columns that no bulk act writes: words, persons' data and keys are not kept a second time."""


def remembered(*, case: UUID) -> dict[str, Any]:
    """What ``set_back`` needs to bring the case to where it stands now, as JSON. Empty for no such case.

    Four statements: the row, its parts, its officers, its to-dos.
    """
    row = Case.objects.select_for_update(no_key=True).filter(pk=case).first()
    if row is None:
        return {}
    parts = list(CaseUnit.objects.filter(case=row).order_by("id"))
    named = list(CaseOfficer.objects.filter(case=row).order_by("id"))
    return {
        "case": {name: _plain(getattr(row, name)) for name in _columns()},
        "parts": {str(one.id): [_plain(one.until), _plain(one.worked_at)] for one in parts},
        "named": {str(one.id): _plain(one.until) for one in named},
        "todos": work.remembered(
            steps.filed_under(case=row, parts=[one.id for one in parts], named=[one.id for one in named])
        ),
    }


def _columns() -> dict[str, Any]:
    return {one.attname: one for one in Case._meta.concrete_fields if one.attname not in _STAYS}


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


# ── a batch ──────────────────────────────────────────────────────────────────────────────────────────────────────


def undo_batch(*, batch: UUID, by: Actor, now: datetime, clock: Callable[[], datetime]) -> Batch:
    """Take a batch back: each case that nobody moved since is set back in a transaction and with a step of its own; the
    others are listed with why. For its maker and the clerks above, once, within UNDO_WITHIN.

    Refused ("too_late", "not_undone", "undone_already", "not_finished"); NotFound for everybody else.
    """
    row = _claim(batch, by, now)
    if row.undo_run is None:
        perform(batch=row.id, by=by, clock=clock)
    return row


@transaction.atomic
def _claim(key: UUID, by: Actor, now: datetime) -> Batch:
    row = Batch.objects.select_for_update(no_key=True).filter(pk=key).first()
    if row is None or by.person is None or not may_see_batch(by, row):
        raise NotFound(_("没有这次批量办理，或者您看不到它。"))
    stands = standing(row, now)
    if row.undo_at is not None:
        raise Refused("undone_already", _("这次批量办理已经撤回过了。"), status=409)
    if stands.waiting:
        raise Refused("not_finished", _("还没有做完，做完了再撤回。"), status=409)
    if not stands.undo_open:
        raise _why_not(row, stands.done)
    row.undo_by, row.undo_at = by.person, now
    trail.record(
        by=by, now=now, verb="case.batch_undone", subject_kind="case_batch", subject_id=row.id,
        facts={"act": row.act, "cases": stands.done},
    )  # fmt: skip
    if stands.done > IN_THE_REQUEST:
        title = _("撤回批量办理：%(act)s，%(size)d 件") % {
            "act": TRANSITIONS[row.act].words,
            "size": stands.done,
        }
        row.undo_run = runs.ask(kind=KIND, title=title, by=by, now=now, facts={"batch": str(row.id)}).id
    row.save()
    return row


def _why_not(row: Batch, done: int) -> Refused:
    if not done:
        return Refused("nothing_done", _("没有可以撤回的。"), status=409)
    if row.act not in TAKEN_BACK:
        return Refused("not_undone", _("这一步已经通知到人，不能撤回。"), status=409)
    return Refused("too_late", _("超过一小时，不能整批撤回；请逐件处理。"), status=409)


def perform(
    *,
    batch: UUID,
    by: Actor,
    clock: Callable[[], datetime],
    progress: Callable[[int], None] | None = None,
) -> None:
    """Set back the cases of a batch that still wait for it, one transaction each. May be begun anew."""
    rows = BatchCase.objects.filter(batch=batch, outcome=Outcome.DONE, set_back="").order_by("case_id")
    who = replace(by, batch=batch)
    for count, key in enumerate(list(rows.values_list("id", flat=True)), start=1):
        _set_back(key, who, clock())
        if progress is not None:
            progress(count)


def make_undo(*, job: runs.Job) -> None:
    """What the background does to take a large batch back."""
    batch = UUID(job.run.facts["batch"])
    job.show(0, of=BatchCase.objects.filter(batch=batch, outcome=Outcome.DONE, set_back="").count())
    perform(batch=batch, by=job.by, clock=job.clock, progress=job.show)


@transaction.atomic
def _set_back(key: UUID, by: Actor, now: datetime) -> None:
    own = BatchCase.objects.select_for_update(no_key=True).select_related("batch").get(pk=key)
    if own.set_back:
        return
    try:
        with transaction.atomic():
            undo(
                case=own.case_id,
                act=own.batch.act,
                before=own.before,
                after=own.after,
                at=own.at,
                by=by,
                now=now,
            )
    except Refused as refused:
        own.set_back, own.set_back_reason = SetBack.REFUSED, str(refused.message)[:300]
    else:
        own.set_back = SetBack.DONE
    own.save()


# ── a case ───────────────────────────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def undo(
    *,
    case: UUID,
    act: str,
    before: Mapping[str, Any],
    after: int | None,
    at: datetime | None,
    by: Actor,
    now: datetime,
) -> Case:
    """Set a case back to ``before`` (see ``remembered``), where its version still is ``after``: state, holder, clocks,
    parts, officers and to-dos. The step of the act and the step of taking it back both stay.

    The reporters are told where they had been told of the act. Refused ("moved_on") where anybody moved it since. The
    caller has checked that ``by`` may.
    """
    row = steps.locked(case=case)
    if row is None or not before:
        raise NotFound(_("没有这件事，或者您看不到它。"))
    if row.version != after:
        last = CaseStep.objects.filter(case=row).order_by("-at", "-id").first()
        told = {"step": STEP_WORDS.get(last.action, last.action) if last is not None else ""}
        raise Refused("moved_on", _("之后又办过一步（%(step)s），不能撤回。") % told, status=409)
    reached = at is not None and notices.told_at("case", row.id, at)
    origin = row.state
    _parts_back(row, before, by, now)
    fields = _columns()
    for name, value in before["case"].items():
        setattr(row, name, fields[name].to_python(value))
    public = act != "name_officers"
    facts: dict[str, Any] = {"act": act}
    if reached:
        facts |= telling.tell(case=row, template="case_set_back", by=by, now=now).facts
    return steps.finish(
        case=row, action="undo", by=by, now=now, before=origin, facts=facts, public=public,
        note=_("“%(act)s”已撤回，回到原来的状态。") % {"act": TRANSITIONS[act].words},
    )  # fmt: skip


def _parts_back(row: Case, before: Mapping[str, Any], by: Actor, now: datetime) -> None:
    """Every to-do about the case, its parts and its officers as it was; parts and officers that the act made go."""
    parts, named = list(CaseUnit.objects.filter(case=row)), list(CaseOfficer.objects.filter(case=row))
    worklist.set_back(
        by=by,
        now=now,
        subjects=steps.filed_under(
            case=row, parts=[one.id for one in parts], named=[one.id for one in named]
        ),
        items=before["todos"],
    )
    CaseUnit.objects.filter(case=row).exclude(pk__in=before["parts"]).delete()
    CaseOfficer.objects.filter(case=row).exclude(pk__in=before["named"]).delete()
    for key, (until, worked) in before["parts"].items():
        CaseUnit.objects.filter(pk=key).update(until=_moment(until), worked_at=_moment(worked))
    for key, until in before["named"].items():
        CaseOfficer.objects.filter(pk=key).update(until=_moment(until))
