"""Tables as programs and people really save them, read to the same rows; what cannot be read is refused."""

from __future__ import annotations

import codecs
import contextlib
import io
import random
import subprocess
import sys
import zipfile
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from mulin.kernel.clock import CHINA
from mulin.kernel.errors import Refused
from mulin.kernel.tables import CellError, Column, Kind, Row, open_table
from mulin.kernel.tables.xlsx import Strings, unescape
from tests.kernel.packages import big_workbook, package, parts, words

COLUMNS = (
    Column("number", "留言编号", ("编号",), required=True, kind=Kind.IDENTIFIER),
    Column("at", "留言时间", ("时间",), required=True, kind=Kind.DATETIME),
    Column("text", "留言详情", ("内容", "详情"), required=True),
    Column("reply", "答复意见"),
)
HEADER = ("留言编号", "留言时间", "留言详情", "答复意见")
MOMENT = datetime(2019, 4, 24, 16, 3, 40, tzinfo=CHINA)


def read(file: io.BytesIO | bytes, name: str = "表.xlsx", columns: tuple[Column, ...] = COLUMNS) -> list[Row]:
    source = io.BytesIO(file) if isinstance(file, bytes) else file
    with open_table(source, name=name, columns=columns) as table:
        return list(table)


def read_sheet(sheet: str, **more: str) -> list[Row]:
    """The rows of a hand-made sheet below a header in row 1."""
    return read(package(parts(f'<row r="1">{words(*HEADER)}</row>{sheet}', **more)))


def refusal(file: io.BytesIO | bytes, name: str = "表.xlsx") -> Refused:
    with pytest.raises(Refused) as caught:
        read(file, name)
    assert str(caught.value).endswith("。")
    return caught.value


def saved(book: openpyxl.Workbook) -> io.BytesIO:
    file = io.BytesIO()
    book.save(file)
    file.seek(0)
    return file


# Excel


def test_a_workbook_of_openpyxl_with_real_dates_and_numbers() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(HEADER)
    sheet.append([2554.0, datetime(2019, 4, 24, 16, 3, 40), "路坏了", None])
    sheet.append([120000000000000000, "2019/4/24 16:03:40", 12, True])
    rows = read(saved(book))
    assert [row.number for row in rows] == [2, 3]
    assert rows[0].values == {"number": "2554", "at": MOMENT, "text": "路坏了", "reply": None}
    assert rows[1].values == {"number": "120000000000000000", "at": MOMENT, "text": "12", "reply": "TRUE"}
    assert rows[0].raw == (2554, datetime(2019, 4, 24, 16, 3, 40), "路坏了", None)
    assert not any(row.problems for row in rows)


def test_a_workbook_of_xlsxwriter_with_shared_strings(tmp_path: Path) -> None:
    path = tmp_path / "表.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet, form = book.add_worksheet(), book.add_format({"num_format": 'yyyy"年"m"月"d"日" hh:mm'})
        sheet.write_row(0, 0, HEADER)
        for place in range(1, 201):
            sheet.write_row(place, 0, [f"A{place}", "", f"第{place}件 <&> 事", ""])
            sheet.write_datetime(place, 1, datetime(2019, 4, 24, 16, 3, 40), form)
    with open_table(path, columns=COLUMNS) as table:
        rows = list(table)
        again = list(table)
    assert rows == again
    assert [row.values["text"] for row in rows] == [f"第{place}件 <&> 事" for place in range(1, 201)]
    assert {row.values["at"] for row in rows} == {MOMENT}
    assert type(rows[0].raw[1]) is datetime


def test_a_workbook_of_1904_has_its_own_days() -> None:
    book = openpyxl.Workbook()
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    book.active.append(HEADER)
    book.active.append(["1", datetime(2019, 4, 24, 16, 3, 40), "a", ""])
    file = saved(book)
    book.active["B2"].number_format = "General"  # the bare serial number, for the column says it is a date
    assert [row.values["at"] for row in read(file) + read(saved(book))] == [MOMENT, MOMENT]


def test_rich_text_is_joined_phonetics_left_out_escapes_undone() -> None:
    strings = (
        "<si><r><rPr><b/></rPr><t>粗</t></r><r><t xml:space='preserve'> 细</t></r>"
        "<rPh sb='0' eb='1'><t>cu</t></rPh></si>"
        "<si><t>一_x000D_\n二_x005F_x000D_</t><phoneticPr fontId='1'/></si><si/>"
    )
    cells = '<c t="s"><v>0</v></c><c><v>43579</v></c><c t="s"><v>1</v></c><c t="s"><v>2</v></c>'
    (row,) = read_sheet(f'<row r="2">{cells}</row>', strings=strings)
    assert row.values["number"] == "粗 细"
    assert row.values["text"] == "一\n二_x000D_"
    assert row.values["reply"] is None
    assert unescape("_xD83D__xDE00__xD83D_") == "😀\ufffd"


def test_error_cells_are_none_and_said_and_formulas_count_with_their_result() -> None:
    good = '<c><f>1+1</f><v>2</v></c><c t="str"><f>x</f><v>2019-04-24</v></c>' + words("a")
    lost = '<c><f>1+1</f></c><c t="d"><v>2019-04-24T16:03:40</v></c>'
    lost += '<c t="e"><v>#N/A</v></c><c t="b"><v>0</v></c>'
    first, second = read_sheet(f'<row r="2">{good}</row><row r="3">{lost}</row>')
    assert first.values["number"] == "2"
    assert not first.problems
    assert second.values == {"number": None, "at": MOMENT, "text": None, "reply": "FALSE"}
    assert second.problems == (
        "“留言编号”写的是“=1+1”，是没有算出结果的公式",
        "“留言详情”是 Excel 的错误值 #N/A",
    )
    assert isinstance(second.raw[2], CellError)


def test_a_formula_without_a_stored_result_counts_as_its_text() -> None:
    """openpyxl writes a text that begins with = that way; Excel and LibreOffice always store the result."""
    book = openpyxl.Workbook()
    book.active.append(HEADER)
    book.active.append(
        ['="00123"', MOMENT.replace(tzinfo=None), "====路灯坏了====", '=HYPERLINK("http://x")']
    )
    book.active.append(["124", "=TODAY()", "a", None])
    first, second = read(saved(book))
    assert first.values == {
        "number": "00123",
        "at": MOMENT,
        "text": "====路灯坏了====",
        "reply": '=HYPERLINK("http://x")',
    }
    assert second.problems and "=TODAY()" in second.problems[0]
    (blank,) = read_sheet(
        f'<row r="2">{words("1", "2019-04-24", "a")}<c t="str"><f>A1&amp;""</f><v/></c></row>'
    )
    assert blank.values["reply"] is None, "a stored empty result is empty"


def test_row_numbers_are_excels_and_blank_rows_are_no_rows() -> None:
    row = words("1", "2019-04-24", "a")
    blank = '<c s="1"/><c t="inlineStr"><is><t> 　</t></is></c><c t="s"><v>0</v></c>'
    sheet = "".join(f'<row r="{number}">{row}</row>' for number in (5, 9)) + "".join(
        f'<row r="{number}" ht="20">{blank}</row>' for number in range(10, 400)
    )
    rows = read_sheet(sheet + '<row r="1048576"/>', strings="<si><t/></si>", head='<dimension ref="A1:B3"/>')
    assert [row.number for row in rows] == [5, 9]
    assert [row.number for row in read_sheet(f"<row>{row}</row><row/><row>{row}</row>")] == [2, 4]


def test_cells_find_their_column_by_address() -> None:
    sheet = (
        '<row r="2"><c r="C2" t="inlineStr"><is><t>详</t></is></c><c r="A2"><v>7</v></c>'
        '<c r="XFD2"><v>1</v></c><c r="B2"><v>43579</v></c></row>'
    )
    (row,) = read_sheet(sheet)
    assert row.values == {
        "number": "7",
        "at": datetime(2019, 4, 24, tzinfo=CHINA),
        "text": "详",
        "reply": None,
    }
    assert len(row.raw) == 4


@pytest.mark.parametrize(
    ("code", "shows"),
    [
        ("yyyy/m/d", True),
        ('m"月"d"日"', True),
        ("[$-804]yyyy\\-mm\\-dd;@", True),
        ("[h]:mm", False),
        ("h:mm:ss", False),
        ("0.00", False),
        ('#,##0"day"', False),
        ("General", False),
        ("[Red]0", False),
    ],
)
def test_date_cells_are_known_by_their_format(code: str, shows: bool) -> None:
    code = code.replace('"', "&quot;")
    styles = f'<numFmts><numFmt numFmtId="176" formatCode="{code}"/></numFmts>'
    styles += '<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>'
    styles += '<cellXfs><xf numFmtId="0"/><xf numFmtId="176"/></cellXfs><cellStyles/><dxfs><dxf/></dxfs>'
    cells = '<c><v>1</v></c><c s="1"><v>43579</v></c>' + words("a")
    (row,) = read_sheet(f'<row r="2">{cells}</row>', styles=styles)
    assert isinstance(row.raw[1], datetime) is shows
    assert row.values["at"] == datetime(2019, 4, 24, tzinfo=CHINA)


def test_built_in_chinese_date_formats_are_dates() -> None:
    styles = '<cellXfs><xf numFmtId="0"/><xf numFmtId="31"/></cellXfs>'
    (row,) = read_sheet(
        f'<row r="2"><c><v>1</v></c><c s="1"><v>43579</v></c>{words("a")}</row>', styles=styles
    )
    assert row.raw[1] == datetime(2019, 4, 24)


def test_prefixed_names_strict_namespaces_and_odd_part_names() -> None:
    contents = parts(f'<row r="1">{words(*HEADER)}</row><row r="2">{words("1", "2019-04-24", "a")}</row>')
    sheet = (
        contents["xl/worksheets/sheet1.xml"]
        .replace("<", "<x:")
        .replace("<x:/", "</x:")
        .replace("xmlns=", "xmlns:x=")
    )
    prefixed = {**contents, "xl/worksheets/sheet1.xml": sheet}
    strict = {
        name: text.replace("schemas.openxmlformats.org", "purl.oclc.org/ooxml")
        for name, text in contents.items()
    }
    odd = {name.replace("worksheets/s", "Worksheets\\S"): text for name, text in contents.items()}
    for made in (prefixed, strict, odd):
        assert [row.values["number"] for row in read(package(made))] == ["1"]


def test_the_first_visible_sheet_with_the_columns_is_read() -> None:
    book = openpyxl.Workbook()
    book.active.append(["说明", "请看第二张表"])
    hidden, right, later = (book.create_sheet(name) for name in ("旧", "新", "又"))
    hidden.sheet_state = "hidden"
    for sheet, number in ((hidden, "旧"), (right, "新"), (later, "又")):
        sheet.append(HEADER)
        sheet.append([number, "2019-04-24", "a"])
    assert [row.values["number"] for row in read(saved(book))] == ["新"]


def test_a_cell_longer_than_excel_allows_is_that_rows_problem() -> None:
    long, fine = words("1", "2019-04-24", "长" * 100_001), words("2", "2019-04-24", "b")
    first, second = read_sheet(f'<row r="2">{long}</row><row r="3">{fine}</row>')
    assert first.problems == ("“留言详情”超过 100,000 字",)
    assert not second.problems


def test_what_is_no_workbook_is_refused_in_one_sentence() -> None:
    good = package(parts(f'<row r="1">{words(*HEADER)}</row>')).getvalue()
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    assert refusal(b"").code == "table_empty"
    assert refusal(b"hello, world").code == "table_type"
    assert refusal(b"<html><table>", "表.csv").code == "table_type"
    assert refusal(b"%PDF-1.7", "表.pdf").code == "table_type"
    assert refusal(ole, "表.xls").code == "table_old_format"
    assert refusal(ole + "EncryptedPackage".encode("utf-16-le")).code == "table_encrypted"
    assert refusal(other).code == "table_type"
    assert refusal(good[: len(good) // 2]).code == "table_damaged"
    assert refusal(package(parts(""))).code == "table_empty"
    with pytest.raises(Refused, match="无法打开文件"):
        open_table(Path("/nonexistent/表.xlsx"), columns=COLUMNS)


def test_a_document_type_is_refused_before_any_entity_grows() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'
    for part in ("xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml", "xl/styles.xml"):
        contents = parts(f'<row r="1">{words(*HEADER)}</row>')
        contents[part] = bomb + contents[part]
        assert refusal(package(contents)).code == "table_damaged"


def test_a_zip_bomb_is_refused_unread() -> None:
    contents = parts(f'<row r="1">{words(*HEADER)}</row>' + " " * (65 << 20))
    assert refusal(package(contents)).code == "table_too_large"


def test_any_damage_is_a_refusal_and_never_a_crash() -> None:
    book = openpyxl.Workbook()
    book.active.append(HEADER)
    for number in range(30):
        book.active.append([number, datetime(2019, 4, 24), f"第{number}件", None])
    whole, chance = saved(book).getvalue(), random.Random(7)
    refused = 0
    for _round in range(300):
        damaged = bytearray(whole)
        for _byte in range(3):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        try:
            read(bytes(damaged[: chance.choice([len(damaged), chance.randrange(1, len(damaged))])]))
        except Refused:
            refused += 1
    assert refused > 100


# Text

RECORDS = "留言编号,留言时间,留言详情\r\n1,2019/4/24 16:03:40,路坏了\r\n"


@pytest.mark.parametrize(
    "encoded",
    [
        RECORDS.encode(),
        codecs.BOM_UTF8 + RECORDS.encode(),
        RECORDS.encode("gbk"),
        RECORDS.encode("utf-16"),
        codecs.BOM_UTF16_BE + RECORDS.encode("utf-16-be"),
        RECORDS.replace(",", "\t").encode("gb18030"),
        RECORDS.replace(",", ";").encode(),
        RECORDS.replace("\r\n", "\n").encode(),
        RECORDS.replace("\r\n", "\r").encode(),
        RECORDS.rstrip().encode(),
        ("统计表,,\n" + RECORDS).encode(),
        (RECORDS.replace("\r\n", ",,,\r\n") + ",,,,,\r\n\r\n\r\n").encode(),
    ],
)
def test_one_table_in_many_encodings_and_delimiters(encoded: bytes) -> None:
    (row,) = read(encoded, "表.csv")
    assert row.values == {"number": "1", "at": MOMENT, "text": "路坏了"}
    assert not row.problems


def test_the_whole_file_decides_the_encoding_not_its_beginning() -> None:
    many = "留言编号,留言时间,留言详情\n" + "1,2019-04-24,plain\n" * 20_000
    assert read((many + "2,2019-04-24,镕\n").encode("gb18030"), "表.csv")[-1].values["text"] == "镕"
    assert read((many + "2,2019-04-24,镕\n").encode(), "表.csv")[-1].values["text"] == "镕"
    neither = many.encode() + "路坏了".encode() + b"\xff\xff\n"
    assert "第 20002 行" in str(refusal(neither, "表.csv"))


def test_rows_of_text_are_numbered_as_excel_shows_them() -> None:
    text = '留言编号,留言时间,留言详情\n1,2019-04-24,"两\n行 ""引号"" , 逗号"\n\n,,\n2,2019-04-24,b\n'
    first, second = read(text.encode(), "表.csv")
    assert (first.number, second.number) == (2, 5)
    assert first.values["text"] == '两\n行 "引号" , 逗号'


def test_a_broken_record_is_its_own_problem_and_the_rest_stand() -> None:
    text = (
        "留言编号,留言时间,留言详情\n1,2019-04-24,a\0b\n2,2019-04-24,b,c,d\n3,2019-04-24,"
        + "长" * 1_000_001
        + "\n4,2019-04-24\n5,2019-04-24,e\n"
    )
    rows = read(text.encode(), "表.csv")
    assert [row.problems for row in rows] == [
        ("本行含有无法识别的空字符（NUL）",),
        ("本行有 5 格，比表头的 3 格多",),
        ("“留言详情”超过 1,000,000 字",),
        ("“留言详情”不能为空",),
        (),
    ]
    assert [row.number for row in rows] == [2, 3, 4, 5, 6]


def test_a_quote_that_never_closes_is_said_with_what_it_swallows() -> None:
    text = '留言编号,留言时间,留言详情\n1,2019-04-24,a\n2,2019-04-24,"b\n3,2019-04-24,c\n4,2019-04-24,d\n'
    first, second = read(text.encode(), "表.csv")
    assert not first.problems
    assert (second.number, second.problems) == (3, ("本行有引号没有配对，从这里起的 3 行文字都无法分清",))


def test_an_endless_line_ends_and_an_endless_cell_is_said() -> None:
    head, last = "留言编号,留言时间,留言详情\n", "9,2019-04-24,z\n"
    first, second = read(f"{head}1,2019-04-24,{'x' * 5_000_000}\n{last}".encode(), "表.csv")
    assert first.problems[0] == "本行过长，没有读完"
    assert (second.number, second.problems) == (3, ())
    lines = "\n" * 5_000_000
    (only,) = read(f'{head}1,2019-04-24,"{"x" * 99}{lines}{last}'.encode(), "表.csv")
    assert only.problems[0] == "本行有引号没有配对，从这里起的 5000001 行文字都无法分清"


def test_guards_against_formulas_are_taken_off_again() -> None:
    text = "留言编号,留言时间,留言详情\n" + '"=""007""",2019-04-24,\'=1+1\n'
    (row,) = read(text.encode(), "表.csv")
    assert row.values["number"] == "007"
    assert row.values["text"] == "=1+1"


@settings(max_examples=60)
@given(st.binary(max_size=300))
def test_any_bytes_are_rows_or_a_refusal(junk: bytes) -> None:
    for content in (junk, "编号,时间,详情\n".encode() + junk, "编号\t时间\t详情\n".encode("gbk") + junk):
        with contextlib.suppress(Refused):
            read(content, "表.csv")


# Headers


def table_of(*rows: tuple[object, ...]) -> io.BytesIO:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    return saved(book)


def test_the_header_may_stand_below_titles_and_carry_marks() -> None:
    file = table_of(
        ("建平县留言统计表",),
        (),
        ("制表：办公室", None, "时间"),
        (" 编 号*", "时间（必填）", "ＩＤ", "内容："),
        ("1", "2019-04-24", "x", "a"),
        (),
    )
    with open_table(file, name="表.xlsx", columns=COLUMNS) as table:
        (row,) = table
    assert table.header_row == 4
    assert table.header == ("编 号*", "时间（必填）", "ＩＤ", "内容：")
    assert table.columns_found == ("number", "at", "text")
    assert table.unknown == ("ＩＤ",)
    assert row.number == 5
    assert set(row.values) == {"number", "at", "text"}


def test_an_alias_never_takes_another_columns_title() -> None:
    columns = (Column("a", "甲", ("乙",), required=True), Column("b", "乙", ("甲方",), required=True))
    with open_table(table_of(("乙", "甲"), ("2", "1")), name="表.xlsx", columns=columns) as table:
        assert next(iter(table)).values == {"a": "1", "b": "2"}


def test_a_title_goes_before_an_alias_standing_beside_it() -> None:
    file = table_of(("时间", "留言时间", "编号", "详情"), ("x", "2019-04-24", "1", "a"))
    with open_table(file, name="表.xlsx", columns=COLUMNS) as table:
        assert table.unknown == ("时间",)


def test_a_mapping_overrides_the_titles() -> None:
    file = table_of(("留言编号", "来文号", "发生", "事由"), ("1", "甲-2", "2019-04-24", "a"))
    mapping = {"number": "来文号", "at": "发生", "text": "事由"}
    with open_table(file, name="表.xlsx", columns=COLUMNS, mapping=mapping) as table:
        assert next(iter(table)).values["number"] == "甲-2"
        assert table.unknown == ("留言编号",)
    with pytest.raises(Refused, match="“留言编号”；找到"):
        open_table(file, name="表.xlsx", columns=COLUMNS, mapping={**mapping, "number": "没有"})
    with pytest.raises(Refused, match="“nobody”"):
        open_table(file, name="表.xlsx", columns=COLUMNS, mapping={"nobody": "事由"})


def test_missing_and_doubled_columns_are_named() -> None:
    missing = refusal(table_of(("编号", "姓名", "电话"), ("1", "a", "b")))
    assert missing.code == "table_header"
    assert str(missing) == "表头里缺少必需的列“留言时间”“留言详情”；找到的列有：编号、姓名、电话。"
    doubled = refusal(table_of(("编号", "时间", "详情", "编号"), ("1", "a", "b", "2")))
    assert str(doubled) == "表头里“留言编号”出现了不止一次，请只留一列；找到的列有：编号、时间、详情、编号。"


def test_the_callers_file_is_left_open() -> None:
    file = table_of(HEADER, ("1", "2019-04-24", "a"))
    read(file)
    assert not file.closed


# Memory


@given(
    st.lists(
        st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=50), max_size=300
    )
)
def test_strings_on_disk_are_the_strings_put_in(texts: list[str]) -> None:
    strings = Strings()
    strings.CACHE = 200  # type: ignore[misc]
    for text in texts:
        strings.append(text)
    strings.finish()
    order = random.Random(1).sample(range(len(texts)), len(texts))
    assert [strings[index] for index in order] == [texts[index] for index in order]
    strings.close()


MEASURE = """
import resource, sys
from pathlib import Path
from django.conf import settings
settings.configure(USE_I18N=False)
from mulin.kernel.tables import Column, open_table
columns = [Column("number", "留言编号", required=True), Column("text", "留言详情", required=True)]
unit = 1 if sys.platform == "darwin" else 1024
peaks = []
for path in sys.argv[1:]:
    with open_table(Path(path), columns=columns) as table:
        rows = sum(1 for row in table if not row.problems)
    peaks.append(f"{rows} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit}")
print("\\n".join(peaks))
"""


def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    few, many = tmp_path / "few.xlsx", tmp_path / "many.xlsx"
    big_workbook(few, 500)
    big_workbook(many, 30_500)
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, few, many], capture_output=True, text=True, check=True
    )
    (rows, before), (more, after) = (map(int, line.split()) for line in done.stdout.splitlines())
    assert (rows, more) == (500, 30_500)
    # 30,000 texts of 300 characters are 18 MB as Python strings, and twice that with their cells
    assert after - before < 12 << 20, f"{(after - before) / (more - rows):.0f} bytes for each row"


def test_the_peer_agrees_on_every_cell() -> None:
    """openpyxl is the independent reader: same workbook, same cells."""
    book = openpyxl.Workbook()
    chance = random.Random(3)
    book.active.append(HEADER)
    for _row in range(200):
        values = [
            chance.randrange(10**12),
            chance.random() * 1000,
            "".join(chance.choices("路灯a &<>\"'\n", k=9)),
            None,
            True,
        ]
        book.active.append(chance.choices(values, k=4))
    file = saved(book)
    peer = openpyxl.load_workbook(file, read_only=True).active.iter_rows(min_row=2, values_only=True)
    theirs = [row for row in peer if any(cell is not None and str(cell).strip() for cell in row)]
    with open_table(file, name="表.xlsx", columns=COLUMNS) as table:
        assert [row.raw for row in table] == theirs
