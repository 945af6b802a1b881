"""The cases of the example county as plans: what is reported where and when, and who does what about it
afterwards.

A plan is pure data made from seed and now; ``actions`` plays the steps of all plans in the order of their
moments.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from mulin.readers.demo.rules import matters, moments, people, places
from mulin.readers.demo.rules.catalogue import CODES, OF_COMPOUNDS
from mulin.readers.demo.rules.hotline import CALLED
from mulin.readers.demo.rules.long_ways import LONG_WAYS, SAME_STALL
from mulin.readers.demo.rules.matters import Matter
from mulin.readers.demo.rules.outlines import Blocks, Point, walk

REPORTS, FOUND, REFUSED, ELSEWHERE = 100, 40, 6, 6
"""Plans at scale 1, besides those of the people at the door and one from beyond the border."""
FEWEST_ELSEWHERE = 6
"""At any scale: three wait, and both a town's and the county's desk have seen one through."""
RATED, REOPENED, DRAGGING, WITH_PHOTO = 0.38, 0.03, 0.12, 0.6
LOOKED_AFTER = 60.0
"""Median hours until somebody has looked at a find that was drawn."""
LEFT_LYING, LYING_DAYS = 0.06, 25
"""Share of the reports of the last days that nobody answers, or that end with the answer: red lights."""
SCORES = {"satisfied": 70, "mostly_satisfied": 21, "fair": 6, "dissatisfied": 3}
"""Per cent of ratings (assumed, adding up to the county's 91 % of satisfied and mostly satisfied)."""
ON_THE_ROAD = ["public_safety", "urban_environment"]
"""What riders come across."""
URGENT = {"闻到煤气味", "井盖没了", "电线垂到一人高", "有人往楼下扔酒瓶", "邻居老人三天没见出门"}


@dataclass(frozen=True)
class Step:
    """One thing that somebody does at a moment. ``words``: reply, reason, comment; ``score`` of a rating;
    ``where`` to turn. Of a long way: ``who`` and what the act is ``told``."""

    at: datetime
    act: str
    words: str = ""
    score: str = ""
    where: str = ""
    who: str = ""
    told: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Spot:
    """Where a plan happens: the block along the winding walk (None: no grid there), a position, words.

    ``town``: the town that ``words`` name was picked from the list.
    """

    block: int | None
    lon: float | None = None
    lat: float | None = None
    compound: str = ""
    words: str = ""
    town: bool = False


@dataclass
class Plan:
    """A case from its report to wherever it has got by now.

    ``by``: a door user name, ``neighbour``, ``rider``, ``staff`` (for a neighbour) or '' (did not sign in). ``key``: by
    which another story knows it.
    """

    serial: int
    category: str
    title: str
    text: str
    result: str
    picture: str
    spot: Spot
    by: str
    source: str
    steps: list[Step] = field(default_factory=list)
    photo: bool = False
    key: str = ""

    @property
    def found(self) -> bool:
        """Whether a grid worker found and fixed it at once."""
        return self.source == "patrol"


class Places:
    """Which community and compounds each block has, in the order of the walk."""

    def __init__(self, blocks: Blocks) -> None:
        self.blocks = blocks
        self.cells = walk()
        self.names = places.community_names()
        self.communities = [code for code, count in places.grid_counts() for _grid in range(count)]
        self.ordinals = [number for _code, count in places.grid_counts() for number in range(1, count + 1)]
        self.compounds: dict[int, list[places.Compound]] = {}
        for compound in places.COMPOUNDS:
            self.compounds.setdefault(self.block(compound.community, compound.grid), []).append(compound)

    def block(self, community: str, grid: int) -> int:
        """Place along the walk of the first, second or third grid of a community."""
        return self.communities.index(community) + grid - 1

    def spot(self, rng: Random, block: int) -> Spot:
        """A position inside a block, in one of its compounds where it has any."""
        lon, lat = self.blocks.inside(*self.cells[block], rng.uniform(0.2, 0.8), rng.uniform(0.2, 0.8))
        here = self.compounds.get(block)
        return Spot(block, lon, lat, rng.choice(here).name if here else "")

    def fill(self, words: str, spot: Spot, rng: Random) -> str:
        """Put names of the spot into a text."""
        if spot.block is None:
            return words
        community = self.names[self.communities[spot.block]][0]
        road = rng.choice(places.ROADS)
        named = {c.name: c for c in places.COMPOUNDS}.get(spot.compound)
        most = max(named.buildings, 4) if named else 6
        return words.format(
            compound=spot.compound or f"{community}社区{road}家属院",
            building=f"{rng.randint(1, most)}号楼",
            community=community,
            road=road,
        )


def plans(*, seed: int, scale: float, now: datetime, blocks: Blocks) -> list[Plan]:
    """Every plan, in no particular order; each begins before now, and no step lies after it."""
    maker = _Maker(Random(f"stories-{seed}"), now, Places(blocks))  # noqa: S311 a story, not a secret
    made = [*maker.reports(_times(REPORTS, scale)), *maker.finds(_times(FOUND, scale))]
    made += [
        *maker.refusals(_times(REFUSED, scale)),
        *maker.elsewhere(max(FEWEST_ELSEWHERE, _times(ELSEWHERE, scale))),
    ]
    made += [maker.outside(), *maker.at_the_door(), *maker.long_ways()]
    for serial, plan in enumerate(made):
        plan.serial = serial
        plan.steps = [step for step in plan.steps if step.at <= now]
    return made


def _times(count: int, scale: float) -> int:
    return max(1, round(count * scale))


class _Maker:
    def __init__(self, rng: Random, now: datetime, where: Places) -> None:
        self.rng, self.now, self.where = rng, now, where
        self._used: dict[str, list[Matter]] = {}

    # ── what and where ────────────────────────────────────────────────────────────────────────────────────
    def _matter(self, pool: str, among: list[Matter], month: int) -> Matter:
        """One that happens in this month; none again before all others were told."""
        told = self._used.setdefault(pool, [])
        fresh = [one for one in among if one.in_month(month) and one not in told]
        if not fresh:
            self._used[pool] = told = []
            fresh = [one for one in among if one.in_month(month)]
        chosen = self.rng.choice(fresh)
        told.append(chosen)
        return chosen

    def _plan(self, matter: Matter, category: str, spot: Spot, by: str, source: str) -> Plan:
        seeds = Random(self.rng.random())  # noqa: S311 the same road and building in title, text and result
        state = seeds.getstate()

        def filled(words: str) -> str:
            seeds.setstate(state)
            return self.where.fill(words, spot, seeds)

        photo = bool(matter.picture) and self.rng.random() < WITH_PHOTO
        return Plan(
            serial=0,
            category=category,
            title=filled(matter.title),
            text=filled(matter.text),
            result=filled(matter.result),
            picture=matter.picture,
            spot=spot,
            by=by,
            source=source,
            photo=photo,
        )

    def _category(self) -> str:
        return self.rng.choices(list(matters.WEIGHTS), list(matters.WEIGHTS.values()))[0]

    # ── the usual ways ────────────────────────────────────────────────────────────────────────────────────
    def reports(self, count: int) -> Iterator[Plan]:
        """What residents (mostly without signing in), riders and staff on somebody's behalf report in the
        grids."""
        for _number in range(count):
            reported = moments.report_moment(self.rng, self.now, staff=False)
            who = self.rng.choices(["", "neighbour", "rider", "staff"], [62, 26, 6, 6])[0]
            category = self.rng.choice(ON_THE_ROAD) if who == "rider" else self._category()
            matter = self._matter(category, matters.MATTERS[category], reported.month)
            block = self.rng.randrange(len(self.where.cells))
            source = {"rider": "rider", "staff": "staff"}.get(who, "resident")
            plan = self._plan(matter, category, self.where.spot(self.rng, block), who, source)
            plan.steps = self._life(reported, matter)
            if plan.spot.compound and CODES.get(matter.title) in OF_COMPOUNDS:
                plan.steps.insert(2, self._sorted(plan.steps[1].at, matter))
                plan.photo, plan.picture = True, plan.picture or "paper"
            lying = self.rng.random() < LEFT_LYING and self.now - reported < timedelta(days=LYING_DAYS)
            plan.steps = plan.steps[: self.rng.choice([1, 3])] if lying else plan.steps
            yield plan

    def _sorted(self, taken: datetime, matter: Matter) -> Step:
        """The community's clerk says which matter of the catalogue it is, soon after somebody took it up."""
        told = {"matter": CODES[matter.title], "reason": "按事项清单归类。"}
        return Step(taken + timedelta(minutes=1), "reclassify", who="clerk", told=told)

    def _life(self, reported: datetime, matter: Matter) -> list[Step]:
        """Report, take-up, reply, result, telling, perhaps a rating, closure; some drag on, few come back."""
        rng = self.rng
        urgent = matter.title in URGENT
        median = moments.URGENT_MEDIAN if urgent else moments.RESPONSE_MEDIAN
        replied = moments.after(rng, reported, median, moments.RESPONSE_SIGMA, at_work=not urgent)
        taken = moments.between(rng, reported, replied) if urgent else self._shortly_before(reported, replied)
        dragging = rng.random() < DRAGGING
        slow = 9.0 if dragging else 1.0
        disposed = moments.after(rng, replied, moments.DISPOSAL_MEDIAN * slow, moments.DISPOSAL_SIGMA)
        steps = [
            Step(reported, "report"),
            Step(taken, "take_up"),
            Step(replied, "reply", rng.choice(matters.REPLIES)),
        ]
        if dragging:
            chased = moments.in_daytime(rng, moments.between(rng, replied, disposed), replied)
            steps.append(Step(chased, "reply", rng.choice(matters.CHASED)))
            disposed = max(disposed, chased + timedelta(hours=2))
        return steps + self._ending(disposed)

    def _shortly_before(self, reported: datetime, replied: datetime) -> datetime:
        return max(replied - timedelta(minutes=self.rng.randint(3, 45)), reported + (replied - reported) / 2)

    def _ending(self, disposed: datetime) -> list[Step]:
        """Result, telling the reporter, then a rating that closes or a clerk who does; now and then it
        comes back once."""
        rng = self.rng
        informed = disposed + timedelta(minutes=rng.randint(6, 150))
        closed = moments.after(rng, informed, moments.CLOSURE_MEDIAN, moments.CLOSURE_SIGMA)
        steps = [Step(disposed, "dispose"), Step(informed, "inform")]
        last, back = closed, rng.random() < REOPENED
        if rng.random() < RATED:
            last = moments.after(rng, informed, moments.RATING_MEDIAN, moments.RATING_SIGMA, at_work=False)
            score = rng.choices(list(SCORES), list(SCORES.values()))[0]
            steps += [Step(closed, "close")] if closed < last else []
            steps.append(Step(last, "rate", rng.choice(matters.COMMENTS[score]), score))
            back = back or score == "dissatisfied"
        else:
            steps.append(Step(closed, "close"))
        return steps + (self._again(last) if back else [])

    def _again(self, since: datetime) -> list[Step]:
        """The reporter is not content or the trouble is back: reopened, disposed again, closed by a clerk."""
        rng = self.rng
        back = moments.after(rng, since, 10, 0.5)
        again = moments.after(rng, back, moments.DISPOSAL_MEDIAN, moments.DISPOSAL_SIGMA)
        told = again + timedelta(minutes=30)
        shut = moments.after(rng, told, moments.CLOSURE_MEDIAN, moments.CLOSURE_SIGMA)
        reason = "反映人说问题又出现，重新办理。"
        redone = [Step(again, "dispose"), Step(told, "inform"), Step(shut, "close")]
        return [Step(back, "reopen", reason), *redone]

    def finds(self, count: int) -> Iterator[Plan]:
        """What grid workers find on the round and put right at once."""
        for _number in range(count):
            moment = moments.report_moment(self.rng, self.now, staff=True)
            matter = self._matter("found", matters.FOUND, moment.month)
            spot = self.where.spot(self.rng, self.rng.randrange(len(self.where.cells)))
            plan = self._plan(matter, "", spot, "", "patrol")
            looked = moments.after(self.rng, moment, LOOKED_AFTER, 0.5)
            plan.steps = [Step(moment, "found_and_fixed"), Step(looked, "check", who="clerk")]
            yield plan

    def refusals(self, count: int) -> Iterator[Plan]:
        """Not admitted, with the reason and where to turn; in the grids and outside them."""
        for number in range(count):
            matter, reason, where = matters.REFUSED[number % len(matters.REFUSED)]
            reported = moments.report_moment(self.rng, self.now, staff=False)
            spot = Spot(None, words="县城")
            plan = self._plan(matter, "", spot, "", "resident")
            plan.title, plan.text = (_plain(words) for words in (matter.title, matter.text))
            decided = moments.after(self.rng, reported, 5, 0.6)
            plan.steps = [Step(reported, "report"), Step(decided, "refuse", reason, where=where)]
            plan.steps.append(Step(decided + timedelta(minutes=self.rng.randint(5, 90)), "inform"))
            yield plan

    def elsewhere(self, count: int) -> Iterator[Plan]:
        """From towns without grids: screened by the town, or by the county where only words tell the place.

        The first three are from today and yesterday and wait.
        """
        for number in range(count):
            reported = moments.report_moment(self.rng, self.now, staff=False)
            if number < 3:
                reported = self.now - timedelta(hours=3 + 17 * number, minutes=self.rng.randrange(40))
            matter = self._matter("elsewhere", matters.ELSEWHERE, reported.month)
            town = self.rng.choice(places.TOWNS)[1]
            plan = self._plan(
                matter, "", Spot(None, words=town, town=number >= 2 and number % 2 == 0), "", "resident"
            )
            plan.text = f"{town}，{plan.text}"
            plan.steps = [Step(reported, "report")]
            if number >= 3:
                replied = moments.after(self.rng, reported, 20, 0.5)
                taken = self._shortly_before(reported, replied)
                words = "已转告当地乡镇核实，处理后给您回话。"
                plan.steps += [Step(taken, "take_up"), Step(replied, "reply", words)]
                plan.steps += self._ending(moments.after(self.rng, replied, 40, 0.6))
            yield plan

    def outside(self) -> Plan:
        """A position beyond the border: screened by the county, which says where to turn."""
        plan = self._plan(matters.OUTSIDE, "", Spot(None, *OUTSIDE_POINT), "", "resident")
        plan.photo = True
        reason, where = matters.OUTSIDE_ANSWER
        reported = self.now - timedelta(hours=31)
        plan.steps = [
            Step(reported, "report"),
            Step(reported + timedelta(hours=4), "refuse", reason, where=where),
            Step(reported + timedelta(hours=5), "inform"),
        ]
        return plan

    # ── the people at the door ────────────────────────────────────────────────────────────────────────────
    def at_the_door(self) -> Iterator[Plan]:
        """Cases in every state for the resident, the elder, the rider and the grid worker of the door."""
        home = self.where.block(people.HOME_COMMUNITY, 1)
        for case in DOOR_CASES:
            category, title = case.matter
            among = matters.MATTERS[category]
            matter = next(one for one in among if one.title == title)
            block = home + case.block
            plan = self._plan(matter, category, self.where.spot(self.rng, block), case.by, case.source)
            plan.photo = bool(matter.picture)
            plan.steps = list(self._door_steps(case))
            yield plan

    def long_ways(self) -> Iterator[Plan]:
        """Cases that passed through many hands, in the streets around the home grid."""
        home = self.where.block(people.HOME_COMMUNITY, 1)
        every = {one.title: (code, one) for code, rows in matters.MATTERS.items() for one in rows}
        spots: dict[str, Spot] = {}
        for way in (*LONG_WAYS, *SAME_STALL, *CALLED):
            category, matter = every[way.title]
            spot = spots[way.at] if way.at else self.where.spot(self.rng, home + way.block)
            spot = replace(spot, compound="") if way.street else spot
            spots[way.key] = spot
            plan = self._plan(matter, category, spot, way.by, way.source)
            plan.text, plan.result = way.text or plan.text, way.result or plan.result
            plan.photo, plan.picture, plan.key = True, plan.picture or "paper", way.key
            before = self.now - timedelta(hours=way.turns[0].hours + 12)
            for turn in way.turns:
                at = self.now - timedelta(hours=turn.hours)
                by_day = at if way.urgent else moments.in_daytime(self.rng, at, before)
                at = max(at if by_day > self.now else by_day, before + _A_WHILE)
                before = at
                told = turn.told | {"matter": CODES[way.title]} if "matter" in turn.told else turn.told
                plan.steps.append(Step(at, turn.act, who=turn.who, told=told))
            yield plan

    def _door_steps(self, case: DoorCase) -> Iterator[Step]:
        before = self.now - timedelta(hours=case.steps[0][1] + 12)
        for act, hours in case.steps:
            at = self.now - timedelta(hours=hours, minutes=self.rng.randrange(1, 25))
            at = at if hours < 24 else moments.in_daytime(self.rng, at, before)
            before = at = max(at, before + timedelta(minutes=9))
            if act == "reply":
                yield Step(at, act, matters.REPLIES[0])
            elif act == "rate":
                yield Step(at, act, "办得挺快，谢谢。", "satisfied")
            else:
                yield Step(at, act)


def _plain(words: str) -> str:
    """A text told without a place: the placeholders give way to general words."""
    ours = words.replace("{compound}{building}", "我们楼")
    return ours.replace("{compound}", "小区").replace("{building}", "楼")


_A_WHILE = timedelta(minutes=3)
OUTSIDE_POINT: Point = (120.41, 41.58)
"""East of the county, beyond its hull."""


@dataclass(frozen=True)
class DoorCase:
    """A case of somebody at the door: its matter, how far from the home grid, and (act, hours before now)
    in order."""

    by: str
    source: str
    matter: tuple[str, str]
    steps: tuple[tuple[str, float], ...]
    block: int = 0


def _done(days: float, *, rated: bool = True) -> tuple[tuple[str, float], ...]:
    """Reported this many days ago and closed within four days."""
    start = days * 24
    taken = [("report", start), ("take_up", start - 5), ("reply", start - 6)]
    steps = [*taken, ("dispose", start - 30), ("inform", start - 31)]
    return (*steps, ("rate", start - 40)) if rated else (*steps, ("close", start - 60))


DOOR_CASES: list[DoorCase] = [
    # the resident: one in every state, the third waits for a rating
    DoorCase(people.RESIDENT, "resident", ("property_facilities", "院里路灯坏了"), (("report", 2),)),
    DoorCase(
        people.RESIDENT,
        "resident",
        ("public_safety", "楼道里给电动车充电"),
        (("report", 14), ("take_up", 9), ("reply", 8)),
    ),
    DoorCase(
        people.RESIDENT,
        "resident",
        ("urban_environment", "垃圾桶三天没清了"),
        (("report", 118), ("take_up", 110), ("reply", 109), ("dispose", 26), ("inform", 20)),
    ),
    DoorCase(people.RESIDENT, "resident", ("public_safety", "路面塌了一个坑"), _done(19)),
    DoorCase(people.RESIDENT, "resident", ("livelihood_services", "停水没有提前说"), _done(43, rated=False)),
    # the elder: once staff wrote it down for him
    DoorCase(people.ELDER, "staff", ("livelihood_services", "独居老人想要上门理发"), _done(12)),
    DoorCase(
        people.ELDER,
        "resident",
        ("livelihood_services", "楼道太暗老人看不清台阶"),
        (("report", 22), ("take_up", 20), ("reply", 19)),
    ),
    # the rider, around town
    DoorCase(people.RIDER, "rider", ("public_safety", "井盖没了"), _done(8), block=9),
    DoorCase(
        people.RIDER,
        "rider",
        ("party_building", "红色驿站的热水器不出热水"),
        (("report", 50), ("take_up", 44), ("reply", 43)),
        block=4,
    ),
    # more for the grid worker: running out, run out, in hand
    DoorCase("neighbour", "resident", ("dispute_mediation", "邻居在楼道堆旧家具"), (("report", 20),)),
    DoorCase(
        "",
        "resident",
        ("property_facilities", "单元门关不上"),
        (("report", 16), ("take_up", 14), ("reply", 13)),
    ),
    DoorCase(
        "",
        "resident",
        ("public_order", "自行车棚锁坏了"),
        (("report", 220), ("take_up", 205), ("reply", 204)),
    ),
    DoorCase("", "resident", ("outreach_registration", "新搬来想登记"), (("report", 150),)),
    DoorCase(
        "neighbour",
        "resident",
        ("urban_environment", "小广告刷满了楼道"),
        (("report", 96), ("take_up", 90), ("reply", 89), ("dispose", 10)),
    ),
]
"""Besides the ordinary plans. The matters are of any season."""
