"""Letting a system in, counting it at the door, answering what it sends again, closing its key."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from mulin.ground.access import actions as access
from mulin.ground.systems.models import Answered, System, SystemDay
from mulin.ground.systems.permissions import may_keep
from mulin.ground.systems.queries import actor_of, answering, by_key
from mulin.ground.systems.rules import (
    KEPT,
    LONGEST_RETRY_KEY,
    MOST_PER_MINUTE,
    RESENT,
    VISITS_PER_MINUTE,
    WRONG_KEY_MINUTES,
    WRONG_KEYS,
    Scope,
    known_scopes,
)
from mulin.ground.trail.actions import record
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.kernel.errors import NotAllowed, NotFound, Refused, Stale
from mulin.kernel.ids import token
from mulin.kernel.secrets import keyed_hash
from mulin.kernel.tables import clean

KIND = "system"
LONGEST_NAME, LONGEST_WORDS = 40, 200


# ── letting in and closing ─────


def open_system(
    *,
    name: str,
    purpose: str,
    scopes: Iterable[str],
    per_minute: int,
    by: Actor,
    now: datetime,
    answers: str = "",
) -> tuple[System, str]:
    """Let a system in: its row, and its key, which is told this once and kept as a hash only.

    ``answers``: for one that acts for a unit, "unit:person" of the officer who answers for it (``queries.answering``).
    Refused without name, purpose or scope, with more than MOST_PER_MINUTE requests a minute, to act without such an
    officer or the other way round, and (409) under the name of a system that is let in already.
    """
    keeper = _keeper(by)
    told: dict[str, Any] = {
        "name": _said(name, LONGEST_NAME, "name", _("请写这个系统叫什么。")),
        "purpose": _said(purpose, LONGEST_WORDS, "purpose", _("请写它接进来做什么。")),
        "scopes": known_scopes(scopes),
        "per_minute": per_minute,
    }
    if not told["scopes"]:
        raise Refused("system_scopes", _("请至少选一项它可以做的事。"), field="scopes")
    if not 1 <= per_minute <= MOST_PER_MINUTE:
        words = _("每分钟 1 到 %(most)d 次。") % {"most": MOST_PER_MINUTE}
        raise Refused("system_per_minute", words, field="per_minute")
    unit, officer = _answers(told["scopes"], answers)
    key = token(by.county)
    try:
        with transaction.atomic():
            row = System.objects.create(
                **told,
                unit_id=unit,
                answerable_id=officer,
                key_hash=keyed_hash(key),
                opened_by_id=keeper,
                opened_at=now,
            )
            facts = told | ({"unit": str(unit), "answerable": str(officer)} if unit else {})
            record(by=by, now=now, verb="system.opened", subject_kind=KIND, subject_id=row.id, facts=facts)
    except IntegrityError as twice:
        words = _("已经有一个叫这个名字的系统；要换密钥，请先停用原来的。")
        raise Refused("system_name", words, field="name", status=409) from twice
    return row, key


@transaction.atomic
def close_system(*, system: UUID, why: str, by: Actor, now: datetime) -> System:
    """Close a system's key at once and for good, with the reason. Refused (409) where it is closed already."""
    keeper = _keeper(by)
    why = _said(why, LONGEST_WORDS, "why", _("请写明为什么停用。"))
    row = System.objects.select_for_update(of=("self",)).filter(id=system).first()
    if row is None:
        raise NotFound(_("没有这个系统。"))
    if row.closed_at is not None:
        raise Stale(_("这个系统已经停用了。"), code="system_closed")
    row.closed_at, row.closed_by_id, row.closed_why = now, keeper, why
    row.save(update_fields=["closed_at", "closed_by", "closed_why"])
    facts = {"name": row.name, "why": why}
    record(by=by, now=now, verb="system.closed", subject_kind=KIND, subject_id=row.id, facts=facts)
    return row


def _keeper(by: Actor) -> UUID:
    if by.person is None or not may_keep(by):
        raise NotAllowed(_("由县管理员接入和停用其他系统。"))
    return by.person


def _answers(scopes: list[str], answers: str) -> tuple[UUID | None, UUID | None]:
    """The unit and the officer of a system that acts; none of one that does not."""
    if Scope.CONTACT in scopes and Scope.ACT not in scopes:
        raise Refused("system_scopes", _("“联系”要和“办理”一起选。"), field="scopes")
    if Scope.ACT not in scopes:
        if answers:
            raise Refused("system_answers", _("没有选“办理”，就不用选责任人。"), field="answers")
        return None, None
    known = {key for _unit, persons in answering() for key, _name in persons}
    if answers not in known:
        words = _("能办理的系统要有一个单位和它的责任人：请从在岗的人里选。")
        raise Refused("system_answers", words, field="answers")
    unit, officer = answers.split(":")
    return UUID(unit), UUID(officer)


def _said(text: str, most: int, field: str, missing: str) -> str:
    text = clean(text)
    if not text:
        raise Refused(f"system_{field}", missing, field=field)
    if len(text) > most:
        raise Refused(f"system_{field}", _("最多 %(limit)s 个字。") % {"limit": most}, field=field)
    return text


# ── at the door ─────


def admit(*, key: str, scope: str, address: str, now: datetime) -> Actor:
    """Let a system in by its key for one request, counted. ``scope``: what it needs for that, '' for nothing beyond a key.

    Not atomic: a refused try stays counted. NotAllowed for a key that is wrong or closed (429 after WRONG_KEYS of one
    network address) and beyond its scopes; Refused 429, with ``wait``, beyond its requests a minute. Three statements.
    """
    row = by_key(key)
    if row is None:
        access.count_attempt(
            key=f"system.key:{address}", limit=WRONG_KEYS, minutes=WRONG_KEY_MINUTES, now=now
        )
        raise NotAllowed(_("没有密钥，或者密钥不对、已经停用。"), code="bad_key")
    try:
        access.count_attempt(key=f"system:{row.id}", limit=row.per_minute, minutes=1, now=now)
        if scope and scope not in row.scopes:
            words = _("这个密钥不能做这件事，需要：%(scope)s") % {"scope": Scope(scope).label}
            raise NotAllowed(words, code="no_scope")
    except Refused:
        _count(row, now, refused=1)
        raise
    _count(row, now)
    return actor_of(row)


def admit_visitor(*, address: str, now: datetime) -> None:
    """Count a program that asks without a key. Refused 429, with ``wait``, beyond VISITS_PER_MINUTE of one address."""
    access.count_attempt(key=f"system.visit:{address}", limit=VISITS_PER_MINUTE, minutes=1, now=now)


def _count(row: System, now: datetime, *, refused: int = 0) -> None:
    """One more on the day's row; the first of the day makes it."""
    today = SystemDay.objects.filter(system=row, day=local_day(now))
    more = {"calls": F("calls") + 1, "refused": F("refused") + refused}
    if today.update(**more):
        return
    try:
        with transaction.atomic():
            SystemDay.objects.create(system=row, day=local_day(now), calls=1, refused=refused)
    except IntegrityError:
        today.update(**more)


# ── what is sent again ─────


def once(
    *,
    key: str,
    body: str,
    act: Callable[[], dict[str, Any]],
    by: Actor,
    now: datetime,
) -> tuple[dict[str, Any], bool]:
    """Do something once per key of a system: (its answer, whether it was the kept one). The answer must be JSON.

    ``act`` runs in the transaction that keeps its answer: of parallel resends one acts, the others wait and are answered
    with what it said. What is refused is not kept. ``body``: what was sent; another body under a kept key is refused (409
    ``key_reused``). Without a key (``""``) the same body is the same deed, for RESENT only. Three statements beside the
    act's own.
    """
    if by.connected is None:
        raise NotAllowed(_("没有密钥，或者密钥不对、已经停用。"), code="bad_key")
    if len(key) > LONGEST_RETRY_KEY:
        words = _("Idempotency-Key 最多 %(most)d 个字符。") % {"most": LONGEST_RETRY_KEY}
        raise Refused("key_too_long", words, status=400)
    said = keyed_hash(f"body:{body}")
    name, keep = (keyed_hash(f"key:{key}"), KEPT) if key else (said, RESENT)
    mine = Answered.objects.filter(system=by.connected, key=name)
    known = mine.filter(until__gt=now).first()
    if known is None:
        try:
            with transaction.atomic():
                mine.filter(until__lte=now).delete()
                row = Answered.objects.create(
                    system_id=by.connected, key=name, body=said, at=now, until=now + keep
                )
                row.answer = act()
                row.save(update_fields=["answer"])
                return row.answer, False
        except IntegrityError:
            known = mine.first()
            if known is None:
                raise
    if known.body != said:
        words = _("这个 Idempotency-Key 已经用过，内容不一样。另一件事请换一个。")
        raise Refused("key_reused", words, status=409)
    return known.answer, True


def tend(*, now: datetime) -> int:
    """For ``tick``: forget the answers whose time is over. Returns how many went."""
    gone, _tables = Answered.objects.filter(until__lte=now).delete()
    return gone
