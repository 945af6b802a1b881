"""``mulin import-divisions FILE.csv``: code,name rows of the national 12-digit table, into Region."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.db import ProgrammingError
from django.utils.translation import gettext as _

from mulin.ground.territory import actions
from mulin.kernel import clock
from mulin.kernel.console import progress_line
from mulin.kernel.errors import Refused
from mulin.kernel.tables import write_csv, write_table

SHOWN = 20


class Command(BaseCommand):
    help = "Merge a table of code,name rows into the dated national table. Twice changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--as-of", type=clock.day, help="day from which the table holds (today)")
        parser.add_argument("--encoding", default="auto", help="auto, utf-8, gbk …")
        parser.add_argument("--errors", type=Path, help="write the refused rows here (.csv or .xlsx)")
        parser.add_argument("--dry-run", action="store_true", help="report only, change nothing")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        done = self._import(options)
        if options["errors"]:
            _write_errors(options["errors"], done.refused)
        if options["format"] == "json":
            self.stdout.write(json.dumps(done.plain(), ensure_ascii=False))
            return
        told = {**done.plain(), "refused": len(done.refused)}
        said = _(
            "读了 %(read)s 行：新增 %(added)s，改名 %(renamed)s，撤销 %(ended)s，未变 %(unchanged)s，"
            "拒收 %(refused)s。"
        )
        self.stdout.write(said % told + (_("（试运行，没有写入）") if options["dry_run"] else ""))
        if done.note:
            self.stdout.write(done.note)
        for row in done.refused[:SHOWN]:
            self.stdout.write(_("第 %(row)s 行：%(why)s") % {"row": row.row, "why": row.reason})
        if len(done.refused) > SHOWN:
            self.stdout.write(
                _("……共拒收 %(count)s 行，用 --errors 全部写出。") % {"count": len(done.refused)}
            )

    def _import(self, options: dict[str, Any]) -> actions.Imported:
        as_of = options["as_of"] or clock.local_day(clock.now())
        try:
            with options["file"].open("rb") as file, progress_line() as say:
                return actions.import_divisions(
                    file=file,
                    as_of=as_of,
                    encoding=options["encoding"],
                    dry_run=options["dry_run"],
                    progress=(lambda count: say(f"{count:,}")) if say else None,
                )
        except OSError as trouble:
            told = {"file": options["file"], "why": trouble.strerror}
            raise Refused("file", _("打不开 %(file)s：%(why)s") % told) from trouble
        except ProgrammingError as trouble:
            if "permission denied" not in str(trouble):
                raise
            raise Refused("owner", _("区划代码表只能用数据库的属主角色导入。")) from trouble


def _write_errors(path: Path, rows: list[actions.RefusedRow]) -> None:
    write = write_table if path.suffix.lower() == ".xlsx" else write_csv
    titles = [_("代码"), _("名称"), _("行号"), _("拒收原因")]
    write(path, titles, ([row.code, row.name, row.row, row.reason] for row in rows))
