"""The people of the tests, and where they live: one small county, and a neighbour that must never show.

211322 has subdistrict 叶柏寿街道 with 双虹社区 (two grids side by side) and subdistrict 铁南街道 with 铁西社区 (one grid).
Grid outlines are squares of 0.01°: grid A is 119.64–119.65 E, grid B 119.65–119.66 E, both 41.40–41.41 N.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.apps import apps

from mulin.kernel.actor import Actor, Held, visitor
from mulin.kernel.county import county_scope
from mulin.kernel.ids import uuid7
from mulin.kernel.secrets import encrypt, keyed_hash

COUNTY = 211322
NEIGHBOUR = 211321
SINCE = date(2026, 1, 1)
IN_GRID_A = (119.645, 41.405)
IN_GRID_B = (119.655, 41.405)
IN_NO_GRID = (119.70, 41.45)


def _model(label: str) -> Any:
    return apps.get_model(label)


@dataclass
class Scene:
    """Everything that build_scene made, by name."""

    county: Any
    neighbour: Any
    places: dict[str, Any] = field(default_factory=dict)
    grids: dict[str, Any] = field(default_factory=dict)
    units: dict[str, Any] = field(default_factory=dict)
    persons: dict[str, Any] = field(default_factory=dict)
    accounts: dict[str, Any] = field(default_factory=dict)
    actors: dict[str, Actor] = field(default_factory=dict)
    phones: dict[str, str] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Actor:
        """``scene.grid_worker`` is the actor of that name."""
        try:
            return self.__dict__["actors"][name]
        except KeyError:
            raise AttributeError(name) from None


def square(west: float, south: float, side: float = 0.01) -> dict[str, Any]:
    """GeoJSON MultiPolygon of a square, in degrees."""
    east, north = round(west + side, 6), round(south + side, 6)
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "MultiPolygon", "coordinates": [[ring]]}


def _divisions(scene: Scene) -> None:
    division = _model("territory.Division")
    rows = [
        ("root", None, "county", "建平县", "211322000000", "/"),
        ("street", "root", "subdistrict", "叶柏寿街道", "211322001000", "/001/"),
        ("community", "street", "community", "双虹社区", "211322001003", "/001/003/"),
        ("compound", "community", "compound", "双虹家园", "", "/001/003/C1/"),
        ("building", "compound", "building", "双虹家园1号楼", "", "/001/003/C1/B1/"),
        ("other_street", "root", "subdistrict", "铁南街道", "211322003000", "/003/"),
        ("other_community", "other_street", "community", "铁西社区", "211322003004", "/003/004/"),
    ]
    for key, parent, kind, name, code, path in rows:
        scene.places[key] = division.objects.create(
            parent=scene.places.get(parent or ""), kind=kind, name=name, region_code=code, path=path,
            depth=path.count("/") - 1, started_on=SINCE, sort_key=name,
        )  # fmt: skip
    _model("territory.MapVersion").objects.create()


def _grids(scene: Scene) -> None:
    grid, shape = _model("territory.Grid"), _model("territory.GridShape")
    rows = [
        ("a", "community", "2113220010031001", "双虹第一网格", "/001/003/g1001/", square(119.64, 41.40)),
        ("b", "community", "2113220010031002", "双虹第二网格", "/001/003/g1002/", square(119.65, 41.40)),
        (
            "c",
            "other_community",
            "2113220030041001",
            "铁西第一网格",
            "/003/004/g1001/",
            square(119.68, 41.40),
        ),
    ]
    for key, place, code, name, path, geometry in rows:
        scene.grids[key] = grid.objects.create(
            community=scene.places[place], code=code, name=name, path=path, started_on=SINCE
        )
        shape.objects.create(grid=scene.grids[key], geometry=geometry, started_on=SINCE)
    _model("territory.GridPlace").objects.create(
        grid=scene.grids["a"], division=scene.places["compound"], started_on=SINCE
    )


def _units(scene: Scene) -> None:
    organisation = _model("people.Organisation")
    for key, kind, name in [
        ("department", "department", "县市场监督管理局"),
        ("other_department", "department", "县水利局"),
        ("shop", "merchant", "永和超市"),
        ("property", "property_company", "安居物业"),
    ]:
        scene.units[key] = organisation.objects.create(kind=kind, name=name, started_on=SINCE, sort_key=name)


def _person(
    scene: Scene, county: int, key: str, name: str, held: list[Held], now: datetime, **grant: Any
) -> None:
    phone = f"139{len(scene.persons):08d}"
    person = _model("people.Person").objects.create(
        name_sealed=encrypt(name, bound_to="person.name"),
        phone_sealed=encrypt(phone, bound_to="person.phone"),
        phone_hash=keyed_hash(phone),
        public_name=f"{name[0]}工" if held and held[0].role not in ("resident", "rider") else "",
        created_at=now,
    )
    account = _model("access.Account").objects.create_user(username=f"{key}-{county}", password=None)
    _model("access.AccountCounty").objects.create(account=account, county_code=county, person_id=person.id)
    rows = []
    for one in held:
        row = _model("access.Grant").objects.create(
            person=person, role=one.role, path=one.path, unit_id=one.unit, started_on=SINCE, **grant
        )
        rows.append(Held(role=one.role, path=one.path, unit=one.unit, grant=row.id))
    scene.persons[key], scene.accounts[key], scene.phones[key] = person, account, phone
    scene.actors[key] = Actor(county=county, account=account.id, person=person.id, held=tuple(rows))


def _people(scene: Scene, now: datetime) -> None:
    grid, place, unit = scene.grids, scene.places, scene.units
    _person(scene, COUNTY, "resident", "王秀英", [Held("resident")], now)
    _person(scene, COUNTY, "other_resident", "李建国", [Held("resident")], now)
    _person(scene, COUNTY, "rider", "赵小飞", [Held("rider")], now)
    _person(scene, COUNTY, "grid_worker", "张敏", [Held("grid_worker", grid["a"].path)], now, grid=grid["a"])
    _person(
        scene, COUNTY, "other_grid_worker", "刘洋", [Held("grid_worker", grid["c"].path)], now, grid=grid["c"]
    )
    _person(
        scene,
        COUNTY,
        "community_clerk",
        "陈静",
        [Held("community_clerk", "/001/003/")],
        now,
        division=place["community"],
    )
    _person(
        scene,
        COUNTY,
        "other_clerk",
        "周红",
        [Held("community_clerk", "/003/004/")],
        now,
        division=place["other_community"],
    )
    _person(
        scene, COUNTY, "street_clerk", "孙磊", [Held("street_clerk", "/001/")], now, division=place["street"]
    )
    _person(
        scene, COUNTY, "department", "吴刚", [Held("department_officer", unit=unit["department"].id)], now
    )
    _person(scene, COUNTY, "county_clerk", "郑丽", [Held("county_clerk", "/")], now, division=place["root"])
    _person(scene, COUNTY, "leader", "冯涛", [Held("leader", "/")], now, division=place["root"])
    _person(scene, COUNTY, "admin", "蒋伟", [Held("admin", "/")], now, division=place["root"])
    _person(scene, COUNTY, "merchant", "沈梅", [Held("merchant", unit=unit["shop"].id)], now)
    worker = _model("territory.GridPosting").objects
    worker.create(grid=grid["a"], person=scene.persons["grid_worker"], kind="grid_worker", started_on=SINCE)
    worker.create(
        grid=grid["c"], person=scene.persons["other_grid_worker"], kind="grid_worker", started_on=SINCE
    )


def build_scene(now: datetime) -> Scene:
    """Both counties. ``scene.stranger`` is signed out; ``scene.neighbour_admin`` rules the county next door."""
    county = _model("citus.County")
    scene = Scene(
        county=county.objects.create(
            code=COUNTY, name="建平县", name_en="Jianping", opened_at=now, is_example=True, host="testserver"
        ),
        neighbour=county.objects.create(code=NEIGHBOUR, name="朝阳县", name_en="Chaoyang", opened_at=now),
    )
    with county_scope(COUNTY):
        _divisions(scene)
        _grids(scene)
        _units(scene)
        _people(scene, now)
    with county_scope(NEIGHBOUR):
        root = _model("territory.Division").objects.create(
            kind="county", name="朝阳县", region_code="211321000000", path="/", depth=0, started_on=SINCE
        )
        _model("territory.MapVersion").objects.create()
        _person(scene, NEIGHBOUR, "neighbour_admin", "何伟", [Held("admin", "/")], now, division=root)
    scene.actors["stranger"] = visitor(COUNTY)
    return scene


def a_uuid() -> UUID:
    """A fresh id that belongs to nothing."""
    return uuid7()
