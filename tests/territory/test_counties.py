"""``open_county``: a county's tree from the national table, and what later tables change in it."""

from __future__ import annotations

import io
from datetime import date, datetime

import pytest
from django.core.management import call_command

from mulin.citus.models import County
from mulin.ground.territory import actions, queries
from mulin.ground.territory.models import Division
from mulin.kernel.actor import system
from mulin.kernel.county import county_scope
from mulin.kernel.errors import Refused
from tests.conftest import as_owner

pytestmark = pytest.mark.django_db
TABLE = """code,name
21,辽宁省
2113,朝阳市
211322,建平县
211322001,叶柏寿街道
211322400,八家国营农场
211322001003,双虹社区居民委员会
211322001005,益安社区居民委员会
211322400200,八家村民委员会（八家分场）
"""
BY = system(211322, "test")


def load(text: str, as_of: date) -> None:
    actions.import_divisions(file=io.BytesIO(text.encode()), as_of=as_of)


def opened(now: datetime, code: str = "211322") -> actions.Opened:
    return actions.open_county(code=code, by=BY, now=now)


def test_opening_plants_the_official_tree(now: datetime) -> None:
    with as_owner():
        load(TABLE, date(2025, 6, 30))
        done = opened(now)
    assert (done.opened, done.planted, done.county) == (True, 6, 211322)
    with county_scope(211322):
        tree = {row.path: (row.name, row.kind, row.region_code) for row in Division.objects.all()}
        assert tree == {
            "/": ("建平县", "county", "211322000000"),
            "/001/": ("叶柏寿街道", "subdistrict", "211322001000"),
            "/400/": ("八家国营农场", "town", "211322400000"),
            "/001/003/": ("双虹社区", "community", "211322001003"),
            "/001/005/": ("益安社区", "community", "211322001005"),
            "/400/200/": ("八家村（八家分场）", "village", "211322400200"),
        }
        assert [row.name for row in queries.children(None)] == ["叶柏寿街道", "八家国营农场"]
        assert Division.objects.get(path="/001/003/").parent.path == "/001/"
        assert queries.map_mark() is not None


def test_twice_changes_nothing(now: datetime) -> None:
    with as_owner():
        load(TABLE, date(2025, 6, 30))
        opened(now)
        with county_scope(211322):
            before, mark = list(Division.objects.order_by("path").values_list()), queries.map_mark()
        again = opened(now)
        assert (again.opened, again.planted, again.renamed, again.ended, again.unchanged) == (
            False,
            0,
            [],
            [],
            6,
        )
        with county_scope(211322):
            assert list(Division.objects.order_by("path").values_list()) == before
            assert queries.map_mark() == mark


def test_a_newer_table_plants_renames_and_ends(now: datetime) -> None:
    with as_owner():
        load(TABLE, date(2025, 6, 30))
        opened(now)
        with county_scope(211322):
            place = queries.division_at_path("/001/005/")
            assert place is not None
            grid = actions.draw_grid(community=place, name="第一网格", on=date(2026, 1, 1), by=BY, now=now)
            by_hand = queries.division_at_path("/400/200/")
            actions.rename_division(division=by_hand, name="八家分场", by=BY, now=now)  # type: ignore[arg-type]
        newer = TABLE.replace("211322001005,益安社区居民委员会\n", "211322001006,永和社区居民委员会\n")
        newer = newer.replace("双虹社区", "新双虹社区").replace("八家村民委员会", "新八家村民委员会")
        load(newer, date(2026, 6, 30))
        done = opened(now)
    assert (done.planted, done.renamed, done.ended) == (1, ["双虹社区 → 新双虹社区"], ["益安社区"])
    assert done.left == [f"{grid.code} 第一网格"]
    with county_scope(211322):
        assert queries.division_at_path("/001/003/").name == "新双虹社区"  # type: ignore[union-attr]
        assert queries.division_at_path("/400/200/").name == "八家分场"  # type: ignore[union-attr]
        assert queries.division_at_path("/001/005/").ended_on == date(2026, 9, 1)  # type: ignore[union-attr]


def test_a_revived_code_is_another_place_with_another_path(now: datetime) -> None:
    with as_owner():
        load(TABLE, date(2025, 6, 30))
        opened(now)
        load(TABLE.replace("211322001005,益安社区居民委员会\n", ""), date(2026, 6, 30))
        opened(now)
        load(TABLE, date(2026, 7, 30))
        done = opened(now)
    assert done.planted == 1
    with county_scope(211322):
        paths = Division.objects.filter(region_code="211322001005").order_by("path")
        assert [(row.path, row.ended_on is None) for row in paths] == [
            ("/001/005-2/", True),
            ("/001/005/", False),
        ]


def test_a_revived_code_below_which_something_lives_is_the_same_place(now: datetime) -> None:
    """A table without a street, or without a community with grids, and the next one that has it again."""
    street = "211322001,叶柏寿街道\n"
    community = "211322001005,益安社区居民委员会\n"
    with as_owner():
        load(TABLE, date(2025, 6, 30))
        opened(now)
        with county_scope(211322):
            place = queries.division_at_path("/001/005/")
            assert place is not None
            actions.draw_grid(community=place, name="第一网格", on=date(2026, 1, 1), by=BY, now=now)
        load(TABLE.replace(street, "").replace(community, ""), date(2026, 6, 30))
        assert len(opened(now).ended) == 2
        load(TABLE, date(2026, 7, 30))
        done, again = opened(now), opened(now)
    assert (done.planted, sorted(done.revived), done.unchanged) == (0, ["叶柏寿街道", "益安社区"], 4)
    assert (again.revived, again.unchanged) == ([], 6)
    with county_scope(211322):
        assert {row.path for row in Division.objects.filter(ended_on=None)} == {
            "/", "/001/", "/400/", "/001/003/", "/001/005/", "/400/200/",
        }  # fmt: skip
        assert not Division.objects.exclude(ended_on=None).exists()


@pytest.mark.parametrize("code", ["211323", "21", "abc", "2113220", ""])
def test_a_county_that_the_table_lacks(now: datetime, code: str) -> None:
    with as_owner():
        load(TABLE, date(2025, 6, 30))
        opened(now)
        with pytest.raises(Refused):
            opened(now, code)
        assert County.objects.count() == 1


def test_the_command(now: datetime) -> None:
    out = io.StringIO()
    with as_owner():
        load(TABLE, date(2025, 6, 30))
        call_command("open_county", "211322", name_en="Jianping", stdout=out)
        call_command("open_county", "211322", stdout=out)
        with pytest.raises(Refused, match="211399"):
            call_command("open_county", "211399")
    assert "建立 6 个" in out.getvalue()
    assert "未变 6" in out.getvalue()
    assert County.objects.get(code=211322).name_en == "Jianping"
    with county_scope(211322):
        assert queries.root().name == "建平县"


def test_a_town_right_under_a_city_opens_with_the_city(now: datetime) -> None:
    text = "code,name\n44,广东省\n4419,东莞市\n441900003,东城街道\n441900003001,岗贝社区居民委员会\n"
    with as_owner():
        load(text, date(2025, 6, 30))
        actions.open_county(code="441900", by=system(441900, "test"), now=now)
    with county_scope(441900):
        assert list(Division.objects.order_by("path").values_list("path", flat=True)) == [
            "/",
            "/003/",
            "/003/001/",
        ]
