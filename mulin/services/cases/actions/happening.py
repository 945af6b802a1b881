"""The one place where steps are written: whoever listens for what happens to cases is told within the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from mulin.kernel import hooks
from mulin.kernel.actor import Actor
from mulin.services.cases.models import Case, CaseStep
from mulin.services.cases.rules import EVENTS, Provenance


def write_step(*, case: Case, by: Actor, at: datetime, **told: Any) -> CaseStep:
    """Write one step of a case whose row is locked or new. One statement."""
    step = CaseStep.objects.create(case=case, at=at, **told)
    _announce([step], by, at)
    return step


def write_steps(*, steps: Sequence[CaseStep], by: Actor, now: datetime) -> None:
    """Write many steps at once, each case's in their order; they may have happened long ago. One statement."""
    CaseStep.objects.bulk_create(steps)
    _announce(steps, by, now)


def _announce(steps: Sequence[CaseStep], by: Actor, now: datetime) -> None:
    if not hooks.happened:
        return
    told = [
        hooks.Happened(
            kind="case",
            subject=step.case.id,
            number=step.case.number,
            step=step.action,
            event=EVENTS.get(step.action, ""),
            version=step.case.version,
            before=step.from_state,
            state=step.to_state,
            at=step.at,
            live=step.case.provenance == Provenance.LIVE,
            system=step.case.system_id,
            by=by,
            now=now,
        )
        for step in steps
    ]
    for listen in hooks.happened:
        listen(told=told)
