"""``mulin demo --county 211322 [--seed N] [--scale X] [--now ISO]``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from mulin.kernel import clock
from mulin.kernel.console import Say, progress_line
from mulin.kernel.errors import Refused
from mulin.readers.demo.actions import make_example

LARGEST = 100.0


def _scale(text: str) -> float:
    with suppress(ValueError):
        if 0 < float(text) <= LARGEST:
            return float(text)
    raise argparse.ArgumentTypeError(f"{text!r}: 0 < X ≤ {LARGEST:g}")


class Command(BaseCommand):
    help = "在空的数据库里造示例县：虚构的人和事；已经造好的不再改动"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--county", type=int, required=True, help="六位县码，只有 211322")
        parser.add_argument("--seed", type=int, default=1, help="同样的数讲同样的故事")
        parser.add_argument("--scale", type=_scale, default=1.0, metavar="X", help="事项的多少，1 约 170 件")
        parser.add_argument("--now", type=clock.parse, metavar="ISO", help="事项到哪一刻为止，默认现在")

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


def _stages(say: Say) -> Callable[[str, int, int], None]:
    def show(stage: str, done: int, total: int) -> None:
        percent = f" {done * 100 // total}%" if total > 1 else ""
        say(f"{stage}…{percent}")

    return show
