"""``mulin verify-trail``: proves that nothing in the trail was changed or taken away."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from mulin.citus.commands import chosen
from mulin.ground.trail import queries
from mulin.kernel.county import county_scope


class Command(BaseCommand):
    help = "Recompute the trail's chain and compare it with the head files. Exit 1: something is wrong."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--county", type=int, help="one county instead of all")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        verdicts = []
        for code in chosen(options["county"]):
            with county_scope(code):
                verdicts.append(queries.verify())
        if options["format"] == "json":
            self.stdout.write(json.dumps([_plain(verdict) for verdict in verdicts], ensure_ascii=False))
        else:
            for verdict in verdicts:
                self._say(verdict)
        wrong = [(verdict.county, finding) for verdict in verdicts for finding in verdict.findings]
        if wrong:
            county, first = wrong[0]
            raise CommandError(f"the trail is not what was sealed ({len(wrong)}): {county} {first.words}")

    def _say(self, verdict: queries.Verdict) -> None:
        state = "WRONG" if verdict.findings else "ok"
        self.stdout.write(
            f"{verdict.county} {state}: {verdict.sealed} sealed, {verdict.unsealed} not yet, "
            f"{verdict.erased} details erased" + (f", head {verdict.head}" if verdict.head else "")
        )
        for finding in verdict.findings:
            where = f" entry {finding.entry}" if finding.entry else ""
            self.stdout.write(f"{verdict.county} {finding.code}:{where} {finding.words}")


def _plain(verdict: queries.Verdict) -> dict[str, Any]:
    return {
        "county": verdict.county,
        "ok": not verdict.findings,
        "sealed": verdict.sealed,
        "unsealed": verdict.unsealed,
        "erased": verdict.erased,
        "head": verdict.head,
        "findings": [
            {
                "code": finding.code,
                "number": finding.number,
                "entry": str(finding.entry) if finding.entry else None,
                "words": finding.words,
            }
            for finding in verdict.findings
        ],
    }
