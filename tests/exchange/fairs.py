"""Merchants with offers, one that takes part; people entitled for different reasons, which nobody may tell apart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from mulin.ground.people import actions as people
from mulin.kernel.actor import system
from mulin.kernel.ids import uuid7
from mulin.services.exchange import actions, queries
from mulin.services.exchange.models import Merchant
from tests.exchange.scenes import PLACE, budget, give_points
from tests.personas import COUNTY, Scene

HAIR = actions.MerchantTold("丽人美发", "hair", "双虹路3号", PLACE, "0421-0001234")


@dataclass
class Fair:
    """A hairdresser of 双虹社区 (the persona ``merchant``), with the rider as its assistant; the resident takes part in
    mutual help, the other resident was granted the discount."""

    scene: Scene
    now: datetime
    hair: Merchant

    def code(self, who: str, *, merchant: Merchant | None = None, now: datetime | None = None) -> str:
        """The digits that a persona shows."""
        row = actions.show_code(
            merchant=(merchant or self.hair).id, by=self.scene.actors[who], now=now or self.now
        )
        return queries.code_of(row.id)

    def check(self, code: str, *, who: str = "merchant", now: datetime | None = None, key: str = "") -> bool:
        """Whether it holds at the till of a persona."""
        return actions.check(
            code=code, key=key or str(uuid7()), by=self.scene.actors[who], now=now or self.now
        )

    def grant(self, who: str, **more: Any) -> Any:
        """The discount for a persona, for a year everywhere unless something else is said."""
        today = self.now.date()
        told: dict[str, Any] = {
            "phone": self.scene.phones[who],
            "home": False,
            "path": PLACE,
            "trades": [],
            "starts": today,
            "ends": today + timedelta(days=300),
            "by": self.scene.community_clerk,
            "now": self.now,
        }
        return actions.grant(**(told | more))


def taking_part(scene: Scene, told: actions.MerchantTold, by: Any, now: datetime, **more: Any) -> Merchant:
    """A merchant that applied, wrote an offer, has an agreement for the year and takes part."""
    clerk, today = scene.community_clerk, now.date()
    row = actions.apply(told=told, by=by, now=now, **more)
    actions.add_offer(merchant=row.id, title="八折", terms="", by=by, now=now)
    days = {"starts": today, "ends": date(today.year, 12, 31)}
    row = actions.turn(merchant=row.id, act="agree", version=row.version, by=clerk, now=now, **days)
    return actions.turn(merchant=row.id, act="activate", version=row.version, by=clerk, now=now)


def make_fair(scene: Scene, now: datetime) -> Fair:
    """Inside the county's scope."""
    hair = taking_part(scene, HAIR, scene.merchant, now)
    actions.name_assistant(merchant=hair.id, phone=scene.phones["rider"], by=scene.merchant, now=now)
    budget(scene, 1000, now)
    give_points(scene, "resident", 20, now)
    fair = Fair(scene, now, hair)
    fair.grant("other_resident")
    return fair


def family(scene: Scene, now: datetime, *names: str) -> None:
    """These personas live together."""
    by = system(COUNTY, "test")
    home = people.add_household(label="2单元301", by=by, now=now)
    for name in names:
        people.move_in(household=home.pk, person=scene.persons[name].id, by=by, now=now)
