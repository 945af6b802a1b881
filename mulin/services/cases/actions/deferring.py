"""More time is asked for, granted by another person, and over: extension, statutory wait, shelving (hard parts §5)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from mulin.ground.worklist import actions as worklist
from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from mulin.kernel.tables import clean
from mulin.services.cases.actions import dispatching, holding, steps, telling, timing
from mulin.services.cases.models import Case, Deferral
from mulin.services.cases.permissions import judges_himself
from mulin.services.cases.rules import MOST_DEFERRAL_DAYS, DeferralKind, State
from mulin.services.cases.rules.clocks import REST_STATE, outer_limit


@transaction.atomic
def defer(
    *,
    case: UUID | Case,
    kind: str,
    reason: str,
    until: datetime,
    by: Actor,
    now: datetime,
    version: int | None,
    basis: str = "",
    document: str = "",
) -> Case:
    """Whoever holds it asks for more time, a statutory wait or a shelving ``until`` a moment; another person decides.

    A wait and a shelving name their basis and document. Refused: no reason, no basis or document, a time that is not ahead
    (for an extension: not after the present due time) or more than MOST_DEFERRAL_DAYS away, an extension once the clock has
    run out, and while an application is open.
    """
    row = steps.begin(case=case, action="defer", by=by, version=version)
    if by.person is None:
        raise NotAllowed(_("要由具体的人申请。"))
    if kind not in DeferralKind.values:
        raise Refused("kind_unknown", _("请选择申请什么。"), field="kind")
    words = steps.required(
        text=reason, code="no_reason", message=_("请写明为什么现在办不完。"), field="reason", most=1000
    )
    law, paper = clean(basis)[:200], clean(document)[:100]
    if kind != DeferralKind.EXTENSION and not law:
        raise Refused("no_basis", _("请写明依据：哪部法规或哪项程序要求等待。"), field="basis")
    if kind != DeferralKind.EXTENSION and not paper:
        raise Refused("no_document", _("请写文书的名称或文号。"), field="document")
    _in_time(row, kind, until, now)
    if steps.has_work(case=row, kind="decide"):
        raise Refused("asked_already", _("已经有一份申请在等审批。"), status=409)
    # An application that went down with its holder was never decided.
    Deferral.objects.filter(case=row, decided_at__isnull=True).update(decided_at=now, granted=False)
    Deferral.objects.create(
        case=row,
        kind=kind,
        reason=words,
        basis=law,
        document=paper,
        until=until,
        asked_by=by.person,
        asked_at=now,
    )
    steps.ask(case=row, kind="decide", to=dispatching.over(row=row), by=by, now=now)
    facts = {"kind": kind, "until": until.isoformat()}
    return steps.finish(case=row, action="defer", by=by, now=now, note=words, public=False, facts=facts)


def _in_time(row: Case, kind: str, until: datetime, now: datetime) -> None:
    if until <= now:
        raise Refused("not_ahead", _("请选择以后的日子。"), field="until")
    if until > now + timedelta(days=MOST_DEFERRAL_DAYS):
        words = _("最多到 %(days)d 天以后；到时还办不了，再申请。") % {"days": MOST_DEFERRAL_DAYS}
        raise Refused("too_far", words, field="until")
    if kind != DeferralKind.EXTENSION or row.due_at is None:
        return
    if row.due_at <= now:
        raise Refused(
            "run_out", _("总时限已经过了，不能再延期：超期的事请尽快办完，或申请升级。"), status=409
        )
    if until <= row.due_at:
        raise Refused("not_later", _("延到的日子要晚于现在的到期时间。"), field="until")


@transaction.atomic
def decide_deferral(
    *, case: UUID | Case, granted: bool, by: Actor, now: datetime, version: int | None, decision: str = ""
) -> Case:
    """A clerk other than the applicant decides. An extension moves the total clock to the time that was asked for; a wait
    and a shelving become the case's state until then. Reporters are told of what is granted, the applicant of either.

    Refused: no application is open (NotFound), his own (NotAllowed), declined without a reason, a time that has gone by.
    """
    row = steps.begin(case=case, action="decide_deferral", by=by, version=version)
    asked = Deferral.objects.select_for_update(no_key=True).filter(case=row, decided_at__isnull=True).first()
    if asked is None or not steps.has_work(case=row, kind="decide"):
        raise NotFound(_("没有等着审批的延期或挂账申请。"))
    if by.person is None or judges_himself(by, "decide_deferral", row):
        raise NotAllowed(_("申请人不能审批自己的申请。"))
    outer = outer_limit(row.clocks)
    if granted and asked.kind == DeferralKind.EXTENSION and outer is not None and asked.until > outer:
        words = _("12345 的时限是 %(until)s：先请 12345 同意延期，平台推来决定或台账里改了时限，再批。")
        raise Refused(
            "outer_limit", words % {"until": date_format(localtime(outer), "Y-m-d H:i")}, status=409
        )
    return _decide(row, asked, granted, decision, by, now)


@transaction.atomic
def decide_outside(
    *,
    case: UUID,
    granted: bool,
    until: datetime | None,
    by: Actor,
    now: datetime,
    decision: str = "",
    of: UUID,
) -> Case:
    """Whoever set a limit from outside (the hotline) decides on an extension that goes beyond it. Granted, that limit moves
    to ``until``, else to the time that was asked for. ``of``: the case of the order that speaks.

    Refused: no extension is asked for (NotFound), declined without a reason, a time that has gone by.
    """
    row = steps.locked(case=case)
    if row is None:
        raise NotFound(_("没有这件事，或者您看不到它。"))
    asked = Deferral.objects.select_for_update(no_key=True).filter(case=row, decided_at__isnull=True).first()
    if asked is None or asked.kind != DeferralKind.EXTENSION or not steps.has_work(case=row, kind="decide"):
        raise NotFound(_("没有等着审批的延期申请。"), code="not_asked")
    steps.in_state(case=row, action="decide_deferral")
    if granted:
        asked.until = until or asked.until
        timing.limit_outside(case=row, until=asked.until, now=now, of=of)
    return _decide(row, asked, granted, decision, by, now)


def _decide(row: Case, asked: Deferral, granted: bool, decision: str, by: Actor, now: datetime) -> Case:
    words = clean(decision)[:1000]
    if not granted:
        words = steps.required(
            text=decision, code="no_reason", message=_("请写明为什么不同意。"), field="decision", most=1000
        )
    elif asked.until <= now:
        raise Refused("gone_by", _("申请的日子已经过了，请不同意，让承办的人重新申请。"), status=409)
    asked.granted, asked.decision, asked.decided_by, asked.decided_at = granted, words, by.person, now
    asked.due_before = row.due_at
    asked.save()
    steps.settle(case=row, by=by, now=now, kinds=("decide",))
    to = _grant(row, asked, by, now) if granted else ""
    done = steps.finish(
        case=row, action="decide_deferral", by=by, now=now, note=asked.reason if granted else words,
        public=granted, facts=_facts(row, asked), to=to,
    )  # fmt: skip
    worklist.copy(
        by=by, now=now, subject_kind="case", subject_id=row.id, title=row.title, number=row.number,
        why="deferral_granted" if granted else "deferral_declined", person=asked.asked_by, path=row.place_path,
    )  # fmt: skip
    if granted:
        telling.tell(case=row, template="case_deferred", by=by, now=now)
    return done


def _grant(row: Case, asked: Deferral, by: Actor, now: datetime) -> str:
    """Clocks and to-dos of what was granted; the state to which it leads ('' = it stays)."""
    if asked.kind == DeferralKind.EXTENSION:
        timing.extend(case=row, until=asked.until)
        steps.follow_clocks(case=row, by=by, now=now)
        return ""
    row.resume_state = row.state
    timing.rest(case=row, kind=asked.kind, since=now, until=asked.until)
    steps.rest_work(case=row, by=by, now=now)
    steps.follow_clocks(case=row, by=by, now=now)
    return REST_STATE[asked.kind]


def _facts(row: Case, asked: Deferral) -> dict[str, Any]:
    told = {"kind": asked.kind, "granted": bool(asked.granted), "until": asked.until.isoformat()}
    told |= {"basis": asked.basis, "document": asked.document}
    if asked.granted:
        told["due_before"] = asked.due_before.isoformat() if asked.due_before else None
        told["due"] = row.due_at.isoformat() if row.due_at else None
    return told


@transaction.atomic
def resume(*, case: UUID | Case, by: Actor, now: datetime, version: int | None, note: str = "") -> Case:
    """A wait or a shelving is over, by hand or (``tick``) on its day: the work goes on where it was. The due times have
    moved by what was rested, at most by what was granted. The reporters are told."""
    row = steps.begin(case=case, action="resume", by=by, version=version)
    rested = Deferral.objects.filter(case=row, granted=True, ended_at__isnull=True).exclude(
        kind=DeferralKind.EXTENSION
    )
    for one in rested.select_for_update(no_key=True):
        one.ended_at = min(now, one.until)
        one.save(update_fields=["ended_at"])
    timing.cut_rest(case=row, now=now)
    to, row.resume_state = row.resume_state or State.IN_HAND, ""
    steps.work_again(case=row, by=by, now=now)
    facts = {"due": row.due_at.isoformat() if row.due_at else None}
    done = steps.finish(case=row, action="resume", by=by, now=now, note=clean(note)[:500], facts=facts, to=to)
    steps.ask(
        case=row, kind="handle", to=holding.held_by(case=row), by=by, now=now, title=f"恢复办理：{row.title}",
        person=row.handler_id, due_at=row.step_due_at,
    )  # fmt: skip
    telling.tell(case=row, template="case_resumed", by=by, now=now)
    return done
