"""``mulin import-calendar FILE --county CODE [--dry-run]``: the yearly notice, from a table or a text file."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from mulin.citus.models import County
from mulin.ground.calendar import actions
from mulin.ground.calendar.rules.notice import COLUMNS, Notice, read_lines, read_table
from mulin.kernel import clock
from mulin.kernel.actor import system
from mulin.kernel.county import county_scope
from mulin.kernel.errors import Refused
from mulin.kernel.tables import open_table

LARGEST = 2 * 1024 * 1024


class Command(BaseCommand):
    help = "Write down the days of the yearly holiday notice: .xlsx, .csv, or its text in a .txt file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--county", type=int, required=True, help="six digits, such as 211322")
        parser.add_argument("--source", default="", help="number of the notice (the file's name)")
        parser.add_argument("--dry-run", action="store_true", help="check and report only")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        county = options["county"]
        if not County.objects.filter(code=county).exists():
            raise Refused("county_unknown", _("这里没有开通县 %(code)s。") % {"code": county})
        notice = _read(options["file"])
        with county_scope(county):
            done = actions.import_notice(
                notice=notice,
                source=options["source"] or options["file"].name,
                by=system(county, "import-calendar"),
                now=clock.now(),
                dry_run=options["dry_run"],
            )
        if options["format"] == "json":
            self.stdout.write(json.dumps(done.plain(), ensure_ascii=False))
            return
        self.stdout.write(_summary(done) + (_("（试运行，没有写入）") if options["dry_run"] else ""))
        for one in done.changed:
            self.stdout.write(f"{one.day} {_('班') if one.working else _('休')} {one.name}".rstrip())
        for row, reason in done.refused:
            self.stderr.write(_("第 %(row)s 行：%(why)s") % {"row": row, "why": reason})


def _summary(done: actions.Imported) -> str:
    told = {
        "read": done.read,
        "changed": len(done.changed),
        "recorded": done.recorded,
        "unchanged": done.unchanged,
        "kept": len(done.kept),
        "refused": len(done.refused),
    }
    words = _(
        "读了 %(read)s 行：%(changed)s 天改了休或班，%(recorded)s 天只作记录，%(unchanged)s 天未变，"
        "%(kept)s 天保留本县安排，%(refused)s 行没有采用。"
    )
    return str(words % told)


def _read(path: Path) -> Notice:
    try:
        if path.stat().st_size > LARGEST:
            raise Refused("file", _("文件超过 2 MB。放假通知用不了这么大，是不是选错了文件？"))
        if path.suffix.lower() == ".txt":
            return read_lines(path.read_text(encoding="utf-8-sig"))
        with open_table(path, columns=COLUMNS) as table:
            return read_table(table)
    except OSError as trouble:
        told = {"file": path, "why": trouble.strerror}
        raise Refused("file", _("打不开 %(file)s：%(why)s") % told) from trouble
    except UnicodeDecodeError as trouble:
        raise Refused("file", _("%(file)s 不是 UTF-8 文本。") % {"file": path}) from trouble
