"""How long and how often an event is tried, and what is sent. Pure."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models.enums import TextChoices
from django.utils.translation import gettext_lazy as _

from mulin.ground.webhooks.rules.addresses import PORTS, Target, public, read_address
from mulin.ground.webhooks.rules.signing import SECRET_BYTES, headers, new_secret, signature

__all__ = [
    "KEPT_SECONDS",
    "LEASE",
    "LONGEST_REST",
    "MOST_OPEN",
    "OLD_SECRET",
    "PASS_SECONDS",
    "PATIENCE",
    "PATIENCE_DAYS",
    "PORTS",
    "REMEMBERED",
    "SECRET_BYTES",
    "SILENT",
    "STARTS_AFTER",
    "TEST",
    "TIMEOUT",
    "Failure",
    "State",
    "Target",
    "body",
    "headers",
    "new_secret",
    "next_try",
    "public",
    "read_address",
    "rest",
    "signature",
]

TEST: Final = "test"
"""The event that an administrator sends to see whether it arrives."""
KEPT_SECONDS: Final = 30.0
"""So long a process remembers who wants which events."""
STARTS_AFTER: Final = timedelta(seconds=2 * KEPT_SECONDS)
"""From then on nothing is missed, whichever process it happens in."""

TIMEOUT: Final = 10.0
"""Seconds for a whole delivery, from connecting to the answer's end."""
LEASE: Final = timedelta(minutes=5)
"""A delivery that is under way for so long belongs to a dead process. Longer than any pass lasts."""
PASS_SECONDS: Final = 45.0
"""No delivery is begun later than this after the start of a pass."""

FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(days=1)
PATIENCE_DAYS: Final = 5
PATIENCE: Final = timedelta(days=PATIENCE_DAYS)
"""So long after it happened an event is tried; then somebody has to look."""
LONGEST_REST: Final = timedelta(minutes=15)
"""An address that does not answer is asked again at least so often."""
OLD_SECRET: Final = timedelta(days=1)
"""So long after a change both secrets sign."""
REMEMBERED: Final = timedelta(days=30)
"""So long settled deliveries are kept for the page."""
MOST_OPEN: Final = 10
"""Subscriptions of one system at a time."""


class State(TextChoices):
    WAITING = "waiting", _("待发送")
    SENDING = "sending", _("发送中")
    DONE = "done", _("已送达")
    FAILED = "failed", _("没有送达")
    DROPPED = "dropped", _("不再发送")


class Failure(TextChoices):
    """Why a delivery did not arrive. ``status`` says the number of the answer beside it."""

    STATUS = "status", _("对方没有接受")
    GONE = "gone", _("对方说这个地址不再用（410）")
    REDIRECT = "redirect", _("对方要求转到别的地址，不跟随")
    NO_NAME = "no_name", _("域名解析不了")
    PRIVATE = "private", _("域名指向内部网络，不发送")
    NO_CONNECTION = "no_connection", _("连接不上")
    CERTIFICATE = "certificate", _("对方的证书不对")
    TIMEOUT = "timeout", _("对方在规定时间内没有答复")
    BROKEN = "broken", _("对方的答复读不懂")
    ABANDONED = "abandoned", _("发送时程序中断，再发一次")
    EXPIRED = "expired", _("一直没能发送，超过了期限")


SILENT: Final = frozenset(
    {Failure.NO_NAME, Failure.PRIVATE, Failure.NO_CONNECTION, Failure.CERTIFICATE, Failure.TIMEOUT}
)
"""The address as a whole does not answer: its other events rest too."""


def next_try(now: datetime, *, attempts: int, happened: datetime, chance: float = -1.0) -> datetime | None:
    """When to try again after so many attempts: doubling from FIRST_WAIT to LONGEST_WAIT, give or take a quarter;
    None once PATIENCE is over. ``chance`` in [0, 1) takes the place of the dice."""
    if now >= happened + PATIENCE:
        return None
    wait: timedelta = min(FIRST_WAIT * 2 ** min(attempts - 1, 20), LONGEST_WAIT)
    dice = random.random() if chance < 0 else chance  # noqa: S311 - spreads load, guards nothing
    return min(now + wait * (0.75 + 0.5 * dice), happened + PATIENCE)


def rest(silences: int) -> timedelta:
    """How long an address is left alone that failed to answer so often in a row."""
    doubled: timedelta = FIRST_WAIT * 2 ** min(silences - 1, 20)
    return min(doubled, LONGEST_REST)


def moment(at: datetime) -> str:
    """ISO 8601 in UTC, to the millisecond."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def body(*, id: UUID, event: str, at: datetime, data: Mapping[str, Any]) -> dict[str, Any]:
    """What is sent, by the Standard Webhooks: type, time and data; the id stands in the header too."""
    return {"id": str(id), "type": event, "timestamp": moment(at), "data": dict(data)}
