"""``mulin open-county CODE``: makes a county a tenant and plants its divisions; twice changes nothing."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import ProgrammingError
from django.utils.translation import gettext as _

from mulin.ground.territory import actions
from mulin.kernel import clock
from mulin.kernel.actor import system
from mulin.kernel.errors import Refused


class Command(BaseCommand):
    help = "Open a county from the imported national table, or bring its tree up to date with it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("code", help="six digits, such as 211322")
        parser.add_argument("--name-en", default="", help="English name of the county")
        parser.add_argument("--example", action="store_true", help="an example county with invented people")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        code = options["code"].strip()
        by = system(int(code[:6]) if code[:6].isascii() and code[:6].isdigit() else 0, "open-county")
        try:
            done = actions.open_county(
                code=code,
                by=by,
                now=clock.now(),
                name_en=options["name_en"],
                is_example=True if options["example"] else None,
            )
        except ProgrammingError as trouble:
            if "permission denied" not in str(trouble):
                raise
            raise Refused("owner", _("开通县只能用数据库的属主角色。")) from trouble
        if options["format"] == "json":
            self.stdout.write(json.dumps(done.plain(), ensure_ascii=False))
            return
        self.stdout.write(_summary(done))
        revived = (_("恢复：%(name)s") % {"name": name} for name in done.revived)
        for line in [*done.renamed, *revived, *(_("撤销：%(name)s") % {"name": name} for name in done.ended)]:
            self.stdout.write(line)
        for line in done.left:
            self.stdout.write(_("网格还在已撤销的社区（村）里，请重新划分：%(grid)s") % {"grid": line})


def _summary(done: actions.Opened) -> str:
    told = {
        "name": done.name,
        "code": done.county,
        "planted": done.planted,
        "renamed": len(done.renamed),
        "ended": len(done.ended),
        "unchanged": done.unchanged,
    }
    if done.opened:
        return _("已开通%(name)s（%(code)s），建立 %(planted)s 个区划。") % told
    words = _(
        "%(name)s（%(code)s）：新增 %(planted)s，改名 %(renamed)s，撤销 %(ended)s，未变 %(unchanged)s。"
    )
    return words % told
