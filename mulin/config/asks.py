"""What the engine of orders calls back: who stands on which rung of the ladder, and the points of what was confirmed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import translation
from django.utils.translation import gettext

from mulin.ground.access import queries as access_read
from mulin.ground.orders import queries as orders_read
from mulin.ground.points import actions as points
from mulin.ground.points import queries as points_read
from mulin.ground.territory import queries as territory_read
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day


def earn(*, order: Any, claim: Any, by: Actor, now: datetime) -> None:
    """Both sides said that it is done: the points of the kind's rule, where the county has one in force. The story names
    nobody."""
    kind = orders_read.kind_of(order.kind)
    day = local_day(claim.served_at or now)
    if claim.person_id is None or by.person is None or kind.points not in points_read.points_on(day):
        return
    with translation.override("zh-hans"):  # what is kept reads the same, whoever confirmed
        story = gettext("帮邻居：%(what)s") % {"what": kind.name}
    points.earn(
        by=by, now=now, rule_code=kind.points, key=f"order:{claim.pk}", done_on=day, subject=("order", order.pk),
        story=story, person=claim.person_id,
        community_path=territory_read.community_path(order.path), confirmed_by=by.person,
        evidence={"number": order.number},
    )  # fmt: skip


def team(path: str, grid_path: str) -> dict[str, str] | None:
    """Who is at hand in the grid: its worker, else its head."""
    for role in ("grid_worker", "grid_head"):
        if grid_path and access_read.holders(role, path=grid_path):
            return {"role": role, "path": grid_path}
    return None


def office(path: str, _grid_path: str) -> dict[str, str]:
    """The community's clerks."""
    return {"role": "community_clerk", "path": territory_read.community_path(path)}


def street(path: str, _grid_path: str) -> dict[str, str]:
    """The clerks of the street or town above it."""
    return {"role": "street_clerk", "path": territory_read.street_path(path)}
