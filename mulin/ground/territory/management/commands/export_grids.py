"""``mulin export-grids --county CODE``: grids and compounds as GeoJSON, in WGS-84 or the asked datum."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from mulin.citus.models import County
from mulin.ground.territory import queries
from mulin.ground.territory.rules import DATUMS
from mulin.kernel import clock
from mulin.kernel.county import county_scope
from mulin.kernel.errors import Refused


class Command(BaseCommand):
    help = "Write the grids and compounds in force on a day as GeoJSON; import-grids reads it back unchanged."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--county", type=int, required=True)
        parser.add_argument("--datum", choices=DATUMS, default="wgs84")
        parser.add_argument("--on", type=date.fromisoformat, help="the day (today)")
        parser.add_argument("-o", "--output", type=Path, help="file to write (standard output)")

    def handle(self, *args: Any, **options: Any) -> None:
        county = options["county"]
        if not County.objects.filter(code=county).exists():
            raise Refused("county_unknown", _("这里没有开通县 %(code)s。") % {"code": county})
        on = options["on"] or clock.local_day(clock.now())
        with county_scope(county):
            whole = queries.grids_geojson(on=on, datum=options["datum"], places=True)
        text = json.dumps(whole, ensure_ascii=False)
        if options["output"] is None:
            self.stdout.write(text)
            return
        try:
            options["output"].write_text(text, encoding="utf-8")
        except OSError as trouble:
            told = {"file": options["output"], "why": trouble.strerror}
            raise Refused("file", _("写不了 %(file)s：%(why)s") % told) from trouble
