"""GeoJSON in and out: the whole file or nothing, overlaps named, twice changes nothing."""

from __future__ import annotations

import io
import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from mulin.ground.territory import actions, queries
from mulin.ground.territory.models import Division, Grid, GridShape
from mulin.ground.territory.rules import outline_geojson, read_outline
from mulin.kernel.actor import Actor
from mulin.kernel.errors import Refused
from tests.personas import COUNTY, Scene, square

ON, LATER = date(2026, 9, 1), date(2026, 10, 1)
COMMUNITY, OTHER = "211322001003", "211322003004"


def feature(name: str, geometry: Any, **properties: Any) -> dict[str, Any]:
    told = {"name": name, "community_code": COMMUNITY, **properties}
    return {"type": "Feature", "geometry": geometry, "properties": told}


def collection(*features: dict[str, Any], **members: Any) -> str:
    return json.dumps({"type": "FeatureCollection", "features": features, **members}, ensure_ascii=False)


def load(text: str, by: Actor, now: datetime, on: date = ON, **told: Any) -> dict[str, Any]:
    return actions.import_grids(geojson=text, on=on, by=by, now=now, **told).plain()


def problems(text: str, by: Actor, now: datetime, **told: Any) -> list[tuple[int, str]]:
    grids, shapes, places = (model.objects.count() for model in (Grid, GridShape, Division))
    with pytest.raises(actions.RefusedFile) as caught:
        load(text, by, now, **told)
    assert (Grid.objects.count(), GridShape.objects.count(), Division.objects.count()) == (
        grids,
        shapes,
        places,
    )
    return caught.value.problems


def test_a_file_of_grids_and_compounds(county: Scene, now: datetime) -> None:
    text = collection(
        feature("双虹第三网格", square(119.60, 41.40)),
        feature("双虹第五网格", square(119.61, 41.40), code=COMMUNITY + "1005", kind="basic"),
        feature("实验小学", square(119.62, 41.40), kind="专属网格"),
        feature("阳光小区", square(119.602, 41.402, 0.002), kind="compound", code="YG01"),
        feature("双虹家园", square(119.606, 41.402, 0.002), kind="小区"),
        feature("建平县", square(119.0, 41.0, 1.0), kind="county"),
    )
    done = load(text, county.county_clerk, now)
    assert done == {"read": 6, "added": 4, "changed": 2, "unchanged": 0, "refused": []}
    codes = set(Grid.objects.filter(community=county.places["community"]).values_list("code", flat=True))
    assert {COMMUNITY + tail for tail in ("1005", "1006", "2001")} < codes
    assert Division.objects.get(name="阳光小区").path == "/001/003/CYG01/"
    assert queries.in_county(119.9, 41.9) is True
    mark = queries.map_mark()
    assert load(text, county.county_clerk, now, LATER) == {
        "read": 6,
        "added": 0,
        "changed": 0,
        "unchanged": 6,
        "refused": [],
    }
    assert queries.map_mark() == mark


def test_a_moved_outline_holds_from_its_day(county: Scene, now: datetime) -> None:
    text = collection(feature("双虹第一网格", square(119.60, 41.40), code=COMMUNITY + "1001"))
    assert load(text, county.community_clerk, now, LATER)["changed"] == 1
    shapes = GridShape.objects.filter(grid=county.grids["a"]).order_by("started_on")
    assert [(row.started_on, row.ended_on) for row in shapes] == [(date(2026, 1, 1), LATER), (LATER, None)]
    assert queries.grid_at(119.645, 41.405, on=ON) is not None
    assert queries.grid_at(119.645, 41.405, on=LATER) is None


def test_neighbours_swap_land_in_one_file(county: Scene, now: datetime) -> None:
    text = collection(
        feature("双虹第一网格", square(119.65, 41.40), code=COMMUNITY + "1001"),
        feature("双虹第二网格", square(119.64, 41.40), code=COMMUNITY + "1002"),
    )
    assert load(text, county.community_clerk, now, LATER)["changed"] == 2
    found = queries.grid_at(119.645, 41.405, on=LATER)
    assert found is not None
    assert found.grid_name == "双虹第二网格"


def test_overlaps_are_named_pairwise_and_nothing_is_imported(county: Scene, now: datetime) -> None:
    text = collection(
        feature("甲", square(119.645, 41.405)),
        feature("乙", square(119.60, 41.40)),
        feature("丙", square(119.605, 41.405)),
        feature("丁", square(119.61, 41.40)),
    )
    found = problems(text, county.community_clerk, now)
    words = [why for _number, why in found]
    assert len(words) == 4
    assert any("“乙”" in why and "“丙”" in why for why in words)
    assert any("“丙”" in why and "“丁”" in why for why in words)
    assert any("“甲”" in why and "双虹第一网格”（2113220010031001）" in why for why in words)
    assert any("“甲”" in why and "双虹第二网格" in why for why in words)


def test_every_problem_is_told(county: Scene, now: datetime) -> None:
    text = collection(
        feature("", square(119.60, 41.40)),
        feature("甲", square(41.40, 119.60)),
        feature("乙", square(119.61, 41.40), community_code="211322001099"),
        feature("丙", square(119.62, 41.40), code="123"),
        feature("丁", square(119.63, 41.40), kind="城堡"),
        feature("戊", square(119.66, 41.40), community_code=OTHER),
        feature("己", square(119.67, 41.40)),
        feature("己", square(119.68, 41.42)),
        feature("双虹第一网格", square(119.69, 41.42), code=COMMUNITY + "1009"),
        {"type": "Feature", "geometry": None, "properties": None},
    )
    found = dict(problems(text, county.community_clerk, now))
    assert sorted(found) == [1, 2, 3, 4, 5, 6, 8, 9, 10]
    for number, words in [
        (1, "名称"),
        (2, "写反"),
        (3, "211322001099"),
        (4, "16 位"),
        (5, "城堡"),
        (6, "管理范围"),
        (8, "第 7 个"),
        (9, "已经是"),
        (10, "名称"),
    ]:
        assert words in found[number], (number, found[number])


def test_an_ended_grid_and_a_day_too_early(county: Scene, now: datetime) -> None:
    actions.end_grid(grid=county.grids["b"], on=ON, by=county.admin, now=now)
    text = collection(feature("双虹第二网格", square(119.65, 41.40), code=COMMUNITY + "1002"))
    assert "撤销" in problems(text, county.admin, now)[0][1]
    text = collection(feature("双虹第一网格", square(119.60, 41.40), code=COMMUNITY + "1001"))
    with pytest.raises(Refused, match="更早"):
        load(text, county.admin, now, date(2025, 6, 1))


@pytest.mark.parametrize("datum", ["gcj02", "bd09", "cgcs2000"])
def test_another_datum_is_converted_and_kept_in_mind(county: Scene, now: datetime, datum: str) -> None:
    there = outline_geojson(read_outline(square(119.60, 41.40)), datum=datum)
    load(collection(feature("丙", there)), county.community_clerk, now, datum=datum)
    shape = GridShape.objects.get(grid__name="丙")
    assert shape.source_datum == datum
    assert shape.geometry["coordinates"][0][0][0] == pytest.approx([119.60, 41.40], abs=2e-7)


@pytest.mark.parametrize("datum", ["wgs84", "gcj02", "bd09"])
def test_an_export_read_back_changes_nothing(county: Scene, now: datetime, datum: str) -> None:
    load(
        collection(feature("阳光小区", square(119.602, 41.402, 0.002), kind="compound")),
        county.community_clerk,
        now,
    )
    text = json.dumps(queries.grids_geojson(on=ON, datum=datum, places=True))
    assert json.loads(text)["datum"] == datum
    assert load(text, county.admin, now) == {
        "read": 4,
        "added": 0,
        "changed": 0,
        "unchanged": 4,
        "refused": [],
    }
    with pytest.raises(Refused, match=datum):
        load(text, county.admin, now, datum="cgcs2000")


def test_a_dry_run_checks_and_writes_nothing(county: Scene, now: datetime) -> None:
    text = collection(feature("丙", square(119.60, 41.40)))
    assert load(text, county.admin, now, dry_run=True)["added"] == 1
    assert Grid.objects.count() == 3


def test_the_commands(scene: Scene, tmp_path: Path) -> None:
    file, out = tmp_path / "网格.geojson", io.StringIO()
    call_command("export_grids", county=COUNTY, output=file, datum="gcj02")
    call_command("import_grids", file, county=COUNTY, format="json", stdout=out)
    assert json.loads(out.getvalue())["unchanged"] == 3
    file.write_text(collection(feature("丙", square(119.645, 41.40))), encoding="utf-8")
    refused = io.StringIO()
    with pytest.raises(actions.RefusedFile):
        call_command("import_grids", file, county=COUNTY, format="json", stdout=refused)
    assert "双虹第一网格" in refused.getvalue()
    said, silent = io.StringIO(), io.StringIO()
    with pytest.raises(actions.RefusedFile) as caught:
        call_command("import_grids", file, county=COUNTY, stdout=said, stderr=silent)
    assert len(caught.value.problems) == len(said.getvalue().splitlines()) or not said.getvalue()
    assert silent.getvalue() == "", "the one line on standard error is the refusal itself"
    with pytest.raises(Refused):
        call_command("import_grids", tmp_path / "nothing", county=COUNTY)
    with pytest.raises(Refused, match="110105"):
        call_command("import_grids", file, county=110105)
