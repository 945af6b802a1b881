"""Playing commendations: proposed, agreed to, decided by the community, in their notice, objected to, awarded."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from mulin.kernel.actor import Actor
from mulin.kernel.clock import day_start, local_day
from mulin.readers.demo.actions.people import Folk
from mulin.readers.demo.actions.places import Map
from mulin.readers.demo.rules import exchange as shops
from mulin.readers.demo.rules import honours as table
from mulin.readers.demo.rules import people as names
from mulin.readers.demo.rules.moments import awake
from mulin.services.exchange.actions import honour_amending as amending
from mulin.services.exchange.actions import honour_decisions as decisions
from mulin.services.exchange.actions import honour_notice as notice
from mulin.services.exchange.actions import honours as actions
from mulin.services.exchange.queries import honour_desk as read
from mulin.services.exchange.queries.honours import to_choose

YEAR = timedelta(days=365)


def hold_rounds(*, laid: Map, folk: Folk, now: datetime) -> None:
    """Three rounds of the home community, in the order in which they were held, by the real actions."""
    stage = _Stage(laid, folk, now)
    stage.awarded()
    stage.in_notice()
    stage.open_now()


class _Stage:
    """Who proposes whom, at which hour of which day."""

    def __init__(self, laid: Map, folk: Folk, now: datetime) -> None:
        self.path, self.now, self.folk = laid.community(names.HOME_COMMUNITY).path, now, folk
        self.clerk = folk.door[names.COMMUNITY_CLERK]
        self.resident, self.elder = folk.door[names.RESIDENT], folk.door[names.ELDER]

    def at(self, days: int, hour: int) -> datetime:
        """An hour of a day so many days ago."""
        return day_start(local_day(self.now - timedelta(days=days))) + timedelta(hours=hour)

    def hold(self, told: table.Round) -> UUID:
        """A round, held by the community's clerk."""
        at = self.at(told.held, 9)
        first = local_day(at)
        row = actions.hold(
            told=actions.RoundTold(
                title=told.title, basis=told.basis, path=self.path, seats=told.seats, office="community_clerk",
                committee=table.COMMITTEE, nominate_from=first, nominate_until=local_day(self.at(told.until, 9)),
                notice_days=7, notice_clock="working", counts=told.counts, counted_from=first - YEAR,
                counted_until=first,
            ),
            by=self.clerk,
            now=at,
        )  # fmt: skip
        return row.id

    def amend(self, row: UUID, at: datetime) -> None:
        """The criteria are made clearer, and there is a week more to propose somebody."""
        held = read.round_overseen(self.clerk, row)
        told = replace(
            amending.as_it_is(row=held),
            basis=held.basis + table.CLEARER,
            nominate_until=held.nominate_until + timedelta(days=7),
        )
        amending.amend(round=row, told=told, why=table.AMENDED, seen=held.version, by=self.clerk, now=at)

    def propose(self, row: UUID, whom: Actor, by: Actor, at: datetime, number: int) -> UUID:
        """Somebody is proposed by a neighbour."""
        why, evidence = table.WHY[number % len(table.WHY)]
        told = actions.Proposal(kind="person", who=self.phone(whom), why=why, evidence=evidence)
        return self.proposed(row, told, by, at)

    def proposed(self, row: UUID, told: actions.Proposal, by: Actor, at: datetime) -> UUID:
        """What becomes of a proposal."""
        made = actions.nominate(round=row, told=told, by=by, now=at)
        if made is None:
            raise ValueError("nobody")
        return made.id

    def phone(self, whom: Actor) -> str:
        """His telephone number."""
        if whom.person is None:
            raise ValueError("nobody")
        return self.folk.phones[whom.person][1]

    def agree(self, one: UUID, by: Actor, at: datetime, shown: str = "full") -> None:
        """He agrees to stand."""
        actions.consent(nomination=one, shown=shown, story_ok=True, by=by, now=at)

    def decide(
        self, row: UUID, days: int, firsts: list[UUID], evens: list[UUID], *, by: Actor | None = None
    ) -> None:
        """The community decides, or whoever does in its stead: some outright, the others as equals where what was counted
        tells them apart."""
        round_ = read.round_overseen(self.clerk, row)
        found = read.snapshot_of(round_)
        if found is None:
            raise ValueError("nominations are not over")
        counted = read.priority(found)
        if len({counted[one] for one in evens}) < len(evens):
            firsts, evens = [*firsts, *evens][: round_.seats], []
        choices = {}
        for number, one in enumerate(to_choose(round_)):
            pick = "chosen" if one.id in firsts else "equal" if one.id in evens else "passed"
            reason = table.REASONS[("chosen", "equal", "passed").index(pick)]
            choices[one.id] = decisions.Choice(pick, reason, table.STORIES[number % len(table.STORIES)])
        decisions.decide(
            round=row, choices=choices, seen=found.id, by=by or self.clerk, now=self.at(days, 15)
        )

    def awarded(self) -> None:
        told, neighbours = table.AWARDED, self.folk.residents
        row = self.hold(told)
        early, later = self.at(told.held - 2, 10), self.at(told.held - 3, 19)
        first = self.propose(row, self.resident, neighbours[0], early, 0)
        self.agree(first, self.resident, later)
        second = self.propose(row, self.elder, neighbours[1], early + timedelta(hours=3), 1)
        self.agree(second, self.elder, later, "masked")
        third = self.propose(row, neighbours[2], self.resident, early + timedelta(hours=5), 3)
        self.agree(third, self.folk.door[names.STREET_CLERK], later)
        actions.second(nomination=first, by=neighbours[3], now=later)
        notice.act_on_honours(now=self.at(told.until - 1, 1))
        self.decide(row, told.decided, [first], [second, third])
        notice.act_on_honours(now=self.at(told.decided - 14, 1))

    def in_notice(self) -> None:
        """The clerk proposed one himself, so that the street decides."""
        told, neighbours = table.NOTICED, self.folk.residents
        row = self.hold(told)
        early, later = self.at(told.held - 2, 11), self.at(told.held - 4, 18)
        first = self.propose(row, neighbours[4], self.elder, early, 2)
        second = self.propose(row, neighbours[5], self.clerk, early + timedelta(hours=1), 1)
        for one in (first, second):
            self.agree(one, self.folk.door[names.STREET_CLERK], later)
        unnamed = self.propose(row, neighbours[8], self.elder, early + timedelta(hours=2), 0)
        self.agree(unnamed, self.folk.door[names.STREET_CLERK], later, "hidden")
        notice.act_on_honours(now=self.at(told.until - 1, 1))
        street = self.folk.door[names.STREET_CLERK]
        self.decide(row, told.decided, [first, unnamed], [], by=street)
        notice.object_to(
            nomination=first, said=table.OBJECTED, by=self.resident, now=awake(self.now - timedelta(hours=20))
        )

    def open_now(self) -> None:
        told, neighbours = table.OPEN, self.folk.residents
        row = self.hold(told)
        early = self.at(told.held - 1, 10)
        shop = actions.Proposal(kind="merchant", who=shops.MERCHANTS[0][0], why=table.MERCHANT_WHY)
        hair = self.proposed(row, shop, self.elder, early)
        self.agree(hair, self.folk.door[names.MERCHANT], early + timedelta(hours=1))
        one = self.propose(row, self.elder, neighbours[6], early + timedelta(hours=2), 0)
        self.agree(one, self.elder, early + timedelta(hours=9), "masked")
        self.propose(row, self.resident, neighbours[7], self.at(1, 9), 3)
        self.amend(row, self.at(1, 15))
