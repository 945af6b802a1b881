"""Declaring a mode, taking it on to its next stage, extending it, letting it expire."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from mulin.ground.modes.models import OPEN, EmergencyMode, ModeStage
from mulin.ground.modes.permissions import may_declare
from mulin.ground.modes.queries import forget
from mulin.ground.modes.rules import LONGEST, ROUTINE, may_follow
from mulin.ground.trail.actions import record
from mulin.kernel import hooks
from mulin.kernel.actor import Actor, system
from mulin.kernel.county import current_county
from mulin.kernel.errors import NotAllowed, NotFound, Refused, Stale

LONGEST_TITLE, LONGEST_WORDS = 60, 200
KIND = "emergency_mode"


def declare(
    *, path: str, stage: str, title: str, basis: str, ends_at: datetime, by: Actor, now: datetime
) -> EmergencyMode:
    """Put a county, street or community into alert or response until a moment, in the name of the officer who acts.

    Refuses a second open mode over the same place (409), a place or stage that does not exist, an end that is past or
    more than 30 days away, missing words, and everybody whose territory does not contain the place.
    """
    officer = _officer(by, path)
    if not may_follow(ROUTINE, stage):
        raise Refused("mode_stage", _("只能从预警或应急响应开始。"), field="stage")
    title = _said(title, LONGEST_TITLE, "title", _("请写明是什么情况，例如“暴雪”。"))
    basis = _said(basis, LONGEST_WORDS, "basis", _("请写明依据，例如预案、上级通知或预警的文号。"))
    _end(ends_at, now)
    if path not in hooks.settlements_under(path):
        raise Refused("mode_place", _("没有这个县、街道或社区。"), field="path")
    try:
        with transaction.atomic():
            _expire(EmergencyMode.objects.filter(path=path), now)
            mode = EmergencyMode.objects.create(
                path=path,
                title=title,
                basis=basis,
                declared_by_id=officer,
                declared_at=now,
                ends_at=ends_at,
            )
            _begin(mode, stage, "", by, now)
            facts = {
                "path": path,
                "stage": stage,
                "title": title,
                "basis": basis,
                "until": ends_at.isoformat(),
            }
            _record("modes.declare", mode.id, facts, by, now)
    except IntegrityError as twice:
        raise Stale(_("这个地方已经在预警或应急中，请在原来的那一条上调整。"), code="mode_open") from twice
    return mode


@transaction.atomic
def move(*, mode: UUID, to: str, was: str, note: str, by: Actor, now: datetime) -> EmergencyMode:
    """Take a mode from the stage ``was`` to its next one; to routine closes it.

    Refuses a stage that may not follow, a missing reason, a mode that is over, and (409) one that somebody else has
    moved since ``was`` was read.
    """
    row, last = _open(mode, by, now)
    note = _said(note, LONGEST_WORDS, "note", _("请写明为什么这样调整。"))
    if last.stage != was:
        raise Stale(_("别人刚刚调整过，请看一下现在的状态再定。"))
    if not may_follow(last.stage, to):
        raise Refused("mode_stage", _("现在不能直接转到这一步。"), field="to")
    ModeStage.objects.filter(id=last.id).update(ends_at=now)
    if to == ROUTINE:
        EmergencyMode.objects.filter(id=row.id).update(closed_at=now)
        row.closed_at = now
    else:
        _begin(row, to, note, by, now)
    facts = {"path": row.path, "was": was, "stage": to, "note": note}
    _record("modes.close" if to == ROUTINE else "modes.move", row.id, facts, by, now)
    return row


@transaction.atomic
def extend(*, mode: UUID, ends_at: datetime, note: str, by: Actor, now: datetime) -> EmergencyMode:
    """Let a mode end later, with the reason. Refuses an earlier end (close it instead) and one over 30 days away."""
    row, last = _open(mode, by, now)
    note = _said(note, LONGEST_WORDS, "note", _("请写明为什么延长。"))
    _end(ends_at, now)
    if ends_at <= row.ends_at:
        raise Refused("mode_end", _("要晚于现在定的结束时间；要提前结束，请转为平时。"), field="ends_at")
    facts = {"path": row.path, "was": row.ends_at.isoformat(), "until": ends_at.isoformat(), "note": note}
    ModeStage.objects.filter(id=last.id).update(ends_at=ends_at)
    EmergencyMode.objects.filter(id=row.id).update(ends_at=ends_at)
    row.ends_at = ends_at
    _record("modes.extend", row.id, facts, by, now)
    return row


@transaction.atomic
def expire_due(*, now: datetime) -> int:
    """For ``tick``: close the modes whose end has passed. Twice, or in two processes, it closes each once."""
    return _expire(EmergencyMode.objects.all(), now)


def _officer(by: Actor, path: str) -> UUID:
    """The person who answers for it by name."""
    if by.person is None or not may_declare(by, path):
        raise NotAllowed(_("只有县领导、县级工作人员、街道和社区工作人员可以在自己的辖区内宣布和调整。"))
    return by.person


def _said(text: str, most: int, field: str, missing: str) -> str:
    text = text.strip()
    if not text:
        raise Refused(f"mode_{field}", missing, field=field)
    if len(text) > most:
        raise Refused(f"mode_{field}", _("最多 %(limit)s 个字。") % {"limit": most}, field=field)
    return text


def _end(ends_at: datetime, now: datetime) -> None:
    if ends_at <= now:
        raise Refused("mode_end", _("结束时间要晚于现在。"), field="ends_at")
    if ends_at > now + LONGEST:
        words = _("一次最多 %(days)s 天，到时还需要可以再延长。") % {"days": LONGEST.days}
        raise Refused("mode_end", words, field="ends_at")


def _open(key: UUID, by: Actor, now: datetime) -> tuple[EmergencyMode, ModeStage]:
    """The mode, locked, and its last stage."""
    row = EmergencyMode.objects.select_for_update(of=("self",)).filter(id=key).first()
    if row is None:
        raise NotFound(_("没有这一条记录。"))
    _officer(by, row.path)
    if row.closed_at is not None or row.ends_at <= now:
        raise Stale(_("这一次已经结束了。"), code="mode_over")
    return row, row.stages.order_by("-started_at", "-id")[0]


def _begin(mode: EmergencyMode, stage: str, note: str, by: Actor, now: datetime) -> None:
    ModeStage.objects.create(
        mode=mode,
        path=mode.path,
        stage=stage,
        note=note,
        by_id=by.person,
        started_at=now,
        ends_at=mode.ends_at,
    )


def _expire(among: QuerySet[EmergencyMode], now: datetime) -> int:
    due = among.filter(OPEN, ends_at__lte=now).select_for_update(of=("self",)).order_by("id")
    rows = list(due)
    by = system(current_county(), "tick")
    for row in rows:
        EmergencyMode.objects.filter(id=row.id).update(closed_at=row.ends_at)
        _record("modes.expire", row.id, {"path": row.path, "until": row.ends_at.isoformat()}, by, now)
    return len(rows)


def _record(verb: str, key: UUID, facts: dict[str, str], by: Actor, now: datetime) -> None:
    record(by=by, now=now, verb=verb, subject_kind=KIND, subject_id=key, facts=facts)
    forget()
    transaction.on_commit(forget)  # another thread may have read it again before the commit
