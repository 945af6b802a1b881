"""Keeping the calendar: the notice, one day, hours; who may; what others are told."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from mulin.ground.calendar import actions, queries
from mulin.ground.calendar.actions.package import YEARS
from mulin.ground.calendar.models import CalendarVersion, UnitHours, WorkCalendarDay
from mulin.ground.calendar.rules.notice import Notice, read_lines
from mulin.ground.trail.models import AuditEntry
from mulin.kernel import hooks
from mulin.kernel.actor import Actor, system
from mulin.kernel.clock import CHINA
from mulin.kernel.county import county_scope
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from tests.personas import COUNTY, NEIGHBOUR, Scene, a_uuid

LINES = "2027-01-01至2027-01-03 休 元旦\n2027-02-05至2027-02-11 休 春节\n2027-02-20 班 春节"
TOLD = {"first", "last", "by", "now"}
WORKERS = [
    "stranger",
    "resident",
    "merchant",
    "grid_worker",
    "community_clerk",
    "street_clerk",
    "department",
    "leader",
]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


def bring(
    scene: Scene, now: datetime, text: str = LINES, *, by: Actor | None = None, dry: bool = False
) -> Any:
    return actions.import_notice(
        notice=read_lines(text),
        source="国办发明电〔2026〕某号",
        by=by or scene.county_clerk,
        now=now,
        dry_run=dry,
    )


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    found: list[dict[str, Any]] = []
    monkeypatch.setattr(hooks, "calendar_changed", [lambda **facts: found.append(facts)])
    return found


class TestImportingTheNotice:
    def test_it_names_the_days_that_turned_and_makes_the_year_official(
        self, county: Scene, now: datetime, told: list[dict[str, Any]]
    ) -> None:
        start, span = at("2027-02-04 16:30"), timedelta(hours=2)
        assert queries.due(start=start, span=span, clock="working") == queries.Due(
            at("2027-02-09 09:30"), True
        )
        done = bring(county, now)
        assert [(str(one.day), one.working) for one in done.changed] == [
            ("2027-02-09", False),
            ("2027-02-10", False),
            ("2027-02-11", False),
            ("2027-02-20", True),
        ]
        assert (done.recorded, done.unchanged, done.official, done.refused) == (7, 0, [2027], [])
        assert queries.due(start=start, span=span, clock="working") == queries.Due(
            at("2027-02-12 09:30"), False
        )
        assert queries.is_working(at("2027-02-20 09:00"))
        (call,) = told
        assert set(call) == TOLD
        assert (call["first"], call["last"]) == (date(2027, 1, 1), date(2027, 12, 31))
        entry = AuditEntry.objects.get(verb="calendar.import")
        assert entry.facts["official"] == [2027]
        assert len(entry.facts["changed"]) == 4

    def test_whoever_is_told_sees_the_new_calendar_already(
        self, county: Scene, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        queries.book()
        seen: list[bool] = []
        monkeypatch.setattr(
            hooks,
            "calendar_changed",
            [lambda **_facts: seen.append(queries.is_working(at("2027-02-20 09:00")))],
        )
        bring(county, now)
        assert seen == [True]

    def test_again_it_changes_nothing(self, county: Scene, now: datetime, told: list[dict[str, Any]]) -> None:
        bring(county, now)
        before = CalendarVersion.objects.get().version
        done = bring(county, now + timedelta(days=1))
        assert (done.changed, done.recorded, done.unchanged, done.official) == ([], 0, 11, [])
        assert CalendarVersion.objects.get().version == before
        assert len(told) == 1
        assert AuditEntry.objects.filter(verb="calendar.import").count() == 1

    def test_a_dry_run_says_the_same_and_writes_nothing(
        self, county: Scene, now: datetime, told: list[dict[str, Any]]
    ) -> None:
        dry = bring(county, now, dry=True)
        assert not WorkCalendarDay.objects.exists()
        assert not CalendarVersion.objects.exists()
        assert told == []
        assert not AuditEntry.objects.exists()
        assert dry == bring(county, now)

    def test_bad_lines_are_told_and_the_good_ones_stand(self, county: Scene, now: datetime) -> None:
        done = bring(county, now, LINES + "\n2027-02-30 休\n")
        assert [row for row, _reason in done.refused] == [4]
        assert WorkCalendarDay.objects.count() == 11

    def test_a_notice_without_one_readable_day_is_refused_with_the_first_reason(
        self, county: Scene, now: datetime
    ) -> None:
        with pytest.raises(Refused, match="第 1 行"):
            bring(county, now, "2027-02-30 休")
        with pytest.raises(Refused, match="没有读到"):
            bring(county, now, "")

    def test_a_later_notice_corrects_an_earlier_one_and_a_blank_name_empties_nothing(
        self, county: Scene, now: datetime, told: list[dict[str, Any]]
    ) -> None:
        bring(county, now)
        done = bring(county, now, "2027-02-12 休 春节\n2027-02-20 休")
        assert [(str(one.day), one.working) for one in done.changed] == [
            ("2027-02-12", False),
            ("2027-02-20", False),
        ]
        assert WorkCalendarDay.objects.get(day=date(2027, 2, 20)).name == "春节"
        assert (told[1]["first"], told[1]["last"]) == (date(2027, 2, 12), date(2027, 2, 20))

    def test_the_last_day_of_the_year_before_makes_that_year_no_more_official(
        self, county: Scene, now: datetime
    ) -> None:
        done = bring(county, now, "2027-12-31 休 元旦\n2028-01-01 休 元旦\n2028-01-02 休 元旦")
        assert done.official == [2028]
        assert queries.known_years() == [2028]
        assert not queries.is_working(at("2027-12-31 09:00"))

    @pytest.mark.parametrize("who", WORKERS)
    def test_nobody_else_may(self, county: Scene, now: datetime, who: str) -> None:
        for act in (
            lambda by: bring(county, now, by=by),
            lambda by: actions.set_day(day=date(2027, 3, 8), working=False, name="节", by=by, now=now),
            lambda by: actions.set_hours(unit=None, text="周一 9:00-12:00", on=now.date(), by=by, now=now),
        ):
            with pytest.raises(NotAllowed):
                act(county.actors[who])
        assert not WorkCalendarDay.objects.exists()

    @pytest.mark.parametrize("who", ["county_clerk", "admin"])
    def test_the_countys_clerk_and_administrator_may(self, county: Scene, now: datetime, who: str) -> None:
        assert bring(county, now, by=county.actors[who]).official == [2027]

    def test_another_county_keeps_its_own_calendar(self, county: Scene, now: datetime) -> None:
        bring(county, now)
        with county_scope(NEIGHBOUR):
            assert queries.book().official == frozenset()
            assert not queries.is_working(at("2027-02-20 09:00"))


class TestOneDayByHand:
    def test_it_is_worked_or_not_from_now_on(
        self, county: Scene, now: datetime, told: list[dict[str, Any]]
    ) -> None:
        actions.set_day(day=date(2026, 10, 15), working=False, name="县庆", by=county.admin, now=now)
        assert not queries.is_working(at("2026-10-15 09:00"))
        assert [(call["first"], call["last"]) for call in told] == [(date(2026, 10, 15),) * 2]
        facts = AuditEntry.objects.get(verb="calendar.set_day").facts
        assert (facts["was_working"], facts["working"], facts["name"]) == (True, False, "县庆")
        actions.set_day(day=date(2026, 10, 15), working=False, name="县庆", by=county.admin, now=now)
        assert len(told) == 1

    def test_set_before_the_notice_the_notice_goes_over_it_set_after_it_stays(
        self, county: Scene, now: datetime
    ) -> None:
        early, late = date(2027, 2, 20), date(2027, 2, 9)
        actions.set_day(day=early, working=False, name="猜的", by=county.admin, now=now)
        assert bring(county, now).kept == []
        assert queries.is_working(at("2027-02-20 09:00"))
        actions.set_day(day=late, working=True, name="抗雪上班", by=county.admin, now=now)
        done = bring(county, now)
        assert (done.kept, done.changed) == ([late], [])
        assert queries.is_working(at("2027-02-09 09:00"))

    def test_it_needs_a_reason_of_bearable_length_and_a_year_of_ours(
        self, county: Scene, now: datetime
    ) -> None:
        for day, name, field in (
            (date(2027, 3, 8), " ", "name"),
            (date(2027, 3, 8), "长" * 41, "name"),
            (date(1970, 1, 1), "古", "day"),
        ):
            with pytest.raises(Refused) as refused:
                actions.set_day(day=day, working=False, name=name, by=county.admin, now=now)
            assert refused.value.field == field


class TestHours:
    def test_the_county_and_a_unit_of_its_own(
        self, county: Scene, now: datetime, told: list[dict[str, Any]]
    ) -> None:
        hall = county.units["department"].id
        actions.set_hours(
            unit=None,
            text="周一至周五 08:00–12:00 14:00–18:00",
            on=date(2026, 9, 1),
            by=county.admin,
            now=now,
        )
        actions.set_hours(
            unit=hall,
            text="周一至周六 09:00–12:00 13:00–16:00",
            on=date(2026, 10, 1),
            by=county.admin,
            now=now,
        )
        assert queries.working_days(1) == timedelta(hours=8)
        assert queries.working_days(1, hall) == timedelta(hours=6)
        assert queries.working_days(1, hall, on=date(2026, 9, 30)) == timedelta(hours=8)
        assert queries.is_working(at("2026-10-17 09:00"), hall)
        assert not queries.is_working(at("2026-10-17 09:00"))
        assert not queries.is_working(at("2026-09-26 09:00"), hall)
        assert queries.is_working(at("2026-08-31 17:00"))
        assert not queries.is_working(at("2026-08-31 17:45"))
        assert [(call["first"], call["last"]) for call in told] == [
            (date(2026, 9, 1), date.max),
            (date(2026, 10, 1), date.max),
        ]

    def test_new_hours_end_the_old_ones_and_replace_what_was_planned_later(
        self, county: Scene, now: datetime
    ) -> None:
        def set_from(day: date, text: str) -> bool:
            return actions.set_hours(unit=None, text=text, on=day, by=county.admin, now=now)

        assert set_from(date(2026, 1, 1), "周一至周五 08:30–12:00")
        assert set_from(date(2026, 6, 1), "周一至周五 08:00–12:00")
        assert set_from(date(2026, 9, 1), "周一至周五 09:00–12:00")
        assert not set_from(date(2026, 9, 1), "周一至周五 9:00-12:00")
        assert set_from(date(2026, 7, 1), "周一至周五 07:00–12:00")
        spans = UnitHours.objects.order_by("started_on").values_list("started_on", "ended_on")
        assert list(spans) == [
            (date(2026, 1, 1), date(2026, 6, 1)),
            (date(2026, 6, 1), date(2026, 7, 1)),
            (date(2026, 7, 1), None),
        ]
        assert set_from(date(2026, 6, 1), "周一至周五 07:00–11:00")
        assert UnitHours.objects.count() == 2
        assert set_from(date(2026, 5, 1), "周一至周五 08:30–12:00")
        assert list(UnitHours.objects.values_list("started_on", "ended_on")) == [(date(2026, 1, 1), None)]

    def test_a_unit_goes_back_to_the_countys_hours_and_the_county_never_goes_without(
        self, county: Scene, now: datetime
    ) -> None:
        hall = county.units["department"].id
        actions.set_hours(unit=hall, text="周六 9:00-12:00", on=date(2026, 1, 1), by=county.admin, now=now)
        assert actions.set_hours(unit=hall, text="", on=date(2026, 3, 1), by=county.admin, now=now)
        assert queries.is_working(at("2026-02-28 09:30"), hall)
        assert not queries.is_working(at("2026-03-07 09:30"), hall)
        assert queries.is_working(at("2026-03-02 09:30"), hall)
        with pytest.raises(Refused):
            actions.set_hours(unit=None, text=" ", on=date(2026, 3, 1), by=county.admin, now=now)

    def test_hours_that_cannot_be_read_and_units_that_are_not_there_are_refused(
        self, county: Scene, now: datetime
    ) -> None:
        with pytest.raises(Refused) as refused:
            actions.set_hours(unit=None, text="朝九晚五", on=date(2026, 3, 1), by=county.admin, now=now)
        assert refused.value.field == "text"
        with pytest.raises(NotFound):
            actions.set_hours(
                unit=a_uuid(), text="周一 9:00-12:00", on=date(2026, 3, 1), by=county.admin, now=now
            )


class TestSeeding:
    def test_it_writes_the_years_that_the_package_knows_once(
        self, county: Scene, now: datetime, told: list[dict[str, Any]]
    ) -> None:
        assert actions.seed_missing(now=now) > 700
        assert queries.known_years() == sorted(YEARS)
        assert queries.due(
            start=at("2026-02-13 16:30"), span=timedelta(hours=2), clock="working"
        ) == queries.Due(at("2026-02-14 09:30"), False)
        assert (actions.seed_missing(now=now), actions.seed(by=county.admin, now=now)) == (0, 0)
        assert len(told) == 1
        assert {
            row.name for row in WorkCalendarDay.objects.filter(day__year__gte=2004) if row.name.isascii()
        } == set()

    def test_what_the_county_wrote_itself_stays(self, county: Scene, now: datetime) -> None:
        bring(county, now, "2026-01-01 休 元旦\n2026-05-20 休 本县")
        actions.set_day(day=date(2025, 5, 6), working=False, name="县里定的", by=county.admin, now=now)
        actions.seed(by=system(COUNTY, "open-county"), now=now)
        assert queries.is_working(at("2026-10-01 09:00")) is False
        assert WorkCalendarDay.objects.filter(day__year=2026).count() == 2
        assert not queries.is_working(at("2025-05-06 09:00"))
        assert queries.is_working(at("2025-04-27 09:00"))

    def test_a_pass_with_nothing_to_do_costs_one_statement(self, county: Scene, now: datetime) -> None:
        actions.seed_missing(now=now)
        queries.book()
        with CaptureQueriesContext(connection) as asked:
            actions.seed_missing(now=now)
        assert len(asked) == 1


class TestTheMark:
    def test_a_question_costs_one_statement_and_two_after_a_change(
        self, county: Scene, now: datetime
    ) -> None:
        bring(county, now)
        costs = []
        for _time in range(2):
            with CaptureQueriesContext(connection) as asked:
                queries.due(start=at("2027-02-04 16:30"), span=timedelta(hours=2), clock="working")
            costs.append(len(asked))
        assert costs == [2, 1]
        with CaptureQueriesContext(connection) as asked:
            book = queries.book()
            for _time in range(50):
                book.due(start=at("2027-02-04 16:30"), span=timedelta(hours=2), clock="working")
        assert len(asked) == 1

    def test_a_change_that_was_taken_back_leaves_no_trace_in_memory(
        self, county: Scene, now: datetime
    ) -> None:
        class Undone(Exception):
            pass

        bring(county, now)
        queries.book()
        with pytest.raises(Undone), transaction.atomic():
            bring(county, now, "2027-03-06 班")
            assert queries.is_working(at("2027-03-06 09:00"))
            raise Undone
        assert not queries.is_working(at("2027-03-06 09:00"))
        bring(county, now, "2027-03-07 班")
        assert not queries.is_working(at("2027-03-06 09:00"))
        assert queries.is_working(at("2027-03-07 09:00"))


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_others_see_an_import_after_its_commit_and_not_before(self, scene: Scene, now: datetime) -> None:
        def elsewhere() -> bool:
            found: list[bool] = []

            def ask() -> None:
                with county_scope(COUNTY):
                    found.append(queries.is_working(at("2027-02-20 09:00")))
                connections.close_all()

            thread = threading.Thread(target=ask)
            thread.start()
            thread.join()
            return found[0]

        with county_scope(COUNTY):
            assert not elsewhere()
            with transaction.atomic():
                bring(scene, now)
                assert queries.is_working(at("2027-02-20 09:00"))
                assert not elsewhere()
            assert elsewhere()

    def test_eight_imports_at_once_write_each_day_once(self, scene: Scene, now: datetime) -> None:
        notices: list[Notice] = [read_lines(LINES) for _time in range(8)]
        done: list[Any] = []
        errors: list[BaseException] = []

        def run(notice: Notice) -> None:
            try:
                with county_scope(COUNTY):
                    done.append(
                        actions.import_notice(notice=notice, source="s", by=scene.county_clerk, now=now)
                    )
            except BaseException as error:  # noqa: BLE001 (told to the test)
                errors.append(error)
            connections.close_all()

        threads = [threading.Thread(target=run, args=(notice,)) for notice in notices]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert errors == []
        assert sorted(len(one.changed) for one in done) == [0] * 7 + [4]
        with county_scope(COUNTY):
            assert WorkCalendarDay.objects.count() == 11
            assert AuditEntry.objects.filter(verb="calendar.import").count() == 1
