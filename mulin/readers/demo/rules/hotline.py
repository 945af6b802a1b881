"""Orders that the example county has from 12345: answered and called back, still owed, with a limit, urged. All invented."""

from __future__ import annotations

from typing import Final

from mulin.readers.demo.rules.long_ways import WORKS, LongWay, Turn, said

PLATFORM: Final = "示例市12345热线平台"
NUMBERED: Final = "{day:%Y%m%d}{serial:05d}"
"""An order's number: the day on which the hotline took the call, and its own count."""
FIRST: Final = 8421

CALLED: Final = (
    # answered, called back, closed
    LongWay(
        "院里路灯坏了",
        (
            Turn(150, "report", told={"until": 72, "appeal": "求助"}),
            Turn(147, "take_up", "worker"),
            said(146, "worker", "物业电工今天来换。"),
            Turn(120, "dispose", "worker", {"result": "凉亭旁边的灯头和线路都换了，晚上看过，全亮。"}),
            Turn(96, "called_back", "hotline",
                 {"score": "satisfied", "solved": True, "contacted": True, "comment": "来电人说亮了，满意。"}),
        ),
        source="hotline",
        block=1,
    ),
    # done, and the hotline does not know yet
    LongWay(
        "垃圾投放点没人整理",
        (
            Turn(52, "report", told={"until": 72, "appeal": "投诉"}),
            Turn(49, "take_up", "worker"),
            said(48, "worker", "已请保洁和物业今天清理。"),
            Turn(26, "dispose", "worker", {"result": "投放点清理干净，物业加派早班保洁，七点前清一次。"}),
        ),
        source="hotline",
        block=2,
    ),
    # under way, urged by the hotline
    LongWay(
        "路灯一排都不亮",
        (
            Turn(46, "report", told={"until": 120, "appeal": "求助"}),
            Turn(44, "accept", "clerk", {"matter": True}),
            Turn(42, "take_up", WORKS),
            said(41, WORKS, "已派人查线路，缺一段电缆，明天到货。"),
            Turn(5, "urge", "hotline", {"note": "来电人再次来电，问什么时候能亮。"}),
        ),
        source="hotline",
        block=3,
    ),
    # come in this morning
    LongWay(
        "井盖没了",
        (Turn(2, "report", told={"until": 24, "appeal": "求助", "urgency": "urgent"}),),
        source="hotline",
        block=1,
        urgent=True,
    ),
)  # fmt: skip
