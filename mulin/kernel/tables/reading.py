"""Open a table of any supported kind, find its header, and iterate over its rows as typed values."""

from __future__ import annotations

import codecs
import csv
import io
import mmap
import shutil
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Protocol

from django.utils.translation import gettext as _

from mulin.kernel.errors import Refused
from mulin.kernel.tables import xlsx
from mulin.kernel.tables.cells import FORMULA_STARTS, Column, Raw, as_text, convert, header_key

HEADER_WITHIN = 20
"""The header stands within the first rows; titles may stand above it."""
_TEXT_SUFFIXES = (".csv", ".txt", ".tsv")
_CELL_LIMIT = 1_000_000
_LINE_LIMIT = 2 * _CELL_LIMIT


@dataclass(frozen=True, slots=True)
class Row:
    """A row as read. ``values`` has a key for each known column of the file, None if blank or unreadable.

    ``number`` as Excel shows it; ``raw`` the cells as they came, one per header cell; ``problems`` says in
    words why the row cannot stand (empty when it can).
    """

    number: int
    values: Mapping[str, object]
    raw: tuple[Raw, ...]
    problems: tuple[str, ...]


Line = tuple[int, Sequence[Raw], tuple[str, ...]]
"""A row before its columns are known: number, cells, problems."""


class _Source(Protocol):
    """A sheet, or a text file under one delimiter."""

    @property
    def cell_limit(self) -> int: ...
    @property
    def since_1904(self) -> bool: ...
    def lines(self) -> Iterator[Line]: ...


class _TextTable:
    """A delimited text file. One record is one row, blank ones count, as in Excel."""

    cell_limit = _CELL_LIMIT
    since_1904 = False

    def __init__(self, file: BinaryIO, encoding: str, delimiter: str) -> None:
        self.file, self.encoding, self.delimiter = file, encoding, delimiter
        csv.field_size_limit(max(csv.field_size_limit(), 2 * _LINE_LIMIT))

    def lines(self) -> Iterator[Line]:
        """Records with what is wrong with their form. A quote that never closes swallows all that follows, so
        the count of lost lines is said."""
        self.file.seek(0)
        text = io.TextIOWrapper(self.file, encoding=self.encoding, newline="")
        feed = _Feed(text)
        records = csv.reader(feed, delimiter=self.delimiter)
        number = 0
        try:
            while True:
                number, before, feed.cut = number + 1, feed.count, False
                try:
                    record = next(records)
                except StopIteration:
                    return
                except csv.Error:  # one cell of millions of characters: that quote never closes
                    record = []
                    deque(feed, maxlen=0)
                problems = []
                if feed.over:
                    lost = {"lines": feed.count - before}
                    problems.append(_("本行有引号没有配对，从这里起的 %(lines)s 行文字都无法分清") % lost)
                if feed.cut:
                    problems.append(_("本行过长，没有读完"))
                if any("\0" in cell for cell in record):
                    problems.append(_("本行含有无法识别的空字符（NUL）"))
                cells = [_unguarded(cell.replace("\0", "")) or None for cell in record]
                if problems or any(cell and cell.strip() for cell in cells):
                    yield number, cells, tuple(problems)
        finally:
            if not self.file.closed:
                text.detach()


class _Feed:
    """Lines for the csv reader, which asks for one more only inside an open quote or for the next record."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self.text, self.count, self.over, self.cut = text, 0, False, False

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        line = self.text.readline(_LINE_LIMIT)
        if not line:
            self.over = True
            raise StopIteration
        rest = line
        while len(rest) == _LINE_LIMIT and rest[-1] != "\n":
            self.cut, rest = True, self.text.readline(_LINE_LIMIT)
        self.count += 1
        return line


def _unguarded(cell: str) -> str:
    """Without the apostrophe that keeps a formula text inert (``write_csv`` puts it there)."""
    return cell[1:] if cell[:1] == "'" and cell[1:].startswith(FORMULA_STARTS) else cell


def _encoding(file: BinaryIO) -> str:
    """By the mark at the start, else by reading the whole file strictly, as UTF-8 and as GB18030."""
    file.seek(0)
    start = file.read(4)
    file.seek(0)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        tried = ["utf-16"]
    else:
        tried = ["utf-8-sig"] if start.startswith(codecs.BOM_UTF8) else ["utf-8", "gb18030"]
    decoders = {name: codecs.getincrementaldecoder(name)("strict") for name in tried}
    line, furthest = 1, 1
    while decoders:
        piece = file.read(1 << 16)
        for name, decoder in list(decoders.items()):
            try:
                decoder.decode(piece, final=not piece)
            except UnicodeDecodeError as trouble:
                furthest = max(furthest, line + trouble.object[: trouble.start].count(b"\n"))
                del decoders[name]
        if not piece:
            break
        line += piece.count(b"\n")
    if not decoders:
        message = _("第 %(line)s 行的文字既不是 UTF-8 也不是 GBK 编码，请用 Excel 另存为“CSV UTF-8”后重试。")
        raise Refused("table_encoding", message % {"line": furthest})
    return next(iter(decoders))


@dataclass(frozen=True, slots=True)
class _Header:
    """A row taken for the header: where each column stands, which stand twice, how well it fits."""

    number: int
    cells: tuple[str, ...]
    places: Mapping[int, Column]
    doubled: tuple[str, ...]
    fit: tuple[bool, bool, int]


def _match(
    number: int, cells: Sequence[Raw], columns: Sequence[Column], mapping: Mapping[str, str]
) -> _Header:
    """Titles before aliases, so that one column's alias never takes another's title."""
    texts = [as_text(cell) for cell in cells]
    while texts and not texts[-1]:
        texts.pop()
    keys = [header_key(text) for text in texts]
    names = {
        c.name: [mapping[c.name]] if c.name in mapping else [c.title, *c.aliases, c.name] for c in columns
    }
    places: dict[int, Column] = {}
    doubled: list[str] = []
    for level in range(max(map(len, names.values()), default=0)):
        for column in columns:
            if column in places.values() or column.title in doubled or level >= len(names[column.name]):
                continue
            wanted = header_key(names[column.name][level])
            found = [i for i, key in enumerate(keys) if key == wanted and i not in places]
            if len(found) > 1:
                doubled.append(column.title)
            elif found:
                places[found[0]] = column
    required = [c in places.values() or c.title in doubled for c in columns if c.required]
    known = len(places) + len(doubled)
    fit = (known > 0 and all(required), any(required), known)
    return _Header(number, tuple(texts), places, tuple(doubled), fit)


def _find_header(source: _Source, columns: Sequence[Column], mapping: Mapping[str, str]) -> _Header | None:
    """The best matching row among the first rows, the first of equals; None when the table is empty."""
    best: _Header | None = None
    for number, cells, _problems in source.lines():
        if number > HEADER_WITHIN and best:
            break
        header = _match(number, cells, columns, mapping)
        if best is None or header.fit > best.fit:
            best = header
    return best


def _check_header(header: _Header, columns: Sequence[Column]) -> None:
    listed = "、".join(text[:20] for text in header.cells[:40] if text)
    if header.doubled:
        message = _("表头里%(doubled)s出现了不止一次，请只留一列；找到的列有：%(found)s。")
        raise Refused("table_header", message % {"doubled": _quoted(header.doubled), "found": listed})
    there = set(header.places.values())
    missing = [column.title for column in columns if column.required and column not in there]
    if missing or not there:
        wanted = _quoted(missing or [column.title for column in columns])
        message = _("表头里缺少必需的列%(missing)s；找到的列有：%(found)s。")
        raise Refused("table_header", message % {"missing": wanted, "found": listed})


def _quoted(titles: Sequence[str]) -> str:
    return "".join(f"“{title}”" for title in titles)


class Table:
    """An open table: its header, and its rows by iteration (again from the start each time)."""

    def __init__(self, source: _Source, header: _Header, close: Callable[[], None]) -> None:
        self._source, self._header, self.close = source, header, close
        self.header: tuple[str, ...] = header.cells
        self.header_row: int = header.number
        self.columns_found: tuple[str, ...] = tuple(c.name for _i, c in sorted(header.places.items()))
        self.matched: dict[str, str] = {c.name: header.cells[i] for i, c in sorted(header.places.items())}
        self.unknown: tuple[str, ...] = tuple(
            text for index, text in enumerate(header.cells) if text and index not in header.places
        )

    def __enter__(self) -> Table:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __iter__(self) -> Iterator[Row]:
        """The rows below the header that are not entirely blank."""
        for number, cells, problems in self._source.lines():
            if number > self.header_row:
                yield self._row(number, cells, list(problems))

    def _row(self, number: int, cells: Sequence[Raw], problems: list[str]) -> Row:
        width = len(self.header)
        if isinstance(self._source, _TextTable) and any(cells[width:]):
            problems.append(
                _("本行有 %(count)s 格，比表头的 %(width)s 格多") % {"count": len(cells), "width": width}
            )
        spoilt = bool(problems)  # its form is broken, so its cells may stand under the wrong header
        raw = [*cells[:width], *[None] * (width - len(cells))]
        values: dict[str, object] = {}
        for index, column in self._header.places.items():
            values[column.name] = None
            cell, named = raw[index], f"“{column.title}”"
            try:
                if isinstance(cell, str) and len(cell) > self._source.cell_limit:
                    raise ValueError(_("超过 %(limit)s 字") % {"limit": f"{self._source.cell_limit:,}"})
                values[column.name] = convert(cell, column.kind, since_1904=self._source.since_1904)
            except ValueError as reason:
                problems.append(f"{named}{reason}")
            else:
                if column.required and values[column.name] is None and not spoilt:
                    problems.append(_("%(column)s不能为空") % {"column": named})
        limited = tuple(cell[:32_000] if type(cell) is str else cell for cell in raw)
        return Row(number, values, limited, tuple(problems))


def open_table(
    path: Path | BinaryIO,
    *,
    name: str = "",
    columns: Sequence[Column],
    mapping: Mapping[str, str] | None = None,
    any_header: bool = False,
) -> Table:
    """Open a table file; use it as a context manager.

    ``name`` is the file's name as the person knows it (its ending tells a text table); ``mapping`` gives, for
    a column's name, its header in this file, and overrides title and aliases. Read is the first visible sheet
    of a workbook, or the delimiter of a text file, that gives all required columns. Refuses (``table_*``
    codes) what cannot be read, and a header that lacks or doubles a column; ``any_header`` takes the likeliest as it is.
    """
    named = dict(mapping or {})
    if strange := [key for key in named if key not in {column.name for column in columns}]:
        raise Refused("table_mapping", _("没有叫作%(names)s的列可以对应。") % {"names": _quoted(strange)})
    if isinstance(path, Path):
        name = name or path.name
        try:
            file: BinaryIO = path.open("rb")
        except OSError as trouble:
            message = _("无法打开文件“%(name)s”：%(why)s。") % {"name": name, "why": trouble.strerror}
            raise Refused("table_not_opened", message) from trouble
    else:
        file = tempfile.TemporaryFile()  # type: ignore[assignment]  # noqa: SIM115 (ours to close, can be read twice)
        if path.seekable():
            path.seek(0)
        shutil.copyfileobj(path, file)
    with ExitStack() as opened:
        opened.callback(file.close)
        sources: Sequence[_Source]
        if _is_workbook(file, name.lower()):
            book = opened.enter_context(closing(xlsx.Workbook(file)))
            sources = book.sheets
        else:
            encoding = _encoding(file)
            sources = [_TextTable(file, encoding, delimiter) for delimiter in (",", "\t", ";")]
        best: tuple[_Source, _Header] | None = None
        for source in sources:
            header = _find_header(source, columns, named)
            if header and (best is None or header.fit > best[1].fit):
                best = source, header
            if best and best[1].fit[0]:
                break
        if best is None:
            raise Refused("table_empty", _("这个文件里没有内容。"))
        if not any_header:
            _check_header(best[1], columns)
        return Table(*best, opened.pop_all().close)


def _is_workbook(file: BinaryIO, name: str) -> bool:
    """True for an Excel package, False for a text table, by the content first. Refuses anything else."""
    file.seek(0)
    start = file.read(512)
    if start.startswith(b"PK\x03\x04"):
        return True
    if start.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole:
            locked = whole.find("EncryptedPackage".encode("utf-16-le")) >= 0
        if locked:
            raise Refused("table_encrypted", _("这个文件设了密码，请取消密码后重试。"))
        raise Refused(
            "table_old_format", _("这是旧格式的 Excel 文件（.xls），请用 Excel 另存为 .xlsx 后重试。")
        )
    if not start:
        raise Refused("table_empty", _("这个文件里没有内容。"))
    if name.endswith(_TEXT_SUFFIXES) and not start.lstrip(b"\xef\xbb\xbf \r\n\t").startswith((b"<", b"%PDF")):
        return False
    if name.endswith((".xlsx", ".xlsm")):
        raise Refused(
            "table_type", _("这个文件的内容不是 .xlsx 表格，请用 Excel 打开并另存为 .xlsx 后重试。")
        )
    raise Refused("table_type", _("只能读 .xlsx、.xlsm、.csv、.tsv 和 .txt 表格。"))
