"""The national code table: read as a stream, merged by sets, in one transaction. Only the owner role
may write it.

Region belongs to no county, so no trail row is written: the table itself is dated and keeps every
earlier name.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import Any, BinaryIO, Final

from django.db import connection, transaction
from django.utils.translation import gettext as _

from mulin.ground.territory.rules import region_code, region_level, region_name, region_parent
from mulin.kernel.errors import Refused

CODE_TITLES: Final = (
    "code",
    "代码",
    "区划代码",
    "统计用区划代码",
    "行政区划代码",
    "统计用区划和城乡划分代码",
    "region_code",
)
NAME_TITLES: Final = ("name", "名称", "区划名称", "行政区划名称", "统计用区划名称", "单位名称")
HEADER_WITHIN: Final = 10
LONGEST_NAME: Final = 120
STEP: Final = 20_000
"""Rows between two calls of ``progress``."""
Cells = Sequence[str]


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that cannot stand: its number as Excel shows it, its cells, and why."""

    row: int
    code: str
    name: str
    reason: str


@dataclass
class Imported:
    """What an import did. ``ended`` counts marked and missing codes; ``note`` is one line for people,
    or empty."""

    read: int = 0
    added: int = 0
    renamed: int = 0
    ended: int = 0
    unchanged: int = 0
    refused: list[RefusedRow] = field(default_factory=list)
    note: str = ""

    def plain(self) -> dict[str, Any]:
        """As ``--format json`` prints it."""
        return {
            "read": self.read,
            "added": self.added,
            "renamed": self.renamed,
            "ended": self.ended,
            "unchanged": self.unchanged,
            "refused": [{"row": one.row, "reason": one.reason} for one in self.refused],
            **({"note": self.note} if self.note else {}),
        }


class _OnlyTrying(Exception):
    """Unwinds the transaction of a dry run."""


def import_divisions(
    *,
    file: BinaryIO,
    as_of: date,
    encoding: str = "auto",
    dry_run: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Imported:
    """Merge a code table, in force from ``as_of``, into Region. The same file twice changes nothing.

    A new name ends the old row and begins another. A code that carries 已撤销 is ended; so is one that
    is missing, but only in counties whose own row the file has, and never because its row was refused.
    A revived code gets a new row. Refuses (nothing is changed) a file it cannot read, one without the
    two columns, and an ``as_of`` before the newest row of the codes concerned.
    """
    done = Imported()
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:  # sql: COPY and merge of a reference table
                _stage(cursor, file, encoding, done, progress)
                _refuse_conflicts(cursor, done)
                _refuse_older(cursor, as_of)
                _merge(cursor, as_of, done)
                cursor.execute("DROP TABLE region_in, region_new, region_whole")
            if dry_run:
                raise _OnlyTrying
    except _OnlyTrying:
        pass
    done.refused.sort(key=lambda one: one.row)
    return done


# ── reading ───────────────────────────────────────────────────────────────────────────────────────────────
def _encoding(file: BinaryIO, told: str) -> str:
    """``told``, or by the mark at the start, or UTF-8 where the whole file is, else GB 18030. Refuses
    others."""
    if told.lower() not in ("", "auto"):
        try:
            return "utf-8-sig" if codecs.lookup(told).name == "utf-8" else codecs.lookup(told).name
        except LookupError:
            raise Refused("encoding", _("不认识文字编码“%(name)s”。") % {"name": told}) from None
    start = file.read(4)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if start.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise Refused("table_type", _("这是 Excel 文件，请另存为“CSV UTF-8”后再导入。"))
    for name in ("utf-8-sig", "gb18030"):
        decoder = codecs.getincrementaldecoder(name)("strict")
        file.seek(0)
        try:
            while piece := file.read(1 << 18):
                decoder.decode(piece)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return name
    raise Refused("encoding", _("文件的文字既不是 UTF-8 也不是 GBK 编码，请另存为“CSV UTF-8”后重试。"))


def _records(file: BinaryIO, encoding: str) -> Iterator[tuple[int, list[str]]]:
    """(number as Excel shows it, cells) of the rows that are not blank, by comma, tab or semicolon."""
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    first = text.readline(1 << 16)
    delimiter = max(",\t;", key=first.count)
    text.seek(0)
    try:
        for number, cells in enumerate(
            csv.reader((line.replace("\0", "") for line in text), delimiter=delimiter), 1
        ):
            if any(cell and not cell.isspace() for cell in cells):
                yield number, cells
    except (csv.Error, UnicodeDecodeError) as trouble:
        raise Refused(
            "table_unreadable", _("文件读到一半读不下去了：%(why)s") % {"why": trouble}
        ) from trouble
    finally:
        text.detach()


def _columns(head: list[tuple[int, list[str]]]) -> tuple[int, int, int]:
    """(place of the code, place of the name, number of the header row; 0 without a header) from the
    first rows."""
    for number, cells in head:
        titles = [re.sub(r"\s", "", cell).lower() for cell in cells]
        codes = [place for place, title in enumerate(titles) if title in CODE_TITLES]
        names = [place for place, title in enumerate(titles) if title in NAME_TITLES]
        if codes and names:
            return codes[0], names[0], number
        digits = [place for place, cell in enumerate(cells) if re.fullmatch(r"\s*'?[0-9]{2,12}\s*", cell)]
        if digits:
            words = [
                place
                for place, cell in enumerate(cells)
                if cell.strip() and not re.fullmatch(r"[\s0-9.]*", cell)
            ]
            if words:
                return digits[0], words[0], 0
    raise Refused("table_header", _("没有找到“代码”和“名称”两列（code,name）。"))


def _stage(
    cursor: Any, file: BinaryIO, encoding: str, done: Imported, progress: Callable[[int], None] | None
) -> None:
    """Copy the readable rows into a temporary table; a refused row with a readable code is kept there
    without name."""
    cursor.execute("DROP TABLE IF EXISTS region_in, region_new, region_whole")
    cursor.execute(
        'CREATE TEMPORARY TABLE region_in (row bigint, code varchar(12) COLLATE "C", name varchar(120), '
        'level smallint, parent varchar(12) COLLATE "C", revoked boolean)'
    )
    with tempfile.TemporaryFile() as own:
        if not file.seekable():
            shutil.copyfileobj(file, own)
            file = own  # type: ignore[assignment]
        file.seek(0)
        records = _records(file, _encoding(file, encoding))
        head = list(islice(records, HEADER_WITHIN))
        if not head:
            raise Refused("table_empty", _("文件里没有内容。"))
        code_at, name_at, header = _columns(head)
        with cursor.copy("COPY region_in (row, code, name, level, parent, revoked) FROM STDIN") as copy:
            for rows in (head, records):
                for number, cells in rows:
                    if number <= header:
                        continue
                    _one_row(copy, number, cells, code_at, name_at, done)
                    if progress and done.read % STEP == 0:
                        progress(done.read)
    cursor.execute("CREATE INDEX ON region_in (code)")
    cursor.execute("ANALYZE region_in")


def _one_row(copy: Any, number: int, cells: Cells, code_at: int, name_at: int, done: Imported) -> None:
    done.read += 1
    text = cells[code_at] if code_at < len(cells) else ""
    name = cells[name_at] if name_at < len(cells) else ""
    try:
        code = region_code(text)
    except ValueError as why:
        done.refused.append(RefusedRow(number, text, name, str(why)))
        if re.search(r"[0-9]{3}|[0-9][eE]\+", text):
            done.note = _("有的代码读不出来，因此文件里缺少的代码这次都没有按撤销处理。")
        return
    bare, revoked = region_name(name)
    if not bare or len(bare) > LONGEST_NAME:
        why_not = _("名称超过 %(most)s 个字") % {"most": LONGEST_NAME} if bare else _("名称为空")
        done.refused.append(RefusedRow(number, text, name, why_not))
        copy.write_row((number, code, None, None, None, None))
        return
    copy.write_row((number, code, bare, region_level(code), region_parent(code), revoked))


# ── merging ───────────────────────────────────────────────────────────────────────────────────────────────
def _refuse_conflicts(cursor: Any, done: Imported) -> None:
    """Keep the first row of each code; refuse later ones that say something else. Then list the whole
    counties."""
    cursor.execute(
        "CREATE TEMPORARY TABLE region_new AS SELECT DISTINCT ON (code) * FROM region_in "
        "WHERE name IS NOT NULL ORDER BY code, row"
    )
    cursor.execute("CREATE UNIQUE INDEX ON region_new (code)")
    cursor.execute("ANALYZE region_new")
    cursor.execute(
        "SELECT i.row, i.code, i.name, n.row FROM region_in i JOIN region_new n ON n.code = i.code "
        "WHERE i.row <> n.row AND (i.name <> n.name OR i.revoked <> n.revoked)"
    )
    for row, code, name, first in cursor.fetchall():
        reason = _("与第 %(first)s 行代码相同而名称不同") % {"first": first}
        done.refused.append(RefusedRow(row, code, name, reason))
    cursor.execute(
        "CREATE TEMPORARY TABLE region_whole AS SELECT left(code, 6) AS prefix FROM region_new "
        "WHERE code LIKE '%000000'"
    )
    cursor.execute("ANALYZE region_whole")


def _refuse_older(cursor: Any, as_of: date) -> None:
    """Newest day of the codes in the file and of the whole counties in it (two joins: an OR would be
    quadratic)."""
    cursor.execute(
        "SELECT max(day) FROM ("
        "SELECT max(greatest(r.started_on, r.ended_on)) FROM territory_region r "
        "JOIN region_new n USING (code) "
        "UNION ALL SELECT max(greatest(r.started_on, r.ended_on)) FROM territory_region r "
        "JOIN region_whole w ON w.prefix = left(r.code, 6)) AS newest (day)"
    )
    newest = cursor.fetchone()[0]
    if newest and as_of < newest:
        message = _(
            "这份表的日期 %(day)s 早于已有数据的日期 %(newest)s，不能用旧表覆盖新表；"
            "请用 --as-of 写明表的日期。"
        )
        raise Refused("older_table", message % {"day": as_of, "newest": newest})


def _merge(cursor: Any, as_of: date, done: Imported) -> None:
    """Set by set, in an order in which no code ever has two open rows."""
    cursor.execute("LOCK TABLE territory_region IN SHARE ROW EXCLUSIVE MODE")
    cursor.execute(
        "UPDATE territory_region r SET ended_on = %s FROM region_new n "
        "WHERE n.code = r.code AND r.ended_on IS NULL AND n.revoked",
        [as_of],
    )
    marked = cursor.rowcount
    cursor.execute(
        "INSERT INTO territory_region (code, name, level, parent_code, started_on, ended_on) "
        "SELECT code, name, level, parent, %s, %s FROM region_new n "
        "WHERE n.revoked AND NOT EXISTS (SELECT 1 FROM territory_region r WHERE r.code = n.code) "
        "ORDER BY code",
        [as_of, as_of],
    )
    marked += cursor.rowcount
    missing = 0
    if not done.note:
        cursor.execute(
            "UPDATE territory_region r SET ended_on = %s WHERE r.ended_on IS NULL "
            "AND left(r.code, 6) IN (SELECT prefix FROM region_whole) "
            "AND NOT EXISTS (SELECT 1 FROM region_in i WHERE i.code = r.code)",
            [as_of],
        )
        missing = cursor.rowcount
    cursor.execute(
        "UPDATE territory_region r SET ended_on = %s FROM region_new n "
        "WHERE n.code = r.code AND r.ended_on IS NULL AND NOT n.revoked AND n.name <> r.name",
        [as_of],
    )
    done.renamed = cursor.rowcount
    cursor.execute(
        "INSERT INTO territory_region (code, name, level, parent_code, started_on) "
        "SELECT code, name, level, parent, %s FROM region_new n WHERE NOT n.revoked AND NOT EXISTS "
        "(SELECT 1 FROM territory_region r WHERE r.code = n.code AND r.ended_on IS NULL) ORDER BY code",
        [as_of],
    )
    done.added = cursor.rowcount - done.renamed
    done.ended = marked + missing
    if done.added + done.renamed + done.ended > STEP:
        cursor.execute("ANALYZE territory_region")
    done.unchanged = done.read - len(done.refused) - done.added - done.renamed - marked
