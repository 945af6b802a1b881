"""A holder says that an entry is not right; somebody who had no hand in it answers."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from mulin.ground.points import actions, queries
from mulin.ground.points.models import (
    Act,
)
from mulin.kernel.errors import NotAllowed, NotFound
from tests.points.conftest import PLACE, Bank
from tests.points.fair import (
    acts_of,
    answer,
    ask,
    decide,
    found,
    open_work,
    points,
    refused,
    told,
    trade,
)


def test_the_counter_answers_but_not_whoever_confirmed(bank: Bank) -> None:
    act = bank.earn(bank.one, confirmed_by=bank.scene.persons["grid_worker"].id)
    row = ask(bank, act.transfer_id)
    assert (row.role, row.path, row.round) == ("community_clerk", PLACE, 1)
    (item,) = open_work("points_question")
    assert (item.role, item.path, item.due_at) == ("community_clerk", PLACE, row.due_at)
    with refused("question_asked", 409):
        ask(bank, act.transfer_id)
    for who in ("resident", "grid_worker", "other_clerk", "leader", "department"):
        with pytest.raises(NotAllowed):
            answer(bank, row, getattr(bank.scene, who))
    answer(bank, row, bank.scene.community_clerk)
    assert (row.refresh_from_db(), row.state)[1] == "explained" and open_work("points_question") == []
    assert told("points_question") == {bank.one.id}
    with refused("question_answered", 409):
        answer(bank, row, bank.scene.street_clerk)


def test_where_the_only_clerk_confirmed_the_street_answers(bank: Bank) -> None:
    row = ask(bank, bank.earn(bank.one).transfer_id)
    assert (row.role, row.path) == ("street_clerk", "/001/")
    with pytest.raises(NotAllowed):
        answer(bank, row, bank.scene.community_clerk)
    answer(bank, row, bank.scene.street_clerk, "undo")
    assert points(bank.one) == 0


def test_the_second_time_goes_one_level_up_and_is_the_last(bank: Bank) -> None:
    act = bank.earn(bank.one, confirmed_by=bank.scene.persons["grid_worker"].id)
    answer(bank, ask(bank, act.transfer_id), bank.scene.community_clerk)
    again = ask(bank, act.transfer_id, words="还是不对")
    assert (again.round, again.role, again.path) == (2, "street_clerk", "/001/")
    with pytest.raises(NotAllowed):
        answer(bank, again, bank.scene.community_clerk)
    answer(bank, again, bank.scene.street_clerk)
    with refused("question_asked", 409):
        ask(bank, act.transfer_id)


def test_an_act_without_points_is_entered_anew_by_the_rule_of_its_day(bank: Bank) -> None:
    day = bank.now + timedelta(days=1)
    actions.publish_rule(
        by=bank.by, now=bank.now, code="snow", name="扫雪", points=7, per_day=1, effective_on=day.date()
    )
    early = bank.earn(bank.one, rule_code="snow", confirmed_by=bank.scene.persons["grid_worker"].id)
    assert early.points == 0
    row = ask(bank, early.transfer_id, words="那天是第二天")
    clerk = bank.scene.community_clerk
    with refused("question_anew"):
        answer(bank, row, clerk, "anew")
    with refused("question_zero", 409):
        answer(bank, row, clerk, "anew", rule_code="snow", done_on=bank.now.date())
    with refused("question_nothing"):
        answer(bank, row, clerk, "undo")
    bank.now = day
    answer(bank, row, clerk, "anew", rule_code="snow", done_on=day.date())
    assert points(bank.one) == 7 and (row.refresh_from_db(), row.state)[1] == "righted"
    actions.seal(now=bank.now)
    assert queries.check_books().findings == []


def test_an_act_entered_anew_twice_is_paid_once(bank: Bank) -> None:
    """The second time reverses what the first one made."""
    act = bank.earn(bank.one, confirmed_by=bank.scene.persons["grid_worker"].id)
    day = bank.now.date()
    answer(
        bank, ask(bank, act.transfer_id), bank.scene.community_clerk, "anew", rule_code="help", done_on=day
    )
    again = ask(bank, act.transfer_id, words="日子还是不对")
    answer(bank, again, bank.scene.street_clerk, "anew", rule_code="help", done_on=day)
    assert points(bank.one) == 10
    actions.seal(now=bank.now)
    assert queries.check_books().findings == []


def test_what_a_review_took_back_comes_back_by_an_appeal_only(bank: Bank) -> None:
    trade(bank)
    row = found(bank)
    every = acts_of(row)
    decide(bank, row, wrong=True, undo=every)
    mine = Act.objects.filter(person=bank.one.id).values_list("transfer_id", flat=True)[0]
    asked = ask(bank, mine)
    with refused("question_reviewed", 409):
        answer(bank, asked, bank.scene.county_clerk, "anew", rule_code="help", done_on=bank.now.date())
    assert points(bank.one) == 0


def test_goods_are_not_taken_back_by_a_question_and_a_gift_tells_both_sides(bank: Bank) -> None:
    bank.earn(bank.one)
    clerk = bank.scene.community_clerk
    gift = actions.give(
        by=bank.scene.resident, now=bank.now, owner=bank.one, to=bank.other, amount=2, key="g"
    )
    answer(bank, ask(bank, gift, words="转错了人"), clerk, "undo")
    assert points(bank.one) == 10 and told("points_question") == {bank.one.id, bank.other.id}
    held = actions.hold(
        by=bank.scene.resident, now=bank.now, owner=bank.one, amount=3, key="h", subject=("redemption", UUID(int=9)),
        story="大米", expires_at=bank.now + timedelta(days=1),
    )  # fmt: skip
    spent = actions.post(by=bank.by, now=bank.now, hold=held.id, key="p")
    with refused("question_nothing"):
        answer(bank, ask(bank, spent, words="没有拿到"), clerk, "undo")


def test_only_whoever_may_use_the_passbook_asks(bank: Bank) -> None:
    act = bank.earn(bank.one).transfer_id
    for who in ("other_resident", "rider", "merchant", "other_clerk", "leader"):
        with pytest.raises(NotAllowed):
            ask(bank, act, getattr(bank.scene, who))
    with refused("words_needed"):
        ask(bank, act, words="")
    row = ask(bank, act, bank.scene.grid_worker)
    assert row.on_behalf_of == bank.one.id, "staff ask for an old person"
    other = bank.earn(bank.other).transfer_id
    with pytest.raises(NotFound):
        ask(bank, other)
