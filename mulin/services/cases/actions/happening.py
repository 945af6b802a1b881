"""The one place where steps are written: whoever listens for what happens to cases is told within the same transaction.

What happens to a case also becomes of the reports that were merged into it: each that a connected system reported gets a
step of its own (``goes_on``), so that the system finds it where it keeps up, and is told under the number that it knows.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from mulin.kernel import hooks
from mulin.kernel.actor import Actor
from mulin.services.cases.models import Case, CaseStep
from mulin.services.cases.rules import EVENTS, Provenance
from mulin.services.cases.rules.events import goes_on


def write_step(*, case: Case, by: Actor, at: datetime, **told: Any) -> CaseStep:
    """Write one step of a case whose row is locked or new. One statement; two more where reports were merged into it."""
    step = CaseStep.objects.create(case=case, at=at, **told)
    _announce([step], by, at)
    return step


def write_steps(*, steps: Sequence[CaseStep], by: Actor, now: datetime) -> None:
    """Write many steps at once, each case's in their order; they may have happened long ago. One statement; two more where
    reports were merged into their cases."""
    CaseStep.objects.bulk_create(steps)
    _announce(steps, by, now)


def _announce(steps: Sequence[CaseStep], by: Actor, now: datetime) -> None:
    told = [_happened(step, step.case, by, now) for step in steps]
    told += [_happened(step, report, by, now) for step, report in _carried(steps)]
    for listen in hooks.happened:
        listen(told=told)


def _happened(step: CaseStep, case: Case, by: Actor, now: datetime) -> hooks.Happened:
    """What a step did: to its own case, or to one that was merged into that."""
    return hooks.Happened(
        kind="case",
        subject=case.id,
        number=case.number,
        step=step.action,
        event=EVENTS.get(step.action, ""),
        version=case.version,
        before=step.from_state,
        state=step.to_state,
        at=step.at,
        live=case.provenance == Provenance.LIVE,
        system=case.system_id,
        by=by,
        now=now,
        followed=case.id != step.case_id,
    )


def _carried(steps: Sequence[CaseStep]) -> list[tuple[CaseStep, Case]]:
    """(step, report of a connected system that was merged into its case) of what becomes of those reports; each gets a step
    of its own."""
    heard = [step for step in steps if step.case.carried and step.public and goes_on(step.action)]
    if not heard:
        return []
    into = {step.case_id for step in heard}
    reports = list(Case.objects.filter(merged_into__in=into, system__isnull=False).order_by("id"))
    found = [(step, one) for step in heard for one in reports if one.merged_into_id == step.case_id]
    CaseStep.objects.bulk_create(
        CaseStep(
            case=one, at=step.at, action="goes_on", from_state=one.state, to_state=one.state, system=step.system,
            public=False, facts={"step": step.action, "state": step.to_state},
        )
        for step, one in found
    )  # fmt: skip
    return found
