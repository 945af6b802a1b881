"""Systems that are let in with a key: who lets them in, what is kept of it, what they may do, what is done once."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connections

from mulin.ground.systems import actions, queries
from mulin.ground.systems.models import Answered, System, SystemDay
from mulin.ground.systems.rules import KEPT, RESENT, VISITS_PER_MINUTE, WRONG_KEYS
from mulin.ground.trail.models import AuditEntry
from mulin.kernel.county import county_scope
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from mulin.kernel.ids import is_token, read_public
from tests.personas import COUNTY, NEIGHBOUR, Scene


def let_in(scene: Scene, now: datetime, **more: Any) -> tuple[System, str]:
    told: dict[str, Any] = {
        "name": "城管平台", "purpose": "转来问题", "scopes": ["system_report"], "per_minute": 3, "by": scene.admin,
    }  # fmt: skip
    return actions.open_system(now=now, **(told | more))


def admit(key: str, now: datetime, scope: str = "", address: str = "10.0.0.1") -> Any:
    return actions.admit(key=key, scope=scope, address=address, now=now)


def test_the_key_names_its_county_and_is_not_kept(county: Scene, now: datetime) -> None:
    row, key = let_in(county, now)
    assert key.startswith("211322-") and read_public(key) == (COUNTY, key) and is_token(key)
    assert queries.county_of_key(key) == COUNTY
    stored = {field.name: str(getattr(row, field.attname)) for field in System._meta.concrete_fields}
    assert key not in str(stored) and key[7:] not in str(stored)
    deed = AuditEntry.objects.get(verb="system.opened")
    assert (
        deed.person == county.admin.person and deed.facts["name"] == "城管平台" and key not in str(deed.facts)
    )


def test_it_acts_with_its_scopes_and_in_its_own_name(county: Scene, now: datetime) -> None:
    row, key = let_in(county, now)
    actor = admit(key, now, "system_report")
    assert (actor.connected, actor.called, actor.program) == (row.id, "城管平台", "城管平台")
    assert actor.holds("system_report") and not actor.holds("system_read", "admin") and not actor.system
    assert not actor.anonymous and actor.person is None
    assert admit(key.lower().replace("-", " "), now).connected == row.id
    with pytest.raises(NotAllowed) as refused:
        admit(key, now, "system_read")
    assert refused.value.code == "no_scope"
    assert [(day.calls, day.refused) for day in SystemDay.objects.all()] == [(3, 1)]
    assert queries.uses(on=now.date()) == {row.id: (3, 1)}
    assert queries.uses(on=now.date() + timedelta(days=30)) == {}


def test_more_than_its_requests_a_minute_wait_for_the_next(county: Scene, now: datetime) -> None:
    _row, key = let_in(county, now)
    for _one in range(3):
        admit(key, now)
    with pytest.raises(Refused) as refused:
        admit(key, now + timedelta(seconds=20))
    assert (refused.value.status, refused.value.wait) == (429, 40)
    admit(key, now + timedelta(seconds=61))


def test_wrong_keys_and_visitors_are_counted_by_address(county: Scene, now: datetime) -> None:
    for number in range(WRONG_KEYS):
        with pytest.raises(NotAllowed):
            admit(f"wrong {number}", now)
    with pytest.raises(Refused) as refused:
        admit("wrong", now)
    assert refused.value.status == 429
    with pytest.raises(NotAllowed):
        admit("wrong", now, address="10.0.0.2")
    for _one in range(VISITS_PER_MINUTE):
        actions.admit_visitor(address="10.0.0.1", now=now)
    with pytest.raises(Refused) as refused:
        actions.admit_visitor(address="10.0.0.1", now=now)
    assert refused.value.status == 429 and refused.value.wait == 60


def test_a_closed_key_and_one_of_another_county_open_nothing(county: Scene, now: datetime) -> None:
    row, key = let_in(county, now)
    with county_scope(NEIGHBOUR), pytest.raises(NotAllowed):
        admit(key, now)
    actions.close_system(system=row.id, why="不用了", by=county.admin, now=now)
    with pytest.raises(NotAllowed) as refused:
        admit(key, now)
    assert refused.value.code == "bad_key"
    with pytest.raises(Refused) as again:
        actions.close_system(system=row.id, why="不用了", by=county.admin, now=now)
    assert again.value.status == 409
    assert AuditEntry.objects.get(verb="system.closed").facts["why"] == "不用了"
    other, fresh = let_in(county, now)  # its name is free again
    assert fresh != key and [one.id for one in queries.systems()] == [other.id, row.id]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": " "}, "system_name"),
        ({"name": "长" * 41}, "system_name"),
        ({"purpose": ""}, "system_purpose"),
        ({"scopes": []}, "system_scopes"),
        ({"scopes": ["admin"]}, "system_scopes"),
        ({"per_minute": 0}, "system_per_minute"),
        ({"per_minute": 6001}, "system_per_minute"),
    ],
)
def test_what_must_be_said_of_it(county: Scene, now: datetime, change: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused) as refused:
        let_in(county, now, **change)
    assert refused.value.code == code and refused.value.field in change


def test_two_open_ones_never_have_one_name(county: Scene, now: datetime) -> None:
    let_in(county, now)
    with pytest.raises(Refused) as refused:
        let_in(county, now)
    assert (refused.value.code, refused.value.status) == ("system_name", 409)


@pytest.mark.parametrize("who", ["county_clerk", "leader", "street_clerk", "resident", "stranger"])
def test_only_the_county_s_administrator(county: Scene, now: datetime, who: str) -> None:
    row, _key = let_in(county, now)
    actor = getattr(county, who)
    with pytest.raises(NotAllowed):
        let_in(county, now, by=actor, name="别的")
    with pytest.raises(NotAllowed):
        actions.close_system(system=row.id, why="x", by=actor, now=now)
    with county_scope(NEIGHBOUR), pytest.raises(NotFound):
        actions.close_system(system=row.id, why="x", by=county.neighbour_admin, now=now)


# ── what is sent again ─────


def test_a_deed_is_done_once_per_key_and_answered_again(county: Scene, now: datetime) -> None:
    by, done = queries.actor_of(let_in(county, now)[0]), []

    def once(key: str, body: str, at: datetime = now) -> tuple[dict[str, Any], bool]:
        return actions.once(
            key=key, body=body, act=lambda: {"number": len(done) or done.append(1) or 1}, by=by, now=at
        )

    assert once("k", "a") == ({"number": 1}, False) and once("k", "a") == ({"number": 1}, True)
    with pytest.raises(Refused) as refused:
        once("k", "b")
    assert (refused.value.code, refused.value.status) == ("key_reused", 409)
    assert once("k", "b", now + KEPT)[1] is False
    assert once("", "a")[1] is False and once("", "a")[1] is True
    assert once("", "a", now + RESENT)[1] is False
    other = queries.actor_of(let_in(county, now, name="另一个")[0])
    assert actions.once(key="k", body="x", act=dict, by=other, now=now)[1] is False
    with pytest.raises(NotAllowed):
        actions.once(key="k", body="x", act=dict, by=county.admin, now=now)
    assert actions.tend(now=now + KEPT + KEPT) == 3 and Answered.objects.count() == 0


def test_what_was_refused_is_not_kept(county: Scene, now: datetime) -> None:
    by = queries.actor_of(let_in(county, now)[0])

    def refuse() -> dict[str, Any]:
        raise Refused("no", "no")

    with pytest.raises(Refused, match="no"):
        actions.once(key="k", body="a", act=refuse, by=by, now=now)
    assert actions.once(key="k", body="b", act=lambda: {"ok": True}, by=by, now=now) == ({"ok": True}, False)


@pytest.mark.django_db(transaction=True)
def test_of_parallel_resends_one_acts_and_all_are_answered(
    transactional_db: None, county: Scene, now: datetime
) -> None:
    by = queries.actor_of(let_in(county, now)[0])
    begun, said, gate = [], [], threading.Barrier(4)

    def act() -> dict[str, Any]:
        begun.append(1)
        threading.Event().wait(0.2)
        return {"number": len(begun)}

    def send() -> None:
        with county_scope(COUNTY):
            gate.wait()
            said.append(actions.once(key="k", body="a", act=act, by=by, now=now))
        connections.close_all()

    threads = [threading.Thread(target=send) for _one in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert begun == [1] and sorted(again for _answer, again in said) == [False, True, True, True]
    assert all(answer == {"number": 1} for answer, _again in said)
