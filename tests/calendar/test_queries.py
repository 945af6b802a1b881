"""What other apps ask, what it costs, and that nobody answers from an old calendar."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from mulin.ground.calendar import queries
from mulin.kernel.clock import CHINA
from tests.personas import Scene


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


class TestWithoutACalendar:
    def test_a_county_that_wrote_nothing_down_has_ordinary_hours_and_says_it_is_provisional(
        self, county: Scene
    ) -> None:
        found = queries.due(start=at("2026-03-03 16:30"), span=timedelta(hours=2), clock="working")
        assert found == queries.Due(at("2026-03-04 09:30"), provisional=True)
        assert queries.working_span(start=at("2026-03-03 11:00"), end=at("2026-03-03 14:00")) == timedelta(
            hours=1.5
        )
        assert queries.is_working(at("2026-03-03 11:59"))
        assert not queries.is_working(at("2026-03-03 12:00"))
        assert queries.working_days(2) == timedelta(hours=15)

    def test_elapsed_time_asks_the_database_nothing(self, county: Scene) -> None:
        queries.book()
        with CaptureQueriesContext(connection) as asked:
            queries.due(start=at("2026-03-03 16:30"), span=timedelta(hours=2), clock="elapsed")
        assert len(asked) == 0


class TestQuiet:
    @pytest.mark.parametrize(
        ("moment", "quiet"),
        [
            ("20:59", False),
            ("21:00", True),
            ("23:59", True),
            ("00:00", True),
            ("06:59", True),
            ("07:00", False),
        ],
    )
    def test_from_nine_in_the_evening_until_seven(self, moment: str, quiet: bool) -> None:
        assert queries.quiet(at(f"2026-03-03 {moment}")) is quiet

    def test_hours_within_a_day_and_none_at_all(self, settings: Any) -> None:
        settings.QUIET_FROM, settings.QUIET_UNTIL = time(12), time(14)
        assert queries.quiet(at("2026-03-03 13:00"))
        assert not queries.quiet(at("2026-03-03 23:00"))
        settings.QUIET_UNTIL = time(12)
        assert not queries.quiet(at("2026-03-03 12:00"))
