"""The calendar's pages: the year, the import with its dry run, one day, hours; for whom."""

from __future__ import annotations

import io
from datetime import date, datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from mulin.ground.calendar import actions, queries
from mulin.ground.calendar.models import UnitHours, WorkCalendarDay
from mulin.ground.calendar.rules.notice import COLUMNS, read_lines
from mulin.kernel.tables import open_table, write_table
from tests.calendar.test_notice import NOTICE_2026
from tests.journeys.conftest import Enter
from tests.journeys.steps import asked
from tests.personas import Scene

pytestmark = pytest.mark.usefixtures("morning")
LINES = "2027-02-05至2027-02-11 休 春节\n2027-02-20 班 春节"


def text(answer: Any) -> str:
    return str(answer.content.decode())


class TestTheYear:
    def test_a_year_with_its_notice_shows_every_day_off_and_make_up_day(
        self, county: Scene, enter: Enter, now: datetime
    ) -> None:
        actions.import_notice(notice=read_lines(NOTICE_2026), source="国办发明电", by=county.admin, now=now)
        page = text(enter("community_clerk").get("/desk/calendar/?year=2026"))
        assert page.count('<span class="mark mark-off">') == 33 + 7 + 1  # days, festivals, key
        assert page.count('<span class="mark mark-work">') == 6 + 4 + 1
        assert "正式" in page
        assert "国办发明电" in page
        assert "248 个工作日" in page
        assert page.count('aria-current="date"') == 1

    def test_a_year_without_one_says_that_it_is_provisional_and_what_that_means(
        self, county: Scene, enter: Enter
    ) -> None:
        page = text(enter("county_clerk").get("/desk/calendar/?year=2027"))
        assert "暂定" in page
        assert "导入通知以后按通知计算" in page
        assert "春节" in page

    def test_the_page_warns_of_a_missing_year_from_any_other(
        self, county: Scene, enter: Enter, now: datetime
    ) -> None:
        actions.import_notice(notice=read_lines(NOTICE_2026), source="n", by=county.admin, now=now)
        page = text(enter("grid_worker").get("/desk/calendar/"))
        assert "2027 年的放假通知还没有导入" in page
        assert "导入放假通知" not in page

    @pytest.mark.parametrize("year", ["", "abc", "0", "99999", "２０２６", "-2026"])
    def test_a_year_that_is_none_shows_this_one(self, county: Scene, enter: Enter, year: str) -> None:
        answer = enter("admin").get("/desk/calendar/", {"year": year})
        assert answer.status_code == 200
        assert "2026 年" in text(answer)

    def test_it_costs_as_much_with_one_unit_as_with_three(
        self, county: Scene, enter: Enter, now: datetime
    ) -> None:
        client = enter("county_clerk")

        def cost() -> int:
            client.get("/desk/calendar/")
            with asked() as found:
                client.get("/desk/calendar/")
            return len(found)

        def give(unit: str) -> None:
            key = county.units[unit].id
            actions.set_hours(unit=key, text="周六 9:00-12:00", on=date(2026, 1, 1), by=county.admin, now=now)

        give("department")
        few = cost()
        give("other_department")
        give("property")
        assert cost() == few


class TestTheImport:
    def test_dry_run_then_the_import_then_again(self, county: Scene, enter: Enter) -> None:
        client = enter("county_clerk")
        told = {"text": LINES + "\n2027-02-30 休", "source": "国办发明电〔2026〕某号"}
        dry = client.post("/desk/calendar/import/", told | {"dry_run": "on"})
        assert dry.status_code == 200
        assert "还没有写入" in text(dry)
        assert "2027 年从“暂定”变为“正式”" in text(dry)
        assert "第 3 行" in text(dry)
        assert "2027-02-20" in text(dry)
        assert not WorkCalendarDay.objects.exists()
        done = client.post("/desk/calendar/import/", told)
        assert "已写入工作日历" in text(done)
        assert {row.source for row in WorkCalendarDay.objects.all()} == {"国办发明电〔2026〕某号"}
        assert "没有改动" in text(client.post("/desk/calendar/import/", told))

    def test_the_template_filled_in_is_imported(self, county: Scene, enter: Enter) -> None:
        client = enter("admin")
        template = io.BytesIO(b"".join(client.get("/desk/calendar/template.xlsx").streaming_content))
        with open_table(template, name="t.xlsx", columns=COLUMNS) as table:
            titles = table.header
        filled = io.BytesIO()
        write_table(filled, titles, [[date(2027, 1, 1), "休", "元旦"], [date(2027, 2, 20), "班", ""]])
        file = SimpleUploadedFile("放假.xlsx", filled.getvalue())
        done = client.post("/desk/calendar/import/", {"file": file})
        assert "已写入工作日历" in text(done)
        assert queries.known_years() == [2027]

    def test_nothing_both_or_nonsense_is_refused_and_the_words_are_kept(
        self, county: Scene, enter: Enter
    ) -> None:
        client = enter("county_clerk")
        file = SimpleUploadedFile("x.csv", "日期,休或班\n2027-01-01,休\n".encode())
        both = client.post("/desk/calendar/import/", {"text": LINES, "file": file})
        none = client.post("/desk/calendar/import/", {"text": "  "})
        wrong = client.post("/desk/calendar/import/", {"text": "春节放几天？"})
        table = client.post("/desk/calendar/import/", {"file": SimpleUploadedFile("x.csv", b"a,b\n1,2\n")})
        assert [one.status_code for one in (both, none, wrong, table)] == [422] * 4
        assert "春节放几天？" in text(wrong)
        assert not WorkCalendarDay.objects.exists()

    def test_a_file_too_large_for_a_notice_is_refused(self, county: Scene, enter: Enter) -> None:
        file = SimpleUploadedFile("x.csv", b"a" * (2 * 1024 * 1024 + 1))
        answer = enter("admin").post("/desk/calendar/import/", {"file": file})
        assert answer.status_code == 422
        assert "2 MB" in text(answer)


class TestDayAndHours:
    def test_a_day_by_hand(self, county: Scene, enter: Enter) -> None:
        client = enter("admin")
        told = {"day": "2027-03-08", "working": "off", "name": "县庆"}
        answer = client.post("/desk/calendar/day/", told, follow=True)
        assert "已改：2027-03-08 休息" in text(answer)
        assert "县庆" in text(answer)
        assert "2027 年" in text(answer)
        refused = client.post("/desk/calendar/day/", told | {"name": ""})
        assert refused.status_code == 422

    def test_hours_of_a_unit_are_shown_changed_and_given_back(self, county: Scene, enter: Enter) -> None:
        client, unit = enter("county_clerk"), str(county.units["department"].id)
        page = text(client.get(f"/desk/calendar/hours/?unit={unit}"))
        assert "周一至周五 08:30–12:00 13:30–17:30" in page
        told = {"unit": unit, "on": "2026-09-01", "text": "周一至周六 09:00–12:00"}
        page = text(client.post("/desk/calendar/hours/", told, follow=True))
        assert "作息已改" in page
        assert "周一至周六" in page
        assert "县市场监督管理局" in page
        assert "没有改动" in text(client.post("/desk/calendar/hours/", told, follow=True))
        refused = client.post("/desk/calendar/hours/", told | {"text": "朝九晚五"})
        assert refused.status_code == 422
        assert "朝九晚五" in text(refused)
        client.post("/desk/calendar/hours/", told | {"text": ""})
        assert not UnitHours.objects.exists()

    def test_a_strange_unit_is_none(self, county: Scene, enter: Enter) -> None:
        client = enter("admin")
        assert client.get("/desk/calendar/hours/?unit=nonsense").status_code == 200
        told = {"unit": "nonsense", "on": "2026-09-01", "text": "周一 09:00–12:00"}
        assert client.post("/desk/calendar/hours/", told).status_code == 422


def test_in_english_the_page_is_english(county: Scene, enter: Enter) -> None:
    client: Client = enter("admin")
    client.cookies["django_language"] = "en"
    page = text(client.get("/desk/calendar/"))
    assert "Working calendar" in page
    assert "Mon–Fri" in page
    assert "National Day" in page
