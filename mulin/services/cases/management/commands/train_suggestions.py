"""``mulin train-suggestions --county CODE [--format text|json]``: suggestions learn anew."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from mulin.citus.commands import opened
from mulin.kernel import clock
from mulin.kernel.actor import system
from mulin.kernel.console import progress_line
from mulin.kernel.county import county_scope
from mulin.services.cases.actions import learn_matters


class Command(BaseCommand):
    help = "按本县办过的案件和事项清单，重新学习事项建议；没有变化就不产生新版本"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--county", type=int, required=True, help="六位县码")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        county = opened(options["county"])
        with county_scope(county.code), progress_line() as say:
            if say:
                say("正在读案件、学习…")
            row = learn_matters(by=system(county.code, "learning"), now=clock.now())
        told = {
            "version": row.number,
            "learned_at": row.learned_at.isoformat(),
            "cases": row.cases,
            "first": row.first,
            "among_three": row.among_three,
            "digest": row.digest,
        }
        if options["format"] == "json":
            self.stdout.write(json.dumps(told, ensure_ascii=False))
            return
        self.stdout.write(
            f"第 {row.number} 版：学了本县 {row.cases} 件案件。"
            f"逐条留出核对，猜中 {row.first:.0%}，前三个里有 {row.among_three:.0%}"
        )
