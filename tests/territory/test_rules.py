"""Pure rules: coordinates, codes, names, outlines. No database."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mulin.ground.territory import rules
from mulin.kernel.errors import Refused

LON = st.floats(73.5, 135.0)
LAT = st.floats(18.0, 53.5)


def metres(one: tuple[float, float], other: tuple[float, float]) -> float:
    east = (one[0] - other[0]) * 111_320 * math.cos(math.radians(one[1]))
    return math.hypot(east, (one[1] - other[1]) * 111_000)


def square(west: float, south: float, side: float = 0.01) -> dict[str, Any]:
    ring = [
        [west, south],
        [west + side, south],
        [west + side, south + side],
        [west, south + side],
        [west, south],
    ]
    return {"type": "Polygon", "coordinates": [ring]}


class TestCoordinates:
    def test_the_golden_point_of_the_county_seat(self) -> None:
        lon, lat = rules.wgs84_to_gcj02(119.64, 41.40)
        assert (round(lon, 6), round(lat, 6)) == (119.645978, 41.401911)
        assert 540 < metres((119.64, 41.40), (lon, lat)) < 546

    @settings(max_examples=300)
    @given(LON, LAT)
    def test_there_and_back_is_the_same_place(self, lon: float, lat: float) -> None:
        assert metres(rules.gcj02_to_wgs84(*rules.wgs84_to_gcj02(lon, lat)), (lon, lat)) < 0.01
        assert metres(rules.bd09_to_gcj02(*rules.gcj02_to_bd09(lon, lat)), (lon, lat)) < 0.01
        for datum in rules.DATUMS:
            there = rules.from_wgs84(lon, lat, datum)
            assert metres(rules.to_wgs84(*there, datum), (lon, lat)) < 0.1

    @pytest.mark.parametrize(
        "point", [(2.35, 48.86), (-74.0, 40.7), (139.7, 35.7), (0.0, 0.0), (151.2, -33.9)]
    )
    def test_outside_china_nothing_moves(self, point: tuple[float, float]) -> None:
        assert rules.wgs84_to_gcj02(*point) == point
        assert rules.gcj02_to_wgs84(*point) == point
        assert rules.wgs84_to_bd09(*point) == point

    def test_cgcs2000_is_taken_as_wgs84_and_others_are_refused(self) -> None:
        assert rules.to_wgs84(119.64, 41.40, "CGCS 2000") == (119.64, 41.40)
        with pytest.raises(Refused, match="beijing54"):
            rules.to_wgs84(119.64, 41.40, "beijing54")


class TestRegionCodes:
    @pytest.mark.parametrize(
        ("text", "code", "level", "parent"),
        [
            ("21", "210000000000", 1, ""),
            ("2113", "211300000000", 2, "210000000000"),
            ("211322", "211322000000", 3, "211300000000"),
            ("211322001", "211322001000", 4, "211322000000"),
            ("211322001003", "211322001003", 5, "211322001000"),
            ("２１１３２２００１００３ ", "211322001003", 5, "211322001000"),
            ("211322 001 003", "211322001003", 5, "211322001000"),
            ("211322001.0", "211322001000", 4, "211322000000"),
            ("441900003001", "441900003001", 5, "441900003000"),
            ("441900003", "441900003000", 4, "441900000000"),
        ],
    )
    def test_any_written_length(self, text: str, code: str, level: int, parent: str) -> None:
        assert rules.region_code(text) == code
        assert rules.region_level(code) == level
        assert rules.region_parent(code) == parent

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "abc",
            "2.11322E+11",
            "211",
            "2113220010031",
            "00",
            "99",
            "210000001000",
            "211322000003",
            "211322001.5",
        ],
    )
    def test_what_is_no_code_is_refused_in_words(self, text: str) -> None:
        with pytest.raises(ValueError, match=r"代码"):
            rules.region_code(text)

    @pytest.mark.parametrize(
        ("code", "name", "kind"),
        [
            ("211322001000", "叶柏寿街道", "subdistrict"),
            ("211322101000", "朱碌科镇", "town"),
            ("211322205000", "青松岭乡", "town"),
            ("211322400000", "八家国营农场", "town"),
            ("211322450000", "开发区街道", "subdistrict"),
            ("211322001003", "双虹社区居民委员会", "community"),
            ("211322401001", "兴垦社区", "community"),
            ("211322400200", "八家村民委员会（八家分场）", "village"),
            ("211322400500", "类似村", "village"),
            ("211322000000", "建平县", "county"),
        ],
    )
    def test_kind_by_the_digits(self, code: str, name: str, kind: str) -> None:
        assert rules.division_kind(code, name) == kind

    @pytest.mark.parametrize(
        ("official", "short"),
        [
            ("双虹社区居民委员会", "双虹社区"),
            ("义成功村村民委员会", "义成功村"),
            ("新房身村委会（新房身分场）", "新房身村（新房身分场）"),
            ("镇直居民委员会", "镇直居委会"),
            ("兴垦社区", "兴垦社区"),
            ("哈日嘎查村民委员会", "哈日嘎查"),
            ("叶柏寿街道办事处", "叶柏寿街道"),
            ("热水国营畜牧农场", "热水国营畜牧农场"),
        ],
    )
    def test_the_short_name(self, official: str, short: str) -> None:
        assert rules.short_name(official) == short

    @pytest.mark.parametrize(
        "name", ["前进社区（已撤销）", "前进社区(已撤销)", "前进社区 已撤销", "前进社区【撤销】"]
    )
    def test_a_revoked_mark(self, name: str) -> None:
        assert rules.region_name(name) == ("前进社区", True)
        assert rules.region_name("撤销") == ("撤销", False)


class TestNames:
    def test_a_chain_says_nothing_twice(self) -> None:
        assert rules.joined_names(["叶柏寿街道", "双虹社区", "双虹第一网格"]) == "叶柏寿街道双虹社区第一网格"
        assert rules.joined_names(["叶柏寿街道", "双虹社区", "第一网格"]) == "叶柏寿街道双虹社区第一网格"
        assert rules.joined_names(["双虹社区", "双虹家园", "双虹家园1号楼"]) == "双虹社区双虹家园1号楼"

    def test_numbers_sort_as_numbers_and_characters_by_sound(self) -> None:
        assert sorted(["10号楼", "2号楼", "1号楼"], key=rules.sort_key) == ["1号楼", "2号楼", "10号楼"]
        assert sorted(["铁西", "双虹", "爱华"], key=rules.sort_key) == ["爱华", "双虹", "铁西"]
        assert len(rules.sort_key("长" * 120)) == 160

    @given(st.text(min_size=1, max_size=30))
    def test_a_segment_is_stable_and_fits_a_path(self, code: str) -> None:
        segment = rules.segment_of("compound", code)
        assert segment == rules.segment_of("compound", code) == rules.segment_of("compound", segment)
        assert "/" not in segment
        assert segment.startswith("C")
        assert len(segment) <= 17


class TestGridCodes:
    def test_made_and_checked(self) -> None:
        assert rules.grid_code("211322001003", "1", 2) == "2113220010031002"
        assert rules.grid_segment("2113220010031002") == "g1002"
        for code in ["211322001003100", "2113220010031000", "2113220010034001", "2113220010021001"]:
            with pytest.raises(Refused):
                rules.check_grid_code(code, "211322001003", "1")
        with pytest.raises(Refused):
            rules.grid_code("211322001003", "1", 1000)


class TestOutlines:
    def refused(self, geometry: object, datum: str = "wgs84") -> str:
        with pytest.raises(Refused) as caught:
            rules.read_outline(geometry, datum=datum)
        assert caught.value.code == "geometry"
        return caught.value.message

    def test_a_polygon_with_a_hole(self) -> None:
        drawn = square(119.64, 41.40)
        drawn["coordinates"].append(square(119.643, 41.403, 0.002)["coordinates"][0])
        shape = rules.read_outline(drawn)
        assert len(shape.geoms[0].interiors) == 1
        assert shape.geoms[0].exterior.is_ccw
        assert rules.same_outline(rules.stored_outline(rules.outline_geojson(shape)), shape)

    def test_what_is_wrong_is_said(self) -> None:
        x, y = 119.64, 41.40
        assert "写反" in self.refused(square(41.40, 119.64))
        assert "写反" in self.refused(square(41.40, 85.0))
        assert "投影" in self.refused(square(40_500_000.0, 4_580_000.0))
        bow = [[x, y], [x + 0.01, y + 0.01], [x + 0.01, y], [x, y + 0.01], [x, y]]
        assert "交叉" in self.refused({"type": "Polygon", "coordinates": [bow]})
        assert "闭合" in self.refused({"type": "Polygon", "coordinates": [bow[:4]]})
        assert "4 个" in self.refused({"type": "Polygon", "coordinates": [[[x, y], [x + 1, y], [x, y]]]})
        outside = {
            "type": "Polygon",
            "coordinates": [*square(x, y)["coordinates"], *square(x + 1, y)["coordinates"]],
        }
        assert "洞" in self.refused(outside)
        assert "Polygon" in self.refused({"type": "Point", "coordinates": [x, y]})
        flat = [[x, y], [x + 0.01, y], [x + 0.02, y], [x, y]]
        assert self.refused({"type": "Polygon", "coordinates": [flat]})

    @pytest.mark.parametrize(
        "geometry",
        [
            None,
            7,
            "x",
            [],
            {},
            {"type": "Polygon"},
            {"type": "Polygon", "coordinates": "abc"},
            {"type": "Polygon", "coordinates": []},
            {"type": "MultiPolygon", "coordinates": [[]]},
            {"type": "Polygon", "coordinates": [[["1", "2"]] * 4]},
            {"type": "Polygon", "coordinates": [[[True, 2]] * 4]},
            {"type": "Polygon", "coordinates": [[[float("nan"), 2.0]] * 4]},
            {"type": "Polygon", "coordinates": [[5, 6, 7, 5]]},
            {"type": "Polygon", "coordinates": [[[float("inf"), 2.0]] * 4]},
            {"type": "Polygon", "coordinates": [None]},
        ],
    )
    def test_nonsense_is_refused_and_never_crashes(self, geometry: object) -> None:
        self.refused(geometry)

    def test_too_many_coordinates(self) -> None:
        ring = [[119 + n * 1e-7, 41.0] for n in range(rules.MOST_POSITIONS + 1)]
        assert "简化" in self.refused({"type": "Polygon", "coordinates": [ring]})

    def test_the_datum_is_converted(self) -> None:
        there = rules.wgs84_to_gcj02(119.64, 41.40)
        shape = rules.read_outline(square(*there), datum="gcj02")
        assert metres(shape.geoms[0].exterior.coords[0], (119.64, 41.40)) < 0.1

    @pytest.mark.parametrize("datum", rules.DATUMS)
    def test_an_export_reads_back_the_same(self, datum: str) -> None:
        shape = rules.read_outline(square(119.64, 41.40))
        again = rules.read_outline(rules.outline_geojson(shape, datum=datum), datum=datum)
        assert rules.same_outline(again, shape)

    def test_area_in_square_metres(self) -> None:
        assert rules.area_m2(rules.read_outline(square(119.64, 41.40))) == pytest.approx(
            836.0 * 1110.6, rel=0.01
        )

    def test_drawing_errors_are_no_overlap_and_real_ones_are(self) -> None:
        one = rules.read_outline(square(119.64, 41.40))
        beside = rules.read_outline(square(119.65 - 5e-8, 41.40))
        over = rules.read_outline(square(119.6495, 41.40))
        assert rules.overlaps([one, beside]) == []
        (pair,) = rules.overlaps([one, beside, over], [True, False, False])
        assert (pair.first, pair.second) == (0, 2)
        assert pair.square_metres == pytest.approx(41.8 * 1110.6, rel=0.02)


class TestFiles:
    def told(self, **more: Any) -> str:
        return json.dumps({"type": "FeatureCollection", "features": [{"type": "Feature"}], **more})

    def test_the_datum_of_the_file(self) -> None:
        assert rules.read_features(self.told())[1] == "wgs84"
        assert rules.read_features(self.told(datum="gcj02"))[1] == "gcj02"
        assert rules.read_features(self.told(), datum="bd09")[1] == "bd09"
        with pytest.raises(Refused, match="gcj02"):
            rules.read_features(self.told(datum="gcj02"), datum="wgs84")

    def test_projected_coordinates_are_refused(self) -> None:
        named = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}}
        rules.read_features(self.told(crs=named))
        named["properties"] = {"name": "urn:ogc:def:crs:EPSG::4549"}
        with pytest.raises(Refused, match="4549"):
            rules.read_features(self.told(crs=named))

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "{",
            "[]",
            "7",
            '{"type":"Feature"}',
            '{"type":"FeatureCollection","features":[]}',
            '{"type":"FeatureCollection","features":[7]}',
            "[" * 100_000,
            b"\xff\xfe\x00",
        ],
    )
    def test_other_files_are_refused(self, text: Any) -> None:
        with pytest.raises(Refused):
            rules.read_features(text)
