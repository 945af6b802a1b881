"""A small bank: two neighbours, a household, a budget, a rule."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from mulin.ground.points import actions
from mulin.ground.points.models import Account
from mulin.ground.points.queries import Owner, household, person
from mulin.kernel.actor import Actor, system
from mulin.kernel.ids import uuid7
from tests.personas import COUNTY, Scene

PLACE = "/001/003/"


@dataclass
class Bank:
    """Two persons' passbooks with a rule worth 10 points and a budget of 1,000."""

    scene: Scene
    now: datetime
    one: Owner
    other: Owner

    @property
    def by(self) -> Actor:
        return system(COUNTY, "test")

    def earn(self, owner: Owner, key: str = "", **told: Any) -> actions.Earned:
        told = {"rule_code": "help", "done_on": self.now.date(), "now": self.now} | told
        return actions.earn(
            by=self.by,
            key=key or str(uuid7()),
            subject=("aid_act", UUID(int=7)),
            story=told.pop("story", "代取快递"),
            community_path=PLACE,
            confirmed_by=told.pop("confirmed_by", self.scene.persons["community_clerk"].id),
            **{owner.kind: owner.id},
            **told,
        )

    def hold(self, owner: Owner, amount: int, key: str = "", **told: Any) -> Any:
        now = told.pop("now", self.now)
        until = told.pop("expires_at", now + timedelta(days=3))
        return actions.hold(
            by=self.by,
            now=now,
            owner=owner,
            amount=amount,
            key=key or str(uuid7()),
            expires_at=until,
            subject=("order", UUID(int=9)),
            story="洗衣液一瓶",
            **told,
        )


def make_bank(scene: Scene, now: datetime, budget: int = 1000, **rule: Any) -> Bank:
    """The bank, inside the county's scope."""
    bank = Bank(scene, now, person(scene.persons["resident"].id), person(scene.persons["other_resident"].id))
    told = {"name": "邻里互助", "points": 10, "effective_on": now.date(), "months": 6} | rule
    actions.publish_rule(by=bank.by, now=now, code="help", **told)
    for owner in (bank.one, bank.other):
        actions.issue(by=bank.by, now=now, owner=owner, path=PLACE)
    division = scene.places["community"].id
    actions.grant_budget(
        by=bank.by, now=now, path=PLACE, division=division, amount=budget, note="年度", key="budget"
    )
    return bank


@pytest.fixture(autouse=True)
def heads(settings: Any, tmp_path: Path) -> None:
    """The heads of the chain lie in a folder of the test's own."""
    settings.HEADS_ROOT = tmp_path / "heads"


@pytest.fixture
def bank(county: Scene, now: datetime) -> Bank:
    return make_bank(county, now)


def family(scene: Scene, now: datetime, *names: str) -> Owner:
    """The household in which these personas live."""
    from mulin.ground.people import actions as people

    home = people.add_household(label="2单元301", by=system(COUNTY, "test"), now=now)
    for name in names:
        people.move_in(household=home.pk, person=scene.persons[name].id, by=system(COUNTY, "test"), now=now)
    return household(home.pk)


def issued() -> int:
    """Points that exist: all budgets ever, less what is still in them."""
    return sum(Account.objects.exclude(kind__in=["issuer", "opening"]).values_list("balance", flat=True))
