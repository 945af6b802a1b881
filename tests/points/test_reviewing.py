"""Patterns wait for a person, what is put right is told, appeals go one level up."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from mulin.ground.people import actions as people
from mulin.ground.points import actions, queries
from mulin.ground.points.models import (
    Account,
    Act,
    Review,
    ReviewAct,
    ReviewPerson,
    Transfer,
)
from mulin.ground.points.queries import fairness as read
from mulin.ground.points.rules.fairness import APPEAL_DAYS, GIFTS_FROM, PAIR_EACH
from mulin.kernel.actor import Actor, Held
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from tests.personas import COUNTY
from tests.points.conftest import PLACE, Bank, family
from tests.points.fair import (
    STAFF,
    acts_of,
    decide,
    found,
    open_work,
    points,
    refused,
    told,
    trade,
)


def test_a_pattern_is_laid_before_the_counter_once_and_stops_nothing(bank: Bank) -> None:
    trade(bank)
    row = found(bank)
    assert (row.state, row.role, row.path, row.acts) == ("found", "community_clerk", PLACE, 2 * PAIR_EACH)
    assert {one.person for one in row.concerned.all()} == {bank.one.id, bank.other.id}
    (item,) = open_work("points_review")
    assert (item.role, item.path, item.due_at) == ("community_clerk", PLACE, row.due_at)
    assert row.due_at > bank.now and "王" not in item.title
    assert actions.look_daily(now=bank.now) == 0
    later = bank.now + timedelta(days=1)
    actions.look_daily(now=later)
    assert Review.objects.count() == 1, "its acts are looked at once"
    assert told("points_review") == set(), "nobody is told before a person has decided"
    assert bank.earn(bank.one, confirmed_by=bank.other.id).points == 10, "and nobody is stopped"


def test_acts_put_right_are_in_no_pattern(bank: Bank) -> None:
    trade(bank)
    wrong = Act.objects.order_by("id")[0].transfer_id
    actions.reverse(by=bank.scene.community_clerk, now=bank.now, transfer=wrong, why="记错", key="r")
    actions.look_daily(now=bank.now)
    assert not Review.objects.exists()


def test_a_household_is_one_side(bank: Bank) -> None:
    """A confirms for B, and whoever lives with B for A: each way the same two households."""
    family(bank.scene, bank.now, "other_resident", "rider")
    for turn in range(PAIR_EACH):
        bank.earn(bank.one, confirmed_by=bank.scene.persons["rider" if turn else "other_resident"].id)
        bank.earn(bank.other, confirmed_by=bank.one.id)
    row = found(bank)
    assert {one.person for one in row.concerned.all()} == {
        bank.scene.persons[name].id for name in ("resident", "other_resident", "rider")
    }


def test_where_the_clerk_is_concerned_the_street_looks(bank: Bank) -> None:
    clerk = bank.scene.persons["community_clerk"].id
    own = queries.person(clerk)
    actions.issue(by=bank.scene.community_clerk, now=bank.now, owner=own, path=PLACE)
    for _turn in range(PAIR_EACH):
        bank.earn(bank.one)
        bank.earn(own, confirmed_by=bank.one.id)
    row = found(bank)
    assert (row.role, row.path) == ("street_clerk", "/001/")
    assert not read.open_reviews(bank.scene.community_clerk).exists()
    with pytest.raises(NotFound):
        read.review(bank.scene.community_clerk, row.id)
    with pytest.raises(NotAllowed):
        actions.decide_review(
            by=bank.scene.community_clerk, now=bank.now, review=row.id, wrong=False, words="没事"
        )
    actions.decide_review(by=bank.scene.street_clerk, now=bank.now, review=row.id, wrong=False, words="没事")


def test_many_gifts_into_one_passbook_are_a_question(bank: Bank) -> None:
    for n in range(GIFTS_FROM):
        who = people.add_person(by=bank.by, now=bank.now, name=f"住户{n}")
        owner = queries.person(who.pk)
        actions.issue(by=bank.by, now=bank.now, owner=owner, path=PLACE)
        bank.earn(owner)
        actions.give(by=bank.by, now=bank.now, owner=owner, to=bank.one, amount=5, key=f"g{n}")
    row = found(bank, "gifts")
    assert row.acts == GIFTS_FROM and row.concerned.count() == GIFTS_FROM + 1
    shown = read.review(bank.scene.community_clerk, row.id)
    assert {one.taker for one in shown.deeds} == {"王**"}
    every = acts_of(row)
    decide(bank, row, wrong=True, undo=every[:1])
    assert points(bank.one) == 5 * (GIFTS_FROM - 1)
    plea = actions.plead(by=bank.scene.resident, now=bank.now, review=row.id, words="大家帮我家")
    actions.decide_plea(
        by=bank.scene.street_clerk, now=bank.now, review=row.id, person=plea.person, holds=True, words="是真的",
        restore=every[:1],
    )  # fmt: skip
    assert points(bank.one) == 5 * GIFTS_FROM


@pytest.mark.parametrize("who", ["resident", "other_resident", "rider", "merchant", "department", *STAFF])
def test_who_may_decide(bank: Bank, who: str) -> None:
    trade(bank)
    row = found(bank)
    actor: Actor = getattr(bank.scene, who)
    may = who in ("community_clerk", "street_clerk", "county_clerk", "admin")
    assert read.open_reviews(actor).exists() == may
    if may:
        assert actions.decide_review(by=actor, now=bank.now, review=row.id, wrong=False, words="常来往")
        return
    with pytest.raises(NotAllowed):
        actions.decide_review(by=actor, now=bank.now, review=row.id, wrong=False, words="常来往")
    with pytest.raises(NotFound):
        read.review(actor, row.id)


def test_family_and_stand_ins_of_those_concerned_do_not_decide(bank: Bank) -> None:
    family(bank.scene, bank.now, "resident", "street_clerk")
    trade(bank)
    row = found(bank)
    with pytest.raises(NotAllowed):
        actions.decide_review(
            by=bank.scene.street_clerk, now=bank.now, review=row.id, wrong=False, words="好"
        )
    lent = Held("county_clerk", "/", behalf=bank.scene.persons["resident"].id)
    stand_in = Actor(COUNTY, person=bank.scene.persons["leader"].id, held=(lent,), stands_for=(bank.one.id,))
    with pytest.raises(NotAllowed):
        actions.decide_review(by=stand_in, now=bank.now, review=row.id, wrong=False, words="好")


def test_fine_is_fine_and_tells_nobody(bank: Bank) -> None:
    trade(bank)
    row = found(bank)
    with refused("words_needed"):
        decide(bank, row, wrong=False, words=" ")
    with refused("review_fine"):
        decide(bank, row, wrong=False, undo=acts_of(row)[:1])
    decide(bank, row, wrong=False)
    assert told("points_review") == set() and open_work("points_review") == []
    with pytest.raises(NotFound):
        read.review(bank.scene.resident, row.id)
    with pytest.raises(NotFound):
        actions.plead(by=bank.scene.resident, now=bank.now, review=row.id, words="为什么")
    with refused("review_decided", 409):
        decide(bank, row, wrong=True)


def test_wrong_is_put_right_and_told_with_the_way_to_appeal(bank: Bank) -> None:
    trade(bank)
    row = found(bank)
    undo = acts_of(row)[:2]
    with refused("review_act"):
        decide(bank, row, wrong=True, undo=[UUID(int=1)])
    decide(bank, row, wrong=True, undo=undo)
    assert points(bank.one) + points(bank.other) == 20 * PAIR_EACH - 20
    assert told("points_review") == {bank.one.id, bank.other.id}
    shown = read.review(bank.scene.resident, row.id)
    assert shown.review.words and read.may_appeal(shown, bank.now)
    assert not read.may_appeal(shown, bank.now + timedelta(days=APPEAL_DAYS, seconds=1))
    with pytest.raises(NotFound):
        read.review(bank.scene.rider, row.id)
    actions.seal(now=bank.now)
    assert queries.check_books().findings == []


def test_points_that_are_spent_are_named_and_nothing_is_done(bank: Bank) -> None:
    trade(bank)
    row = found(bank)
    bank.hold(bank.one, 25)
    own = [one.transfer_id for one in Act.objects.filter(person=bank.one.id)]
    with pytest.raises(Refused, match="还差") as short:
        decide(bank, row, wrong=True, undo=own[:1])
    assert short.value.code == "points_spent" and "邻里互助" in short.value.message
    row.refresh_from_db()
    assert row.state == "found" and not Transfer.objects.filter(kind="reverse").exists()


def test_an_appeal_goes_up_once_and_gives_back_what_was_taken(bank: Bank) -> None:
    trade(bank)
    row = found(bank)
    every, scene = acts_of(row), bank.scene
    decide(bank, row, wrong=True, undo=every)
    assert points(bank.one) == points(bank.other) == 0
    with pytest.raises(NotFound):
        actions.plead(by=scene.rider, now=bank.now, review=row.id, words="不对")
    plea = actions.plead(by=scene.resident, now=bank.now, review=row.id, words="都是真的，楼长看见了")
    assert (plea.role, plea.path) == ("street_clerk", "/001/")
    (item,) = open_work("points_plea")
    assert (item.role, item.path) == ("street_clerk", "/001/")
    with refused("plea_made", 409):
        actions.plead(by=scene.resident, now=bank.now, review=row.id, words="再说一次")
    told_of = {"now": bank.now, "review": row.id, "person": bank.one.id, "words": "楼长作证"}
    for who in ("community_clerk", "resident", "grid_worker", "leader", "other_clerk"):
        with pytest.raises(NotAllowed):
            actions.decide_plea(by=getattr(scene, who), holds=True, restore=every, **told_of)
    with refused("plea_declined"):
        actions.decide_plea(by=scene.street_clerk, holds=False, restore=every, **told_of)
    with refused("plea_act"):
        actions.decide_plea(by=scene.street_clerk, holds=True, restore=[UUID(int=3)], **told_of)
    actions.decide_plea(by=scene.street_clerk, holds=True, restore=every, **told_of)
    assert points(bank.one) == points(bank.other) == 10 * PAIR_EACH
    assert not ReviewAct.objects.filter(restored__isnull=True).exists()
    assert told("points_plea") == {bank.one.id} and open_work("points_plea") == []
    with refused("plea_decided", 409):
        actions.decide_plea(by=scene.street_clerk, holds=False, **told_of)
    actions.seal(now=bank.now)
    assert queries.check_books().findings == []
    later = bank.now + timedelta(days=1)
    actions.look_daily(now=later)
    assert Review.objects.count() == 1, "what was given back was confirmed by the officer"


def test_an_appeal_too_late_or_without_a_budget(bank: Bank) -> None:
    trade(bank)
    row = found(bank)
    every = acts_of(row)
    decide(bank, row, wrong=True, undo=every[:1])
    late = bank.now + timedelta(days=APPEAL_DAYS, minutes=1)
    with refused("plea_late", 409):
        actions.plead(by=bank.scene.resident, now=late, review=row.id, words="不对")
    actions.plead(by=bank.scene.resident, now=bank.now, review=row.id, words="不对")
    left = sum(one.balance for one in Account.objects.filter(kind="budget"))
    actions.publish_rule(
        by=bank.by, now=bank.now, code="all", name="全部", points=left, effective_on=bank.now.date()
    )
    bank.earn(bank.one, rule_code="all")
    told_of = {"now": bank.now, "review": row.id, "person": bank.one.id, "words": "是真的"}
    with refused("plea_nothing_given", 409):
        actions.decide_plea(by=bank.scene.street_clerk, holds=True, restore=every[:1], **told_of)
    assert ReviewPerson.objects.get(person=bank.one.id).plea == "open"
    actions.decide_plea(by=bank.scene.street_clerk, holds=True, **told_of)
    assert ReviewPerson.objects.get(person=bank.one.id).plea == "held", "he was right, though nothing is left"
    assert told("points_plea") == {bank.one.id}
