"""A shop of 双虹社区 with rice and oil, kept by a neighbour; residents with points in their passbooks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.apps import apps

from mulin.ground.points import actions as ledger
from mulin.ground.points import queries as points
from mulin.kernel.actor import system
from mulin.kernel.ids import uuid7
from mulin.services.exchange import actions
from mulin.services.exchange.models import Good, Redemption, Shop
from tests.personas import COUNTY, Scene

PLACE = "/001/003/"
Hold: Any = apps.get_model("points.Hold")
AuditEntry: Any = apps.get_model("trail.AuditEntry")
Notice: Any = apps.get_model("notices.Notice")
RICE = actions.GoodTold(name="大米", unit="袋", price=30, supplier="永和超市")
OIL = actions.GoodTold(name="豆油", unit="桶", price=50, supplier="永和超市", per_month=1)


@dataclass
class Corner:
    """The shop, its goods, and who has points."""

    scene: Scene
    now: datetime
    shop: Shop
    rice: Good
    oil: Good

    def account(self, who: str) -> UUID:
        """The passbook of a persona."""
        row = points.account_of(points.person(self.scene.persons[who].id))
        assert row is not None
        found: UUID = row.id
        return found

    def balance(self, who: str) -> tuple[int, int]:
        """(all, set aside) of a persona's passbook."""
        found = points.balance(points.person(self.scene.persons[who].id))
        assert found is not None
        return found.points, found.held

    def reserve(self, who: str = "resident", good: Good | UUID | None = None, **more: Any) -> Redemption:
        """Somebody reserves a bag of rice, unless something else is said."""
        row = good if isinstance(good, Good) else self.rice
        told: dict[str, Any] = {
            "good": good if isinstance(good, UUID) else row.id,
            "quantity": 1,
            "price": row.price,
            "account": self.account(who),
            "key": str(uuid7()),
            "by": self.scene.actors[who],
            "now": self.now,
        }
        return actions.reserve(**(told | more))


def give_points(
    scene: Scene,
    who: str,
    amount: int,
    now: datetime,
    *,
    months: int = 24,
    subject: tuple[str, UUID] | None = None,
) -> None:
    """A passbook for a persona, with points earned by one act, about ``subject``."""
    by, owner = system(COUNTY, "test"), points.person(scene.persons[who].id)
    ledger.issue(by=by, now=now, owner=owner, path=PLACE)
    code = f"help_{amount}_{months}"
    if not any(line.rule.code == code for line in points.rules_on(now.date())):
        ledger.publish_rule(
            by=by, now=now, code=code, name="邻里互助", points=amount, effective_on=now.date(), months=months
        )
    ledger.earn(
        by=by,
        now=now,
        rule_code=code,
        key=str(uuid7()),
        done_on=now.date(),
        subject=subject or ("aid_act", uuid7()),
        story="代取快递",
        community_path=PLACE,
        confirmed_by=scene.persons["community_clerk"].id,
        person=owner.id,
    )


def budget(scene: Scene, amount: int, now: datetime) -> None:
    """Points that the community may award."""
    ledger.grant_budget(
        by=system(COUNTY, "test"), now=now, path=PLACE, division=scene.places["community"].id,
        amount=amount, note="年度", key=str(uuid7()),
    )  # fmt: skip


def make_corner(scene: Scene, now: datetime, *, bags: int = 5) -> Corner:
    """Everything, inside the county's scope. The resident has 100 points, the other resident 40."""
    clerk = scene.community_clerk
    budget(scene, 10_000, now)
    give_points(scene, "resident", 100, now)
    give_points(scene, "other_resident", 40, now)
    told = actions.ShopTold("双虹文明超市", PLACE, "党群服务中心一楼", "周一至周五 9:00–11:00", 7)
    shop = actions.add_shop(told=told, by=clerk, now=now)
    rice = actions.add_good(shop=shop.id, told=RICE, by=clerk, now=now)
    oil = actions.add_good(shop=shop.id, told=OIL, by=clerk, now=now)
    actions.name_keeper(shop=shop.id, phone=scene.phones["rider"], by=clerk, now=now)
    rice = actions.receive(good=rice.id, quantity=bags, supplier="", by=clerk, now=now)
    oil = actions.receive(good=oil.id, quantity=5, supplier="", by=clerk, now=now)
    return Corner(scene, now, shop, rice, oil)


def fresh(row: Any) -> Any:
    """The row as it stands now."""
    return type(row).objects.get(pk=row.pk)


def verbs(subject: Any) -> list[str]:
    """What the trail says of a subject, oldest first."""
    return list(AuditEntry.objects.filter(subject_id=subject).order_by("id").values_list("verb", flat=True))
