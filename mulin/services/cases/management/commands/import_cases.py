"""``mulin import-cases FILE.xlsx|csv --county CODE [--dry-run] [--errors OUT.xlsx] [--live] [--format json]``."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from mulin.citus.commands import TableImport
from mulin.kernel import clock
from mulin.kernel.actor import system
from mulin.kernel.console import progress_line
from mulin.services.cases.actions.imports import Outcome
from mulin.services.cases.actions.orders import importer
from mulin.services.cases.queries.ledgers import columns_of


class Command(TableImport):
    help = "导入留言表（含答复），作为历史案件；重复导入不产生任何变化"

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("--source", default="import", help="来源系统的名称，编号在其中唯一")
        parser.add_argument("--live", action="store_true", help="作为现行案件：产生待办")

    def handle(self, *args: Any, **options: Any) -> None:
        self.columns = columns_of(options["source"])
        super().handle(*args, **options)

    def bring_in(self, rows: Any, county: int, options: dict[str, Any]) -> Outcome:
        with progress_line() as say:
            return importer(source=options["source"], live=options["live"])(
                rows=rows,
                by=system(county, "import"),
                clock=clock.now,
                source=options["source"],
                live=options["live"],
                dry_run=options["dry_run"],
                keep_raw=bool(options["errors"]),
                progress=(lambda now: say(f"已读 {now.read} 行")) if say else None,
            )

    def summary(self, outcome: Outcome, options: dict[str, Any]) -> str:
        said = outcome.as_json()
        words = "（试算，未写入）" if options["dry_run"] else ""
        return (
            f"读取 {said['read']} 行：新增 {said['imported']}，更新 {said['updated']}，无变化 {said['unchanged']}，"
            f"未采用 {len(said['refused'])}{words}"
        )
