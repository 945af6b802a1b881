"""A round of 双虹社区 that the street decides: who is proposed in it, and how it goes on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from mulin.services.exchange.actions import honour_decisions as decisions
from mulin.services.exchange.actions import honour_notice as notice
from mulin.services.exchange.actions import honours as actions
from mulin.services.exchange.models import Commendation, Nomination, Objection
from mulin.services.exchange.queries import honour_desk as desk
from tests.exchange.scenes import PLACE, budget, fresh, give_points
from tests.personas import Scene

DAY = timedelta(days=1)


def told(now: datetime, **more: Any) -> actions.RoundTold:
    """Two seats, nominations from today for five days, acts of a year counted."""
    today = now.date()
    said: dict[str, Any] = {
        "title": "好邻居", "basis": "热心帮邻居", "path": PLACE, "seats": 1, "office": "street_clerk",
        "committee": "双虹社区评议小组", "nominate_from": today, "nominate_until": today + 5 * DAY,
        "notice_days": 7, "notice_clock": "elapsed", "counts": [], "counted_from": today - 200 * DAY,
        "counted_until": today,
    }  # fmt: skip
    return actions.RoundTold(**(said | more))


@dataclass
class Race:
    """The round, and ways to move it."""

    scene: Scene
    now: datetime
    row: Commendation

    def propose(self, whom: str, *, by: str = "rider", agreed: bool = True, **more: Any) -> Nomination:
        """A persona is proposed by another one, and agrees."""
        said: dict[str, Any] = {
            "kind": "person",
            "who": self.scene.phones.get(whom, whom),
            "why": "常帮邻居买菜",
        }
        one = actions.nominate(
            round=self.row.id, told=actions.Proposal(**(said | more)), by=self.scene.actors[by], now=self.now
        )
        assert one is not None
        if agreed and one.state == "asked":
            who = self.scene.actors.get(whom, self.scene.admin)
            one = actions.consent(nomination=one.id, shown="full", story_ok=True, by=who, now=self.now)
        return one

    def close(self) -> datetime:
        """Nominations are over; the moment after."""
        at = self.now + 6 * DAY
        notice.act_on_honours(now=at)
        self.row = fresh(self.row)
        return at

    def decide(
        self, picks: dict[UUID, str], *, by: str = "street_clerk", at: datetime | None = None
    ) -> Commendation:
        """The office decides, with a reason for each."""
        found = desk.snapshot_of(self.row)
        assert found is not None
        choices = {key: decisions.Choice(pick, "大家都说好", "帮邻居买菜") for key, pick in picks.items()}
        self.row = decisions.decide(
            round=self.row.id,
            choices=choices,
            seen=found.id,
            by=self.scene.actors[by],
            now=at or self.now + 6 * DAY,
        )
        return self.row

    def chosen(self, who: str = "resident", **more: Any) -> tuple[Nomination, datetime]:
        """A persona stands alone and is chosen; the moment of the decision."""
        one = self.propose(who, **more)
        at = self.close()
        self.decide({one.id: "chosen"}, at=at)
        return fresh(one), at

    def object_to(self, one: Nomination, at: datetime, *, by: str = "other_resident") -> Objection:
        """A persona objects."""
        return notice.object_to(nomination=one.id, said="他没有来", by=self.scene.actors[by], now=at)

    def answer(self, said: Objection, at: datetime, *, upheld: bool, by: str = "county_clerk") -> Objection:
        """A persona answers it."""
        return notice.answer(
            objection=said.id, upheld=upheld, words_="问过了", by=self.scene.actors[by], now=at
        )


def make_race(scene: Scene, now: datetime, **more: Any) -> Race:
    """A round that is open for nominations, held by the community's clerk."""
    return Race(scene, now, actions.hold(told=told(now, **more), by=scene.community_clerk, now=now))


def helped(scene: Scene, who: str, times: int, now: datetime) -> str:
    """So many acts of a persona under a rule; the code by which a round counts it."""
    for _time in range(times):
        give_points(scene, who, 5, now)
    return "rule:help_5_24"


def fund(scene: Scene, now: datetime) -> None:
    """Points enough for all that is done."""
    budget(scene, 1000, now)


def make_rounds(scene: Scene, now: datetime) -> dict[str, Any]:
    """A round in each of its states, with what is known by name in the policy of addresses."""
    clerk = {"office": "community_clerk", "counts": ["orders:help"]}
    past = make_race(scene, now - 60 * DAY, **clerk)
    own = past.propose("resident")
    past.decide({own.id: "chosen"}, by="community_clerk", at=past.close())
    notice.act_on_honours(now=now - 40 * DAY)
    noticed = make_race(scene, now - 9 * DAY, **clerk)
    other = noticed.propose("other_resident")
    noticed.decide({other.id: "chosen"}, by="community_clerk", at=noticed.close())
    ripe = make_race(scene, now - 8 * DAY, **clerk)
    ripe.propose("other_resident")
    ripe.close()
    race = make_race(scene, now)
    return {
        "awarded": own.id,
        "counted": own.lines.get().id,
        "noticed": other.id,
        "objected": noticed.object_to(fresh(other), now - DAY, by="merchant").id,
        "ripe": ripe.row.id,
        "commended": race.row.id,
        "proposed": race.propose("resident", agreed=False).id,
    }
