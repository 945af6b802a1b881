"""The map counts what its lists show, square by square, in a short answer however many cases there are."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mulin.services.cases.actions import pairs
from mulin.services.cases.models import Case
from mulin.services.cases.queries import Filters, Viewport, count_of, points
from mulin.services.cases.queries.filters import UNFINISHED, cell_size
from mulin.services.cases.queries.mapped import MOST_CELLS
from tests.cases.scenes import browser, in_state, reported
from tests.personas import IN_GRID_A, Scene

OPEN = Filters(state=UNFINISHED)


def scattered(scene: Scene, now: datetime, count: int, *, side: float = 0.02) -> list[Case]:
    """Cases here and there around grid A, copies of one."""
    dice, first = random.Random(4), reported(scene, now).case
    made = []
    for n in range(count):
        row = Case.objects.get(pk=first.pk)
        row.pk, row.client_id, row.number = None, None, f"211322-N{n:08d}"
        row._state.adding = True
        row.id, row.client_id = Case._meta.pk.get_default(), Case._meta.pk.get_default()
        row.lon, row.lat = 119.64 + dice.random() * side, 41.40 + dice.random() * side
        made.append(row)
    Case.objects.bulk_create(made)
    pairs.keep(cases=made)
    return made


def features(scene: Scene, now: datetime, who: str = "community_clerk", **told: Any) -> list[dict[str, Any]]:
    view = Viewport.read(told)
    return list(points(scene.actors[who], now, OPEN, view)["features"])


def number_of(feature: dict[str, Any]) -> int:
    return int(feature["properties"].get("count", 1))


@pytest.mark.parametrize("zoom", ["3", "12", "14.75", "17", "19"])
def test_each_square_counts_what_its_list_shows(county: Scene, now: datetime, zoom: str) -> None:
    scattered(county, now, 120)
    in_state(county, now, "closed")
    found = features(county, now, zoom=zoom, bbox="119.6,41.3,119.7,41.5")
    assert sum(map(number_of, found)) == count_of(county.community_clerk, OPEN, now) == 121
    for one in found:
        if "count" in one["properties"]:
            told = dict(parse_qsl(urlsplit(one["properties"]["url"]).query))
            assert count_of(county.community_clerk, Filters.read(told), now) == number_of(one)
    assert zoom != "12" or any(number_of(one) > 1 for one in found)


def test_near_by_they_stand_alone(county: Scene, now: datetime) -> None:
    case = reported(county, now).case
    scattered(county, now, 40, side=0.002)
    found = features(county, now, zoom="19", bbox="119.6399,41.3999,119.6421,41.4021")
    alone = [one["properties"] for one in found if "count" not in one["properties"]]
    assert len(alone) > 20 and all(one["url"].startswith("/desk/cases/") and one["light"] for one in alone)
    (there,) = features(county, now, zoom="19", bbox="119.6449,41.4049,119.6451,41.4051")
    assert there["properties"].get("number", case.number) == case.number and number_of(there) == 2


def test_only_what_is_in_view_and_may_be_seen_is_counted(county: Scene, now: datetime) -> None:
    scattered(county, now, 60)
    inside = Case.objects.filter(lon__gte=119.64, lon__lt=119.65, lat__gte=41.40, lat__lt=41.41).count()
    assert sum(map(number_of, features(county, now, zoom="15", bbox="119.64,41.40,119.65,41.41"))) == inside
    assert features(county, now, "other_clerk") == [] == features(county, now, "department")
    assert features(county, now, zoom="15", bbox="100,20,101,21") == []


def test_the_answer_is_short_and_costs_two_statements(
    county: Scene, now: datetime, django_assert_max_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    scattered(county, now, 300)
    for zoom, bbox in (("19", "-180,-90,180,90"), ("19", "119.6,41.3,119.7,41.5"), ("3", ""), ("19", "")):
        with django_assert_max_num_queries(2):
            found = features(county, now, zoom=zoom, bbox=bbox)
        assert 0 < len(found) <= MOST_CELLS
    monkeypatch.setattr("mulin.services.cases.queries.mapped.MOST_COUNTED", 100)
    told = points(county.community_clerk, now, OPEN, Viewport())
    assert told["capped"] and sum(map(number_of, told["features"])) == 100


def test_what_is_late_is_said_in_words(county: Scene, now: datetime) -> None:
    cases = scattered(county, now, 6, side=0.00001)
    Case.objects.filter(pk__in=[case.pk for case in cases[:2]]).update(
        due_at=now - timedelta(hours=1), step_due_at=None
    )
    (found,) = features(county, now, zoom="3")
    assert found["properties"]["note"] == "其中 2 件已超期" and found["properties"]["late"] == 2


@pytest.mark.parametrize("odd", ["x", "1,2,3", "nan,1,2,3", "5,5,1,1", "1e999,0,2,3", "1,2,3,4,5", ""])
def test_a_view_that_cannot_be_read_shows_everything(county: Scene, now: datetime, odd: str) -> None:
    reported(county, now)
    for zoom in ("x", "nan", "inf", "-4", "99"):
        answer = browser(county, "community_clerk").get(
            "/desk/map/cases.geojson", {"bbox": odd, "zoom": zoom}
        )
        assert [number_of(one) for one in answer.json()["features"]] == [1], (odd, zoom)


@given(
    st.floats(-180, 179),
    st.floats(-89, 88),
    st.floats(0.00001, 180),
    st.floats(0.00001, 90),
    st.integers(3, 19),
)
@settings(max_examples=300)
def test_a_view_never_holds_too_many_squares(
    west: float, south: float, wide: float, high: float, zoom: int
) -> None:
    view = Viewport(west, south, west + wide, south + high, zoom)
    width, height = cell_size(view.cell_zoom)
    assert view.cell_zoom <= zoom
    assert (wide / width) * (high / height) <= MOST_CELLS or view.cell_zoom == 1


def test_a_square_in_an_address_narrows_the_list_and_nonsense_does_not(county: Scene, now: datetime) -> None:
    case = reported(county, now).case
    width, height = cell_size(14)
    cell = f"14_{int(IN_GRID_A[0] // width)}_{int(IN_GRID_A[1] // height)}"
    clerk = browser(county, "community_clerk")
    assert case.number in clerk.get("/desk/cases/", {"cell": cell}).content.decode()
    assert case.number not in clerk.get("/desk/cases/", {"cell": "14_1_1"}).content.decode()
    for odd in ("99_1_1", "14_1", "14_1_1_1", "a_b_c", "0_0_0"):
        assert Filters.read({"cell": odd}).cell == ""
