"""``mulin content-hash --county CODE``: one hash of what the county's cases say, to compare two databases."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from mulin.citus.models import County
from mulin.kernel.county import county_scope
from mulin.services.cases.queries.contents import content_hash


class Command(BaseCommand):
    help = "一个县全部案件内容的哈希值，用于比对两个库（不含编号与写入时间）"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--county", type=int, required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        if not County.objects.filter(code=options["county"]).exists():
            raise CommandError(f"{options['county']} 还没有开通")
        with county_scope(options["county"]):
            self.stdout.write(content_hash())
