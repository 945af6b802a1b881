"""``mulin import-catalogue FILE.xlsx|csv --county CODE [--dry-run] [--publish] [--errors OUT.xlsx] [--format json]``."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from mulin.citus.commands import TableImport
from mulin.kernel import clock
from mulin.kernel.actor import system
from mulin.services.catalogue.actions import Outcome, import_matters
from mulin.services.catalogue.queries import COLUMNS


class Command(TableImport):
    help = "导入事项清单：按编码新增或改成新版草稿；重复导入不产生任何变化"
    columns = COLUMNS

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("--publish", action="store_true", help="直接发布，不停在草稿")

    def bring_in(self, rows: Any, county: int, options: dict[str, Any]) -> Outcome:
        by = system(county, "import")
        publish, dry_run = options["publish"], options["dry_run"]
        return import_matters(rows=rows, by=by, now=clock.now(), publish=publish, dry_run=dry_run)

    def summary(self, outcome: Outcome, options: dict[str, Any]) -> str:
        words = "（核对，未写入）" if options["dry_run"] else ""
        return (
            f"读取 {outcome.read} 行：新增 {outcome.added}，有改动 {outcome.changed}，发布 {outcome.published}，"
            f"无变化 {outcome.unchanged}，未采用 {len(outcome.refused)}{words}"
        )
