"""``mulin tick``: one pass over everything that is due, county by county. Safe to run twice, and at once."""

from __future__ import annotations

import json
import logging
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from mulin.citus.commands import chosen
from mulin.kernel import clock, hooks
from mulin.kernel.county import county_scope

log = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Act on what is due: seal the trail, send messages, sweep files. Exit 1: something failed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--county", type=int, help="one county instead of all")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        passes = [_one_county(code) for code in chosen(options["county"])]
        if options["format"] == "json":
            self.stdout.write(json.dumps(passes))
        else:
            for told in passes:
                counts = ", ".join(f"{name} {count}" for name, count in told["done"].items())
                failed = f"; failed: {', '.join(told['failed'])}" if told["failed"] else ""
                self.stdout.write(f"{told['county']}: {counts or 'nothing to do'}{failed}")
        if any(told["failed"] for told in passes):
            sys.exit(1)


def _one_county(code: int) -> dict[str, Any]:
    """What was done in a county, by name. One failure stops neither other call-backs nor other counties."""
    done: dict[str, int] = {}
    failed: list[str] = []
    with county_scope(code):
        for name, act in hooks.tick:
            try:
                done[name] = act(now=clock.now())
            except Exception:  # noqa: BLE001, RUF100 (logged, told, exit 1: the rest must still be done)
                log.exception("tick of %s: %s failed", code, name)
                failed.append(name)
    return {"county": code, "done": done, "failed": failed}
