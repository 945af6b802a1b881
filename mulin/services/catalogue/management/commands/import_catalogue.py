"""``mulin import-catalogue FILE.xlsx|csv --county CODE [--dry-run] [--publish] [--errors OUT.xlsx] [--format json]``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from mulin.citus.models import County
from mulin.kernel import clock
from mulin.kernel.actor import system
from mulin.kernel.county import county_scope
from mulin.kernel.tables import open_table, write_refused
from mulin.services.catalogue.actions import Outcome, import_matters
from mulin.services.catalogue.queries import COLUMNS

_SHOWN = 50


class Command(BaseCommand):
    help = "导入事项清单：按编码新增或改成新版草稿；重复导入不产生任何变化"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--county", type=int, required=True, help="六位县码")
        parser.add_argument(
            "--map", action="append", default=[], metavar="列=表头", help="指定某列对应的表头"
        )
        parser.add_argument("--publish", action="store_true", help="直接发布，不停在草稿")
        parser.add_argument("--dry-run", action="store_true", help="只核对，不写入")
        parser.add_argument("--errors", type=Path, help="把未采用的行写到这个 xlsx，末列为原因")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        county = County.objects.filter(code=options["county"]).first()
        if county is None:
            raise CommandError(
                f"{options['county']} 还没有开通：先运行 mulin open-county {options['county']}"
            )
        if not options["file"].is_file():
            raise CommandError(f"找不到文件 {options['file']}")
        with county_scope(county.code), options["file"].open("rb") as handle:
            outcome = self._import(handle, county.code, options)
        if options["format"] == "json":
            self.stdout.write(json.dumps(outcome.as_json(), ensure_ascii=False))
        else:
            self._say(outcome, options["dry_run"])

    def _import(self, handle: Any, county: int, options: dict[str, Any]) -> Outcome:
        with open_table(
            handle, name=options["file"].name, columns=COLUMNS, mapping=_mapping(options["map"])
        ) as table:
            outcome = import_matters(
                rows=table,
                by=system(county, "import"),
                now=clock.now(),
                publish=options["publish"],
                dry_run=options["dry_run"],
            )
            if options["errors"]:
                rows = [(number, raw, reason) for number, reason, raw in outcome.refused]
                write_refused(options["errors"], table.header, rows)
        return outcome

    def _say(self, outcome: Outcome, dry: bool) -> None:
        words = "（核对，未写入）" if dry else ""
        self.stdout.write(
            f"读取 {outcome.read} 行：新增 {outcome.added}，有改动 {outcome.changed}，发布 {outcome.published}，"
            f"无变化 {outcome.unchanged}，未采用 {len(outcome.refused)}{words}"
        )
        for number, reason, _raw in outcome.refused[:_SHOWN]:
            self.stdout.write(f"  第 {number} 行：{reason}")
        if len(outcome.refused) > _SHOWN:
            self.stdout.write("  …其余见 --errors 指定的文件或 --format json")


def _mapping(pairs: list[str]) -> dict[str, str]:
    """``--map code=序号`` → {"code": "序号"}; the left side may be our title too."""
    names = {column.title: column.name for column in COLUMNS} | {
        column.name: column.name for column in COLUMNS
    }
    found = {}
    for pair in pairs:
        ours, _, theirs = pair.partition("=")
        if ours not in names or not theirs:
            raise CommandError(
                f"--map 写作 列=表头，列是其中之一：{'、'.join(column.title for column in COLUMNS)}"
            )
        found[names[ours]] = theirs
    return found
