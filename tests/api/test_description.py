"""The description is whole and true: every operation with its words, examples that fit, a page of it in both languages."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest
from django.test import Client
from pydantic import TypeAdapter

from mulin.ground.systems.rules import Scope
from mulin.readers.api.queries.document import TAGS
from mulin.readers.api.rules import told
from mulin.readers.api.rules.acts import (
    ACTS,
    CHOICES,
    MOST_PHOTOS,
    Report,
    ReturnNotOurs,
    WayTold,
    WhyNotOurs,
)
from mulin.readers.api.rules.asked import StateAsked
from mulin.readers.api.rules.examples import FAILED, SENT, TOLD
from mulin.readers.api.views.door import RULES, api
from mulin.services.cases import rules as cases
from mulin.services.cases.models import Case
from mulin.services.cases.rules.choices import ReturnReason, Way
from tests.api.conftest import V1, Caller, Door
from tests.personas import Scene

URL = f"{V1}/openapi.json"


@pytest.fixture
def document(county: Scene, client: Client) -> dict[str, Any]:
    answer = client.get(URL)
    assert answer.status_code == 200 and answer["Content-Type"].startswith("application/json")
    found: dict[str, Any] = answer.json()
    return found


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        one["operationId"]: one | {"method": method, "path": path}
        for path, methods in document["paths"].items()
        for method, one in methods.items()
    }


def test_every_operation_is_described_with_examples(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1") and document["servers"] == [
        {"url": f"http://testserver{V1}"}
    ]
    found = operations(document)
    assert len(found) == sum(len(methods) for methods in RULES.values())
    for name, one in found.items():
        assert one["summary"] and one["description"], name
        assert set(one["tags"]) <= set(TAGS)
        for parameter in one["parameters"]:
            assert parameter["in"] == "path" or parameter["description"], (name, parameter["name"])
        failures = {status for status in one["responses"] if status >= "400"}
        assert {"400", "404", "422", "429"} <= failures
        assert one["responses"]["429"]["headers"]["Retry-After"]
        if one["method"] == "post":
            assert one["requestBody"]["content"]["application/json"]["example"] == SENT[name]
            assert "Idempotency-Key" in {parameter["name"] for parameter in one["parameters"]}
            assert {"409", "413", "415"} <= failures
        if name != "photo":
            (good,) = [answer for status, answer in one["responses"].items() if status < "300"]
            assert good["content"]["application/json"]["example"] == TOLD[name]
        if one["security"] == [{"key": []}]:
            assert {"401", "403"} <= failures
        else:
            assert one["security"] == [{"key": []}, {}]


SHAPES = {
    "me": told.Me, "categories": told.Categories, "matters": told.Matters, "places": told.Places, "grids": told.Grids,
    "cases": told.Cases, "case": told.CaseWhole, "contact": told.Contacts, "indicators": told.Figures,
}  # fmt: skip


def test_examples_have_the_shape_that_is_told() -> None:
    for name, example in TOLD.items():
        shape: Any = SHAPES.get(name, told.Done)
        read = TypeAdapter(shape).validate_python(example)
        assert set(read.model_dump(by_alias=True)) == set(example), name
    for name, body in SENT.items():
        (ACTS.get(name) or Report).model_validate(body)
    for one in FAILED.values():
        told.Failed.model_validate(one | {"request_id": "x"})


def test_a_whole_example_has_every_member_at_every_depth(door: Door) -> None:
    """What a case really tells has no member that the example lacks."""
    number = door.report("full").value["number"]
    found = door.call.get(f"/cases/{number}", "full").value
    assert set(found) == set(TOLD["case"]) and set(found["place"]) == set(TOLD["case"]["place"])
    assert set(found["clocks"]) == set(TOLD["case"]["clocks"]) and set(found["steps"][0]) == set(
        TOLD["case"]["steps"][0]
    )


def test_codes_are_those_of_the_house() -> None:
    assert {one.value for one in StateAsked} == {"unfinished", *cases.State.values}
    assert {one.value for one in WhyNotOurs} == set(ReturnReason.values)
    assert {one.value for one in WayTold} == set(Way.values)
    assert {**dict(ReturnReason.choices), **dict(Way.choices)} == {
        key: str(one) for key, one in CHOICES.items()
    }
    assert {*ACTS, "show_contact"} == set(cases.BY_SYSTEM)
    assert MOST_PHOTOS == cases.MOST_PHOTOS
    assert {one.scope for rules in RULES.values() for one in rules.values()} <= {"", *Scope.values}
    assert get_args(told.Window) and issubclass(ReturnNotOurs, ACTS["return_not_ours"])


def test_it_speaks_the_language_that_is_asked_for(county: Scene, client: Client) -> None:
    english = client.get(URL, headers={"Accept-Language": "en"}).json()
    said = json.dumps(_words(english), ensure_ascii=False)
    chinese = [place for place, letter in enumerate(said) if "\u4e00" <= letter <= "\u9fff"]
    assert not chinese, said[chinese[0] - 80 : chinese[0] + 40]


def _words(value: Any) -> Any:
    """Everything but examples."""
    if isinstance(value, list):
        return [_words(one) for one in value]
    if isinstance(value, dict):
        return {name: _words(one) for name, one in value.items() if name not in ("example", "default")}
    return value


def test_the_page_shows_every_operation(door: Door, client: Client) -> None:
    for url in (f"{V1}/docs", f"{V1}/docs/"):
        page = client.get(url).content.decode()
        for name in operations(api.get_openapi_schema(path_prefix="/")):
            assert f'id="{name}"' in page and f'href="#{name}"' in page
        assert "curl &#x27;http://testserver/api/v1/cases" in page and "<script>" not in page
    english = client.get(f"{V1}/docs", headers={"Accept-Language": "en"}).content.decode()
    assert "Idempotency-Key" in english and "上一页" not in english


def test_its_examples_do_what_they_say(door: Door) -> None:
    """A partner's first try: the report of the description, sent as it stands."""
    call = Caller(door.call.keys)
    told_example = SENT["report"] | {"matter": "LD1"}
    assert call.post("/cases", "reports", told_example).status == 201
    assert Case.objects.get().place_text == "3号楼东门"


@pytest.mark.no_tenant_rows("no county")
def test_without_any_county_open_there_is_no_crash(db: None, client: Client) -> None:
    from mulin.ground.access.queries import forget_counties

    forget_counties()
    assert client.get(f"{V1}/matters").status_code == 400
    assert client.get(URL).status_code == 200
