"""What brings points in the example county besides help between neighbours, and what its residents were seen to do."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final

BUDGET: Final = 20_000
"""Points that each community may award in the year."""


@dataclass(frozen=True)
class Deed:
    """A rule: code, name, points, how often a day and a month; what is written of it."""

    code: str
    name: str
    points: int
    per_day: int
    per_month: int | None
    stories: tuple[str, ...]


CLEANING: Final = Deed(
    "yard_cleaning", "楼院清扫", 10, 1, None, ("扫了单元门口的雪", "清理楼道杂物", "给花坛浇水除草")
)
DEEDS: Final = (
    CLEANING,
    Deed("watch", "邻里守望", 5, 1, 8, ("晚上巡楼，关好单元门", "雨天看住地下室进水", "帮着看护施工路口")),
    Deed("sorting", "垃圾分类劝导", 5, 1, 8, ("早上在投放点劝导", "给楼里讲怎么分类")),
    Deed("deliberation", "参加居民议事", 3, 1, 4, ("参加停车位议事", "参加加装电梯议事", "提了晾衣绳的建议")),
)


def acts(rng: Random, least: int, days: int) -> list[tuple[int, Deed, str]]:
    """(days before now, what, told) of one resident, oldest first, within some days: some do much, most a little."""
    many = min(max(int(rng.paretovariate(0.9)), least), 24)
    found = [(rng.randint(1, days), deed, rng.choice(deed.stories)) for deed in rng.choices(DEEDS, k=many)]
    return sorted(found, key=lambda one: -one[0])


OLD_BOOKS: Final = (
    (
        "2025 年纸质存折（社区台账）",
        "姓名,手机号,原存折号,积分\n示例甲,,老0001,36\n示例乙,,老0002,18\n示例丙,,老0003,52\n",
    ),
    ("2025 年纸质存折（补录）", "姓名,手机号,原存折号,积分\n示例丁,,老0004,24\n示例戊,,老0005,零\n"),
)
"""(source, table) of paper passbooks; the second one has a row that cannot be read."""
