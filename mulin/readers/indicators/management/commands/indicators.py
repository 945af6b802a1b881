"""``mulin indicators --county CODE --from DATE --to DATE [--only CODE,…] [--place …] [--unit …] [--format …]``."""

from __future__ import annotations

import csv
import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from mulin.citus.models import County
from mulin.kernel import clock
from mulin.kernel.clock import day
from mulin.kernel.county import county_scope
from mulin.kernel.errors import Refused
from mulin.readers.indicators.queries import Figure, figures, scope_named
from mulin.readers.indicators.rules import INDICATORS, ORIGINS


class Command(BaseCommand):
    help = "由原始记录计算指标：起日（含）至止日（不含），北京时间"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--county", type=int, required=True)
        parser.add_argument("--from", dest="start", type=day, required=True, metavar="DATE")
        parser.add_argument("--to", dest="end", type=day, required=True, metavar="DATE")
        parser.add_argument("--only", default="", help=f"逗号分隔，可选：{','.join(INDICATORS)}")
        parser.add_argument("--place", default="", help="只算一个地方：路径（/001/003/）、区划代码或名称")
        parser.add_argument("--unit", default="", help="只算一个单位主办的：名称或编号")
        parser.add_argument("--format", choices=["table", "json", "csv"], default="table")

    def handle(self, *args: Any, **options: Any) -> None:
        only = [code.strip() for code in options["only"].split(",") if code.strip()]
        unknown = [code for code in only if code not in INDICATORS]
        if unknown:
            raise CommandError(f"没有指标 {'、'.join(unknown)}；有：{'、'.join(INDICATORS)}")
        if options["end"] <= options["start"]:
            raise CommandError("--to 必须晚于 --from（止日不含在内）")
        if not County.objects.filter(code=options["county"]).exists():
            raise CommandError(f"{options['county']} 还没有开通")
        with county_scope(options["county"]):
            try:
                scope = scope_named(place=options["place"], unit=options["unit"])
            except Refused as refused:
                raise CommandError(str(refused.message)) from refused
            found = figures(options["start"], options["end"], only=only or None, scope=scope, now=clock.now())
        getattr(self, f"_{options['format']}")(found)

    def _json(self, found: list[Figure]) -> None:
        self.stdout.write(json.dumps([figure.as_json() for figure in found], ensure_ascii=False, indent=1))

    def _csv(self, found: list[Figure]) -> None:
        writer = csv.writer(self.stdout)
        writer.writerow(["code", "name", "value", "unit", "numerator", "denominator", "from", "to", *ORIGINS])
        for figure in found:
            row = figure.as_json()
            writer.writerow(
                [
                    row[key]
                    for key in ("code", "name", "value", "unit", "numerator", "denominator", "from", "to")
                ]
                + [figure.split[origin]["value"] for origin in ORIGINS]
            )

    def _table(self, found: list[Figure]) -> None:
        for figure in found:
            value = (
                "—"
                if figure.value is None
                else f"{figure.value:g}"
                if isinstance(figure.value, int)
                else f"{figure.value:.2f}"
            )
            base = "" if figure.denominator is None else f"  （{figure.numerator}/{figure.denominator}）"
            self.stdout.write(f"{figure.indicator.name}：{value} {figure.indicator.unit}{base}")
            split = "，".join(f"{ORIGINS[key]} {_short(cell['value'])}" for key, cell in figure.split.items())
            self.stdout.write(f"    {split}")


def _short(value: float | int | None) -> str:
    return "—" if value is None else f"{value:.2f}" if isinstance(value, float) else str(value)
