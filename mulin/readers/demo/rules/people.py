"""Who lives and works in the example county: nobody real.

Telephone numbers are 199 0000 xxxx (mobile) and 0421 000 xxxx (landline): they pass validation and
ring nowhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

SURNAMES = [
    *"王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢",
    *"韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎",
]
GIVEN = [
    "秀兰", "桂英", "建国", "志强", "海燕", "晓东", "丽娟", "玉珍", "明辉", "国庆", "春梅",
    "立新", "淑芬", "文博", "红霞", "永刚", "雪莲", "长海", "凤云", "宏伟", "艳玲", "振东",
    "慧敏", "广林", "金凤", "学军", "静怡", "德胜", "亚男", "景山", "玉芝", "少华", "彩霞",
    "连生", "思远", "素芹", "庆丰", "俊杰", "雅琴", "万里", "晓梅", "树林", "佳宁", "福全",
    "冬梅",
]  # fmt: skip


class Names:
    """Invented names and telephone numbers, each once, in an order that the seed decides."""

    def __init__(self, seed: int) -> None:
        rng = Random(f"names-{seed}")  # noqa: S311 drawn the same each time
        names = [surname + given for surname in SURNAMES for given in GIVEN]
        rng.shuffle(names)
        self._names: Iterator[str] = iter(names)
        self._phones = 0
        self._lines = 0

    def name(self) -> str:
        """The next unused name."""
        return next(self._names)

    def phone(self) -> str:
        """The next mobile number: 19900000001 and up."""
        self._phones += 1
        return f"1990000{self._phones:04d}"

    def landline(self) -> str:
        """The next landline: area code of the prefecture, and a number that no exchange gives out."""
        self._lines += 1
        return f"0421-000{self._lines:04d}"


COUNTY_OFFICE = ("县社会治理服务中心", "County Centre for Neighbourhood Governance")
DEPARTMENTS: list[tuple[str, str]] = [
    ("县公安局", "Public Security Bureau"),
    ("县住房和城乡建设局", "Housing and Construction Bureau"),
    ("县城市管理综合执法局", "City Management Bureau"),
    ("县市场监督管理局", "Market Supervision Bureau"),
    ("县民政局", "Civil Affairs Bureau"),
    ("县人力资源和社会保障局", "Human Resources and Social Security Bureau"),
    ("县卫生健康局", "Health Bureau"),
    ("县应急管理局", "Emergency Management Bureau"),
    ("县消防救援大队", "Fire and Rescue Brigade"),
    ("县水利局", "Water Bureau"),
    ("县交通运输局", "Transport Bureau"),
    ("县教育局", "Education Bureau"),
    ("县委组织部", "Party Organisation Department"),
    ("县委社会工作部", "Party Social Work Department"),
    ("县司法局", "Justice Bureau"),
    ("县自然资源局", "Natural Resources Bureau"),
    ("县生态环境分局", "Environment Office"),
    ("县农业农村局", "Agriculture Bureau"),
    ("县医疗保障局", "Medical Insurance Bureau"),
    ("县文化旅游和广播电视局", "Culture and Sports Bureau"),
    ("县退役军人事务局", "Veterans Bureau"),
    ("县残疾人联合会", "Disabled Persons' Federation"),
    ("县妇女联合会", "Women's Federation"),
    ("县公安局交通警察大队", "Traffic Police"),
]
TEAMS: list[tuple[str, str, str]] = [
    ("城管执法下沉分队", "City Management Field Team", "县城市管理综合执法局"),
    ("市场监管下沉分队", "Market Supervision Field Team", "县市场监督管理局"),
    ("消防巡查分队", "Fire Patrol Team", "县消防救援大队"),
    ("交通秩序下沉分队", "Traffic Field Team", "县公安局交通警察大队"),
    ("生态环境下沉分队", "Environment Field Team", "县生态环境分局"),
    ("住建物业下沉分队", "Housing Field Team", "县住房和城乡建设局"),
]
"""(name, English name, department)."""

HOURS: dict[str, str] = {
    "": "周一至周五 08:30–12:00 13:30–17:30",
    COUNTY_OFFICE[0]: "周一至周五 08:30–12:00 13:30–17:30\n周六 09:00–12:00",
    "县城市管理综合执法局": "周一至周五 08:30–12:00 13:30–17:30\n6月1日至9月30日 周一至周五 08:00–11:30 14:00–18:00",
}
"""Working hours by organisation; '' is the county."""

UTILITIES: list[tuple[str, str]] = [
    ("县供电公司", "Power Supply Company"),
    ("县自来水公司", "Waterworks"),
    ("县供热公司", "Heating Company"),
    ("县燃气公司", "Gas Company"),
]
"""Who repairs what comes out of the wall; no department."""

PROPERTY: list[tuple[str, str, list[str]]] = [
    ("邻里安物业服务公司", "Linli'an Property Services", ["双虹家园", "虹桥新村", "镜湖雅居", "临湖苑"]),
    ("同心居物业服务公司", "Tongxinju Property Services", ["铁西花园", "机务里", "铁南佳园", "南山御景"]),
    (
        "金色家园物业服务公司",
        "Jinse Jiayuan Property Services",
        ["世纪华庭", "新苑小区", "新城国际", "丽景湾"],
    ),
    ("暖万家物业服务公司", "Nuanwanjia Property Services", ["爱华小区", "永康里", "康宁家园", "红山明珠"]),
    ("惠邻物业服务公司", "Huilin Property Services", ["建安花园", "松涛苑", "东城首府"]),
]
"""(name, English name, compounds that it looks after)."""

MERCHANTS: list[tuple[str, str]] = [
    ("巷口便民超市", "Xiangkou Convenience Store"),
    ("老街坊面馆", "Laojiefang Noodles"),
    ("一剪轻松理发店", "Yijian Hairdresser"),
]


@dataclass(frozen=True)
class Guest:
    """One of the people whom the example door lets in. ``shown``: the name on the door, '' for the
    invented name."""

    username: str
    role: str
    shown: str = ""
    large_print: bool = False


RESIDENT, RIDER, GRID_WORKER = "example-resident", "example-rider", "example-grid-worker"
COMMUNITY_CLERK, STREET_CLERK = "example-community-clerk", "example-street-clerk"
COUNTY_CLERK = "example-county-clerk"
DEPARTMENT_OFFICER, LEADER, ADMIN = "example-department-officer", "example-leader", "example-admin"
MERCHANT, PROPERTY_CLERK, ELDER = "example-merchant", "example-property-clerk", "example-elder"
HAIRDRESSER = "example-hairdresser"

DOOR: dict[str, Guest] = {
    guest.username: guest
    for guest in [
        Guest(RESIDENT, "resident", "示例居民"),
        Guest(ELDER, "resident", "示例老人（75岁，大字版）", large_print=True),
        Guest(RIDER, "rider", "示例骑手"),
        Guest(GRID_WORKER, "grid_worker"),
        Guest(COMMUNITY_CLERK, "community_clerk"),
        Guest(STREET_CLERK, "street_clerk"),
        Guest(DEPARTMENT_OFFICER, "department_officer"),
        Guest(COUNTY_CLERK, "county_clerk"),
        Guest(LEADER, "leader"),
        Guest(ADMIN, "admin"),
        Guest(MERCHANT, "merchant", "示例商户"),
        Guest(HAIRDRESSER, "merchant", "示例理发师"),
        Guest(PROPERTY_CLERK, "property_clerk"),
    ]
}
"""The people of the one-click door, by user name."""

HOME_COMMUNITY = "001003"
"""双虹社区: where the people of the door live and work. Their grid is its first."""

RESIDENTS = 24
"""Residents with a name and a number, besides the two at the door."""
RIDERS = 2
