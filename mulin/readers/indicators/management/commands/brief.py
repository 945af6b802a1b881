"""``mulin brief --county CODE --from DATE --to DATE --format md|docx -o FILE [--place …] [--unit …]``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from mulin.citus.models import County
from mulin.kernel import clock
from mulin.kernel.county import county_scope
from mulin.kernel.errors import Refused
from mulin.readers.indicators.queries import page_of, scope_named, word
from mulin.readers.indicators.rules.paper import markdown


class Command(BaseCommand):
    help = "一个地方或一个单位一段时间的简报，由原始记录写成：Markdown 或 Word"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--county", type=int, required=True)
        parser.add_argument("--from", dest="start", type=clock.day, required=True, metavar="DATE")
        parser.add_argument("--to", dest="end", type=clock.day, required=True, metavar="DATE")
        parser.add_argument("--format", choices=["md", "docx"], default="md")
        parser.add_argument("-o", "--output", required=True, metavar="FILE")
        parser.add_argument("--place", default="", help="只写一个地方：路径（/001/003/）、区划代码或名称")
        parser.add_argument("--unit", default="", help="只写一个单位主办的：名称或编号")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["end"] <= options["start"]:
            raise CommandError("--to 必须晚于 --from（止日不含在内）")
        if not County.objects.filter(code=options["county"]).exists():
            raise CommandError(f"{options['county']} 还没有开通")
        now = clock.now()
        with county_scope(options["county"]):
            try:
                scope = scope_named(place=options["place"], unit=options["unit"])
            except Refused as refused:
                raise CommandError(str(refused.message)) from refused
            page, _figures = page_of(scope, options["start"], options["end"], now)
        content = word(page, now) if options["format"] == "docx" else markdown(page).encode()
        try:
            Path(options["output"]).write_bytes(content)
        except OSError as trouble:
            raise CommandError(f"{options['output']}：{trouble.strerror}") from trouble
