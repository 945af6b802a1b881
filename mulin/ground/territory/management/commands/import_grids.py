"""``mulin import-grids FILE.geojson``: grids and compounds from GeoJSON, the whole file or nothing."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from mulin.citus.models import County
from mulin.ground.territory import actions
from mulin.ground.territory.rules import DATUMS
from mulin.kernel import clock
from mulin.kernel.actor import system
from mulin.kernel.county import county_scope
from mulin.kernel.errors import Refused

LARGEST = 64 * 1024 * 1024


class Command(BaseCommand):
    help = "Add or redraw grids and compounds from GeoJSON. Overlaps are named and nothing is imported then."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--county", type=int, required=True)
        parser.add_argument(
            "--datum", choices=DATUMS, default="", help="of the file (its own word, else wgs84)"
        )
        parser.add_argument("--on", type=clock.day, help="day from which the outlines hold (today)")
        parser.add_argument("--dry-run", action="store_true", help="check and report only")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        county, now = options["county"], clock.now()
        if not County.objects.filter(code=county).exists():
            raise Refused("county_unknown", _("这里没有开通县 %(code)s。") % {"code": county})
        try:
            done = self._import(county, options, now)
        except actions.RefusedFile as refused:
            if options["format"] == "json":
                problems = [{"feature": number, "reason": why} for number, why in refused.problems]
                empty = actions.GridsImported().plain()
                self.stdout.write(json.dumps({**empty, "refused": problems}, ensure_ascii=False))
            elif len(refused.problems) > 1:
                for number, why in refused.problems:
                    self.stdout.write(
                        _("第 %(number)s 个图形：%(why)s") % {"number": number, "why": why} if number else why
                    )
            raise
        if options["format"] == "json":
            self.stdout.write(json.dumps(done.plain(), ensure_ascii=False))
            return
        words = _("读了 %(read)s 个图形：新增 %(added)s，改动 %(changed)s，未变 %(unchanged)s。")
        self.stdout.write(words % done.plain() + (_("（试运行，没有写入）") if options["dry_run"] else ""))

    def _import(self, county: int, options: dict[str, Any], now: Any) -> actions.GridsImported:
        try:
            if options["file"].stat().st_size > LARGEST:
                raise Refused("file", _("文件超过 64 MB，请分成几份。"))
            text = options["file"].read_bytes()
        except OSError as trouble:
            told = {"file": options["file"], "why": trouble.strerror}
            raise Refused("file", _("打不开 %(file)s：%(why)s") % told) from trouble
        with county_scope(county):
            return actions.import_grids(
                geojson=text,
                datum=options["datum"],
                on=options["on"] or clock.local_day(now),
                by=system(county, "import-grids"),
                now=now,
                dry_run=options["dry_run"],
            )
