"""An .xlsx package read as a stream: shared strings on disk, one row in memory, no entity ever expanded.

Source: ECMA-376 parts 1 (SpreadsheetML) and 2 (packages); names are matched without their namespace, so
strict, transitional and prefixed files read alike.
"""

from __future__ import annotations

import errno
import os
import posixpath
import re
import tempfile
import zlib
from array import array
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile

from django.utils.translation import gettext as _

from mulin.kernel.errors import Refused
from mulin.kernel.tables.cells import CellError, Raw, from_serial

CELL_LIMIT = 100_000
"""Characters of one cell; Excel itself allows 32,767."""
_PART_LIMIT, _RATIO_FROM, _RATIO_LIMIT = 2 << 30, 64 << 20, 200
_BROKEN = (
    *(BadZipFile, zlib.error, EOFError, NotImplementedError),  # the archive
    *(expat.ExpatError, KeyError, IndexError, ValueError, OverflowError),  # what it holds
)
_DATE_IDS = frozenset(
    {*range(14, 18), 22, *range(27, 32), 36, *range(50, 55), 57, 58}
)  # 27.. are Chinese built-ins

Attributes = dict[str, str]


@contextmanager
def _damage_refused() -> Iterator[None]:
    """Whatever a damaged file does to the readers of zip and XML is one refusal; a full disk is not."""
    try:
        yield
    except (*_BROKEN, OSError) as trouble:
        if isinstance(trouble, OSError) and trouble.errno != errno.EINVAL:  # zipfile seeks before the start
            raise
        message = _("这个 Excel 文件已损坏或不完整，请用 Excel 打开并另存为 .xlsx 后重试。")
        raise Refused("table_damaged", message) from trouble


class Strings:
    """The shared strings, in pages of 64 in a temporary file; the 4 MB used last stay in memory."""

    PAGE, CACHE = 64, 4 << 20

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 (lives as long as the workbook)
        self._starts = array("Q", [0])
        self._page: list[str] = []
        self._recent: OrderedDict[int, tuple[list[str], int]] = OrderedDict()
        self._held = 0

    def append(self, text: str) -> None:
        self._page.append(text)
        if len(self._page) == self.PAGE:
            self.flush()

    def flush(self) -> None:
        blob = "\0".join(self._page).encode("utf-8", "replace")
        self._file.write(blob)
        self._starts.append(self._starts[-1] + len(blob))
        self._page = []

    def finish(self) -> None:
        if self._page:
            self.flush()
        self._file.flush()

    def __getitem__(self, index: int) -> str:
        number, place = divmod(index, self.PAGE)
        kept = self._recent.get(number)
        if kept is None:
            start, size = self._starts[number], self._starts[number + 1] - self._starts[number]
            kept = os.pread(self._file.fileno(), size, start).decode().split("\0"), size
            self._recent[number] = kept
            self._held += size
            while self._held > self.CACHE and len(self._recent) > 1:
                self._held -= self._recent.popitem(last=False)[1][1]
        else:
            self._recent.move_to_end(number)
        return kept[0][place]

    def close(self) -> None:
        self._file.close()


def unescape(text: str) -> str:
    """``_x000D_`` and its like back to characters; ``_x005F_`` is the underscore itself."""
    if "_x" not in text:
        return text
    text = re.sub("_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), text).replace("\0", "")
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A worksheet that people see."""

    book: Workbook
    part: str
    cell_limit: int = CELL_LIMIT

    @property
    def since_1904(self) -> bool:
        return self.book.since_1904

    def lines(self) -> Iterator[tuple[int, list[Raw], tuple[str, ...]]]:
        """Row number, cells, and what is wrong with the row's form (nothing can be)."""
        for number, cells in self.book.rows(self.part):
            yield number, cells, ()


class Workbook:
    """Sheets, date styles and strings of one package. Every damage becomes ``Refused``."""

    def __init__(self, file: BinaryIO) -> None:
        self._strings: Strings | None = None
        self.since_1904 = False
        with _damage_refused():
            self._zip = ZipFile(file)
            # some writers name parts with other capitals or with backslashes
            self._parts = {_named(name): info for name, info in self._zip.NameToInfo.items()}
            main = next(iter(self._targets("").get("officeDocument", {}).values()), "xl/workbook.xml")
            if main not in self._parts or main.endswith(".bin"):
                raise Refused("table_type", _("这不是 .xlsx 表格，请用 Excel 打开并另存为 .xlsx 后重试。"))
            targets = self._targets(main)
            self._strings_part = next(iter(targets.get("sharedStrings", {}).values()), "")
            self._date_styles = self._read_styles(next(iter(targets.get("styles", {}).values()), ""))
            self.sheets = [Sheet(self, part) for part in self._read_main(main, targets.get("worksheet", {}))]

    def _read_main(self, main: str, parts: dict[str, str]) -> Iterator[str]:
        """The parts of the visible worksheets, in order."""
        for tag, attrs in self._tags(main):
            if tag == "workbookPr":
                self.since_1904 = attrs.get("date1904", "0") in ("1", "true", "on")
            elif tag == "sheet" and attrs.get("state", "visible") == "visible":
                part = parts.get(attrs.get("id", ""), "")
                if part in self._parts:
                    yield part

    def _targets(self, part: str) -> dict[str, dict[str, str]]:
        """The relations of a part: kind → id → part."""
        folder, name = posixpath.split(part)
        found: dict[str, dict[str, str]] = {}
        for tag, attrs in self._tags(_named(posixpath.join(folder, "_rels", f"{name}.rels"))):
            if tag == "Relationship" and attrs.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/", folder, _named(attrs["Target"])))
                found.setdefault(attrs["Type"].rpartition("/")[2], {})[attrs["Id"]] = target.lstrip("/")
        return found

    def _read_styles(self, part: str) -> frozenset[str]:
        """The numbers of the cell styles that show a number as a date."""
        codes: dict[int, str] = {}
        dates: list[str] = []
        inside, index = False, 0
        for tag, attrs in self._tags(part):
            if tag in ("cellXfs", "cellStyleXfs", "cellStyles", "dxfs"):
                inside = tag == "cellXfs"
            elif tag == "numFmt" and not dates:
                codes.setdefault(int(attrs["numFmtId"]), attrs.get("formatCode", ""))
            elif tag == "xf" and inside:
                number = int(attrs.get("numFmtId", "0"))
                if _shows_date(codes[number]) if number in codes else number in _DATE_IDS:
                    dates.append(str(index))
                index += 1
        return frozenset(dates)

    def _read(self, part: str, **handlers: Callable[..., None]) -> Iterator[None]:
        """Feed a part to expat, piece by piece. A document type, hence any entity, is refused."""
        info = self._parts[part]
        swollen = info.file_size > _RATIO_FROM and info.file_size > _RATIO_LIMIT * info.compress_size
        if info.file_size > _PART_LIMIT or swollen:
            raise Refused("table_too_large", _("这个文件解压后大得不正常，没有读取；请分成几个文件后重试。"))
        if info.flag_bits & 1:
            raise Refused("table_encrypted", _("这个文件设了密码，请取消密码后重试。"))
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        for event, handler in {**handlers, "StartDoctypeDeclHandler": _no_doctype}.items():
            setattr(parser, event, handler)
        with self._zip.open(info) as stream:
            while piece := stream.read(1 << 16):
                parser.Parse(piece, False)
                yield
            parser.Parse(b"", True)
            yield

    def _tags(self, part: str) -> Iterator[tuple[str, Attributes]]:
        """The opening tags of a part with their attributes, names without namespace; of no part none."""
        seen: list[tuple[str, Attributes]] = []

        def on_start(name: str, attrs: Attributes) -> None:
            seen.append((_local(name), {_local(key): value for key, value in attrs.items()}))

        for _piece in self._read(part, StartElementHandler=on_start) if part in self._parts else ():
            yield from seen
            seen.clear()

    def rows(self, part: str) -> Iterator[tuple[int, list[Raw]]]:
        """The rows that hold anything, with the number Excel shows; a short row is just short."""
        with _damage_refused():
            if self._strings is None:
                self._strings = Strings()
                for _row in self._parsed(self._strings_part, self._strings):
                    pass
                self._strings.finish()
            yield from self._parsed(part, self._strings)

    def _parsed(self, part: str, strings: Strings) -> Iterator[tuple[int, list[Raw]]]:
        to = _Handlers(strings, self._date_styles, self.since_1904)
        handlers: dict[str, Callable[..., None]] = {
            "StartElementHandler": to.on_start,
            "EndElementHandler": to.on_end,
            "CharacterDataHandler": to.on_text,
        }
        for _piece in self._read(part, **handlers) if part in self._parts else ():
            yield from to.rows
            to.rows.clear()
            if to.over:
                return

    def close(self) -> None:
        self._zip.close()
        if self._strings:
            self._strings.close()


def _named(part: str) -> str:
    return part.replace("\\", "/").lower()


def _local(name: str) -> str:
    return name[name.rfind(" ") + 1 :]


def _no_doctype(*_declaration: object) -> None:
    raise ValueError("a workbook has no document type")


def _shows_date(code: str) -> bool:
    """Whether a number format shows a day (a duration such as [h]:mm or a time of day alone does not)."""
    return bool(
        re.search("[yd]", re.sub(r'"[^"]*"|\[[^\]]*\]|[\\_*].', "", code.casefold()).partition(";")[0])
    )


class _Handlers:
    """What expat calls. Rows of a sheet collect in ``rows``, strings of the shared table go to ``strings``.

    Runs of rich text are joined, phonetic guides left out, over-long text is cut just above the limit.
    """

    def __init__(self, strings: Strings, date_styles: frozenset[str], since_1904: bool) -> None:
        self.strings, self.date_styles, self.since_1904 = strings, date_styles, since_1904
        self.rows: list[tuple[int, list[Raw]]] = []
        self.cells: list[Raw] = []
        self.parts: list[str] = []
        self.formula: list[str] = []
        self.letters = {"": -1}
        self.kind, self.style = "n", "0"
        self.number = self.column = self.size = 0
        self.open = self.phonetic = self.over = self.reckoned = False

    def on_text(self, data: str) -> None:
        if self.open and not self.phonetic and self.size <= CELL_LIMIT:
            (self.formula if self.reckoned else self.parts).append(data[: CELL_LIMIT + 1])
            self.size += len(data)

    def take(self) -> str:
        text = "".join(self.parts)
        self.parts, self.size = [], 0
        return text

    def on_start(self, name: str, attrs: Attributes) -> None:
        tag = name[name.rfind(" ") + 1 :]
        if tag == "c":
            self.kind, self.style = attrs.get("t", "n"), attrs.get("s", "0")
            letters = attrs.get("r", "").rstrip("0123456789")
            column = self.letters.get(letters)
            if column is None:
                column = self.letters[letters] = _column(letters)
            self.column = column if column >= 0 else self.column + 1
            self.formula = []
        elif tag in ("v", "t"):
            self.open = True
        elif tag == "f":
            self.open = self.reckoned = True
        elif tag == "row":
            self.number = int(float(attrs["r"])) if "r" in attrs else self.number + 1
            self.cells, self.column = [], -1
        elif tag == "rPh":
            self.phonetic = True

    def on_end(self, name: str) -> None:
        tag = name[name.rfind(" ") + 1 :]
        if tag in ("v", "t"):
            self.open = False
        elif tag == "f":
            self.open = self.reckoned = False
            self.size = 0
        elif tag == "c":
            value = self.value(self.take()) if self.parts else self.unreckoned()
            if value is not None:
                self.cells.extend([None] * (self.column + 1 - len(self.cells)))
                self.cells[self.column] = value
        elif tag == "row":
            if any(not isinstance(cell, str) or cell.strip() for cell in self.cells if cell is not None):
                self.rows.append((self.number, self.cells))
        elif tag == "si":
            self.strings.append(unescape(self.take()))
        elif tag == "rPh":
            self.phonetic = False
        elif tag == "sheetData":
            self.over = True

    def unreckoned(self) -> str | None:
        """A formula whose result nobody stored counts as its text: programs write a text that begins with = that way."""
        return f"={''.join(self.formula)}" if self.formula and self.kind == "n" else None

    def value(self, text: str) -> Raw:
        """The value of a cell from its stored text, by its type; a formula counts with its stored result."""
        kind = self.kind
        if kind == "s":
            return self.strings[int(text)] or None
        if kind in ("inlineStr", "str"):
            return unescape(text) or None
        text = text.strip()
        if kind == "b":
            return text not in ("0", "false")
        if kind == "e":
            return CellError(text)
        if kind == "d" or not text:
            return text or None
        try:
            number: int | float = int(text)
        except ValueError:
            number = float(text)
            if number != number or abs(number) == float("inf"):
                return CellError(text)
        if self.style in self.date_styles:
            try:
                return from_serial(number, since_1904=self.since_1904)
            except ValueError:
                return number
        return number


def _column(letters: str) -> int:
    """A → 0, Z → 25, AA → 26 … XFD → 16383; ValueError beyond."""
    index = 0
    for letter in letters:
        if not "A" <= letter <= "Z":
            raise ValueError(letters)
        index = index * 26 + ord(letter) - 64
    if index > 16_384:
        raise ValueError(letters)
    return index - 1
