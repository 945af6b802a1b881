"""Fairness through its actions: nobody confirms his own, patterns wait for a person, appeals go up, entries are asked about,
acts asked back."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from mulin.ground.notices.models import Notice
from mulin.ground.people import actions as people
from mulin.ground.points import actions, queries
from mulin.ground.points.models import (
    Account,
    Act,
    CallBack,
    Look,
    Question,
    Review,
    ReviewAct,
    ReviewPerson,
    Transfer,
)
from mulin.ground.points.queries import fairness as read
from mulin.ground.points.rules.fairness import APPEAL_DAYS, GIFTS_FROM, HELPER_DAYS, PAIR_EACH, TRIES
from mulin.ground.worklist.models import WorkItem
from mulin.kernel.actor import Actor, Held
from mulin.kernel.county import county_scope
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from tests.journeys.test_races import at_once
from tests.personas import COUNTY, Scene
from tests.points.conftest import PLACE, Bank, family, make_bank

STAFF = ("grid_worker", "community_clerk", "other_clerk", "street_clerk", "county_clerk", "leader", "admin")


def refused(code: str, status: int = 422) -> AbstractContextManager[Any]:
    return pytest.raises(Refused, check=lambda one: (one.code, one.status) == (code, status))


def points(owner: queries.Owner) -> int:
    found = queries.balance(owner)
    assert found is not None
    return found.points


def trade(bank: Bank, each: int = PAIR_EACH) -> None:
    """The two neighbours confirm each other's acts."""
    one, other = bank.scene.persons["resident"].id, bank.scene.persons["other_resident"].id
    for _turn in range(each):
        bank.earn(bank.one, confirmed_by=other)
        bank.earn(bank.other, confirmed_by=one)


def found(bank: Bank, kind: str = "pair") -> Review:
    actions.look_daily(now=bank.now)
    return Review.objects.get(kind=kind)


def acts_of(review: Review) -> list[UUID]:
    return list(review.rests.order_by("transfer_id").values_list("transfer_id", flat=True))


def open_work(kind: str) -> list[WorkItem]:
    return list(WorkItem.objects.filter(kind=kind, done_at__isnull=True))


def told(template: str) -> set[UUID | None]:
    return set(Notice.objects.filter(template=template).values_list("person_id", flat=True))


# ── giver and confirmer ─────


def test_neither_the_person_nor_his_household_confirms(bank: Bank) -> None:
    scene = bank.scene
    home = family(scene, bank.now, "resident", "other_resident")
    actions.issue(by=bank.by, now=bank.now, owner=home, path=PLACE)
    one, other = scene.persons["resident"].id, scene.persons["other_resident"].id
    for told_of in ({"person": one}, {"person": other}, {"household": home.id}):
        with refused("own_act"):
            _earn(bank, one, **told_of)
    assert _earn(bank, scene.persons["rider"].id, person=one).points == 10


def _earn(bank: Bank, confirmer: UUID, **told: Any) -> actions.Earned:
    return actions.earn(
        by=bank.by, now=bank.now, rule_code="help", key=f"k{len(Transfer.objects.all())}", done_on=bank.now.date(),
        subject=("aid_act", UUID(int=7)), story="", community_path=PLACE, confirmed_by=confirmer, **told,
    )  # fmt: skip


def test_who_holds_the_passbook_that_is_paid_confirms_nothing_for_it(bank: Bank) -> None:
    """The act is somebody else's, but the points go to the confirmer's household."""
    home = family(bank.scene, bank.now, "other_resident")
    actions.issue(by=bank.by, now=bank.now, owner=home, path=PLACE)
    rider = bank.scene.persons["rider"].id
    with refused("own_act"):
        _earn(bank, bank.scene.persons["other_resident"].id, person=rider, household=home.id)
    lives_with = family(bank.scene, bank.now, "rider", "merchant")
    assert lives_with.id != home.id
    with refused("own_act"):
        _earn(bank, bank.scene.persons["merchant"].id, person=rider, household=home.id)


@pytest.mark.parametrize("way", ["give", "hold"])
def test_who_used_a_passbook_for_its_holder_confirms_nothing_for_it(bank: Bank, way: str) -> None:
    clerk = bank.scene.community_clerk
    bank.earn(bank.one)
    if way == "give":
        actions.give(by=clerk, now=bank.now, owner=bank.one, to=bank.other, amount=1, key="g")
    else:
        actions.hold(
            by=clerk, now=bank.now, owner=bank.one, amount=1, key="h", subject=("order", UUID(int=9)), story="",
            expires_at=bank.now + timedelta(days=1),
        )  # fmt: skip
    with refused("helper_act"):
        bank.earn(bank.one)
    none = bank.earn(bank.one, whoever=True)
    assert (none.points, none.reason_if_zero) == (0, "helper_act"), "recorded; another may enter it anew"
    bank.earn(bank.other)
    bank.earn(bank.one, confirmed_by=bank.scene.persons["street_clerk"].id)
    later = bank.now + timedelta(days=HELPER_DAYS + 1)
    assert bank.earn(bank.one, now=later, done_on=later.date()).points == 10


# ── patterns ─────


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


def decide(bank: Bank, row: Review, **told: Any) -> Review:
    by = told.pop("by", bank.scene.community_clerk)
    return actions.decide_review(
        by=by, now=bank.now, review=row.id, words=told.pop("words", "同一天互相记了没做的事"), **told
    )


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


# ── an entry that is not right ─────


def ask(bank: Bank, transfer: UUID | None, by: Actor | None = None, words: str = "日子不对") -> Question:
    assert transfer is not None
    account = Account.objects.get(owner=bank.one.id).id
    return actions.ask(
        by=by or bank.scene.resident, now=bank.now, account=account, transfer=transfer, words=words
    )


def answer(bank: Bank, row: Question, by: Actor, outcome: str = "explain", **told: Any) -> Question:
    return actions.answer(by=by, now=bank.now, question=row.id, outcome=outcome, words="看过了", **told)


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


# ── call-backs ─────


@pytest.fixture
def lots(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    def fix(value: float) -> None:
        monkeypatch.setattr("mulin.ground.points.actions.looking.lot", lambda _key: value)

    return fix


def drawn(bank: Bank, lots: Callable[[float], None], **told: Any) -> CallBack:
    lots(0.01)
    bank.earn(bank.one, **told)
    actions.look_daily(now=bank.now)
    return CallBack.objects.get()


def test_a_lot_is_the_same_again_and_no_act_is_drawn_twice(bank: Bank, lots: Callable[[float], None]) -> None:
    keys = [bank.earn(bank.one).transfer_id for _turn in range(5)]
    told_of = [read.lot(key) for key in keys if key]
    assert told_of == [read.lot(key) for key in keys if key] and all(0 <= one < 1 for one in told_of)
    assert len(set(told_of)) == 5
    lots(0.04)
    for days in range(3):
        actions.look_daily(now=bank.now + timedelta(days=days))
    assert CallBack.objects.count() == 5


def test_a_month_without_a_lot_gives_one_when_it_is_over(bank: Bank, lots: Callable[[float], None]) -> None:
    lots(0.5)
    bank.earn(bank.one)
    bank.earn(bank.other)
    actions.look_daily(now=bank.now)
    assert not CallBack.objects.exists()
    for days in (40, 41):
        actions.look_daily(now=bank.now + timedelta(days=days))
    row = CallBack.objects.get()
    assert row.account_path == PLACE and row.month == bank.now.date().replace(day=1)


def test_who_asks_back_did_not_confirm(bank: Bank, lots: Callable[[float], None]) -> None:
    row = drawn(bank, lots)
    assert (row.role, row.path) == ("street_clerk", "/001/"), "the only clerk of the community confirmed it"
    told_of = {"now": bank.now, "callback": row.id, "outcome": "confirmed"}
    for who in ("community_clerk", "resident", "grid_worker", "other_clerk", "leader"):
        with pytest.raises(NotAllowed):
            actions.call_back(by=getattr(bank.scene, who), **told_of)
    assert not read.open_callbacks(bank.scene.community_clerk).exists()
    colleague = Actor(
        COUNTY, person=bank.scene.persons["community_clerk"].id, held=(Held("street_clerk", "/001/"),)
    )
    with pytest.raises(NotAllowed):
        read.callback(colleague, row.id)
    with pytest.raises(NotFound):
        read.callback(bank.scene.community_clerk, row.id)
    assert read.open_callbacks(bank.scene.street_clerk).exists()
    actions.call_back(by=bank.scene.street_clerk, **told_of)
    assert open_work("points_callback") == []
    with refused("callback_ended", 409):
        actions.call_back(by=bank.scene.street_clerk, **told_of)


def test_whoever_was_not_reached_is_left_in_peace(bank: Bank, lots: Callable[[float], None]) -> None:
    row = drawn(bank, lots)
    for turn in range(TRIES):
        assert (row.refresh_from_db(), row.state)[1] == "open"
        assert len(open_work("points_callback")) == 1
        actions.call_back(
            by=bank.scene.street_clerk,
            now=bank.now + timedelta(days=turn),
            callback=row.id,
            outcome="no_answer",
        )
    row.refresh_from_db()
    assert (row.state, row.tries) == ("unreached", TRIES) and open_work("points_callback") == []
    assert points(bank.one) == 10


def test_what_is_said_to_be_untrue_is_laid_before_a_person(bank: Bank, lots: Callable[[float], None]) -> None:
    row = drawn(bank, lots)
    told_of = {"by": bank.scene.street_clerk, "now": bank.now, "callback": row.id, "outcome": "untrue"}
    with refused("words_needed"):
        actions.call_back(**told_of)
    actions.call_back(**told_of, words="说那天不在家")
    review = Review.objects.get(kind="callback")
    assert review.role == "street_clerk", "the clerk is concerned"
    assert {one.person for one in review.concerned.all()} == {
        bank.one.id, bank.scene.persons["community_clerk"].id,
    }  # fmt: skip
    assert points(bank.one) == 10, "nothing happens before a person decides"
    decide(bank, review, by=bank.scene.county_clerk, wrong=True, undo=acts_of(review))
    assert points(bank.one) == 0
    plea = actions.plead(by=bank.scene.resident, now=bank.now, review=review.id, words="我去了")
    assert (plea.role, plea.path) == ("admin", "/"), "above whoever decided"


# ── at once, and forgotten ─────


def test_an_erasure_empties_the_words_and_withdraws_what_waits(bank: Bank) -> None:
    trade(bank)
    row = found(bank)
    decide(bank, row, wrong=True, undo=acts_of(row)[:1])
    actions.plead(by=bank.scene.resident, now=bank.now, review=row.id, words="都是真的")
    ask(bank, Act.objects.filter(person=bank.one.id)[0].transfer_id)
    export = queries.export_fairness(bank.one.id)
    assert export["points_questions"][0]["words"] == "日子不对"
    assert export["points_reviews"][0]["appeal_words"] == "都是真的"
    people.erase(person=bank.one.id, by=bank.scene.admin, now=bank.now, reason="counter_request")
    assert set(Question.objects.values_list("state", "words")) == {("withdrawn", "")}
    mine = ReviewPerson.objects.get(person=bank.one.id)
    assert (mine.plea, mine.words) == ("withdrawn", "")
    assert (row.refresh_from_db(), row.words)[1] == ""
    assert open_work("points_question") == open_work("points_plea") == []


@pytest.mark.django_db(transaction=True)
def test_two_officers_decide_at_once_and_two_processes_look_at_once(scene: Scene, now: datetime) -> None:
    with county_scope(COUNTY):
        bank = make_bank(scene, now)
        trade(bank)

    def look() -> int:
        with county_scope(COUNTY):
            return actions.look_daily(now=now)

    at_once(*[look for _hand in range(4)])
    with county_scope(COUNTY):
        assert Look.objects.count() == 1
        row = Review.objects.get(kind="pair")
        undo = acts_of(row)

    def deciding(who: str, wrong: bool) -> Callable[[], str]:
        def run() -> str:
            with county_scope(COUNTY):
                try:
                    decide(bank, row, by=getattr(scene, who), wrong=wrong, undo=undo if wrong else ())
                except Refused as late:
                    return late.code
                return who

        return run

    answers = at_once(
        deciding("community_clerk", True), deciding("street_clerk", False), deciding("county_clerk", True)
    )
    with county_scope(COUNTY):
        row.refresh_from_db()
        undone = Transfer.objects.filter(kind="reverse").count()
        assert undone == (len(undo) if row.state == "wrong" else 0)
        assert len([one for one in answers if one != "review_decided"]) == 1
