"""Tables that leave the house: texts stay texts, rows stream, a half-written file is never left behind."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mulin.kernel.clock import CHINA
from mulin.kernel.errors import Refused
from mulin.kernel.tables import (
    Column,
    Kind,
    open_table,
    write_csv,
    write_refused,
    write_table,
    write_template,
    writing,
)

COLUMNS = (
    Column("number", "留言编号", required=True, kind=Kind.IDENTIFIER, hint="12 位"),
    Column("at", "留言时间", kind=Kind.DATETIME),
    Column("kind", "一级分类"),
)
NASTY = [f"{start}1+1" for start in "=+-@\t\r\n＝＋－＠"] + [
    '=HYPERLINK("http://x","y")',
    "{=1}",
    "http://example.test/a",
]


def cells(path: Path | io.BytesIO) -> list[tuple[openpyxl.cell.Cell, ...]]:
    return list(openpyxl.load_workbook(path).worksheets[0].iter_rows())


def test_a_formula_text_is_a_text_and_stays_one_when_edited(tmp_path: Path) -> None:
    path = tmp_path / "出.xlsx"
    assert write_table(path, ["甲"], ([text] for text in NASTY)) == len(NASTY)
    for (cell,), text in zip(cells(path)[1:], NASTY, strict=True):
        assert cell.data_type == "s"
        assert cell.value.replace("_x000D_", "\r") == text
        assert cell.hyperlink is None
        if text not in ("{=1}", "http://example.test/a"):
            assert cell.quotePrefix
            assert cell.number_format == "@"


def test_headers_are_texts_too(tmp_path: Path) -> None:
    write_table(tmp_path / "出.xlsx", ["=1+1"], [])
    write_csv(tmp_path / "出.csv", ["=1+1"], [])
    assert cells(tmp_path / "出.xlsx")[0][0].data_type == "s"
    assert (tmp_path / "出.csv").read_text("utf-8-sig") == "'=1+1\n"


def test_values_keep_their_kind() -> None:
    file = io.BytesIO()
    moment = datetime(2019, 4, 24, 8, 3, 40, tzinfo=UTC)
    row = [
        "007",
        13912345678,
        moment,
        date(2019, 4, 24),
        12,
        Decimal("1.5"),
        True,
        None,
        10**16,
        211322199001011237,
        2.5,
    ]
    write_table(file, [*COLUMNS[:1], "电话", *"丙丁戊己庚辛壬癸子"], [row], text_columns=["电话"])
    read = [(cell.value, cell.data_type) for cell in cells(file)[1]]
    assert read == [
        ("007", "s"),
        ("13912345678", "s"),
        (datetime(2019, 4, 24, 16, 3, 40), "d"),
        (datetime(2019, 4, 24), "d"),
        (12, "n"),
        (1.5, "n"),
        (True, "b"),
        (None, "n"),
        ("10000000000000000", "s"),
        ("211322199001011237", "s"),
        (2.5, "n"),
    ]


def test_text_longer_than_a_cell_is_cut_and_says_so(tmp_path: Path) -> None:
    write_table(tmp_path / "a.xlsx", ["甲"], [["长" * 40_000]])
    value = cells(tmp_path / "a.xlsx")[1][0].value
    assert len(value) <= 32_767
    assert value.endswith("…（过长，已截断）")


def test_more_rows_than_a_sheet_holds_go_on_to_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "ROW_LIMIT", 4)
    assert write_table(tmp_path / "a.xlsx", ["甲"], ([n] for n in range(7)), sheet="事项") == 7
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert [(s.title, [c[0] for c in s.iter_rows(values_only=True)]) for s in book] == [
        ("事项", ["甲", 0, 1, 2]),
        ("事项（2）", ["甲", 3, 4, 5]),
        ("事项（3）", ["甲", 6]),
    ]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "出.xlsx"
    path.write_text("old")

    def failing() -> Iterator[list[int]]:
        yield [1]
        raise RuntimeError("no more rows")

    for write in (write_table, write_csv):
        with pytest.raises(RuntimeError, match="no more rows"):
            write(path, ["甲"], failing())
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "dir").mkdir()
    for path in (tmp_path / "no" / "出.xlsx", tmp_path / "dir"):
        with pytest.raises(Refused, match="无法写到"):
            write_table(path, ["甲"], [])
    assert [entry.name for entry in tmp_path.iterdir()] == ["dir"]


def test_refused_rows_come_back_as_they_came_with_the_reason_last(tmp_path: Path) -> None:
    first, second = tmp_path / "拒.xlsx", tmp_path / "又拒.xlsx"
    raw = ("=1+1", datetime(2019, 4, 24, 16, 3), 12.5)
    assert (
        write_refused(
            first,
            ["留言编号", "留言时间", "附注"],
            iter([(7, raw, "“留言编号”不能为空"), (9, ("x",), "重复")]),
        )
        == 2
    )
    header, one, two = ([cell.value for cell in row] for row in cells(first))
    assert header == ["留言编号", "留言时间", "附注", "原行号", "拒收原因"]
    assert one == [*raw, 7, "“留言编号”不能为空"]
    assert two == ["x", None, None, 9, "重复"]
    assert cells(first)[1][0].data_type == "s"
    with open_table(first, columns=COLUMNS) as table:
        write_refused(second, table.header, ((row.number, row.raw, "仍不对") for row in table))
    assert [cell.value for cell in cells(second)[0]] == header
    assert [cell.value for cell in cells(second)[1]] == [*raw, 2, "仍不对"]


def test_csv_opens_in_excel_and_holds_no_formula(tmp_path: Path) -> None:
    path = tmp_path / "出.csv"
    moment = datetime(2019, 4, 24, 16, 3, 40, tzinfo=CHINA)
    assert (
        write_csv(path, COLUMNS, [["007", moment, "-1"], ["8", None, -1], ["9", None, '引"号,逗号\n换行']])
        == 3
    )
    content = path.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.decode("utf-8-sig").split("\r\n")[1:3] == ["007,2019-04-24 16:03:40,'-1", "8,,-1"]
    with open_table(path, columns=COLUMNS) as table:
        rows = [row.values for row in table]
    assert [row["kind"] for row in rows] == ["-1", "-1", '引"号,逗号\n换行']
    assert rows[0]["at"] == moment


@given(st.text(st.characters(exclude_categories=("Cs", "Cc", "Cf")), min_size=1, max_size=30))
def test_what_is_written_is_read_back(text: str) -> None:
    columns = (Column("a", "甲", required=True), Column("b", "乙"))
    for write, name in ((write_table, "a.xlsx"), (write_csv, "a.csv")):
        file = io.BytesIO()
        write(file, columns, [[f"x{text}", text]])
        with open_table(file, name=name, columns=columns) as table:
            (row,) = table
        assert row.values["a"] == f"x{text}".strip()
        assert row.values["b"] == (text.strip() or None)


def test_a_template_guides_and_reads_back_empty(tmp_path: Path) -> None:
    path = tmp_path / "模板.xlsx"
    kinds = [f"第{number}类" for number in range(100)]
    examples = [{"number": "007", "at": datetime(2019, 4, 24, 16, 3, tzinfo=CHINA), "kind": kinds[0]}]
    write_template(path, COLUMNS, examples, {"kind": kinds})
    book = openpyxl.load_workbook(path)
    form, notes, lists = book.worksheets
    assert [cell.value for cell in form[1]] == ["留言编号*", "留言时间", "一级分类"]
    assert form["A1"].comment.text == "必填；编号或电话，按文本填写；12 位"
    assert form.column_dimensions["A"].number_format == "@"
    assert lists.sheet_state == "hidden"
    (rule,) = form.data_validations.dataValidation
    assert (str(rule.sqref), rule.type, rule.formula1) == ("C2:C1048576", "list", "选项!$A$1:$A$100")
    assert [cell.value for cell in notes["C"]] == ["例 1", "007", datetime(2019, 4, 24, 16, 3), "第0类"]
    with open_table(path, columns=COLUMNS) as table:
        assert list(table) == []
        assert table.columns_found == ("number", "at", "kind")


MEASURE = """
import resource, sys
from pathlib import Path
from django.conf import settings
settings.configure(USE_I18N=False)
from mulin.kernel.tables import write_table
unit = 1 if sys.platform == "darwin" else 1024
for rows in (500, 20_500):
    write_table(Path(sys.argv[1]), ["甲", "乙"], ([f"{row}{'长' * 500}", row] for row in range(rows)))
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)
"""


def test_memory_does_not_grow_with_the_rows_written(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, tmp_path / "a.xlsx"], capture_output=True, text=True, check=True
    )
    before, after = map(int, done.stdout.split())
    assert after - before < 10 << 20, f"{(after - before) / 20_000:.0f} bytes for each row"
