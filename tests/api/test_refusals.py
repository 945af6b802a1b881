"""What is not let do: scopes, counties, strangers, stale versions, and everything that is no request of ours."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from mulin.ground.systems import actions as systems
from mulin.ground.systems.models import Answered
from mulin.ground.systems.rules import Scope
from mulin.kernel.county import county_scope
from mulin.kernel.errors import NotAllowed, Refused
from mulin.kernel.ids import uuid7
from mulin.readers.api import urls
from mulin.readers.api.views.door import RULES
from mulin.services.cases import actions as cases
from mulin.services.cases.models import Case, CaseStep
from mulin.services.cases.permissions import may
from mulin.services.cases.rules import BY_SYSTEM, TRANSITIONS
from tests.api.conftest import V1, Caller, Door, open_systems
from tests.personas import IN_GRID_A, NEIGHBOUR, Scene

NUMBER = "211322-00000000N"


def address(path: str, number: str) -> str:
    return path.replace("{number}", number).replace("{photo}", str(uuid7()))


assert urls.DECLARED
OPERATIONS = [(path, method) for path, methods in RULES.items() for method in methods]


def test_every_operation_asks_for_its_scope(door: Door, morning: datetime) -> None:
    """Without a key 401, with a key of every other scope 403; the public ones are open."""
    others = {
        "system_report": "reads",
        "system_act": "reads",
        "system_contact": "acts",
        "system_figures": "reads",
    }
    number = door.given(morning).number
    for path, method in OPERATIONS:
        rule, url = RULES[path][method], address(path, number)
        bare = ask(door, method, url)
        if rule.open:
            assert bare.status == 200, path
            continue
        assert (bare.status, bare.code) == (401, "bad_key"), path
        assert bare.raw["WWW-Authenticate"].startswith("Bearer")
        if rule.scope:
            refused = ask(door, method, url, others[rule.scope])
            assert (refused.status, refused.code) == (403, "no_scope"), path
            assert str(Scope(rule.scope).label)[:2] in refused.value["message"]
        known = ask(door, method, url, "full")
        assert known.status < 400 or known.code not in ("bad_key", "no_scope"), path


def ask(door: Door, method: str, url: str, key: str = "") -> Any:
    told = {"from_": "2026-09-01", "to": "2026-09-02"} if url == "/indicators" else {}
    return door.call.post(url, key, {"version": 1}) if method == "POST" else door.call.get(url, key, **told)


def test_a_key_of_another_county_opens_nothing_here(door: Door, morning: datetime, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    case = door.given(morning)
    with county_scope(NEIGHBOUR):
        _row, key = systems.open_system(
            name="邻县", purpose="x", scopes=["system_read", "system_report"], per_minute=60,
            by=door.scene.neighbour_admin, now=morning,
        )  # fmt: skip
    for path in ("/cases", f"/cases/{case.number}", "/me"):
        assert door.call.get(path, key).status == 401
    abroad = Caller({"own": key}, host="elsewhere.example")
    assert abroad.get("/me", "own").value["county"] == NEIGHBOUR
    assert abroad.get("/cases", "own").value["items"] == []
    assert abroad.get(f"/cases/{case.number}", "own").status == 404
    made = abroad.post("/cases", "own", {"text": "灯", "place_text": "路口"})
    assert made.status == 201 and made.value["number"].startswith(str(NEIGHBOUR))
    assert Case.objects.filter(number=made.value["number"]).count() == 0
    assert abroad.get("/places").code == "no_county"
    assert abroad.get("/places", county="211322").value["items"]
    assert abroad.get("/places", county="999999").status == 404


def test_without_acting_a_unit_is_nobodys_and_with_it_an_officer_of_it(
    county: Scene, morning: datetime
) -> None:
    unit, officer = county.units["department"].id, county.persons["department"].id
    told: dict[str, Any] = {"purpose": "x", "per_minute": 60, "by": county.admin, "now": morning}
    wrong: list[tuple[list[str], str]] = [
        (["system_act"], ""),
        (["system_act"], f"{unit}:{county.persons['resident'].id}"),
        (["system_act"], f"{county.units['other_department'].id}:{officer}"),
        (["system_act"], "nonsense"),
        (["system_read"], f"{unit}:{officer}"),
        (["system_contact"], ""),
    ]
    for scopes, answers in wrong:
        with pytest.raises(Refused) as refused:
            systems.open_system(name="x", scopes=scopes, answers=answers, **told)
        assert refused.value.field in ("answers", "scopes")
    row, _key = systems.open_system(name="x", scopes=["system_act"], answers=f"{unit}:{officer}", **told)
    assert (row.unit_id, row.answerable_id) == (unit, officer)


def test_a_system_has_no_act_beyond_its_own(door: Door, morning: datetime) -> None:
    """Whatever its scopes, and whoever answers for it: it passes, rates, closes and gives away nothing."""
    case = door.given(morning)
    actor = systems.admit(key=door.call.keys["full"], scope="", address="10.0.0.1", now=morning)
    for action in [*TRANSITIONS, "show_contact"]:
        assert may(actor, action, case) is (action in BY_SYSTEM and action != "assist_report"), action
    for act, more in (("close", {}), ("verify_pass", {}), ("accept", {}), ("share", {})):
        with pytest.raises(NotAllowed):
            getattr(cases, act)(case=case, by=actor, now=morning, version=None, **more)


def test_a_case_of_another_unit_is_none_or_not_its(door: Door, morning: datetime) -> None:
    other = door.given(morning, unit="other_department")
    assert door.act(other, "take_up").status == 404
    refused = door.act(other, "take_up", "full")
    assert (refused.status, refused.code) == (403, "not_your_unit")
    own = door.report("full").value["number"]
    refused = door.act(Case.objects.get(number=own), "reply", "full", text="x")
    assert (refused.status, refused.code) == (403, "not_your_unit")


def test_a_stale_version_gives_the_words_back(door: Door, morning: datetime) -> None:
    case = door.given(morning)
    read = case.version
    door.act(case, "take_up")
    refused = door.act(case, "reply", version=read, text="明早到场", way="phone")
    now = Case.objects.get(id=case.id).version
    assert (refused.status, refused.code, refused.value["version"]) == (409, "stale", now)
    assert refused.value["given"] == {"text": "明早到场", "way": "phone"}
    assert not CaseStep.objects.filter(case=case, action="reply").exists()
    again = door.act(case, "take_up")
    assert (again.status, again.code, again.value["version"]) == (409, "not_now", now)


def test_the_same_key_does_it_once(door: Door, morning: datetime) -> None:
    first, again = (door.report(again="4711") for _one in range(2))
    assert first.value == again.value and again.raw["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.raw and Case.objects.count() == 1
    other = door.report(again="4711", text="别的事")
    assert (other.status, other.code) == (409, "key_reused") and Case.objects.count() == 1
    case = door.given(morning)
    version = case.version
    taken, replay = (door.act(case, "take_up", again="a", version=version) for _one in range(2))
    assert taken.value == replay.value and replay.raw["Idempotent-Replayed"] == "true"
    assert CaseStep.objects.filter(case=case, action="take_up").count() == 1
    assert (
        door.act(case, "reply", again="a", text="x").code == "key_reused"
    )  # the key stands for its address, too
    assert door.report(again="x" * 201).status == 400
    kept = Answered.objects.count()
    assert door.report(again="bad", lon=999).status == 422 and Answered.objects.count() == kept


def test_too_many_wait(county: Scene, morning: datetime) -> None:
    _rows, keys = open_systems(county, morning, per_minute=2)
    call = Caller(keys)
    assert [call.get("/me", "reads").status for _one in range(3)] == [200, 200, 429]
    refused = call.get("/me", "reads")
    assert refused.code == "too_many" and 0 < int(refused.raw["Retry-After"]) <= 60
    assert call.get("/me", "counts").status == 200


WRONG: list[tuple[dict[str, Any], str]] = [
    ({}, "text"),
    ({"text": ""}, "text"),
    ({"text": "x" * 4001}, "text"),
    ({"text": "灯\u0000坏了"}, "text"),
    ({"text": "灯\ud800坏了"}, "text"),
    ({"text": 7}, "text"),
    ({"text": "灯", "surprise": 1}, "surprise"),
    ({"text": "灯", "lon": 119.6}, "lat"),
    ({"text": "灯", "lon": "119.6", "lat": "41.4"}, "lon"),
    ({"text": "灯", "lon": True, "lat": 41.4}, "lon"),
    ({"text": "灯", "lon": 1e300, "lat": 41.4}, "lon"),
    ({"text": "灯", "lon": 10**400, "lat": 41.4}, "lon"),
    ({"text": "灯"}, "place"),
    ({"text": "灯", "place": "/9/9/"}, "place"),
    ({"text": "灯", "place": "999999999999"}, "place"),
    ({"text": "灯", "place_text": "路口", "matter": "NOPE"}, "matter"),
    ({"text": "灯", "place_text": "路口", "phone": "12"}, "phone"),
    ({"text": "灯", "place_text": "路口", "photos": ["%%%"]}, "photos"),
    ({"text": "灯", "place_text": "路口", "photos": ["bm8="]}, ""),
    ({"text": "灯", "place_text": "路口", "photos": ["x"] * 4}, "photos"),
    ({"text": " \u200b ", "place_text": "路口"}, "text"),
]


def test_a_wrong_field_is_named(door: Door) -> None:
    for told, field in WRONG:
        answer = door.call.post("/cases", "reports", told)
        assert answer.status == 422 and answer.code, told
        assert not field or field in answer.value["fields"], (told, answer.value)
    assert Case.objects.count() == 0


BODIES: list[tuple[bytes, int]] = [
    (b" ", 400),
    (b"{", 400),
    (b"null", 422),
    (b"[]", 422),
    (b'"text"', 422),
    (b'{"text": NaN}', 400),
    (b'{"text": "a", "text": "b"}', 400),
    (b"\xff\xfe{}", 400),
    (b"[" * 100_000, 400),
    (b'{"a":' * 50 + b"1" + b"}" * 50, 400),
    (b'{"text": "a", "lon": ' + b"9" * 5000 + b"}", 400),
    (b'{"text": "\\ud800"}', 422),
]


def test_what_is_no_request_is_told_so(door: Door) -> None:
    for body, status in BODIES:
        answer = door.call.post("/cases", "reports", body)
        assert answer.status == status and answer.code, body[:40]


def test_other_kinds_of_bodies_are_not_read(door: Door) -> None:
    call = door.call
    key = {"Authorization": f"Bearer {call.keys['reports']}"}
    for kind in (
        "text/plain",
        "application/xml",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "",
    ):
        raw = call.client.generic("POST", f"{V1}/cases", b"{}", kind, headers=key)
        assert (raw.status_code, raw.json()["code"]) == (415, "not_json"), kind
    big = {"CONTENT_LENGTH": str(13 * 2**20)}
    raw = call.client.generic("POST", f"{V1}/cases", b"{}", "application/json", headers=key, **big)
    assert (raw.status_code, raw.json()["code"]) == (413, "too_big")
    raw = call.client.generic(
        "POST", f"{V1}/cases", b"{}", "application/json", headers=key, CONTENT_LENGTH="x"
    )
    assert raw.status_code == 411


def test_a_large_photo_is_a_body_of_ours(door: Door) -> None:
    """Larger than what Django lets a form have."""
    told = {"text": "灯", "place_text": "路口", "photos": ["A" * 3_000_000]}
    answer = door.call.post("/cases", "reports", told)
    assert answer.status == 422 and answer.code not in ("too_big", "bad_request")


QUERIES = [
    ("/cases", {"surprise": "1"}, "surprise"),
    ("/cases", {"state": "open"}, "state"),
    ("/cases", {"limit": "0"}, "limit"),
    ("/cases", {"limit": "9" * 40}, "limit"),
    ("/cases", {"limit": ["1", "2"]}, "limit"),
    ("/cases", {"reported_from": "2026-09-01T00:00:00"}, "reported_from"),
    ("/cases", {"reported_from": "1756684800"}, "reported_from"),
    ("/cases", {"changed_since": "0001-01-01T00:00:00+14:00"}, "changed_since"),
    ("/cases", {"path": "/\u0000/"}, "path"),
    ("/cases", {"path": "001"}, "path"),
    ("/cases", {"unit": "x"}, "unit"),
    ("/cases", {"matter": "a\u0000"}, "matter"),
    ("/cases", {"cursor": "\u0000"}, "cursor"),
    ("/me", {"x": "1"}, "x"),
    ("/indicators", {"from": "2026-09-01"}, "to"),
    ("/indicators", {"from": "2026-13-01", "to": "2026-09-02"}, "from"),
]


def test_a_wrong_parameter_is_named(door: Door) -> None:
    key = {"Authorization": f"Bearer {door.call.keys['full']}"}
    for path, told, field in QUERIES:
        raw = door.call.client.get(V1 + path, told, headers=key)
        assert raw.status_code == 422 and field in raw.json()["fields"], (told, raw.content)


def test_a_plus_that_an_address_made_a_space_is_forgiven(door: Door, morning: datetime) -> None:
    door.report("full")
    key = {"Authorization": f"Bearer {door.call.keys['full']}"}
    raw = door.call.client.get(f"{V1}/cases?reported_from=2026-09-01T00:00:00+08:00", headers=key)
    assert raw.status_code == 200 and len(raw.json()["items"]) == 1


def test_a_number_that_is_none(door: Door) -> None:
    key = {"Authorization": f"Bearer {door.call.keys['full']}"}
    for number in ("x", NUMBER, "２１１３２２", "211322-%00", "a" * 300, "..", "%F0%9F%98%80"):
        for rest in ("", "/contact", f"/photos/{uuid7()}", "/photos/x"):
            raw = door.call.client.get(f"{V1}/cases/{number}{rest}", headers=key)
            assert raw.status_code == 404 and raw.json()["code"], (number, rest, raw.status_code)


def test_an_address_that_is_none_is_answered_in_json(door: Door) -> None:
    for path in ("", "/", "/nothing", "/cases/", "/cases/x/actions/close", "/docs/x"):
        raw = door.call.client.get(V1 + path)
        assert (raw.status_code, raw.json()["code"]) == (404, "no_such_address"), path
    answer = door.call.client.delete(
        f"{V1}/cases", headers={"Authorization": f"Bearer {door.call.keys['full']}"}
    )
    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD, POST") and answer.json()["code"]
    assert door.call.client.head(f"{V1}/matters").status_code == 200


def test_photos_are_for_those_who_see_the_case(door: Door, morning: datetime) -> None:
    from tests.files.pictures import encoded

    case = cases.report(
        by=door.scene.resident, now=morning, client_id=uuid7(), text="路灯", source="resident", lon=IN_GRID_A[0],
        lat=IN_GRID_A[1], photos=[encoded()],
    ).case  # fmt: skip
    from mulin.services.cases.queries import photos_of

    (photo,) = photos_of(case.id)
    url = f"/cases/{case.number}/photos/{photo}"
    for key in ("reads", "reports", "full"):
        assert door.call.get(url, key).status == 404
    cases.dispatch(
        case=case.id, level="county", unit=door.scene.units["department"].id, by=door.scene.county_clerk,
        now=morning + timedelta(minutes=5), version=None,
    )  # fmt: skip
    assert door.call.get(url, "acts").raw["Content-Type"] == "image/jpeg"
    mine = door.given(morning)
    assert door.call.get(f"/cases/{mine.number}/photos/{photo}", "acts").status == 404


def test_no_answer_of_a_refusal_has_a_word_of_the_request_in_a_header(door: Door) -> None:
    answer = door.call.get("/me", "211322-NOSUCHKEY", headers={"X-Request-ID": "abc\r\nSet-Cookie: x"})
    assert answer.status == 401 and "abc" not in json.dumps(dict(answer.raw.headers))
