"""A history that several processes live at once: every step has its key, so whoever comes second finds it done."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final
from uuid import UUID

from mulin.ground.points import actions, queries
from mulin.ground.points.models import Hold, Transfer
from mulin.kernel.actor import system
from mulin.kernel.county import county_scope
from mulin.kernel.errors import Refused
from tests.personas import COUNTY
from tests.points.conftest import PLACE

DEEDS: Final = (
    "earn",
    "earn",
    "earn",
    "give",
    "give",
    "hold",
    "post",
    "void",
    "reverse",
    "close",
    "open",
    "lapse",
)
Step = tuple[str, str, int, int, int, int]
"""(deed, key, whose, to whom, points, which earlier step it speaks of)."""


def script(seed: int, *, length: int, owners: int) -> list[Step]:
    """So many steps between so many owners, the same for the same seed."""
    chance = Random(seed)
    return [
        (
            chance.choice(DEEDS),
            f"step {seed} {place}",
            chance.randrange(owners),
            chance.randrange(owners),
            chance.randint(1, 12),
            chance.randrange(max(1, place)),
        )
        for place in range(length)
    ]


class Life:
    """One process: its steps, what it was refused."""

    def __init__(self, *, owners: Sequence[queries.Owner], confirmer: UUID, now: datetime) -> None:
        self.owners, self.confirmer, self.now = owners, confirmer, now
        self.by = system(COUNTY, "test")

    def step(self, steps: Sequence[Step], place: int) -> Any:
        """Do one of them; what it gave. Raises Refused."""
        deed, key, whose, to, points, earlier = steps[place]
        owner, now = self.owners[whose], self.now
        told: dict[str, Any] = {"by": self.by, "now": now}
        before = steps[earlier][1]
        if deed == "earn":
            return actions.earn(
                **told, **{owner.kind: owner.id}, rule_code="help", key=key, done_on=now.date(), story="帮忙",
                subject=("aid_act", UUID(int=1)), community_path=PLACE, confirmed_by=self.confirmer,
            )  # fmt: skip
        if deed == "give":
            return actions.give(**told, owner=owner, to=self.owners[to], amount=points, key=key)
        if deed == "hold":
            until = now + timedelta(days=40)
            return actions.hold(
                **told, owner=owner, amount=points, key=key, expires_at=until, story="", subject=("order", UUID(int=2))
            ).id  # fmt: skip
        if deed in ("post", "void"):
            held = Hold.objects.filter(key=before).first() or Hold.objects.order_by("id").first()
            if held is None:
                return None
            more: dict[str, Any] = {"key": f"post {held.id}"} if deed == "post" else {}
            return getattr(actions, deed)(**told, hold=held.id, **more)
        if deed == "reverse":
            made = Transfer.objects.filter(key=before).first()
            return actions.reverse(**told, transfer=made.id, why="更正", key=key) if made else None
        if deed == "close":
            other = self.owners[to] if to % 2 else None
            return actions.close(**told, owner=owner, to=other, key=key)
        if deed == "open":
            return actions.issue(**told, owner=owner, path=PLACE).id
        late = now + timedelta(days=points * 30)
        return [act(now=late) for act in (actions.warn_due, actions.expire_due, actions.end_holds)]


def live(
    *, steps: list[list[Any]], begin: int, owners: list[list[str]], confirmer: str, now: str
) -> dict[str, int]:
    """Every step once, from ``begin`` on and round: how many were done, how many refused. Anything else ends the process."""
    told = [queries.Owner(kind, UUID(key)) for kind, key in owners]
    life = Life(owners=told, confirmer=UUID(confirmer), now=datetime.fromisoformat(now))
    said, plain = {"done": 0, "refused": 0}, [(*one,) for one in steps]
    with county_scope(COUNTY):
        for place in range(len(plain)):
            try:
                life.step(plain, (begin + place) % len(plain))
                said["done"] += 1
            except Refused:
                said["refused"] += 1
    return said
