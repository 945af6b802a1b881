"""What becomes of the points of an act: with a passbook, without one, with one opened later, over the confirmer's month."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from mulin.ground.orders import actions
from mulin.ground.orders.models import Order, OrderClaim
from mulin.ground.points import actions as points
from mulin.ground.points import queries as points_read
from mulin.ground.points.queries import Owner
from mulin.kernel.clock import local_day
from tests.journeys.conftest import Enter
from tests.journeys.steps import text_of
from tests.orders.scenes import claimed, fresh, opened, served, told
from tests.orders.test_journeys import banked, press
from tests.personas import Scene

DAY = timedelta(days=1)


def giver(scene: Scene) -> Owner:
    return points_read.person(scene.persons["rider"].id)


def helped(scene: Scene, now: datetime) -> tuple[Order, OrderClaim]:
    """A parcel brought by the rider, who has no passbook, and confirmed; the rule gives two points."""
    banked(scene, now)
    row, claim = served(scene, now, giver=scene.rider)
    actions.confirm(order=row.id, claim=claim.id, by=scene.resident, now=now)
    return fresh(row), fresh(claim)


def issue(scene: Scene, now: datetime) -> None:
    points.issue(owner=giver(scene), path="/001/003/", by=scene.rider, now=now)


def points_of(scene: Scene) -> int:
    found = points_read.balance(giver(scene))
    return found.points if found else -1


def test_an_act_without_a_passbook_is_kept_open_and_said(county: Scene, enter: Enter, now: datetime) -> None:
    row, claim = helped(county, now)
    assert (claim.state, claim.points, claim.unpaid) == ("confirmed", 0, "no_passbook")
    assert told(claim.person_id)[-1] == "order_confirmed_book"
    until = local_day(now + 30 * DAY).isoformat()
    page = text_of(enter("rider").get(f"/neighbours/{row.pk}/"))
    assert "您没有积分存折" in page and until in page and "去开一本" in page
    page = text_of(enter("community_clerk").get(f"/neighbours/{row.pk}/"))
    assert "他没有积分存折" in page
    assert "存折" not in text_of(enter("resident").get(f"/neighbours/{row.pk}/"))  # his affair


def test_a_passbook_opened_in_time_gets_the_points_of_its_day(
    county: Scene, enter: Enter, now: datetime
) -> None:
    row, claim = helped(county, now)
    issue(county, now + 29 * DAY)
    assert points_of(county) == 2 and (fresh(claim).points, fresh(claim).unpaid) == (2, "")
    assert actions.earn_late(now=now + 29 * DAY) == 0  # once
    assert "记了 2 分" in text_of(enter("rider").get(f"/neighbours/{row.pk}/"))


def test_a_passbook_opened_too_late_gets_none(county: Scene, enter: Enter, now: datetime) -> None:
    _row, claim = helped(county, now)
    issue(county, now + 31 * DAY)
    assert points_of(county) == 0 and fresh(claim).unpaid == "no_passbook"


def test_tick_enters_what_was_confirmed_while_the_passbook_was_being_opened(
    county: Scene, now: datetime
) -> None:
    _row, claim = helped(county, now)
    issue(county, now)
    OrderClaim.objects.filter(pk=claim.pk).update(points=0, unpaid="no_passbook")  # as one that was missed
    assert actions.earn_late(now=now + DAY) == 1
    assert fresh(claim).points == 2 and points_of(county) == 2  # the same key: not twice
    other = points_read.person(county.persons["other_resident"].id)
    assert points_read.balance(other) is not None


def test_a_passbook_is_opened_with_the_same_press_as_the_claim(
    county: Scene, enter: Enter, now: datetime
) -> None:
    banked(county, now)
    row, rider = opened(county, now), enter("rider")
    page = text_of(rider.get(f"/neighbours/{row.pk}/"))
    assert "开一本存折，我来帮" in page and "不要积分，我来帮" in page
    assert "开一本存折" not in text_of(enter("other_resident").get(f"/neighbours/{row.pk}/"))
    assert press(rider, row, "claim", book="1").status_code == 302
    assert points_of(county) == 0
    claim = OrderClaim.objects.get(order=row)
    actions.serve(order=row.id, claim=claim.id, by=county.rider, now=now)
    actions.confirm(order=row.id, claim=claim.id, by=county.resident, now=now)
    assert points_of(county) == 2 and told(claim.person_id)[-1] == "order_confirmed"


def test_who_wants_no_passbook_claims_without(county: Scene, enter: Enter, now: datetime) -> None:
    banked(county, now)
    row = opened(county, now)
    assert press(enter("rider"), row, "claim").status_code == 302
    assert points_of(county) == -1


def test_an_offer_is_accepted_with_a_passbook(county: Scene, enter: Enter, now: datetime) -> None:
    banked(county, now)
    actions.set_help(kinds=["help.parcel"], place=county.places["community"].id, by=county.rider, now=now)
    row = opened(county, now)
    claim = actions.dispatch(order=row.id, person=county.rider.person, by=county.community_clerk, now=now)
    answer = press(enter("rider"), row, "accept", claim=str(claim.pk), book="1")
    assert answer.status_code == 302 and fresh(claim).state == "held" and points_of(county) == 0


def test_a_full_month_of_the_asker_closes_the_help_without_points_and_says_why(
    county: Scene, enter: Enter, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mulin.ground.points.rules.CONFIRMATIONS", 1)
    banked(county, now)
    first, second = claimed(county, now), claimed(county, now)
    for row, claim in (first, second):
        actions.serve(order=row.id, claim=claim.id, by=county.other_resident, now=now)
        actions.confirm(order=row.id, claim=claim.id, by=county.resident, now=now)
    assert fresh(first[1]).points == 2
    assert (fresh(second[0]).state, fresh(second[1]).unpaid) == ("confirmed", "confirmer")
    assert told(county.other_resident.person)[-1] == "order_confirmed_unpaid"
    for who in ("other_resident", "resident", "community_clerk"):  # the giver, whoever confirmed, the office
        assert "确认的次数已满" in text_of(enter(who).get(f"/neighbours/{second[0].pk}/"))
