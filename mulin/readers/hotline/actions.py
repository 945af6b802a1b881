"""A message of the hotline's platform becomes a deed, once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from django.utils.translation import gettext as _

from mulin.ground.systems import actions as systems
from mulin.ground.territory import queries as territory
from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotFound, Refused
from mulin.readers.hotline.rules import NAMES
from mulin.services.cases.actions import answers
from mulin.services.cases.actions import hotline as orders
from mulin.services.cases.queries import hotline as read

Said = dict[str, Any]


def take(*, said: Said, raw: str, by: Actor, now: datetime) -> tuple[dict[str, Any], bool]:
    """Do what a message says; (the answer, whether it was given before).

    The same order and message id with the same bytes is the same deed, for a week; with other bytes it is refused (409).
    What is refused otherwise names the field as the message calls it.
    """

    def act() -> dict[str, Any]:
        told = _ACTS[said["kind"]](said, by, now)
        found = read.order(said["order_no"])
        standing = read.standing(found) if found is not None else None
        return {"message_id": said["message_id"], "result": "done", "note": "", **told, "order": standing}

    try:
        return systems.once(
            key=f"hotline:{len(said['order_no'])}:{said['order_no']}:{said['message_id']}",
            body=raw,
            act=act,
            by=by,
            now=now,
        )
    except Refused as refused:
        if refused.code == "key_reused":
            words = _("这张工单的这个 message_id 已经用过，内容不一样。另一条消息请换一个。")
            raise Refused("message_reused", words, field="message_id", status=409) from refused
        if refused.field:
            refused.field = NAMES.get(refused.field, refused.field)
        raise


def changes(*, after: int, most: int, by: Actor, now: datetime) -> dict[str, Any]:
    """What is new after a cursor, ``next`` to go on from, ``more`` where a page did not hold it. What was given up to
    ``after`` counts as taken."""
    found = answers.changes(after=after, most=most + 1, by=by, now=now)
    shown = found[:most]
    return {
        "changes": [read.change(one) for one in shown],
        "next": shown[-1].seq if shown else after,
        "more": len(found) > most,
    }


def _order(said: Said, by: Actor, now: datetime) -> dict[str, Any]:
    area = None
    if "area_code" in said:
        place = territory.place_coded(said["area_code"])
        if place is None:
            raise Refused("no_such_area", _("这个县没有这个区划代码。"), field="area_code", status=400)
        area = place.id
    told = {name: said[name] for name in ("lon", "lat") if name in said}
    taken = orders.take_order(
        order=orders.Order(
            **_common(said), **told, received_at=said["received_at"], area=area,
            kind=orders.kind_of(word=said.get("order_type", "")), related=said.get("related_order", ""),
        ),
        by=by, now=now,
    )  # fmt: skip
    return _told(taken)


def _amend(said: Said, by: Actor, now: datetime) -> dict[str, Any]:
    known = read.order(said["order_no"])
    if known is None:
        raise NotFound(_("没有这张工单。"), code="no_such_order")
    order = orders.Order(**_common(said), received_at=known.received_at)
    return _told(orders.take_order(order=order, by=by, now=now))


def _common(said: Said) -> dict[str, Any]:
    names = {
        "order_no": "number", "text": "text", "title": "title", "due_at": "due_at", "caller_name": "name",
        "caller_phone": "phone", "appeal_kind": "appeal", "unit": "unit", "place": "place", "confidential": "confidential",
    }  # fmt: skip
    told = {ours: said[theirs] for theirs, ours in names.items() if theirs in said}
    urgency = orders.urgency_of(word=said["urgency"]) if said.get("urgency") else ""
    return {"text": "", **told, "urgency": urgency}


def _told(taken: orders.Taken) -> dict[str, Any]:
    changed = [NAMES.get(name, name) for name in taken.changed]
    return {"result": taken.what, "changed": changed, "note": taken.note}


def _urge(said: Said, by: Actor, now: datetime) -> dict[str, Any]:
    _row, why_not = orders.urge_order(number=said["order_no"], note=said.get("note", ""), by=by, now=now)
    return {"note": why_not}


def _withdraw(said: Said, by: Actor, now: datetime) -> dict[str, Any]:
    orders.withdraw_order(number=said["order_no"], reason=said["reason"], by=by, now=now)
    return {}


def _extension(said: Said, by: Actor, now: datetime) -> dict[str, Any]:
    orders.decide_extension(
        number=said["order_no"], granted=said["granted"], reason=said.get("reason", ""), until=said.get("due_at"),
        by=by, now=now,
    )  # fmt: skip
    return {}


def _return(said: Said, by: Actor, now: datetime) -> dict[str, Any]:
    reason = said.get("reason", "")
    orders.decide_return(number=said["order_no"], granted=said["granted"], reason=reason, by=by, now=now)
    return {}


def _callback(said: Said, by: Actor, now: datetime) -> dict[str, Any]:
    _row, why_not = orders.called_back(
        number=said["order_no"], score=orders.score_of(word=said["score"]), solved=said.get("solved"),
        contacted=said.get("contacted"), comment=said.get("comment", ""), due_at=said.get("due_at"), by=by, now=now,
    )  # fmt: skip
    return {"note": why_not}


_ACTS: Final[dict[str, Callable[[Said, Actor, datetime], dict[str, Any]]]] = {
    "order": _order,
    "amend": _amend,
    "urge": _urge,
    "withdraw": _withdraw,
    "extension_decision": _extension,
    "return_decision": _return,
    "callback": _callback,
}
