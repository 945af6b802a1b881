"""Stations: posted cadres, what was done there in words, and the dated counts of households."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps

from mulin.ground.people import queries as people
from mulin.ground.territory import actions, queries
from mulin.ground.territory.models import DivisionCount, Station, StationPosting, StationVisit
from mulin.ground.territory.rules import checked_weekdays, weekday_words
from mulin.kernel.county import county_scope
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from tests.personas import NEIGHBOUR, Scene

SINCE, TODAY = date(2026, 3, 1), date(2026, 9, 1)
DAY = timedelta(days=1)
OUTSIDERS = ["other_clerk", "leader", "grid_worker", "merchant", "resident", "stranger"]


@pytest.fixture
def station(county: Scene, now: datetime) -> Station:
    return actions.add_station(
        division=county.places["community"], name="双虹党群服务站", address="双虹路 8 号", on=SINCE,
        by=county.community_clerk, now=now,
    )  # fmt: skip


def post(
    scene: Scene, now: datetime, station: Station, who: str = "department", **told: Any
) -> StationPosting:
    told = {"on": SINCE, "weekdays": (1, 3), "hours": "9:00—11:30"} | told
    return actions.post_to_station(
        station=station.pk, person=scene.persons[who].id, by=scene.community_clerk, now=now, **told
    )


def visit(scene: Scene, now: datetime, station: Station, by: str = "department", **told: Any) -> StationVisit:
    told = {"day": TODAY, "done": "接待两户，解释医保缴费", "person": scene.persons["department"].id} | told
    return actions.write_visit(station=station.pk, by=scene.actors[by], now=now, **told)


@pytest.mark.parametrize(
    ("days", "kept", "words"),
    [((3, 1, 3), "13", "周一、周三"), ((), "", "每个工作日"), (range(1, 6), "12345", "每个工作日"),
     (range(1, 8), "1234567", "每天"), ((6, 7), "67", "周六、周日")],
)  # fmt: skip
def test_weekdays_are_kept_in_order_and_said_in_words(days: Any, kept: str, words: str) -> None:
    assert checked_weekdays(days) == kept
    assert weekday_words(kept) == words


@pytest.mark.parametrize("day", [0, 8, -1])
def test_there_are_seven_weekdays(day: int) -> None:
    with pytest.raises(Refused):
        checked_weekdays([day])


class TestStation:
    def test_a_station_without_a_name_bears_that_of_its_place(self, county: Scene, now: datetime) -> None:
        row = actions.add_station(division=county.places["compound"], by=county.community_clerk, now=now)
        assert (row.name, row.path) == ("双虹家园", "/001/003/C1/")

    @pytest.mark.parametrize(
        ("place", "name", "code"),
        [("community", "双虹党群服务站", "name_known"), ("root", "县站", "station_place")],
    )
    def test_what_cannot_be_opened(
        self, county: Scene, now: datetime, station: Station, place: str, name: str, code: str
    ) -> None:
        with pytest.raises(Refused) as refused:
            actions.add_station(division=county.places[place], name=name, by=county.admin, now=now)
        assert refused.value.code == code

    @pytest.mark.parametrize("who", [*OUTSIDERS, "department"])
    def test_only_whoever_keeps_the_place_keeps_its_stations(
        self, county: Scene, now: datetime, station: Station, who: str
    ) -> None:
        by, posting = county.actors[who], post(county, now, station)
        for act in (
            lambda: actions.add_station(division=county.places["compound"], by=by, now=now),
            lambda: actions.change_station(station=station.pk, name="别的名", by=by, now=now),
            lambda: actions.close_station(station=station.pk, on=TODAY, by=by, now=now),
            lambda: actions.post_to_station(
                station=station.pk, person=county.persons["admin"].id, on=TODAY, by=by, now=now
            ),
            lambda: actions.end_station_posting(posting=posting.pk, on=TODAY, by=by, now=now),
        ):
            with pytest.raises(NotAllowed):
                act()

    def test_a_closed_station_has_nobody_and_keeps_what_was_done(
        self, county: Scene, now: datetime, station: Station
    ) -> None:
        post(county, now, station)
        visit(county, now, station)
        actions.close_station(station=station.pk, on=TODAY, by=county.community_clerk, now=now)
        assert queries.stations_in_force(on=TODAY).count() == 0
        assert queries.stations_posted(on=TODAY - DAY).count() == 1
        assert len(queries.visits(station.pk)) == 1
        with pytest.raises(Refused):
            post(county, now, station, "admin", on=TODAY)

    def test_a_place_is_not_ended_under_its_station(self, county: Scene, now: datetime) -> None:
        place = actions.add_division(
            parent=county.places["community"],
            kind="place",
            name="老年活动室",
            by=county.community_clerk,
            now=now,
        )
        actions.add_station(division=place, by=county.community_clerk, now=now)
        with pytest.raises(Refused) as refused:
            actions.end_division(division=place, on=TODAY, by=county.community_clerk, now=now)
        assert refused.value.code == "division_not_empty"

    def test_the_neighbour_county_sees_no_station(
        self, county: Scene, now: datetime, station: Station
    ) -> None:
        with county_scope(NEIGHBOUR):
            assert not queries.stations_in_force(on=TODAY).exists()
            with pytest.raises(NotFound):
                queries.station(station.pk)


class TestPosting:
    def test_posted_stations_are_counted_on_a_day(
        self, county: Scene, now: datetime, station: Station
    ) -> None:
        row = post(county, now, station)
        actions.end_station_posting(posting=row.pk, on=TODAY, by=county.community_clerk, now=now)
        days = (SINCE - DAY, SINCE, TODAY - DAY, TODAY)
        assert [queries.stations_posted(on=day).count() for day in days] == [0, 1, 1, 0]
        assert [queries.stations_in_force(on=day).count() for day in days] == [0, 1, 1, 1]
        assert queries.stations_posted(on=SINCE, under="/003/").count() == 0

    def test_other_days_are_written_over_and_the_same_changes_nothing(
        self, county: Scene, now: datetime, station: Station
    ) -> None:
        first = post(county, now, station)
        assert post(county, now, station).pk == first.pk
        again = post(county, now, station, on=TODAY, weekdays=(2,), hours="下午")
        assert (again.pk, again.weekdays, again.hours) == (first.pk, "2", "下午")

    def test_days_do_not_overlap(self, county: Scene, now: datetime, station: Station) -> None:
        row = post(county, now, station)
        actions.end_station_posting(posting=row.pk, on=TODAY, by=county.community_clerk, now=now)
        with pytest.raises(Refused) as refused:
            post(county, now, station, on=TODAY - DAY)
        assert refused.value.code == "overlap"

    def test_residents_are_not_posted(self, county: Scene, now: datetime, station: Station) -> None:
        with pytest.raises(Refused) as refused:
            post(county, now, station, "resident")
        assert refused.value.code == "not_a_colleague"


class TestVisits:
    @pytest.mark.parametrize("by", ["department", "community_clerk", "admin"])
    def test_the_posted_one_writes_himself_or_whoever_keeps_the_place(
        self, county: Scene, now: datetime, station: Station, by: str
    ) -> None:
        post(county, now, station)
        row = visit(county, now, station, by, callers=2)
        assert (row.person_id, row.callers) == (county.persons["department"].id, 2)
        assert row.entered_by == county.actors[by].person

    @pytest.mark.parametrize("by", OUTSIDERS)
    def test_nobody_else_writes_or_takes_back(
        self, county: Scene, now: datetime, station: Station, by: str
    ) -> None:
        post(county, now, station)
        row = visit(county, now, station)
        with pytest.raises(NotAllowed):
            visit(county, now, station, by)
        with pytest.raises(NotAllowed):
            actions.withdraw_visit(visit=row.pk, by=county.actors[by], now=now)

    def test_one_writes_only_for_days_on_which_one_was_posted(
        self, county: Scene, now: datetime, station: Station
    ) -> None:
        post(county, now, station, on=TODAY)
        for told, code in (
            ({"day": TODAY - DAY}, "not_posted"),
            ({"day": TODAY + DAY}, "day_to_come"),
            ({"done": "  "}, "done_missing"),
        ):
            with pytest.raises(Refused) as refused:
                visit(county, now, station, **told)
            assert refused.value.code == code

    def test_what_was_written_by_mistake_goes_and_the_trail_knows(
        self, county: Scene, now: datetime, station: Station
    ) -> None:
        post(county, now, station)
        row = visit(county, now, station)
        actions.withdraw_visit(visit=row.pk, by=county.department, now=now)
        assert not StationVisit.objects.exists()
        verbs = apps.get_model("trail.AuditEntry").objects.filter(subject_id=station.pk).order_by("id")
        assert list(verbs.values_list("verb", flat=True))[-2:] == [
            "territory.write_visit", "territory.withdraw_visit",
        ]  # fmt: skip

    def test_a_visit_has_no_time_of_day_and_no_position(self) -> None:
        fields = {field.name for field in StationVisit._meta.get_fields()}
        assert fields == {
            "id", "county", "station", "person", "day", "done", "callers", "entered_by", "entered_at",
        }  # fmt: skip

    def test_a_person_takes_along_what_he_did(self, county: Scene, now: datetime, station: Station) -> None:
        post(county, now, station)
        visit(county, now, station)
        told = people.export(county.persons["department"].id)
        assert told["station_visits"] == [{"day": "2026-09-01", "done": "接待两户，解释医保缴费"}]
        assert told["station_postings"][0]["station"] == "双虹党群服务站"


class TestHouseholds:
    def count(self, scene: Scene, now: datetime, households: int, on: date, **told: Any) -> DivisionCount:
        told = {"source": "物业台账", "by": scene.community_clerk} | told
        return actions.count_households(
            division=scene.places["compound"], households=households, counted_on=on, now=now, **told
        )

    def test_the_newest_count_up_to_a_day_holds(self, county: Scene, now: datetime) -> None:
        self.count(county, now, 480, SINCE)
        self.count(county, now, 492, TODAY, floor_area=51_000)
        path = "/001/003/C1/"

        def households(day: date) -> int | None:
            row = queries.counts_of([path, "/001/"], day).get(path)
            return row.households if row else None

        assert [households(day) for day in (SINCE - DAY, SINCE, TODAY - DAY, TODAY)] == [None, 480, 480, 492]
        assert queries.counts_of([], TODAY) == {}

    def test_the_same_day_again_corrects(self, county: Scene, now: datetime) -> None:
        self.count(county, now, 480, SINCE)
        self.count(county, now, 481, SINCE, source="社区普查")
        (row,) = DivisionCount.objects.all()
        assert (row.households, row.source) == (481, "社区普查")

    @pytest.mark.parametrize(
        ("households", "on", "source", "code"),
        [
            (0, TODAY, "物业台账", "households"),
            (5, TODAY + DAY, "物业台账", "day_to_come"),
            (5, TODAY, " ", "source_missing"),
        ],
    )
    def test_a_count_that_cannot_stand(
        self, county: Scene, now: datetime, households: int, on: date, source: str, code: str
    ) -> None:
        with pytest.raises(Refused) as refused:
            self.count(county, now, households, on, source=source)
        assert refused.value.code == code

    @pytest.mark.parametrize("who", [*OUTSIDERS, "department"])
    def test_only_whoever_keeps_the_place_counts(self, county: Scene, now: datetime, who: str) -> None:
        with pytest.raises(NotAllowed):
            self.count(county, now, 480, SINCE, by=county.actors[who])
