"""Background entry point: ids in, one action out."""

from __future__ import annotations

from uuid import UUID

from procrastinate.contrib.django import app

from mulin.citus.jobs import in_county
from mulin.kernel import clock


@app.task(name="runs.perform", queue="heavy")
@in_county
def perform_run(*, county: int, run: str) -> None:
    """Do what a run asks for. Killed, it is started again by ``tick``."""
    from mulin.ground.runs.actions import perform

    perform(run=UUID(run), clock=clock.now)
