"""A merchant's month: drawn up once, confirmed, disputed, answered, settled."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from mulin.kernel.errors import NotAllowed, NotFound, Refused, Stale
from mulin.services.exchange import actions, queries
from mulin.services.exchange.models import DiscountUse, Statement
from tests.exchange.fairs import Fair

OCTOBER = timedelta(days=31)


@pytest.fixture
def statement(fair: Fair) -> Statement:
    """September's, with two discounts and one voided."""
    for number in range(3):
        at = fair.now + timedelta(minutes=number)
        fair.check(fair.code("resident", now=at), now=at)
    last = DiscountUse.objects.order_by("-at").first()
    assert last is not None
    actions.void(use=last.id, by=fair.scene.merchant, now=fair.now + timedelta(minutes=5))
    assert actions.draw_up(now=fair.now + OCTOBER) == 1
    return Statement.objects.get()


def test_it_is_drawn_up_once_and_counts_what_stands(fair: Fair, statement: Statement) -> None:
    assert (statement.uses, statement.voided, statement.state) == (2, 1, "issued")
    assert statement.month.isoformat() == "2026-09-01"
    assert actions.draw_up(now=fair.now + OCTOBER) == 0


def test_a_month_without_discounts_has_none(fair: Fair) -> None:
    assert actions.draw_up(now=fair.now + OCTOBER) == 0


def test_it_is_drawn_up_an_hour_after_midnight_and_a_month_that_was_missed_too(fair: Fair) -> None:
    """What began a second before midnight and is written down after it belongs to the month; nothing is forgotten."""
    last = datetime(2026, 9, 30, 23, 59, 59, tzinfo=fair.now.tzinfo)
    fair.check(fair.code("resident", now=last), now=last)
    midnight = datetime(2026, 10, 1, tzinfo=fair.now.tzinfo)
    assert actions.draw_up(now=midnight + timedelta(minutes=59)) == 0
    in_october = midnight + timedelta(days=20)
    fair.check(fair.code("resident", now=in_october), now=in_october)
    december = datetime(2026, 12, 5, 8, tzinfo=fair.now.tzinfo)
    assert (actions.draw_up(now=december), actions.draw_up(now=december)) == (2, 0)
    months = Statement.objects.order_by("month").values_list("month", "uses")
    assert [(f"{month:%Y-%m}", uses) for month, uses in months] == [("2026-09", 1), ("2026-10", 1)]
    assert list(queries.wrong()) == []


def test_the_owner_confirms_and_the_clerk_settles(fair: Fair, statement: Statement) -> None:
    now: datetime = fair.now + OCTOBER
    with pytest.raises(Stale):
        actions.settle(statement=statement.id, words="已办", by=fair.scene.community_clerk, now=now)
    for _time in range(2):
        assert actions.confirm(statement=statement.id, by=fair.scene.merchant, now=now).state == "confirmed"
    done = actions.settle(
        statement=statement.id, words="流动红旗一面", by=fair.scene.community_clerk, now=now
    )
    assert (done.state, done.note) == ("settled", "流动红旗一面")


def test_a_dispute_is_answered_and_confirmed_after_all(fair: Fair, statement: Statement) -> None:
    now = fair.now + OCTOBER
    with pytest.raises(Refused):
        actions.dispute(statement=statement.id, said=" ", by=fair.scene.merchant, now=now)
    actions.dispute(statement=statement.id, said="少一笔", by=fair.scene.merchant, now=now)
    with pytest.raises(Stale):
        actions.confirm(statement=statement.id, by=fair.scene.merchant, now=now)
    actions.answer(statement=statement.id, words="那一笔当天撤销了", by=fair.scene.community_clerk, now=now)
    assert actions.confirm(statement=statement.id, by=fair.scene.merchant, now=now).state == "confirmed"


def test_assistants_neighbours_and_other_clerks_keep_out(fair: Fair, statement: Statement) -> None:
    now = fair.now + OCTOBER
    for who, wrong in (("rider", NotAllowed), ("resident", NotFound), ("other_clerk", NotFound)):
        with pytest.raises(wrong):
            actions.confirm(statement=statement.id, by=fair.scene.actors[who], now=now)
        with pytest.raises(NotFound):
            queries.statement(fair.scene.actors[who], statement.id)
    with pytest.raises(NotAllowed):
        actions.settle(statement=statement.id, words="x", by=fair.scene.merchant, now=now)


def test_a_clerk_does_not_confirm_for_the_merchant(fair: Fair, statement: Statement) -> None:
    with pytest.raises(NotAllowed):
        actions.confirm(statement=statement.id, by=fair.scene.community_clerk, now=fair.now + OCTOBER)
