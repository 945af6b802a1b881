"""Whom a wish reaches: who offered himself for it, whoever a clerk names, a unit from the hall."""

from __future__ import annotations

from datetime import datetime

import pytest

from mulin.ground.orders import actions, queries
from mulin.ground.orders.models import Order, OrderClaim
from mulin.ground.points import actions as points
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from tests.journeys.conftest import Enter
from tests.journeys.steps import fields, text_of
from tests.orders.scenes import asked, fresh, opened, told
from tests.orders.test_journeys import banked, press
from tests.personas import Scene


def private(scene: Scene, now: datetime) -> Order:
    row = asked(scene, now, kind="wish.thing")
    return actions.approve(order=row.id, public=False, by=scene.community_clerk, now=now)


def test_people_offer_themselves_for_wishes_and_are_asked(county: Scene, enter: Enter, now: datetime) -> None:
    member, place = enter("rider"), str(county.places["compound"].id)
    page = text_of(member.get("/neighbours/helping/"))
    assert "想要一件东西" in page and "微心愿" in page and "代收快递" in page
    sent = fields(page) | {"kinds": ["wish.thing"], "place": place}
    assert member.post("/neighbours/helping/", sent).status_code == 302
    row = opened(county, now, kind="wish.thing")
    assert told(county.rider.person) == ["order_near"], "the nearest rung is not empty any more"
    hidden = private(county, now)
    assert told(county.rider.person) == ["order_near"], "of a private one nobody is told"
    page = text_of(enter("community_clerk").get(f"/neighbours/{hidden.pk}/"))
    assert f"p:{county.rider.person}" in page
    assert row.state == "open"


def test_a_private_wish_is_sent_to_whoever_the_clerk_names(
    county: Scene, enter: Enter, now: datetime
) -> None:
    row, clerk = private(county, now), enter("community_clerk")
    for said, why in (
        ("13800000099", "没有登记过这个号码"),
        ("没有这个人", "没有登记叫"),
        (county.phones["resident"], "自己的求助"),
        ("", "请选派给谁"),
    ):
        wrong = press(clerk, row, "dispatch", said=said)
        assert wrong.status_code == 422 and why in text_of(wrong) and said in text_of(wrong)
    assert press(clerk, row, "dispatch", said=county.phones["rider"]).status_code == 302
    claim = OrderClaim.objects.get(order=row)
    assert (claim.person_id, claim.state) == (county.rider.person, "offered")
    assert told(county.rider.person) == ["order_offered"]
    assert press(enter("rider"), row, "accept", claim=str(claim.pk)).status_code == 302


def test_a_colleague_is_named_by_his_public_name(county: Scene, now: datetime) -> None:
    row = private(county, now)
    claim = actions.dispatch(order=row.id, said="张工", by=county.community_clerk, now=now)
    assert claim.person_id == county.grid_worker.person


def test_who_offered_other_help_can_be_asked_too(county: Scene, now: datetime) -> None:
    actions.set_help(kinds=["help.phone"], place=county.places["community"].id, by=county.rider, now=now)
    row = private(county, now)
    assert [(one.person, one.offered) for one in queries.candidates(row, now)] == [
        (county.rider.person, False)
    ]
    claim = actions.dispatch(order=row.id, person=county.rider.person, by=county.community_clerk, now=now)
    assert claim.state == "offered"


@pytest.mark.parametrize("more", [{}, {"person": "rider", "said": "x"}])
def test_one_of_the_ways_is_named(county: Scene, now: datetime, more: dict[str, str]) -> None:
    row = private(county, now)
    told_ = more | ({"person": county.rider.person} if more else {})
    with pytest.raises(Refused, match="只要一样"):
        actions.dispatch(order=row.id, by=county.community_clerk, now=now, **told_)  # type: ignore[arg-type]


def test_an_unchecked_person_cannot_be_named_for_a_child(county: Scene, now: datetime) -> None:
    row = asked(county, now, kind="wish.learning")
    actions.approve(order=row.id, public=False, by=county.community_clerk, now=now)
    with pytest.raises(Refused, match="核查"):
        actions.dispatch(order=row.id, said=county.phones["rider"], by=county.community_clerk, now=now)


def test_a_unit_claims_a_published_wish_from_the_hall(county: Scene, enter: Enter, now: datetime) -> None:
    banked(county, now)
    points.publish_rule(
        code="wish", name="微心愿", points=3, effective_on=now.date(), by=county.county_clerk, now=now
    )
    row, officer = opened(county, now, kind="wish.thing"), enter("department")
    unit = county.units["department"]
    page = text_of(officer.get(f"/neighbours/{row.pk}/"))
    assert f"代表{unit.name}认领" in page and "代表" not in text_of(
        enter("rider").get(f"/neighbours/{row.pk}/")
    )
    assert officer.post(f"/neighbours/{row.pk}/claim/", {"unit": str(unit.pk)}).status_code == 302
    claim = OrderClaim.objects.get(order=row)
    assert (claim.unit_id, claim.person_id) == (unit.pk, county.department.person)
    assert unit.name in text_of(enter("resident").get(f"/neighbours/{row.pk}/"))
    actions.serve(order=row.id, claim=claim.id, by=county.department, now=now)
    actions.confirm(order=row.id, claim=claim.id, by=county.resident, now=now)
    assert (fresh(claim).points, fresh(claim).unpaid) == (None, ""), "a unit's deed is nobody's own"


def test_nobody_claims_for_another_s_unit_or_a_private_wish(county: Scene, now: datetime) -> None:
    row, unit = opened(county, now, kind="wish.thing"), county.units["department"].pk
    for who in ("rider", "merchant", "community_clerk"):
        with pytest.raises(NotAllowed):
            actions.claim(order=row.id, unit=unit, by=county.actors[who], now=now)
    hidden = private(county, now)
    with pytest.raises(NotFound):
        actions.claim(order=hidden.id, unit=unit, by=county.department, now=now)
