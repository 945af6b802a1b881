"""``mulin export-books``: the points ledger as a beancount file, on standard output or into a file."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from mulin.citus.models import County
from mulin.citus.prepared import one_moment
from mulin.ground.points import queries
from mulin.kernel.county import county_scope


class Command(BaseCommand):
    help = "Write a county's points ledger as a file that bean-check accepts."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--county", type=int, required=True)
        parser.add_argument("-o", "--output", type=Path, help="a file instead of standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        if not County.objects.filter(code=options["county"]).exists():
            raise CommandError(f"county {options['county']} is not open here")
        with county_scope(options["county"]), one_moment():
            if options["output"] is None:
                for line in queries.beancount():
                    self.stdout.write(line)
                return
            with options["output"].open("w") as out:
                out.writelines(f"{line}\n" for line in queries.beancount())
