"""Nothing waits without a clock: who has to act about a merchant, until when, and who is told (rows 89 to 91)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps

from mulin.kernel.actor import system
from mulin.kernel.errors import NotAllowed, Refused, Stale
from mulin.services.exchange import actions, queries
from mulin.services.exchange.models import Merchant, Statement
from tests.exchange.fairs import HAIR, Fair, family
from tests.exchange.scenes import PLACE, Notice, fresh, verbs
from tests.personas import COUNTY

WorkItem: Any = apps.get_model("worklist.WorkItem")
Grant: Any = apps.get_model("access.Grant")
OCTOBER = timedelta(days=31)
OTHER = replace(HAIR, name="晨光药店", trade="pharmacy")


def waits(key: UUID) -> dict[str, tuple[str, str]]:
    """kind → (role, path) of the open to-dos about something; ('', '') for one that is somebody's by name."""
    rows = WorkItem.objects.filter(subject_id=key, done_at__isnull=True)
    assert all(one.due_at is not None for one in rows)
    return {one.kind: (one.role, one.path) for one in rows}


def told(who: str, fair: Fair) -> list[str]:
    rows = Notice.objects.filter(person=fair.scene.persons[who].id).order_by("created_at", "id")
    return [one.template for one in rows]


def turned(row: Merchant, act: str, fair: Fair, now: datetime, **more: Any) -> Merchant:
    return actions.turn(
        merchant=row.id, act=act, version=fresh(row).version, by=fair.scene.community_clerk, now=now, **more
    )


@pytest.fixture
def statement(fair: Fair) -> Statement:
    """September's, with one discount."""
    fair.check(fair.code("resident"))
    actions.draw_up(now=fair.now + OCTOBER)
    return Statement.objects.get()


# ── applications ─────


def test_an_application_waits_for_the_clerk_until_a_day_and_its_owner_learns_the_result(fair: Fair) -> None:
    row = actions.apply(told=OTHER, by=fair.scene.merchant, now=fair.now)
    assert waits(row.id) == {"merchant_decide": ("community_clerk", PLACE)}
    assert row.due_at is not None and row.due_at > fair.now + timedelta(days=9)
    turned(row, "decline", fair, fair.now, why="不在本社区")
    assert waits(row.id) == {}
    assert told("merchant", fair)[-1] == "merchant_decline"


def test_once_agreed_a_clerk_lets_it_begin_in_time(fair: Fair) -> None:
    row = actions.apply(told=OTHER, by=fair.scene.merchant, now=fair.now)
    first = fair.now.date() + timedelta(days=40)
    row = turned(row, "agree", fair, fair.now, starts=first, ends=first + timedelta(days=300))
    assert waits(row.id) == {"merchant_start": ("community_clerk", PLACE)}
    assert row.due_at is not None and row.due_at.date() > first
    actions.add_offer(merchant=row.id, title="九折", terms="", by=fair.scene.merchant, now=fair.now)
    turned(row, "activate", fair, fair.now)
    assert waits(row.id) == {}
    assert told("merchant", fair)[-2:] == ["merchant_agree", "merchant_activate"]


def test_where_nobody_holds_the_office_it_is_the_next_ones(fair: Fair) -> None:
    Grant.objects.filter(role="community_clerk").update(ended_on=fair.now.date() - timedelta(days=1))
    row = actions.apply(told=OTHER, by=fair.scene.merchant, now=fair.now)
    (role,) = {role for role, _path in waits(row.id).values()}
    assert role in ("street_clerk", "county_clerk")


def test_what_waited_before_there_were_clocks_gets_one(fair: Fair, statement: Statement) -> None:
    row = actions.apply(told=OTHER, by=fair.scene.merchant, now=fair.now)
    Merchant.objects.filter(pk=row.id).update(due_at=None)
    Statement.objects.update(due_at=None)
    WorkItem.objects.all().delete()
    assert actions.tend_merchants(now=fair.now) == 2
    assert waits(row.id).keys() == {"merchant_decide"}
    assert waits(statement.id).keys() == {"statement_confirm"}
    assert actions.tend_merchants(now=fair.now) == 0


# ── agreements ─────


def test_an_agreement_near_its_end_is_somebodys_to_renew(fair: Fair) -> None:
    ends = fresh(fair.hair).agreed_until
    assert ends is not None
    early = fair.now.replace(year=ends.year, month=12, day=1) - timedelta(days=1)
    assert actions.tend_merchants(now=early) == 0
    late = early + timedelta(days=3)
    assert (actions.tend_merchants(now=late), actions.tend_merchants(now=late)) == (1, 0)
    assert waits(fair.hair.id) == {"merchant_renew": ("community_clerk", PLACE)}
    assert told("merchant", fair)[-1] == "merchant_ending"
    row = turned(
        fair.hair, "renew", fair, late, starts=ends + timedelta(days=1), ends=ends + timedelta(days=365)
    )
    assert (row.state, row.agreed_from, row.agreed_until) == (
        "active", fair.now.date(), ends + timedelta(days=365),
    )  # fmt: skip
    assert waits(fair.hair.id) == {}
    assert told("merchant", fair)[-1] == "merchant_renew"
    assert actions.tend_merchants(now=late) == 0


def test_a_renewal_leaves_no_day_between(fair: Fair) -> None:
    ends = date(fair.now.year, 12, 31)
    with pytest.raises(Refused) as refused:
        turned(
            fair.hair,
            "renew",
            fair,
            fair.now,
            starts=ends + timedelta(days=2),
            ends=ends + timedelta(days=99),
        )
    assert refused.value.code == "gap"


def test_days_without_an_agreement_never_count_afterwards(fair: Fair) -> None:
    """The agreement ran out, and another one was signed a month later: by renewal, or after a pause."""
    over = datetime(fair.now.year + 1, 1, 15, 10, tzinfo=fair.now.tzinfo)
    later = over + timedelta(days=20)
    assert queries.active_at(over).count() == 0
    row = turned(
        fair.hair, "renew", fair, later, starts=fair.now.date(), ends=later.date() + timedelta(days=100)
    )
    assert queries.active_at(later).count() == 1
    assert queries.active_at(over).count() == 0
    assert queries.active_at(fair.now).count() == 1
    pause = later + timedelta(days=5)
    turned(row, "suspend", fair, pause, why="装修")
    turned(row, "agree", fair, pause, starts=pause.date(), ends=pause.date() + timedelta(days=50))
    turned(row, "activate", fair, pause + timedelta(days=2))
    there = [
        (fair.now, 1),
        (over, 0),
        (later, 1),
        (pause + timedelta(days=1), 0),
        (pause + timedelta(days=3), 1),
    ]
    assert [(at, queries.active_at(at).count()) for at, _n in there] == there


# ── months ─────


def test_a_statement_goes_from_hand_to_hand_with_its_clock(fair: Fair, statement: Statement) -> None:
    now, clerk, owner = fair.now + OCTOBER, fair.scene.community_clerk, fair.scene.merchant
    assert waits(statement.id) == {"statement_confirm": ("", "")}
    assert told("merchant", fair)[-1] == "statement_issued"
    actions.dispute(statement=statement.id, said="少一笔", by=owner, now=now)
    assert waits(statement.id) == {"statement_dispute": ("community_clerk", PLACE)}
    actions.answer(statement=statement.id, words="那一笔撤销了", by=clerk, now=now)
    assert waits(statement.id) == {"statement_confirm": ("", "")}
    assert told("merchant", fair)[-1] == "statement_answered"
    actions.confirm(statement=statement.id, by=owner, now=now)
    assert waits(statement.id) == {"statement_settle": ("community_clerk", PLACE)}
    done = actions.settle(statement=statement.id, words="红旗一面", by=clerk, now=now)
    assert (waits(statement.id), done.due_at) == ({}, None)
    assert told("merchant", fair)[-1] == "statement_settled"


def test_silence_is_no_yes_a_clerk_asks(fair: Fair, statement: Statement) -> None:
    clerk, now = fair.scene.community_clerk, fair.now + OCTOBER
    with pytest.raises(Stale):
        actions.confirm_for(statement=statement.id, words="电话问过", by=clerk, now=now)
    assert statement.due_at is not None
    assert actions.tend_merchants(now=statement.due_at - timedelta(minutes=1)) == 0
    late = statement.due_at
    assert (actions.tend_merchants(now=late), actions.tend_merchants(now=late)) == (1, 0)
    assert waits(statement.id) == {
        "statement_confirm": ("", ""), "statement_silent": ("community_clerk", PLACE),
    }  # fmt: skip
    with pytest.raises(Refused):
        actions.confirm_for(statement=statement.id, words=" ", by=clerk, now=late)
    with pytest.raises(NotAllowed):
        actions.confirm_for(statement=statement.id, words="x", by=fair.scene.merchant, now=late)
    row = actions.confirm_for(statement=statement.id, words="电话问过店主", by=clerk, now=late)
    assert (row.state, row.answer) == ("confirmed", "电话问过店主")
    assert waits(statement.id).keys() == {"statement_settle"}
    assert verbs(statement.id)[-2:] == ["statement.silent", "statement.confirmed_for"]


def test_the_owner_may_still_speak_after_his_day(fair: Fair, statement: Statement) -> None:
    assert statement.due_at is not None
    actions.tend_merchants(now=statement.due_at)
    row = actions.dispute(
        statement=statement.id, said="不对", by=fair.scene.merchant, now=statement.due_at + timedelta(hours=1)
    )
    assert waits(statement.id).keys() == {"statement_dispute"}
    row = actions.answer(
        statement=row.id,
        words="查过",
        by=fair.scene.community_clerk,
        now=statement.due_at + timedelta(hours=2),
    )
    assert (row.silent, waits(row.id).keys()) == (False, {"statement_confirm"})


# ── one's own shop ─────


def test_a_clerk_keeps_out_of_the_shop_of_his_family_and_the_next_office_acts(
    fair: Fair, statement: Statement
) -> None:
    now, scene = fair.now + OCTOBER, fair.scene
    family(scene, fair.now, "community_clerk", "rider")  # the rider is an assistant there
    actions.dispute(statement=statement.id, said="少一笔", by=scene.merchant, now=now)
    ((role, _path),) = waits(statement.id).values()
    assert role != "community_clerk"
    for act in (
        lambda by: actions.answer(statement=statement.id, words="x", by=by, now=now),
        lambda by: actions.settle(statement=statement.id, words="x", by=by, now=now),
        lambda by: actions.turn(
            merchant=fair.hair.id, act="suspend", version=fair.hair.version, why="x", by=by, now=now
        ),
    ):
        with pytest.raises(NotAllowed) as refused:
            act(scene.community_clerk)
        assert refused.value.code == "own_shop"
    above = {"street_clerk": "street_clerk", "county_clerk": "county_clerk"}[role]
    actions.answer(statement=statement.id, words="查过", by=scene.actors[above], now=now)


def test_nobody_grants_himself_or_his_family_the_discount(fair: Fair) -> None:
    family(fair.scene, fair.now, "community_clerk", "other_resident")
    for who in ("community_clerk", "other_resident"):
        with pytest.raises(NotAllowed):
            fair.grant(who)
    fair.grant("resident")


# ── owners ─────


def test_the_owner_hands_his_shop_over(fair: Fair, statement: Statement) -> None:
    scene, now = fair.scene, fair.now + OCTOBER
    Merchant.objects.filter(pk=fair.hair.id).update(unit=None)
    with pytest.raises(NotAllowed):
        actions.change_owner(merchant=fair.hair.id, phone=scene.phones["rider"], by=scene.rider, now=now)
    actions.change_owner(merchant=fair.hair.id, phone=scene.phones["rider"], by=scene.merchant, now=now)
    with pytest.raises(Stale):
        actions.change_owner(merchant=fair.hair.id, phone=scene.phones["rider"], by=scene.rider, now=now)
    assert queries.my_merchant(scene.rider, fair.hair.id) == (fair.hair, True)
    assert not queries.my_merchants(scene.merchant).filter(
        people__person=scene.merchant.person, people__ended_at=None
    )
    item = WorkItem.objects.get(subject_id=statement.id, done_at__isnull=True)
    assert item.person_id == scene.rider.person
    assert actions.confirm(statement=statement.id, by=scene.rider, now=now).state == "confirmed"
    assert "merchant_yours" in told("rider", fair) and told("merchant", fair)[-1] == "merchant_handed"


def test_a_shop_handed_over_leaves_the_unit_of_the_one_before(fair: Fair) -> None:
    scene = fair.scene
    Merchant.objects.filter(pk=fair.hair.id).update(unit=scene.units["shop"].id)
    actions.change_owner(
        merchant=fair.hair.id, phone=scene.phones["other_resident"], by=scene.merchant, now=fair.now
    )
    assert not queries.my_merchants(scene.merchant).filter(pk=fair.hair.id).exists()


def test_a_clerk_names_another_owner_with_a_reason_and_never_himself(fair: Fair) -> None:
    scene = fair.scene
    told_ = {"merchant": fair.hair.id, "by": scene.community_clerk, "now": fair.now}
    with pytest.raises(Refused) as refused:
        actions.change_owner(**told_, phone=scene.phones["rider"])
    assert refused.value.field == "why"
    with pytest.raises(NotAllowed):
        actions.change_owner(**told_, phone=scene.phones["community_clerk"], why="转让")
    actions.change_owner(**told_, phone=scene.phones["rider"], why="店转让了")
    assert queries.my_merchant(scene.rider, fair.hair.id)[1]
    assert verbs(fair.hair.id)[-1] == "merchant.owner_changed"


def test_whoever_is_erased_works_nowhere_and_a_clerk_is_asked_who_answers_now(fair: Fair) -> None:
    scene, by = fair.scene, system(COUNTY, "test")
    Merchant.objects.filter(pk=fair.hair.id).update(unit=None)
    counted = actions.erase_folk(person=scene.persons["merchant"].id, by=by, now=fair.now)
    assert counted["exchange_merchantperson"] == 1
    assert waits(fair.hair.id) == {"merchant_owner": ("community_clerk", PLACE)}
    fair.check(fair.code("resident"), who="rider")
    actions.draw_up(now=fair.now + OCTOBER)
    row = Statement.objects.get()
    assert row.silent and waits(row.id).keys() == {"statement_silent"}
    actions.change_owner(
        merchant=fair.hair.id,
        phone=scene.phones["rider"],
        why="由他接手",
        by=scene.community_clerk,
        now=fair.now,
    )
    assert waits(fair.hair.id) == {}
