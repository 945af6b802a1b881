"""Points between communities: who takes whose, agreements of two, limits, and the month that both sides look at."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mulin.ground.points import actions as ledger
from mulin.ground.points import queries as points
from mulin.kernel.actor import system
from mulin.kernel.clock import CHINA
from mulin.kernel.errors import NotAllowed, NotFound, Refused, Stale
from mulin.kernel.ids import uuid7
from mulin.services.exchange import actions
from mulin.services.exchange.actions import acceptance, netting
from mulin.services.exchange.models import Agreement, ForeignMonth, ForeignUse, Netting
from mulin.services.exchange.queries import acceptance as queries
from mulin.services.exchange.queries import wrong
from mulin.services.exchange.rules.acceptance import Reach, digest, pair_of, within
from mulin.services.exchange.rules.acceptance import given as gave
from tests.conftest import as_owner
from tests.exchange.scenes import PLACE, Corner
from tests.journeys.conftest import Enter
from tests.journeys.steps import text_of
from tests.personas import COUNTY

FAR = "/003/004/"


@pytest.fixture(autouse=True)
def heads(settings: Any, tmp_path: Any) -> None:
    settings.HEADS_ROOT = tmp_path / "heads"


@pytest.fixture
def far(corner: Corner) -> UUID:
    """A passbook of 铁西社区 with 100 points, held by the rider."""
    by, now, scene = system(COUNTY, "test"), corner.now, corner.scene
    owner = points.person(scene.persons["rider"].id)
    account: UUID = ledger.issue(by=by, now=now, owner=owner, path=FAR).id
    ledger.grant_budget(
        by=by,
        now=now,
        path=FAR,
        division=scene.places["other_community"].id,
        amount=1000,
        note="年度",
        key="far",
    )
    ledger.earn(
        by=by, now=now, rule_code="help_100_24", key="far-act", done_on=now.date(), subject=("aid_act", uuid7()),
        story="帮忙", community_path=FAR, confirmed_by=scene.persons["other_clerk"].id, person=owner.id,
    )  # fmt: skip
    return account


def rule(corner: Corner, reach: str = "own", per_month: int | None = None, **more: Any) -> Any:
    told: dict[str, Any] = {
        "effective_on": corner.now.date(),
        "by": corner.scene.county_clerk,
        "now": corner.now,
    }
    return acceptance.publish_acceptance(reach=reach, per_month=per_month, **(told | more))


def propose(corner: Corner, **more: Any) -> Agreement:
    told: dict[str, Any] = {
        "own": PLACE, "other": FAR, "starts_on": corner.now.date(), "ends_on": corner.now.date() + timedelta(days=100),
        "by": corner.scene.community_clerk, "now": corner.now,
    }  # fmt: skip
    return acceptance.propose_agreement(**(told | more))


def agreed(corner: Corner, **more: Any) -> Agreement:
    return acceptance.agree(agreement=propose(corner, **more).id, by=corner.scene.other_clerk, now=corner.now)


def take(corner: Corner, far: UUID, **more: Any) -> Any:
    return corner.reserve("rider", account=far, **more)


def collected(corner: Corner, far: UUID, **more: Any) -> Any:
    row = take(corner, far, **more)
    return actions.hand_over(
        redemption=row.id, by=corner.scene.community_clerk, now=more.get("now", corner.now)
    )


def next_month(now: datetime) -> datetime:
    first = (now.date().replace(day=1) + timedelta(days=32)).replace(day=1)
    return datetime(first.year, first.month, 1, 9, tzinfo=CHINA)


# ── pure ─────

paths = st.tuples(st.integers(1, 4), st.integers(1, 4)).map(lambda two: f"/{two[0]:03}/{two[1]:03}/")
uses = st.lists(st.tuples(paths, paths, st.integers(-60, 60).filter(bool)), max_size=30)


@pytest.mark.no_tenant_rows("numbers only")
@given(told=uses)
def test_what_communities_owe_one_another_adds_up_to_nothing(told: list[tuple[str, str, int]]) -> None:
    lines = [
        queries.Used(str(number), home, taker, date(2026, 5, 3), points, UUID(int=number))
        for number, (home, taker, points) in enumerate(told)
        if home != taker
    ]
    owed: dict[str, int] = {}
    for (first, second), net in queries.nets(lines).items():
        assert first < second
        owed[first] = owed.get(first, 0) + net
        owed[second] = owed.get(second, 0) - net
    assert sum(owed.values()) == 0
    for place in owed:
        gives = sum(one.points for one in lines if one.taker == place)
        takes = sum(one.points for one in lines if one.home == place)
        assert owed[place] == gives - takes


@pytest.mark.no_tenant_rows("numbers only")
@given(home=paths, taker=paths)
def test_the_reach_grows_from_the_community_to_the_county(home: str, taker: str) -> None:
    own, street, county = (within(one, home, taker) for one in (Reach.OWN, Reach.STREET, Reach.COUNTY))
    assert own <= street <= county and county
    assert own == (home == taker) and pair_of(home, taker) == pair_of(taker, home)


@pytest.mark.no_tenant_rows("numbers only")
def test_a_month_is_the_same_in_any_order_and_another_with_another_line() -> None:
    lines = [("a", PLACE, date(2026, 5, 1), 3), ("b", FAR, date(2026, 5, 2), 5)]
    assert digest(lines) == digest(reversed(lines)) != digest(lines[:1])
    assert (gave(lines, PLACE), gave(lines, FAR)) == (3, 5)


# ── who takes whose ─────


def test_without_a_rule_points_go_through_the_county_as_they_did(corner: Corner, far: UUID) -> None:
    row = collected(corner, far)
    assert row.state == "collected"
    used = ForeignUse.objects.get()
    assert (used.home, used.taker, used.points, used.agreement_id) == (FAR, PLACE, 30, None)
    assert not list(wrong())


def test_where_the_county_says_own_only_a_stranger_is_told_where_to_go(corner: Corner, far: UUID) -> None:
    rule(corner, "own")
    actions.add_shop(
        told=actions.ShopTold("铁西文明超市", FAR, "服务站", "周一", 7),
        by=corner.scene.other_clerk,
        now=corner.now,
    )
    with pytest.raises(Refused) as refused:
        take(corner, far)
    assert refused.value.code == "not_taken_here"
    assert (
        "双虹社区" in refused.value.message
        and "可以到这些地方兑换：铁南街道铁西社区。" in refused.value.message
    )
    corner.reserve()
    assert points.balance(points.person(corner.scene.persons["rider"].id)).held == 0  # type: ignore[union-attr]
    assert not ForeignUse.objects.exists()


def test_an_agreement_of_both_sides_opens_what_the_rule_closes(corner: Corner, far: UUID) -> None:
    rule(corner, "street")
    row = propose(corner)
    with pytest.raises(Refused):
        take(corner, far)
    for who in ("community_clerk", "resident", "leader", "grid_worker", "department"):
        with pytest.raises(NotAllowed):
            acceptance.agree(agreement=row.id, by=corner.scene.actors[who], now=corner.now)
    acceptance.agree(agreement=row.id, by=corner.scene.other_clerk, now=corner.now)
    assert take(corner, far).state == "reserved"
    assert ForeignUse.objects.get().agreement_id == row.id
    acceptance.end_agreement(agreement=row.id, why="超市停业", by=corner.scene.other_clerk, now=corner.now)
    with pytest.raises(Refused):
        take(corner, far)


@pytest.mark.parametrize(("reach", "per_month"), [("own", None), ("county", 50)])
def test_a_gift_does_not_go_round_a_reach_or_a_limit(
    corner: Corner, far: UUID, reach: str, per_month: int | None
) -> None:
    taker, giver = (
        points.person(corner.scene.persons["resident"].id),
        points.person(corner.scene.persons["rider"].id),
    )
    told: dict[str, Any] = {"by": system(COUNTY, "test"), "now": corner.now, "owner": giver, "to": taker}
    first = ledger.give(**told, amount=5, key="before")
    rule(corner, reach, per_month)
    with pytest.raises(Refused) as caught:
        ledger.give(**told, amount=5, key="after")
    assert (caught.value.code, caught.value.field) == ("not_passed_on", "to")
    with pytest.raises(Refused):
        ledger.close(by=told["by"], now=corner.now, owner=giver, to=taker, key="all of it")
    assert ledger.give(**told, amount=5, key="before") == first, "what was done stays done"
    agreed(corner)
    ledger.give(**told, amount=5, key="by agreement")


def test_an_agreement_holds_within_its_days_only(corner: Corner, far: UUID) -> None:
    rule(corner, "own")
    start = corner.now + timedelta(days=10)
    agreed(corner, starts_on=start.date(), ends_on=start.date() + timedelta(days=5))
    for days, taken in ((9, False), (10, True), (15, True), (16, False)):
        now = corner.now + timedelta(days=days)
        assert queries.terms(FAR, PLACE, now.date()).taken is taken
    with pytest.raises(Stale):
        propose(corner, starts_on=start.date(), ends_on=start.date())


@pytest.mark.parametrize(
    "who", ["resident", "other_clerk", "leader", "grid_worker", "department", "merchant"]
)
def test_who_does_not_speak_for_the_community_proposes_nothing(corner: Corner, who: str) -> None:
    with pytest.raises(NotAllowed):
        propose(corner, by=corner.scene.actors[who])


def test_nobody_agrees_with_himself_though_he_serves_both(corner: Corner) -> None:
    row = propose(corner, by=corner.scene.county_clerk)
    with pytest.raises(NotAllowed) as refused:
        acceptance.agree(agreement=row.id, by=corner.scene.county_clerk, now=corner.now)
    assert refused.value.code == "second_person"


@pytest.mark.parametrize("who", ["resident", "community_clerk", "leader", "department"])
def test_only_the_county_says_how_far_points_go(corner: Corner, who: str) -> None:
    with pytest.raises(NotAllowed):
        rule(corner, by=corner.scene.actors[who])


def test_a_limit_holds_for_a_month_and_what_was_given_back_is_free_again(corner: Corner, far: UUID) -> None:
    rule(corner, "county", 60)
    first = take(corner, far)
    collected(corner, far)
    with pytest.raises(Refused) as refused:
        take(corner, far)
    assert refused.value.code == "month_full" and "60" in refused.value.message
    assert ForeignMonth.objects.get().points == 60
    actions.cancel(redemption=first.id, by=corner.scene.rider, now=corner.now)
    assert ForeignMonth.objects.get().points == 30
    back = collected(corner, far)
    actions.take_back(redemption=back.id, why="坏的", by=corner.scene.community_clerk, now=corner.now)
    assert ForeignMonth.objects.get().points == 30
    assert not list(wrong())


# ── a month between two ─────


def test_a_month_is_drawn_up_once_confirmed_by_both_and_settled_by_who_is_owed(
    corner: Corner, far: UUID
) -> None:
    scene, later = corner.scene, next_month(corner.now)
    collected(corner, far)
    collected(corner, far)
    assert netting.draw_up_nettings(now=later) == 1
    assert netting.draw_up_nettings(now=later) == 0
    row = Netting.objects.get()
    assert (row.first, row.second, row.first_gave, row.second_gave, row.net, row.uses) == (
        PLACE,
        FAR,
        60,
        0,
        60,
        2,
    )
    told: dict[str, Any] = {"netting": row.id, "now": later}
    with pytest.raises(NotAllowed):
        netting.confirm_netting(side=FAR, by=scene.community_clerk, **told)
    netting.confirm_netting(side=PLACE, by=scene.county_clerk, **told)
    with pytest.raises(NotAllowed) as refused:
        netting.confirm_netting(side=FAR, by=scene.county_clerk, **told)
    assert refused.value.code == "second_person"
    with pytest.raises(Stale):
        netting.settle_netting(side=PLACE, words="大米两袋", by=scene.community_clerk, **told)
    assert netting.confirm_netting(side=FAR, by=scene.other_clerk, **told).state == "confirmed"
    with pytest.raises(NotAllowed):
        netting.settle_netting(side=FAR, words="给过了", by=scene.other_clerk, **told)
    with pytest.raises(Refused):
        netting.settle_netting(side=PLACE, words=" ", by=scene.community_clerk, **told)
    done = netting.settle_netting(side=PLACE, words="送来大米两袋", by=scene.community_clerk, **told)
    assert (done.state, done.note) == ("settled", "送来大米两袋")
    assert not list(wrong())


def test_a_dispute_takes_back_what_was_confirmed_until_the_other_side_answered(
    corner: Corner, far: UUID
) -> None:
    scene, later = corner.scene, next_month(corner.now)
    collected(corner, far)
    netting.draw_up_nettings(now=later)
    told: dict[str, Any] = {"netting": Netting.objects.get().id, "now": later}
    netting.confirm_netting(side=PLACE, by=scene.community_clerk, **told)
    row = netting.dispute_netting(side=FAR, said="这一笔没有取货", by=scene.other_clerk, **told)
    assert (row.state, row.first_by, row.disputed_for) == ("disputed", None, FAR)
    with pytest.raises(Stale):
        netting.confirm_netting(side=PLACE, by=scene.community_clerk, **told)
    with pytest.raises(NotAllowed):
        netting.answer_netting(side=FAR, words="知道了", by=scene.other_clerk, **told)
    assert (
        netting.answer_netting(side=PLACE, words="有签收", by=scene.community_clerk, **told).state == "drawn"
    )
    with pytest.raises(NotFound):
        netting.confirm_netting(side=PLACE, by=scene.resident, **told)


def test_goods_that_came_back_in_the_next_month_are_taken_off_it(corner: Corner, far: UUID) -> None:
    last = next_month(corner.now) - timedelta(hours=10)  # the evening before
    row = collected(corner, far, now=last)
    first = next_month(corner.now)
    actions.take_back(redemption=row.id, why="坏的", by=corner.scene.community_clerk, now=first)
    netting.draw_up_nettings(now=first)
    netting.draw_up_nettings(now=next_month(first))
    assert list(Netting.objects.order_by("month").values_list("first_gave", flat=True)) == [30, -30]
    assert not list(wrong())


def test_the_books_find_a_month_that_was_changed_and_a_use_that_is_none(corner: Corner, far: UUID) -> None:
    collected(corner, far)
    netting.draw_up_nettings(now=next_month(corner.now))
    Netting.objects.update(first_gave=31)
    assert [code for code, _words, _row in wrong()] == ["netting_changed"]
    Netting.objects.update(first_gave=30)
    ForeignMonth.objects.update(points=1)
    assert [code for code, _words, _row in wrong()] == ["foreign_month"]
    ForeignMonth.objects.update(points=30)
    with as_owner():
        ForeignUse.objects.update(points=29)
    assert "foreign_use" in {code for code, _words, _row in wrong()}


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deeds=st.lists(st.sampled_from(("take", "cancel", "collect", "back")), max_size=8))
def test_the_month_is_what_was_taken_whatever_was_done(corner: Corner, far: UUID, deeds: list[str]) -> None:
    around = transaction.savepoint()
    rows: list[Any] = []
    for deed in deeds:
        try:
            with transaction.atomic():
                if deed == "take":
                    rows.append(take(corner, far))
                elif rows:
                    one = rows[-1].id
                    if deed == "cancel":
                        actions.cancel(redemption=one, by=corner.scene.rider, now=corner.now)
                    elif deed == "collect":
                        actions.hand_over(redemption=one, by=corner.scene.community_clerk, now=corner.now)
                    else:
                        actions.take_back(
                            redemption=one, why="退", by=corner.scene.community_clerk, now=corner.now
                        )
        except Refused:
            continue
    netting.draw_up_nettings(now=next_month(corner.now))
    assert not list(wrong())
    transaction.savepoint_rollback(around)


# ── pages ─────


def test_two_clerks_agree_and_confirm_a_month_on_their_pages(
    corner: Corner, far: UUID, enter: Enter, clock_at: Any
) -> None:
    clock_at(corner.now)
    ours, theirs = enter("community_clerk"), enter("other_clerk")
    told = {
        "own": PLACE, "other": PLACE, "starts_on": f"{corner.now:%Y-%m-%d}", "words": "常来常往",
        "ends_on": f"{corner.now + timedelta(days=90):%Y-%m-%d}", "per_month": "500",
    }  # fmt: skip
    url = reverse("exchange:acceptance")
    wrong_page = ours.post(url, told)
    assert wrong_page.status_code == 422 and "常来常往" in text_of(wrong_page)
    made = ours.post(url, told | {"other": FAR})
    assert made.status_code == 302
    assert "同意互认" not in text_of(ours.get(made.url)) and "同意互认" in text_of(theirs.get(made.url))
    assert theirs.post(made.url, {"deed": "agree"}).status_code == 302
    assert "互认中" in text_of(theirs.get(url))
    collected(corner, far)
    later = next_month(corner.now)
    netting.draw_up_nettings(now=later)
    clock_at(later)
    ours, theirs = enter("community_clerk"), enter("other_clerk")
    row = Netting.objects.get()
    page = reverse("exchange:netting", args=[row.id])
    assert row.digest and "铁南街道铁西社区 欠 叶柏寿街道双虹社区 30 分的东西" in text_of(ours.get(page))
    assert ours.post(page, {"deed": "confirm", "side": PLACE}).status_code == 302
    assert theirs.post(page, {"deed": "dispute", "side": FAR, "words": ""}).status_code == 422
    assert theirs.post(page, {"deed": "confirm", "side": FAR}).status_code == 302
    assert ours.post(page, {"deed": "settle", "side": PLACE, "words": "送来一袋"}).status_code == 302
    assert "送来一袋" in text_of(theirs.get(page))


def test_a_resident_reads_in_one_sentence_where_his_points_are_taken(
    corner: Corner, far: UUID, enter: Enter, clock_at: Any
) -> None:
    rule(corner, "own")
    clock_at(corner.now)
    told = {"quantity": "1", "book": str(far), "price": "30", "key": str(uuid7())}
    page = enter("rider").post(reverse("exchange:good", args=[corner.rice.id]), told)
    assert page.status_code == 409
    assert "叶柏寿街道双虹社区的超市不收铁南街道铁西社区的积分。" in text_of(page)
