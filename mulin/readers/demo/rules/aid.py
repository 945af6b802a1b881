"""Help between neighbours and wishes of the example county: what is asked, how it goes, and when. Invented."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from random import Random
from typing import Final

from mulin.readers.demo.rules.moments import in_daytime

HELP: Final = (
    ("help.parcel", "南门快递点有两件，不重，腿脚不方便下不去楼。"),
    ("help.parcel", "一箱苹果到了，上班取不了，帮忙放家门口就行。"),
    ("help.phone", "想学视频通话，孙子在外地。"),
    ("help.phone", "医院挂号不会在手机上弄，麻烦教一教。"),
    ("help.appliance", "电饭锅按下去就跳，不知道是不是该换。"),
    ("help.appliance", "厨房灯管不亮了，换不上去。"),
    ("help.errand", "帮忙买一袋面、一桶油，钱当面给。"),
    ("help.escort", "周三上午去县医院复查，想有人陪着走一趟。"),
    ("help.lift", "旧柜子要搬到楼下，三楼，要搭把手。"),
    ("help.minding", "下午四点到六点接放学，孩子七岁，上完课就回来。"),
    ("help.other", "阳台上的花盆想挪个地方，够不着。"),
)
WISHES: Final = (
    ("wish.thing", "想要一副老花镜", "我眼睛花了，看不清药盒上的字，老伴不在了，一个人住。"),
    ("wish.thing", "想要一个书包", "孩子要上一年级了，家里这两年紧。"),
    ("wish.repair", "卫生间装一个扶手", "摔过一次，怕再摔。"),
    ("wish.company", "想有人陪着过个生日", "儿女都在外地，八十整岁。"),
    ("wish.learning", "想要几本旧课本", "孙女借读，书没领全。"),
    ("wish.thing", "想要一个收音机", "眼睛不好，就爱听个戏。"),
)
THANKS: Final = ("谢谢您，帮了大忙。", "人热心，来得快。", "多亏了邻居。", "")
POINTS: Final = (
    ("help_parcel", "代收快递", 2), ("help_minding", "临时看护孩子", 8), ("help_appliance", "修家电", 6),
    ("help_phone", "教用手机", 4), ("help_errand", "代买、跑腿", 3), ("help_escort", "陪着看病、办事", 8),
    ("help_lift", "搬东西", 4), ("help_other", "别的小忙", 2), ("wish", "帮人实现微心愿", 10),
)  # fmt: skip
"""(rule, name, points), assumed: the article names no number."""
A_DAY: Final = 3
"""So many acts of one kind earn points in a day."""
MANY_ACTS, MANY_WISHES = 60, 14
UNTIL: Final = {"submitted": 0, "open": 1, "claimed": 2, "served": 3, "confirmed": 4}
"""How many steps have happened."""
SINCE: Final = timedelta(days=70)


@dataclass(frozen=True)
class Story:
    """One ask: ``ends`` is confirmed, served, claimed, open or submitted; ``at``: when it is made and when each of its
    steps is, by day."""

    kind: str
    words: str
    hall: str
    ends: str
    at: tuple[datetime, ...]
    score: str
    thanks: str


def stories(*, seed: int, scale: float, now: datetime) -> list[Story]:
    """The asks of ten weeks, oldest first; the last few days' are still going on."""
    rng = Random(f"aid-{seed}")  # noqa: S311 a story, not a secret
    found = [_story(rng, now, *rng.choice(HELP)) for _n in range(max(14, round(MANY_ACTS * scale)))]
    wishes = max(6, round(MANY_WISHES * scale))
    found += [
        _story(rng, now, kind, words, hall)
        for kind, hall, words in (WISHES[n % len(WISHES)] for n in range(wishes))
    ]
    for ends, hours in (("submitted", 2), ("open", 5), ("open", 9), ("claimed", 20), ("served", 30)):
        kind, words = HELP[rng.randrange(9)]
        told = _by_day(rng, now - timedelta(hours=hours), (1.0, 2.0, 3.0, 4.0)[: UNTIL[ends]], now)
        found.append(Story(kind, words, "", ends, told, "good", ""))
    kind, hall, words = WISHES[0]
    told = _by_day(rng, now - timedelta(hours=28), (20.0,), now)
    found.append(Story(kind, words, hall, "open", told, "good", ""))
    return sorted(found, key=lambda one: one.at[0])


def without_a_book(now: datetime) -> Story:
    """Help by somebody who has no passbook yet, a few days ago."""
    rng = Random("aid-without-a-book")  # noqa: S311 a story, not a secret
    told = _by_day(rng, now - timedelta(days=4), (2.0, 3.0, 8.0, 4.0), now)
    return Story("help.parcel", "一箱牛奶在驿站，有点沉。", "", "confirmed", told, "good", THANKS[0])


def of_a_unit(now: datetime) -> Story:
    """A wish that a unit claimed from the hall the day before."""
    rng = Random("aid-of-a-unit")  # noqa: S311 a story, not a secret
    told = _by_day(rng, now - timedelta(days=3), (10.0, 12.0), now)
    return Story("wish.repair", "夜里起来怕摔，灯太暗。", "走廊里换一盏感应灯", "claimed", told, "", "")


def _by_day(rng: Random, begins: datetime, hours: Sequence[float], now: datetime) -> tuple[datetime, ...]:
    """The moments of an ask and its steps, each so many hours after the one before, out of the night; as many whole days
    earlier as it takes to have happened."""
    found = [in_daytime(rng, begins, begins - timedelta(hours=12))]
    for span in hours:
        at = in_daytime(rng, found[-1] + timedelta(hours=span), found[-1])
        found.append(max(at, found[-1] + timedelta(minutes=4)))
    late = max((found[-1] - (now - timedelta(minutes=10))) / timedelta(days=1), 0)
    return tuple(one - timedelta(days=ceil(late)) for one in found)


def _story(rng: Random, now: datetime, kind: str, words: str, hall: str = "") -> Story:
    slow = 6.0 if hall else 1.0
    hours = [rng.uniform(*span) * slow for span in ((0.5, 5), (1, 8), (3, 20), (1, 12))]
    latest = timedelta(hours=sum(hours) + 1)
    begins = now - latest - (SINCE - latest) * rng.random()
    score = rng.choices(["good", "fair", ""], [80, 10, 10])[0]
    return Story(kind, words, hall, "confirmed", _by_day(rng, begins, hours, now), score, rng.choice(THANKS))
