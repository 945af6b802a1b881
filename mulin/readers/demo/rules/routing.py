"""The routing rules of the example county. Their documents are invented."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """Place (street or community code, or a compound; neither: the county) × type × time → level, unit, team."""

    note: str
    level: str
    place: str = ""
    compound: str = ""
    matter: str = ""
    category: str = ""
    hours: str = "always"
    unit: str = ""
    team: str = ""
    named: bool = False


CITY, CITY_TEAM = "县城市管理综合执法局", "城管执法下沉分队"
RULES = (
    Rule(
        "夜间和休息日由执法局值班人员直接处置",
        "county",
        matter="SR01",
        hours="outside",
        unit=CITY,
        named=True,
    ),
    Rule(
        "县综治办〔2026〕示例7号：叶柏寿街道试点，执法局主办、下沉分队协办",
        "county",
        "001",
        category="urban_environment",
        unit=CITY,
        team=CITY_TEAM,
    ),
    Rule("叶柏寿街道的消防通道由街道先查，再报大队", "street", "001", matter="AQ01"),
    Rule("双虹社区先由社区调解，调解不成再上交", "community", "001003", category="dispute_mediation"),
    Rule("双虹家园的电梯由物业先到场", "compound", compound="双虹家园", matter="WY01"),
    Rule(
        "休息时间的民生求助由社区值班人员先接", "community", category="livelihood_services", hours="outside"
    ),
)
