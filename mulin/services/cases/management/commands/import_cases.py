"""``mulin import-cases FILE.xlsx|csv --county CODE [--dry-run] [--errors OUT.xlsx] [--live] [--format json]``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from mulin.citus.models import County
from mulin.kernel import clock
from mulin.kernel.actor import system
from mulin.kernel.console import progress_line
from mulin.kernel.county import county_scope
from mulin.kernel.tables import open_table, write_refused
from mulin.services.cases.actions.imports import COLUMNS, Outcome, import_messages


class Command(BaseCommand):
    help = "导入留言表（含答复），作为历史案件；重复导入不产生任何变化"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--county", type=int, required=True, help="六位县码")
        parser.add_argument("--source", default="import", help="来源系统的名称，编号在其中唯一")
        parser.add_argument(
            "--map", action="append", default=[], metavar="列=表头", help="指定某列对应的表头"
        )
        parser.add_argument("--live", action="store_true", help="作为现行案件：产生待办")
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
        named, mapping = options["file"].name, _mapping(options["map"])
        with (
            open_table(handle, name=named, columns=COLUMNS, mapping=mapping) as table,
            progress_line() as say,
        ):
            outcome = import_messages(
                rows=table,
                by=system(county, "import"),
                now=clock.now(),
                source=options["source"],
                live=options["live"],
                dry_run=options["dry_run"],
                keep_raw=bool(options["errors"]),
                progress=(lambda now: say(f"已读 {now.read} 行")) if say else None,
            )
            if options["errors"]:
                rows = [(number, raw, reason) for number, reason, raw in outcome.refused]
                write_refused(options["errors"], table.header, rows)
        return outcome

    def _say(self, outcome: Outcome, dry: bool) -> None:
        said = outcome.as_json()
        words = "（试算，未写入）" if dry else ""
        self.stdout.write(
            f"读取 {said['read']} 行：新增 {said['imported']}，更新 {said['updated']}，无变化 {said['unchanged']}，"
            f"未采用 {len(said['refused'])}{words}"
        )
        for refused in said["refused"][:50]:
            self.stdout.write(f"  第 {refused['row']} 行：{refused['reason']}")
        if len(said["refused"]) > 50:
            self.stdout.write("  …其余见 --errors 指定的文件或 --format json")


def _mapping(pairs: list[str]) -> dict[str, str]:
    """``--map number=工单号`` → {"number": "工单号"}; the left side may be our title too."""
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
