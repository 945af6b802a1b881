"""What tick does when something falls due: each moment once, in order, in however many processes, killed anywhere."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings as live
from django.db import connection

from mulin.ground.people import actions as people
from mulin.kernel.county import county_scope
from mulin.services.cases import actions, queries
from mulin.services.cases.actions import due, timing
from mulin.services.cases.models import Case, CaseStep, DueMark
from tests.cases.catalogue import matter
from tests.cases.scenes import fresh, in_state, reported
from tests.cases.test_deferring import asked, granted
from tests.cases.test_dispatching import hops
from tests.cases.test_handling import todos
from tests.journeys.test_races import at_once
from tests.notices.conftest import agree
from tests.personas import COUNTY, NEIGHBOUR, Scene

Notice: Any = apps.get_model("notices.Notice")
WorkItem: Any = apps.get_model("worklist.WorkItem")
MINUTE = timedelta(minutes=1)


def later(now: datetime, hours: float) -> datetime:
    return now + timedelta(hours=hours)


def marks(case: Case) -> list[str]:
    """What was acted on, in order."""
    return list(DueMark.objects.filter(case=case).order_by("moment", "id").values_list("kind", flat=True))


def typed(scene: Scene, now: datetime, **limits: int) -> Case:
    """An admitted case in grid A of a type with these limits in minutes, not taken up."""
    told = {"accept": 60, "dispose": 6000, "first_response": 6000} | limits
    kind = matter(scene, now, f"T{Case.objects.count()}", "grid", limits=told)
    case = reported(scene, now, by="resident").case
    return actions.accept(case=case, matter=kind, by=scene.community_clerk, now=now, version=case.version)


# ── up the ladder ────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_nobody_takes_up_climbs_level_by_level_and_ends_with_a_leader(
    county: Scene, now: datetime
) -> None:
    case = typed(county, now)
    at = now
    for level, role in (
        ("community", "community_clerk"),
        ("street", "street_clerk"),
        ("county", "county_clerk"),
    ):
        at += timedelta(hours=1, seconds=1)
        assert actions.act_on_due(now=at) >= 1
        assert actions.act_on_due(now=at) == 0  # once is enough
        case = fresh(case)
        assert (case.state, case.level, case.held_role) == ("assigned", level, role)
        assert todos(case)["handle"][0] == role and "overdue" not in todos(case)
        assert case.step_due_at == at + timedelta(hours=1)
    assert actions.act_on_due(now=later(at, 1.1)) >= 1
    assert todos(fresh(case))["overdue"] == ("leader", "/001/003/")
    assert fresh(case).level == "county"
    assert [how for _level, how, _open in hops(case)] == [
        "report",
        "accept",
        "escalate",
        "escalate",
        "escalate",
    ]
    steps = CaseStep.objects.filter(case=case, action="escalate")
    assert {(step.system, step.facts["code"]) for step in steps} == {("tick", "overdue")}
    for who in ("grid_worker", "community_clerk", "street_clerk"):
        assert queries.find(county.actors[who], case.id) is not None  # whoever had it keeps sight of it
    assert all(hop.late for hop in queries.standing(case, later(at, 2)).hops[1:])


def test_work_in_hand_that_runs_late_goes_up_with_a_fresh_clock_within_the_total(
    county: Scene, now: datetime
) -> None:
    case = typed(county, now, dispose=600)
    case = actions.take_up(case=case, by=county.grid_worker, now=later(now, 0.5), version=case.version)
    assert case.step_due_at == case.due_at == later(now, 10)
    actions.act_on_due(now=later(now, 10))
    case = fresh(case)
    # Step and total ran out together: it went up, and the street is to look into it.
    assert (case.state, case.level, case.handler_id) == ("assigned", "community", None)
    assert todos(case)["overdue"] == ("street_clerk", "/001/003/")
    assert marks(case) == ["yellow", "step", "total"]
    assert case.step_due_at == case.due_at == later(now, 10)  # nothing is washed green
    assert actions.act_on_due(now=later(now, 100)) == 1  # the answer to the reporter, nothing else
    assert set(todos(fresh(case))) == {"handle", "overdue", "respond"}


def test_a_department_late_at_the_county_is_its_clerks_to_look_into(county: Scene, now: datetime) -> None:
    kind = matter(county, now, "C1", "county", lead="department", limits={"accept": 60, "dispose": 6000})
    case = reported(county, now).case
    case = actions.accept(case=case, matter=kind, by=county.community_clerk, now=now, version=case.version)
    actions.act_on_due(now=later(now, 1))
    assert (fresh(case).unit_id, todos(case)["overdue"]) == (
        county.units["department"].id,
        ("county_clerk", "/"),
    )


def test_a_report_that_nobody_looks_at_comes_before_the_street(county: Scene, now: datetime) -> None:
    case = reported(county, now).case
    actions.act_on_due(now=later(now, 24))
    assert todos(case)["overdue"] == ("community_clerk", "/001/003/")
    actions.act_on_due(now=later(now, 72))
    assert todos(case)["overdue"] == ("street_clerk", "/001/003/")
    assert todos(case)["handle"][0] == "grid_worker" and fresh(case).state == "reported"


@pytest.mark.parametrize("state", ["reported", "disputed"])
def test_what_cannot_go_up_is_looked_into(county: Scene, now: datetime, state: str) -> None:
    case, _receipt = in_state(county, now, state)
    assert case.step_due_at
    actions.act_on_due(now=case.step_due_at)
    assert "overdue" in todos(case) and fresh(case).state == state


def test_who_was_asked_to_look_into_it_has_by_urging_or_supervising(county: Scene, now: datetime) -> None:
    for act, told in (
        (actions.urge, {}),
        (actions.supervise, {"text": "今天办", "due_at": later(now, 100)}),
    ):
        case, _receipt = in_state(county, now, "reported")
        actions.act_on_due(now=later(now, 25))
        assert "overdue" in todos(case)
        act(case=case, by=county.street_clerk, now=later(now, 26), version=None, **told)
        assert "overdue" not in todos(case)


# ── the other clocks ─────────────────────────────────────────────────────────────────────────────────────────────


def test_in_the_last_quarter_its_holder_is_told_once(county: Scene, now: datetime) -> None:
    case = typed(county, now)
    case = actions.take_up(case=case, by=county.grid_worker, now=now, version=case.version)
    actions.act_on_due(now=later(now, 74))
    assert not Notice.objects.filter(template="work_due_soon").exists()
    for _again in range(2):
        actions.act_on_due(now=later(now, 76))
    told = Notice.objects.get(template="work_due_soon", channel="in_app")
    assert (told.person_id, fresh(case).state) == (county.grid_worker.person, "in_hand")


def test_a_message_at_night_waits_for_the_morning(county: Scene, now: datetime, settings: Any) -> None:
    settings.SMS_URL, settings.SMS_TOKEN = "http://sms.invalid/", "t"
    agree(county.persons["grid_worker"], now)
    case = typed(county, now, accept=16 * 60)
    night = now.replace(hour=22)
    actions.act_on_due(now=night)
    told = Notice.objects.get(template="work_due_soon", channel="sms")
    assert told.next_try_at == now.replace(hour=7) + timedelta(days=1)
    assert case.step_due_at and night < case.step_due_at


def test_an_answer_that_is_owed_is_asked_for_and_given(county: Scene, now: datetime) -> None:
    case = typed(county, now, first_response=120)
    case = actions.take_up(case=case, by=county.grid_worker, now=now, version=case.version)
    actions.act_on_due(now=later(now, 2))
    assert todos(case)["respond"][0] == county.grid_worker.person
    case = actions.reply(case=case, text="下午去", by=county.grid_worker, now=later(now, 3), version=None)
    assert "respond" not in todos(case)
    assert actions.act_on_due(now=later(now, 4)) == 0


def test_nobody_is_owed_an_answer_for_what_staff_found(county: Scene, now: datetime) -> None:
    case = reported(county, now, source="patrol").case
    assert "response" not in [kind for kind, _moment in timing.due_moments(case=case)]


def test_an_order_that_is_not_answered_is_told_to_whoever_gave_it(county: Scene, now: datetime) -> None:
    case = typed(county, now, accept=6000)
    case = actions.supervise(
        case=case, text="快办", due_at=later(now, 5), by=county.leader, now=now, version=case.version
    )
    for _again in range(2):
        actions.act_on_due(now=later(now, 5))
    assert todos(case)["supervision_late"][0] == county.leader.person
    case = actions.answer_supervision(
        case=case, answer="在办", by=county.grid_worker, now=later(now, 6), version=None
    )
    assert "supervision_late" not in todos(case)
    actions.act_on_due(now=later(now, 7))
    case = actions.sign_off_supervision(
        case=case, passed=False, note="没有办", by=county.leader, now=later(now, 8), version=None
    )
    actions.act_on_due(now=later(now, 9))
    assert marks(case) == ["supervision"]  # it was told once that this deadline went by


def test_a_rest_ends_on_its_day_and_the_work_goes_on(county: Scene, now: datetime) -> None:
    case, _receipt = in_state(county, now, "in_hand")
    case = granted(county, asked(county, case, later(now, 2), days=5), later(now, 4))
    assert case.next_check_at == later(now, 24)  # the answer to the reporter is owed all the same
    actions.act_on_due(now=later(now, 24))
    assert fresh(case).state == "shelved" and "respond" in todos(case)
    actions.act_on_due(now=later(now, 122))
    case = fresh(case)
    assert (case.state, case.due_at) == ("in_hand", later(now, 72 + 118))
    item = WorkItem.objects.get(subject_id=case.id, kind="handle", done_at=None)
    assert item.title.startswith("恢复办理") and item.paused_since is None


# ── after days of downtime ───────────────────────────────────────────────────────────────────────────────────────


def test_after_three_days_each_missed_moment_is_done_once_in_order_without_a_flood(
    county: Scene, now: datetime
) -> None:
    case = typed(county, now, accept=600, dispose=1800, first_response=1200)
    back = later(now, 72)
    assert actions.act_on_due(now=back) == 4
    assert marks(case) == ["yellow", "step", "response", "total"]
    case = fresh(case)
    assert case.level == "community"  # one level, not one for each day
    assert CaseStep.objects.filter(case=case, action="escalate").count() == 1
    assert not Notice.objects.filter(template__startswith="work_").exists()  # it was too late for "soon"
    assert actions.act_on_due(now=back) == actions.act_on_due(now=later(back, 24)) == 0


def test_what_is_done_meanwhile_lets_no_moment_be_missed(county: Scene, now: datetime) -> None:
    case = typed(county, now, dispose=600)
    case = actions.take_up(case=case, by=county.grid_worker, now=now, version=case.version)
    case = actions.reply(case=case, text="在办", by=county.grid_worker, now=later(now, 11), version=None)
    actions.act_on_due(now=later(now, 12))
    assert {"step", "total"} <= set(marks(case)) and fresh(case).level == "community"


@pytest.mark.parametrize("end", ["disposed", "closed"])
def test_what_is_over_falls_due_no_more(county: Scene, now: datetime, end: str) -> None:
    case, _receipt = in_state(county, now, end)
    assert actions.act_on_due(now=later(now, 1000)) == 0 and marks(case) == []


@pytest.mark.parametrize("stands", [True, False])
def test_it_climbs_past_a_lead_unit_that_is_no_more(county: Scene, now: datetime, stands: bool) -> None:
    kind = matter(county, now, "L1", "street", lead="department", limits={"accept": 60, "dispose": 6000})
    case = reported(county, now).case
    case = actions.accept(case=case, matter=kind, by=county.community_clerk, now=now, version=case.version)
    department = county.units["department"].id
    assert (case.level, case.unit_id) == ("street", department)
    if not stands:
        people.end_organisation(organisation=department, by=county.county_clerk, now=now)
    assert actions.act_on_due(now=later(now, 1.1)) >= 1
    case = fresh(case)
    assert (case.level, case.unit_id, case.held_role) == (
        ("county", department, "") if stands else ("county", None, "county_clerk")
    )


# ── one that cannot be dealt with ────────────────────────────────────────────────────────────────────────────────


def test_a_poisoned_row_stops_no_other_and_is_tried_again_later_and_later(
    county: Scene, now: datetime, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    cases = [typed(county, now) for _n in range(3)]
    sick = cases[1]
    whole = due.DEEDS["step"]

    def poisoned(row: Case, *rest: Any) -> Case:
        if row.pk == sick.pk:
            Case.objects.filter(pk=row.pk).update(state="closed")  # a statement that the database refuses
        return whole(row, *rest)

    monkeypatch.setitem(due.DEEDS, "step", poisoned)
    at = later(now, 1)
    actions.act_on_due(now=at)
    assert [fresh(case).level for case in cases] == ["community", "grid", "community"]
    sick = fresh(sick)
    assert (sick.state, sick.check_tries, sick.next_check_at) == ("assigned", 1, at + 5 * MINUTE)
    assert marks(sick) == [] and str(sick.pk) in caplog.text
    assert actions.act_on_due(now=at + 4 * MINUTE) == 0
    actions.act_on_due(now=at + 5 * MINUTE)
    assert fresh(sick).next_check_at == at + 15 * MINUTE
    Case.objects.filter(pk=sick.pk).update(check_tries=30, next_check_at=at)
    actions.act_on_due(now=at)
    assert fresh(sick).next_check_at == later(at, 6)
    monkeypatch.setitem(due.DEEDS, "step", whole)
    actions.act_on_due(now=later(at, 6))
    sick = fresh(sick)
    assert (sick.level, sick.check_tries) == ("community", 0)


def test_a_long_list_is_worked_off_in_batches(
    county: Scene, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(due, "BATCH", 2)
    cases = [typed(county, now) for _n in range(5)]
    actions.act_on_due(now=later(now, 1))
    assert {fresh(case).level for case in cases} == {"community"}


def test_another_county_is_left_alone(scene: Scene, now: datetime) -> None:
    with county_scope(COUNTY):
        case = typed(scene, now)
    with county_scope(NEIGHBOUR):
        assert actions.act_on_due(now=later(now, 1)) == 0
    with county_scope(COUNTY):
        assert fresh(case).level == "grid"


# ── at once, and killed ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db(transaction=True)
def test_eight_at_once_do_each_deed_once(scene: Scene, now: datetime) -> None:
    with county_scope(COUNTY):
        cases = [typed(scene, now, first_response=30) for _n in range(12)]

    def pass_() -> int:
        with county_scope(COUNTY):
            return actions.act_on_due(now=later(now, 1))

    deeds = at_once(*[pass_] * 8)
    with county_scope(COUNTY):
        assert sum(deeds) == DueMark.objects.count() == 12 * 3
        assert Counter(CaseStep.objects.values_list("action", flat=True))["escalate"] == 12
        assert {fresh(case).level for case in cases} == {"community"}
        assert WorkItem.objects.filter(kind="handle", done_at=None).count() == 12


CHILD = """
import django, os, signal
django.setup()
from mulin.kernel.clock import parse
from mulin.kernel.county import county_scope
from mulin.services.cases.actions import due
whole = due.DEEDS["step"]
def dies(*told):
    whole(*told)
    if os.environ["DIES"] == "1":
        os.kill(os.getpid(), signal.SIGKILL)
due.DEEDS["step"] = lambda *told: dies(*told) or due.Case.objects.get(pk=told[0].pk)
with county_scope(211322):
    due.act_on_due(now=parse(os.environ["AT"]))
"""


def child(now: datetime, *, dies: bool) -> int:
    """Another process of the product, on the test's database, as the web role: how it ended."""
    told = connection.settings_dict
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "mulin.config.settings",
        "MULIN_DATABASE_ROLE": "web",
        "MULIN_DATABASE_URL": f"postgresql://{live.WEB_ROLE}@/{told['NAME']}?host={told['HOST']}",
        "DIES": "1" if dies else "0",
        "AT": now.isoformat(),
    }
    return subprocess.run([sys.executable, "-c", CHILD], env=environment, timeout=60).returncode


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_killed_after_the_deed_and_before_its_end_it_is_done_once(scene: Scene, now: datetime) -> None:
    with county_scope(COUNTY):
        case = typed(scene, now)
    at = later(now, 1)
    assert child(at, dies=True) == -signal.SIGKILL
    with county_scope(COUNTY):
        assert fresh(case).level == "grid" and not DueMark.objects.exists()
    assert child(at, dies=False) == 0
    assert child(at, dies=False) == 0
    with county_scope(COUNTY):
        assert fresh(case).level == "community"
        assert CaseStep.objects.filter(action="escalate").count() == 1
        assert marks(case) == ["yellow", "step"]
