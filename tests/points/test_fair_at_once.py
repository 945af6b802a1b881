"""Fairness at once from many hands, and after somebody asked to be forgotten."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from importlib import import_module
from typing import Any

import pytest

from mulin.ground.people import actions as people
from mulin.ground.points import actions, queries
from mulin.ground.points.actions.looking import open_review
from mulin.ground.points.models import (
    Account,
    Act,
    Look,
    Question,
    Review,
    ReviewPerson,
    Transfer,
)
from mulin.kernel.county import county_scope
from mulin.kernel.errors import Refused
from tests.journeys.test_races import at_once
from tests.personas import COUNTY, Scene
from tests.points.conftest import PLACE, Bank, make_bank
from tests.points.fair import (
    acts_of,
    answer,
    ask,
    decide,
    found,
    open_work,
    trade,
)


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


def meet(monkeypatch: pytest.MonkeyPatch, *places: tuple[str, str]) -> None:
    """Functions of modules that each wait, before they begin, until the other hand has come to its own, at most a while:
    both then hold their first lock, unless one waits for the other's already."""
    come = [threading.Event() for _place in places]
    for mine, (where, name) in zip(come, places, strict=True):
        module = import_module(f"mulin.ground.points.actions.{where}")
        monkeypatch.setattr(module, name, _waiting(getattr(module, name), mine, come))


def _waiting(
    does: Callable[..., Any], mine: threading.Event, come: list[threading.Event]
) -> Callable[..., Any]:
    def waits(*args: Any, **told: Any) -> Any:
        mine.set()
        for one in come:
            one.wait(1.5)
        return does(*args, **told)

    return waits


@pytest.mark.django_db(transaction=True)
def test_an_erasure_and_a_decision_about_an_appeal_wait_for_each_other(
    scene: Scene, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    with county_scope(COUNTY):
        bank = make_bank(scene, now)
        trade(bank)
        row = found(bank)
        mine = Act.objects.filter(person=bank.one.id)[0].transfer_id
        decide(bank, row, wrong=True, undo=[mine])
        actions.plead(by=scene.resident, now=now, review=row.id, words="都是真的")
    meet(monkeypatch, ("reviewing", "lock_moved"), ("erasure", "_forget_fairness"))

    def forget() -> str:
        with county_scope(COUNTY):
            people.erase(person=bank.one.id, by=scene.admin, now=now, reason="counter_request")
        return ""

    def lift() -> str:
        with county_scope(COUNTY):
            try:
                actions.decide_plea(
                    by=scene.street_clerk, now=now, review=row.id, person=bank.one.id, holds=True, words="楼长作证",
                    restore=[mine],
                )  # fmt: skip
            except Refused as late:
                return late.code
        return "held"

    _none, came = at_once(forget, lift)
    with county_scope(COUNTY):
        plea = ReviewPerson.objects.get(person=bank.one.id)
        assert (plea.words, plea.answer) == ("", ""), "whoever came first, nothing about him is left"
        assert (came, plea.plea) in {("held", "held"), ("plea_decided", "withdrawn")}
        assert open_work("points_plea") == []
        actions.seal(now=now)
        assert queries.check_books().findings == []


@pytest.mark.django_db(transaction=True)
def test_a_gift_taken_back_for_a_question_and_by_a_review_at_once_is_taken_back_once(
    scene: Scene, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both lock both passbooks, in one order, from the passbook asked from as from the other."""
    with county_scope(COUNTY):
        bank = make_bank(scene, now)
        one, other = sorted((bank.one, bank.other), key=lambda owner: Account.objects.get(owner=owner.id).id)
        asker = scene.resident if other == bank.one else scene.other_resident
        bank.earn(other)
        gift = actions.give(by=asker, now=now, owner=other, to=one, amount=5, key="g")
        account = Account.objects.get(owner=other.id).id
        question = actions.ask(by=asker, now=now, account=account, transfer=gift, words="转错了")
        row = open_review(
            key="gift", kind="gifts", transfers=[gift], concerned=[one.id, other.id], paths={PLACE},
            since=now.date(), until=now.date(), by=bank.by, now=now,
        )  # fmt: skip
    meet(monkeypatch, ("asking", "standing_for"), ("reviewing", "lock_moved"))

    def take(act: Callable[[], Any]) -> Callable[[], str]:
        def run() -> str:
            with county_scope(COUNTY):
                try:
                    act()
                except Refused as late:
                    return late.code
            return ""

        return run

    codes = at_once(
        take(lambda: answer(bank, question, scene.community_clerk, "undo")),
        take(lambda: decide(bank, row, by=scene.street_clerk, wrong=True, undo=[gift])),
    )
    assert min(codes) == "" and max(codes) in (
        "points_reversed",
        "question_reviewed",
        "question_nothing",
    )
    with county_scope(COUNTY):
        assert Transfer.objects.filter(reverses=gift).count() == 1
        assert queries.balance(other).points == 10  # type: ignore[union-attr]
