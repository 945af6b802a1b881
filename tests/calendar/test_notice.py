"""Reading the notice: tables, short lines, and the published text with its weekdays and counts checked."""

from __future__ import annotations

import io
from datetime import date

import chinese_calendar.constants as package
import pytest

from mulin.ground.calendar.rules.notice import COLUMNS, Notice, read_lines, read_table
from mulin.kernel.tables import open_table

NOTICE_2026 = """国务院办公厅关于2026年
部分节假日安排的通知
国办发明电〔2025〕7号
各省、自治区、直辖市人民政府，国务院各部委、各直属机构：
经国务院批准，现将2026年元旦、春节、清明节、劳动节、端午节、中秋节和国庆节放假调休日期的具体安排通知如下。
一、元旦：1月1日（周四）至3日（周六）放假调休，共3天。1月4日（周日）上班。
二、春节：2月15日（农历腊月二十八、周日）至23日（农历正月初七、周一）放假调休，共9天。2月14日（周六）、2月28日（周六）上班。
三、清明节：4月4日（周六）至6日（周一）放假，共3天。
四、劳动节：5月1日（周五）至5日（周二）放假调休，共5天。5月9日（周六）上班。
五、端午节：6月19日（周五）至21日（周日）放假，共3天。
六、中秋节：9月25日（周五）至27日（周日）放假，共3天。
七、国庆节：10月1日（周四）至7日（周三）放假调休，共7天。9月20日（周日）、10月10日（周六）上班。
节假日期间，各地区、各部门要妥善安排好值班和安全、保卫、疫情防控等工作。
国务院办公厅
2025年11月4日
"""


def days(notice: Notice) -> dict[str, str]:
    return {str(told.day): ("班" if told.working else "休") + told.name for told in notice.days}


class TestShortLines:
    def test_a_day_a_word_and_perhaps_a_name(self) -> None:
        notice = read_lines(
            "2027-02-06 休 春节\n2027-02-20 班\n\n2027年5月1日，放假，劳动节\n2027/5/8\t上班\t"
        )
        assert notice.refused == []
        assert days(notice) == {
            "2027-02-06": "休春节",
            "2027-02-20": "班",
            "2027-05-01": "休劳动节",
            "2027-05-08": "班",
        }

    def test_in_english_too(self) -> None:
        notice = read_lines("2027-02-06 off Spring Festival\n2027-02-20 Work")
        assert (notice.refused, days(notice)) == (
            [],
            {"2027-02-06": "休Spring Festival", "2027-02-20": "班"},
        )

    @pytest.mark.parametrize(
        "line",
        [
            "2027-02-06至2027-02-08 休 春节",
            "2027-02-06 - 02-08 休 春节",
            "2027年2月6日至8日 休 春节",
            "2027.2.6～2.8 休息 春节",
            "2027-02-06（周六）到2027-02-08（周一） 放假 春节",
        ],
    )
    def test_a_span_of_days(self, line: str) -> None:
        notice = read_lines(line)
        assert (notice.refused, list(days(notice))) == ([], ["2027-02-06", "2027-02-07", "2027-02-08"])
        assert {told.name for told in notice.days} == {"春节"}

    def test_each_line_that_cannot_stand_is_named_by_its_number_and_the_others_stand(self) -> None:
        notice = read_lines(
            "日期\t休或班\t名称\n2027-02-06 休 春节\n2027-02-30 休\n2027-02-07 也许\n明天 休\n"
            "2027-02-20 班\n2027-02-06 班\n2027-03-08至2027-03-01 休\n1999-01-01 休\n2027-01-01至2027-06-01 休"
        )
        assert list(days(notice)) == ["2027-02-06", "2027-02-20"]
        assert [number for number, _reason in notice.refused] == [3, 4, 5, 7, 8, 9, 10]
        reasons = dict(notice.refused)
        assert "日历上没有" in reasons[3]
        assert "也许" in reasons[4]
        assert "第 2 行" in reasons[7]
        assert notice.read == 9

    def test_the_same_day_twice_alike_counts_once(self) -> None:
        notice = read_lines("2027-02-06 休\n2027-02-06 休")
        assert (len(notice.days), notice.refused) == (1, [])


class TestThePublishedText:
    def test_the_notice_of_2026_gives_the_days_of_2026(self) -> None:
        notice = read_lines(NOTICE_2026)
        assert notice.refused == []
        assert notice.read == 7
        assert notice.year() == 2026
        off = {told.day for told in notice.days if not told.working}
        work = {told.day for told in notice.days if told.working}
        assert off == {day for day in package.holidays if day.year == 2026}
        assert work == {day for day in package.workdays if day.year == 2026}
        assert days(notice)["2026-02-28"] == "班春节"

    def test_over_the_new_year(self) -> None:
        notice = read_lines(
            "关于2023年部分节假日安排的通知\n一、元旦：2022年12月31日至2023年1月2日放假调休，共3天。"
        )
        assert list(days(notice)) == ["2022-12-31", "2023-01-01", "2023-01-02"]

    def test_one_day_without_moving_any(self) -> None:
        notice = read_lines(
            "2024年部分节假日安排\n一、元旦：1月1日放假，与周末连休。\n五、端午节：6月10日放假"
        )
        assert list(days(notice)) == ["2024-01-01", "2024-06-10"]

    def test_an_advice_in_brackets_is_no_arrangement(self) -> None:
        notice = read_lines(
            "2024年部分节假日安排\n二、春节：2月10日至17日放假调休，共8天。2月4日（星期日）、2月18日（星期日）上班。"
            "鼓励各单位结合带薪年休假等制度落实，安排职工在除夕（2月9日）休息。"
        )
        assert notice.refused == []
        assert date(2024, 2, 9) not in {told.day for told in notice.days}
        assert len(notice.days) == 10

    def test_last_years_text_for_this_year_is_found_out_by_its_weekdays(self) -> None:
        notice = read_lines(NOTICE_2026.replace("2026", "2027"))
        assert notice.days == []
        assert len(notice.refused) == 7
        assert "周四" in notice.refused[0][1]
        assert "周五" in notice.refused[0][1]

    def test_a_count_that_does_not_fit_refuses_the_line(self) -> None:
        notice = read_lines("2026年部分节假日安排\n三、清明节：4月4日至6日放假，共4天。")
        assert notice.days == []
        assert notice.refused == [(2, "写着共 4 天，数出来是 3 天")]

    def test_without_its_title_the_year_is_not_guessed(self) -> None:
        notice = read_lines("三、清明节：4月4日至6日放假，共3天。")
        assert notice.days == []
        assert "标题" in notice.refused[0][1]


class TestTables:
    def test_a_table_with_bad_rows(self) -> None:
        table = (
            "放假安排\n日期,休/班,名称\n2027-02-06,休,春节\n2027/2/20,班,\n2027-02-31,休,\n2027-03-01,?,\n"
        )
        with open_table(io.BytesIO(table.encode()), name="n.csv", columns=COLUMNS) as rows:
            notice = read_table(rows)
        assert days(notice) == {"2027-02-06": "休春节", "2027-02-20": "班"}
        assert [row for row, _reason in notice.refused] == [5, 6]
        assert notice.read == 4
