"""The example county's shop and merchants, made by ordinary actions."""

from __future__ import annotations

from datetime import timedelta

from mulin.ground.points import queries as points
from mulin.ground.points.rules.fairness import SMALL
from mulin.readers.demo.actions import Made
from mulin.readers.demo.rules import between
from mulin.readers.demo.rules import exchange as table
from mulin.readers.indicators import queries as indicators
from mulin.services.exchange import queries as exchange
from mulin.services.exchange.models import (
    AcceptanceRule,
    Agreement,
    Commendation,
    ForeignUse,
    Good,
    Merchant,
    Netting,
    Nomination,
    Objection,
    PriorityLine,
    Redemption,
    Repayment,
    Statement,
    StockMove,
    Taking,
)
from mulin.services.exchange.queries.acceptance import lines_of
from tests.conftest import NOW


def test_the_shop_has_gone_through_every_end_of_a_redemption_but_a_fault(example: Made) -> None:
    own = Redemption.objects.filter(shop__name=table.SHOP[0])
    states = sorted(own.values_list("state", flat=True))
    assert states == ["collected", "collected", "expired", "reserved"]
    for good in Good.objects.all():
        assert good.stock == sum(StockMove.objects.filter(good=good).values_list("delta", flat=True))
    assert Good.objects.filter(stock=0).exists()


def test_merchants_and_alliances_are_as_many_as_the_article_counts(example: Made) -> None:
    found = {one.claim.code: one for one in indicators.compared(NOW)}
    assert (found["merchants_active"].value, found["alliances_active"].value) == (21, 4)
    assert Merchant.objects.filter(state="applied").count() == 1
    assert Merchant.objects.filter(renew_asked__isnull=False).count() == 1
    assert sum(bool(one.given_by_all) for one in exchange.merchants_shown(NOW.date())) > 10


def test_discounts_are_counted_and_the_month_waits_to_be_confirmed(example: Made) -> None:
    start = (NOW - timedelta(days=60)).date()
    codes = ("discount_redemptions",)
    (figure,) = indicators.figures(start, NOW.date() + timedelta(days=1), only=codes, now=NOW)
    assert figure.value == len(table.DAYS_OF_DISCOUNTS)
    assert list(Statement.objects.order_by("month").values_list("state", flat=True)) == ["settled", "issued"]


def test_a_round_is_awarded_one_objected_to_and_one_open(example: Made) -> None:
    states = sorted(Commendation.objects.values_list("state", flat=True))
    assert states == ["done", "nominating", "notice"]
    assert Nomination.objects.filter(state="awarded").count() == 2
    assert Objection.objects.get().state == "open"
    assert Nomination.objects.filter(state="asked").count() == 1
    assert any(line.acts for line in PriorityLine.objects.all())


def test_the_first_merchant_took_points_in_every_way_and_a_slip_waits_for_the_community(
    example: Made,
) -> None:
    rows = Taking.objects.filter(foreign=None).order_by("at", "id")
    assert [(one.how, one.state) for one in rows] == [
        ("code", "taken"),
        ("paper", "taken"),
        ("offline", "taken"),
        ("code", "voided"),
        ("offline", "taken"),
        ("offline", "taken"),
        ("offline", "kept"),
    ]
    assert sum(one.advanced for one in rows) == 3 + 8
    assert list(exchange.wrong()) == []
    month = Statement.objects.latest("month")
    assert month.points == sum(
        one.points for one in exchange.month_of(month.merchant_id, month.month) if one.state == "taken"
    )


def test_two_months_between_two_communities_are_settled_and_waiting(example: Made) -> None:
    (agreement,) = Agreement.objects.all()
    assert agreement.agreed_at is not None and AcceptanceRule.objects.get().per_month == between.A_MONTH
    uses = ForeignUse.objects.all()
    assert (uses.filter(taking=None).count(), uses.filter(redemption=None).count()) == (3, 2)
    assert {one.agreement_id for one in uses} == {agreement.id}
    old, new = Netting.objects.order_by("month")
    assert (old.state, old.note) == ("settled", between.SETTLED)
    assert (new.state, [new.first_by is None, new.second_by is None].count(True)) == ("drawn", 1)
    assert {one.merchant for one in lines_of(new.month)} == {False, True}


def test_an_alliance_made_good_a_part_of_what_it_advanced(example: Made) -> None:
    assert sorted(Repayment.objects.values_list("state", "points")) == [("confirmed", 6), ("proposed", 3)]
    assert points.advanced() == 11 - 6
    assert list(exchange.wrong()) == []


def test_most_communities_have_so_many_passbooks_that_their_cover_is_shown(example: Made) -> None:
    found = points.covers(NOW)
    shown = [one for one in found if one.books >= SMALL]
    assert len(shown) > len(found) / 2 and len(shown) < len(found)
    assert all(one.percent is not None and 0 < one.percent < 500 for one in shown)
