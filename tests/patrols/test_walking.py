"""Walking: one tap, a finding that is a case, a reason; by whom, when, and once however often it is sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.apps import apps

from mulin.kernel.actor import Actor, Held
from mulin.kernel.clock import local_day
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from mulin.kernel.ids import uuid7
from mulin.services.cases.models import Case
from mulin.services.patrols import actions, queries
from mulin.services.patrols.models import PatrolFinding, PatrolTask
from tests.files.pictures import encoded
from tests.patrols.scenes import AuditEntry, found, fresh, officer, tick, today, verbs, work
from tests.personas import IN_GRID_B, Scene

pytestmark = pytest.mark.usefixtures("county")
HOUR = timedelta(hours=1)


# ── nothing found ────────────────────────────────────────────────────────────────────────────────────────────────


def test_nothing_found_is_one_tap(county: Scene, now: datetime) -> None:
    task = today(county, now)
    assert [item.kind for item in work()] == ["patrol"]
    done = actions.finish(task=task.id, by=county.grid_worker, now=now + HOUR)
    assert (done.state, done.finished_at, done.finished_by_id) == (
        "nothing_found",
        now + HOUR,
        county.grid_worker.person,
    )
    assert done.checklist == [["消防通道有没有堵", ""], ["井盖全不全", ""]]  # no answer is invented
    assert work() == [] and verbs(task.id) == ["patrol.finished"]


def test_the_same_tap_twice_changes_nothing(county: Scene, now: datetime) -> None:
    task = today(county, now)
    first = actions.finish(task=task.id, by=county.grid_worker, now=now + HOUR)
    again = actions.finish(task=task.id, by=county.grid_worker, now=now + 60 * HOUR)
    assert again.finished_at == first.finished_at and verbs(task.id) == ["patrol.finished"]


def test_ticks_and_a_note_are_kept(county: Scene, now: datetime) -> None:
    task = today(county, now)
    kept = actions.begin(task=task.id, answers={0: "ok"}, by=county.grid_worker, now=now)
    assert kept.started_at == now and kept.state == "planned"
    done = actions.finish(
        task=task.id, answers={1: "ok"}, note=" 都看了 ", by=county.grid_worker, now=now + HOUR
    )
    assert [answer for _line, answer in done.checklist] == ["ok", "ok"] and done.note == "都看了"
    assert done.started_at == now


def test_a_line_that_says_problem_wants_to_be_told(county: Scene, now: datetime) -> None:
    task = today(county, now)
    with pytest.raises(Refused) as refused:
        actions.finish(task=task.id, answers={1: "problem"}, by=county.grid_worker, now=now)
    assert refused.value.field == "checklist" and fresh(task).state == "planned"
    found(task, county.grid_worker, now)
    done = actions.finish(task=task.id, answers={1: "problem"}, by=county.grid_worker, now=now)
    assert done.state == "done"


# ── findings ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_finding_is_a_case_on_somebodys_list(county: Scene, now: datetime) -> None:
    task = today(county, now)
    made = found(task, county.grid_worker, now, note="井盖全不全", place_text="3号楼东")
    case = made.case
    assert (case.source, case.state, case.grid_path) == ("patrol", "reported", "/001/003/g1001/")
    assert made.finding.note == "井盖全不全" and not made.finding.fixed
    assert {item.kind for item in work(subject_id=case.id)} == {"handle"}
    assert fresh(task).state == "planned" and fresh(task).started_at == now
    assert [item.kind for item in work(subject_id=task.id)] == ["patrol"]
    assert verbs(task.id) == ["patrol.started", "patrol.finding"]


def test_two_findings_of_one_walk(county: Scene, now: datetime) -> None:
    task = today(county, now)
    found(task, county.grid_worker, now)
    found(task, county.grid_worker, now, text="楼道堆着旧家具", photos=[encoded()])
    assert actions.finish(task=task.id, by=county.grid_worker, now=now).state == "done"
    assert Case.objects.count() == PatrolFinding.objects.filter(task=task).count() == 2
    assert verbs(task.id).count("patrol.finding") == 2
    assert work(subject_id=task.id) == []


def test_an_offline_resend_is_one_finding(county: Scene, now: datetime) -> None:
    task, key = today(county, now), uuid7()
    first = found(task, county.grid_worker, now, client_id=key)
    actions.finish(task=task.id, by=county.grid_worker, now=now)
    again = found(task, county.grid_worker, now + 72 * HOUR, client_id=key)
    assert again.again and again.finding.id == first.finding.id and again.case.id == first.case.id
    assert Case.objects.count() == PatrolFinding.objects.count() == 1
    with pytest.raises(Refused) as refused:
        found(task, county.grid_worker, now, client_id=key, text="另一件事")
    assert refused.value.status == 409
    other = today(county, now, grids=(county.grids["a"].id,), name="另一条路线")
    with pytest.raises(Refused) as refused:
        found(other, county.grid_worker, now, client_id=key)
    assert refused.value.code == "client_id_taken"


def test_a_refused_finding_leaves_nothing_behind(county: Scene, now: datetime) -> None:
    task = today(county, now)
    with pytest.raises(Refused):
        found(task, county.grid_worker, now, text=" ")
    with pytest.raises(Refused):
        found(task, county.grid_worker, now, fixed=True, result=" ")
    assert not Case.objects.exists() and fresh(task).started_at is None and verbs(task.id) == []


def test_grid_staff_fix_in_their_own_grid(county: Scene, now: datetime) -> None:
    task = today(county, now)
    made = found(task, county.grid_worker, now, fixed=True, result="盖上了")
    assert made.case.found_fixed and made.case.state == "closed" and made.finding.fixed
    with pytest.raises(Refused, match="网格内"):
        found(task, county.grid_worker, now, fixed=True, result="盖上了", lon=IN_GRID_B[0], lat=IN_GRID_B[1])


def test_others_report_and_do_not_fix(county: Scene, now: datetime) -> None:
    unit = county.units["department"].id
    place = (county.places["community"].id,)
    task = today(county, now, by=county.department, walker="unit", unit=unit, divisions=place)
    with pytest.raises(Refused) as refused:
        found(task, county.department, now, fixed=True, result="盖上了")
    assert refused.value.code == "not_your_grid" and not Case.objects.exists()
    assert found(task, county.department, now).case.grid_path == "/001/003/g1001/"


def test_a_finding_without_a_position_lies_where_the_walk_was(county: Scene, now: datetime) -> None:
    grid = today(county, now)
    made = found(grid, county.grid_worker, now, lon=None, lat=None)
    assert (made.case.place_path, made.case.grid_path) == ("/001/003/", "")
    fixed = found(grid, county.grid_worker, now, lon=None, lat=None, fixed=True, result="扫了", text="有垃圾")
    assert fixed.case.grid_path == "/001/003/g1001/"
    compound = today(county, now, divisions=(county.places["compound"].id,))
    made = found(compound, county.grid_worker, now, lon=None, lat=None)
    assert (made.case.place_path, made.case.grid_path) == ("/001/003/C1/", "/001/003/g1001/")
    chosen = found(compound, county.grid_worker, now, place=county.places["building"].id, text="灯坏了")
    assert chosen.case.place_path == "/001/003/C1/B1/"


def test_a_finding_that_comes_late_turns_nothing_found_into_something(county: Scene, now: datetime) -> None:
    task = today(county, now)
    actions.finish(task=task.id, by=county.grid_worker, now=now)
    found(task, county.grid_worker, now + HOUR)
    after = fresh(task)
    assert (after.state, after.finished_at) == ("done", now)


# ── nobody went ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_cannot_go_today_with_a_reason(county: Scene, now: datetime) -> None:
    task = today(county, now)
    missed = actions.miss(task=task.id, reason="weather", by=county.grid_worker, now=now)
    assert (missed.state, missed.reason, missed.finished_by_id) == (
        "missed",
        "weather",
        county.grid_worker.person,
    )
    assert work() == [] and verbs(task.id) == ["patrol.missed"]
    again = actions.miss(task=task.id, reason="weather", by=county.grid_worker, now=now + HOUR)
    assert again.finished_at == now and verbs(task.id) == ["patrol.missed"]
    with pytest.raises(Refused) as refused:
        actions.miss(task=task.id, reason="leave", by=county.grid_worker, now=now)
    assert refused.value.status == 409


def test_a_reason_is_one_of_the_list_and_another_one_is_told(county: Scene, now: datetime) -> None:
    task = today(county, now)
    for reason, words, field in (("", "", "reason"), ("not_told", "", "reason"), ("other", " ", "words")):
        with pytest.raises(Refused) as refused:
            actions.miss(task=task.id, reason=reason, words=words, by=county.grid_worker, now=now)
        assert refused.value.field == field
    told = actions.miss(task=task.id, reason="other", words=" 钥匙不在 ", by=county.grid_worker, now=now)
    assert told.reason_words == "钥匙不在"


def test_words_about_oneself_never_enter_the_trail(county: Scene, now: datetime) -> None:
    task = today(county, now)
    actions.miss(task=task.id, reason="leave", words="发烧三十九度", by=county.grid_worker, now=now)
    rows = (
        apps.get_model("trail.AuditEntry").objects.filter(subject_id=task.id).values_list("facts", flat=True)
    )
    assert "发烧" not in str(list(rows))


def test_who_went_after_all_says_so_while_the_window_is_open(county: Scene, now: datetime) -> None:
    task = today(county, now)
    actions.miss(task=task.id, reason="urgent", by=county.grid_worker, now=now)
    done = actions.finish(task=task.id, by=county.grid_worker, now=now + HOUR)
    assert (done.state, done.reason) == ("nothing_found", "")
    other = today(county, now, name="另一条路线")
    actions.miss(task=other.id, reason="urgent", by=county.grid_worker, now=now)
    found(other, county.grid_worker, now + HOUR)
    assert (fresh(other).state, fresh(other).reason) == ("done", "")
    third = today(county, now, name="再一条路线")
    actions.miss(task=third.id, reason="urgent", by=county.grid_worker, now=now)
    with pytest.raises(Refused) as refused:
        actions.finish(task=third.id, by=county.grid_worker, now=now + 12 * HOUR)
    assert refused.value.status == 409


def test_whoever_found_something_has_walked(county: Scene, now: datetime) -> None:
    task = today(county, now)
    found(task, county.grid_worker, now)
    with pytest.raises(Refused) as refused:
        actions.miss(task=task.id, reason="weather", by=county.grid_worker, now=now)
    assert refused.value.code == "found"


def test_a_clerk_explains_but_does_not_walk(county: Scene, now: datetime) -> None:
    task = today(county, now)
    with pytest.raises(NotAllowed):
        actions.finish(task=task.id, by=county.community_clerk, now=now)
    with pytest.raises(NotAllowed):
        found(task, county.community_clerk, now)
    assert actions.miss(task=task.id, reason="nobody", by=county.community_clerk, now=now).state == "missed"


# ── when ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_nothing_is_written_down_before_its_day_nor_days_after(county: Scene, now: datetime) -> None:
    task = today(county, now)
    ahead = PatrolTask.objects.get(plan=task.plan_id, day=local_day(now) + timedelta(days=1))
    worker = county.grid_worker
    for act in (
        lambda one, at: actions.finish(task=one.id, by=worker, now=at),
        lambda one, at: found(one, worker, at),
        lambda one, at: actions.begin(task=one.id, answers={}, by=worker, now=at),
    ):
        with pytest.raises(Refused) as refused:
            act(ahead, now)
        assert refused.value.code == "too_early"
        with pytest.raises(Refused) as refused:
            act(task, task.due_at + 49 * HOUR)
        assert refused.value.code == "too_late"
    with pytest.raises(Refused) as refused:
        actions.miss(task=ahead.id, reason="leave", by=worker, now=now)
    assert refused.value.code == "too_early"
    late = actions.finish(task=task.id, by=worker, now=task.due_at + 47 * HOUR)
    assert queries.lines([late], now)[0].late


def test_a_night_walk_runs_over_midnight(county: Scene, now: datetime) -> None:
    evening = now.replace(hour=21)
    task = today(county, evening, opens=time(22, 0), closes=time(2, 0))
    after_midnight = evening + 4 * HOUR
    tick(after_midnight)
    assert queries.standing_of(fresh(task), after_midnight).code == "open"
    shown = [line.task.id for line in queries.own_tasks(county.grid_worker, after_midnight).today]
    assert task.id in shown
    assert actions.finish(task=task.id, by=county.grid_worker, now=after_midnight).state == "nothing_found"


# ── who ──────────────────────────────────────────────────────────────────────────────────────────────────────────

WALKS_GRID = {
    "grid_worker": "walks",
    "other_grid_worker": None,
    "community_clerk": "explains",
    "street_clerk": "explains",
    "county_clerk": "explains",
    "other_clerk": None,
    "department": None,
    "leader": "sees",
    "admin": "sees",
    "resident": None,
    "merchant": None,
    "stranger": None,
}


@pytest.mark.parametrize(("who", "may"), WALKS_GRID.items())
def test_who_sees_walks_and_explains_the_task_of_a_grid(
    who: str, may: str | None, county: Scene, now: datetime
) -> None:
    task = today(county, now)
    actor: Actor = getattr(county, who)
    if may is None:
        with pytest.raises(NotFound):
            queries.find(actor, task.id)
        for act in (
            lambda: actions.finish(task=task.id, by=actor, now=now),
            lambda: actions.miss(task=task.id, reason="weather", by=actor, now=now),
            lambda: found(task, actor, now),
            lambda: actions.begin(task=task.id, answers={}, by=actor, now=now),
        ):
            with pytest.raises(NotFound):
                act()
        return
    left = queries.may(actor, queries.find(actor, task.id), now)
    assert (left.walk, left.explain) == (may == "walks", may in ("walks", "explains"))
    assert bool(queries.own_tasks(actor, now).today) == (may == "walks")
    if may == "sees":
        with pytest.raises(NotAllowed):
            actions.miss(task=task.id, reason="weather", by=actor, now=now)


def test_a_grid_head_walks_his_grid_too(county: Scene, now: datetime) -> None:
    task = today(county, now)
    head = Actor(
        county=county.grid_worker.county,
        person=county.grid_worker.person,
        held=(Held("grid_head", "/001/003/g1001/"),),
    )
    assert actions.finish(task=task.id, by=head, now=now).state == "nothing_found"


def test_a_team_walks_for_itself_and_its_department_for_it(county: Scene, now: datetime) -> None:
    team = apps.get_model("people.Organisation").objects.create(
        kind="professional_team", name="下沉分队", parent=county.units["department"],
        started_on=now.date(), sort_key="t",
    )  # fmt: skip
    task = today(county, now, by=county.county_clerk, walker="unit", unit=team.id)
    assert [item.unit_id for item in work(kind="patrol")] == [county.units["department"].id]
    member = officer(county, "member", team, now)
    for actor in (member, county.department):
        assert queries.may(actor, queries.find(actor, task.id), now).walk
    tomorrow = now + timedelta(days=1)
    tick(tomorrow)
    assert [item.unit_id for item in work(kind="patrol")] == [team.id]
    for actor in (county.grid_worker, county.community_clerk):  # it comes through their place: they see it
        assert not queries.may(actor, queries.find(actor, task.id), now).walk
    outsider = officer(county, "outsider", county.units["other_department"], now)
    with pytest.raises(NotFound):
        queries.find(outsider, task.id)
    assert actions.finish(task=task.id, by=member, now=now).state == "nothing_found"


def test_those_named_walk_together_and_one_tap_is_for_both(county: Scene, now: datetime) -> None:
    both = (county.grid_worker.person, county.community_clerk.person)
    task = today(county, now, walker="named", persons=both)
    items = work(kind="patrol")
    assert {item.person_id for item in items} == set(both)
    assert all(
        queries.turn_address(county.grid_worker, item.subject_id).endswith(f"{task.id}/") for item in items
    )
    assert queries.walkers_of(task) == "张工、陈工"
    actions.finish(task=task.id, by=county.community_clerk, now=now)
    assert work() == []
    other = today(county, now, walker="named", persons=(county.community_clerk.person,), name="只一个人")
    with pytest.raises(NotAllowed):  # his grid, and he sees it, but he was not named
        actions.finish(task=other.id, by=county.grid_worker, now=now)


def test_a_stand_in_walks_in_his_own_name_for_a_colleague_on_leave(county: Scene, now: datetime) -> None:
    worker, stand_in = county.grid_worker, county.other_grid_worker
    instead = replace(
        stand_in,
        held=(*stand_in.held, replace(worker.held[0], behalf=worker.person)),
        stands_for=(worker.person,),
    )
    task = today(county, now)
    assert queries.may(instead, queries.find(instead, task.id), now).walk
    done = actions.finish(task=task.id, by=instead, now=now)
    assert done.finished_by_id == stand_in.person
    named = today(county, now, walker="named", persons=(worker.person,), name="指定的人走")
    actions.finish(task=named.id, by=instead, now=now)
    deeds = AuditEntry.objects.filter(verb="patrol.finished").values_list("person", "on_behalf_of")
    assert set(deeds) == {(stand_in.person, worker.person)}
    own = today(county, now, name="本人走")
    actions.finish(task=own.id, by=worker, now=now)
    assert AuditEntry.objects.get(subject_id=own.id, verb="patrol.finished").on_behalf_of is None


# ── what is kept of a person ─────────────────────────────────────────────────────────────────────────────────────


def test_ones_patrols_are_in_the_file_of_everything_kept_and_words_go_with_an_erasure(
    county: Scene, now: datetime
) -> None:
    task = today(county, now)
    person = county.grid_worker.person
    assert person is not None
    actions.miss(task=task.id, reason="leave", words="发烧", by=county.grid_worker, now=now)
    told: Any = queries.export_person(person)["patrols"]
    assert told == [
        {
            "plan": "楼院巡查", "day": "2026-09-01", "state": "missed", "finished_at": told[0]["finished_at"],
            "reason": "leave", "words": "发烧", "note": "",
        }
    ]  # fmt: skip
    assert actions.erase_person(person=person, by=county.admin, now=now) == {"patrols_patroltask": 1}
    assert (fresh(task).reason, fresh(task).reason_words) == ("leave", "")


def test_a_case_from_a_walk_says_where_it_comes_from(county: Scene, now: datetime) -> None:
    task = today(county, now)
    found(task, county.grid_worker, now)
    shown = queries.findings(county.grid_worker, task)
    assert [(one.fixed, bool(one.url), one.state) for one in shown] == [(False, True, "待受理")]
    unit = county.units["department"].id
    team = today(county, now, by=county.department, walker="unit", unit=unit, name="部门巡查")
    found(team, county.department, now)
    assert [one.url for one in queries.findings(county.department, team)] == [
        ""
    ]  # it is the grid's to handle
