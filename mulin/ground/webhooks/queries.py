"""Who wants which events, and how their deliveries went."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count
from django.utils.translation import gettext as _

from mulin.ground.notices import queries as notices
from mulin.ground.systems import queries as systems
from mulin.ground.webhooks.models import OPEN, Delivery, Subscription
from mulin.ground.webhooks.permissions import may_keep
from mulin.ground.webhooks.rules import KEPT_SECONDS, TEST, State, body
from mulin.kernel import hooks
from mulin.kernel.county import current_county
from mulin.kernel.errors import NotFound
from mulin.kernel.hooks import Happened
from mulin.kernel.paging import Page, page

__all__ = [
    "Listener",
    "counts",
    "deliveries",
    "export_person",
    "forget",
    "listeners",
    "may_keep",
    "message",
    "subscription",
    "subscriptions",
]


# ── who listens ─────


@dataclass(frozen=True)
class Listener:
    """An open subscription: the events it wants, the system it is for, and whether that may read every case."""

    id: UUID
    events: frozenset[str]
    system: UUID
    wide: bool

    def wants(self, told: Happened) -> bool:
        """Whether it is told of this: a system learns of its own reports, with ``system_read`` of all live cases."""
        wide = self.wide and told.live and not told.followed
        return told.event in self.events and (told.system == self.system or wide)


_kept: dict[int, tuple[float, Sequence[Listener]]] = {}


def listeners() -> Sequence[Listener]:
    """The county's open subscriptions of open systems, kept in the process for half a minute: a deed asks for nothing."""
    until, found = _kept.get(current_county(), (0.0, ()))
    if time.monotonic() >= until:
        rows = Subscription.objects.filter(OPEN, system__closed_at__isnull=True).select_related("system")
        found = [
            Listener(row.id, frozenset(row.events), row.system_id, systems.READ in row.system.scopes)
            for row in rows.order_by("id")
        ]
        _kept[current_county()] = (time.monotonic() + KEPT_SECONDS, found)
    return found


def forget() -> None:
    """Ask again at the next deed: after a change."""
    _kept.pop(current_county(), None)


# ── subscriptions ─────


def subscriptions(system: UUID) -> list[Subscription]:
    """Those of a system, the open ones first, each kind newest first. One statement."""
    rows = Subscription.objects.filter(system=system).order_by("-opened_at", "-id")
    return sorted(rows, key=lambda row: row.ended_at is not None)


def subscription(key: UUID) -> Subscription:
    """One of them with its system, open or ended. Raises NotFound."""
    row = Subscription.objects.filter(id=key).select_related("system").first()
    if row is None:
        raise NotFound(_("没有这项推送。"))
    return row


def deliveries(key: UUID, *, at: str = "") -> Page:
    """A page of a subscription's deliveries, newest first. One statement."""
    return page(Delivery.objects.filter(subscription=key), at=at, size=30)


def counts(keys: Sequence[UUID]) -> dict[UUID, dict[str, int]]:
    """By subscription: how many deliveries are in which state. One statement."""
    found: dict[UUID, dict[str, int]] = {key: dict.fromkeys(State.values, 0) for key in keys}
    rows = Delivery.objects.filter(subscription__in=list(keys)).order_by()
    for row in rows.values("subscription_id", "state").annotate(n=Count("pk")):
        found[row["subscription_id"]][row["state"]] = row["n"]
    return found


def message(row: Delivery) -> dict[str, Any]:
    """What is sent of a delivery: which case did what, when, and where its system reads it. Nothing of what anybody wrote
    or is. The row comes with its subscription's system."""
    data: dict[str, Any] = {"county": str(row.county_id)}
    if row.event != TEST:
        find = hooks.outside_url.get(row.subject_kind)
        base = notices.base_url()
        data |= {
            row.subject_kind: row.number,
            "version": row.version,
            "state": row.subject_state,
            "url": f"{base}{find(row.number, row.subscription.system.scopes)}" if find and base else "",
        }
    return body(id=row.id, event=row.event, at=row.at, data=data)


def export_person(person: UUID) -> dict[str, Any]:
    """The export hook: which subscriptions an administrator opened."""
    rows = Subscription.objects.filter(opened_by_id=person).order_by("opened_at")
    return {"webhooks_opened": [{"url": row.url, "at": row.opened_at.isoformat()} for row in rows]}
