"""Asks in this state and that, made by the real actions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.apps import apps

from mulin.ground.orders import actions
from mulin.ground.orders.models import Order, OrderClaim, OrderStep
from mulin.kernel.actor import Actor
from mulin.kernel.ids import uuid7
from tests.personas import Scene

WorkItem: Any = apps.get_model("worklist.WorkItem")
Notice: Any = apps.get_model("notices.Notice")
AuditEntry: Any = apps.get_model("trail.AuditEntry")
WORDS, DOOR = "两件快递在南门驿站，腿脚不便", "3号楼2单元301"


def asked(scene: Scene, now: datetime, *, by: Actor | None = None, **more: Any) -> Order:
    """A parcel for the resident in 双虹家园, unless something else is said."""
    plain: dict[str, Any] = {
        "kind": "help.parcel",
        "client_id": uuid7(),
        "place": scene.places["compound"].id,
        "words": WORDS,
        "door": DOOR,
    }
    return actions.ask(by=by or scene.resident, now=now, **(plain | more))


def opened(scene: Scene, now: datetime, **more: Any) -> Order:
    """The same, let out by the clerk of the community."""
    row = asked(scene, now, **more)
    return actions.approve(order=row.id, by=scene.community_clerk, now=now)


def claimed(
    scene: Scene, now: datetime, *, giver: Actor | None = None, **more: Any
) -> tuple[Order, OrderClaim]:
    """The same, claimed by the other resident."""
    row = opened(scene, now, **more)
    claim = actions.claim(order=row.id, by=giver or scene.other_resident, now=now)
    return fresh(row), claim


def served(scene: Scene, now: datetime, **more: Any) -> tuple[Order, OrderClaim]:
    """The same; the giver says that it is done."""
    row, claim = claimed(scene, now, **more)
    giver = more.get("giver") or scene.other_resident
    claim = actions.serve(order=row.id, claim=claim.id, by=giver, now=now)
    return fresh(row), claim


def fresh(row: Any) -> Any:
    """The row as it stands now."""
    return type(row).objects.get(pk=row.pk)


def work(**more: Any) -> list[Any]:
    """Open to-dos, oldest first."""
    return list(WorkItem.objects.filter(done_at=None, **more).order_by("id"))


def told(person: Any) -> list[str]:
    """The messages inside the app to somebody, oldest first."""
    return list(
        Notice.objects.filter(person_id=person, channel="in_app")
        .order_by("id")
        .values_list("template", flat=True)
    )


def deeds(row: Order) -> list[str]:
    """The steps of an ask, oldest first."""
    return list(OrderStep.objects.filter(order=row).order_by("at", "id").values_list("deed", flat=True))
