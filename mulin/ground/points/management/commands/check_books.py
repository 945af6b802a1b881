"""``mulin check-books``: proves every sum of the points ledger, and that no transfer was changed or taken away."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from mulin.citus.commands import chosen
from mulin.ground.points import queries
from mulin.kernel.county import county_scope


class Command(BaseCommand):
    help = "Prove the points ledger and its chain against the head file. Exit 1: something is wrong."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--county", type=int, help="one county instead of all")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        verdicts = []
        for code in chosen(options["county"]):
            with county_scope(code):
                verdicts.append(queries.check_books())
        if options["format"] == "json":
            told = [asdict(verdict) | {"ok": not verdict.findings} for verdict in verdicts]
            self.stdout.write(json.dumps(told, ensure_ascii=False, default=str))
        else:
            for verdict in verdicts:
                self._say(verdict)
        wrong = [(verdict.county, finding) for verdict in verdicts for finding in verdict.findings]
        if wrong:
            county, first = wrong[0]
            raise CommandError(
                f"the points books are wrong ({len(wrong)}): {county} {first.words} {first.row or ''}"
            )

    def _say(self, verdict: queries.Verdict) -> None:
        state = "WRONG" if verdict.findings else "ok"
        points = ", ".join(f"{kind} {number}" for kind, number in sorted(verdict.points.items()))
        self.stdout.write(
            f"{verdict.county} {state}: {verdict.transfers} transfers, {verdict.sealed} sealed, "
            f"{verdict.unsealed} not yet" + (f"; points: {points}" if points else "")
        )
        for finding in verdict.findings:
            where = f" {finding.row}:" if finding.row else ""
            self.stdout.write(f"{verdict.county} {finding.code}:{where} {finding.words}")
