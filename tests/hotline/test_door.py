"""The door itself: who comes in, what is refused and how it says so, and that nothing makes it fail."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mulin.ground.systems import actions as systems
from mulin.kernel.county import county_scope
from mulin.services.cases.models import HotlineOrder
from mulin.services.cases.rules.hotline import ANSWERED, TERMS, Term, term
from mulin.services.cases.rules.states import State
from tests.hotline.conftest import V1, Platform
from tests.personas import NEIGHBOUR


def test_every_state_of_ours_has_a_term_of_theirs() -> None:
    assert set(TERMS) == set(State)
    assert set(TERMS.values()) | {Term.DEFERRING} == set(Term)
    assert term("disposed", verification="second_person") not in ANSWERED
    assert term("in_hand", deferring=True) == Term.DEFERRING
    assert term("closed", deferring=True) == Term.FILED


def test_without_a_key_with_another_countys_or_without_the_scope_nobody_comes_in(
    platform: Platform, morning: Any
) -> None:
    scene = platform.scene
    _row, reads = systems.open_system(
        name="别的平台", purpose="看", scopes=["system_read"], per_minute=60, by=scene.admin, now=morning
    )
    with county_scope(NEIGHBOUR):
        _row, theirs = systems.open_system(
            name="邻县热线", purpose="对接", scopes=["system_hotline"], per_minute=60, by=scene.neighbour_admin, now=morning
        )  # fmt: skip
    platform.order()
    for key, code in (("", "bad_key"), ("nonsense", "bad_key"), (theirs, "bad_key"), (reads, "no_scope")):
        for path in ("/changes", "/orders/JP20260901001"):
            assert platform.get(path, 403, key=key)["error"]["code"] == code
        answer = platform.send("{}", key=key)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, code)
    # At home the neighbour's key opens the neighbour's door, and an order of ours is none there.
    there = Client(SERVER_NAME="localhost")
    found = there.get(f"{V1}/orders/JP20260901001", headers={"Authorization": f"Bearer {theirs}"})
    assert (found.status_code, found.json()["error"]["code"]) == (404, "no_such_order")


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"text": ...}, "text"),
        ({"text": "  "}, "text"),
        ({"received_at": "昨天"}, "received_at"),
        ({"received_at": "2026-02-30T08:00:00"}, "received_at"),
        ({"due_at": "2026-08-01T08:00:00"}, "due_at"),
        ({"caller_phone": "一三八"}, "caller_phone"),
        ({"confidential": "是"}, "confidential"),
        ({"urgency": "快"}, "urgency"),
        ({"order_type": "什么"}, "order_type"),
        ({"lon": 500}, "lon"),
        ({"lat": ...}, "lon"),
        ({"area_code": "999999999999"}, "area_code"),
        ({"title": "长" * 201}, "title"),
        ({"id_card": "x"}, "id_card"),
        ({"message_id": ...}, "message_id"),
        ({"kind": "poem"}, "kind"),
    ],
)
def test_what_is_wrong_is_said_with_the_name_of_its_field(
    platform: Platform, said: dict[str, Any], field: str
) -> None:
    told = {
        "message_id": "1", "kind": "order", "order_no": "JP1", "received_at": "2026-09-01 08:30:00",
        "text": "路灯不亮", "lon": 119.645, "lat": 41.405,
    }  # fmt: skip
    body = {name: one for name, one in (told | said).items() if one is not ...}
    answer = platform.send(json.dumps(body))
    error = answer.json()["error"]
    assert (answer.status_code, error["field"]) == (400, field) and error["message"]
    assert not HotlineOrder.objects.exists()


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"\xff", b"{", b'{"a": NaN}', b'{"kind":"order","kind":"urge"}', b"[" * 100_000, b"1" * 5000]
)  # fmt: skip
def test_what_is_no_object_is_refused(platform: Platform, raw: bytes) -> None:
    assert platform.send(raw).status_code == 400
    assert platform.send(raw, kind="text/xml").json()["error"]["code"] == "bad_type"


def test_cursors_that_were_never_given_and_other_addresses(platform: Platform) -> None:
    for asked in ("after=1", "after=-1", "after=x", "limit=0", "limit=201", "after=9999999999999999"):
        assert platform.get(f"/changes?{asked}", 400)["error"]["field"] in ("after", "limit")
    assert platform.get("/nowhere", 404)["error"]["code"] == "no_such_address"
    answer = platform.client.get(f"{V1}/messages", headers={"Authorization": f"Bearer {platform.key}"})
    assert (answer.status_code, answer["Allow"]) == (405, "POST")


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=30),
    st.sampled_from(["\0", "\ud800", "JP20260901001", "2026-09-01 08:30:00", "9999-12-31T23:59:59-23:59", "满意", "urge"]),
    st.lists(st.integers(), max_size=2),
)  # fmt: skip
NAMES = st.sampled_from(
    ["message_id", "kind", "order_no", "received_at", "text", "title", "due_at", "caller_name", "caller_phone", "urgency",
     "lon", "lat", "granted", "reason", "score", "solved", "comment", "note", "related_order", "order_type", "confidential"]
)  # fmt: skip
KINDS = st.sampled_from(
    ["order", "amend", "urge", "withdraw", "extension_decision", "return_decision", "callback"]
)


@settings(
    max_examples=120, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(kind=KINDS, more=st.dictionaries(NAMES, VALUES, max_size=6))
def test_nothing_that_is_sent_makes_the_door_fail(
    platform: Platform, kind: str, more: dict[str, Any]
) -> None:
    told = {
        "message_id": "f", "kind": kind, "order_no": "JP20260901001", "received_at": "2026-09-01 08:30:00",
        "text": "路灯", "granted": False, "reason": "x", "score": "满意",
    }  # fmt: skip
    fields = {
        "order": {"received_at", "text"}, "withdraw": {"reason"}, "callback": {"score"},
        "extension_decision": {"granted", "reason"}, "return_decision": {"granted", "reason"},
    }.get(kind, set())  # fmt: skip
    body = {name: one for name, one in told.items() if name in fields | {"message_id", "kind", "order_no"}}
    answer = platform.send(json.dumps(body | more))
    assert answer.status_code < 500
    if answer.status_code != 200:
        assert answer.json()["error"]["message"]
