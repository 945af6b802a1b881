"""The pages of places: who opens them, what they cost, what a form does."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from mulin.ground.territory import actions, queries
from mulin.kernel.county import county_scope
from tests.conftest import NOW
from tests.personas import COUNTY, NEIGHBOUR, Scene, square

STAFF = ["grid_worker", "community_clerk", "street_clerk", "department", "county_clerk", "leader", "admin"]
Enter = Callable[[str], Client]


@pytest.fixture
def enter(scene: Scene, settings: Any) -> Enter:
    """A signed-in browser of a person of the scene, or of a stranger."""
    settings.STAFF_NEED_MFA = False

    def client_of(who: str) -> Client:
        client = Client(SERVER_NAME="localhost" if who.startswith("neighbour") else "testserver")
        if who != "stranger":
            client.force_login(scene.accounts[who], backend="django.contrib.auth.backends.ModelBackend")
        session = client.session
        session["county"] = NEIGHBOUR if who.startswith("neighbour") else COUNTY
        session.save()
        return client

    return client_of


def pages(scene: Scene) -> list[str]:
    place, grid = scene.places["community"].id, scene.grids["a"].id
    return [
        "/desk/territory/",
        f"/desk/territory/{place}/",
        f"/desk/territory/grids/{grid}/",
        "/desk/map/grids.geojson",
    ]


@pytest.mark.parametrize("who", STAFF)
def test_colleagues_see_the_whole_tree(scene: Scene, enter: Enter, who: str) -> None:
    client = enter(who)
    for url in pages(scene):
        assert client.get(url).status_code == 200, url
    assert "叶柏寿街道" in client.get("/desk/territory/").content.decode()
    assert "张工" in client.get(pages(scene)[1]).content.decode()


@pytest.mark.parametrize(
    ("who", "status"), [("merchant", 403), ("resident", 404), ("rider", 404), ("stranger", 302)]
)
def test_others_do_not(scene: Scene, enter: Enter, who: str, status: int) -> None:
    client = enter(who)
    for url in [*pages(scene), "/desk/territory/import/", "/desk/territory/export.geojson"]:
        assert client.get(url).status_code == status, url


def test_the_neighbour_learns_nothing(scene: Scene, enter: Enter) -> None:
    client = enter("neighbour_admin")
    tree, place, grid, geojson = (client.get(url) for url in pages(scene))
    assert tree.status_code == 200
    assert "叶柏寿" not in tree.content.decode()
    assert (place.status_code, grid.status_code) == (404, 404)
    assert geojson.json()["features"] == []


@pytest.mark.parametrize(
    ("who", "codes"),
    [
        ("grid_worker", ["2113220010031001"]),
        ("community_clerk", ["2113220010031001", "2113220010031002"]),
        ("department", ["2113220010031001", "2113220010031002", "2113220030041001"]),
        ("leader", ["2113220010031001", "2113220010031002", "2113220030041001"]),
    ],
)
def test_the_map_holds_the_grids_of_ones_own_territory(
    scene: Scene, enter: Enter, who: str, codes: list[str]
) -> None:
    client = enter(who)
    answer = client.get("/desk/map/grids.geojson")
    assert [feature["properties"]["code"] for feature in answer.json()["features"]] == codes
    assert answer.json()["features"][0]["properties"]["url"].startswith("/desk/territory/grids/")
    again = client.get("/desk/map/grids.geojson", headers={"If-None-Match": answer["ETag"]})
    assert again.status_code == 304
    under = client.get(
        "/desk/map/grids.geojson", {"under": "/003/"}, headers={"If-None-Match": answer["ETag"]}
    )
    assert under.status_code == 200


def test_only_those_who_keep_a_place_change_it(scene: Scene, enter: Enter) -> None:
    place, grid = scene.places["community"].id, scene.grids["a"].id
    urls = [f"/desk/territory/{place}/{end}/" for end in ("edit", "add", "draw")]
    urls += [f"/desk/territory/grids/{grid}/{end}/" for end in ("name", "outline", "end")]
    urls += [f"/desk/territory/{scene.places['compound'].id}/grid/"]
    for who, status in [
        ("community_clerk", 200),
        ("street_clerk", 200),
        ("admin", 200),
        ("other_clerk", 403),
        ("grid_worker", 403),
        ("leader", 403),
        ("department", 403),
        ("merchant", 403),
        ("resident", 404),
    ]:
        client = enter(who)
        for url in urls:
            assert client.get(url).status_code == status, (who, url)
            posted = client.post(url, {})
            assert posted.status_code == (422 if status == 200 else status), (who, url)
    assert enter("admin").get(f"/desk/territory/{scene.places['street'].id}/grid/").status_code == 404


def test_a_compound_is_added_and_put_in_a_grid(scene: Scene, enter: Enter) -> None:
    client, place = enter("community_clerk"), scene.places["community"].id
    added = client.post(
        f"/desk/territory/{place}/add/", {"kind": "compound", "name": "阳光小区"}, follow=True
    )
    assert "已添加阳光小区" in added.content.decode()
    again = client.post(f"/desk/territory/{place}/add/", {"kind": "compound", "name": "阳光小区"})
    assert again.status_code == 422
    assert "阳光小区" in again.content.decode()
    with county_scope(COUNTY):
        compound = next(row for row in queries.children(place) if row.name == "阳光小区")
    told = {"grid": str(scene.grids["b"].id), "on": NOW.date().isoformat()}
    assert client.post(f"/desk/territory/{compound.id}/grid/", told).status_code == 302
    assert "双虹第二网格" in client.get(f"/desk/territory/{compound.id}/").content.decode()


def test_a_grid_is_drawn_renamed_redrawn_and_ended(scene: Scene, enter: Enter) -> None:
    client, place = enter("community_clerk"), scene.places["community"].id
    told = {"name": "双虹第三网格", "kind": "1", "on": "2026-09-01", "datum": "wgs84"}
    over = client.post(
        f"/desk/territory/{place}/draw/", {**told, "geometry": json.dumps(square(119.645, 41.40))}
    )
    assert over.status_code == 422
    assert "重叠" in over.content.decode()
    for text in ["{", "7", "[]", '{"type":"Feature"}', '{"type":"FeatureCollection","features":[]}']:
        assert client.post(f"/desk/territory/{place}/draw/", {**told, "geometry": text}).status_code == 422
    drawn = client.post(
        f"/desk/territory/{place}/draw/", {**told, "geometry": json.dumps(square(119.66, 41.40))}
    )
    assert drawn.status_code == 302
    url = drawn["Location"]
    assert "92.9" in client.get(url).content.decode()
    assert client.post(f"{url}name/", {"name": "双虹新网格"}).status_code == 302
    outline = {"geometry": json.dumps(square(119.60, 41.40)), "datum": "gcj02", "on": "2026-10-01"}
    assert client.post(f"{url}outline/", outline).status_code == 302
    assert client.post(f"{url}end/", {"on": "2026-08-01"}).status_code == 422
    assert client.post(f"{url}end/", {"on": "2026-11-01"}).status_code == 302
    assert "2026-11-01" in client.get(url).content.decode()


def test_a_file_is_imported_or_every_reason_is_shown(scene: Scene, enter: Enter) -> None:
    client = enter("community_clerk")

    def send(*features: Any) -> Any:
        text = json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)
        file = SimpleUploadedFile("网格.geojson", text.encode())
        return client.post("/desk/territory/import/", {"file": file, "datum": "wgs84", "on": "2026-09-01"})

    def feature(name: str, west: float, code: str = "211322001003") -> dict[str, Any]:
        told = {"name": name, "community_code": code}
        return {"type": "Feature", "geometry": square(west, 41.40), "properties": told}

    bad = send(feature("甲", 119.645), feature("乙", 119.60, "211322003004"), feature("丙", 119.61))
    assert bad.status_code == 422
    assert "第 2 个图形" in bad.content.decode()
    overlap = send(feature("甲", 119.645), feature("丙", 119.61))
    assert "双虹第一网格”（2113220010031001）重叠" in overlap.content.decode()
    assert send(feature("丙", 119.61)).status_code == 302
    assert client.get("/desk/territory/export.geojson", {"under": "/"}).status_code == 403
    out = client.get("/desk/territory/export.geojson", {"under": "/001/003/", "datum": "gcj02"})
    assert out.json()["datum"] == "gcj02"
    assert len(out.json()["features"]) == 3
    assert (
        client.get("/desk/territory/export.geojson", {"under": "/001/003/", "datum": "x"}).status_code == 422
    )


@pytest.mark.parametrize("url", ["tree", "community", "grid", "geojson"])
def test_pages_cost_the_same_however_much_they_show(scene: Scene, enter: Enter, url: str) -> None:
    address = dict(zip(["tree", "community", "grid", "geojson"], pages(scene), strict=True))[url]
    client = enter("admin")
    client.get(address)

    def statements() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get(address).status_code == 200
        return len(seen)

    few = statements()
    with county_scope(COUNTY):
        by, place = scene.admin, scene.places["community"]
        for number in range(3):
            west = 119.50 + number * 0.02
            grid = actions.draw_grid(
                community=place,
                name=f"第{number}",
                on=NOW.date(),
                by=by,
                now=NOW,
                geometry=square(west, 41.4),
            )
            compound = actions.add_division(
                parent=place, kind="compound", name=f"小区{number}", by=by, now=NOW
            )
            actions.put_in_grid(division=compound, grid=scene.grids["a"], on=NOW.date(), by=by, now=NOW)
            person = scene.persons[["leader", "admin", "street_clerk"][number]].id
            for one in (grid, scene.grids["a"]):
                actions.post_to_grid(person=person, grid=one, on=NOW.date(), by=by, now=NOW)
    assert statements() == few <= 24
