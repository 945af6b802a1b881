"""The raw records behind figures of clocks: extended, shelved, waiting and overdue at a moment."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from mulin.services.cases.models import Case, Deferral
from mulin.services.cases.queries import figures
from tests.cases.scenes import in_state
from tests.personas import Scene


def later(now: datetime, hours: float) -> datetime:
    return now + timedelta(hours=hours)


def deferral(case: Case, scene: Scene, kind: str, asked: datetime, **more: Any) -> Deferral:
    told = {"granted": True, "decided_at": asked, "decided_by": scene.street_clerk.person} | more
    return Deferral.objects.create(
        case=case, kind=kind, reason="等判决", until=later(asked, 240), asked_by=scene.community_clerk.person,
        asked_at=asked, **told,
    )  # fmt: skip


def test_extended_shelved_and_waiting_are_counted_by_when_they_stood(county: Scene, now: datetime) -> None:
    made = {kind: in_state(county, now, "in_hand")[0] for kind in ("extension", "wait", "shelve", "declined")}
    for kind, case in made.items():
        granted = kind != "declined"
        ended = {"ended_at": later(now, 100)} if kind in ("wait", "shelve") else {}
        deferral(case, county, kind if granted else "extension", later(now, 10), granted=granted, **ended)
    every = figures.every_case()

    def found(cases: Any) -> set[str]:
        return {kind for kind, case in made.items() if cases.filter(pk=case.pk).exists()}

    assert found(figures.extended(every, later(now, 10), later(now, 11))) == {"extension"}
    assert found(figures.extended(every, now, later(now, 10))) == set()
    for kind, at in (("wait", figures.waiting), ("shelve", figures.shelved)):
        assert found(at(every, later(now, 9))) == set()
        assert found(at(every, later(now, 10))) == found(at(every, later(now, 99))) == {kind}
        assert found(at(every, later(now, 100))) == set()


def test_overdue_means_no_result_at_the_moment_and_a_clock_that_had_run_out(
    county: Scene, now: datetime
) -> None:
    open_one, done = in_state(county, now, "in_hand")[0], in_state(county, now, "disposed")[0]
    refused = in_state(county, now, "not_admitted")[0]
    Case.objects.filter(pk__in=[open_one.pk, done.pk, refused.pk]).update(
        due_at=later(now, 2), step_due_at=later(now, 2)
    )
    every = figures.every_case()

    def at(hours: float) -> set[Any]:
        return set(figures.overdue(every, later(now, hours)).values_list("pk", flat=True))

    assert at(2) == set()
    assert at(2.5) == {open_one.pk, done.pk}  # done at three
    assert at(3.5) == {open_one.pk}
    Case.objects.filter(pk=open_one.pk).update(state="withdrawn")
    assert at(3.5) == set()
