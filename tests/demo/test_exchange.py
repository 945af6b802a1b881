"""The example county's shop and merchants, made by ordinary actions."""

from __future__ import annotations

from datetime import timedelta

from mulin.ground.points import queries as points
from mulin.readers.demo.actions import Made
from mulin.readers.demo.rules import exchange as table
from mulin.readers.indicators import queries as indicators
from mulin.services.exchange import queries as exchange
from mulin.services.exchange.models import (
    Commendation,
    Good,
    Merchant,
    Nomination,
    Objection,
    PriorityLine,
    Redemption,
    Statement,
    StockMove,
    Taking,
)
from tests.conftest import NOW


def test_the_shop_has_gone_through_every_end_of_a_redemption_but_a_fault(example: Made) -> None:
    states = sorted(Redemption.objects.values_list("state", flat=True))
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
    rows = Taking.objects.order_by("at", "id")
    assert [(one.how, one.state) for one in rows] == [
        ("code", "taken"),
        ("paper", "taken"),
        ("offline", "taken"),
        ("code", "voided"),
        ("offline", "taken"),
        ("offline", "kept"),
    ]
    assert points.advanced() == 3
    assert list(exchange.wrong()) == []
    month = Statement.objects.latest("month")
    assert month.points == sum(
        one.points for one in exchange.month_of(month.merchant_id, month.month) if one.state == "taken"
    )
