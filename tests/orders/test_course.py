"""The engine takes another customer without a new state or column: a course that 37 households want, a post for five."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from mulin.ground.orders import actions, queries
from mulin.ground.orders.models import OrderJoin
from mulin.ground.orders.queries import Kind
from mulin.kernel import hooks
from mulin.kernel.actor import Actor, Held
from mulin.kernel.errors import Refused
from tests.conftest import as_owner
from tests.orders.scenes import asked, deeds, fresh, opened
from tests.personas import COUNTY, Scene, _person

COURSE = Kind("course.first_aid", "course", "家庭急救", joinable=True, claim_span=timedelta(days=30))
POST = Kind("post.propaganda", "post", "政策宣传", seats=3)


@pytest.fixture(autouse=True)
def declared(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Two customers more, with what they do on confirmation: nothing but declarations."""
    done: list[Any] = []
    monkeypatch.setitem(hooks.order_kinds, COURSE.code, COURSE)
    monkeypatch.setitem(hooks.order_kinds, POST.code, POST)
    for customer in ("course", "post"):
        monkeypatch.setitem(hooks.order_confirmed, customer, lambda **told: done.append(told["claim"].pk))
    return done


def residents(scene: Scene, count: int, now: datetime) -> list[Actor]:
    with as_owner():
        for number in range(count):
            _person(scene, COUNTY, f"neighbour{number}", "林晓", [Held("resident")], now)
    return [scene.actors[f"neighbour{number}"] for number in range(count)]


def test_a_course_is_ordered_by_many_claimed_by_a_lecturer_held_and_rated(
    county: Scene, now: datetime, declared: list[Any]
) -> None:
    order = opened(county, now, kind=COURSE.code)
    for one in residents(county, 36, now):
        actions.join(order=order.id, by=one, now=now)
        actions.join(order=order.id, by=one, now=now)
    assert OrderJoin.objects.filter(order=order).count() == 36  # and the one who ordered it
    claim = actions.claim(order=order.id, by=county.other_resident, now=now)
    actions.serve(order=order.id, claim=claim.id, by=county.other_resident, now=now)
    actions.confirm(order=order.id, claim=claim.id, by=county.resident, now=now)
    actions.rate(order=order.id, claim=claim.id, score="good", by=county.resident, now=now)
    assert fresh(order).state == "confirmed" and declared == [claim.id]


def test_two_orders_of_one_course_become_one(county: Scene, now: datetime) -> None:
    first = opened(county, now, kind=COURSE.code)
    second = opened(county, now, kind=COURSE.code, by=county.other_resident)
    actions.join(order=second.id, by=county.rider, now=now)
    actions.join(order=first.id, by=county.rider, now=now)
    actions.merge_into(order=second.id, into=first.id, by=county.community_clerk, now=now)
    assert (fresh(second).state, fresh(second).into_id) == ("merged", first.id)
    assert set(OrderJoin.objects.filter(order=first).values_list("person_id", flat=True)) == {
        county.persons["rider"].id,
        county.persons["other_resident"].id,
    }
    for source, target in ((first, first), (second, first)):
        with pytest.raises(Refused):
            actions.merge_into(order=source.id, into=target.id, by=county.community_clerk, now=now)
    parcel = opened(county, now)
    with pytest.raises(Refused, match="同一种"):
        actions.merge_into(order=first.id, into=parcel.id, by=county.community_clerk, now=now)


def test_a_post_has_seats_and_is_over_when_everybody_was_confirmed(
    county: Scene, now: datetime, declared: list[Any]
) -> None:
    order = opened(county, now, kind=POST.code, by=county.resident)
    givers = [county.other_resident, county.rider, county.grid_worker]
    claims = [actions.claim(order=order.id, by=one, now=now) for one in givers]
    assert fresh(order).state == "claimed"
    with pytest.raises(Refused, match="刚刚有人接了"):
        actions.claim(order=order.id, by=county.merchant, now=now)
    for one, claim in zip(givers, claims, strict=True):
        actions.serve(order=order.id, claim=claim.id, by=one, now=now)
        actions.confirm(order=order.id, claim=claim.id, by=county.resident, now=now)
    assert fresh(order).state == "confirmed" and len(declared) == 3


def test_a_post_that_not_everybody_came_to_is_done_with_those_who_came(
    county: Scene, now: datetime, declared: list[Any]
) -> None:
    order = opened(county, now, kind=POST.code)
    claim = actions.claim(order=order.id, by=county.rider, now=now)
    actions.serve(order=order.id, claim=claim.id, by=county.rider, now=now)
    actions.confirm(order=order.id, claim=claim.id, by=county.resident, now=now)
    assert fresh(order).state == "open"
    actions.act_on_due(now=fresh(order).expires_at)
    assert fresh(order).state == "confirmed" and len(declared) == 1
    assert deeds(order)[-1] == "expire"


def test_what_is_one_persons_alone_cannot_be_wanted_by_two(county: Scene, now: datetime) -> None:
    order = opened(county, now)
    with pytest.raises(Refused, match="不能一起要"):
        actions.join(order=order.id, by=county.other_resident, now=now)
    assert queries.kind_of("unknown.kind").name == "unknown.kind"
    with pytest.raises(Refused, match="没有这一种"):
        asked(county, now, kind="unknown.kind")
