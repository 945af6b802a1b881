"""Playing help between neighbours and wishes: asked, reviewed, claimed, served, confirmed through the real actions."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from random import Random
from uuid import UUID

from mulin.ground.orders import actions as orders
from mulin.ground.orders import queries as orders_read
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.readers.demo.actions.patrols import Event
from mulin.readers.demo.actions.people import Folk
from mulin.readers.demo.actions.places import Map
from mulin.readers.demo.rules import people as table
from mulin.readers.demo.rules.aid import Story, of_a_unit, stories, without_a_book
from mulin.services.mutual_aid import actions as mutual_aid

DOOR_SHARE = 0.25
"""The share of asks of the two residents at the door, who confirm by themselves; clerks confirm for the others."""


def aid_events(*, laid: Map, folk: Folk, seed: int, scale: float, now: datetime) -> list[Event]:
    """Who helps whom and when, to be played among the steps of the cases."""
    rng = Random(f"aid-cast-{seed}")  # noqa: S311 a story, not a secret
    told = stories(seed=seed, scale=scale, now=now)
    plays = [_Play(one, laid, folk, rng) for one in told]
    shopkeeper, caretaker = folk.door[table.MERCHANT], folk.door[table.PROPERTY_CLERK]
    plays.append(_Play(without_a_book(now), laid, folk, rng, giver=shopkeeper))
    unit = caretaker.units("property_clerk")[0]
    plays.append(_Play(of_a_unit(now), laid, folk, rng, giver=caretaker, unit=unit))
    first = told[0].at[0]
    found: list[Event] = [(first - timedelta(hours=2), partial(_willing, laid, folk, first))]
    for play in plays:
        found += play.events()
    return sorted(found, key=lambda one: one[0])


def _willing(laid: Map, folk: Folk, now: datetime) -> None:
    """Neighbours tick what they are willing to do, wishes too; one of them is checked for looking after children."""
    now -= timedelta(hours=2)
    homes = sorted(laid.compounds)
    kinds = (
        "help.parcel",
        "help.phone",
        "help.errand",
        "help.lift",
        "help.appliance",
        "wish.thing",
        "wish.company",
    )
    for number, person in enumerate(folk.residents):
        place = laid.compounds[homes[number % len(homes)]].id
        ticked = [kind for at, kind in enumerate(kinds) if (number + at) % 2 == 0]
        ticked += ["help.minding"] if number == 0 else []
        orders.set_help(kinds=ticked, place=place, by=person, now=now)
    checked = folk.residents[0].person
    assert checked is not None, "neighbours are persons"
    mutual_aid.check(
        phone=folk.phones[checked][1], kind="child_care", evidence="qualification",
        valid_until=local_day(now) + timedelta(days=300), by=folk.county_clerk, now=now,
    )  # fmt: skip


class _Play:
    """One ask being played."""

    def __init__(
        self,
        story: Story,
        laid: Map,
        folk: Folk,
        rng: Random,
        giver: Actor | None = None,
        unit: UUID | None = None,
    ) -> None:
        self.story, self.rng = story, rng
        door = [folk.door[table.RESIDENT], folk.door[table.ELDER]]
        self.asker: Actor = rng.choice(door if rng.random() < DOOR_SHARE else folk.residents)
        self.place = laid.compounds[rng.choice(sorted(laid.compounds))]
        checked = folk.residents[0]
        guarded = orders_read.kind_of(story.kind).vetted
        if guarded and self.asker == checked:
            self.asker = folk.residents[1]
        others = [one for one in (*folk.residents, *folk.riders) if one != self.asker]
        self.giver = giver or (checked if guarded else rng.choice(others))
        self.unit = unit
        clerks = [one for one in folk.clerks.values() if one.covers(self.place.path, "community_clerk")]
        self.clerk = clerks[0] if clerks else folk.county_clerk
        self.key = UUID(int=rng.getrandbits(128), version=4)
        self.door_words = (
            f"{rng.randint(1, 12)}号楼{rng.randint(1, 4)}单元{rng.randint(1, 6)}0{rng.randint(1, 2)}"
        )
        self.order: UUID | None = None
        self.claim: UUID | None = None

    def events(self) -> list[Event]:
        """The ask and as many of its steps as have happened by now."""
        steps = (self._ask, self._review, self._claim, self._serve, self._confirm)
        found: list[Event] = [(at, partial(step, at)) for step, at in zip(steps, self.story.at, strict=False)]
        if self.story.ends == "open" and not self.story.hall:  # nobody answered yet: it is asked once more
            asked, reviewed = self.story.at
            at = asked + (reviewed - asked) / 2
            found.append((at, partial(self._again, at)))
        return found

    def _ask(self, now: datetime) -> None:
        row = orders.ask(
            kind=self.story.kind, client_id=self.key, place=self.place.id, words=self.story.words, door=self.door_words,
            phone_ok=self.rng.random() < 0.5, by=self.asker, now=now,
        )  # fmt: skip
        self.order = row.pk

    def _again(self, now: datetime) -> None:
        key = UUID(int=self.rng.getrandbits(128), version=4)
        words = f"{self.story.words}（再提一次）"
        orders.ask(
            kind=self.story.kind, client_id=key, place=self.place.id, words=words, by=self.asker, now=now
        )

    def _review(self, now: datetime) -> None:
        assert self.order is not None
        orders.approve(order=self.order, public=True, public_words=self.story.hall, by=self.clerk, now=now)

    def _claim(self, now: datetime) -> None:
        assert self.order is not None
        self.claim = orders.claim(order=self.order, by=self.giver, now=now, unit=self.unit).pk

    def _serve(self, now: datetime) -> None:
        assert self.order is not None and self.claim is not None
        orders.serve(order=self.order, claim=self.claim, by=self.giver, now=now)

    def _confirm(self, now: datetime) -> None:
        assert self.order is not None and self.claim is not None
        by = self.asker if self.asker.account is not None else self.clerk
        orders.confirm(order=self.order, claim=self.claim, by=by, now=now)
        if self.story.score:
            orders.rate(
                order=self.order, claim=self.claim, score=self.story.score, thanks=self.story.thanks,
                thanks_ok=self.rng.random() < 0.5, by=by,
                now=now + timedelta(minutes=1),
            )  # fmt: skip
