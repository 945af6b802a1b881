"""``mulin export-catalogue FILE.xlsx --county CODE [--proposal]``: what is in force, or what a county may begin with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from mulin.citus.commands import opened
from mulin.kernel.county import county_scope
from mulin.services.catalogue.queries import write_catalogue, write_shipped


class Command(BaseCommand):
    help = "导出事项清单，改好可以再导入；--proposal 导出建议稿，供刚开通的县修改"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--county", type=int, required=True, help="六位县码")
        parser.add_argument("--proposal", action="store_true", help="建议稿，不是本县现行的清单")

    def handle(self, *args: Any, **options: Any) -> None:
        with county_scope(opened(options["county"]).code):
            write = write_shipped if options["proposal"] else write_catalogue
            count = write(options["file"])
        self.stdout.write(f"写出 {count} 项到 {options['file']}")
