"""``mulin demo [--county 211322] [--seed N] [--scale X] [--now ISO] [--check [--format text|json]]``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from mulin.kernel import clock
from mulin.kernel.console import Say, progress_line
from mulin.kernel.county import county_scope
from mulin.kernel.errors import Refused
from mulin.readers.demo.actions import make_example
from mulin.readers.demo.rules.places import COUNTY
from mulin.readers.indicators.queries import Compared, compared

LARGEST = 100.0


def _scale(text: str) -> float:
    with suppress(ValueError):
        if 0 < float(text) <= LARGEST:
            return float(text)
    raise argparse.ArgumentTypeError(f"{text!r}: 0 < X ≤ {LARGEST:g}")


class Command(BaseCommand):
    help = "在空的数据库里造示例县：虚构的人和事；已经造好的不再改动"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--county", type=int, default=COUNTY, help="六位县码，只有 211322")
        parser.add_argument("--seed", type=int, default=1, help="同样的数讲同样的故事")
        parser.add_argument("--scale", type=_scale, default=1.0, metavar="X", help="事项的多少，1 约 170 件")
        parser.add_argument("--now", type=clock.parse, metavar="ISO", help="事项到哪一刻为止，默认现在")
        parser.add_argument("--check", action="store_true", help="把文章里的数字由示例县的记录逐个算一遍")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with progress_line() as say:
                made = make_example(
                    county=options["county"],
                    seed=options["seed"],
                    scale=options["scale"],
                    now=options["now"] or clock.now(),
                    progress=_stages(say) if say else None,
                )
        except Refused as refusal:
            raise CommandError(refusal.message) from refusal
        if sys.stderr.isatty():
            fresh = _("示例县已造好：%(count)d 件事项。") % {"count": made.cases}
            words = fresh if made.fresh else _("示例县已经在这里。")
            self.stderr.write(words, str)
        if options["check"]:
            self._check(options["county"], options["now"] or clock.now(), options["format"])

    def _check(self, county: int, now: datetime, form: str) -> None:
        """The article's figures, each with what it says, what the records give, and how many rows are behind."""
        with county_scope(county):
            found = compared(now)
        if form == "json":
            told = {"county": county, "at": now.isoformat(), "figures": [one.as_json() for one in found]}
            self.stdout.write(json.dumps(told, ensure_ascii=False, indent=1))
            return
        for one in found:
            self.stdout.write(
                f"{one.claim.words}：{_('文章')} {one.claim.said} {one.claim.unit}，{_result(one)}"
            )
        known = sum(one.status != "not_yet" for one in found)
        told_words = _("%(total)d 个数字，能算 %(known)d 个；其余的服务还没有上线。")
        self.stdout.write(told_words % {"total": len(found), "known": known})


def _result(one: Compared) -> str:
    if one.status == "not_yet":
        return _("还不能算")
    value = "—" if one.value is None else f"{one.value:.1f}".removesuffix(".0")
    behind = f"{one.rows}/{one.of}" if one.of is not None else f"{one.rows}"
    return _("算得 %(value)s %(unit)s（依据 %(rows)s 条记录）") % {
        "value": value, "unit": one.claim.unit, "rows": behind,
    }  # fmt: skip


def _stages(say: Say) -> Callable[[str, int, int], None]:
    def show(stage: str, done: int, total: int) -> None:
        percent = f" {done * 100 // total}%" if total > 1 else ""
        say(f"{stage}…{percent}")

    return show
