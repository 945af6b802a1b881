"""Which mode a place is in: the most urgent stage over it or over what contains it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from mulin.ground.modes import queries
from mulin.ground.modes.models import EmergencyMode, ModeStage
from mulin.ground.modes.rules import TRANSITIONS, URGENCY, limits_of, may_follow, prefixes
from tests.conftest import NOW
from tests.personas import Scene


def declare(scene: Scene, path: str, stage: str, start: datetime = NOW, hours: int = 24) -> ModeStage:
    end = start + timedelta(hours=hours)
    mode = EmergencyMode.objects.create(
        path=path,
        title="暴雪",
        basis="预案",
        declared_by=scene.persons["leader"],
        declared_at=start,
        ends_at=end,
    )
    return ModeStage.objects.create(mode=mode, path=path, stage=stage, started_at=start, ends_at=end)


class TestRules:
    def test_every_stage_that_may_follow_is_a_stage(self) -> None:
        assert set(TRANSITIONS) == set(URGENCY)
        assert {stage for after in TRANSITIONS.values() for stage in after} == set(URGENCY)

    def test_only_the_response_goes_by_emergency_limits(self) -> None:
        assert {stage: limits_of(stage) for stage in URGENCY} == {
            "routine": "routine",
            "alert": "routine",
            "response": "emergency",
            "recovery": "routine",
        }

    def test_nobody_recovers_from_what_never_happened(self) -> None:
        assert not may_follow("routine", "recovery")
        assert not may_follow("alert", "recovery")
        assert may_follow("routine", "response")
        assert may_follow("recovery", "response")

    def test_a_place_is_covered_by_all_that_contain_it(self) -> None:
        assert prefixes("/") == ["/"]
        assert prefixes("/001/003/g1001/") == ["/", "/001/", "/001/003/", "/001/003/g1001/"]


class TestModeAt:
    def test_without_a_declaration_everything_is_routine(self, county: Scene) -> None:
        assert queries.mode_at("/001/003/", NOW) == "routine"
        assert queries.in_force("/001/003/", NOW) == []

    def test_the_most_urgent_of_the_places_around_decides(self, county: Scene) -> None:
        declare(county, "/", "alert")
        declare(county, "/001/", "response")
        declare(county, "/001/003/", "recovery")
        assert queries.mode_at("/001/003/g1001/", NOW) == "emergency"
        assert queries.mode_at("/001/", NOW) == "emergency"
        assert queries.mode_at("/003/004/", NOW) == "routine"
        assert queries.mode_at("/", NOW) == "routine"
        found = queries.in_force("/001/003/g1001/", NOW)
        assert [one.stage for one in found] == ["response", "alert", "recovery"]

    def test_a_street_whose_number_begins_alike_is_another_street(self, county: Scene) -> None:
        declare(county, "/001/", "response")
        assert queries.mode_at("/0011/", NOW) == "routine"

    @pytest.mark.parametrize(
        ("hours", "mode"), [(-1, "routine"), (0, "emergency"), (23, "emergency"), (24, "routine")]
    )
    def test_it_counts_from_its_beginning_until_its_end_with_or_without_tick(
        self, county: Scene, hours: int, mode: str
    ) -> None:
        declare(county, "/001/", "response")
        assert queries.mode_at("/001/", NOW + timedelta(hours=hours)) == mode

    def test_it_costs_one_statement(self, county: Scene) -> None:
        declare(county, "/001/", "response")
        with CaptureQueriesContext(connection) as asked:
            queries.mode_at("/001/003/g1001/", NOW)
        assert len(asked) == 1
