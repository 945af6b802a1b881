"""Carrying events out of the house: lease a delivery and commit, send without a transaction, mark.

Who takes a delivery (FOR UPDATE SKIP LOCKED) has it to himself for LEASE. Only the first unsettled one of a case and
subscription is ever taken: order is kept, and one that fails holds back that case's later ones alone. A process killed
between the answer and the mark leaves its lease behind: the delivery is sent again under the same ``webhook-id``, so
whoever must not act twice remembers the ids of some days.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from mulin.ground.trail.actions import record
from mulin.ground.webhooks.actions.out import Answer, deliver
from mulin.ground.webhooks.models import OPEN, PENDING, Delivery, Subscription
from mulin.ground.webhooks.queries import message
from mulin.ground.webhooks.rules import (
    LEASE,
    PASS_SECONDS,
    PATIENCE,
    REMEMBERED,
    SILENT,
    TEST,
    Failure,
    State,
    headers,
    next_try,
    read_address,
    rest,
)
from mulin.ground.worklist import actions as worklist
from mulin.kernel.actor import Actor, system
from mulin.kernel.county import current_county
from mulin.kernel.errors import Refused
from mulin.kernel.secrets import decrypt

log = logging.getLogger(__name__)

SUBJECT: Final = "webhook"
SECRET: Final = "webhook.secret"  # noqa: S105 - what the ciphertext is bound to
WORK: Final = "webhook_failed"
MOST_SWEPT: Final = 2000


def send_due(*, now: datetime) -> int:
    """Send what is due in the county in force; how many were accepted. Never call it inside a transaction."""
    _recover(now)
    started, sent = time.monotonic(), 0
    while (passed := time.monotonic() - started) < PASS_SECONDS:
        row = _lease(now)
        if row is None:
            break
        answer = _send(row, now + timedelta(seconds=passed))
        sent += _mark(row, answer, now=now)
    return sent


def _lease(now: datetime) -> Delivery | None:
    """Take the next due delivery for this process, and commit."""
    mine = Delivery.objects.filter(
        PENDING, subscription=OuterRef("subscription"), subject_id=OuterRef("subject_id")
    )
    earlier = mine.filter(
        Q(version__lt=OuterRef("version")) | Q(version=OuterRef("version"), id__lt=OuterRef("id"))
    )
    awake = Q(subscription__rests_until__isnull=True) | Q(subscription__rests_until__lte=now)
    with transaction.atomic(durable=True):
        rows = Delivery.objects.filter(
            ~Exists(earlier),
            awake,
            state=State.WAITING,
            next_try_at__lte=now,
            subscription__ended_at__isnull=True,
            subscription__paused_at__isnull=True,
            subscription__system__closed_at__isnull=True,
        ).select_related("subscription__system")
        row = (
            rows.order_by("next_try_at", "id")
            .select_for_update(skip_locked=True, no_key=True, of=("self",))
            .first()
        )
        if row is not None:
            row.state, row.leased_until = State.SENDING, now + LEASE
            row.attempts += 1
            row.save(update_fields=["state", "leased_until", "attempts"])
    return row


def _send(row: Delivery, at: datetime) -> Answer:
    wants = row.subscription
    sealed = [wants.secret_sealed]
    if wants.old_until is not None and at < wants.old_until:
        sealed.append(wants.old_secret_sealed)
    content = json.dumps(message(row), ensure_ascii=False, separators=(",", ":")).encode()
    signed = headers(
        secrets=[decrypt(one, bound_to=SECRET) for one in sealed], id=str(row.id), at=at, body=content
    )
    try:
        target = read_address(wants.url, private=settings.WEBHOOKS_PRIVATE)
    except Refused:  # the setting that let it be written is gone
        return Answer(Failure.PRIVATE)
    return deliver(target=target, body=content, headers=signed)


@transaction.atomic
def _mark(row: Delivery, answer: Answer, *, now: datetime) -> bool:
    """Write down how it went, unless the delivery is no longer this process's. Whether it was accepted."""
    wants = Subscription.objects.select_for_update(no_key=True, of=("self",)).get(pk=row.subscription_id)
    mine = Delivery.objects.filter(pk=row.pk, state=State.SENDING, leased_until=row.leased_until)
    held = mine.select_for_update(no_key=True, of=("self",)).first()
    if held is None:
        log.warning("webhook delivery %s was taken over while it was being sent", row.pk)
        return not answer.failure
    held.status, held.failure, held.leased_until = answer.status, answer.failure, None
    if not answer.failure:
        held.state, held.settled_at, held.next_try_at = State.DONE, now, None
        held.save()
        _answered(wants, now)
        return True
    again = next_try(now, attempts=held.attempts, happened=held.made_at)
    if held.event == TEST or wants.ended_at is not None:
        again = None
    given_up = State.DROPPED if wants.ended_at is not None else State.FAILED
    held.state, held.next_try_at = (State.WAITING, again) if again else (given_up, None)
    held.settled_at = None if again else now
    held.save()
    _unanswered(wants, answer, now)
    if again is None and held.event != TEST and wants.ended_at is None:
        _ask_to_look(wants, now)
    return False


def _answered(wants: Subscription, now: datetime) -> None:
    """Somebody is there: whoever waited for that is due."""
    if not wants.silences:
        return
    wants.silences, wants.rests_until = 0, None
    wants.save(update_fields=["silences", "rests_until"])
    waiting = Delivery.objects.filter(subscription=wants, state=State.WAITING, failure__in=SILENT)
    waiting.filter(next_try_at__gt=now).update(next_try_at=now)


def _unanswered(wants: Subscription, answer: Answer, now: datetime) -> None:
    """Nobody there, or somebody who asks for time: leave the address alone for a while. Gone for good: pause."""
    if answer.failure == Failure.GONE and wants.paused_at is None:
        wants.paused_at = now
        wants.save(update_fields=["paused_at"])
        _ask_to_look(wants, now)
    elif answer.failure in SILENT:
        wants.silences += 1
        wants.rests_until = now + rest(wants.silences)
        wants.save(update_fields=["silences", "rests_until"])
    elif answer.wait:
        wants.rests_until = now + min(timedelta(seconds=answer.wait), timedelta(hours=1))
        wants.save(update_fields=["rests_until"])


LOOK_WITHIN: Final = timedelta(days=2)


def _ask_to_look(wants: Subscription, now: datetime) -> None:
    """A to-do for the county's administrators, one per subscription."""
    host = read_address(wants.url, private=True).host
    worklist.put(
        by=_self(), now=now, kind=WORK, subject_kind=SUBJECT, subject_id=wants.id,
        title=_("推送没有送到：%(host)s") % {"host": host}, role="admin", path="/", due_at=now + LOOK_WITHIN,
    )  # fmt: skip


def _self() -> Actor:
    return system(current_county(), "webhooks")


def _recover(now: datetime) -> None:
    """What a dead process had taken is sent again under its own id."""
    stale = Delivery.objects.filter(state=State.SENDING, leased_until__lte=now)
    with transaction.atomic():
        keys = list(
            stale.order_by("id")
            .select_for_update(skip_locked=True, no_key=True, of=("self",))
            .values_list("id", flat=True)[:MOST_SWEPT]
        )
        if keys:
            Delivery.objects.filter(id__in=keys).update(
                state=State.WAITING, leased_until=None, next_try_at=now, failure=Failure.ABANDONED
            )


def tend(*, now: datetime) -> int:
    """Let go of what nobody waits for any more: end what is for a system whose key was closed, with its to-do; give up what
    waits for ended ones at once, for silent and paused ones when patience is over; forget what was settled long ago. How
    many deliveries were given up."""
    with transaction.atomic():
        closed = Subscription.objects.filter(OPEN, system__closed_at__isnull=False).order_by("id")
        dropped = sum(
            put_away(subscription=one, by=_self(), now=now)
            for one in closed.select_for_update(of=("self",), no_key=True)
        )
        waiting = Delivery.objects.filter(state=State.WAITING)
        over = waiting.filter(subscription__ended_at__isnull=False)
        dropped += _give_up(over, State.DROPPED, "", now)
        held = Q(subscription__silences__gt=0) | Q(subscription__paused_at__isnull=False)
        late = waiting.filter(held, made_at__lte=now - PATIENCE).exclude(event=TEST)
        owners = list(late.order_by().values_list("subscription_id", flat=True).distinct())
        lost = _give_up(late, State.FAILED, Failure.EXPIRED, now)
        for wants in Subscription.objects.filter(id__in=owners, ended_at__isnull=True):
            _ask_to_look(wants, now)
    old = Delivery.objects.filter(settled_at__lte=now - REMEMBERED).order_by("id")
    Delivery.objects.filter(id__in=list(old.values_list("id", flat=True)[:MOST_SWEPT])).delete()
    return dropped + lost


# ── the end of a subscription ─────


def put_away(*, subscription: Subscription, by: Actor, now: datetime) -> int:
    """End it for good, with its secret, its to-do and what waits; how many deliveries that was. Its row is locked."""
    subscription.ended_at = now
    subscription.secret_sealed, subscription.old_secret_sealed, subscription.old_until = "", "", None
    subscription.save(update_fields=["ended_at", "secret_sealed", "old_secret_sealed", "old_until"])
    waiting = Delivery.objects.filter(subscription=subscription, state=State.WAITING)
    dropped = waiting.update(state=State.DROPPED, settled_at=now, next_try_at=None)
    settle(subscription=subscription, by=by, now=now)
    note(subscription=subscription, verb="ended", by=by, now=now)
    return dropped


def settle(*, subscription: Subscription, by: Actor, now: datetime) -> None:
    """Nobody has to look after it any more: its to-do ends."""
    worklist.done(by=by, now=now, subject_kind=SUBJECT, subject_id=subscription.id, kinds=(WORK,))


def note(
    *,
    subscription: Subscription,
    verb: str,
    by: Actor,
    now: datetime,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """The deed in the trail: whose subscription, to which host."""
    host = read_address(subscription.url, private=True).host
    told = {"system": str(subscription.system_id), "host": host, **(facts or {})}
    record(
        by=by, now=now, verb=f"webhook.{verb}", subject_kind=SUBJECT, subject_id=subscription.id, facts=told
    )


def _give_up(rows: object, state: State, failure: str, now: datetime) -> int:
    keys = list(rows.order_by("id").values_list("id", flat=True)[:MOST_SWEPT])  # type: ignore[attr-defined]
    still = Delivery.objects.filter(id__in=keys, state=State.WAITING)
    return still.update(state=state, failure=failure, settled_at=now, next_try_at=None, leased_until=None)
