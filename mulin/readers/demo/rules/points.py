"""What brings points in the example county, and what its residents were seen to do."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final

BUDGET: Final = 20_000
"""Points that each community may award in the year."""
BEGAN: Final = 240
"""Days before now when the bank opened; the rules have a second version half-way."""


@dataclass(frozen=True)
class Deed:
    """A rule: code, name, points, how often a day and a month; what is written of it."""

    code: str
    name: str
    points: int
    per_day: int | None
    per_month: int | None
    stories: tuple[str, ...]


DEEDS: Final = (
    Deed(
        "errand", "帮邻居代办", 5, 2, 12, ("帮3号楼老人代取快递", "替出门的邻居收了被子", "帮邻居买药送到家")
    ),
    Deed(
        "care", "临时照看", 10, 1, 8, ("帮邻居照看孩子两小时", "陪独居老人去医院", "照看邻居家的老人一下午")
    ),
    Deed("repair", "家电和小修", 10, 1, 8, ("给邻居修好了水龙头", "帮老人换了灯泡", "帮邻居装好了晾衣架")),
    Deed("phone", "教老人用手机", 5, 2, 12, ("教老人用手机挂号", "教邻居视频通话", "帮老人设置了大字")),
    Deed("clean", "公共地方清洁", 8, 1, 10, ("扫了单元门口的雪", "清理楼道杂物", "给花坛浇水除草")),
)


def acts(rng: Random, least: int) -> list[tuple[int, Deed, str]]:
    """(days before now, what, told) of one resident, oldest first: some do much, most a little."""
    many = min(max(int(rng.paretovariate(0.9)), least), 24)
    found = [
        (rng.randint(1, BEGAN - 10), deed, rng.choice(deed.stories)) for deed in rng.choices(DEEDS, k=many)
    ]
    return sorted(found, key=lambda one: -one[0])
