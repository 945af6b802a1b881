"""What commands on one county have in common: that it is open; and a table brought in from a file."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from django.core.management.base import BaseCommand, CommandError, CommandParser

from mulin.citus.models import County
from mulin.kernel.county import county_scope
from mulin.kernel.tables import Column, open_table, write_refused

_SHOWN = 50
"""Refused rows that stand on the terminal; the file of ``--errors`` holds all."""


def opened(code: int) -> County:
    """The county of a six-digit code. Raises CommandError where it has not been opened here."""
    county = County.objects.filter(code=code).first()
    if county is None:
        raise CommandError(f"{code} 还没有开通：先运行 mulin open-county {code}")
    return county


def chosen(code: int | None) -> list[int]:
    """The codes of the counties open here, in order, or of the one that is named. Raises CommandError if it is not open."""
    codes = list(County.objects.order_by("code").values_list("code", flat=True))
    if code is None:
        return codes
    if code not in codes:
        raise CommandError(f"county {code} is not open here")
    return [code]


class Outcome(Protocol):
    """What an import did, as its action tells it. ``refused``: (row number as Excel shows it, reason, raw cells)."""

    refused: list[tuple[int, str, tuple[Any, ...]]]

    def as_json(self) -> dict[str, Any]:
        """What ``--format json`` prints."""


class TableImport(BaseCommand, ABC):
    """``mulin import-… FILE --county CODE [--map …] [--dry-run] [--errors OUT.xlsx] [--format text|json]``.

    A command says its ``columns``, its own options (``add_options``), what it does with the rows (``bring_in``) and the
    line that sums it up (``summary``). Exit 1 with one line where county, file or mapping is wrong.
    """

    columns: Sequence[Column] = ()

    def add_options(self, parser: CommandParser) -> None:
        """The command's own options."""

    @abstractmethod
    def bring_in(self, rows: Any, county: int, options: dict[str, Any]) -> Outcome:
        """Call the action, in the scope of the county."""

    @abstractmethod
    def summary(self, outcome: Any, options: dict[str, Any]) -> str:
        """One line of counts for people."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--county", type=int, required=True, help="六位县码")
        parser.add_argument(
            "--map", action="append", default=[], metavar="列=表头", help="指定某列对应的表头"
        )
        self.add_options(parser)
        parser.add_argument("--dry-run", action="store_true", help="只核对，不写入")
        parser.add_argument("--errors", type=Path, help="把未采用的行写到这个 xlsx，末列为原因")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        county, file = opened(options["county"]), options["file"]
        if not file.is_file():
            raise CommandError(f"找不到文件 {file}")
        mapping = self._mapping(options["map"])
        with (
            county_scope(county.code),
            file.open("rb") as handle,
            open_table(handle, name=file.name, columns=self.columns, mapping=mapping) as table,
        ):
            outcome = self.bring_in(table, county.code, options)
            if options["errors"]:
                lines = [(number, raw, reason) for number, reason, raw in outcome.refused]
                write_refused(options["errors"], table.header, lines)
        if options["format"] == "json":
            self.stdout.write(json.dumps(outcome.as_json(), ensure_ascii=False))
            return
        self.stdout.write(self.summary(outcome, options))
        for number, reason, _raw in outcome.refused[:_SHOWN]:
            self.stdout.write(f"  第 {number} 行：{reason}")
        if len(outcome.refused) > _SHOWN:
            self.stdout.write("  …其余见 --errors 指定的文件或 --format json")

    def _mapping(self, pairs: list[str]) -> dict[str, str]:
        """``--map number=工单号`` → {"number": "工单号"}; the left side may be our title too."""
        names = {column.title: column.name for column in self.columns}
        names |= {column.name: column.name for column in self.columns}
        found = {}
        for pair in pairs:
            ours, _, theirs = pair.partition("=")
            if ours not in names or not theirs:
                titles = "、".join(column.title for column in self.columns)
                raise CommandError(f"--map 写作 列=表头，列是其中之一：{titles}")
            found[names[ours]] = theirs
        return found
