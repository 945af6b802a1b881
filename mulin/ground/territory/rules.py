"""Pure decisions about places: coordinates, region codes, names, paths and outlines. No table, no
clock.

Coordinates are always (longitude, latitude) in degrees. What is stored is WGS-84; CGCS2000 differs from
it by less than the width of a hand and is taken as the same.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy
import shapely
from django.utils.translation import gettext as _
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.polygon import orient

from mulin.kernel.errors import Refused
from mulin.kernel.ids import ALPHABET

# ── coordinates ───────────────────────────────────────────────────────────────────────────────────────────
DATUMS: Final = ("wgs84", "cgcs2000", "gcj02", "bd09")
_AXIS: Final = 6378245.0
"""Semi-major axis of the Krasovsky ellipsoid, metres: GCJ-02 is computed on it."""
_ECCENTRICITY: Final = 0.00669342162296594323
_BAIDU: Final = math.pi * 3000.0 / 180.0
Point = tuple[float, float]


def in_china(lon: float, lat: float) -> bool:
    """Whether GCJ-02 shifts this point at all: the rectangle that every published converter uses."""
    return 72.004 <= lon <= 137.8347 and 0.8293 <= lat <= 55.8271


def _shifted(lon: float, lat: float) -> Point:
    """The GCJ-02 position of a WGS-84 point, wherever it lies."""
    x, y = lon - 105.0, lat - 35.0
    wave = (20.0 * math.sin(6.0 * x * math.pi) + 20.0 * math.sin(2.0 * x * math.pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x)) + wave
    north += (20.0 * math.sin(y * math.pi) + 40.0 * math.sin(y / 3.0 * math.pi)) * 2.0 / 3.0
    north += (160.0 * math.sin(y / 12.0 * math.pi) + 320.0 * math.sin(y * math.pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x)) + wave
    east += (20.0 * math.sin(x * math.pi) + 40.0 * math.sin(x / 3.0 * math.pi)) * 2.0 / 3.0
    east += (150.0 * math.sin(x / 12.0 * math.pi) + 300.0 * math.sin(x / 30.0 * math.pi)) * 2.0 / 3.0
    angle = lat / 180.0 * math.pi
    magic = 1.0 - _ECCENTRICITY * math.sin(angle) ** 2
    root = math.sqrt(magic)
    d_lat = north * 180.0 / (_AXIS * (1.0 - _ECCENTRICITY) / (magic * root) * math.pi)
    d_lon = east * 180.0 / (_AXIS / root * math.cos(angle) * math.pi)
    return lon + d_lon, lat + d_lat


def _inverse(forward: Callable[[float, float], Point], lon: float, lat: float) -> Point:
    """The point that ``forward`` takes to (lon, lat), by fixed-point iteration: the shift varies slowly."""
    x, y = lon, lat
    for _round in range(12):
        there = forward(x, y)
        off = (there[0] - lon, there[1] - lat)
        x, y = x - off[0], y - off[1]
        if max(abs(off[0]), abs(off[1])) < 1e-11:
            break
    return x, y


def wgs84_to_gcj02(lon: float, lat: float) -> Point:
    """What AutoNavi and Tencent maps show for a GPS point. Outside China unchanged."""
    return _shifted(lon, lat) if in_china(lon, lat) else (lon, lat)


def gcj02_to_wgs84(lon: float, lat: float) -> Point:
    """The inverse, to well under 0.1 m."""
    found = _inverse(_shifted, lon, lat) if -85 < lat < 85 else (lon, lat)
    return found if in_china(*found) else (lon, lat)


def gcj02_to_bd09(lon: float, lat: float) -> Point:
    """Baidu's further shift."""
    radius = math.hypot(lon, lat) + 0.00002 * math.sin(lat * _BAIDU)
    angle = math.atan2(lat, lon) + 0.000003 * math.cos(lon * _BAIDU)
    return radius * math.cos(angle) + 0.0065, radius * math.sin(angle) + 0.006


def bd09_to_gcj02(lon: float, lat: float) -> Point:
    """The inverse, by iteration (the published closed form is off by up to a metre)."""
    return _inverse(gcj02_to_bd09, lon, lat)


def wgs84_to_bd09(lon: float, lat: float) -> Point:
    """What Baidu maps show for a GPS point. Outside China unchanged."""
    return gcj02_to_bd09(*_shifted(lon, lat)) if in_china(lon, lat) else (lon, lat)


def bd09_to_wgs84(lon: float, lat: float) -> Point:
    """The inverse of ``wgs84_to_bd09``."""
    if not -85 < lat < 85:
        return lon, lat
    found = _inverse(_shifted, *bd09_to_gcj02(lon, lat))
    return found if in_china(*found) else (lon, lat)


def _same(lon: float, lat: float) -> Point:
    return lon, lat


_TO_WGS84: Final[Mapping[str, Callable[[float, float], Point]]] = {
    "wgs84": _same, "cgcs2000": _same, "gcj02": gcj02_to_wgs84, "bd09": bd09_to_wgs84,
}  # fmt: skip
_FROM_WGS84: Final[Mapping[str, Callable[[float, float], Point]]] = {
    "wgs84": _same, "cgcs2000": _same, "gcj02": wgs84_to_gcj02, "bd09": wgs84_to_bd09,
}  # fmt: skip


def known_datum(datum: str) -> str:
    """One of DATUMS, from what a person wrote (WGS-84, GCJ02 …). Refuses anything else."""
    plain = re.sub(r"[\s_\-]", "", datum).lower()
    if plain not in DATUMS:
        raise Refused(
            "datum",
            _("不认识坐标系“%(datum)s”，只能是 WGS-84、CGCS2000、GCJ-02 或 BD-09。") % {"datum": datum},
        )
    return plain


def to_wgs84(lon: float, lat: float, datum: str) -> Point:
    """(lon, lat) of the datum as WGS-84. Refuses an unknown datum."""
    return _TO_WGS84[known_datum(datum)](lon, lat)


def from_wgs84(lon: float, lat: float, datum: str) -> Point:
    """A stored WGS-84 point in another datum. Refuses an unknown datum."""
    return _FROM_WGS84[known_datum(datum)](lon, lat)


# ── region codes: GB/T 2260 (6 digits) + GB/T 10114 (3) + 3 ───────────────────────────────────────────────
_LENGTHS: Final = (2, 4, 6, 9, 12)
_REVOKED: Final = re.compile(r"\s*[（(\[【]?\s*已?(?:撤销|废止)\s*[）)\]】]?\s*$")


def region_code(text: str) -> str:
    """The 12-digit form of a code of 2, 4, 6, 9 or 12 digits. Raises ValueError with words for a person."""
    code = re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).strip("'\"=")
    code = re.sub(r"(?<=[0-9])\.0+$", "", code)  # a program that took the column for numbers
    if not code:
        raise ValueError(_("代码为空"))
    if re.fullmatch(r"[0-9.]+[eE]\+?[0-9]+", code):
        raise ValueError(
            _("代码被表格软件改成了科学计数（%(code)s），请按文本重新导出") % {"code": code[:20]}
        )
    if not code.isascii() or not code.isdigit():
        raise ValueError(_("代码不全是数字：%(code)s") % {"code": code[:20]})
    if len(code) not in _LENGTHS:
        raise ValueError(_("代码应为 2、4、6、9 或 12 位，这里是 %(count)s 位") % {"count": len(code)})
    code = code.ljust(12, "0")
    if not "11" <= code[:2] <= "91":
        raise ValueError(_("没有以 %(head)s 开头的省级代码") % {"head": code[:2]})
    if (code[2:4] == "00" and code[4:] != "0" * 8) or (code[6:9] == "000" and code[9:] != "000"):
        raise ValueError(_("代码缺了中间一级：%(code)s") % {"code": code})
    return code


def region_level(code: str) -> int:
    """1 province, 2 prefecture, 3 county, 4 subdistrict or town, 5 community or village; of a 12-digit
    code."""
    if code[9:] != "000":
        return 5
    if code[6:9] != "000":
        return 4
    if code[4:6] != "00":
        return 3
    return 2 if code[2:4] != "00" else 1


_KEPT: Final = {1: 0, 2: 2, 3: 4, 4: 6, 5: 9}


def region_parent(code: str) -> str:
    """The 12-digit code one level up; '' for a province. A town right under a prefecture has that as
    parent."""
    kept = _KEPT[region_level(code)]
    return code[:kept].ljust(12, "0") if kept else ""


def region_name(text: str) -> tuple[str, bool]:
    """(name without spaces at the ends and without the mark, whether it is marked as revoked)."""
    name = " ".join(text.replace("\u3000", " ").split())
    bare = _REVOKED.sub("", name)
    return (bare, True) if bare != name and bare else (name, False)


def division_kind(code: str, name: str) -> str:
    """The kind of a planted division: digits 7–9 and 10–12 tell, the name where they do not."""
    level = region_level(code)
    if level <= 3:
        return "county"
    if level == 4:
        similar = int(code[6:9]) >= 400 and re.search(r"街道(办事处)?$", name)
        return "subdistrict" if int(code[6:9]) < 100 or similar else "town"
    serial = int(code[9:])
    if serial < 200 or 400 <= serial < 500:
        return "community"
    if serial < 600:
        return "village"
    return "village" if "村" in name else "community"


_COMMITTEES: Final = (
    (re.compile(r"社区(居民委员会|居委会|居民委)$"), "社区", ()),
    (re.compile(r"(居民委员会|居委会)$"), "居委会", ("社区",)),
    (re.compile(r"(村民委员会|村委会)$"), "村", ("村", "嘎查")),
    (re.compile(r"街道办事处$"), "街道", ()),
)


def short_name(official: str) -> str:
    """What people call a place: 双虹社区居民委员会 → 双虹社区, 八家村民委员会（八家分场） →
    八家村（八家分场）."""
    match = re.fullmatch(r"(.+?)([（(].*[）)])?", official)
    base, aside = (match[1], match[2] or "") if match else (official, "")
    for ending, put, enough in _COMMITTEES:
        stem, count = ending.subn("", base)
        if count and stem:
            return (stem if stem.endswith(enough) else stem + put) + aside if enough else stem + put + aside
    return official


def county_prefix(code: int | str) -> str:
    """The six digits of a county. Raises ValueError."""
    digits = str(code).strip()
    if len(digits) == 12 and digits.endswith("000000"):
        digits = digits[:6]
    if not re.fullmatch(r"[1-9][0-9]{5}", digits):
        raise ValueError(_("县的代码是 6 位数字，这里是：%(code)s") % {"code": digits[:20]})
    return digits


# ── paths, names, order ───────────────────────────────────────────────────────────────────────────────────
LETTERS: Final[Mapping[str, str]] = {
    "compound": "C",
    "standalone_building": "S",
    "building": "B",
    "place": "P",
}
"""First letter of a path segment that no region code gives. ``g`` begins the segment of a grid."""


def region_segment(code: str) -> str:
    """The path segment of a planted division: 211322001000 → 001, 211322001003 → 003, a county → ''."""
    level = region_level(code)
    return code[9:] if level == 5 else code[6:9] if level == 4 else ""


def segment_again(segment: str, times: int) -> str:
    """The segment of a place whose segment an ended one still holds: 003 → 003-2. Never a prefix of the
    other's path."""
    return f"{segment}-{times}"


def segment_of(kind: str, code: str) -> str:
    """A stable path segment from a code that somebody else keeps. Long or odd codes become ten
    characters of a hash."""
    letter = LETTERS.get(kind, "X")
    plain = unicodedata.normalize("NFKC", code).strip().upper()
    if not re.fullmatch(rf"{letter}?[A-Z0-9_\-]{{1,16}}", plain):
        number = int.from_bytes(hashlib.sha256(plain.encode()).digest()[:8], "big")
        plain = "".join(ALPHABET[(number >> (5 * place)) & 31] for place in range(10))
    return plain if plain[0] == letter else letter + plain


def grid_segment(code: str) -> str:
    """``g`` with the kind and serial of a grid code: 2113220010031002 → g1002."""
    return "g" + code[12:]


def prefixes(path: str) -> list[str]:
    """Every path from the county down to this one: /001/003/ → ['/', '/001/', '/001/003/']."""
    found, here = ["/"], "/"
    for segment in path.strip("/").split("/"):
        if segment:
            here += segment + "/"
            found.append(here)
    return found


def is_grid_path(path: str) -> bool:
    """Whether the last segment is that of a grid."""
    return path.rstrip("/").rpartition("/")[2].startswith("g")


def sort_key(name: str) -> str:
    """An order for display without a Chinese collation: GB 2312 keeps common characters in pinyin order, and
    numbers are padded (2号楼 before 10号楼). At most 160 characters."""
    padded = re.sub(r"\d+", lambda found: found[0].zfill(6), unicodedata.normalize("NFKC", name))
    return padded.encode("gb18030", "replace").hex()[:160]


def joined_names(names: Sequence[str]) -> str:
    """One name out of a chain, without saying a place twice: 叶柏寿街道, 双虹社区, 双虹第一网格 →
    叶柏寿街道双虹社区第一网格."""
    said: list[str] = []
    for name in names:
        if said:
            above = said[-1]
            stem = re.sub(r"(社区|村|街道|镇|乡)$", "", above)
            if name.startswith(above) and name != above:
                name = name[len(above) :]
            elif name.endswith("网格") and len(stem) > 1 and name.startswith(stem):
                name = name[len(stem) :]
        said.append(name)
    return "".join(said)


# ── grid codes ────────────────────────────────────────────────────────────────────────────────────────────
GRID_KINDS: Final[Mapping[str, str]] = {
    "1": "1", "basic": "1", "基础网格": "1", "2": "2", "dedicated": "2", "专属网格": "2",
    "3": "3", "micro": "3", "微网格": "3", "": "1", "grid": "1", "网格": "1",
}  # fmt: skip
"""What a file may call a grid's kind."""


def grid_code(community: str, kind: str, serial: int) -> str:
    """12-digit community + kind + three serial digits. Refuses a place without such a code, and a
    1000th grid."""
    if not re.fullmatch(r"[0-9]{12}", community):
        raise Refused(
            "community_without_code",
            _("这个社区（村）没有 12 位区划代码，请先打开县（open-county）或补上代码。"),
        )
    if not 1 <= serial <= 999:
        raise Refused("grids_full", _("一个社区（村）同类网格最多 999 个。"))
    return f"{community}{kind}{serial:03d}"


def check_grid_code(code: str, community: str, kind: str) -> str:
    """A grid code that somebody gives. Refuses one of another community or kind."""
    if not re.fullmatch(r"[0-9]{12}[123][0-9]{3}", code) or code.endswith("000"):
        message = _("网格编码应为 16 位：12 位社区（村）代码、1 位类型、3 位序号，这里是：%(code)s")
        raise Refused("grid_code", message % {"code": code[:30]}, field="code")
    if code[:12] != community or code[12] != kind:
        raise Refused(
            "grid_code", _("网格编码 %(code)s 不属于这个社区（村）或类型。") % {"code": code}, field="code"
        )
    return code


# ── outlines ──────────────────────────────────────────────────────────────────────────────────────────────
MOST_POSITIONS: Final = 50_000
"""Positions of one outline. A grid drawn by hand has some dozens."""
DIGITS: Final = 7
"""Decimals kept of a degree: about a centimetre."""
OVERLAP_M2: Final = 10.0
OVERLAP_SHARE: Final = 0.01
"""Two grids overlap when they share more than this area, or this share of the smaller one: less is
drawing error."""


def read_outline(geometry: object, *, datum: str = "wgs84") -> MultiPolygon:
    """A GeoJSON Polygon or MultiPolygon as a valid WGS-84 MultiPolygon, shells counter-clockwise, 7
    decimals.

    Refuses (code ``geometry``) what is not closed, crosses itself, has no area, lies off the globe or
    is written latitude first, and says which.
    """
    convert = _TO_WGS84[known_datum(datum)]
    if not isinstance(geometry, Mapping) or geometry.get("type") not in ("Polygon", "MultiPolygon"):
        raise _bad(_("图形应为 GeoJSON 的 Polygon 或 MultiPolygon。"))
    parts = geometry.get("coordinates")
    if geometry["type"] == "Polygon":
        parts = [parts]
    if not isinstance(parts, Sequence) or isinstance(parts, str) or not parts:
        raise _bad(_("图形没有坐标。"))
    left = [MOST_POSITIONS]
    polygons = []
    for part in parts:
        if not isinstance(part, Sequence) or isinstance(part, str) or not part:
            raise _bad(_("图形没有坐标。"))
        rings = [_ring(ring, convert, left) for ring in part]
        polygons.append(orient(Polygon(rings[0], rings[1:])))
    shape = MultiPolygon(polygons)
    if not shape.is_valid:
        raise _bad(_why_invalid(shape))
    if shape.area == 0:
        raise _bad(_("图形的面积为零。"))
    return shape


def _bad(message: str) -> Refused:
    return Refused("geometry", message, field="geometry")


def _ring(ring: object, convert: Callable[[float, float], Point], left: list[int]) -> list[Point]:
    if not isinstance(ring, Sequence) or isinstance(ring, str):
        raise _bad(_("图形的坐标格式不对。"))
    left[0] -= len(ring)
    if left[0] < 0:
        raise _bad(_("图形的坐标超过 %(most)s 个，请先简化。") % {"most": MOST_POSITIONS})
    read = [_position(position) for position in ring]
    if len(read) < 4:
        raise _bad(_("一个环至少要 4 个坐标（首尾相同），这里只有 %(count)s 个。") % {"count": len(read)})
    if read[0] != read[-1]:
        raise _bad(_("图形没有闭合：第一个坐标与最后一个坐标不同。"))
    return [(round(x, DIGITS), round(y, DIGITS)) for x, y in (convert(lon, lat) for lon, lat in read)]


def _position(position: object) -> Point:
    if not isinstance(position, Sequence) or isinstance(position, str) or not 2 <= len(position) <= 4:
        raise _bad(_("坐标应写成 [经度, 纬度]。"))
    lon, lat = position[0], position[1]
    if not all(
        isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        for value in (lon, lat)
    ):
        raise _bad(_("坐标应写成 [经度, 纬度]。"))
    check_position(lon, lat)
    return float(lon), float(lat)


def check_position(lon: float, lat: float) -> None:
    """Refuses degrees off the globe, and says so where latitude and longitude are swapped."""
    where = {"lon": f"{lon:g}", "lat": f"{lat:g}"}
    if 3 <= lon <= 54 and 73 <= lat <= 136:
        raise _bad(_("坐标 [%(lon)s, %(lat)s] 的经纬度写反了：应先写经度，再写纬度。") % where)
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise _bad(_("坐标 [%(lon)s, %(lat)s] 不是经纬度，可能是投影坐标，请换成度。") % where)


def _why_invalid(shape: Any) -> str:
    told = str(shapely.is_valid_reason(shape))
    where = re.search(r"\[(\S+) (\S+)\]", told)
    point = {"at": f"[{float(where[1]):g}, {float(where[2]):g}]" if where else ""}
    if "Self-intersection" in told or "Ring" in told:
        return _("图形的边互相交叉，在 %(at)s 附近。") % point
    if "Hole lies outside" in told:
        return _("图形里的洞不在图形之内，在 %(at)s 附近。") % point
    return _("图形不成立：%(why)s") % {"why": told}


def outline_geojson(shape: MultiPolygon, *, datum: str = "wgs84") -> dict[str, Any]:
    """A GeoJSON MultiPolygon of the shape, in WGS-84 or converted to the asked datum (then nine decimals)."""
    convert = _FROM_WGS84[known_datum(datum)]

    def ring(coordinates: Any) -> list[list[float]]:
        if convert is _same:
            return [[x, y] for x, y in coordinates]
        return [[round(x, 9), round(y, 9)] for x, y in (convert(*point) for point in coordinates)]

    parts = [[ring(one.coords) for one in (part.exterior, *part.interiors)] for part in shape.geoms]
    return {"type": "MultiPolygon", "coordinates": parts}


def stored_outline(geometry: Mapping[str, Any]) -> MultiPolygon:
    """The shape of an outline that passed ``read_outline`` when it was stored: no checks again."""
    parts = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    return MultiPolygon([Polygon(part[0], part[1:]) for part in parts])


def area_m2(shape: Any) -> float:
    """Area in square metres of a shape in degrees, by the scale at its centre (good to 0.5 % for a
    county)."""
    if shape.is_empty:
        return 0.0
    lat = math.radians(shape.centroid.y)
    per_lat = 111132.95 - 559.85 * math.cos(2 * lat)
    per_lon = 111412.88 * math.cos(lat) - 93.5 * math.cos(3 * lat)
    return float(shape.area) * per_lat * per_lon


def metres_to(shape: Any, lon: float, lat: float) -> float:
    """How far a WGS-84 point lies from a shape in degrees, in metres by the scale at the point; 0 within it. Good to 0.5 %
    within a county."""
    angle = math.radians(lat)
    per_lat = 111132.95 - 559.85 * math.cos(2 * angle)
    per_lon = 111412.88 * math.cos(angle) - 93.5 * math.cos(3 * angle)
    flat = shapely.transform(shape, lambda xy: (xy - (lon, lat)) * (per_lon, per_lat))
    return float(shapely.distance(flat, shapely.Point(0, 0)))


def same_outline(one: MultiPolygon, other: MultiPolygon) -> bool:
    """Whether two outlines differ by no more than a square metre: an export read back is the same."""
    if one.equals_exact(other, 3e-7):
        return True
    return area_m2(shapely.symmetric_difference(one, other)) < 1.0


@dataclass(frozen=True)
class Overlap:
    """Two outlines, by their place in the list, and the square metres that they share."""

    first: int
    second: int
    square_metres: float


def overlaps(shapes: Sequence[MultiPolygon], fresh: Sequence[bool] | None = None) -> list[Overlap]:
    """Pairs that overlap beyond drawing error, once each; only pairs with a fresh one where ``fresh``
    is given."""
    every = numpy.array(shapes, dtype=object)
    if len(every) < 2:
        return []
    ours, theirs = shapely.STRtree(every).query(every, predicate="intersects")
    keep = ours < theirs
    if fresh is not None:
        new = numpy.asarray(fresh, dtype=bool)
        keep &= new[ours] | new[theirs]
    found = []
    for first, second in sorted(zip(ours[keep].tolist(), theirs[keep].tolist(), strict=True)):
        shared = area_m2(shapely.intersection(every[first], every[second]))
        smaller = min(area_m2(every[first]), area_m2(every[second]))
        if shared > OVERLAP_M2 or shared > OVERLAP_SHARE * smaller:
            found.append(Overlap(first, second, shared))
    return found


# ── GeoJSON files ─────────────────────────────────────────────────────────────────────────────────────────
MOST_FEATURES: Final = 20_000
_GEOGRAPHIC: Final = re.compile(r"(CRS84|EPSG:{1,2}(4326|4490|4979))$", re.IGNORECASE)


def read_features(text: bytes | str, *, datum: str = "") -> tuple[list[Mapping[str, Any]], str]:
    """(features, datum) of a GeoJSON FeatureCollection: the told datum, else the file's own, else WGS-84.

    Our exports say their datum in a member ``datum``. Refuses other files, projected coordinates by their
    ``crs``, and a file that says another datum than it is told to be.
    """
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        raise Refused("geojson", _("这不是 GeoJSON 文件（应为 UTF-8 的 JSON 文本）。")) from None
    collection = isinstance(whole, dict) and whole.get("type") == "FeatureCollection"
    features = whole.get("features") if collection else None
    if not isinstance(features, list) or not all(isinstance(feature, dict) for feature in features):
        raise Refused("geojson", _("文件里应有一个 FeatureCollection。"))
    if not features:
        raise Refused("geojson", _("文件里没有图形。"))
    if len(features) > MOST_FEATURES:
        raise Refused("geojson", _("文件里的图形超过 %(most)s 个，请分成几份。") % {"most": MOST_FEATURES})
    crs = whole.get("crs")
    properties = crs.get("properties") if isinstance(crs, dict) else None
    named = str(properties.get("name", "")) if isinstance(properties, dict) else ""
    if named and not _GEOGRAPHIC.search(named):
        raise Refused("geojson", _("文件的坐标系是 %(crs)s，请先转换成经纬度（度）。") % {"crs": named[:60]})
    own = known_datum(str(whole["datum"])) if whole.get("datum") else ""
    told = known_datum(datum) if datum else own or "wgs84"
    if own and told != own:
        message = _("文件写明坐标系是 %(own)s，与所选的 %(told)s 不同。")
        raise Refused("datum", message % {"own": own, "told": told}, field="datum")
    return features, told


# ── words of stations ─────────────────────────────────────────────────────────────────────────────────────
def short(text: str, *, field: str, most: int) -> str:
    """One line without runs of spaces. Refuses a longer one ("too_long")."""
    plain = " ".join(text.split())
    if len(plain) > most:
        raise Refused("too_long", _("最多 %(most)d 个字，请写短一些。") % {"most": most}, field=field)
    return plain


def checked_weekdays(days: Iterable[int]) -> str:
    """ISO weekdays as they are stored: 1, 3, 5 → ``135``. Refuses anything that is no weekday."""
    chosen = sorted(set(days))
    if any(day not in range(1, 8) for day in chosen):
        raise Refused("weekday", _("星期只能是周一到周日。"), field="weekdays")
    return "".join(str(day) for day in chosen)


def weekday_names() -> dict[int, str]:
    """1 → 周一 … 7 → 周日."""
    names = (_("周一"), _("周二"), _("周三"), _("周四"), _("周五"), _("周六"), _("周日"))
    return dict(enumerate(names, start=1))


def weekday_words(days: str) -> str:
    """``135`` → 周一、周三、周五; no day named is every working day."""
    names = weekday_names()
    if not days or days == "12345":
        return _("每个工作日")
    return _("每天") if days == "1234567" else _("、").join(names[int(day)] for day in days)
