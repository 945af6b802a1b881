"""Playing the plans: every step of every case through the real actions, in the order of their moments."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import SimpleUploadedFile

from mulin.kernel.actor import Actor, visitor
from mulin.readers.demo.actions import hotline
from mulin.readers.demo.actions.people import Folk
from mulin.readers.demo.actions.places import Map
from mulin.readers.demo.rules import people as table
from mulin.readers.demo.rules import places
from mulin.readers.demo.rules.pictures import photo
from mulin.readers.demo.rules.stories import Plan, Step
from mulin.services.cases import actions as cases
from mulin.services.catalogue import queries as catalogue

TOLD_EVERY = 20
Meanwhile = tuple[datetime, int, Callable[["Played"], None]]
"""When, to the case of which plan, and what."""


def play(
    *,
    plans: Sequence[Plan],
    laid: Map,
    folk: Folk,
    seed: int,
    progress: Callable[[int, int], None],
    beside: Sequence[tuple[datetime, Callable[[], None]]] = (),
    meanwhile: Sequence[Meanwhile] = (),
) -> None:
    """Every step of every plan, oldest first, as the trail of a real county would have it.

    ``beside``: what else happens and when; ``meanwhile``: what else happens to a case: played among the steps.
    """
    troupe = {plan.serial: Played(plan, laid, folk, seed) for plan in plans}
    to_cases: list[tuple[datetime, Callable[[], None]]] = [
        (at, partial(act, troupe[serial])) for at, serial, act in meanwhile
    ]
    others = deque(sorted([*beside, *to_cases], key=lambda one: one[0]))
    cast = {case.plan.key: case for case in troupe.values() if case.plan.key}
    for case in troupe.values():
        case.cast = cast
    order = sorted((step.at, plan.serial, place) for plan in plans for place, step in enumerate(plan.steps))
    for done, (moment, serial, place) in enumerate(order):
        if done % TOLD_EVERY == 0:
            progress(done, len(order))
        while others and others[0][0] <= moment:
            others.popleft()[1]()
        case = troupe[serial]
        case.act(case.plan.steps[place])
    for _at, act in others:
        act()
    progress(len(order), len(order))


class Played:
    """One case being played: who acts in it, and where it has got to."""

    def __init__(self, plan: Plan, laid: Map, folk: Folk, seed: int) -> None:
        self.plan, self.laid, self.folk = plan, laid, folk
        self.rng = Random(f"case-{seed}-{plan.serial}")  # noqa: S311 a story, not a secret
        block = plan.spot.block
        community = _COMMUNITIES[block] if block is not None else ""
        desk = folk.towns[plan.spot.words] if plan.spot.town else folk.county_clerk
        self.worker = folk.workers[block] if block is not None else desk
        self.clerk = folk.clerks[community] if community else desk
        self.closer = self.clerk if self.clerk != self.worker else folk.second_clerk
        self.person = self._person()
        self.contact = self._contact() if plan.source in ("resident", "rider", "staff") else {}
        self.case: Any = None
        self.cast: dict[str, Played] = {}
        self.receipt = ""

    def act(self, step: Step) -> None:
        """Take one step through its action."""
        own = step.who and step.act != "inform"
        (self._turn if own else getattr(self, f"_{step.act}"))(step)

    # ── a long way ────────────────────────────────────────────────────────────────────────────────────────
    def _turn(self, step: Step) -> None:
        """Somebody's act with its own words."""
        if step.who == "hotline":
            self.case = _HOTLINE[step.act](plan=self.plan, step=step, by=self.folk.hotline)
            return
        told = self._told(step)
        if step.act == "check":
            if self.case.sampled:
                self._do(cases.check_pass, self.closer, step.at, note="路过看了，和写的一样。")
            return
        act = getattr(cases, step.act)
        if step.who == "reporter":
            by = self.person or visitor(places.COUNTY)
            named = step.act in ("answer", "urge")
            more = {"case": self.case.id, "version": None} if named else {}
            self.case = act(receipt=self.receipt, by=by, now=step.at, **more, **told)
            return
        if step.act == "dispose":
            told["photos"] = self._photos(repaired=True)
        self._do(act, self._somebody(step.who), step.at, **told)

    def _somebody(self, who: str) -> Actor:
        """Whoever goes by that name in a script."""
        folk = self.folk
        named = {
            "worker": self.worker,
            "clerk": self.clerk,
            "street": folk.door[table.STREET_CLERK],
            "county": folk.county_clerk,
            "second": folk.second_clerk,
            "leader": folk.door[table.LEADER],
            "property": folk.door[table.PROPERTY_CLERK],
        }
        return named.get(who) or folk.officers[who]

    def _told(self, step: Step) -> dict[str, Any]:
        """The act's arguments: names have become ids, hours a moment."""
        told = dict(step.told)
        if "unit" in told:
            told["unit"] = self.folk.units[told["unit"]]
        if "assists" in told:
            told["assists"] = [self.folk.units[name] for name in told["assists"]]
        if "into" in told:
            told["number"] = self.cast[told.pop("into")].case.number
        if "matter" in told:
            version = catalogue.current_by_code(told["matter"])
            told["matter"] = version.matter_type_id if version is not None else None
        for name in ("until", "due_at"):
            if name in told:
                told[name] = step.at + timedelta(hours=told[name])
        return told

    # ── who ───────────────────────────────────────────────────────────────────────────────────────────────
    def _person(self) -> Actor | None:
        """The neighbour whose matter it is; None for somebody who did not sign in."""
        by = self.plan.by
        if by in self.folk.door:
            return self.folk.door[by]
        among = self.folk.riders if by == "rider" else self.folk.residents
        return self.rng.choice(among) if by else None

    def _contact(self) -> dict[str, Any]:
        """Name and number as typed: of the person, or of somebody unknown; some leave none."""
        if self.person is not None and self.person.person is not None:
            name, phone = self.folk.phones[self.person.person]
            return {"name": name, "phone": phone}
        if self.rng.random() < 0.2:
            return {}
        surname = self.rng.choice(table.SURNAMES)
        name = surname + self.rng.choice(["女士", "先生"])
        return {"name": name, "phone": f"1990000{self.rng.randrange(5000, 10000)}"}

    # ── what ──────────────────────────────────────────────────────────────────────────────────────────────
    def _photos(self, *, repaired: bool) -> list[SimpleUploadedFile]:
        if not self.plan.photo or (self.plan.picture == "paper" and not repaired):
            return []
        content = photo(self.plan.picture, repaired=repaired, seed=f"{self.plan.serial}-{self.plan.title}")
        return [SimpleUploadedFile("photo.jpg", content, content_type="image/jpeg")]

    def _town(self) -> Any:
        return next(row for row in self.laid.divisions.values() if row.name == self.plan.spot.words)

    def _where(self) -> dict[str, Any]:
        """A position, a compound chosen from the list, or both; a town by its name."""
        spot = self.plan.spot
        if spot.block is None and spot.lon is None:
            picked = {"place": self._town().id} if spot.town else {}
            return picked | {"place_text": spot.words}
        point = {"lon": spot.lon, "lat": spot.lat, "accuracy": float(self.rng.randint(5, 40))}
        if not spot.compound:
            return point
        place = {"place": self.laid.compounds[spot.compound].id, "place_text": spot.compound}
        return self.rng.choices([point | place, place, point], [50, 25, 25])[0]

    def _report(self, step: Step) -> None:
        if self.plan.source == "hotline":
            self.case = hotline.send(
                plan=self.plan, step=step, where=self._where(), contact=self.contact, by=self.folk.hotline
            )
            return
        by = self.worker if self.plan.source == "staff" else self.person or visitor(places.COUNTY)
        made = cases.report(
            by=by,
            now=step.at,
            client_id=self._client_id(),
            title=self.plan.title,
            text=self.plan.text,
            source=self.plan.source,
            photos=self._photos(repaired=False),
            **self._where(),
            **self.contact,
        )
        self.case, self.receipt = made.case, made.receipt

    def _client_id(self) -> UUID:
        return UUID(int=self.rng.getrandbits(128), version=4)

    def _found_and_fixed(self, step: Step) -> None:
        spot = self.plan.spot
        made = cases.found_and_fixed(
            by=self.worker,
            now=step.at,
            client_id=self._client_id(),
            title=self.plan.title,
            text=self.plan.text,
            result=self.plan.result,
            lon=spot.lon,
            lat=spot.lat,
            photos=self._photos(repaired=True),
        )
        self.case = made.case

    def _do(self, act: Callable[..., Any], by: Actor, at: datetime, **what: Any) -> None:
        found = act(case=self.case.id, by=by, now=at, version=None, **what)
        self.case = found if found is not None else self.case

    def _refuse(self, step: Step) -> None:
        self._do(cases.refuse, self.clerk, step.at, reason=step.words, where=step.where)

    def _take_up(self, step: Step) -> None:
        self._do(cases.take_up, self.worker, step.at)

    def _reply(self, step: Step) -> None:
        """By message to whoever has an account or left no number; by telephone to the others."""
        way = "phone" if self.contact and self.person not in self.folk.door.values() else "message"
        self._do(cases.reply, self.worker, step.at, text=step.words, way=way)

    def _dispose(self, step: Step) -> None:
        self._do(
            cases.dispose, self.worker, step.at, result=self.plan.result, photos=self._photos(repaired=True)
        )

    def _inform(self, step: Step) -> None:
        """Nothing to do where the result has reached the reporter as a message or on the receipt page."""
        known = self.case.informed_at if self.case.state == "disposed" else self.case.first_response_at
        by = self._somebody(step.who) if step.who else self.worker
        if known is None:
            self._do(cases.inform, by, step.at, outcome="reached")

    def _close(self, step: Step) -> None:
        self._do(cases.close, self.closer, step.at)

    def _reopen(self, step: Step) -> None:
        self._do(cases.reopen, self.closer, step.at, reason=step.words)

    def _rate(self, step: Step) -> None:
        by = self.person or visitor(places.COUNTY)
        self.case = cases.rate(receipt=self.receipt, score=step.score, comment=step.words, by=by, now=step.at)


_COMMUNITIES = [code for code, count in places.grid_counts() for _grid in range(count)]
_HOTLINE: dict[str, Callable[..., Any]] = {"urge": hotline.urge, "called_back": hotline.call_back}
