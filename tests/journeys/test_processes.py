"""Eight processes at once, some of them killed, and days without ``tick``: each deed is done once, and none is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.test import Client

from mulin.kernel.county import county_scope
from mulin.services.cases import actions
from mulin.services.cases.models import Case, CaseStep, DueMark
from mulin.services.patrols.models import PatrolTask
from tests.cases.scenes import in_state
from tests.cases.test_deferring import asked, granted
from tests.cases.test_due import typed
from tests.journeys.conftest import signed_in
from tests.patrols.scenes import planned
from tests.personas import COUNTY, Scene
from tests.processes import KILLED, race

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

CLERKS = ("community_clerk", "street_clerk", "county_clerk")
WorkItem: Any = apps.get_model("worklist.WorkItem")
Notice: Any = apps.get_model("notices.Notice")
STEP = "mulin.services.cases.actions.due.DEEDS.step"
"""What is done when a step's time is up: the case goes one level up."""
RECORD = "mulin.services.cases.actions.steps.record"
"""The last thing that a deed does before it is committed."""


def presses(scene: Scene, case: Case, action: str, **more: Any) -> list[dict[str, Any]]:
    """Eight browsers of three clerks, each about to press the same button of the same page."""
    found = []
    for n in range(8):
        session = signed_in(Client(), scene.accounts[CLERKS[n % 3]]).session.session_key
        url = f"/desk/cases/{case.id}/{action}/"
        found.append({"post": url, "told": {"version": str(case.version)}, "session": session} | more)
    return found


@pytest.mark.parametrize(("state", "action"), [("assigned", "take_up"), ("disposed", "close")])
def test_of_eight_processes_one_does_it_and_the_others_are_told(
    scene: Scene, morning: datetime, state: str, action: str
) -> None:
    with county_scope(COUNTY):
        case, _receipt = in_state(scene, morning - timedelta(hours=9), state, by="resident")
    works = presses(scene, case, action)
    works[0] |= {
        "dies": RECORD
    }  # with everything written and nothing committed, while seven wait for the row
    answers = race(works, at=morning)
    assert Counter(answers) == {KILLED: 1, 302: 1, 409: 6}
    with county_scope(COUNTY):
        assert CaseStep.objects.filter(case=case, action=action).count() == 1
        assert apps.get_model("trail.AuditEntry").objects.filter(verb=f"case.{action}").count() == 1
        assert WorkItem.objects.filter(done_at=None).count() == (1 if action == "take_up" else 0)


def left() -> tuple[Counter[str], list[tuple[Any, ...]], int]:
    """Steps by the system, the to-dos that are open, and how many messages are there."""
    steps = Counter(CaseStep.objects.exclude(system="").values_list("action", flat=True))
    todos = WorkItem.objects.filter(done_at=None).order_by("subject_id", "kind")
    return steps, list(todos.values_list("subject_id", "kind", "due_at")), Notice.objects.count()


def test_after_three_days_eight_processes_do_once_what_was_missed_though_three_are_killed(
    scene: Scene, morning: datetime, clock_at: Callable[[datetime], None]
) -> None:
    with county_scope(COUNTY):
        late = [typed(scene, morning, first_response=30) for _n in range(30)]  # more than one batch
        resting, _receipt = in_state(scene, morning - timedelta(hours=9), "in_hand", by="resident")
        resting = granted(scene, asked(scene, resting, morning, days=2), morning)
        waiting, _receipt = in_state(scene, morning - timedelta(days=8, hours=1), "asked", by="resident")
        ordered, _receipt = in_state(scene, morning - timedelta(hours=9), "in_hand", by="resident")
        due = morning + timedelta(hours=20)
        actions.supervise(case=ordered, text="快办", due_at=due, by=scene.leader, now=morning, version=None)
        plan = planned(scene, morning)
    back = morning + timedelta(days=3)
    works: list[dict[str, Any]] = [{"tick": COUNTY} for _n in range(8)]
    for n in range(3):
        works[n]["dies"] = STEP
    answers = race(works, at=back)
    assert set(answers) == {"done", KILLED} and answers.count("done") >= 5
    with county_scope(COUNTY):
        between = left()
    clock_at(back)
    call_command("tick", county=COUNTY)  # what the killed ones had in hand
    with county_scope(COUNTY):
        found = left()
        steps, keys = found[0], [one.pk for one in late]
        # Each late case once: one level up and one answer owed; never one for each day.
        up = Counter(CaseStep.objects.filter(action="escalate").values_list("case", flat=True))
        assert set(up.values()) == {1} and set(keys) <= set(up)
        assert {case.level for case in Case.objects.filter(pk__in=keys)} == {"community"}
        assert steps["resume"] == 1 and Case.objects.get(pk=resting.pk).state != "shelved"
        assert steps["ask_expired"] == 1 and Case.objects.get(pk=waiting.pk).state == "reported"
        assert steps["supervision_due"] == 1
        marks = DueMark.objects.values_list("case", "kind", "moment")
        assert len(set(marks)) == len(marks)
        assert Counter(DueMark.objects.filter(case__in=late).values_list("kind", flat=True)) == {
            "yellow": 30,
            "step": 30,
            "response": 30,
        }
        handle = WorkItem.objects.filter(subject_id__in=keys, kind="handle", done_at=None)
        assert handle.count() == 30
        days = list(PatrolTask.objects.filter(plan=plan).values_list("day", flat=True))
        assert len(days) == len(set(days))
        assert not Notice.objects.filter(
            template="work_due_soon", subject_id__in=keys
        ).exists()  # it is too late for that
    assert between[0] - found[0] == Counter()
    clock_at(back + timedelta(minutes=1))
    call_command("tick", county=COUNTY)
    with county_scope(COUNTY):
        assert left() == found
