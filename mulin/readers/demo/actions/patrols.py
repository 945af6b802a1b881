"""Playing the patrols: plans made, every day of a month walked, found, explained or passed over through the real actions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID

from mulin.ground.people import queries as people
from mulin.kernel.actor import Actor
from mulin.kernel.clock import day_start, local_day
from mulin.readers.demo.actions.people import Folk
from mulin.readers.demo.actions.places import Map
from mulin.readers.demo.rules import outlines, places
from mulin.readers.demo.rules import patrols as table
from mulin.readers.demo.rules import people as names
from mulin.services.patrols import actions, queries

Event = tuple[datetime, Callable[[], None]]


def events(*, laid: Map, folk: Folk, seed: int, by: Actor, now: datetime) -> list[Event]:
    """What happens about patrols and when, oldest first, to be played among the steps of the cases."""
    troupe = _Troupe(laid, folk, seed, by, now)
    found: list[Event] = [(table.begins(now), troupe.plan)]
    for day in table.days(now):
        found += [(at, troupe.tick(at)) for at in _passes(day_start(day)) if table.begins(now) < at <= now]
    found += [(walk.at, troupe.walk(walk)) for walk in table.walks(seed=seed, now=now)]
    return sorted([*found, (now, troupe.tick(now))], key=lambda event: event[0])


def _passes(midnight: datetime) -> Iterator[datetime]:
    """When the example's ``tick`` goes round: at night, and after each of the windows."""
    for hour in (time(0, 5), time(11, 45), time(18, 15), time(21, 15)):
        yield midnight + timedelta(hours=hour.hour, minutes=hour.minute)


class _Troupe:
    """The plans being played, and who acts in them."""

    def __init__(self, laid: Map, folk: Folk, seed: int, by: Actor, now: datetime) -> None:
        self.laid, self.folk, self.by, self.now = laid, folk, by, now
        self.rng = Random(f"patrol-keys-{seed}")  # noqa: S311 a story, not a secret
        blocks = [code for code, count in places.grid_counts() for _grid in range(count)]
        self.home = blocks.index(names.HOME_COMMUNITY)
        self.clerk = folk.door[names.COMMUNITY_CLERK]
        self.officer = folk.door[names.DEPARTMENT_OFFICER]
        self.routes = {route.name: route for route in table.ROUTES}
        self.plans: dict[str, UUID] = {}

    # ── plans ─────────────────────────────────────────────────────────────────────────────────────────────
    def plan(self) -> None:
        """Every route is planned, and all but the drafts are in use."""
        at = table.begins(self.now)
        for route in table.ROUTES:
            planner = self.officer if route.walker == "unit" else self.clerk
            row = actions.add_plan(told=self._told(route, at), by=planner, now=at)
            self.plans[route.name] = row.id
            if not route.draft:
                actions.activate(plan=row.id, version=None, by=planner, now=at)

    def _told(self, route: table.Route, at: datetime) -> Any:
        cadence = "weekdays" if route.weekdays else "every" if route.every_days else "monthly"
        rhythm = actions.Rhythm(
            cadence=cadence,
            starts_on=local_day(at),
            weekdays=route.weekdays,
            every_days=route.every_days,
            month_days=route.month_days,
            rest_days=route.rest_days,
        )
        return actions.Told(
            name=route.name,
            walker=route.walker,
            rhythm=rhythm,
            opens=route.opens,
            closes=route.closes,
            grids=tuple(self.laid.grids[self.home + number].id for number in route.grids),
            divisions=self._divisions(route),
            unit=self._team(route.team) if route.team else None,
            persons=tuple(one.person for one in self._named() if one.person),
            spots=route.spots,
            checklist=route.checklist,
        )

    def _divisions(self, route: table.Route) -> tuple[UUID, ...]:
        if route.compound:
            return (self.laid.compounds[route.compound].id,)
        return () if route.grids else (self.laid.community(names.HOME_COMMUNITY).id,)

    def _named(self) -> list[Actor]:
        return [self.folk.workers[self.home], self.clerk]

    def _team(self, name: str) -> UUID:
        found: UUID = people.organisations(named=name).get().id
        return found

    # ── days ──────────────────────────────────────────────────────────────────────────────────────────────
    def tick(self, at: datetime) -> Callable[[], None]:
        """One pass of what ``tick`` does about patrols."""

        def act() -> None:
            actions.arrange_due(now=at)
            actions.tell_due(now=at)
            actions.ask_due(now=at)

        return act

    def walk(self, walk: table.Walk) -> Callable[[], None]:
        """One outcome; nothing where that place is not due on that day."""

        def act() -> None:
            route = self.routes[walk.route]
            who = self.officer if route.walker == "unit" else self.folk.workers[self.home + walk.number]
            task = self._task(who, walk)
            if task is not None:
                self._play(route, walk, who, task)

        return act

    def _task(self, who: Actor, walk: table.Walk) -> UUID | None:
        own = queries.own(who).filter(plan=self.plans[walk.route], day=walk.day, state="planned")
        found: UUID | None = own.values_list("id", flat=True).first()
        return found

    def _play(self, route: table.Route, walk: table.Walk, who: Actor, task: UUID) -> None:
        if walk.outcome == "silent":
            return
        if walk.outcome == "missed":
            reason, words = table.REASONS[walk.pick % len(table.REASONS)]
            actions.miss(task=task, reason=reason, words=words, by=who, now=walk.at)
            return
        if walk.outcome == "fixed" and route is table.YARDS:
            self._fix(walk, who, task)
        elif route is table.STALLS and (age := (local_day(self.now) - walk.day).days) < len(table.OPEN_FINDS):
            self._report(walk, who, task, *table.OPEN_FINDS[age])
        answers = dict.fromkeys(range(len(route.checklist)), "ok") if walk.pick % 3 == 0 else {}
        actions.finish(task=task, answers=answers, by=who, now=walk.at)

    def _fix(self, walk: table.Walk, who: Actor, task: UUID) -> None:
        text, result, note = table.FINDS[walk.pick % len(table.FINDS)]
        compound = next(
            one
            for one in places.COMPOUNDS
            if (one.community, one.grid) == (names.HOME_COMMUNITY, walk.number + 1)
        )
        actions.find(
            task=task,
            client_id=self._key(),
            text=f"{compound.name}{text}",
            fixed=True,
            result=result,
            note=note,
            place=self.laid.compounds[compound.name].id,
            by=who,
            now=walk.at,
        )

    def _report(self, walk: table.Walk, who: Actor, task: UUID, text: str, spot: str) -> None:
        cell, u, v = outlines.walk()[self.home], self.rng.uniform(0.2, 0.8), self.rng.uniform(0.2, 0.8)
        lon, lat = self.laid.blocks.inside(*cell, u, v)
        actions.find(
            task=task, client_id=self._key(), text=text, note=spot, place_text=spot,
            lon=lon, lat=lat, accuracy=12.0, by=who, now=walk.at,
        )  # fmt: skip

    def _key(self) -> UUID:
        return UUID(int=self.rng.getrandbits(128), version=4)
