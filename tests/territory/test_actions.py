"""Places, grids, postings: dated, within one's own territory, one grid per place, no overlaps."""

from __future__ import annotations

from datetime import date, datetime
from uuid import uuid4

import pytest
from django.apps import apps

from mulin.ground.territory import actions, queries
from mulin.ground.territory.models import Division, Grid, GridPlace, GridPosting, GridShape
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from tests.personas import Scene, square

ON, LATER = date(2026, 9, 1), date(2026, 10, 1)


class TestDivisions:
    def test_a_compound_is_added_below_its_community(self, county: Scene, now: datetime) -> None:
        made = actions.add_division(
            parent=county.places["community"],
            kind="compound",
            name=" 幸福  家园 ",
            by=county.community_clerk,
            now=now,
        )
        assert (made.name, made.depth) == ("幸福 家园", 3)
        assert made.path.startswith("/001/003/C")
        building = actions.add_division(
            parent=made.id, kind="building", name="1号楼", code="B-7", by=county.community_clerk, now=now
        )
        assert building.path == made.path + "B-7/"
        assert queries.name_of_path(building.path) == "叶柏寿街道双虹社区幸福 家园1号楼"

    @pytest.mark.parametrize(
        ("where", "kind", "name"),
        [
            ("root", "compound", "某小区"),
            ("community", "town", "某镇"),
            ("community", "county", "某县"),
            ("community", "compound", "双虹家园"),
            ("community", "compound", "  "),
            ("community", "castle", "某堡"),
        ],
    )
    def test_what_cannot_stand_there(
        self, county: Scene, now: datetime, where: str, kind: str, name: str
    ) -> None:
        with pytest.raises(Refused):
            actions.add_division(parent=county.places[where], kind=kind, name=name, by=county.admin, now=now)

    def test_a_code_is_used_once(self, county: Scene, now: datetime) -> None:
        told = {
            "parent": county.places["community"],
            "kind": "compound",
            "code": "77",
            "by": county.admin,
            "now": now,
        }
        actions.add_division(name="甲", **told)
        with pytest.raises(Refused, match="77"):
            actions.add_division(name="乙", **told)

    @pytest.mark.parametrize(
        "who", ["resident", "grid_worker", "leader", "department", "other_clerk", "stranger", "merchant"]
    )
    def test_who_may_not(self, county: Scene, now: datetime, who: str) -> None:
        by = county.actors[who]
        place, grid = county.places["community"], county.grids["a"]
        for act in [
            lambda: actions.add_division(parent=place, kind="compound", name="x", by=by, now=now),
            lambda: actions.rename_division(division=place, name="x", by=by, now=now),
            lambda: actions.outline_division(division=place, geometry=square(119, 41), by=by, now=now),
            lambda: actions.end_division(division=county.places["building"], on=ON, by=by, now=now),
            lambda: actions.draw_grid(community=place, name="x", on=ON, by=by, now=now),
            lambda: actions.redraw_grid(grid=grid, geometry=square(119, 41), on=ON, by=by, now=now),
            lambda: actions.rename_grid(grid=grid, name="x", by=by, now=now),
            lambda: actions.end_grid(grid=grid, on=ON, by=by, now=now),
            lambda: actions.put_in_grid(division=county.places["building"], grid=grid, on=ON, by=by, now=now),
            lambda: actions.post_to_grid(person=uuid4(), grid=grid, on=ON, by=by, now=now),
            lambda: actions.end_posting(person=uuid4(), grid=grid, on=ON, by=by, now=now),
            lambda: actions.put_in_charge(organisation=uuid4(), division=place, on=ON, by=by, now=now),
            lambda: actions.relieve(organisation=uuid4(), division=place, on=ON, by=by, now=now),
            lambda: actions.settle(household=uuid4(), division=place, on=ON, by=by, now=now),
        ]:
            with pytest.raises(NotAllowed):
                act()

    def test_ending_a_place(self, county: Scene, now: datetime) -> None:
        with pytest.raises(Refused, match="还有"):
            actions.end_division(division=county.places["compound"], on=ON, by=county.admin, now=now)
        with pytest.raises(Refused, match="区划代码表"):
            actions.end_division(division=county.places["community"], on=ON, by=county.admin, now=now)
        actions.end_division(division=county.places["building"], on=ON, by=county.admin, now=now)
        actions.end_division(division=county.places["compound"], on=ON, by=county.admin, now=now)
        assert queries.children(county.places["community"].id) == []
        assert GridPlace.objects.get(division=county.places["compound"]).ended_on == ON
        with pytest.raises(Refused, match="撤销"):
            actions.rename_division(division=county.places["compound"], name="x", by=county.admin, now=now)

    def test_who_answers_for_a_place(self, county: Scene, now: datetime) -> None:
        department, company = county.units["department"], county.units["property"]
        for unit, where in [(department, "street"), (company, "compound"), (company, "compound")]:
            actions.put_in_charge(
                organisation=unit.id, division=county.places[where], on=ON, by=county.admin, now=now
            )
        assert queries.units_of_division("/001/003/C1/B1/") == [company, department]
        assert queries.units_of_division("/003/004/") == []
        assert (
            actions.relieve(
                organisation=company.id,
                division=county.places["compound"],
                on=LATER,
                by=county.admin,
                now=now,
            )
            == 1
        )
        assert queries.units_of_division("/001/003/C1/", on=ON) == [company, department]
        assert queries.units_of_division("/001/003/C1/", on=LATER) == [department]

    def test_unknown_things(self, county: Scene, now: datetime) -> None:
        for act in [
            lambda: actions.draw_grid(community=uuid4(), name="x", on=ON, by=county.admin, now=now),
            lambda: actions.end_grid(grid=uuid4(), on=ON, by=county.admin, now=now),
            lambda: queries.grid(uuid4()),
            lambda: queries.division(uuid4()),
        ]:
            with pytest.raises(NotFound):
                act()


class TestGrids:
    def draw(self, county: Scene, now: datetime, name: str, **told: object) -> Grid:
        told = {
            "community": county.places["community"],
            "on": ON,
            "by": county.community_clerk,
            "now": now,
            **told,
        }
        return actions.draw_grid(name=name, **told)  # type: ignore[arg-type]

    def test_the_next_serial_and_path(self, county: Scene, now: datetime) -> None:
        made = self.draw(county, now, "双虹第三网格", geometry=square(119.66, 41.40))
        assert (made.code, made.path) == ("2113220010031003", "/001/003/g1003/")
        assert self.draw(county, now, "学校", kind="2").code == "2113220010032001"
        actions.end_grid(grid=made, on=LATER, by=county.admin, now=now)
        assert self.draw(county, now, "双虹第三网格").code == "2113220010031004"
        assert queries.name_of_path("/001/003/g1001/") == "叶柏寿街道双虹社区第一网格"

    def test_refused_grids(self, county: Scene, now: datetime) -> None:
        for told, words in [
            ({"name": "双虹第一网格"}, "已经有"),
            ({"name": "x", "community": county.places["street"], "by": county.admin}, "只能划在"),
            ({"name": "x", "code": "2113220010031001"}, "用过"),
            ({"name": "x", "code": "2113220030041009"}, "不属于"),
            ({"name": "x", "geometry": square(119.645, 41.405)}, "双虹第一网格”（2113220010031001）"),
            ({"name": "x", "geometry": square(41.4, 119.6)}, "写反"),
            ({"name": ""}, "名称"),
            ({"name": "x", "kind": "9"}, "没有这种"),
        ]:
            with pytest.raises(Refused, match=words):
                self.draw(county, now, **told)  # type: ignore[arg-type]
        assert Grid.objects.count() == 3

    def test_an_overlap_with_a_later_outline_is_seen(self, county: Scene, now: datetime) -> None:
        self.draw(county, now, "将来", on=LATER, geometry=square(119.66, 41.40))
        with pytest.raises(Refused, match="将来"):
            self.draw(county, now, "现在", on=ON, geometry=square(119.66, 41.40))
        actions.redraw_grid(
            grid=county.grids["a"], geometry=square(119.60, 41.40), on=LATER, by=county.admin, now=now
        )
        with pytest.raises(Refused, match="双虹第一网格"):
            self.draw(county, now, "早一天", on=ON, geometry=square(119.64, 41.40))
        self.draw(county, now, "当天", on=LATER, geometry=square(119.64, 41.40))

    def test_redrawing_on_the_same_day_corrects(self, county: Scene, now: datetime) -> None:
        for west in [119.60, 119.61]:
            actions.redraw_grid(
                grid=county.grids["a"], geometry=square(west, 41.40), on=LATER, by=county.admin, now=now
            )
        shapes = GridShape.objects.filter(grid=county.grids["a"]).order_by("started_on")
        assert [(row.started_on, row.ended_on) for row in shapes] == [
            (date(2026, 1, 1), LATER),
            (LATER, None),
        ]
        with pytest.raises(Refused, match="更早"):
            actions.redraw_grid(
                grid=county.grids["a"], geometry=square(119.60, 41.40), on=ON, by=county.admin, now=now
            )

    def test_ending_a_grid_ends_what_hangs_on_it(self, county: Scene, now: datetime) -> None:
        actions.end_grid(grid=county.grids["a"], on=LATER, by=county.community_clerk, now=now)
        assert queries.grid_at(119.645, 41.405, on=ON) is not None
        assert queries.grid_at(119.645, 41.405, on=LATER) is None
        assert queries.grid_workers(county.grids["a"].id, on=ON) == [county.persons["grid_worker"].id]
        assert queries.grid_workers(county.grids["a"].id, on=LATER) == []
        assert [grid.code[-4:] for grid in queries.grids_under("/001/", on=ON)] == ["1001", "1002"]
        assert [grid.code[-4:] for grid in queries.grids_under("/001/", on=LATER)] == ["1002"]
        with pytest.raises(Refused, match="撤销"):
            actions.post_to_grid(person=uuid4(), grid=county.grids["a"], on=LATER, by=county.admin, now=now)


class TestPlacesInGrids:
    def test_one_grid_at_a_time_dated(self, county: Scene, now: datetime) -> None:
        compound, building = county.places["compound"], county.places["building"]
        a, b = county.grids["a"], county.grids["b"]
        found = queries.grid_of_place(building.id, on=ON)
        assert found is not None
        assert found.grid_id == a.id
        for _again in range(2):
            actions.put_in_grid(division=compound, grid=b, on=LATER, by=county.community_clerk, now=now)
        rows = GridPlace.objects.filter(division=compound).order_by("started_on")
        assert [(row.grid_id, row.ended_on) for row in rows] == [(a.id, LATER), (b.id, None)]
        assert queries.grid_of_place(building.id, on=ON).grid_id == a.id  # type: ignore[union-attr]
        assert queries.grid_of_place(building.id, on=LATER).grid_id == b.id  # type: ignore[union-attr]
        actions.put_in_grid(division=building, grid=a, on=LATER, by=county.community_clerk, now=now)
        assert queries.grid_of_place(building.id, on=LATER).grid_id == a.id  # type: ignore[union-attr]
        assert queries.places_of_grid(b.id, on=LATER) == [compound]
        with pytest.raises(Refused, match="更早"):
            actions.put_in_grid(division=compound, grid=a, on=ON, by=county.admin, now=now)

    def test_only_a_grid_of_its_own_community(self, county: Scene, now: datetime) -> None:
        for place in ["compound", "street", "root"]:
            with pytest.raises(Refused, match="所属"):
                actions.put_in_grid(
                    division=county.places[place], grid=county.grids["c"], on=ON, by=county.admin, now=now
                )
        assert queries.grid_of_place(uuid4(), on=ON) is None
        assert queries.grid_of_place(county.places["street"].id, on=ON) is None


class TestPostings:
    def test_who_serves_a_grid(self, county: Scene, now: datetime) -> None:
        grid, head = county.grids["a"], county.persons["community_clerk"].id
        for _again in range(2):
            actions.post_to_grid(
                person=head, grid=grid, kind="grid_head", on=ON, by=county.community_clerk, now=now
            )
        assert queries.grid_workers(grid.id, on=ON) == [head, county.persons["grid_worker"].id]
        assert actions.end_posting(person=head, grid=grid, on=LATER, by=county.community_clerk, now=now) == 1
        assert queries.grid_workers(grid.id, on=LATER) == [county.persons["grid_worker"].id]
        assert GridPosting.objects.filter(person_id=head).count() == 1

    def test_published_contacts_only(self, county: Scene) -> None:
        person = county.persons["grid_worker"]
        apps.get_model("people.Person").objects.filter(id=person.id).update(work_phone="0421-7811000")
        for key in (county.places["community"].id, "211322001003"):
            first, second = queries.grid_contacts(key, on=ON)
            assert (first["name"], first["names"], first["phone"]) == (
                "双虹第一网格",
                ["张工"],
                "0421-7811000",
            )
            assert (second["worker"], second["phone"]) == ("", "")
            assert county.phones["grid_worker"] not in str([first, second])
        assert queries.communities_with_grids() == [
            ("211322001003", "双虹社区"),
            ("211322003004", "铁西社区"),
        ]

    def test_export_and_erasure_of_a_person(self, county: Scene, now: datetime) -> None:
        person = county.persons["grid_worker"].id
        assert queries.export_person(person)["grid_postings"][0]["grid"] == "双虹第一网格"
        assert actions.erase_person(person=person, by=county.admin, now=now) == {"territory_gridposting": 1}
        assert queries.grid_workers(county.grids["a"].id, on=ON) == []


def test_a_household_moves(county: Scene, now: datetime) -> None:
    household = apps.get_model("people.Household").objects.create(label="301", started_on=ON)
    told = {"household": household.id, "by": county.community_clerk, "now": now}
    first = actions.settle(division=county.places["building"], on=ON, **told)
    assert actions.settle(division=county.places["building"], on=LATER, **told) == first
    actions.settle(division=county.places["compound"], on=LATER, **told)
    first.refresh_from_db()
    assert first.ended_on == LATER


def test_every_deed_is_in_the_trail(county: Scene, now: datetime) -> None:
    entries = apps.get_model("trail.AuditEntry").objects
    actions.draw_grid(community=county.places["community"], name="新", on=ON, by=county.admin, now=now)
    actions.rename_division(division=county.places["compound"], name="新家园", by=county.admin, now=now)
    actions.rename_division(division=county.places["compound"], name="新家园", by=county.admin, now=now)
    verbs = list(entries.order_by("id").values_list("verb", flat=True))
    assert verbs == ["territory.draw_grid", "territory.rename_division"]
    assert Division.objects.get(path="/001/003/C1/").name == "新家园"
