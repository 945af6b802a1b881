"""What is over its desk's time goes one level up, once from each, and at the top is seen by whoever oversees the county."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

from mulin.ground.access.models import Grant
from mulin.ground.points import actions
from mulin.ground.points.actions import rising as acting
from mulin.ground.points.actions.desks import Desk, desk
from mulin.ground.points.actions.looking import _call, open_review
from mulin.ground.points.models import CallBack, Question, Review, ReviewPerson, Rise
from mulin.ground.points.queries import fairness as read
from mulin.ground.points.queries import rising
from mulin.ground.points.rules.fairness import LEVELS, Matter
from mulin.ground.worklist import queries as worklist
from mulin.ground.worklist.models import Copy, WorkItem
from mulin.kernel.county import county_scope
from mulin.kernel.errors import NotAllowed
from tests.journeys.test_races import at_once
from tests.personas import COUNTY, Scene
from tests.points.conftest import PLACE, Bank, make_bank
from tests.points.fair import acts_of, answer, ask, decide, found, open_work, trade
from tests.points.test_views import Enter, enter, without_second_factor

__all__ = ["enter", "without_second_factor"]

SOON = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def nothing_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """No call-back comes by lot into these tests."""
    monkeypatch.setattr("mulin.ground.points.actions.looking.lot", lambda _key: 0.9)


def made(bank: Bank, matter: str) -> Any:
    """One open matter of a kind that lies with the community's counter."""
    if matter == Matter.QUESTION:
        return ask(bank, bank.earn(bank.one, confirmed_by=bank.scene.persons["grid_worker"].id).transfer_id)
    if matter == Matter.CALLBACK:
        act = bank.earn(bank.one, confirmed_by=bank.scene.persons["grid_worker"].id).transfer_id
        assert act is not None
        _call(act, PLACE, bank.now.date().replace(day=1), bank.by, bank.now)
        return CallBack.objects.get()
    trade(bank)
    row = found(bank)
    if matter == Matter.REVIEW:
        return row
    decide(bank, row, wrong=True, undo=acts_of(row)[:1])
    return actions.plead(by=bank.scene.resident, now=bank.now, review=row.id, words="不对")


def risen(bank: Bank, row: Any) -> datetime:
    """Its desk's time is over: ``tick``, then the moment."""
    row.refresh_from_db()
    late = row.due_at + SOON
    actions.rise_due(now=late)
    row.refresh_from_db()
    return late


@pytest.mark.parametrize("matter", list(Matter))
def test_what_is_over_time_goes_up_to_the_county_and_is_then_seen_by_its_leader(
    bank: Bank, matter: Matter
) -> None:
    row = made(bank, matter)
    assert actions.rise_due(now=row.due_at - SOON) == 0, "in time nothing moves"
    way = [(row.role, row.path)]
    while row.role != "county_clerk":
        (before,) = open_work(f"points_{matter}")
        late = risen(bank, row)
        way.append((row.role, row.path))
        (item,) = open_work(f"points_{matter}")
        assert (item.role, item.path, item.due_at) == (row.role, row.path, row.due_at), "with a new clock"
        assert item.pk == before.pk and row.due_at > late, "the same to-do, elsewhere"
        assert actions.rise_due(now=late) == 0, "once from each level"
        told = Copy.objects.order_by("-id")[0]
        assert (told.role, told.path, told.why) == (*way[-2], "points_risen"), "the desk below is told"
    whole = [("community_clerk", PLACE), ("street_clerk", "/001/"), ("county_clerk", "/")]
    assert way == whole[-len(way) :]
    assert open_work("points_late") == []
    due = row.due_at
    late = risen(bank, row)
    assert (row.role, row.due_at) == ("county_clerk", due), "it stays with the county, and stays red"
    (item,) = open_work("points_late")
    assert (item.role, item.path, item.due_at) == ("leader", "/", due)
    assert [one.light for one in worklist.lit(worklist.open_for(bank.scene.leader), late)] == ["red"]
    assert actions.rise_due(now=late + timedelta(days=300)) == 0
    assert len(open_work(f"points_{matter}")) == 1
    assert [one.to_role for one in Rise.objects.order_by("at", "id")] == [role for role, _path in way[1:]] + [
        "leader"
    ]
    settle(bank, matter, row)
    assert open_work("points_late") == open_work(f"points_{matter}") == []


def settle(bank: Bank, matter: str, row: Any) -> None:
    """The county's clerk does what was to do."""
    by = bank.scene.county_clerk
    if matter == Matter.QUESTION:
        answer(bank, row, by)
    elif matter == Matter.CALLBACK:
        actions.call_back(by=by, now=bank.now, callback=row.id, outcome="confirmed")
    elif matter == Matter.REVIEW:
        decide(bank, row, by=by, wrong=False)
    else:
        actions.decide_plea(
            by=by, now=bank.now, review=row.review_id, person=row.person, holds=False, words="问过了"
        )


def test_the_desk_below_no_longer_answers_and_the_one_above_does(bank: Bank) -> None:
    row = made(bank, Matter.QUESTION)
    risen(bank, row)
    with pytest.raises(NotAllowed):
        answer(bank, row, bank.scene.community_clerk)
    assert not read.open_questions(bank.scene.community_clerk).exists()
    assert read.open_questions(bank.scene.street_clerk).exists()
    answer(bank, row, bank.scene.street_clerk)
    again = ask(bank, row.transfer_id, words="还是不对")
    assert (again.role, again.path) == ("county_clerk", "/"), "the second time above whoever answered"


def test_what_is_answered_in_time_does_not_rise(bank: Bank) -> None:
    row = made(bank, Matter.QUESTION)
    answer(bank, row, bank.scene.community_clerk)
    assert actions.rise_due(now=row.due_at + timedelta(days=99)) == 0
    assert not Rise.objects.exists()


def test_a_level_at_which_nobody_may_is_passed_over(bank: Bank) -> None:
    row = made(bank, Matter.QUESTION)
    Grant.objects.filter(role="street_clerk").update(ended_on=bank.now.date())
    risen(bank, row)
    assert (row.role, row.path) == ("county_clerk", "/")


def test_one_that_fails_stops_no_other(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = made(bank, Matter.QUESTION), made(bank, Matter.CALLBACK)
    broken = acting.KINDS[Matter.CALLBACK]._replace(barred=lambda _row: {1 / 0})  # type: ignore[arg-type, return-value]
    monkeypatch.setitem(acting.KINDS, Matter.CALLBACK, broken)  # type: ignore[arg-type]
    assert actions.rise_due(now=max(one.due_at, other.due_at) + SOON) == 1
    one.refresh_from_db()
    assert one.role == "street_clerk"


def test_without_a_leader_the_administrators_see_it(bank: Bank) -> None:
    row = made(bank, Matter.QUESTION)
    Grant.objects.filter(role="leader").update(ended_on=bank.now.date())
    for _level in LEVELS:
        risen(bank, row)
    (item,) = open_work("points_late")
    assert (item.role, item.path) == ("admin", "/")


def test_of_several_appeals_each_has_its_own_clock(bank: Bank) -> None:
    trade(bank)
    row = found(bank)
    decide(bank, row, wrong=True, undo=acts_of(row)[:1])
    first = actions.plead(by=bank.scene.resident, now=bank.now, review=row.id, words="不对")
    later = bank.now + timedelta(days=9)
    second = actions.plead(by=bank.scene.other_resident, now=later, review=row.id, words="也不对")
    assert first.due_at is not None and second.due_at is not None and first.due_at < second.due_at
    assert {(one.subject_id, one.due_at) for one in open_work("points_plea")} == {
        (first.id, first.due_at),
        (second.id, second.due_at),
    }
    actions.rise_due(now=first.due_at + SOON)
    assert {one.subject_id: one.role for one in open_work("points_plea")} == {
        first.id: "county_clerk",
        second.id: "street_clerk",
    }
    told = {"review": row.id, "holds": False, "words": "问过了", "now": later}
    actions.decide_plea(by=bank.scene.street_clerk, person=second.person, **told)
    assert [one.subject_id for one in open_work("points_plea")] == [first.id]


# ── where nobody may ─────


def bar(bank: Bank, *who: str) -> set[UUID]:
    return {bank.scene.persons[name].id for name in who}


def test_a_desk_is_the_lowest_at_which_somebody_may(bank: Bank) -> None:
    assert desk(path=PLACE, barred=()) == Desk("community_clerk", PLACE)
    assert desk(path=PLACE, barred=bar(bank, "community_clerk")) == Desk("street_clerk", "/001/")
    assert desk(path=PLACE, barred=(), above="street_clerk") == Desk("county_clerk", "/")
    assert desk(path=PLACE, barred=(), above="county_clerk") == Desk("admin", "/")


def test_where_the_only_administrator_is_concerned_the_countys_clerk_decides(bank: Bank) -> None:
    """Above the county's clerks only its administrator: whom it concerns does not get it."""
    assert desk(path=PLACE, barred=bar(bank, "admin"), above="county_clerk") == Desk("county_clerk", "/")
    both = bar(bank, "admin", "county_clerk")
    assert desk(path=PLACE, barred=both, above="county_clerk") == Desk("", PLACE)


def test_strict_gives_way_before_nobody_gets_it(bank: Bank) -> None:
    """At each level somebody is concerned, and somebody is not."""
    every = [("community_clerk", PLACE), ("street_clerk", "/001/"), ("county_clerk", "/"), ("admin", "/")]
    for role, path in every:
        Grant.objects.create(
            person_id=bank.scene.persons["rider"].id, role=role, path=path, started_on=bank.now.date()
        )
    barred = bar(bank, "rider")
    assert desk(path=PLACE, barred=barred, strict=True) == Desk("admin", "/")
    assert desk(path=PLACE, barred=barred) == Desk("community_clerk", PLACE)


def nobody(bank: Bank) -> Review:
    """A matter that concerns everybody who sits at a counter over the place."""
    act = bank.earn(bank.one, confirmed_by=bank.scene.persons["grid_worker"].id).transfer_id
    assert act is not None
    return open_review(
        key="all", kind="callback", transfers=[act], concerned=bar(bank, *LEVELS), paths={PLACE},
        since=bank.now.date(), until=bank.now.date(), by=bank.by, now=bank.now,
    )  # fmt: skip


def test_what_concerns_everybody_is_told_to_the_administrators_without_what_it_is(bank: Bank) -> None:
    row = nobody(bank)
    assert (row.role, row.path) == ("", PLACE)
    (item,) = open_work("points_vacant")
    assert (item.role, item.path, item.subject_kind) == ("admin", "/", "points_waiting")
    assert open_work("points_review") == []
    for who in (*LEVELS, "leader"):
        assert not read.open_reviews(getattr(bank.scene, who)).exists()
        with pytest.raises(NotAllowed):
            decide(bank, row, by=getattr(bank.scene, who), wrong=False)
    assert actions.rise_due(now=bank.now) == 0, "still nobody"
    Grant.objects.create(
        person_id=bank.scene.persons["rider"].id,
        role="street_clerk",
        path="/001/",
        started_on=bank.now.date(),
    )
    assert actions.rise_due(now=bank.now) == 1
    row.refresh_from_db()
    assert (row.role, row.path) == ("street_clerk", "/001/") and open_work("points_vacant") == []
    (item,) = open_work("points_review")
    assert item.role == "street_clerk"


def test_what_lies_with_nobody_is_seen_by_the_leader_when_its_time_is_over(bank: Bank) -> None:
    row = nobody(bank)
    late = risen(bank, row)
    (item,) = open_work("points_late")
    assert (item.role, item.due_at) == ("leader", row.due_at)
    assert len(open_work("points_vacant")) == 1 and row.role == ""
    assert actions.rise_due(now=late) == 0


def test_the_highest_desk_at_which_nobody_may_any_more_is_told_to_the_administrators(bank: Bank) -> None:
    row = made(bank, Matter.QUESTION)
    for _level in range(2):
        risen(bank, row)
    assert row.role == "county_clerk"
    Grant.objects.filter(role__in=("county_clerk", "admin")).update(ended_on=bank.now.date())
    risen(bank, row)
    assert row.role == "" and len(open_work("points_vacant")) == len(open_work("points_late")) == 1


# ── pages ─────


def page(client: Client, name: str, *args: Any) -> str:
    shown = client.get(reverse(f"points:{name}", args=args))
    assert shown.status_code == 200
    return shown.content.decode()


def test_why_it_lies_there_stands_on_the_page_of_the_desk_and_of_the_asker(bank: Bank, enter: Enter) -> None:
    row = made(bank, Matter.QUESTION)
    risen(bank, row)
    street = enter("street_clerk")
    assert "逾期转上级" in page(street, "fair")
    for client in (street, enter("resident")):
        told = page(client, "question", row.id)
        assert "逾期转上级" in told and "双虹社区" in told and "叶柏寿街道" in told


@pytest.mark.parametrize("who", ["leader", "admin"])
def test_overseers_read_that_something_waits_and_not_what(bank: Bank, enter: Enter, who: str) -> None:
    row = made(bank, Matter.QUESTION)
    assert "没有过了时间的" in page(enter(who), "waiting")
    for _level in range(3):
        risen(bank, row)
    nobody(bank)
    told = page(enter(who), "waiting")
    assert "积分疑问" in told and "没有人能办" in told and "日子不对" not in told and "王" not in told


@pytest.mark.parametrize(
    "who", ["resident", "community_clerk", "street_clerk", "county_clerk", "grid_worker"]
)
def test_nobody_else_oversees(bank: Bank, who: str) -> None:
    nobody(bank)
    assert rising.waiting(getattr(bank.scene, who)) == []


# ── at once ─────


@pytest.mark.django_db(transaction=True)
def test_many_processes_move_it_one_level(scene: Scene, now: datetime) -> None:
    with county_scope(COUNTY):
        bank = make_bank(scene, now)
        row = made(bank, Matter.QUESTION)
        late = row.due_at + SOON

    def tick() -> int:
        with county_scope(COUNTY):
            return actions.rise_due(now=late)

    assert sum(at_once(*[tick for _hand in range(4)])) == 1
    with county_scope(COUNTY):
        row.refresh_from_db()
        assert row.role == "street_clerk" and Rise.objects.count() == 1 and Copy.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_an_answer_and_the_step_up_at_once_leave_one_of_them(scene: Scene, now: datetime) -> None:
    with county_scope(COUNTY):
        bank = make_bank(scene, now)
        row = made(bank, Matter.QUESTION)
        late = row.due_at + SOON

    def rise() -> None:
        with county_scope(COUNTY):
            actions.rise_due(now=late)

    def say() -> None:
        with county_scope(COUNTY), suppress(NotAllowed):
            answer(bank, row, bank.scene.community_clerk)

    run: list[Callable[[], None]] = [rise, say]
    at_once(*run)
    with county_scope(COUNTY):
        row = Question.objects.get()
        open_items = WorkItem.objects.filter(kind="points_question", done_at__isnull=True).count()
        assert (row.state, open_items) in {("open", 1), ("explained", 0)}
        assert ReviewPerson.objects.count() == 0
