"""Accept, refuse, take up, reply, dispose, call: what each changes, whose to-do it becomes, who may not."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.apps import apps
from django.db import connections

from mulin.ground.trail import queries as trail
from mulin.kernel.county import county_scope
from mulin.kernel.errors import NotAllowed, NotFound, Refused, Stale
from mulin.kernel.ids import uuid7
from mulin.services.cases import actions, queries
from mulin.services.cases.models import Case, CaseReporter
from mulin.services.cases.queries.way import way
from mulin.services.cases.rules import TRANSITIONS
from tests.cases.scenes import PHONE, STATES, fresh, in_state, reported
from tests.cases.test_intake import picture
from tests.personas import COUNTY, Scene

WorkItem: Any = apps.get_model("worklist.WorkItem")
Notice: Any = apps.get_model("notices.Notice")
StoredFile: Any = apps.get_model("files.StoredFile")


def todos(case: Case) -> dict[str, tuple[Any, ...]]:
    rows = WorkItem.objects.filter(subject_id=case.id, done_at=None)
    return {row.kind: (row.role or row.person_id, row.path) for row in rows}


def test_a_clerk_sends_a_screened_report_to_a_grid(county: Scene, now: datetime) -> None:
    made = reported(county, now, at=None, place=county.places["community"].id)
    case = actions.accept(
        case=made.case, grid=county.grids["b"].id, by=county.community_clerk, now=now, version=1
    )
    assert (case.state, case.grid_path, case.accepted_at, case.version) == (
        "assigned",
        "/001/003/g1002/",
        now,
        2,
    )
    assert todos(case) == {"handle": ("grid_worker", "/001/003/g1002/")}
    again = actions.accept(
        case=case, grid=county.grids["a"].id, by=county.community_clerk, now=now, version=2
    )
    assert todos(again) == {"handle": ("grid_worker", "/001/003/g1001/")}


def test_the_county_passes_it_down_by_street_and_community(county: Scene, now: datetime) -> None:
    case = reported(county, now, at=None).case
    with pytest.raises(Refused, match="哪个网格"):
        actions.accept(case=case, by=county.county_clerk, now=now, version=1)
    case = actions.accept(
        case=case, place=county.places["street"].id, by=county.county_clerk, now=now, version=1
    )
    assert todos(case) == {"handle": ("street_clerk", "/001/")}
    case = actions.accept(
        case=case, place=county.places["community"].id, by=county.street_clerk, now=now, version=2
    )
    assert todos(case) == {"handle": ("community_clerk", "/001/003/")}
    case = actions.take_up(case=case, by=county.community_clerk, now=now, version=3)
    assert case.handler_id == county.persons["community_clerk"].id


def test_a_clerk_sends_nothing_out_of_his_territory(county: Scene, now: datetime) -> None:
    case = reported(county, now, at=None, place=county.places["community"].id).case
    for where in ({"grid": county.grids["c"].id}, {"place": county.places["other_community"].id}):
        with pytest.raises(Refused) as refused:
            actions.accept(case=case, by=county.community_clerk, now=now, version=1, **where)
        assert refused.value.code == "not_yours"


def test_a_refusal_says_why_and_where_to_turn_and_the_reporter_is_told(county: Scene, now: datetime) -> None:
    case = reported(county, now, by="resident").case
    with pytest.raises(Refused):
        actions.refuse(
            case=case, reason="不归我们管", where=" ", by=county.community_clerk, now=now, version=1
        )
    case = actions.refuse(
        case=case,
        reason="属于诉讼中的纠纷",
        where="县法院诉讼服务中心",
        by=county.community_clerk,
        now=now,
        version=1,
    )
    assert case.state == "not_admitted" and "诉讼" in case.refusal and "县法院" in case.refusal
    assert case.first_response_at == now and todos(case) == {}
    assert Notice.objects.get().template == "case_refused"


def test_taking_up_names_the_handler_and_keeps_the_clock(county: Scene, now: datetime) -> None:
    case = reported(county, now).case
    due = WorkItem.objects.get().due_at
    later = now + timedelta(hours=5)
    case = actions.take_up(case=case, by=county.grid_worker, now=later, version=1)
    assert (case.state, case.handler_id) == ("in_hand", county.persons["grid_worker"].id)
    assert (case.taken_up_at, case.accepted_at, case.first_response_at) == (later, later, None)
    item = WorkItem.objects.get(done_at=None)
    assert (item.person_id, item.path, item.due_at) == (case.handler_id, case.grid_path, due)


def test_the_way_says_taken_up_only_while_somebody_has_it(county: Scene, now: datetime) -> None:
    case, _receipt = in_state(county, now, "in_hand")

    def reached() -> list[str]:
        return [stop.words for stop in way(fresh(case), told=True) if stop.at is not None]

    assert reached() == ["上报", "受理", "接单"]
    actions.escalate(
        case=case, code="beyond_means", reason="要吊车", by=county.grid_worker, now=now + timedelta(hours=2),
        version=None,
    )  # fmt: skip
    assert reached() == ["上报", "受理"]


def test_an_answer_is_the_first_response_only_when_it_can_arrive(county: Scene, now: datetime) -> None:
    first, second = now + timedelta(hours=1), now + timedelta(hours=2)
    without = reported(county, now).case
    case = actions.reply(case=without, text="明天去修。", by=county.grid_worker, now=first, version=1)
    assert case.first_response_at == first and "call_or_visit" not in todos(case)
    with_phone = reported(county, now, phone=PHONE).case
    case = actions.reply(case=with_phone, text="明天去修。", by=county.grid_worker, now=first, version=1)
    assert case.first_response_at is None
    assert todos(case)["call_or_visit"] == ("grid_worker", "/001/003/g1001/")
    case = actions.inform(case=case, outcome="reached", by=county.grid_worker, now=second, version=2)
    assert case.first_response_at == second and "call_or_visit" not in todos(case)
    by_phone = reported(county, now, phone=PHONE).case
    case = actions.reply(
        case=by_phone, text="电话里说了", way="phone", by=county.grid_worker, now=first, version=1
    )
    assert case.first_response_at == first and "call_or_visit" not in todos(case)
    resident = reported(county, now, by="resident").case
    case = actions.reply(case=resident, text="明天去修。", by=county.grid_worker, now=first, version=1)
    assert case.first_response_at == first and Notice.objects.filter(subject_id=case.id).count() == 1


def test_a_result_is_told_and_waits_for_the_clerk(county: Scene, now: datetime) -> None:
    case, _receipt = in_state(county, now, "in_hand", by="resident")
    later = now + timedelta(hours=3)
    case = actions.dispose(
        case=case,
        result="换了灯泡。",
        photos=[picture()],
        by=county.grid_worker,
        now=later,
        version=case.version,
    )
    assert (case.state, case.disposed_at, case.informed_at, case.first_response_at) == (
        "disposed",
        later,
        later,
        later,
    )
    assert todos(case) == {"close": ("community_clerk", "/001/003/")}
    file = apps.get_model("files.StoredFile").objects.get()
    assert (file.purpose, file.subject_id) == ("result", case.id)
    assert CaseReporter.objects.get(case=case).told_at == later


def test_who_left_only_a_phone_must_be_called(county: Scene, now: datetime) -> None:
    case, _receipt = in_state(county, now, "disposed", phone=PHONE)
    assert (case.informed_at, case.first_response_at) == (None, None)
    assert set(todos(case)) == {"close", "call_or_visit"}
    case = actions.inform(
        case=case,
        outcome="not_reached",
        by=county.grid_worker,
        now=now + timedelta(hours=4),
        version=case.version,
    )
    assert set(todos(case)) == {"close", "call_or_visit"} and case.informed_at is None
    at = now + timedelta(hours=5)
    case = actions.inform(
        case=case, outcome="reached", note="他说好", by=county.grid_worker, now=at, version=case.version
    )
    assert (case.informed_at, case.first_response_at) == (at, at) and set(todos(case)) == {"close"}
    assert not any(
        entry.text == "他说好" for entry in queries.timeline(case, county.stranger, public=True).entries
    )


def test_without_anything_to_tell_no_call_counts_as_a_response(county: Scene, now: datetime) -> None:
    case = reported(county, now, phone=PHONE).case
    with pytest.raises(Refused) as refused:
        actions.inform(case=case, outcome="reached", by=county.grid_worker, now=now, version=1)
    assert refused.value.code == "nothing_to_tell" and fresh(case).first_response_at is None


def test_a_message_that_never_arrives_becomes_a_call(county: Scene, now: datetime, settings: Any) -> None:
    settings.SMS_URL, settings.SMS_TOKEN = "http://127.0.0.1:9/", "x"
    case, _receipt = in_state(county, now, "disposed", phone=PHONE)
    assert case.informed_at is not None
    notice = Notice.objects.get(template="case_disposed")
    actions.message_failed(subject_id=case.id, notice_id=notice.id, now=now + timedelta(hours=9))
    case = fresh(case)
    assert (case.informed_at, case.first_response_at) == (None, None)
    assert "call_or_visit" in todos(case)


def test_a_stale_page_changes_nothing(county: Scene, now: datetime) -> None:
    case = reported(county, now).case
    actions.take_up(case=case, by=county.grid_worker, now=now, version=1)
    with pytest.raises(Stale) as stale:
        actions.reply(case=case, text="好", by=county.grid_worker, now=now, version=1)
    assert stale.value.status == 409 and fresh(case).version == 2


@pytest.mark.django_db(transaction=True)
def test_of_eight_who_take_it_up_at_once_one_has_it(scene: Scene, now: datetime) -> None:
    with county_scope(COUNTY):
        case = reported(scene, now).case
    start, results = threading.Barrier(8), []

    def take() -> None:
        with county_scope(COUNTY):
            start.wait()
            try:
                actions.take_up(case=case, by=scene.grid_worker, now=now, version=1)
                results.append("taken")
            except Stale:
                results.append("stale")
        connections.close_all()

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["stale"] * 7 + ["taken"]
    with county_scope(COUNTY):
        assert fresh(case).version == 2 and fresh(case).steps.count() == 2


# ── the same result sent again by a phone ────────────────────────────────────────────────────────────────────────


def test_a_result_sent_again_is_the_same_result(county: Scene, now: datetime) -> None:
    case, _receipt = in_state(county, now, "in_hand")
    told: dict[str, Any] = {"case": case, "result": "换了灯泡", "version": case.version, "client_id": uuid7()}
    done = actions.dispose(by=county.grid_worker, now=now, photos=[picture()], **told)
    steps, notices, files = done.steps.count(), Notice.objects.count(), StoredFile.objects.count()
    again = actions.dispose(by=county.grid_worker, now=now + timedelta(days=2), photos=[picture()], **told)
    assert (again.id, again.version, again.disposed_at) == (done.id, done.version, now)
    assert (done.steps.count(), Notice.objects.count(), StoredFile.objects.count()) == (steps, notices, files)
    with pytest.raises(Refused) as refused:
        actions.dispose(by=county.grid_worker, now=now, **(told | {"result": "没有修"}))
    assert (refused.value.code, refused.value.status) == ("client_id_taken", 409)
    with pytest.raises(Stale):  # another person's key says nothing about him
        actions.dispose(by=county.community_clerk, now=now, **told)
    with pytest.raises(Stale):
        actions.dispose(by=county.grid_worker, now=now, **(told | {"client_id": uuid7()}))
    with pytest.raises(NotFound):
        actions.dispose(by=county.other_resident, now=now, **told)
    assert fresh(case).result == "换了灯泡"


def test_a_result_sent_again_after_the_case_came_back_is_not_written_anew(
    county: Scene, now: datetime
) -> None:
    case, _receipt = in_state(county, now, "in_hand")
    told: dict[str, Any] = {"case": case, "result": "换了灯泡", "version": case.version, "client_id": uuid7()}
    done = actions.dispose(by=county.grid_worker, now=now, **told)
    actions.reopen(case=case, reason="又坏了", by=county.community_clerk, now=now, version=done.version)
    again = actions.dispose(by=county.grid_worker, now=now, **told)
    assert again.state != "disposed" and again.steps.filter(action="dispose").count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_equal_results_at_once_one_is_written(scene: Scene, now: datetime) -> None:
    with county_scope(COUNTY):
        case, _receipt = in_state(scene, now, "in_hand")
    start, results, key = threading.Barrier(2), [], uuid7()

    def send() -> None:
        with county_scope(COUNTY):
            start.wait()
            done = actions.dispose(
                case=case, result="换了灯泡", by=scene.grid_worker, now=now, version=case.version,
                photos=[picture()], client_id=key,
            )  # fmt: skip
            results.append((done.state, done.version))
        connections.close_all()

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with county_scope(COUNTY):
        row = fresh(case)
        assert results == [("disposed", row.version)] * 2
        assert row.steps.filter(action="dispose").count() == 1
        assert StoredFile.objects.filter(subject_id=case.id).count() == 1


# ── who may not ──────────────────────────────────────────────────────────────────────────────────────────────────

GIVEN: dict[str, dict[str, Any]] = {
    "accept": {},
    "refuse": {"reason": "不归", "where": "别处"},
    "take_up": {},
    "reply": {"text": "好"},
    "dispose": {"result": "好了"},
    "inform": {"outcome": "reached"},
    "close": {},
    "reopen": {"reason": "没修好"},
}
ALLOWED = {
    "accept": {"community_clerk", "street_clerk", "county_clerk"},
    "refuse": {"community_clerk", "street_clerk", "county_clerk"},
    "take_up": {"grid_worker", "community_clerk", "street_clerk", "county_clerk"},
    "reply": {"grid_worker", "community_clerk", "street_clerk", "county_clerk"},
    "dispose": {"grid_worker", "community_clerk", "street_clerk", "county_clerk"},
    "inform": {"grid_worker", "community_clerk", "street_clerk", "county_clerk"},
    "close": {"community_clerk", "street_clerk", "county_clerk"},
    "reopen": {"community_clerk", "street_clerk", "county_clerk", "resident"},
}
SEES = {"community_clerk", "street_clerk", "county_clerk", "grid_worker", "leader", "admin", "resident"}
EVERYBODY = sorted(
    SEES
    | {"stranger", "other_resident", "rider", "merchant", "department", "other_grid_worker", "other_clerk"}
)


@pytest.mark.parametrize("state", STATES)
def test_every_action_from_every_state_through_the_database(county: Scene, now: datetime, state: str) -> None:
    case, _receipt = in_state(county, now, state)
    for action, more in GIVEN.items():
        if state in TRANSITIONS[action].sources:
            continue
        with pytest.raises(Refused) as refused:
            getattr(actions, action)(case=case, by=county.county_clerk, now=now, version=case.version, **more)
        assert refused.value.code == "not_now", action
    assert fresh(case).version == case.version


@pytest.mark.parametrize("action", sorted(GIVEN))
def test_who_may_take_each_action(county: Scene, now: datetime, action: str) -> None:
    state = next(one for one in ("reported", "in_hand", "disposed") if one in TRANSITIONS[action].sources)
    for who in EVERYBODY:
        case, _receipt = in_state(county, now, "disposed" if action == "inform" else state, by="resident")
        if action == "inform":
            actions.message_failed(subject_id=case.id, notice_id=uuid7(), now=now)
        actor = getattr(county, who)
        act = partial(
            getattr(actions, action),
            case=case,
            by=actor,
            now=now + timedelta(hours=9),
            version=case.version,
            **GIVEN[action],
        )
        if who in ALLOWED[action]:
            act()
            assert action in TRANSITIONS
            continue
        with pytest.raises(NotAllowed if who in SEES else NotFound):
            act()
        assert fresh(case).version == case.version


def test_what_may_be_done_is_what_is_allowed(county: Scene, now: datetime) -> None:
    case, _receipt = in_state(county, now, "in_hand")
    mine = set(queries.allowed_for(county.grid_worker, case))
    assert {"reply", "dispose", "inform", "return_not_ours", "escalate", "defer"} <= mine
    assert not mine & {"accept", "dispatch", "arbitrate", "supervise", "decide_deferral", "refuse", "close"}
    assert queries.allowed_for(county.leader, case) == ("urge", "supervise", "sign_off_supervision")
    case, _receipt = in_state(county, now, "disposed")
    clerks = set(queries.allowed_for(county.community_clerk, case))
    assert {"inform", "follow_up", "close", "reopen", "verify_pass", "verify_fail"} <= clerks
    assert not {"verify_pass", "verify_fail", "close", "reopen"} & set(
        queries.allowed_for(county.grid_worker, case)
    )


def test_a_todo_by_name_lets_a_colleague_in(county: Scene, now: datetime) -> None:
    from mulin.ground.worklist import actions as worklist

    case, _receipt = in_state(county, now, "in_hand")
    other = county.other_grid_worker
    assert queries.find(other, case.id) is None
    item = WorkItem.objects.get(subject_id=case.id, done_at=None)
    worklist.reassign(item=item.id, by=county.community_clerk, now=now, person=other.person)
    assert queries.find(other, case.id) == case
    case = actions.dispose(
        case=case, result="修好了", by=other, now=now + timedelta(hours=2), version=case.version
    )
    assert case.state == "disposed"


def test_nothing_is_reached_from_the_neighbouring_county(scene: Scene, now: datetime) -> None:
    with county_scope(COUNTY):
        made = reported(scene, now)
    with county_scope(scene.neighbour.code):
        assert queries.find(scene.neighbour_admin, made.case.id) is None
        assert queries.by_receipt(made.receipt) is None
        with pytest.raises(NotFound):
            actions.close(case=made.case.id, by=scene.neighbour_admin, now=now, version=1)


# ── contacts ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_contacts_are_masked_and_opened_only_for_handlers_with_a_trace(county: Scene, now: datetime) -> None:
    case = reported(county, now, phone=PHONE, name="王秀英", by="resident").case
    (masked,) = queries.reporters(case)
    assert (masked.name, masked.phone) == ("王**", "138****5678")
    (contact,) = actions.show_contact(case=case, by=county.grid_worker, now=now)
    assert (contact.name, contact.phone) == ("王秀英", PHONE)
    (deed,) = trail.who_looked_at(county.persons["resident"].id)
    assert (deed.verb, deed.person) == ("case.contact.viewed", county.persons["grid_worker"].id)
    for who in ("leader", "admin", "resident"):
        with pytest.raises(NotAllowed):
            actions.show_contact(case=case, by=getattr(county, who), now=now)
    for who in ("other_grid_worker", "other_clerk", "stranger", "department"):
        with pytest.raises(NotFound):
            actions.show_contact(case=case, by=getattr(county, who), now=now)
    with pytest.raises(NotFound):
        actions.show_contact(case=uuid7(), by=county.grid_worker, now=now)


def test_every_deed_is_in_the_trail(county: Scene, now: datetime) -> None:
    case, receipt = in_state(county, now, "disposed", by="resident")
    actions.rate(receipt=receipt, score="satisfied", by=county.resident, now=now + timedelta(hours=6))
    verbs = [deed.verb for deed in trail.of_subject("case", case.id)]
    assert verbs == ["case.report", "case.take_up", "case.dispose", "case.rate", "case.close"]
