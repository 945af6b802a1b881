"""Write tables: Excel through XlsxWriter row by row, CSV with the mark Excel wants. No text is a formula."""

from __future__ import annotations

import csv
import shutil
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

import xlsxwriter
from django.utils.translation import gettext as _

from mulin.kernel.errors import Refused
from mulin.kernel.tables.cells import FORMULA_STARTS, Column, Kind, Raw, writable

Target = Path | BinaryIO
ROW_LIMIT, TEXT_LIMIT = 1_048_576, 32_767
"""What a sheet and a cell of Excel hold; more rows go on to another sheet, longer text is cut and says so."""
ROW_NUMBER, REASON = "原行号", "拒收原因"


@contextmanager
def _finished(target: Target) -> Iterator[Path]:
    """A file to write, put in place only when it is complete; nothing stays behind otherwise."""
    parent = target.parent if isinstance(target, Path) else None
    try:
        room = tempfile.TemporaryDirectory(dir=parent, prefix=".mulin-")
    except OSError as trouble:
        raise _not_written(parent, trouble) from trouble
    with room:
        path = Path(room.name) / "table"
        yield path
        if isinstance(target, Path):
            try:
                path.replace(target)
            except OSError as trouble:
                raise _not_written(target, trouble) from trouble
        else:
            with path.open("rb") as done:
                shutil.copyfileobj(done, target)


def _not_written(place: Path | None, trouble: OSError) -> Refused:
    message = _("无法写到“%(place)s”：%(why)s。") % {"place": place, "why": trouble.strerror}
    return Refused("table_not_written", message)


class _Book:
    """A workbook under way, with its cell formats."""

    def __init__(self, path: Path) -> None:
        options = {"constant_memory": True, "tmpdir": str(path.parent), "strings_to_formulas": False}
        self.book: Any = xlsxwriter.Workbook(str(path), options)
        self.title = self.book.add_format(
            {"bold": True, "bg_color": "#E8EEF7", "border": 1, "text_wrap": True}
        )
        self.above = self.book.add_format({"font_color": "#767676", "italic": True})
        self.text = self.book.add_format({"num_format": "@"})
        self.inert = self.book.add_format({"num_format": "@", "quote_prefix": True})
        self.moment = self.book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self.day = self.book.add_format({"num_format": "yyyy-mm-dd"})

    def write(self, sheet: Any, row: int, column: int, value: object, *, text: bool = False) -> None:
        """One cell. A text stays a text: typed as a string, and marked so when it looks like a formula."""
        cell = writable(value)
        if cell is None or cell == "":
            return
        if isinstance(cell, bool) and not text:
            sheet.write_boolean(row, column, cell)
        elif isinstance(cell, datetime) and not text:
            sheet.write_datetime(row, column, cell, self.moment)
        elif isinstance(cell, date) and not text:
            sheet.write_datetime(row, column, cell, self.day)
        elif isinstance(cell, int | float | Decimal) and not text:
            sheet.write_number(row, column, float(cell) if isinstance(cell, Decimal) else cell)
        else:
            words = str(cell)
            if len(words) > TEXT_LIMIT:
                words = words[: TEXT_LIMIT - 12] + _("…（过长，已截断）")
            form = self.inert if words.startswith(FORMULA_STARTS) else self.text if text else None
            sheet.write_string(row, column, words, form)

    def sheet(
        self, name: str, titles: Sequence[str], widths: Sequence[int], text: Collection[int], above: str = ""
    ) -> Any:
        sheet, top = self.book.add_worksheet(name), 1 if above else 0
        if above:
            sheet.write_string(0, 0, above, self.above)
            sheet.set_landscape()
            sheet.fit_to_pages(1, 0)
            sheet.repeat_rows(0, 1)
        for index, (title, width) in enumerate(zip(titles, widths, strict=True)):
            sheet.set_column(index, index, width, self.text if index in text else None)
            sheet.write_string(top, index, title, self.title)
        sheet.freeze_panes(top + 1, 0)
        return sheet


def _titles(columns: Sequence[str | Column]) -> list[str]:
    return [str(column.title) if isinstance(column, Column) else str(column) for column in columns]


def write_table(
    target: Target,
    columns: Sequence[str | Column],
    rows: Iterable[Sequence[object]],
    *,
    sheet: str = "数据",
    text_columns: Collection[str] = (),
    above: str = "",
) -> int:
    """Write rows as .xlsx, streaming; the number of rows written. Identifier columns and the titles in
    ``text_columns`` (numbers, phones) become text cells; ``above`` is a line over the titles, on paper over every
    page (who took this out, and when). Refuses when the file cannot be made."""
    titles = _titles(columns)
    text = {
        index
        for index, column in enumerate(columns)
        if titles[index] in text_columns or (isinstance(column, Column) and column.kind is Kind.IDENTIFIER)
    }
    with _finished(target) as path:
        book = _Book(path)
        widths = [max(12, min(40, 2 * len(title) + 4)) for title in titles]
        count, place, page, number, top = 0, 0, None, 0, 2 if above else 1
        for values in rows:
            if page is None or place >= ROW_LIMIT - top:
                number += 1
                name = sheet if number == 1 else f"{sheet[:24]}（{number}）"
                page, place = book.sheet(name, titles, widths, text, above), 0
            for index, value in enumerate(values):
                book.write(page, place + top, index, value, text=index in text)
            place, count = place + 1, count + 1
        if page is None:
            book.sheet(sheet, titles, widths, text, above)
        book.book.close()
    return count


def write_refused(
    target: Target, header: Sequence[str], refused: Iterable[tuple[int, Sequence[Raw], str]]
) -> int:
    """The refused rows as they came, (row number, raw cells, reason), under the file's own header; then the
    row number there and, last, the reason. Columns of an earlier such file are left out. Rows written."""
    kept = [index for index, title in enumerate(header) if title not in (ROW_NUMBER, REASON)]

    def rows() -> Iterator[list[object]]:
        for number, raw, reason in refused:
            yield [*(raw[index] if index < len(raw) else None for index in kept), number, reason]

    return write_table(
        target, [*(header[index] for index in kept), ROW_NUMBER, REASON], rows(), sheet="拒收的行"
    )


def write_csv(target: Target, columns: Sequence[str | Column], rows: Iterable[Sequence[object]]) -> int:
    """Write rows as CSV (UTF-8 with its mark), streaming; an apostrophe makes formula texts inert. Rows."""
    count = 0
    with _finished(target) as path, path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([_inert(title) for title in _titles(columns)])
        for values in rows:
            writer.writerow([_inert(value) for value in values])
            count += 1
    return count


def _inert(value: object) -> object:
    cell = writable(value)
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ", timespec="seconds")
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA_STARTS) else cell


def write_template(
    target: Target,
    columns: Sequence[Column],
    examples: Sequence[Mapping[str, object]] = (),
    choices: Mapping[str, Sequence[str]] | None = None,
) -> None:
    """An empty form to fill in: headers with hints, drop-downs for the names in ``choices``, text cells for
    identifiers. How to fill it, and the examples, stand on a second sheet: nobody imports an example."""
    offered = choices or {}
    with _finished(target) as path:
        book = _Book(path)
        text = {index for index, column in enumerate(columns) if column.kind is Kind.IDENTIFIER}
        titles = [f"{column.title}*" if column.required else str(column.title) for column in columns]
        form = book.sheet("填写", titles, [max(14, 2 * len(title) + 4) for title in titles], text)
        for index, column in enumerate(columns):
            form.write_comment(0, index, _explained(column), {"visible": False})
        lists = {column.name: list(offered[column.name]) for column in columns if offered.get(column.name)}
        _notes(book, columns, examples)
        _choices(book, form, columns, lists)
        book.book.close()


def _explained(column: Column) -> str:
    forms = {
        Kind.TEXT: _("文字"),
        Kind.IDENTIFIER: _("编号或电话，按文本填写"),
        Kind.DATETIME: _("日期和时间，如 2019-04-24 16:03"),
        Kind.DATE: _("日期，如 2019-04-24"),
        Kind.INTEGER: _("整数"),
        Kind.DECIMAL: _("数字"),
    }
    need = _("必填") if column.required else _("可不填")
    return "；".join(str(part) for part in (need, forms[column.kind], column.hint) if part)


def _notes(book: _Book, columns: Sequence[Column], examples: Sequence[Mapping[str, object]]) -> None:
    titles = [_("列"), _("怎么填"), *(_("例 %(number)s") % {"number": i + 1} for i in range(len(examples)))]
    notes = book.sheet("填写说明", titles, [18, 48, *[30] * len(examples)], ())
    for row, column in enumerate(columns, start=1):
        for place, value in enumerate(
            [column.title, _explained(column), *(e.get(column.name) for e in examples)]
        ):
            book.write(notes, row, place, value, text=place > 1 and column.kind is Kind.IDENTIFIER)


def _choices(book: _Book, form: Any, columns: Sequence[Column], lists: Mapping[str, Sequence[str]]) -> None:
    """Drop-downs refer to a hidden sheet, for Excel takes only 255 characters of choices in a rule."""
    if not lists:
        return
    hidden = book.book.add_worksheet("选项")
    hidden.hide()
    names = list(lists)
    for row in range(max(map(len, lists.values()))):
        for place, name in enumerate(names):
            if row < len(lists[name]):
                book.write(hidden, row, place, lists[name][row], text=True)
    for index, column in enumerate(columns):
        if column.name in lists:
            letter = xlsxwriter.utility.xl_col_to_name(names.index(column.name), col_abs=True)
            source = f"=选项!{letter}$1:{letter}${len(lists[column.name])}"
            message = {"error_title": _("请从列表中选择"), "error_message": _("这一列只能填列表中的内容。")}
            form.data_validation(
                1, index, ROW_LIMIT - 1, index, {"validate": "list", "source": source, **message}
            )
