"""Merchants: application, agreement with its days, offers, assistants, alliances (rows 89 and 90)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from mulin.kernel.errors import NotAllowed, NotFound, Refused, Stale
from mulin.services.exchange import actions, queries
from mulin.services.exchange.rules.merchants import TURNS
from tests.exchange.fairs import HAIR, Fair, taking_part
from tests.exchange.scenes import fresh, verbs
from tests.personas import COUNTY


def test_the_way_of_a_merchant_stands_in_the_trail(fair: Fair) -> None:
    assert verbs(fair.hair.id)[:4] == [
        "merchant.applied",
        "merchant.offer_added",
        "merchant.agree",
        "merchant.activate",
    ]
    assert queries.merchants_shown(fair.now.date())[0].offers[0].title == "八折"


def test_a_clerk_may_apply_for_an_owner_and_a_neighbour_may_not(fair: Fair) -> None:
    told = replace(HAIR, name="二店")
    phone = fair.scene.phones["other_resident"]
    with pytest.raises(NotAllowed):
        actions.apply(told=told, by=fair.scene.resident, now=fair.now, owner_phone=phone)
    row = actions.apply(told=told, by=fair.scene.community_clerk, now=fair.now, owner_phone=phone)
    assert queries.my_merchant(fair.scene.other_resident, row.id) == (row, True)


def test_a_wrong_credit_code_and_a_name_that_is_there_are_told_beside_their_fields(fair: Fair) -> None:
    for told, field in (
        (replace(HAIR, name="x", credit_code="91110000101623741X"), "credit_code"),
        (HAIR, "name"),
    ):
        with pytest.raises(Refused) as refused:
            actions.apply(told=told, by=fair.scene.merchant, now=fair.now)
        assert refused.value.field == field


def test_only_clerks_of_the_place_turn_a_merchant(fair: Fair) -> None:
    told = {"merchant": fair.hair.id, "version": fair.hair.version, "now": fair.now, "why": "停业"}
    for who, wrong in (
        ("merchant", NotAllowed),
        ("other_clerk", NotFound),
        ("resident", NotFound),
        ("leader", NotFound),
    ):
        with pytest.raises(wrong):
            actions.turn(**told, act="suspend", by=fair.scene.actors[who])  # type: ignore[arg-type]


@pytest.mark.parametrize("act", sorted(TURNS))
def test_an_act_that_its_state_does_not_allow_is_refused(fair: Fair, act: str) -> None:
    if "active" in TURNS[act].sources:
        return
    told = {"version": fair.hair.version, "by": fair.scene.community_clerk, "now": fair.now, "why": "x"}
    with pytest.raises(Stale):
        actions.turn(merchant=fair.hair.id, act=act, **told)  # type: ignore[arg-type]
    assert fresh(fair.hair).state == "active"


def test_an_agreement_has_days_and_they_are_not_over(fair: Fair) -> None:
    row = actions.apply(told=replace(HAIR, name="三店"), by=fair.scene.merchant, now=fair.now)
    clerk, today = fair.scene.community_clerk, fair.now.date()
    for starts, ends in ((None, today), (today, None), (today, today - timedelta(days=1))):
        with pytest.raises(Refused) as refused:
            actions.turn(
                merchant=row.id, act="agree", version=1, by=clerk, now=fair.now, starts=starts, ends=ends
            )
        assert refused.value.code == "no_days"


def test_nobody_takes_part_without_an_offer(fair: Fair) -> None:
    row = actions.apply(told=replace(HAIR, name="四店"), by=fair.scene.merchant, now=fair.now)
    clerk, today = fair.scene.community_clerk, fair.now.date()
    row = actions.turn(
        merchant=row.id, act="agree", version=1, by=clerk, now=fair.now, starts=today, ends=today
    )
    with pytest.raises(Refused) as refused:
        actions.turn(merchant=row.id, act="activate", version=row.version, by=clerk, now=fair.now)
    assert refused.value.code == "no_offer"


def test_the_last_offer_of_one_who_takes_part_cannot_end(fair: Fair) -> None:
    (offer,) = queries.offers_of(fair.hair)
    with pytest.raises(Stale):
        actions.end_offer(merchant=fair.hair.id, offer=offer.id, by=fair.scene.merchant, now=fair.now)
    actions.add_offer(merchant=fair.hair.id, title="九折", terms="", by=fair.scene.merchant, now=fair.now)
    actions.end_offer(merchant=fair.hair.id, offer=offer.id, by=fair.scene.merchant, now=fair.now)
    assert [one.title for one in queries.offers_of(fair.hair)] == ["九折"]


def test_assistants_are_the_owners_matter(fair: Fair) -> None:
    phone = fair.scene.phones["other_resident"]
    with pytest.raises(NotAllowed):
        actions.name_assistant(merchant=fair.hair.id, phone=phone, by=fair.scene.rider, now=fair.now)
    with pytest.raises(NotFound):
        actions.name_assistant(merchant=fair.hair.id, phone=phone, by=fair.scene.resident, now=fair.now)
    made = actions.name_assistant(merchant=fair.hair.id, phone=phone, by=fair.scene.merchant, now=fair.now)
    actions.end_assistant(merchant=fair.hair.id, assistant=made.id, by=fair.scene.merchant, now=fair.now)
    with pytest.raises(NotFound):
        fair.check("12345678", who="other_resident")


def test_a_merchant_belongs_to_one_alliance_at_a_time(fair: Fair) -> None:
    clerk = fair.scene.community_clerk
    one = actions.found_alliance(name="双虹互助联盟", path="/001/003/", by=clerk, now=fair.now)
    other = actions.found_alliance(name="东街联盟", path="/001/003/", by=clerk, now=fair.now)
    for alliance in (one, one, other):
        actions.join_alliance(merchant=fair.hair.id, alliance=alliance.id, by=clerk, now=fair.now)
    assert queries.alliance_of(fair.hair) == other
    assert dict(queries.alliances_overseen(clerk)) == {one: [], other: ["丽人美发"]}


def test_figures_count_who_took_part_at_the_moment(fair: Fair) -> None:
    clerk = fair.scene.community_clerk
    alliance = actions.found_alliance(name="双虹互助联盟", path="/001/003/", by=clerk, now=fair.now)
    actions.join_alliance(merchant=fair.hair.id, alliance=alliance.id, by=clerk, now=fair.now)
    later = fair.now + timedelta(days=3)
    row = fresh(fair.hair)
    actions.turn(merchant=row.id, act="suspend", version=row.version, by=clerk, now=later, why="装修")
    for at, there in ((fair.now - timedelta(days=1), 0), (fair.now, 1), (later, 0)):
        assert queries.active_at(at).count() == there
        assert queries.alliances_at(at).count() == there


def test_a_second_shop_of_one_owner_is_another_merchant(fair: Fair) -> None:
    taking_part(fair.scene, replace(HAIR, name="分店"), fair.scene.merchant, fair.now)
    assert queries.my_merchants(fair.scene.merchant).count() == 2
    assert fair.scene.merchant.county == COUNTY
