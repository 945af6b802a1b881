"""What the tests of fairness share: two neighbours who confirm each other, what is found, asked, answered."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any
from uuid import UUID

import pytest

from mulin.ground.notices.models import Notice
from mulin.ground.points import actions, queries
from mulin.ground.points.models import (
    Account,
    Question,
    Review,
)
from mulin.ground.points.rules.fairness import PAIR_EACH
from mulin.ground.worklist.models import WorkItem
from mulin.kernel.actor import Actor
from mulin.kernel.errors import Refused
from tests.points.conftest import Bank

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


def decide(bank: Bank, row: Review, **told: Any) -> Review:
    by = told.pop("by", bank.scene.community_clerk)
    return actions.decide_review(
        by=by, now=bank.now, review=row.id, words=told.pop("words", "同一天互相记了没做的事"), **told
    )


def ask(bank: Bank, transfer: UUID | None, by: Actor | None = None, words: str = "日子不对") -> Question:
    assert transfer is not None
    account = Account.objects.get(owner=bank.one.id).id
    return actions.ask(
        by=by or bank.scene.resident, now=bank.now, account=account, transfer=transfer, words=words
    )


def answer(bank: Bank, row: Question, by: Actor, outcome: str = "explain", **told: Any) -> Question:
    return actions.answer(by=by, now=bank.now, question=row.id, outcome=outcome, words="看过了", **told)
