"""What cells mean: dates in every way people write them, identifiers, numbers, text, headers."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils.datetime import MAC_EPOCH, to_excel

from mulin.kernel.clock import CHINA
from mulin.kernel.tables import CellError, Kind, convert
from mulin.kernel.tables.cells import clean, from_serial, header_key

moments = st.datetimes(datetime(1990, 1, 1), datetime(2100, 12, 31, 23, 59, 59)).map(
    lambda m: m.replace(microsecond=0)
)


def china(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=CHINA)  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "2019/4/24 16:03:40",
        "2019-04-24 16:03:40",
        "2019-04-24T16:03:40",
        "2019-04-24T16:03:40+08:00",
        "2019-04-24T08:03:40Z",
        "2019-04-24T04:03:40-0400",
        "2019.4.24 16:03:40",
        "2019年4月24日 16时03分40秒",
        "2019年4月24日16点3分40秒",
        "2019年04月24日 下午4:03:40",
        "2019/4/24 下午 04:03:40",
        "2019/4/24 4:03:40 PM",
        "２０１９／４／２４　１６：０３：４０",
        "2019-04-24 星期三 16:03:40",
        "20190424160340",
        "20190424 160340",
        "20190424 16:03:40",
        "20190424T160340+08:00",
        "  2019/4/24\t16:03:40 ",
        "2019-04-24 16:03:40.000",
    ],
)
def test_one_moment_written_in_many_ways(text: str) -> None:
    assert convert(text, Kind.DATETIME) == china(2019, 4, 24, 16, 3, 40)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2019-04-24", china(2019, 4, 24)),
        ("2019年4月24日", china(2019, 4, 24)),
        ("20190424", china(2019, 4, 24)),
        ("201904241603", china(2019, 4, 24, 16, 3)),
        ("2019.4.24 16:03", china(2019, 4, 24, 16, 3)),
        ("2019年4月24日 16时", china(2019, 4, 24, 16)),
        ("2019-04-24 上午12:05", china(2019, 4, 24, 0, 5)),
        ("2019-04-24 下午12:05", china(2019, 4, 24, 12, 5)),
        ("2019-04-24 凌晨2:05", china(2019, 4, 24, 2, 5)),
        ("2019-04-24 中午1:05", china(2019, 4, 24, 13, 5)),
        ("2019-04-24 下午16:05", china(2019, 4, 24, 16, 5)),
        ("2019-04-24 24:00", china(2019, 4, 25)),
        ("2020-02-29", china(2020, 2, 29)),
        ("43579.669213", china(2019, 4, 24, 16, 3, 40)),
        (43579.66921296296, china(2019, 4, 24, 16, 3, 40)),
        (43579, china(2019, 4, 24)),
        (20190424, china(2019, 4, 24)),
        (20190424160340, china(2019, 4, 24, 16, 3, 40)),
        (datetime(2019, 4, 24, 16, 3, 40), china(2019, 4, 24, 16, 3, 40)),
    ],
)
def test_dates_without_seconds_and_serial_numbers(text: str | float, moment: datetime) -> None:
    assert convert(text, Kind.DATETIME) == moment


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("2019/2/30", "日历上没有这一天"),
        ("2019-13-01", "日历上没有这一天"),
        ("20190230", "日历上没有这一天"),
        ("19-4-24", "年份要写四位"),
        ("19年4月24日 16:03", "年份要写四位"),
        ("1989-12-31", "年份应在 1990 到 2100 之间"),
        ("2101/1/1", "年份应在 1990 到 2100 之间"),
        ("0001-01-01T00:00+14:00", "年份应在 1990 到 2100 之间"),
        ("9999-12-31 24:00", "年份应在 1990 到 2100 之间"),
        ("2019-04-24 25:00", "没有这个时刻"),
        ("2019-04-24 16:60", "没有这个时刻"),
        ("2019-04-24 24:01", "没有这个时刻"),
        ("2019-04-24 上午16:00", "没有这个时刻"),
        ("2019-04-24 晚上12:00", "没有这个时刻"),
        ("4/24/2019", "不是看得懂的日期"),
        ("昨天", "不是看得懂的日期"),
        ("2019-04", "不是看得懂的日期"),
        ("2019-04-24 16", "不是看得懂的日期"),
        (12, "年份应在 1990 到 2100 之间"),
        (0.5, "不是日期"),
        (60, "不是日期"),
        (-1, "不是日期"),
        (9_999_999, "不是日期"),
        (1.5e300, "不是看得懂的日期"),
        (True, "不是看得懂的日期"),
        (CellError("#N/A"), "Excel 的错误值 #N/A"),
    ],
)
def test_an_impossible_date_is_refused_in_words(written: str | float, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        convert(written, Kind.DATETIME)


@given(moments)
def test_a_serial_number_gives_the_moment_back(moment: datetime) -> None:
    assert from_serial(to_excel(moment)) == moment
    assert from_serial(to_excel(moment, MAC_EPOCH), since_1904=True) == moment


@pytest.mark.parametrize(
    ("serial", "day"),
    [(1, date(1900, 1, 1)), (59, date(1900, 2, 28)), (61, date(1900, 3, 1)), (2, date(1900, 1, 2))],
)
def test_excel_counts_a_day_in_1900_that_never_was(serial: int, day: date) -> None:
    assert from_serial(serial).date() == day


@given(
    moments,
    st.sampled_from(
        [
            "%Y-%m-%d %H:%M:%S",
            "%Y/%m/%d %H:%M:%S",
            "%Y年%m月%d日 %H时%M分%S秒",
            "%Y%m%d%H%M%S",
            "%Y.%m.%dT%H:%M:%S",
        ]
    ),
)
def test_a_written_moment_is_read_back(moment: datetime, form: str) -> None:
    assert convert(moment.strftime(form), Kind.DATETIME) == moment.replace(tzinfo=CHINA)


@given(moments, st.integers(-14 * 60, 14 * 60))
def test_an_offset_is_respected(moment: datetime, minutes: int) -> None:
    aware = moment.replace(tzinfo=UTC) + timedelta(minutes=minutes)
    if 1991 < aware.year < 2099:
        assert convert(aware.isoformat(), Kind.DATETIME) == aware


@given(st.text(max_size=40))
def test_any_text_is_a_value_or_a_reason(text: str) -> None:
    for kind in Kind:
        try:
            convert(text, kind)
        except ValueError as reason:
            assert str(reason)


@given(st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.booleans())
def test_any_number_is_a_value_or_a_reason(number: float) -> None:
    for kind in Kind:
        try:
            convert(number, kind)
        except ValueError as reason:
            assert str(reason)


def test_a_day_is_the_day_in_china() -> None:
    assert convert("2019-04-24T20:00Z", Kind.DATE) == date(2019, 4, 25)
    assert convert(43579.9, Kind.DATE) == date(2019, 4, 24)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (2554.0, "2554"),
        (2554, "2554"),
        ("2554.0", "2554"),
        (13912345678.0, "13912345678"),
        (1.2e17, "120000000000000000"),
        (120000000000000000, "120000000000000000"),
        (211322199001011237, "211322199001011237"),
        ("211322199001011237", "211322199001011237"),
        (" Ａ００１　", "A001"),
        ("00123", "00123"),
        ('="00123"', "00123"),
        ("a\t b", "a b"),
        ("  ", None),
        (None, None),
        (0, "0"),
    ],
)
def test_identifiers_are_digits_as_people_typed_them(raw: str | float | None, value: str | None) -> None:
    assert convert(raw, Kind.IDENTIFIER) == value


@pytest.mark.parametrize("raw", [1.2345678901234499e17, 211322199001011000, "2.11322E+17"])
def test_an_identifier_that_excel_has_cut_is_refused(raw: str | float) -> None:
    with pytest.raises(ValueError, match="末尾几位"):
        convert(raw, Kind.IDENTIFIER)


@pytest.mark.parametrize(
    ("raw", "kind", "value"),
    [
        ("12", Kind.INTEGER, 12),
        (12.0, Kind.INTEGER, 12),
        ("1,234", Kind.INTEGER, 1234),
        ("１，２３４", Kind.INTEGER, 1234),
        ("-3", Kind.INTEGER, -3),
        ("12.50", Kind.DECIMAL, Decimal("12.50")),
        (0.1 + 0.2, Kind.DECIMAL, Decimal("0.3")),
        (0, Kind.INTEGER, 0),
        (0.30000000000000004, Kind.TEXT, "0.3"),
        (2554.0, Kind.TEXT, "2554"),
        (True, Kind.TEXT, "TRUE"),
        (datetime(2019, 4, 24), Kind.TEXT, "2019-04-24"),
        (datetime(2019, 4, 24, 16, 3), Kind.TEXT, "2019-04-24 16:03:00"),
    ],
)
def test_numbers(raw: str | float, kind: Kind, value: object) -> None:
    assert convert(raw, kind) == value


@pytest.mark.parametrize(
    ("raw", "kind", "why"),
    [
        ("12.5", Kind.INTEGER, "应为整数"),
        ("12个", Kind.INTEGER, "不是数字"),
        ("1,23", Kind.DECIMAL, "不是数字"),
        ("nan", Kind.DECIMAL, "不是数字"),
    ],
)
def test_what_is_no_number_is_refused(raw: str, kind: Kind, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        convert(raw, kind)


def test_text_loses_what_nobody_meant() -> None:
    assert (
        clean("\n\t\t\t\n\t\t\t路坏了\r\n\r\n\r\n\r\n第二段\tA\x00\x07\u200b　\u3000") == "路坏了\n\n第二段 A"
    )
    assert clean("\ufeff　　\u202e") == ""
    assert clean("　　首行缩进\n　　第二段") == "首行缩进\n　　第二段"
    assert clean("\ud800坏字") == "坏字"


@pytest.mark.parametrize(
    "header",
    [
        "留言编号",
        " 留言 编号 ",
        "\ufeff留言编号",
        "留言编号*",
        "留言编号＊",
        "*留言编号",
        "留言编号（必填）",
        "留言编号(必填，18位)",
        "留言编号【必填】",
        "留言编号：",
        "留言\n编号",
    ],
)
def test_headers_match_whatever_people_add(header: str) -> None:
    assert header_key(header) == header_key("留言编号")


def test_headers_match_in_any_width_and_case() -> None:
    assert header_key("ＩＤ") == header_key("id") != header_key("ids")
