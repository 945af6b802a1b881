"""One act for many cases: each in its own transaction, what cannot move is listed, and it can be taken back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps

from mulin.ground.people import actions as people
from mulin.ground.runs import actions as runs
from mulin.ground.trail import queries as trail
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from mulin.kernel.ids import uuid7
from mulin.services.cases import actions as cases
from mulin.services.cases import queries
from mulin.services.cases.actions import batches, routing, undo
from mulin.services.cases.models import Batch, BatchCase, Case, CaseOfficer, CaseStep, CaseUnit
from mulin.services.cases.queries import batches as read
from mulin.services.cases.rules import BULK, MOST_AT_ONCE, Outcome, SetBack
from tests.cases.scenes import PHONE, fresh, in_state, reported
from tests.personas import IN_GRID_B, Scene

WorkItem: Any = apps.get_model("worklist.WorkItem")
Notice: Any = apps.get_model("notices.Notice")
GRID_C = (119.685, 41.405)


def many(scene: Scene, now: datetime, count: int, **more: Any) -> list[Case]:
    return [reported(scene, now, **more).case for _n in range(count)]


def do(
    scene: Scene, now: datetime, act: str, chosen: list[Case], who: str = "community_clerk", **told: Any
) -> Batch:
    return batches.act_on_many(
        act=act,
        cases=[(case.id, case.version) for case in chosen],
        told=told,
        by=scene.actors[who],
        now=now,
        clock=lambda: now,
        client_id=uuid7(),
    )


def take_back(scene: Scene, now: datetime, batch: Batch, who: str = "community_clerk") -> Batch:
    return undo.undo_batch(batch=batch.id, by=scene.actors[who], now=now, clock=lambda: now)


def reasons(batch: Batch) -> list[str]:
    return list(BatchCase.objects.filter(batch=batch).exclude(reason="").values_list("reason", flat=True))


def everything(case: Case) -> dict[str, Any]:
    """The whole of a case: its row, its parts, its officers, its open to-dos."""
    row = Case.objects.filter(pk=case.pk).values().get()
    row.pop("version"), row.pop("touched")  # when it was last written, which taking back is, too
    todos = WorkItem.objects.filter(done_at=None).order_by("id")
    return {
        "row": row,
        "parts": list(CaseUnit.objects.filter(case=case).order_by("id").values()),
        "named": list(CaseOfficer.objects.filter(case=case).order_by("id").values()),
        "todos": list(todos.values("kind", "person", "role", "path", "unit", "opened_at", "due_at")),
    }


def test_every_bulk_act_has_an_action() -> None:
    assert set(BULK) == set(batches.ACTS)


def test_a_clerk_accepts_twenty_cases_in_one_act(county: Scene, now: datetime) -> None:
    chosen = many(county, now, 20)
    batch = do(county, now, "accept", chosen)
    assert {fresh(case).state for case in chosen} == {"assigned"}
    stands = read.standing(batch, now)
    assert (stands.size, stands.done, stands.refused, stands.working) == (20, 20, 0, False)
    step = CaseStep.objects.get(case=chosen[0], action="accept")
    assert step.facts["batch"] == str(batch.id)
    deeds = trail.of_subject("case", chosen[0].id)
    assert any(deed.facts.get("batch") == str(batch.id) for deed in deeds)
    assert [deed.facts["cases"] for deed in trail.of_subject("case_batch", batch.id)] == [20]


def test_what_cannot_move_is_listed_with_why_and_the_rest_stands(county: Scene, now: datetime) -> None:
    good = many(county, now, 2)
    closed, _receipt = in_state(county, now, "closed")
    moved = reported(county, now).case
    cases.take_up(case=moved, by=county.grid_worker, now=now, version=moved.version)
    far = reported(county, now, at=GRID_C).case
    batch = do(county, now + timedelta(hours=6), "accept", [*good, closed, moved, far])
    assert {fresh(case).state for case in good} == {"assigned"}
    told = {row.case_id: row for row in BatchCase.objects.filter(batch=batch)}
    assert "已结案" in told[closed.id].reason
    assert told[moved.id].reason == "选好以后，这件事又被别人办过，所以没有动它。"
    assert "没有这件事" in told[far.id].reason  # not his: he is told nothing of it
    assert (fresh(closed).state, fresh(moved).state, fresh(far).state) == ("closed", "in_hand", "reported")


def test_the_same_form_twice_is_one_batch(county: Scene, now: datetime) -> None:
    case, key = reported(county, now).case, uuid7()
    told = {"act": "accept", "cases": [(case.id, case.version)], "told": {}, "now": now, "client_id": key}
    first = batches.act_on_many(by=county.community_clerk, clock=lambda: now, **told)
    second = batches.act_on_many(by=county.community_clerk, clock=lambda: now, **told)
    assert first.id == second.id and Batch.objects.count() == 1
    with pytest.raises(Refused):
        batches.act_on_many(by=county.street_clerk, clock=lambda: now, **told)


def test_who_has_no_such_duty_is_refused(county: Scene, now: datetime) -> None:
    chosen = many(county, now, 1)
    for who, act in (
        ("grid_worker", "accept"),
        ("leader", "accept"),
        ("admin", "take_up"),
        ("resident", "close"),
    ):
        with pytest.raises(NotAllowed):
            do(county, now, act, chosen, who)
    with pytest.raises(NotAllowed):
        do(county, now, "refuse", chosen)
    with pytest.raises(Refused, match="请先选择"):
        do(county, now, "accept", [])
    with pytest.raises(Refused, match=str(MOST_AT_ONCE)):
        do(county, now, "accept", chosen * (MOST_AT_ONCE + 1))


def test_what_was_told_to_people_is_not_taken_back(county: Scene, now: datetime) -> None:
    chosen = many(county, now, 2)
    batch = do(county, now, "urge", chosen, "leader", note="快一点")
    assert not reasons(batch) and CaseStep.objects.filter(action="urge").count() == 2
    assert not read.standing(batch, now).undo_open
    with pytest.raises(Refused, match="不能撤回"):
        take_back(county, now, batch, "leader")


def test_many_are_moved_in_the_background_and_a_killed_worker_goes_on(
    county: Scene, now: datetime, monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Any
) -> None:
    settings.HOME = tmp_path
    chosen = many(county, now, 27)
    batch = do(county, now, "accept", chosen)
    assert batch.run is not None and read.standing(batch, now).waiting == 27
    moved = batches.ACTS["accept"]
    calls: list[Any] = []

    def dies(**told: Any) -> Case:
        calls.append(told["case"])
        if len(calls) == 6:
            raise KeyboardInterrupt
        return moved(**told)

    monkeypatch.setitem(batches.ACTS, "accept", dies)
    with pytest.raises(KeyboardInterrupt):
        runs.perform(run=batch.run, clock=lambda: now)
    assert read.standing(batch, now).done == 5
    later = now + timedelta(minutes=11)
    runs.tend(now=later)
    run = runs.perform(run=batch.run, clock=lambda: later)
    assert run is not None and (run.state, run.done, run.of) == ("done", 27, 27)
    assert CaseStep.objects.filter(action="accept").count() == 27
    assert run.address == f"/desk/batches/{batch.id}/"


def test_a_batch_whose_request_died_is_given_up_in_words(county: Scene, now: datetime) -> None:
    batch = do(county, now, "accept", many(county, now, 1))
    Batch.objects.filter(pk=batch.pk).update(finished_at=None)
    BatchCase.objects.filter(batch=batch).update(outcome=Outcome.WAITING)
    assert batches.tend_batches(now=now + timedelta(minutes=5)) == 0
    assert batches.tend_batches(now=now + timedelta(minutes=11)) == 1
    assert batches.tend_batches(now=now + timedelta(minutes=11)) == 0
    assert reasons(batch) == ["办到一半中断了，请重新办。"]


# ── taking it back ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("state", "act", "told"),
    [
        ("reported", "accept", {}),
        ("reported", "take_up", {}),
        ("reported", "dispatch", {"level": "community"}),
        ("assigned", "dispatch", {"level": "community"}),
        ("assigned", "accept", {}),
        ("returned", "accept", {}),
        ("assigned", "take_up", {}),
        ("disposed", "close", {}),
    ],
)
def test_taken_back_it_stands_as_it_stood(
    county: Scene, now: datetime, state: str, act: str, told: dict[str, Any]
) -> None:
    case, _receipt = in_state(county, now, state)
    if act == "close" and case.informed_at is None:
        done = now + timedelta(hours=4)
        case = cases.inform(
            case=case, outcome="reached", by=county.grid_worker, now=done, version=case.version
        )
    later = now + timedelta(hours=6)
    before = everything(case)
    batch = do(county, later, act, [case], **told)
    assert not reasons(batch) and everything(case)["row"] != before["row"]
    take_back(county, later + timedelta(minutes=30), batch)
    after = everything(case)
    looked_at = [one["row"].pop("next_check_at") for one in (after, before)]
    assert (looked_at[0] is None) == (looked_at[1] is None)  # reckoned anew; looking early costs nothing
    assert after == before
    steps = list(CaseStep.objects.filter(case=case).order_by("at", "id"))
    assert [one.action for one in steps[-2:]] == [act, "undo"]
    assert steps[-1].facts["batch"] == str(batch.id) and steps[-1].person == county.community_clerk.person
    assert fresh(case).version == case.version + 2


def test_named_officers_are_taken_back_with_their_to_dos(county: Scene, now: datetime) -> None:
    case, _receipt = in_state(county, now, "assigned")
    worker = county.persons["grid_worker"].id
    before = everything(case)
    batch = do(county, now, "name_officers", [case], persons=[worker])
    assert WorkItem.objects.filter(kind="officer", done_at=None).count() == 1
    take_back(county, now, batch)
    assert everything(case) == before
    assert not WorkItem.objects.filter(kind="officer", done_by__isnull=False).exists()


def test_what_somebody_moved_since_stays_and_says_why(county: Scene, now: datetime) -> None:
    left, moved = many(county, now, 2)
    batch = do(county, now, "accept", [left, moved])
    cases.take_up(case=moved, by=county.grid_worker, now=now, version=fresh(moved).version)
    take_back(county, now + timedelta(minutes=5), batch)
    assert (fresh(left).state, fresh(moved).state) == ("reported", "in_hand")
    row = BatchCase.objects.get(batch=batch, case=moved)
    assert row.set_back == SetBack.REFUSED and "已有人接单" in row.set_back_reason
    stands = read.standing(batch, now)
    assert (stands.done, stands.taken_back, stands.kept, stands.working) == (2, 1, 1, False)


def test_the_reporter_is_told_only_where_he_had_been_told(county: Scene, now: datetime) -> None:
    silent = reported(county, now).case
    known = reported(county, now, by="resident", phone=PHONE).case
    take_back(county, now, do(county, now, "accept", [silent, known]))
    told = Notice.objects.filter(template="case_set_back")
    assert set(told.values_list("subject_id", flat=True)) == {known.id}
    again, _receipt = in_state(county, now, "assigned", by="resident")
    take_back(
        county, now + timedelta(hours=2), do(county, now + timedelta(hours=2), "accept", [again])
    )  # sent elsewhere: no message
    assert not Notice.objects.filter(template="case_set_back", subject_id=again.id).exists()


def test_a_batch_is_taken_back_once_within_the_hour_by_its_maker_or_a_clerk_above(
    county: Scene, now: datetime
) -> None:
    batch = do(county, now, "accept", many(county, now, 1))
    for who in ("other_clerk", "grid_worker", "leader", "admin", "department", "resident", "stranger"):
        assert read.find_batch(county.actors[who], batch.id) is None
        with pytest.raises(NotFound):
            take_back(county, now, batch, who)
    for who in ("community_clerk", "street_clerk", "county_clerk"):
        assert read.find_batch(county.actors[who], batch.id) is not None
        assert [row.id for row in read.batches_page(county.actors[who]).rows] == [batch.id]
    assert read.batches_page(county.other_clerk).rows == []
    with pytest.raises(Refused, match="超过一小时"):
        take_back(county, now + timedelta(minutes=61), batch)
    take_back(county, now + timedelta(minutes=59), batch, "street_clerk")
    with pytest.raises(Refused, match="已经撤回过"):
        take_back(county, now + timedelta(minutes=59), batch)


def test_what_cases_were_before_is_forgotten_once_nobody_can_take_it_back(
    county: Scene, now: datetime
) -> None:
    kept = do(county, now, "accept", many(county, now, 2))
    undone = do(county, now, "accept", many(county, now, 1))
    urged = do(county, now, "urge", many(county, now, 1))

    def remembered(batch: Batch) -> int:
        return BatchCase.objects.filter(batch=batch).exclude(before={}).count()

    assert (remembered(kept), remembered(undone), remembered(urged)) == (2, 1, 0)
    assert batches.forget_before(now=now + timedelta(minutes=60)) == 0
    take_back(county, now + timedelta(minutes=59), undone)
    assert batches.forget_before(now=now + timedelta(minutes=60)) == 1
    assert (remembered(kept), remembered(undone)) == (2, 0)
    assert batches.forget_before(now=now + timedelta(minutes=71)) == 2
    assert batches.forget_before(now=now + timedelta(minutes=71)) == remembered(kept) == 0


def test_taking_back_that_broke_off_says_so(county: Scene, now: datetime) -> None:
    batch = do(county, now, "accept", many(county, now, 2))
    Batch.objects.filter(pk=batch.pk).update(undo_at=now, undo_by=county.community_clerk.person)
    assert read.standing(batch_again(batch), now).working
    assert batches.tend_batches(now=now + timedelta(minutes=9)) == 0
    assert batches.tend_batches(now=now + timedelta(minutes=11)) == 2
    stands = read.standing(batch_again(batch), now)
    assert (stands.kept, stands.working) == (2, False)


def batch_again(batch: Batch) -> Batch:
    return Batch.objects.get(pk=batch.pk)


def test_the_batch_of_a_department_is_open_to_the_countys_clerks(county: Scene, now: datetime) -> None:
    case = reported(county, now).case
    unit = county.units["department"].id
    cases.dispatch(
        case=case, level="county", unit=unit, by=county.county_clerk, now=now, version=case.version
    )
    batch = do(county, now, "take_up", [fresh(case)], "department")
    assert not reasons(batch) and batch.path == ""
    assert read.find_batch(county.county_clerk, batch.id) is not None
    assert read.find_batch(county.street_clerk, batch.id) is None


def test_an_erased_maker_leaves_the_batch_without_his_name(county: Scene, now: datetime) -> None:
    batch = do(county, now, "accept", many(county, now, 1))
    person = county.persons["community_clerk"].id
    assert read.export_batches(person)["batches"][0]["act"] == "accept"
    batches.erase_batches(person=person, by=county.admin, now=now)
    assert Batch.objects.get(pk=batch.pk).made_by_id is None


def test_chances_say_for_each_act_who_may_in_a_fixed_number_of_statements(
    county: Scene, now: datetime, django_assert_num_queries: Any
) -> None:
    few = [reported(county, now).case, in_state(county, now, "closed")[0]]
    more = [*few, *many(county, now, 8)]
    for chosen in (few, more):
        rows = read.chosen(county.community_clerk, [case.id for case in chosen])
        with django_assert_num_queries(2):
            found = read.chances(county.community_clerk, rows)
        assert len(found["accept"].may) == len(chosen) - 1
        assert [case.id for case, _why in found["accept"].may_not] == [few[1].id]
        assert not found["close"].may


def test_a_batch_tells_which_cases_a_broken_rule_left_with_the_screener(county: Scene, now: datetime) -> None:
    unit = county.units["department"].id
    content = queries.Content(queries.Scope("/001/003/g1001/"), queries.Target("county", unit))
    made = routing.try_rules(changes=[(None, content)], by=county.county_clerk, now=now)
    routing.save_trial(trial=made.id, by=county.county_clerk, now=now)
    people.end_organisation(organisation=unit, by=county.county_clerk, now=now)
    chosen = [*many(county, now, 1), *many(county, now, 1, at=IN_GRID_B)]
    batch = do(county, now, "accept", chosen)
    told = reasons(batch)
    assert len(told) == 1 and "没有派出去" in told[0] and "第 1 条派单规则" in told[0]
    assert [Case.objects.get(pk=case.pk).state for case in chosen] == ["returned", "assigned"]
    take_back(county, now, batch)
    assert [Case.objects.get(pk=case.pk).state for case in chosen] == ["reported", "reported"]
