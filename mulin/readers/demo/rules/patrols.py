"""The patrols of the example county as plans and outcomes: pure data made from seed and now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

from mulin.kernel.clock import CHINA, local_day

DAYS = 30
"""The walks lie in this many days before now."""
OUTCOMES = {"nothing": 74, "fixed": 11, "missed": 8, "late": 4, "silent": 3}
"""Per cent of the walks (assumed): nothing found, fixed on the spot, a reason, written down late, not a word."""


@dataclass(frozen=True)
class Route:
    """A plan: who walks it, where, how often. ``grids``: numbers of the home community's; else a compound, or all of it."""

    name: str
    walker: str
    opens: time
    closes: time
    weekdays: tuple[int, ...] = ()
    every_days: int = 0
    month_days: tuple[int, ...] = ()
    rest_days: str = "walk"
    grids: tuple[int, ...] = ()
    compound: str = ""
    checklist: tuple[str, ...] = ()
    spots: tuple[str, ...] = ()
    team: str = ""
    draft: bool = False


YARDS = Route(
    name="楼院安全巡查",
    walker="grid",
    opens=time(8, 30),
    closes=time(17, 30),
    weekdays=(1, 2, 3, 4, 5, 6, 7),
    grids=(0, 1, 2),
    checklist=("楼道有没有堆物、停电动车", "消防通道堵没堵", "井盖、路灯好不好", "有没有从楼上拉线充电"),
)
EVENING = Route(
    name="双虹家园夜间巡查",
    walker="named",
    opens=time(19, 0),
    closes=time(21, 0),
    every_days=3,
    compound="双虹家园",
    spots=("东门岗亭", "2号楼后身", "自行车棚", "配电室门口"),
    checklist=("门锁好没有", "有没有人在车棚充电过夜"),
)
STALLS = Route(
    name="市场周边占道巡查",
    walker="unit",
    opens=time(16, 0),
    closes=time(18, 0),
    weekdays=(1, 2, 3, 4, 5),
    rest_days="skip",
    team="城管执法下沉分队",
    spots=("早市东口", "学校门前", "站前公交站"),
    checklist=("人行道让没让出来", "有没有占消防通道"),
)
DRAINS = Route(
    name="汛期排水口巡查",
    walker="grid",
    opens=time(9, 0),
    closes=time(17, 0),
    month_days=(1, 15),
    rest_days="next",
    grids=(0, 1, 2),
    checklist=("篦子堵没堵", "有没有积水"),
    draft=True,
)
ROUTES = (YARDS, EVENING, STALLS, DRAINS)

FINDS: tuple[tuple[str, str, str], ...] = (
    ("1号楼二单元门口停了三辆电动车，挡着路", "请车主当场推到车棚里了。", "楼道有没有堆物、停电动车"),
    ("3号楼一单元楼道里堆着旧沙发", "和住户一起抬到大件垃圾点了。", "楼道有没有堆物、停电动车"),
    ("消防通道被一辆面包车堵着", "打电话叫车主挪开了。", "消防通道堵没堵"),
    ("2号楼有人从窗户拉线下来充电", "线收起来了，跟住户讲了去充电棚充。", "有没有从楼上拉线充电"),
    ("院里一个井盖翘起来一角", "踩平放稳，用土垫实了。", "井盖、路灯好不好"),
)
"""(what, what was done about it at once, which line of the checklist)."""
OPEN_FINDS: tuple[tuple[str, str], ...] = (
    ("早市东口的水果摊摆到了盲道上，说了不听", "早市东口"),
    ("学校门前的便道砖塌了一块，放学时容易绊人", "学校门前"),
)
"""(what, at which spot): reported by the team on its last walks, and still open."""
REASONS: tuple[tuple[str, str], ...] = (
    ("weather", "雨太大，等停了再走"),
    ("urgent", "去帮着处理水管爆了"),
    ("leave", ""),
    ("blocked", "院门锁着，物业没人"),
)


@dataclass(frozen=True)
class Walk:
    """What becomes of one place of a plan on a day, and when. ``number``: which of the plan's places, or named persons."""

    at: datetime
    route: str
    number: int
    day: date
    outcome: str
    pick: int


def begins(now: datetime) -> datetime:
    """When the plans were made: on the afternoon before the first walk."""
    return _at(local_day(now) - timedelta(days=DAYS + 1), time(15, 0))


def days(now: datetime) -> list[date]:
    """The days of the walks, today included."""
    today = local_day(now)
    return [today - timedelta(days=back) for back in range(DAYS, -1, -1)]


def walks(*, seed: int, now: datetime) -> Iterator[Walk]:
    """An outcome for every place of every day, whether it turns out to be due or not; those after now are left out.

    Today's of the grid staff are left to whoever signs in.
    """
    rng = Random(f"patrols-{seed}")  # noqa: S311 drawn the same each time
    for day in days(now):
        for route in ROUTES:
            for number in range(max(len(route.grids), 1)):
                outcome = rng.choices(list(OUTCOMES), list(OUTCOMES.values()))[0]
                walk = _walk(rng, route, number, day, outcome)
                own = day == local_day(now) and route.walker != "unit"
                if not own and walk.at < now:
                    yield walk


def _walk(rng: Random, route: Route, number: int, day: date, outcome: str) -> Walk:
    begin, end = _at(day, route.opens), _at(day, route.closes)
    at = begin + (end - begin) * rng.uniform(0.1, 0.85)
    if outcome == "late":
        at = end + timedelta(hours=rng.uniform(0.5, 9))
    return Walk(at, route.name, number, day, outcome, rng.randrange(1000))


def _at(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, tzinfo=CHINA)
