"""A noodle shop of an alliance that takes points, offline within a floor of 20; neighbours with paper passbooks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.apps import apps

from mulin.ground.points import queries as points
from mulin.kernel.clock import local_day
from mulin.kernel.ids import uuid7
from mulin.services.exchange import actions, queries
from mulin.services.exchange.models import Alliance, Merchant, Offer, Taking
from tests.exchange.scenes import PLACE, budget, give_points
from tests.personas import Scene

Entry: Any = apps.get_model("points.Entry")
Passbook: Any = apps.get_model("points.Passbook")
NOODLES = actions.MerchantTold("老街坊面馆", "catering", "双虹路8号", PLACE)


@dataclass
class Till:
    """The shop of the persona ``merchant``, with the rider as its assistant; noodles for 5 points, a dinner for 15."""

    scene: Scene
    now: datetime
    shop: Merchant
    noodles: Offer
    dinner: Offer
    alliance: Alliance

    def account(self, who: str = "resident") -> UUID:
        row = points.account_of(points.person(self.scene.persons[who].id))
        assert row is not None
        found: UUID = row.id
        return found

    def balance(self, who: str = "resident") -> int:
        found = points.balance(points.person(self.scene.persons[who].id))
        assert found is not None
        return found.points

    def book(self, who: str = "resident") -> actions.Paper:
        """The page that a persona printed just now."""
        account = self.account(who)
        number = Passbook.objects.get(account_id=account, state="active").number
        entries = Entry.objects.filter(account_id=account).count()
        code = points.check_code(number, entries, self.balance(who), f"{local_day(self.now):%Y-%m-%d}")
        return actions.Paper(number, code)

    def code(self, who: str = "resident", offer: Offer | None = None, now: datetime | None = None) -> str:
        row = actions.show_points_code(
            merchant=self.shop.id, offer=(offer or self.noodles).id, account=self.account(who),
            by=self.scene.actors[who], now=now or self.now,
        )  # fmt: skip
        return queries.code_of(row.id)

    def scan(self, code: str, *, who: str = "merchant", **more: Any) -> Taking:
        told: dict[str, Any] = {"key": str(uuid7()), "now": self.now, "merchant": self.shop.id}
        return actions.take_by_code(code=code, by=self.scene.actors[who], **(told | more))

    def paper(self, paper: actions.Paper | None = None, *, who: str = "merchant", **more: Any) -> Taking:
        told: dict[str, Any] = {
            "merchant": self.shop.id, "offer": self.noodles.id, "key": str(uuid7()), "now": self.now,
        }  # fmt: skip
        return actions.take_by_paper(paper=paper or self.book(), by=self.scene.actors[who], **(told | more))

    def slip(self, paper: actions.Paper | None = None, *, offer: Offer | None = None, **more: Any) -> Taking:
        """Done without a network an hour ago."""
        told: dict[str, Any] = {"done_at": self.now - timedelta(hours=1), "offline": True}
        return self.paper(paper, offer=(offer or self.dinner).id, **(told | more))


def shop_taking_points(
    scene: Scene, told: actions.MerchantTold, by: Any, now: datetime, *, floor: int = 20
) -> Merchant:
    """A merchant that takes part and takes points, in an alliance."""
    clerk, today = scene.community_clerk, now.date()
    row = actions.apply(told=told, by=by, now=now)
    actions.add_offer(merchant=row.id, title="面条一碗", terms="加蛋另付 1 元", points=5, by=by, now=now)
    actions.add_offer(merchant=row.id, title="晚餐一份", terms="", points=15, by=by, now=now)
    row = actions.turn(
        merchant=row.id, act="agree", version=row.version, by=clerk, now=now, starts=today,
        ends=date(today.year, 12, 31), takes_points=True, floor=floor,
    )  # fmt: skip
    return actions.turn(merchant=row.id, act="activate", version=row.version, by=clerk, now=now)


def make_till(scene: Scene, now: datetime, *, resident: int = 20) -> Till:
    """Inside the county's scope. The resident has 20 points, the other resident 40."""
    clerk = scene.community_clerk
    before = now - timedelta(days=8)
    budget(scene, 10_000, before)
    for who, amount in (("resident", resident), ("other_resident", 40)):
        give_points(scene, who, amount, now)
    shop = shop_taking_points(scene, NOODLES, scene.merchant, before)
    actions.name_assistant(merchant=shop.id, phone=scene.phones["rider"], by=scene.merchant, now=before)
    alliance = actions.found_alliance(name="双虹互助联盟", path=PLACE, by=clerk, now=before)
    actions.join_alliance(merchant=shop.id, alliance=alliance.id, by=clerk, now=before)
    noodles, dinner = Offer.objects.filter(merchant=shop).order_by("points")
    return Till(scene, now, shop, noodles, dinner, alliance)
