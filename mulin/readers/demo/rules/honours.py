"""The example county's commendations: one awarded, one in its notice, one open for nominations. Nobody real."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mulin.readers.demo.rules.points import DEEDS


@dataclass(frozen=True)
class Round:
    """Days before now: held, nominations until, decided; seats; what is counted."""

    title: str
    basis: str
    seats: int
    held: int
    until: int
    decided: int
    counts: tuple[str, ...]


COMMITTEE: Final = "双虹社区居民评议小组"
ACTS: Final = ("orders:help", *(f"rule:{one.code}" for one in DEEDS))
AWARDED: Final = Round(
    "双虹社区秋冬好邻居",
    "热心帮邻居，邻里都说好；做的事有人能证明。\n不看职务，不看捐了多少钱。",
    2,
    48,
    38,
    36,
    ACTS,
)
NOTICED: Final = Round(
    "双虹社区楼院守望标兵",
    "常年看护楼院：扫雪、巡楼、劝导分类。\n同样的事，做得久的优先。",
    2,
    20,
    8,
    4,
    ACTS,
)
OPEN: Final = Round(
    "双虹社区暖心店铺和热心人",
    "给老人、残疾人和家里有困难的邻居实实在在的方便。\n店铺、单位、家庭和个人都可以提名。",
    3,
    6,
    -14,
    0,
    (*ACTS, "discounts"),
)
WHY: Final = (
    ("隔壁老人的菜，她一年到头顺手捎上楼。", "问三号楼的邻居都知道"),
    ("谁家水管漏了都找他，从不收钱。", "楼长可以证明"),
    ("下雪天天不亮就出来扫单元门口。", "物业保洁看得到"),
    ("带着几个邻居轮流看护放学的孩子。", "社区活动室有记录"),
)
STORIES: Final = ("常年帮邻居捎菜、取药", "义务修水管、修门锁", "下雪天清扫单元门口")
REASONS: Final = ("事迹有邻居证明，时间长。", "做得一样好，不分上下。", "热心，这次名额有限。")
CLEARER: Final = "\n租户、外来务工的邻居一样可以提名。"
AMENDED: Final = "有租户来问算不算，写清楚；多留一周提名。"
OBJECTED: Final = "去年冬天巡楼名单里有他，有几次是别人替的，请核实一下。"
MERCHANT_WHY: Final = "老人来剪头发、买早点都便宜，还给送上门。"
