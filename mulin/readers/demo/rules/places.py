"""Where the example county is: its published codes, and the invented map laid over them.

The codes and names of the county, its streets, towns and urban communities are those of the published
12-digit table.
Outlines, grids, compounds and buildings are invented; only the neighbourhood of the county seat is real.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

COUNTY = 211322
COUNTY_NAME = "建平县"
COUNTY_NAME_EN = "Jianping County"
TABLE_AS_OF = date(2023, 6, 30)
"""Reference date of the published table that the rows below repeat."""

ABOVE = [("21", "辽宁省"), ("2113", "朝阳市"), ("211322", COUNTY_NAME)]

STREETS: list[tuple[str, str, str]] = [
    ("001", "叶柏寿", "Yebaishou"),
    ("002", "红山", "Hongshan"),
    ("003", "铁南", "Tienan"),
    ("004", "万寿", "Wanshou"),
]
"""(code, name without 街道, romanisation)."""

COMMUNITIES: dict[str, list[tuple[str, str, str]]] = {
    "001": [
        ("001", "镜湖", "Jinghu"),
        ("002", "育才", "Yucai"),
        ("003", "双虹", "Shuanghong"),
        ("005", "益安", "Yi'an"),
        ("006", "永和", "Yonghe"),
        ("007", "热源", "Reyuan"),
        ("008", "新工", "Xingong"),
        ("009", "建安", "Jian'an"),
    ],
    "002": [
        ("001", "爱华", "Aihua"),
        ("002", "黎明", "Liming"),
        ("003", "永康", "Yongkang"),
        ("004", "新世纪", "Xinshiji"),
        ("005", "水源", "Shuiyuan"),
        ("006", "红山", "Hongshan"),
        ("007", "北山", "Beishan"),
        ("008", "利民", "Limin"),
        ("009", "富民", "Fumin"),
        ("010", "新城", "Xincheng"),
    ],
    "003": [
        ("001", "铁东", "Tiedong"),
        ("002", "铁北", "Tiebei"),
        ("003", "国储", "Guochu"),
        ("004", "铁西", "Tiexi"),
        ("005", "铁南", "Tienan"),
        ("006", "南山", "Nanshan"),
    ],
    "004": [
        ("001", "启工", "Qigong"),
        ("002", "城关", "Chengguan"),
        ("007", "东城", "Dongcheng"),
    ],
}
"""Street code → (code, name without 社区, romanisation) of its urban communities."""

TOWNS: list[tuple[str, str, str]] = [
    ("101", "朱碌科镇", "Zhuluke Town"),
    ("102", "建平镇", "Jianping Town"),
    ("103", "黑水镇", "Heishui Town"),
    ("104", "喀喇沁镇", "Kalaqin Town"),
    ("105", "北二十家子镇", "Bei'ershijiazi Town"),
    ("106", "沙海镇", "Shahai Town"),
    ("108", "哈拉道口镇", "Haladaokou Town"),
    ("109", "榆树林子镇", "Yushulinzi Town"),
    ("110", "老官地镇", "Laoguandi Town"),
    ("111", "深井镇", "Shenjing Town"),
    ("112", "奎德素镇", "Kuidesu Town"),
    ("113", "小塘镇", "Xiaotang Town"),
    ("114", "马场镇", "Machang Town"),
    ("115", "昌隆镇", "Changlong Town"),
    ("117", "张家营子镇", "Zhangjiayingzi Town"),
    ("118", "青峰山镇", "Qingfengshan Town"),
    ("119", "太平庄镇", "Taipingzhuang Town"),
    ("205", "青松岭乡", "Qingsongling Township"),
    ("206", "杨树岭乡", "Yangshuling Township"),
    ("209", "罗福沟乡", "Luofugou Township"),
    ("211", "烧锅营子乡", "Shaoguoyingzi Township"),
    ("214", "白山乡", "Baishan Township"),
    ("218", "三家蒙古族乡", "Sanjia Mongol Township"),
    ("220", "义成功乡", "Yichenggong Township"),
    ("400", "八家国营农场", "Bajia State Farm"),
    ("401", "热水国营畜牧农场", "Reshui State Livestock Farm"),
]
"""(code, name, English name) of the towns, townships and farms. Their villages are left out."""

OUTLINE: list[tuple[float, float]] = [
    (119.02, 41.58), (119.10, 41.38), (119.24, 41.27), (119.41, 41.21), (119.60, 41.19), (119.79, 41.22),
    (119.93, 41.31), (120.04, 41.45), (120.09, 41.64), (120.12, 41.83), (120.06, 42.02), (119.94, 42.17),
    (119.77, 42.28), (119.58, 42.31), (119.41, 42.24), (119.30, 42.08), (119.19, 41.93), (119.06, 41.77),
]  # fmt: skip
"""A rough hull of the county with a margin, WGS-84 degrees, anticlockwise, not closed."""

SEAT_WEST, SEAT_EAST, SEAT_SOUTH, SEAT_NORTH = 119.60, 119.70, 41.37, 41.43
"""The invented urban area around the county seat, degrees."""
COLUMNS, ROWS = 10, 6
"""Blocks of that area: one block is one grid."""

BANDS: list[tuple[str, list[str]]] = [
    ("002", ["007", "006", "005", "010", "004", "009", "008", "003", "002", "001"]),
    ("001", ["001", "002", "003", "005", "006", "009", "008", "007"]),
    ("004", ["007", "002", "001"]),
    ("003", ["001", "002", "003", "005", "004", "006"]),
]
"""Order in which streets, and communities within them, take blocks along the winding walk from north to
south."""
THREE_GRIDS = {"002004", "002010", "001003", "001001", "004002", "003004"}
"""Communities (street + community code) that have three grids; every other one has two."""
ORDINALS = ["第一", "第二", "第三"]


@dataclass(frozen=True)
class Compound:
    """An invented compound: community (street + community code), which of its grids, buildings (0: not
    entered)."""

    community: str
    grid: int
    name: str
    name_en: str
    buildings: int = 0
    outlined: bool = False


COMPOUNDS: list[Compound] = [
    Compound("001001", 1, "镜湖雅居", "Jinghu Yaju", 4, True),
    Compound("001001", 2, "临湖苑", "Linhu Yuan", 3),
    Compound("001001", 3, "映月里", "Yingyue Li"),
    Compound("001002", 1, "育才家属院", "Yucai Staff Housing", 3, True),
    Compound("001002", 2, "书香门庭", "Shuxiang Menting"),
    Compound("001003", 1, "双虹家园", "Shuanghong Jiayuan", 6, True),
    Compound("001003", 2, "虹桥新村", "Hongqiao Xincun", 4, True),
    Compound("001003", 3, "彩虹里", "Caihong Li", 3, True),
    Compound("001005", 1, "益安小区", "Yi'an Compound", 3),
    Compound("001005", 2, "安泰嘉园", "Antai Jiayuan"),
    Compound("001006", 1, "永和里", "Yonghe Li", 3, True),
    Compound("001006", 2, "和顺家园", "Heshun Jiayuan"),
    Compound("001007", 1, "热源家属楼", "Reyuan Staff Block", 2),
    Compound("001007", 2, "暖阳小区", "Nuanyang Compound"),
    Compound("001008", 1, "新工新村", "Xingong Xincun", 3),
    Compound("001009", 1, "建安花园", "Jian'an Huayuan", 3, True),
    Compound("001009", 2, "松涛苑", "Songtao Yuan"),
    Compound("002001", 1, "爱华小区", "Aihua Compound", 3, True),
    Compound("002002", 1, "黎明佳苑", "Liming Jiayuan", 2),
    Compound("002003", 1, "永康里", "Yongkang Li", 3),
    Compound("002003", 2, "康宁家园", "Kangning Jiayuan"),
    Compound("002004", 1, "世纪华庭", "Shiji Huating", 4, True),
    Compound("002004", 2, "新苑小区", "Xinyuan Compound"),
    Compound("002005", 1, "水源里", "Shuiyuan Li", 2),
    Compound("002006", 1, "红山明珠", "Hongshan Mingzhu", 3, True),
    Compound("002007", 1, "北山人家", "Beishan Renjia", 2),
    Compound("002008", 1, "利民小区", "Limin Compound", 3),
    Compound("002009", 2, "富民新居", "Fumin Xinju"),
    Compound("002010", 1, "新城国际", "Xincheng Guoji", 4, True),
    Compound("002010", 3, "丽景湾", "Lijing Wan"),
    Compound("003001", 1, "铁东家属院", "Tiedong Staff Housing", 3, True),
    Compound("003002", 1, "铁北小区", "Tiebei Compound", 2),
    Compound("003003", 2, "国储楼院", "Guochu Courtyard"),
    Compound("003004", 1, "铁西花园", "Tiexi Huayuan", 4, True),
    Compound("003004", 2, "机务里", "Jiwu Li", 3),
    Compound("003004", 3, "西苑新村", "Xiyuan Xincun"),
    Compound("003005", 1, "铁南佳园", "Tienan Jiayuan", 3),
    Compound("003006", 1, "南山御景", "Nanshan Yujing", 2, True),
    Compound("004001", 1, "启工小区", "Qigong Compound", 3),
    Compound("004002", 1, "城关老街院", "Chengguan Laojie Courtyard", 2),
    Compound("004007", 1, "东城首府", "Dongcheng Shoufu", 3, True),
]

ROADS = ["万寿路", "人民路", "站前街", "西街", "北山路", "文化街", "新建街", "体育路", "河畔路", "育才街"]
"""Street names spoken of in the cases; common names, not taken from a map."""


def region_rows() -> list[tuple[str, str]]:
    """(code, name) as the published table prints them: county, streets, towns, urban communities, parents
    first."""
    rows = list(ABOVE)
    rows += [(f"{COUNTY}{code}", f"{name}街道") for code, name, _ in STREETS]
    rows += [(f"{COUNTY}{code}", name) for code, name, _ in TOWNS]
    for street, communities in COMMUNITIES.items():
        rows += [(f"{COUNTY}{street}{code}", f"{name}社区居民委员会") for code, name, _ in communities]
    return rows


def english_names() -> dict[str, str]:
    """12-digit code → English name of everything in ``region_rows`` below the county."""
    names = {f"{COUNTY}000000": COUNTY_NAME_EN}
    names |= {f"{COUNTY}{code}000": f"{english} Subdistrict" for code, _, english in STREETS}
    names |= {f"{COUNTY}{code}000": english for code, _, english in TOWNS}
    for street, communities in COMMUNITIES.items():
        names |= {f"{COUNTY}{street}{code}": f"{english} Community" for code, _, english in communities}
    return names


def community_names() -> dict[str, tuple[str, str]]:
    """Street + community code → (name without 社区, romanisation)."""
    return {
        street + code: (name, english) for street, rows in COMMUNITIES.items() for code, name, english in rows
    }


def grid_counts() -> list[tuple[str, int]]:
    """(street + community code, number of grids) in the order of the winding walk; the counts add up to
    the blocks."""
    walk = [street + code for street, codes in BANDS for code in codes]
    return [(community, 3 if community in THREE_GRIDS else 2) for community in walk]
