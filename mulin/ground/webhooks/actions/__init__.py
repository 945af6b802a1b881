"""Letting a system be told of events; ``hear`` writes them within a deed, ``send_due`` carries them out afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from mulin.ground.systems import queries as systems
from mulin.ground.webhooks.actions.out import check_target
from mulin.ground.webhooks.actions.outbox import SECRET, SUBJECT, note, put_away, send_due, settle, tend
from mulin.ground.webhooks.models import OPEN, Delivery, Subscription
from mulin.ground.webhooks.permissions import may_keep
from mulin.ground.webhooks.queries import forget, listeners
from mulin.ground.webhooks.rules import (
    MOST_OPEN,
    OLD_SECRET,
    STARTS_AFTER,
    TEST,
    State,
    new_secret,
    read_address,
)
from mulin.kernel import hooks
from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotAllowed, NotFound, Refused, Stale
from mulin.kernel.hooks import Happened
from mulin.kernel.secrets import encrypt

__all__ = [
    "end",
    "hear",
    "pause",
    "resend",
    "resume",
    "rotate",
    "send_due",
    "send_test",
    "subscribe",
    "tend",
]


def hear(*, told: Sequence[Happened]) -> None:
    """Write down what happened for each subscription that wants it, in the deed's transaction: one statement, none where
    nobody wants it."""
    rows = [
        Delivery(
            subscription_id=one.id,
            event=what.event,
            subject_kind=what.kind,
            subject_id=what.subject,
            number=what.number,
            version=what.version,
            subject_state=what.state,
            at=what.at,
            made_at=what.now,
            next_try_at=what.now,
        )
        for what in told
        for one in listeners()
        if one.wants(what)
    ]
    if rows:
        Delivery.objects.bulk_create(rows)


# ── opening and ending ─────


def subscribe(
    *, system: UUID, url: str, events: Iterable[str], by: Actor, now: datetime
) -> tuple[Subscription, str]:
    """Let a system be told of events at an address: the row, and the secret that signs them, which is told this once.

    The address is looked up: Refused where it is no https address of the public internet, without any event, for a closed
    system (409) and beyond MOST_OPEN subscriptions. What happens from ``begins_at`` on is told.
    """
    keeper = _keeper(by)
    target = systems.system(system)
    wanted = [event for event in hooks.event_words if event in set(events)]
    if not wanted:
        raise Refused("webhook_events", _("请至少选一种事件。"), field="events")
    check_target(target=read_address(url, private=settings.WEBHOOKS_PRIVATE))
    secret = new_secret()
    with transaction.atomic():
        if target.closed_at is not None:
            raise Refused("system_closed", _("这个系统已经停用了。"), status=409)
        open_ones = Subscription.objects.filter(OPEN, system=system)
        if open_ones.count() >= MOST_OPEN:
            raise Refused(
                "webhook_most", _("一个系统最多 %(most)d 项推送。") % {"most": MOST_OPEN}, status=409
            )
        row = Subscription.objects.create(
            system=target,
            url=url.strip(),
            events=wanted,
            secret_sealed=encrypt(secret, bound_to=SECRET),
            opened_by_id=keeper,
            opened_at=now,
            begins_at=now + STARTS_AFTER,
        )
        note(subscription=row, verb="opened", by=by, now=now, facts={"events": wanted})
    forget()
    return row, secret


@transaction.atomic
def rotate(*, subscription: UUID, by: Actor, now: datetime) -> tuple[Subscription, str]:
    """Another secret, told this once. For a day both sign."""
    row = _open(subscription, by)
    secret = new_secret()
    row.old_secret_sealed, row.old_until = row.secret_sealed, now + OLD_SECRET
    row.secret_sealed = encrypt(secret, bound_to=SECRET)
    row.save(update_fields=["secret_sealed", "old_secret_sealed", "old_until"])
    note(subscription=row, verb="secret_changed", by=by, now=now)
    return row, secret


@transaction.atomic
def pause(*, subscription: UUID, by: Actor, now: datetime) -> Subscription:
    """Send nothing for the time being: what happens is kept while patience lasts. Refused (409) where it rests already."""
    row = _open(subscription, by)
    if row.paused_at is not None:
        raise Stale(_("已经暂停了。"), code="webhook_paused")
    row.paused_at = now
    row.save(update_fields=["paused_at"])
    settle(subscription=row, by=by, now=now)
    note(subscription=row, verb="paused", by=by, now=now)
    return row


@transaction.atomic
def resume(*, subscription: UUID, by: Actor, now: datetime) -> Subscription:
    """Send again, at once, what has gathered. Refused (409) where it is not paused."""
    row = _open(subscription, by)
    if row.paused_at is None:
        raise Stale(_("没有暂停。"), code="webhook_not_paused")
    row.paused_at = None
    _wake(row, now)
    row.save(update_fields=["paused_at", "silences", "rests_until"])
    if not row.deliveries.filter(state=State.FAILED).exists():
        settle(subscription=row, by=by, now=now)
    note(subscription=row, verb="resumed", by=by, now=now)
    return row


def end(*, subscription: UUID, by: Actor, now: datetime) -> Subscription:
    """End it for good: nothing more is sent, not even what waits."""
    with transaction.atomic():
        row = _open(subscription, by)
        put_away(subscription=row, by=by, now=now)
    forget()
    return row


# ── sending by hand ─────


@transaction.atomic
def send_test(*, subscription: UUID, by: Actor, now: datetime) -> Delivery:
    """An event that says nothing, to see whether it arrives. Refused (409) while one is under way."""
    row = _open(subscription, by)
    if row.paused_at is not None:
        raise Stale(_("推送暂停着，先恢复。"), code="webhook_paused")
    if row.deliveries.filter(event=TEST, state=State.WAITING).exists():
        raise Stale(_("上一次测试还没有发完。"), code="webhook_testing")
    row.rests_until = None
    row.save(update_fields=["rests_until"])
    return Delivery.objects.create(
        subscription=row,
        event=TEST,
        subject_kind=SUBJECT,
        subject_id=row.id,
        at=now,
        made_at=now,
        next_try_at=now,
    )


@transaction.atomic
def resend(*, subscription: UUID, by: Actor, now: datetime, delivery: UUID | None = None) -> int:
    """Send again what did not arrive: one, or all of it, each case's in order; how many. Refused (409) if nothing failed."""
    row = _open(subscription, by)
    failed = row.deliveries.filter(state=State.FAILED)
    if delivery is not None:
        failed = failed.filter(id=delivery)
    count = failed.update(
        state=State.WAITING, made_at=now, next_try_at=now, attempts=0, settled_at=None, failure=""
    )
    if not count:
        raise Stale(_("没有要再发的。"), code="webhook_none_failed")
    _wake(row, now)
    row.save(update_fields=["silences", "rests_until"])
    if not row.deliveries.filter(state=State.FAILED).exists():
        settle(subscription=row, by=by, now=now)
    note(subscription=row, verb="resent", by=by, now=now, facts={"events": count})
    return count


# ── in common ─────


def _keeper(by: Actor) -> UUID:
    if by.person is None or not may_keep(by):
        raise NotAllowed(_("由县管理员设置推送。"))
    return by.person


def _open(key: UUID, by: Actor) -> Subscription:
    """The row FOR UPDATE, where it is open and he may."""
    _keeper(by)
    row = Subscription.objects.select_for_update(of=("self",), no_key=True).filter(id=key).first()
    if row is None:
        raise NotFound(_("没有这项推送。"))
    if row.ended_at is not None:
        raise Stale(_("这项推送已经停止了。"), code="webhook_ended")
    return row


def _wake(row: Subscription, now: datetime) -> None:
    """Whoever waits there is due now."""
    row.silences, row.rests_until = 0, None
    row.deliveries.filter(state=State.WAITING, next_try_at__gt=now).update(next_try_at=now)
