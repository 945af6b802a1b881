"""The only pause: the reporter is asked, answers or does not, and every clock moves by exactly the rest."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connections
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mulin.kernel.county import county_scope
from mulin.kernel.errors import NotAllowed, NotFound, Refused, Stale
from mulin.services.cases import actions, queries
from mulin.services.cases.actions import asking
from mulin.services.cases.models import Case, CaseStep, CaseUnit
from mulin.services.cases.rules import ANSWER_DAYS
from tests.cases.catalogue import matter
from tests.cases.scenes import PHONE, fresh, in_state, reported
from tests.cases.test_handling import todos
from tests.personas import COUNTY, Scene

WorkItem: Any = apps.get_model("worklist.WorkItem")
Copy: Any = apps.get_model("worklist.Copy")
Notice: Any = apps.get_model("notices.Notice")
BACK = ("reported", "assigned", "in_hand", "returned")
EXPIRED = timedelta(days=ANSWER_DAYS)


def later(now: datetime, hours: float) -> datetime:
    return now + timedelta(hours=hours)


def asked(case: Case, scene: Scene, at: datetime, by: str = "community_clerk") -> Case:
    return actions.ask(case=case, question="哪一盏？", by=getattr(scene, by), now=at, version=case.version)


@pytest.mark.parametrize("state", BACK)
def test_the_case_comes_back_to_where_it_was_and_every_clock_has_moved_by_the_rest(
    county: Scene, now: datetime, state: str
) -> None:
    before, receipt = in_state(county, now, state)
    dues = {item.kind: item.due_at for item in WorkItem.objects.filter(done_at=None)}
    hops = dict(CaseUnit.objects.filter(until=None).values_list("id", "step_due_at"))
    case = asked(before, county, later(now, 9))
    assert (case.state, case.resume_state, case.paused_since) == ("asked", state, later(now, 9))
    assert {item.paused_since for item in WorkItem.objects.filter(done_at=None)} == {later(now, 9)}
    assert case.next_check_at == later(now, 9) + EXPIRED
    rest = timedelta(hours=30, minutes=7)
    case = actions.answer(
        case=case, receipt=receipt, text="第二盏", by=county.stranger, now=later(now, 9) + rest, version=None
    )
    assert (case.state, case.resume_state, case.paused_since) == (state, "", None)
    assert (case.due_at, case.step_due_at) == (moved(before.due_at, rest), moved(before.step_due_at, rest))
    assert case.response_due_at == moved(before.response_due_at, rest)
    after = {item.kind: item.due_at for item in WorkItem.objects.filter(done_at=None, paused_since=None)}
    assert after == {kind: moved(due, rest) for kind, due in dues.items()}
    assert dict(CaseUnit.objects.filter(until=None).values_list("id", "step_due_at")) == {
        key: moved(due, rest) for key, due in hops.items()
    }


def moved(due: datetime | None, rest: timedelta) -> datetime | None:
    return due + rest if due else None


def test_assisting_units_and_named_officers_rest_with_it(county: Scene, now: datetime) -> None:
    case = actions.dispatch(
        case=reported(county, now).case, level="county", unit=county.units["department"].id,
        assists=[county.units["other_department"].id], persons=[county.persons["department"].id],
        by=county.county_clerk, now=now, version=None,
    )  # fmt: skip
    case = asked(case, county, later(now, 1), by="department")
    resting = WorkItem.objects.filter(done_at=None, paused_since=later(now, 1))
    assert sorted(resting.values_list("kind", flat=True)) == ["assist", "handle", "officer"]
    part = CaseUnit.objects.get(part="assist")
    actions.answer(case=case, text="东边", by=county.county_clerk, now=later(now, 4), version=None)
    assert not resting.exists()
    assert CaseUnit.objects.get(pk=part.pk).step_due_at == part.step_due_at + timedelta(hours=3)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rests=st.lists(st.tuples(st.integers(0, 500), st.integers(0, 14_000)), min_size=1, max_size=4))
def test_however_often_it_is_asked_only_the_rests_move_the_clock(
    county: Scene, now: datetime, rests: list[tuple[int, int]]
) -> None:
    case, receipt = in_state(county, now, "in_hand")
    due, step, at = case.due_at, case.step_due_at, later(now, 2)
    for work, rest in rests:
        at += timedelta(minutes=work)
        case = asked(case, county, at)
        at += timedelta(minutes=rest)
        case = actions.answer(case=case, receipt=receipt, text="好", by=county.stranger, now=at, version=None)
    total = timedelta(minutes=sum(rest for _work, rest in rests))
    assert (case.due_at, case.step_due_at) == (moved(due, total), moved(step, total))


def test_to_ask_is_no_response(county: Scene, now: datetime) -> None:
    case = asked(reported(county, now, phone=PHONE).case, county, later(now, 1))
    assert case.first_response_at is None and "call_or_visit" in todos(case)
    case = actions.inform(
        case=case, outcome="reached", by=county.grid_worker, now=later(now, 2), version=case.version
    )
    assert case.first_response_at is None and case.state == "asked" and "call_or_visit" not in todos(case)


def test_an_answer_given_while_he_was_told_an_earlier_reply_makes_it_a_response(
    county: Scene, now: datetime
) -> None:
    made = reported(county, now, phone=PHONE)
    case = actions.reply(
        case=made.case, text="下午去", by=county.grid_worker, now=later(now, 1), version=None
    )
    assert case.first_response_at is None
    case = asked(case, county, later(now, 2))
    case = actions.answer(
        case=case, receipt=made.receipt, text="第二盏", by=county.stranger, now=later(now, 3), version=None
    )
    assert case.first_response_at == later(now, 3) and "call_or_visit" not in todos(case)


def test_the_question_is_sent_and_whoever_asked_learns_of_the_answer(county: Scene, now: datetime) -> None:
    made = reported(county, now, by="resident")
    case = asked(made.case, county, later(now, 1))
    assert Notice.objects.filter(template="case_asked", person=county.persons["resident"].id).exists()
    actions.answer(
        case=case, receipt=made.receipt, text="第二盏", by=county.resident, now=later(now, 2), version=None
    )
    copy = Copy.objects.get()
    assert (copy.why, copy.person_id) == ("answered", county.persons["community_clerk"].id)


def test_nobody_asks_where_nobody_can_answer(county: Scene, now: datetime) -> None:
    found = actions.found_and_fixed(
        by=county.grid_worker, now=now, client_id=county.persons["resident"].id, text="x", result="y"
    ).case
    with pytest.raises(Refused, match="不能"):
        asked(found, county, later(now, 1))
    made = reported(county, now, source="patrol", by="grid_worker")
    made.case.reporters.all().delete()
    with pytest.raises(Refused, match="没有可以问的反映人"):
        asked(made.case, county, later(now, 1))
    with pytest.raises(Refused, match="请写清"):
        actions.ask(case=reported(county, now).case, question=" ", by=county.grid_worker, now=now, version=1)


@pytest.mark.parametrize("who", ["other_grid_worker", "other_clerk", "department", "other_resident"])
def test_strangers_to_the_case_neither_ask_nor_answer(county: Scene, now: datetime, who: str) -> None:
    with pytest.raises(NotFound):
        asked(reported(county, now).case, county, now, by=who)
    case, _receipt = in_state(county, now, "asked")
    with pytest.raises(NotFound):
        actions.answer(case=case, text="x", by=getattr(county, who), now=later(now, 2), version=None)


@pytest.mark.parametrize("who", ["leader", "admin"])
def test_those_who_look_on_neither_ask_nor_answer_nor_decide(county: Scene, now: datetime, who: str) -> None:
    by = getattr(county, who)
    with pytest.raises(NotAllowed):
        asked(reported(county, now).case, county, now, by=who)
    case, _receipt = in_state(county, now, "asked")
    for act, told in ((actions.answer, {"text": "x"}), (actions.refuse, {"reason": "x", "where": "y"})):
        with pytest.raises(NotAllowed):
            act(case=case, by=by, now=later(now, 2), version=None, **told)
    actions.ask_expired(now=later(now, 1) + EXPIRED)
    with pytest.raises(NotAllowed):
        actions.go_on(case=case, by=by, now=later(now, 300), version=None)


def test_an_answer_comes_once_and_to_what_was_seen(county: Scene, now: datetime) -> None:
    case, receipt = in_state(county, now, "asked")
    with pytest.raises(Stale):
        actions.answer(
            case=case, text="x", by=county.grid_worker, now=later(now, 2), version=case.version - 1
        )
    with pytest.raises(Refused, match="请写补充"):
        actions.answer(
            case=case, receipt=receipt, text=" ", by=county.stranger, now=later(now, 2), version=None
        )
    told = {"case": case, "receipt": receipt, "text": "第二盏", "by": county.stranger, "version": None}
    actions.answer(now=later(now, 2), **told)
    with pytest.raises(Refused, match="不能"):
        actions.answer(now=later(now, 3), **told)
    with pytest.raises(NotFound):
        actions.answer(now=later(now, 3), **(told | {"receipt": "211322-00000000000000000000X"}))


def test_a_refusal_ends_the_rest(county: Scene, now: datetime) -> None:
    case, _receipt = in_state(county, now, "asked")
    case = actions.refuse(
        case=case, reason="问不清", where="社区", by=county.community_clerk, now=later(now, 25), version=None
    )
    assert (case.state, case.paused_since, case.resume_state) == ("not_admitted", None, "")
    assert todos(case) == {}


# ── nobody answers ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("state", BACK)
def test_after_its_days_the_clock_runs_on_and_a_clerk_decides(
    county: Scene, now: datetime, state: str
) -> None:
    before, _receipt = in_state(county, now, state)
    case = asked(before, county, later(now, 9))
    at = later(now, 9) + EXPIRED
    assert actions.ask_expired(now=at - timedelta(seconds=1)) == 0
    assert actions.ask_expired(now=at) == 1
    assert actions.ask_expired(now=at) == 0
    case = fresh(case)
    assert (case.state, case.paused_since, case.due_at) == (state, None, moved(before.due_at, EXPIRED))
    assert todos(case)["unanswered"] == ("community_clerk", "/001/003/")
    step = CaseStep.objects.get(action="ask_expired")
    assert (step.system, step.person, step.facts["rest"]) == ("tick", None, EXPIRED.total_seconds())
    case = actions.go_on(
        case=case, note="按现场看到的办", by=county.community_clerk, now=later(at, 1), version=case.version
    )
    assert "unanswered" not in todos(case)
    with pytest.raises(Refused, match="没有等着决定"):
        actions.go_on(case=case, by=county.community_clerk, now=later(at, 1), version=case.version)


def test_who_has_it_to_look_at_gets_no_second_to_do(county: Scene, now: datetime) -> None:
    before = reported(county, now, at=None, place=county.places["community"].id).case
    assert set(todos(before)) == {"screen"}
    asked(before, county, later(now, 1))
    at = later(now, 1) + EXPIRED
    assert actions.ask_expired(now=at) == 1
    assert set(todos(before)) == {"screen"}
    item = WorkItem.objects.get(subject_id=before.id, kind="screen", done_at=None)
    assert item.title.startswith("没有补充：") and item.paused_since is None
    assert item.due_at == fresh(before).step_due_at


@pytest.mark.django_db(transaction=True)
def test_several_processes_end_each_rest_once(scene: Scene, now: datetime, monkeypatch: Any) -> None:
    monkeypatch.setattr(asking, "BATCH", 2)
    with county_scope(COUNTY):
        for _one in range(7):
            in_state(scene, now, "asked")
    at = later(now, 1) + EXPIRED
    counts: list[int] = []
    start = threading.Barrier(4)

    def tick() -> None:
        try:
            start.wait()
            with county_scope(COUNTY):
                counts.append(actions.ask_expired(now=at))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=tick) for _one in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with county_scope(COUNTY):
        actions.ask_expired(now=at)  # what another had locked when a batch came up short
        steps = CaseStep.objects.filter(action="ask_expired")
        assert steps.count() == steps.values("case").distinct().count() == 7
        assert not Case.objects.filter(state="asked").exists()
        assert WorkItem.objects.filter(kind="unanswered", done_at=None).count() == 7


@pytest.mark.django_db(transaction=True)
def test_killed_in_the_middle_it_is_done_by_the_next_run(
    scene: Scene, now: datetime, monkeypatch: Any
) -> None:
    with county_scope(COUNTY):
        cases = [in_state(scene, now, "asked")[0] for _one in range(3)]
        dues = {case.id: case.due_at for case in cases}
        at, real, done = later(now, 1) + EXPIRED, asking._expire, []

        def die(row: Case, *told: Any) -> int:
            ended = real(row, *told)
            done.append(row)
            if len(done) == 2:
                raise KeyboardInterrupt
            return ended

        monkeypatch.setattr(asking, "_expire", die)
        with pytest.raises(KeyboardInterrupt):
            actions.ask_expired(now=at)
        monkeypatch.setattr(asking, "_expire", real)
        assert CaseStep.objects.filter(action="ask_expired").count() == 0
        assert actions.ask_expired(now=at) == 3
        assert {case.id: case.due_at for case in Case.objects.all()} == {
            key: due + EXPIRED for key, due in dues.items() if due
        }


def test_one_that_cannot_be_ended_stops_no_other_and_is_tried_again(
    county: Scene, now: datetime, monkeypatch: Any
) -> None:
    cases = [in_state(county, now, "asked")[0] for _one in range(3)]
    at, real = later(now, 1) + EXPIRED, asking._expire

    def sick(row: Case, *told: Any) -> int:
        if row.pk == cases[1].pk:
            Case.objects.filter(pk=row.pk).update(state="closed")  # a statement that the database refuses
        return real(row, *told)

    monkeypatch.setattr(asking, "_expire", sick)
    assert actions.ask_expired(now=at) == 2
    assert [fresh(case).state == "asked" for case in cases] == [False, True, False]
    monkeypatch.setattr(asking, "_expire", real)
    assert actions.ask_expired(now=at + timedelta(minutes=4)) == 0
    assert actions.ask_expired(now=at + timedelta(minutes=5)) == 1
    assert fresh(cases[1]).check_tries == 0


# ── what the reporter sees ───────────────────────────────────────────────────────────────────────────────────────────


def test_the_reporter_reads_the_question_and_by_when(county: Scene, now: datetime) -> None:
    case, receipt = in_state(county, now, "asked")
    held = queries.by_receipt(receipt)
    assert held is not None and queries.question_of(held) == "哪一盏？"
    assert queries.open_to_reporter(held, later(now, 2)) == ("answer", "withdraw")
    assert queries.promise(case, now) == "请在 9月11日 10:00 前回答；到时没有回答，会按现有情况接着办。"


def test_a_reporter_is_promised_what_his_clocks_say(county: Scene, now: datetime) -> None:
    kind = matter(county, now, "T9", "grid", limits={"dispose": 60 * 24})
    case = reported(county, now).case
    assert queries.promise(case, now) == "最迟 9月2日 09:00 会有人受理。"
    assert "已经晚了" in queries.promise(case, later(now, 25))
    case = actions.accept(case=case, matter=kind, by=county.community_clerk, now=now, version=None)
    assert queries.promise(case, now) == "最迟 9月2日 09:00 办完。"
    assert "上级看得到" in queries.promise(case, later(now, 25))
    done, _receipt = in_state(county, now, "disposed")
    assert queries.promise(done, now) == ""
