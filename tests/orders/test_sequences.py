"""Random deeds in random order by everybody: the table, the seats, the clocks and the books of steps always agree."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mulin.ground.orders import actions
from mulin.ground.orders.models import Order, OrderClaim, OrderStep
from mulin.ground.orders.rules import ENDED, LIVE, State, settled
from mulin.kernel.errors import Refused
from tests.conftest import NOW
from tests.orders.scenes import asked, fresh, work
from tests.personas import Scene

WHO = ("resident", "other_resident", "rider", "grid_worker", "community_clerk", "other_clerk", "leader")
DEEDS = (
    "approve", "refuse", "claim", "dispatch", "accept", "decline", "give_back", "serve", "confirm", "not_done", "rate",
    "withdraw", "reopen", "answer", "tick",
)  # fmt: skip
moves = st.lists(
    st.tuples(st.sampled_from(DEEDS), st.sampled_from(WHO), st.integers(0, 3), st.integers(0, 60)),
    max_size=25,
)


def _do(row: Order, scene: Scene, deed: str, who: str, number: int, now: Any) -> None:
    by = scene.actors[who]
    if deed == "tick":
        actions.act_on_due(now=now)
        return
    more: dict[str, Any] = {}
    if deed in ("accept", "decline", "give_back", "serve", "confirm", "not_done", "rate"):
        claims = list(OrderClaim.objects.filter(order=row).order_by("id"))
        if not claims:
            return
        more["claim"] = claims[number % len(claims)].id
    more |= {
        "rate": {"score": "good"},
        "refuse": {"reason": "理由"},
        "answer": {"words": "答复"},
        "dispatch": {"person": scene.persons[("rider", "other_resident")[number % 2]].id},
    }.get(deed, {})
    act: Callable[..., Any] = getattr(actions, deed)
    act(order=row.id, by=by, now=now, **more)


def _holds(row: Order) -> None:
    """What must always be true."""
    row = fresh(row)
    claims = list(OrderClaim.objects.filter(order=row))
    live = [one for one in claims if one.state in LIVE]
    assert len(live) <= row.seats
    assert len({one.person_id for one in live}) == len(live)
    if row.state not in ENDED and row.state != State.SUBMITTED:
        assert row.state == settled([one.state for one in claims], row.seats, row.closing)
    if row.state in ENDED:
        owed = [one for one in work(subject_id=row.id) if one.kind == "order_answer" and one.path != "/"]
        assert (row.next_check_at is not None) == bool(owed)  # what the office owes has its clock
        assert row.ended_at is not None
        assert not [one for one in claims if one.state in ("offered", "held")]
    else:
        assert (
            row.next_check_at is not None or row.state == State.SERVED
        )  # somebody or something is always waited for
        if row.state == State.SERVED and row.next_check_at is None:
            assert [one.kind for one in work(subject_id=row.id)] == ["order_confirm"]
    for one in claims:
        assert one.confirmed_by_id is None or one.confirmed_by_id != one.person_id
        assert (one.state == "confirmed") == (one.confirmed_at is not None)
    steps = list(OrderStep.objects.filter(order=row).order_by("at", "id"))
    assert steps[-1].state == row.state and len(steps) == row.version
    assert len([one for one in steps if one.deed == "confirm"]) == len(
        [one for one in claims if one.confirmed_at]
    )


@pytest.mark.django_db
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=moves, seats=st.integers(1, 2))
def test_whatever_happens_the_books_agree(
    county: Scene, moves: list[tuple[str, str, int, int]], seats: int
) -> None:
    with transaction.atomic():
        place, now = county.places["compound"].id, NOW
        for who in ("rider", "other_resident"):
            actions.set_help(kinds=["help.parcel"], place=place, by=county.actors[who], now=now)
        row = asked(county, now, seats=seats)
        for deed, who, number, hours in moves:
            now += timedelta(hours=hours)
            try:
                with transaction.atomic():
                    _do(row, county, deed, who, number, now)
            except Refused:
                pass
            _holds(row)
        transaction.set_rollback(True)
