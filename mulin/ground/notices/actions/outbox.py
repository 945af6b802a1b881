"""Carrying the outbox out of the house: claim a row and commit, send without a transaction, mark.

A row is claimed by one process (FOR UPDATE SKIP LOCKED) and the claim is committed before any network.
What was claimed and never marked, because its process died, is found again after STALE_AFTER: where the
provider recognises our key it is handed in again, elsewhere it is "uncertain" and somebody calls or
visits. Nobody gets a message twice.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from datetime import datetime

from django.db import transaction

from mulin.ground.calendar import queries as calendar
from mulin.ground.notices.actions import email, sms, wechat
from mulin.ground.notices.actions.addresses import addresses_of, open_address, seal_address
from mulin.ground.notices.actions.doors import Door, Later, Message, Never, Silent
from mulin.ground.notices.models import Channel, Notice, NoticeState
from mulin.ground.notices.queries import base_url, configured
from mulin.ground.notices.rules import (
    IDEMPOTENT,
    PREFERENCE,
    STALE_AFTER,
    TEMPLATES,
    next_try,
    urgent_templates,
    words,
)
from mulin.kernel import hooks
from mulin.kernel.secrets import keyed_hash

log = logging.getLogger(__name__)
PASS_SECONDS = 120.0
"""No message is begun later than this after the start of a pass, which stays far below STALE_AFTER."""
SILENCES = 3
"""A channel that failed to answer so often in one pass is left alone until the next."""

DOORS: dict[str, Door] = {Channel.EMAIL: email.send, Channel.SMS: sms.send, Channel.WECHAT: wechat.send}


def not_before(*, moment: datetime, template: str) -> datetime:
    """When a message may leave: at once where it is urgent, else not in the quiet hours (MULIN_QUIET_FROM, _UNTIL)."""
    return moment if TEMPLATES[template].urgent else calendar.quiet_until(moment)


def send_due(*, now: datetime) -> int:
    """Send what is due in the county in force; how many were handed over. Never call it inside a transaction.

    Refusals for good, exhausted patience and channels that are no longer configured end in
    ``hooks.notice_failed``.
    """
    started, sent, silences = time.monotonic(), 0, Counter[str]()
    _recover(now=now)
    _give_up_unconfigured(now=now)
    live = configured()
    base = base_url() if live else ""
    while time.monotonic() - started < PASS_SECONDS:
        notice = _claim(channels=[channel for channel in live if silences[channel] < SILENCES], now=now)
        if notice is None:
            break
        try:
            reference = DOORS[notice.channel](message=_message(notice, base, now))
        except Never as failure:
            _mark(notice, now=now, state=NoticeState.FAILED, code=failure.code)
        except Later as failure:
            silences[notice.channel] += failure.code.startswith(("no_", "connect"))
            _mark(notice, now=now, state=NoticeState.QUEUED, code=failure.code)
        except Silent as failure:
            silences[notice.channel] += 1
            again = NoticeState.QUEUED if notice.channel in IDEMPOTENT else NoticeState.UNCERTAIN
            _mark(notice, now=now, state=again, code=failure.code)
        else:
            sent += _mark(notice, now=now, state=NoticeState.SENT, reference=reference)
    return sent


def _claim(*, channels: list[str], now: datetime) -> Notice | None:
    """Take the next due notice for this process, and commit."""
    if not channels:
        return None
    with transaction.atomic(durable=True):
        rows = Notice.objects.filter(state=NoticeState.QUEUED, channel__in=channels, next_try_at__lte=now)
        if calendar.quiet(now):
            rows = rows.filter(template__in=urgent_templates())
        notice = rows.order_by("next_try_at", "id").select_for_update(skip_locked=True, no_key=True).first()
        if notice is not None:
            notice.state, notice.claimed_at = NoticeState.SENDING, now
            notice.attempts += 1
            notice.save(update_fields=["state", "claimed_at", "attempts"])
    return notice


def _message(notice: Notice, base: str, now: datetime) -> Message:
    to, path = open_address(sealed=notice.address_sealed)
    link = f"{base}{path}" if base and path else ""
    title, text = words(notice.template, notice.params, link)
    return Message(
        id=notice.id,
        to=to,
        title=title,
        text=text,
        number=notice.params.get("number", ""),
        link=link,
        at=now,
    )


def _mark(notice: Notice, *, now: datetime, state: str, code: str = "", reference: str = "") -> bool:
    """Write down how it went, unless the row is no longer this process's. Whether it was."""
    with transaction.atomic():
        mine = Notice.objects.filter(pk=notice.pk, state=NoticeState.SENDING, claimed_at=notice.claimed_at)
        row = mine.select_for_update(no_key=True).first()
        if row is None:
            log.warning("notice %s was taken over or erased while it was being sent", notice.id)
            return False
        row.failure, row.claimed_at = code[:200], None
        if state == NoticeState.QUEUED:
            again = next_try(now, attempts=row.attempts)
            row.next_try_at = again and not_before(moment=again, template=row.template)
            state = NoticeState.QUEUED if row.next_try_at else NoticeState.FAILED
        if state == NoticeState.SENT:
            row.sent_at, row.provider_ref = now, reference[:80]
        _settle(row, state=state, now=now)
    return True


def _settle(row: Notice, *, state: str, now: datetime) -> None:
    """Give a row its state. Settled ones forget the address; failed ones go on or ask for a visit."""
    row.state = state
    address = row.address_sealed
    if state != NoticeState.QUEUED:
        row.address_sealed, row.address_hash, row.next_try_at = "", "", None
    row.save()
    if state == NoticeState.FAILED and _fall_back(row, address, now=now):
        return
    if state in (NoticeState.FAILED, NoticeState.UNCERTAIN):
        log.warning("notice %s by %s will not arrive: %s", row.id, row.channel, row.failure)
        if row.subject_kind in hooks.notice_failed:
            hooks.notice_failed[row.subject_kind](subject_id=row.subject_id, notice_id=row.id, now=now)


def _fall_back(row: Notice, address: str, *, now: datetime) -> bool:
    """Queue the same message by the next channel that this person has. Whether there is one."""
    if row.person_id is None or row.channel not in PREFERENCE:
        return False
    later = PREFERENCE[PREFERENCE.index(row.channel) + 1 :]
    known = addresses_of(person=row.person_id)
    channel = next((one for one in later if one in known), "")
    if not channel or Notice.objects.filter(key=row.key, channel=channel).exists():
        return False
    _to, link = open_address(sealed=address)
    other = Notice(
        person_id=row.person_id,
        channel=channel,
        template=row.template,
        params=row.params,
        subject_kind=row.subject_kind,
        subject_id=row.subject_id,
        key=row.key,
        created_at=now,
        address_sealed=seal_address(to=known[channel], link=link),
        address_hash=keyed_hash(known[channel]),
        next_try_at=not_before(moment=now, template=row.template),
    )
    other.save(force_insert=True)
    return True


def _recover(*, now: datetime) -> int:
    """Find what a dead process had claimed: hand it in again where that is safe, else it is uncertain."""
    with transaction.atomic():
        stale = Notice.objects.filter(state=NoticeState.SENDING, claimed_at__lte=now - STALE_AFTER)
        rows = list(stale.order_by("id").select_for_update(skip_locked=True, no_key=True)[:200])
        for row in rows:
            row.claimed_at, row.failure = None, "abandoned"
            safe = row.channel in IDEMPOTENT
            row.next_try_at = next_try(now, attempts=row.attempts) if safe else None
            if safe:
                _settle(row, state=NoticeState.QUEUED if row.next_try_at else NoticeState.FAILED, now=now)
            else:
                _settle(row, state=NoticeState.UNCERTAIN, now=now)
    return len(rows)


def _give_up_unconfigured(*, now: datetime) -> None:
    """What waits for a channel that nobody configures any more is told so, not kept in silence."""
    with transaction.atomic():
        waiting = Notice.objects.filter(state=NoticeState.QUEUED, next_try_at__lte=now)
        rows = waiting.exclude(channel__in=configured()).order_by("id")
        for row in rows.select_for_update(skip_locked=True, no_key=True)[:200]:
            row.failure = "not_configured"
            _settle(row, state=NoticeState.FAILED, now=now)
