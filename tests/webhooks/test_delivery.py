"""Events on their way: each once, in order per case, however long the other side is away."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from mulin.ground.systems import actions as systems
from mulin.ground.webhooks import actions, queries
from mulin.ground.webhooks.actions import out, outbox
from mulin.ground.webhooks.models import Delivery
from mulin.ground.webhooks.rules import LEASE, PATIENCE, Failure, State
from mulin.ground.worklist import queries as work
from mulin.kernel.secrets import decrypt
from mulin.services.cases import actions as cases
from mulin.services.cases.models import Case
from mulin.services.cases.rules import Provenance
from tests.cases.scenes import in_state, reported
from tests.cases.test_imports import ONE, TWO, bring
from tests.personas import Scene
from tests.webhooks.conftest import Subscribe, a_system
from tests.webhooks.consumer import Consumer, Received, genuine, says

MINUTE = timedelta(minutes=1)


def by_case(received: list[Received]) -> dict[str, list[str]]:
    told = defaultdict(list)
    for one in received:
        told[one.body["data"]["case"]].append(one.body["type"])
    return dict(told)


def states() -> list[str]:
    return list(Delivery.objects.order_by("version", "id").values_list("state", flat=True))


# ── what arrives ─────


def test_an_event_says_which_case_did_what_and_nothing_of_anybody(
    county: Scene, now: datetime, peer: Consumer, subscribe: Subscribe
) -> None:
    _row, secret = subscribe()
    made = reported(county, now, phone="13812345678", name="王秀英")
    assert actions.send_due(now=now) == 1
    (told,) = peer.received
    event = Delivery.objects.get()
    assert told.path == "/hook?from=mulin" and told.headers["content-type"] == "application/json"
    assert told.headers["webhook-id"] == str(event.id) and genuine(told, secret)
    assert abs(int(told.headers["webhook-timestamp"]) - now.timestamp()) < 60
    assert told.headers["host"] == f"127.0.0.1:{peer.port}"
    assert told.body == {
        "id": str(event.id),
        "type": "case.reported",
        "timestamp": "2026-09-01T01:00:00.000Z",
        "data": {
            "county": "211322",
            "case": made.case.number,
            "version": 1,
            "state": "reported",
            "url": f"https://testserver/open311/v2/requests/{made.case.number}.json",
        },
    }
    assert len(told.raw) < 500 and secret not in told.raw.decode()
    assert actions.send_due(now=now + MINUTE) == 0 and len(peer.received) == 1


def test_the_secret_lies_encrypted_and_both_sign_for_a_day_after_a_change(
    county: Scene, now: datetime, peer: Consumer, subscribe: Subscribe
) -> None:
    row, old = subscribe()
    row.refresh_from_db()
    assert old not in row.secret_sealed and decrypt(row.secret_sealed, bound_to="webhook.secret") == old
    _row, new = actions.rotate(subscription=row.id, by=county.admin, now=now)
    for later, by_old in ((timedelta(hours=23), True), (timedelta(hours=25), False)):
        actions.send_test(subscription=row.id, by=county.admin, now=now + later)
        assert actions.send_due(now=now + later) == 1
        assert genuine(peer.received[-1], new) and genuine(peer.received[-1], old) is by_old
    assert peer.received[-1].body["type"] == "test"


def test_a_case_that_goes_all_the_way_is_told_step_by_step(
    county: Scene, now: datetime, peer: Consumer, subscribe: Subscribe
) -> None:
    subscribe()
    case, _receipt = in_state(county, now, "closed")
    actions.send_due(now=now + timedelta(days=1))
    assert by_case(peer.received)[case.number] == [
        "case.reported",
        "case.taken_up",
        "case.disposed",
        "case.closed",
    ]
    versions = [one.body["data"]["version"] for one in peer.received]
    assert versions == sorted(versions) and peer.received[-1].body["data"]["state"] == "closed"


# ── who is told ─────


def test_a_system_without_the_scope_learns_of_its_own_reports_alone(
    county: Scene, now: datetime, peer: Consumer, subscribe: Subscribe
) -> None:
    mine = a_system(county, now, scopes=("system_report",))
    subscribe(system=mine)
    reported(county, now)
    own = reported(county, now).case
    assert not Delivery.objects.exists()
    Case.objects.filter(pk=own.pk).update(system=mine)
    cases.take_up(case=own.id, by=county.grid_worker, now=now, version=None)
    assert [one.number for one in Delivery.objects.all()] == [own.number]


def test_only_wanted_events_and_nothing_of_the_past(
    county: Scene, now: datetime, peer: Consumer, subscribe: Subscribe
) -> None:
    subscribe(events=["case.closed"])
    case, _receipt = in_state(county, now, "disposed")
    assert not Delivery.objects.exists()
    Case.objects.filter(pk=case.pk).update(provenance=Provenance.HISTORIC)
    cases.close(case=case.id, by=county.community_clerk, now=now, version=None)
    assert not Delivery.objects.exists()


def test_a_deed_costs_nothing_where_nobody_listens_and_one_statement_where_somebody_does(
    county: Scene, now: datetime, peer: Consumer, subscribe: Subscribe
) -> None:
    def spent(act: Any) -> int:
        with CaptureQueriesContext(connection) as caught:
            act()
        return sum(1 for one in caught if "webhooks_" in one["sql"])

    first, second, third = (reported(county, now).case for _n in range(3))

    def take(case: Case) -> Any:
        return lambda: cases.take_up(case=case, by=county.grid_worker, now=now, version=None)

    assert spent(take(first)) == 0
    subscribe()
    assert spent(take(second)) == 2, "asked once in half a minute, and the row"
    assert spent(take(third)) == 1


def test_what_is_taken_back_with_its_deed_was_never_told(
    county: Scene, now: datetime, peer: Consumer, subscribe: Subscribe
) -> None:
    subscribe()
    with pytest.raises(RuntimeError, match="power"), transaction.atomic():
        reported(county, now)
        assert Delivery.objects.count() == 1
        raise RuntimeError("power")
    assert Delivery.objects.count() == Case.objects.count() == 0


# ── the other side is away ─────


def test_a_consumer_that_is_down_for_an_hour_gets_each_event_once_in_order_per_case(
    county: Scene, now: datetime, peer: Consumer, subscribe: Subscribe
) -> None:
    _row, secret = subscribe()
    made = [reported(county, now).case for _n in range(3)]
    assert actions.send_due(now=now) == 3
    peer.down()
    deeds = {
        5: lambda at: cases.take_up(case=made[0].id, by=county.grid_worker, now=at, version=None),
        8: lambda at: cases.take_up(case=made[1].id, by=county.grid_worker, now=at, version=None),
        20: lambda at: cases.dispose(
            case=made[0].id, result="修好了", by=county.grid_worker, now=at, version=None
        ),
        35: lambda at: made.append(reported(county, at).case),
        50: lambda at: cases.reopen(
            case=made[0].id, reason="还不亮", by=county.community_clerk, now=at, version=None
        ),
        80: lambda at: cases.take_up(case=made[2].id, by=county.grid_worker, now=at, version=None),
    }
    for minute in range(1, 120):
        at = now + minute * MINUTE
        if minute == 60:
            assert len(peer.received) == 3 and set(states()) == {State.DONE, State.WAITING}
            peer.up()
        if minute in deeds:
            deeds[minute](at)
        actions.send_due(now=at)
        actions.tend(now=at)
        if minute == 76:
            assert State.WAITING not in states(), "a quarter of an hour after it came back all had arrived"
    assert by_case(peer.received) == {
        made[0].number: ["case.reported", "case.taken_up", "case.disposed", "case.reopened"],
        made[1].number: ["case.reported", "case.taken_up"],
        made[2].number: ["case.reported", "case.taken_up"],
        made[3].number: ["case.reported"],
    }
    ids = [one.headers["webhook-id"] for one in peer.received]
    assert len(ids) == len(set(ids)) == Delivery.objects.count() == 9
    assert all(genuine(one, secret) for one in peer.received)
    assert set(states()) == {State.DONE} and not work.of_subject("webhook", _row.id).exists()


def test_a_refused_event_holds_back_its_own_case_and_no_other(
    county: Scene, now: datetime, peer: Consumer, subscribe: Subscribe
) -> None:
    subscribe()
    bad, good = reported(county, now).case, reported(county, now).case
    poison = {"on": True}

    def answer(handler: Any, told: Received) -> None:
        says(500 if poison["on"] and told.body["data"]["case"] == bad.number else 200)(handler, told)

    peer.answer = answer
    for case in (bad, good):
        cases.take_up(case=case.id, by=county.grid_worker, now=now, version=None)
    assert actions.send_due(now=now) == 2
    assert by_case(peer.received) == {
        bad.number: ["case.reported"],
        good.number: ["case.reported", "case.taken_up"],
    }
    held = Delivery.objects.get(number=bad.number, event="case.reported")
    assert (held.status, held.failure, held.attempts) == (500, Failure.STATUS, 1)
    assert held.next_try_at is not None and timedelta(seconds=20) < held.next_try_at - now < timedelta(
        seconds=40
    )
    poison["on"] = False
    assert actions.send_due(now=held.next_try_at) == 2
    assert by_case(peer.received)[bad.number] == ["case.reported", "case.reported", "case.taken_up"]


def test_a_silent_address_is_left_alone_and_costs_one_try_at_a_time(
    county: Scene, now: datetime, peer: Consumer, subscribe: Subscribe, monkeypatch: pytest.MonkeyPatch
) -> None:
    row, _secret = subscribe()
    for _n in range(20):
        reported(county, now)
    tries = []
    monkeypatch.setattr(
        "mulin.ground.webhooks.actions.outbox.deliver",
        lambda **told: tries.append(told) or out.Answer(Failure.TIMEOUT),
    )
    actions.send_due(now=now)
    actions.send_due(now=now + timedelta(seconds=10))
    assert len(tries) == 1
    for minute in range(1, 4 * 60):
        actions.send_due(now=now + minute * MINUTE)
    row.refresh_from_db()
    assert len(tries) == row.silences and 4 * 4 <= len(tries) <= 4 * 4 + 8


def test_whoever_asks_for_time_gets_it(
    county: Scene, now: datetime, peer: Consumer, subscribe: Subscribe
) -> None:
    row, _secret = subscribe()
    peer.answer = says(429, Retry_After="120")
    reported(county, now), reported(county, now)
    actions.send_due(now=now)
    row.refresh_from_db()
    assert len(peer.received) == 1 and row.rests_until == now + timedelta(minutes=2)
    peer.answer = None
    assert actions.send_due(now=now + MINUTE) == 0
    assert actions.send_due(now=now + 3 * MINUTE) == 2


# ── in the end ─────


def test_what_never_arrives_is_marked_told_to_the_administrator_and_sent_again_by_hand(
    county: Scene, now: datetime, peer: Consumer, subscribe: Subscribe
) -> None:
    row, _secret = subscribe()
    case, _receipt = in_state(county, now, "in_hand")
    peer.answer = says(500)
    moment = now
    while moment < now + PATIENCE + timedelta(days=1):
        actions.send_due(now=moment)
        actions.tend(now=moment)
        moment += timedelta(hours=1)
    assert states() == [State.FAILED, State.FAILED]
    assert 8 < len(peer.received) < 60, "later and later"
    (todo,) = work.open_for(county.admin)
    assert todo.kind == "webhook_failed" and todo.subject_id == row.id and "127.0.0.1" in todo.title
    assert not work.open_for(county.county_clerk).exists()
    peer.answer, seen = None, len(peer.received)
    assert actions.resend(subscription=row.id, by=county.admin, now=moment) == 2
    assert not work.open_for(county.admin).exists()
    assert actions.send_due(now=moment) == 2
    assert by_case(peer.received[seen:]) == {case.number: ["case.reported", "case.taken_up"]}
    assert peer.received[-1].headers["webhook-id"] == str(Delivery.objects.order_by("-version").first().id)  # type: ignore[union-attr]


def test_gone_for_good_pauses_and_asks_to_look(
    county: Scene, now: datetime, peer: Consumer, subscribe: Subscribe
) -> None:
    row, _secret = subscribe()
    peer.answer = says(410)
    reported(county, now), reported(county, now)
    actions.send_due(now=now)
    row.refresh_from_db()
    assert row.paused_at == now and len(peer.received) == 1 and work.open_for(county.admin).count() == 1
    actions.tend(now=now + PATIENCE)
    assert states() == [State.FAILED, State.FAILED]


def test_a_pause_keeps_what_happens_and_sends_it_afterwards(
    county: Scene, now: datetime, peer: Consumer, subscribe: Subscribe
) -> None:
    row, _secret = subscribe()
    actions.pause(subscription=row.id, by=county.admin, now=now)
    in_state(county, now, "in_hand")
    assert actions.send_due(now=now + timedelta(hours=2)) == 0 and not peer.received
    actions.resume(subscription=row.id, by=county.admin, now=now + timedelta(hours=3))
    assert actions.send_due(now=now + timedelta(hours=3)) == 2


@pytest.mark.parametrize("stop", ["ended", "system closed"])
def test_nothing_is_sent_any_more_after_the_end(
    stop: str, county: Scene, now: datetime, peer: Consumer, subscribe: Subscribe
) -> None:
    row, _secret = subscribe()
    reported(county, now)
    if stop == "ended":
        actions.end(subscription=row.id, by=county.admin, now=now)
    else:
        systems.close_system(system=row.system_id, why="合同到期", by=county.admin, now=now)
    assert actions.send_due(now=now) == 0
    actions.tend(now=now)
    assert states() == [State.DROPPED] and not peer.received
    queries.forget()  # half a minute later, in whatever process
    reported(county, now)
    assert len(states()) == 1


def test_settled_deliveries_are_forgotten_after_a_month(
    county: Scene, now: datetime, peer: Consumer, subscribe: Subscribe
) -> None:
    subscribe()
    reported(county, now)
    actions.send_due(now=now)
    actions.tend(now=now + timedelta(days=29))
    assert Delivery.objects.count() == 1
    actions.tend(now=now + timedelta(days=30))
    assert Delivery.objects.count() == 0


# ── a process dies ─────


def test_what_a_dead_process_had_in_hand_is_sent_again_under_the_same_id(
    county: Scene, now: datetime, peer: Consumer, subscribe: Subscribe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between the answer and the mark: at least once, never lost, and the consumer can tell."""
    subscribe()
    in_state(county, now, "in_hand")
    at = now + timedelta(hours=2)

    def killed(*_args: Any, **_told: Any) -> bool:
        raise SystemExit("kill -9")

    with monkeypatch.context() as broken:
        broken.setattr("mulin.ground.webhooks.actions.outbox._mark", killed)
        with pytest.raises(SystemExit):
            actions.send_due(now=at)
    assert states() == [State.SENDING, State.WAITING] and len(peer.received) == 1
    assert actions.send_due(now=at + MINUTE) == 0, "another process waits, and keeps the order"
    assert actions.send_due(now=at + LEASE) == 2
    ids = [one.headers["webhook-id"] for one in peer.received]
    assert ids[0] == ids[1] != ids[2] and by_case(peer.received).popitem()[1][1:] == [
        "case.reported",
        "case.taken_up",
    ]


def test_a_process_that_was_taken_for_dead_marks_nothing(
    county: Scene, now: datetime, peer: Consumer, subscribe: Subscribe
) -> None:
    subscribe()
    reported(county, now)
    slow = outbox._lease(now)
    assert slow is not None
    assert actions.send_due(now=now + LEASE) == 1
    outbox._mark(slow, out.Answer(Failure.TIMEOUT), now=now + LEASE)
    assert states() == [State.DONE]


def test_an_import_of_messages_tells_each_new_case_in_order(
    county: Scene, now: datetime, peer: Consumer, subscribe: Subscribe
) -> None:
    subscribe()
    bring(ONE, TWO, live=True)
    actions.send_due(now=now)
    assert sorted(by_case(peer.received).values()) == [
        ["case.reported"],
        ["case.reported", "case.disposed", "case.closed"],
    ]
    bring(["201", *ONE[1:]])
    assert Delivery.objects.count() == 4, "history is nobody's news"


# ── the key was closed ─────


def test_with_its_key_a_systems_subscriptions_end_and_nobody_is_asked_to_look(
    county: Scene, now: datetime, peer: Consumer, subscribe: Subscribe
) -> None:
    row, _secret = subscribe()
    reported(county, now)
    Delivery.objects.update(state=State.FAILED, settled_at=now, next_try_at=None)
    outbox._ask_to_look(row, now)
    reported(county, now)
    assert work.of_subject("webhook", row.id).exists()
    systems.close_system(system=row.system_id, why="合同到期", by=county.admin, now=now)
    assert actions.tend(now=now + MINUTE) == 1
    row.refresh_from_db()
    assert (row.ended_at, row.secret_sealed) == (now + MINUTE, "")
    assert not work.of_subject("webhook", row.id).exists()
    assert sorted(Delivery.objects.values_list("state", flat=True)) == ["dropped", "failed"]
    entries = apps.get_model("trail.AuditEntry").objects.filter(verb="webhook.ended")
    assert [one.subject_id for one in entries] == [row.id]
    assert actions.tend(now=now + 2 * MINUTE) == 0 and entries.count() == 1
    assert actions.send_due(now=now + 2 * MINUTE) == 0 and not peer.received
