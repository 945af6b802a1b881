"""12345 in the example county: its platform is let in, sends orders, urges them and calls back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from mulin.ground.systems import actions as systems
from mulin.ground.systems import queries as connected
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.readers.demo.rules.hotline import FIRST, NUMBERED, PLATFORM
from mulin.readers.demo.rules.stories import Plan, Step
from mulin.services.cases.actions import hotline


def let_in(*, by: Actor, now: datetime) -> Actor:
    """The platform, as whoever acts with its key. The key itself is thrown away: nobody holds it."""
    row, _key = systems.open_system(
        name=PLATFORM, purpose="推送 12345 工单，取回状态和答复。示例，没有人持有它的密钥。", scopes=["system_hotline"],
        per_minute=120, by=by, now=now,
    )  # fmt: skip
    return connected.actor_of(row)


def number_of(*, plan: Plan) -> str:
    """The hotline's number of a plan's order."""
    return NUMBERED.format(day=local_day(plan.steps[0].at), serial=FIRST + plan.serial)


def send(*, plan: Plan, step: Step, where: dict[str, Any], contact: dict[str, Any], by: Actor) -> Any:
    """The plan's order comes in, with its caller and the hotline's own limit."""
    said = step.told
    order = hotline.Order(
        number=number_of(plan=plan), text=plan.text, title=plan.title, received_at=step.at,
        due_at=step.at + timedelta(hours=said["until"]), appeal=said["appeal"], urgency=said.get("urgency", ""),
        place=where.get("place_text", ""), area=where.get("place"), lon=where.get("lon"), lat=where.get("lat"), **contact,
    )  # fmt: skip
    return hotline.take_order(order=order, by=by, now=step.at).order.case


def urge(*, plan: Plan, step: Step, by: Actor) -> Any:
    """The caller rang again."""
    order, _why_not = hotline.urge_order(number=number_of(plan=plan), by=by, now=step.at, **step.told)
    return order.case


def call_back(*, plan: Plan, step: Step, by: Actor) -> Any:
    """What the caller said to the result."""
    told = step.told | {"score": hotline.score_of(word=step.told["score"]), "due_at": None}
    order, _why_not = hotline.called_back(number=number_of(plan=plan), by=by, now=step.at, **told)
    return order.case
