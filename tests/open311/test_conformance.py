"""GeoReport v2 as its specification has it: each test names the clauses of ``musts.py`` that it holds."""

from __future__ import annotations

import json
import re
import socket
from datetime import datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest

from mulin.ground.systems import actions as systems
from mulin.ground.systems.models import System
from mulin.kernel.ids import uuid7
from mulin.services.cases import actions as cases
from mulin.services.cases.models import Case
from tests.open311.conftest import FORM, HERE, V2, Caller, Door, flat, spark
from tests.open311.musts import MUSTS, held, must
from tests.personas import IN_GRID_A, Scene

W3C = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00")
FIELDS = [
    "service_request_id", "status", "status_notes", "service_name", "service_code", "description",
    "agency_responsible", "service_notice", "requested_datetime", "updated_datetime", "expected_datetime",
    "address", "address_id", "zipcode", "lat", "long", "media_url",
]  # fmt: skip
READS = ["/discovery", "/services", "/services/WY1", "/requests", "/requests/{id}", "/tokens/{id}"]


def closed(scene: Scene, case: Case, at: datetime) -> Case:
    """Taken up, disposed of and closed, with an hour between each."""
    hour = timedelta(hours=1)
    case = cases.take_up(case=case, by=scene.grid_worker, now=at, version=None)
    case = cases.dispose(
        case=case, by=scene.grid_worker, now=at + hour, version=None, result="换了灯泡", photos=()
    )
    return cases.close(case=case, by=scene.community_clerk, now=at + 2 * hour, version=None)


def test_every_clause_is_held_by_a_test() -> None:
    assert set(MUSTS) - held == set()


# ── what goes out ─────


@must("encoding", "format", "xml", "json")
@pytest.mark.parametrize("path", READS)
def test_both_formats_say_the_same(door: Door, path: str) -> None:
    number = door.report(description='a<b & "c" ]]> 😀\x0b').value[0]["service_request_id"]
    key = {"api_key": door.keys["full"]}
    path = path.format(id=number)
    xml = door.call.client.get(f"{V2}{path}.xml", key)
    plain = door.call.client.get(f"{V2}{path}.json", key)
    assert (xml.status_code, plain.status_code) == (200, 200)
    assert xml["Content-Type"] == "text/xml; charset=utf-8"
    assert plain["Content-Type"] == "application/json; charset=utf-8"
    assert re.match(rb'<\?xml version="1\.0" encoding="utf-8"\?>', xml.content)
    root = ElementTree.fromstring(xml.content)
    assert all("}" not in one.tag and not one.attrib for one in root.iter())
    assert spark(root) == flat(json.loads(plain.content))


@must("errors", "format")
@pytest.mark.parametrize("form", ["xml", "json"])
@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/services/NOPE", 404),
        ("/requests/211322-NOPE", 404),
        ("/tokens/NOPE", 404),
        ("/nothing/here", 404),
        ("/requests?status=done", 400),
        ("/requests?api_key=211322-NOPE", 403),
    ],
)
def test_an_error_is_an_array_in_the_format_asked_for(door: Door, path: str, status: int, form: str) -> None:
    plain, _mark, query = path.partition("?")
    raw = door.call.client.get(f"{V2}{plain}.{form}?{query}")
    assert raw["Content-Type"] == {"xml": "text/xml", "json": "application/json"}[form] + "; charset=utf-8"
    answer = door.call.read(raw)
    assert answer.status == status and answer.error


@pytest.mark.parametrize("path", ["/services.xml", "/requests.json", "/requests/1.json", "/discovery.xml"])
def test_a_wrong_method_is_a_405_that_says_which_are_right(door: Door, path: str) -> None:
    answer = door.call.read(door.call.client.delete(V2 + path))
    assert answer.status == 405 and answer.error
    assert "GET" in answer.raw["Allow"] and "DELETE" not in answer.raw["Allow"]
    assert door.call.client.head(V2 + path).status_code in (200, 404)


# ── where it is, and of which county ─────


@must("discovery", "endpoint", "time")
@pytest.mark.parametrize("form", ["xml", "json"])
def test_discovery_leads_to_an_endpoint_that_answers(door: Door, form: str) -> None:
    for path in (f"/open311/discovery.{form}", f"{V2}/discovery.{form}"):
        found = door.call.read(door.call.client.get(path)).value
        assert set(found) == {"changeset", "contact", "key_service", "endpoints"}
        assert W3C.fullmatch(found["changeset"]) and found["contact"] and found["key_service"]
        (one,) = found["endpoints"]
        assert set(one) == {"specification", "url", "changeset", "type", "formats"}
        assert one["specification"] == "http://wiki.open311.org/GeoReport_v2"
        assert one["formats"] == ["text/xml", "application/json"]
        assert door.call.client.get(f"{one['url']}/services.{form}").status_code == 200


@must("jurisdiction")
def test_the_county_is_named_or_clear_from_the_address_key_or_number(door: Door) -> None:
    anywhere, number = Caller("localhost"), door.report().value[0]["service_request_id"]
    assert anywhere.get("/services.json").status == 400
    assert "jurisdiction_id" in anywhere.get("/services.json").error
    for code in ("999999", "abc", "0211322", "２１１３２２"):
        assert anywhere.get("/services.json", jurisdiction_id=code).status == 404
    assert len(anywhere.get("/services.json", jurisdiction_id="211322").value) > 1
    assert anywhere.get("/requests.json", api_key=door.keys["full"]).status == 200
    assert anywhere.get(f"/requests/{number}.json").status == 404  # found its county, and sees nothing there
    assert door.call.get("/services.json", jurisdiction_id="211322").status == 200
    assert (
        door.call.get("/services.json", jurisdiction_id="211321").status == 404
    )  # this address is one county's


def test_the_number_and_the_key_of_one_county_open_nothing_in_another(door: Door) -> None:
    anywhere, number = Caller("localhost"), door.report().value[0]["service_request_id"]
    there = {"jurisdiction_id": "211321"}
    assert anywhere.get(f"/requests/{number}.json", **there).status == 404
    assert anywhere.get("/requests.json", api_key=door.keys["full"], **there).status == 403
    assert anywhere.post(api_key=door.keys["full"], service_code="other", **HERE, **there).status == 403


# ── services ─────


@must("services", "metadata")
def test_the_services_are_the_matter_types_in_force(door: Door) -> None:
    found = {one["service_code"]: one for one in door.call.get("/services.json").value}
    assert set(found) == {"other", "urban_environment", "LD1", "WY1"}
    lamp = found["LD1"]
    assert lamp == {
        "service_code": "LD1",
        "service_name": "事项LD1",
        "description": "路灯、楼道灯不亮",
        "metadata": False,
        "type": "realtime",
        "keywords": "路灯, 照明",
        "group": "市容环境",
    }
    for code, one in found.items():
        assert one["metadata"] == bool(door.call.get(f"/services/{code}.json").value["attributes"])
        assert one["type"] == "realtime"
    assert found["WY1"]["metadata"] is True


@must("definition", "definition-404")
def test_a_definition_says_what_a_type_asks(door: Door) -> None:
    found = door.call.get("/services/WY1.json").value
    assert found["service_code"] == "WY1"
    asks = found["attributes"]
    assert [one["order"] for one in asks] == list(range(1, len(asks) + 1))
    plain = {"variable", "code", "datatype", "required", "datatype_description", "order", "description"}
    for one in asks:
        assert set(one) - {"values"} == plain
        assert one["datatype"] in (
            "string", "number", "datetime", "text", "singlevaluelist", "multivaluelist",
        )  # fmt: skip
        assert ("values" in one) == one["datatype"].endswith("valuelist")
        assert all(set(value) == {"key", "name"} for value in one.get("values", ()))
    assert len({one["code"] for one in asks}) == len(asks)
    assert door.call.get("/services/NOPE.xml").status == 404
    assert door.call.get("/services/%00.json").status == 404


# ── requests ─────


@must("fields", "time")
def test_a_request_has_every_field_in_order(door: Door) -> None:
    made = door.report(address_string="3号楼东门", phone="13812345678", last_name="王", first_name="秀英")
    assert made.status == 200, made.error
    (one,) = door.call.get("/requests.json", api_key=door.keys["full"]).value
    assert list(one) == FIELDS
    assert (one["status"], one["service_code"], one["service_name"]) == ("open", "LD1", "事项LD1")
    assert one["description"] == "路灯不亮" and one["address"].startswith("3号楼东门，")
    assert (one["lat"], one["long"]) == (IN_GRID_A[1], IN_GRID_A[0])
    for name in ("requested_datetime", "updated_datetime", "expected_datetime"):
        assert W3C.fullmatch(one[name])
    root = ElementTree.fromstring(
        door.call.client.get(f"{V2}/requests.xml", {"api_key": door.keys["full"]}).content
    )
    assert root.tag == "service_requests" and [child.tag for child in root] == ["request"]


@must("updated", "fields")
def test_a_closed_request_says_when_and_how(door: Door, morning: datetime) -> None:
    case = Case.objects.get(number=door.report().value[0]["service_request_id"])
    closed(door.scene, case, morning + timedelta(hours=1))
    (one,) = door.call.get(f"/requests/{case.number}.json", api_key=door.keys["full"]).value
    assert (one["status"], one["status_notes"]) == ("closed", "已结案：换了灯泡")
    assert one["updated_datetime"] == (morning + timedelta(hours=3)).isoformat(timespec="seconds")
    assert one["expected_datetime"] is None


@must("ids", "blank", "one")
def test_numbers_override_everything_else(door: Door) -> None:
    key = {"api_key": door.keys["full"]}
    first, second = (door.report(description=text).value[0]["service_request_id"] for text in ("一", "二"))
    door.report(description="三")

    def ids(**args: Any) -> list[str]:
        return [one["service_request_id"] for one in door.call.get("/requests.json", **key, **args).value]

    both = f"{first},{second}"
    assert sorted(ids(service_request_id=both)) == sorted((first, second))
    assert sorted(ids(service_request_id=[first, second])) == sorted((first, second))
    assert ids(service_request_id=first, status="done", start_date="x", service_code="NOPE") == [first]
    assert ids(service_request_id=f"{first},211322-NOPE") == [first]
    assert ids(service_request_id=first.lower().replace("-", "")) == [first]
    assert len(ids(service_request_id="", status="", service_code="", start_date="")) == 3
    assert door.call.get("/requests.json", service_request_id="211322-NOPE", **key).status == 404
    (one,) = door.call.get(f"/requests/{second}.json", **key).value
    assert one["service_request_id"] == second


@must("codes")
def test_codes_and_states_are_lists(door: Door, morning: datetime) -> None:
    key = {"api_key": door.keys["full"]}
    done = Case.objects.get(number=door.report().value[0]["service_request_id"])
    closed(door.scene, done, morning)
    door.report(description="别的", service_code="other")
    door.report(description="一类", service_code="urban_environment")

    def codes(**args: Any) -> list[str]:
        return sorted(one["service_code"] for one in door.call.get("/requests.json", **key, **args).value)

    assert codes() == ["LD1", "other", "urban_environment"]
    assert codes(service_code="LD1,other") == ["LD1", "other"] == codes(service_code=["LD1", "other"])
    assert codes(service_code="WY1") == []
    assert codes(status="closed") == ["LD1"]
    assert codes(status="open") == ["other", "urban_environment"]
    assert codes(status="open,closed") == codes(status=["OPEN", "closed"]) == codes()
    assert door.call.get("/requests.json", service_code="NOPE", **key).status == 404
    assert door.call.get("/requests.json", service_code="\0", **key).status == 404
    assert door.call.get("/requests.json", status="open,finished", **key).status == 400


@must("span", "time")
def test_ninety_days_and_no_more(door: Door, morning: datetime) -> None:
    key = {"api_key": door.keys["full"]}
    number = door.report().value[0]["service_request_id"]
    Case.objects.filter(number=number).update(
        reported_at=morning - timedelta(days=100), reported_day=(morning - timedelta(days=100)).date()
    )

    def status(**args: str) -> int:
        return door.call.get("/requests.json", **key, **args).status

    def found(**args: str) -> int:
        return len(door.call.get("/requests.json", **key, **args).value)

    assert found() == 0
    assert found(start_date="2026-05-20T00:00:00+08:00") == 1  # and ninety days on
    assert found(end_date="2026-06-01T00:00:00Z") == 1
    assert found(start_date="2026-05-20T00:00:00+08:00", end_date="2026-08-18T00:00:00+08:00") == 1
    assert status(start_date="2026-05-20T00:00:00+08:00", end_date="2026-08-19T00:00:00+08:00") == 400
    assert status(start_date="2026-05-20T00:00:00+08:00", end_date="2026-08-18T00:00:01+08:00") == 400
    assert status(start_date="2026-06-02T00:00:00Z", end_date="2026-06-01T00:00:00Z") == 400
    day = (morning - timedelta(days=100)).date().isoformat()
    assert found(start_date=day, end_date=day) == 1
    assert found(start_date="2026-05-20T00:00:00 08:00") == 1  # a plus that nobody escaped


@must("time")
@pytest.mark.parametrize(
    "said",
    [
        "yesterday", "2026-13-01", "2026-02-30T00:00:00Z", "2026-09-01T00:00:00", "20260901T000000Z", "2026-W35-1",
        "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-09-01T25:00:00Z", "2026-09-01T00:00:00+99:99", "-1", "\0",
        "２０２６-09-01",
    ],
)  # fmt: skip
def test_what_is_no_time_is_refused(door: Door, said: str) -> None:
    for name in ("start_date", "end_date"):
        answer = door.call.get("/requests.json", **{name: said})
        assert answer.status == 400 and name in answer.error


@must("volume")
def test_a_thousand_and_one_numbers_are_refused_and_a_thousand_are_not(door: Door) -> None:
    number = door.report().value[0]["service_request_id"]
    key = {"api_key": door.keys["full"]}
    many = ",".join([number] * 1000)
    assert door.call.get("/requests.json", service_request_id=many, **key).status == 200
    answer = door.call.get("/requests.json", service_request_id=f"{many},{number}", **key)
    assert answer.status == 400 and "1000" in answer.error.replace(",", "")


@must("volume")
def test_no_more_than_a_thousand_requests_and_then_the_next_page(door: Door) -> None:
    made = Case.objects.get(number=door.report().value[0]["service_request_id"])
    same = {field.attname: getattr(made, field.attname) for field in Case._meta.concrete_fields}
    Case.objects.bulk_create(
        Case(**(same | {"id": uuid7(), "client_id": uuid7(), "number": f"211322-TEST{count:05d}"}))
        for count in range(1003)
    )
    key = {"api_key": door.keys["full"]}

    def ids(**args: Any) -> list[str]:
        return [one["service_request_id"] for one in door.call.get("/requests.json", **key, **args).value]

    first, second = ids(), ids(page=2)
    assert (len(first), len(second)) == (1000, 4)
    assert len({*first, *second}) == 1004
    assert len(ids(page_size=10, page=3)) == 10
    for said in ({"page": "0"}, {"page": "x"}, {"page_size": "1001"}, {"page": "99999999999"}, {"page": "²"}):
        assert door.call.get("/requests.json", **key, **said).status == 400


@must("token")
def test_a_token_is_the_number_itself(door: Door) -> None:
    number = door.report().value[0]["service_request_id"]
    key = {"api_key": door.keys["full"]}
    assert door.call.get(f"/tokens/{number}.json", **key).value == [
        {"service_request_id": number, "token": number}
    ]
    assert door.call.get(f"/tokens/{number}.json").status == 404
    assert door.call.get("/tokens/12345.xml", **key).status == 404


# ── posting ─────


@must("post-key")
@pytest.mark.parametrize("key", [None, "", "211322-0000000000000000000A", "x" * 500, "\0", "reads"])
def test_reporting_needs_a_key_that_may_report(door: Door, key: str | None) -> None:
    told = {"service_code": "LD1", **HERE} | ({"api_key": door.keys.get(key, key)} if key is not None else {})
    answer = door.call.post(**told)
    assert answer.status == (400 if key == "\0" else 403) and answer.error
    assert Case.objects.count() == 0


@must("post-key")
def test_the_key_may_stand_in_the_header(door: Door) -> None:
    header = {"Authorization": f"Bearer {door.keys['reports']}"}
    assert door.call.post(headers=header, service_code="LD1", **HERE).status == 200
    assert len(door.call.get("/requests.json", headers=header).value) == 1


@must("post-answer", "blank")
@pytest.mark.parametrize("form", ["xml", "json"])
def test_a_report_is_a_case_with_the_system_as_its_source(door: Door, form: str) -> None:
    answer = door.call.post(
        f"/requests.{form}", api_key=door.keys["reports"], service_code="LD1", **HERE, account_id="u-17", email="",
        description="路灯不亮\n三天了", last_name="王", first_name="秀英", phone="138 1234 5678", device_id="d1",
    )  # fmt: skip
    assert answer.status == 200
    (one,) = answer.value
    assert set(one) == {"service_request_id", "service_notice", "account_id"}
    assert one["account_id"] == "u-17" and one["service_request_id"] in one["service_notice"]
    case = Case.objects.get(number=one["service_request_id"])
    assert (case.source, case.system_id, case.chosen) == ("system", door.systems["reports"].id, "LD1")
    assert (
        case.text == "路灯不亮\n三天了" and case.grid_path == "/001/003/g1001/" and case.reported_by is None
    )
    assert case.category_label == "市容环境" and case.matter is None
    step = case.steps.get()
    assert (step.action, step.system, step.person) == ("report", "平台reports", None)
    reporter = case.reporters.get()
    assert reporter.phone_hash and "王秀英" not in reporter.name_sealed


@must("post-service")
def test_the_service_is_named_and_known(door: Door) -> None:
    assert door.report(service_code=None).status == 400
    assert door.report(service_code=" ").status == 400
    assert door.report(service_code="NOPE").status == 404
    assert door.report(service_code="urban_environment").status == 200


@must("post-place")
def test_any_one_location_is_enough_and_none_is_not(door: Door, morning: datetime) -> None:
    nowhere = {"lat": None, "long": None}
    pole = cases.make_code(
        label="灯杆17", place=door.scene.places["community"].id, lon=IN_GRID_A[0], lat=IN_GRID_A[1],
        by=door.scene.community_clerk, now=morning,
    )  # fmt: skip

    def path(**more: Any) -> str:
        (one,) = door.report(**more).value
        return Case.objects.get(number=one["service_request_id"]).place_path

    answer = door.report(**nowhere)
    assert answer.status == 400 and "address_string" in answer.error
    assert path(description="一") == "/001/003/"
    assert path(description="二", **nowhere, address_string="双虹家园东门") == "/"
    assert path(description="三", **nowhere, address_id="211322003004") == "/003/004/"
    assert path(description="四", **nowhere, address_id=pole.code) == "/001/003/"
    for wrong in (
        {"lat": None}, {"long": None}, {"lat": "north"}, {"lat": "91"}, {"long": "181"}, {"lat": "nan"}, {"lat": "1e3"},
        {"lat": "٣٤"}, {**nowhere, "address_id": "999999999999"}, {**nowhere, "address_id": "x"},
        {**nowhere, "address_string": "长" * 201},
    ):  # fmt: skip
        assert door.report(**wrong).status == 400, wrong


@must("post-attributes")
def test_required_attributes_are_asked_for_and_all_are_read(door: Door) -> None:
    right = {
        "attribute[COMPOUND]": "双虹家园3号楼",
        "attribute[DANGER]": "soon",
        "attribute[PROPERTY_SERVICES][]": ["lifts", "repairs"],
        "attribute[SINCE]": "2026-08-31T23:30:00Z",
    }
    (one,) = door.report(service_code="WY1", description="电梯坏了", **right).value
    text = Case.objects.get(number=one["service_request_id"]).text
    assert text.splitlines() == [
        "电梯坏了",
        "现在有人有危险吗？ 暂时没有，随时可能有",
        "哪个小区、几号楼？ 双虹家园3号楼",
        "和物业的哪些服务有关？ 电梯、维修",
        "从什么时候开始的？ 2026-09-01 07:30",
    ]
    for change, word in (
        ({"attribute[DANGER]": None}, "DANGER"),
        ({"attribute[COMPOUND]": " "}, "COMPOUND"),
        ({"attribute[DANGER]": "maybe"}, "DANGER"),
        ({"attribute[DANGER]": ["no", "yes"]}, "DANGER"),
        ({"attribute[SINCE]": "gestern"}, "SINCE"),
        ({"attribute[COMPOUND]": "长" * 101}, "COMPOUND"),
        ({"attribute[COLOUR]": "red"}, "COLOUR"),
        ({"attribute[CALL_FIRST]": "x"}, "CALL_FIRST"),
    ):
        answer = door.report(service_code="WY1", **(right | change))
        assert answer.status == 400 and word in answer.error, change


@must("post-words")
def test_four_thousand_characters_and_none(door: Door) -> None:
    (one,) = door.report(description="字" * 4000).value
    case = Case.objects.get(number=one["service_request_id"])
    assert len(case.text) == 4000
    assert door.report(description="字" * 4001).status == 400
    (one,) = door.report(description=None).value
    assert Case.objects.get(number=one["service_request_id"]).text == "事项LD1"


@must("post-form", "errors")
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/xml", '<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><r>&b;</r>'),
        ("application/json", "{}"),
        ("multipart/form-data; boundary=x", "--x--"),
        ("", "service_code=LD1"),
        (FORM, b"description=\xff\xfe"),
        (FORM, b"description=%ff%fe"),
        (FORM, b"description=%00"),
        (FORM, "&".join(f"f{number}=1" for number in range(300))),
        (FORM, "description=" + "x" * (257 << 10)),
    ],
    ids=["entity bomb", "json", "multipart", "no type", "raw bytes", "bad utf-8", "nul", "fields", "huge"],
)  # fmt: skip
def test_only_a_small_clean_form_is_read(door: Door, kind: str, body: str | bytes) -> None:
    raw = door.call.client.generic("POST", f"{V2}/requests.xml", body, content_type=kind)
    answer = door.call.read(raw)
    assert answer.status == 400 and answer.error
    assert Case.objects.count() == 0


@pytest.mark.parametrize(
    "told",
    [
        {"phone": "12"},
        {"media_url": "ftp://example.org/a.jpg"},
        {"media_url": "javascript:alert(1)"},
        {"media_url": "http://[::1"},
        {"media_url": "https://example.org/" + "a" * 500},
        {"account_id": "u" * 101},
    ],
)
def test_what_cannot_be_is_refused_in_words(door: Door, told: dict[str, str]) -> None:
    answer = door.report(**told)
    assert answer.status == 400 and answer.error
    assert Case.objects.count() == 0


def test_a_media_url_is_kept_as_words_and_not_fetched(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **more: Any) -> Any:
        raise AssertionError("somebody looked a host up")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    (one,) = door.report(media_url="http://169.254.169.254/latest/").value
    text = Case.objects.get(number=one["service_request_id"]).text
    assert text.endswith("对方附了网址（没有打开过）：http://169.254.169.254/latest/")


# ── sent again, too often, too late ─────


def test_the_same_bytes_within_ten_minutes_are_one_report(
    door: Door, morning: datetime, clock_at: Any
) -> None:
    first, second = door.report(), door.report()
    assert first.value == second.value and Case.objects.count() == 1
    assert second.raw["Idempotent-Replayed"] == "true" and "Idempotent-Replayed" not in first.raw
    assert door.report(description="别的").value != first.value
    assert door.report(key="reports").value != first.value
    clock_at(morning + timedelta(minutes=11))
    assert door.report().value != first.value


def test_an_idempotency_key_holds_for_a_week_and_for_one_body(
    door: Door, morning: datetime, clock_at: Any
) -> None:
    key = {"Idempotency-Key": "a-1"}
    first = door.report(headers=key)
    clock_at(morning + timedelta(days=6))
    assert door.report(headers=key).value == first.value
    other = door.report(headers=key, description="别的")
    assert other.status == 409 and other.error
    assert door.report(headers={"Idempotency-Key": "a-2"}).value != first.value
    assert door.report(headers={"Idempotency-Key": "k" * 201}).status == 400
    assert Case.objects.count() == 2


def test_what_was_refused_may_be_put_right_under_the_same_key(door: Door) -> None:
    key = {"Idempotency-Key": "a-1"}
    assert door.report(headers=key, phone="12").status == 400
    assert door.report(headers=key).status == 200


def test_beyond_its_requests_a_minute_a_system_waits(door: Door, morning: datetime, clock_at: Any) -> None:
    System.objects.filter(id=door.systems["full"].id).update(per_minute=2)
    for _one in range(2):
        assert door.call.get("/requests.json", api_key=door.keys["full"]).status == 200
    answer = door.call.get("/requests.xml", api_key=door.keys["full"])
    assert answer.status == 429 and answer.error
    assert 1 <= int(answer.raw["Retry-After"]) <= 60
    assert door.call.get("/requests.json", api_key=door.keys["reports"]).status == 200
    clock_at(morning + timedelta(seconds=61))
    assert door.call.get("/requests.json", api_key=door.keys["full"]).status == 200


def test_a_closed_key_opens_nothing(door: Door, morning: datetime) -> None:
    number = door.report().value[0]["service_request_id"]
    systems.close_system(system=door.systems["full"].id, why="不用了", by=door.scene.admin, now=morning)
    assert door.report(description="又一件").status == 403
    assert door.call.get(f"/requests/{number}.json", api_key=door.keys["full"]).status == 403
    assert Case.objects.count() == 1
