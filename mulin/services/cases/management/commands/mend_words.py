"""``mulin mend-words --county CODE``: what each case of a county is found by, compared with what it says and put right."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from mulin.citus.commands import opened
from mulin.kernel.console import progress_line
from mulin.kernel.county import county_scope
from mulin.services.cases.actions.pairs import mend


class Command(BaseCommand):
    help = "核对一个县全部案件的搜索字词，不一致的重写；可反复运行"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--county", type=int, required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        county = opened(options["county"])
        with county_scope(county.code), progress_line() as say:
            looked, written = mend(progress=(lambda seen: say(f"已核对 {seen} 件")) if say else None)
        self.stdout.write(f"核对 {looked} 件，重写 {written} 件")
