"""Alliances: left, ended, and what all their members give (row 90)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from mulin.kernel.errors import NotAllowed, NotFound, Refused, Stale
from mulin.services.exchange import actions, queries
from mulin.services.exchange.models import Alliance
from tests.exchange.fairs import HAIR, Fair, taking_part
from tests.exchange.scenes import PLACE, Notice, fresh, verbs
from tests.exchange.test_shop_views import page
from tests.journeys.conftest import Enter

WATER = {"title": "老人免费歇脚", "terms": "有热水"}


@pytest.fixture
def alliance(fair: Fair) -> Alliance:
    """With the hairdresser and a pharmacy of the same owner."""
    clerk = fair.scene.community_clerk
    row = actions.found_alliance(name="双虹互助联盟", path=PLACE, by=clerk, now=fair.now)
    told = replace(HAIR, name="晨光药店", trade="pharmacy")
    other = taking_part(fair.scene, told, fair.scene.merchant, fair.now)
    for one in (fair.hair, other):
        actions.join_alliance(merchant=one.id, alliance=row.id, by=clerk, now=fair.now)
    return row


def given(fair: Fair) -> dict[str, list[str]]:
    """merchant → what it gives because its alliance does, as residents read it."""
    shown = queries.merchants_shown(fair.now.date())
    return {one.merchant.name: [offer.title for offer in one.given_by_all] for one in shown}


def test_what_all_give_is_given_by_every_member_and_by_nobody_else(fair: Fair, alliance: Alliance) -> None:
    clerk, now = fair.scene.community_clerk, fair.now
    taking_part(fair.scene, replace(HAIR, name="散户"), fair.scene.merchant, now)
    made = actions.add_alliance_offer(alliance=alliance.id, **WATER, by=clerk, now=now)
    assert given(fair) == {"丽人美发": [made.title], "晨光药店": [made.title], "散户": []}
    assert Notice.objects.filter(template="alliance_offer", person=fair.scene.merchant.person).count() == 2
    with pytest.raises(Refused):
        actions.add_alliance_offer(alliance=alliance.id, **WATER, by=clerk, now=now)
    actions.leave_alliance(merchant=fair.hair.id, by=fair.scene.merchant, now=now)
    assert given(fair) == {"丽人美发": [], "晨光药店": [made.title], "散户": []}
    for _time in range(2):
        actions.end_alliance_offer(alliance=alliance.id, offer=made.id, by=clerk, now=now)
    assert given(fair)["晨光药店"] == []
    assert verbs(alliance.id)[-3:] == ["alliance.offer_added", "alliance.left", "alliance.offer_ended"]


def test_an_owner_or_a_clerk_lets_a_merchant_leave(fair: Fair, alliance: Alliance) -> None:
    for who, wrong in (("rider", NotAllowed), ("resident", NotFound), ("other_clerk", NotFound)):
        with pytest.raises(wrong):
            actions.leave_alliance(merchant=fair.hair.id, by=fair.scene.actors[who], now=fair.now)
    for _time in range(2):
        actions.leave_alliance(merchant=fair.hair.id, by=fair.scene.community_clerk, now=fair.now)
    assert queries.alliance_of(fair.hair) is None
    assert verbs(alliance.id).count("alliance.left") == 1


def test_an_alliance_ends_with_its_offers_and_its_members_go_on(fair: Fair, alliance: Alliance) -> None:
    clerk, later = fair.scene.community_clerk, fair.now + timedelta(days=3)
    actions.add_alliance_offer(alliance=alliance.id, **WATER, by=clerk, now=fair.now)
    told: dict[str, Any] = {"alliance": alliance.id, "now": later}
    for who in ("merchant", "resident", "other_clerk"):
        with pytest.raises(NotFound):
            actions.end_alliance(**told, why="x", by=fair.scene.actors[who])
    with pytest.raises(Refused):
        actions.end_alliance(**told, why=" ", by=clerk)
    actions.end_alliance(**told, why="并到东街联盟", by=clerk)
    with pytest.raises(Stale):
        actions.end_alliance(**told, why="x", by=clerk)
    with pytest.raises(Stale):
        actions.add_alliance_offer(alliance=alliance.id, **WATER, by=clerk, now=later)
    assert given(fair) == {"丽人美发": [], "晨光药店": []}
    assert (queries.alliances_at(fair.now).count(), queries.alliances_at(later).count()) == (1, 0)
    assert queries.alliances_ended(clerk) == [fresh(alliance)]
    assert Notice.objects.filter(template="alliance_ended").exists()


def test_whoever_left_the_county_of_merchants_left_its_alliance(fair: Fair, alliance: Alliance) -> None:
    row = fresh(fair.hair)
    actions.turn(
        merchant=row.id,
        act="end",
        version=row.version,
        why="搬走",
        by=fair.scene.community_clerk,
        now=fair.now,
    )
    assert queries.alliance_of(row) is None


def test_the_doors_of_an_alliance(fair: Fair, alliance: Alliance, enter: Enter) -> None:
    clerk, owner, resident = enter("community_clerk"), enter("merchant"), enter("resident")
    path = f"/desk/alliances/{alliance.id}/members/"
    assert clerk.post(path, {"deed": "offer", "title": ""}).status_code == 422
    assert clerk.post(path, {"deed": "sing", "title": "x"}).status_code == 422
    assert clerk.post(path, {"deed": "offer", **WATER}).status_code == 302
    assert "老人免费歇脚" in page(clerk, path) and "丽人美发" in page(clerk, path)
    assert path in page(clerk, "/desk/alliances/")
    assert "老人免费歇脚" in page(resident, "/merchants/")
    assert "老人免费歇脚" in page(resident, f"/merchants/{fair.hair.id}/code/")
    shop = f"/till/{fair.hair.id}/"
    assert "老人免费歇脚" in page(owner, shop)
    assert owner.post(shop, {"deed": "leave"}).status_code == 302
    assert "老人免费歇脚" not in page(owner, shop)
    desk = f"/desk/merchants/{fair.hair.id}/"
    assert clerk.post(desk, {"act": "join", "one": alliance.id}).status_code == 302
    assert clerk.post(desk, {"act": "leave"}).status_code == 302
    offer = queries.alliance_offers(alliance)[0]
    assert clerk.post(path, {"deed": "end_offer", "one": "x"}).status_code == 404
    assert clerk.post(path, {"deed": "end_offer", "one": offer.id}).status_code == 302
    assert clerk.post(path, {"deed": "end", "why": ""}).status_code == 422
    assert clerk.post(path, {"deed": "end", "why": "并到东街联盟"}).status_code == 302
    assert "并到东街联盟" in page(clerk, path) and "并到东街联盟" in page(clerk, "/desk/alliances/")
