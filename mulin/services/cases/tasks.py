"""Background entry points: ids in, one action out."""

from __future__ import annotations

from uuid import UUID

from procrastinate.contrib.django import app

from mulin.citus.jobs import in_county
from mulin.kernel import clock


@app.task(name="cases.bring_in", queue="heavy")
@in_county
def bring_in(*, county: int, run: str) -> None:
    """Bring an uploaded table in. Killed and started again it goes on: rows that are there change nothing."""
    from mulin.services.cases.actions.runs import perform_import

    perform_import(run=UUID(run), clock=clock.now)
