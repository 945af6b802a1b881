"""Others look at what was done: verification, the sampled check, hard problems, exclusions (rows 9, 19, 21)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from mulin.services.cases.actions import closing, steps, telling, timing
from mulin.services.cases.models import Case, Exclusion
from mulin.services.cases.permissions import judges_himself
from mulin.services.cases.rules import (
    HARD_UNITS,
    ExclusionReason,
    above,
)


@transaction.atomic
def verify_pass(*, case: UUID | Case, by: Actor, now: datetime, version: int | None, note: str = "") -> Case:
    """Somebody other than the handler saw that it was done. Where every reporter knows the result, the case closes by it;
    else it waits for the call or visit that is still to be made."""
    row = steps.begin(case=case, action="verify_pass", by=by, version=version)
    row.verified_at, row.verified_by = now, by.person
    steps.settle(case=row, by=by, now=now, kinds=("verify", "close"))
    done = steps.finish(case=row, action="verify_pass", by=by, now=now, note=note.strip()[:500])
    if done.informed_at is None:
        steps.ask(case=row, kind="close", to=steps.clerk_for(case=row), by=by, now=now)
        if telling.hotline_owed(case=row):
            telling.owe_hotline(case=row, by=by, now=now)
    return closing.close_if_told(row=done, by=by, now=now)


@transaction.atomic
def verify_fail(*, case: UUID | Case, reason: str, by: Actor, now: datetime, version: int | None) -> Case:
    """Somebody other than the handler saw that it was not done: it goes back to be done again. The total clock runs on; the
    reporters are told, and are asked to rate the next result."""
    telling.hold_orders(case=case)
    row = steps.begin(case=case, action="verify_fail", by=by, version=version)
    return _rework(row, "verify_fail", reason, by, now)


def _rework(row: Case, action: str, reason: str, by: Actor, now: datetime) -> Case:
    words = steps.required(
        text=reason, code="no_reason", message=_("请写明哪里没有办好。"), field="reason", most=1000
    )
    row.reworks += 1
    facts = {"reworks": row.reworks}
    return closing.again(
        row=row, action=action, words=words, title=f"返工：{row.title}", by=by, now=now, facts=facts,
        clock=timing.begin_in_hand,
    )  # fmt: skip


# ── the sampled check of what was found and fixed at once ────────────────────────────────────────────────────────


@transaction.atomic
def check_pass(*, case: UUID | Case, by: Actor, now: datetime, version: int | None, note: str = "") -> Case:
    """A second person looked at a found-and-fixed case that was drawn: it is as written."""
    row = _drawn(steps.begin(case=case, action="check_pass", by=by, version=version))
    row.checked_at = now
    steps.settle(case=row, by=by, now=now, kinds=("check",))
    facts = {"passed": True}
    return steps.finish(
        case=row, action="check_pass", by=by, now=now, note=note.strip()[:500], public=False, facts=facts
    )


@transaction.atomic
def check_fail(*, case: UUID | Case, reason: str, by: Actor, now: datetime, version: int | None) -> Case:
    """A second person looked, and it is not as written: it is done again, as a case like any other."""
    telling.hold_orders(case=case)
    row = _drawn(steps.begin(case=case, action="check_fail", by=by, version=version))
    row.checked_at = now
    timing.anew(case=row, now=now)
    return _rework(row, "check_fail", reason, by, now)


def _drawn(row: Case) -> Case:
    if not row.sampled or row.checked_at is not None:
        raise Refused("not_drawn", _("这件没有抽中，或者已经抽查过了。"), status=409)
    return row


# ── hard problems (row 19) ───────────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def sign_off_hard(
    *, case: UUID | Case, by: Actor, now: datetime, version: int | None, note: str = ""
) -> Case:
    """A leader or clerk of the street or county vouches by name that a hard problem is solved.

    Refused where fewer than two units really worked on it, and where nobody but its handler has seen that it was done:
    neither a colleague verified it nor is a reporter content with it.
    """
    row = steps.begin(case=case, action="sign_off_hard", by=by, version=version)
    if by.person is None or judges_himself(by, "sign_off_hard", row):
        raise NotAllowed(_("要由经办人以外的人签认。"))
    if steps.units_worked(case=row) < HARD_UNITS:
        words = _("难点问题要有至少 %(count)d 家单位实际参与办理。") % {"count": HARD_UNITS}
        raise Refused("few_units", words, status=409)
    if not steps.seen_by_another(case=row):
        raise Refused("not_verified", _("还没有由另一个人核查，反映人也没有表示满意，不能签认。"), status=409)
    row.hard_since = row.hard_since or now
    row.hard_signed_at, row.hard_signed_by = now, by.person
    steps.settle(case=row, by=by, now=now, kinds=("hard",))
    return steps.finish(
        case=row, action="sign_off_hard", by=by, now=now, note=note.strip()[:500], public=False
    )


# ── exclusions ───────────────────────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def exclude(
    *, case: UUID | Case, code: str, reason: str, by: Actor, now: datetime, version: int | None
) -> Case:
    """Ask that a case be left out of the rates, for a reason of the list. Another person of the street or county decides;
    the share of what is left out is printed beside every rate. Refused while one is asked or stands."""
    row = steps.begin(case=case, action="exclude", by=by, version=version)
    if code not in ExclusionReason.values:
        raise Refused("code_unknown", _("请选择剔除的理由。"), field="code")
    words = steps.required(
        text=reason, code="no_reason", message=_("请写明剔除的情况和依据。"), field="reason", most=1000
    )
    if by.person is None:
        raise NotAllowed(_("剔除要由具体的人申请。"))
    try:
        with transaction.atomic():
            Exclusion.objects.create(case=row, code=code, reason=words, asked_by=by.person, asked_at=now)
    except IntegrityError:
        raise Refused("asked_already", _("已经申请过剔除，或者已经剔除。"), status=409) from None
    to = above("community_clerk", row.place_path)
    steps.ask(case=row, kind="exclusion", to=to, by=by, now=now)
    return steps.finish(
        case=row, action="exclude", by=by, now=now, note=words, public=False, facts={"code": code}
    )


@transaction.atomic
def decide_exclusion(
    *, case: UUID | Case, granted: bool, decision: str, by: Actor, now: datetime, version: int | None
) -> Case:
    """Somebody other than the applicant grants or declines an exclusion, with a reason. Refused where none is asked."""
    row = steps.begin(case=case, action="decide_exclusion", by=by, version=version)
    asked = Exclusion.objects.select_for_update(no_key=True).filter(case=row, decided_at__isnull=True).first()
    if asked is None:
        raise NotFound(_("没有等着审批的剔除申请。"))
    if by.person is None or judges_himself(by, "decide_exclusion", row):
        raise NotAllowed(_("申请人不能审批自己的申请。"))
    words = steps.required(
        text=decision, code="no_reason", message=_("请写明审批的理由。"), field="decision", most=1000
    )
    asked.granted, asked.decision, asked.decided_by, asked.decided_at = granted, words, by.person, now
    asked.save()
    row.excluded_at = now if granted else None
    steps.settle(case=row, by=by, now=now, kinds=("exclusion",))
    facts: dict[str, Any] = {"granted": granted, "code": asked.code}
    return steps.finish(
        case=row, action="decide_exclusion", by=by, now=now, note=words, public=False, facts=facts
    )
