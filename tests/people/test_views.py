"""The desk's pages of people."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from mulin.ground.people import actions, queries
from mulin.kernel.county import county_scope
from tests.personas import COUNTY, Scene

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_factor(settings: Any) -> None:
    settings.STAFF_NEED_MFA = False


@pytest.fixture
def enter(scene: Scene) -> Any:
    def as_(who: str) -> Client:
        client = Client()
        if who != "stranger":
            client.force_login(scene.accounts[who], backend="django.contrib.auth.backends.ModelBackend")
        return client

    return as_


def rows(label: str) -> Any:
    return apps.get_model(label).objects


EVERYBODY = {"stranger": 302, "resident": 404, "rider": 404, "neighbour_admin": 404}
TABLE = {
    "/desk/people/": {
        **EVERYBODY,
        "merchant": 403,
        "grid_worker": 200,
        "department": 200,
        "leader": 200,
        "admin": 200,
    },
    "/desk/people/?view=units": {**EVERYBODY, "grid_worker": 200, "admin": 200},
    "/desk/people/add/": {
        **EVERYBODY,
        "grid_worker": 403,
        "leader": 403,
        "community_clerk": 200,
        "admin": 200,
    },
    "/desk/people/units/add/": {**EVERYBODY, "community_clerk": 403, "county_clerk": 200, "admin": 200},
    "/desk/people/units/{unit}/": {**EVERYBODY, "grid_worker": 200, "admin": 200},
    "/desk/people/units/{unit}/change/": {**EVERYBODY, "community_clerk": 403, "admin": 200},
    "/desk/people/{worker}/": {**EVERYBODY, "grid_worker": 200, "department": 200, "admin": 200},
    "/desk/people/{resident}/": {
        **EVERYBODY,
        "grid_worker": 404,
        "leader": 404,
        "community_clerk": 200,
        "admin": 200,
    },
    "/desk/people/{resident}/change/": {
        **EVERYBODY,
        "grid_worker": 403,
        "community_clerk": 200,
        "admin": 200,
    },
    "/desk/people/{resident}/erase/": {**EVERYBODY, "community_clerk": 403, "admin": 200},
}


@pytest.mark.parametrize(
    ("page", "who", "status"), [(p, w, s) for p, told in TABLE.items() for w, s in told.items()]
)
def test_who_opens_what(scene: Scene, enter: Any, page: str, who: str, status: int) -> None:
    address = page.format(
        unit=scene.units["department"].pk,
        worker=scene.persons["grid_worker"].pk,
        resident=scene.persons["resident"].pk,
    )
    assert enter(who).get(address).status_code == status


def test_residents_are_on_no_list(scene: Scene, enter: Any) -> None:
    shown = enter("admin").get("/desk/people/").content.decode()
    assert "张工" in shown
    assert str(scene.persons["resident"].pk) not in shown
    assert "没有符合条件的" in enter("admin").get("/desk/people/?named=王秀英").content.decode()


def test_a_person_is_found_by_number_only_and_the_look_is_recorded(scene: Scene, enter: Any) -> None:
    client, person = enter("community_clerk"), scene.persons["resident"].pk
    answer = client.post("/desk/people/find/", {"phone": scene.phones["resident"]})
    assert answer.url == f"/desk/people/{person}/"
    shown = client.get(answer.url).content.decode()
    assert scene.phones["resident"] not in shown
    assert "139****0000" in shown
    with county_scope(COUNTY):
        assert [look["words"] for look in queries.looks(person)] == ["按号码查找"]
    assert client.post("/desk/people/find/", {"phone": "13700000000"}).status_code == 422
    assert client.get("/desk/people/find/").status_code == 405
    assert (
        enter("grid_worker").post("/desk/people/find/", {"phone": scene.phones["resident"]}).status_code
        == 403
    )


def test_a_contact_is_shown_when_asked_for_and_the_person_can_read_who_asked(
    scene: Scene, enter: Any
) -> None:
    client, person = enter("community_clerk"), scene.persons["resident"].pk
    shown = client.post(f"/desk/people/{person}/").content.decode()
    assert scene.phones["resident"] in shown
    assert enter("grid_worker").post(f"/desk/people/{scene.persons['grid_worker'].pk}/").status_code == 403
    mine = enter("resident").get("/me/").content.decode()
    assert "陈工" in mine
    assert "查看联系方式" in mine


def test_a_refusal_keeps_what_was_typed(scene: Scene, enter: Any) -> None:
    told = {"name": "新人", "phone": "138001"}
    answer = enter("community_clerk").post("/desk/people/add/", told)
    assert answer.status_code == 422
    shown = answer.content.decode()
    assert "新人" in shown
    assert "11 位手机号" in shown
    known = enter("community_clerk").post("/desk/people/add/", {"phone": scene.phones["rider"]})
    assert "已经登记过" in known.content.decode()


def test_a_person_is_registered_and_corrected_at_the_counter(scene: Scene, enter: Any) -> None:
    client = enter("community_clerk")
    answer = client.post("/desk/people/add/", {"name": "新人", "phone": "13712345678"})
    with county_scope(COUNTY):
        person = queries.find_by_phone("13712345678")
    assert person is not None
    assert answer.url == f"/desk/people/{person.pk}/"
    assert client.post(f"{answer.url}change/", {"name": "新名"}).status_code == 302
    with county_scope(COUNTY):
        assert queries.contact(person.pk).name == "新名"
        assert queries.contact(person.pk).phone == "13712345678"


def test_a_unit_from_its_beginning_to_its_end(scene: Scene, enter: Any) -> None:
    client, person = enter("county_clerk"), scene.persons["department"].pk
    told = {"kind": "department", "name": "县住建局", "credit_code": "91110000101623741J"}
    assert client.post("/desk/people/units/add/", told).status_code == 422
    page = client.post("/desk/people/units/add/", told | {"credit_code": "91110000101623741K"}).url
    unit = page.rstrip("/").rsplit("/", 1)[1]
    client.post(f"/desk/people/{person}/join/", {"organisation": unit, "post": "科员"})
    assert "科员" in client.get(page).content.decode()
    kept = client.post(f"{page}end/")
    assert kept.status_code == 409 and "请先办理离任" in kept.content.decode()
    asked = client.get(f"/desk/people/{person}/units/{unit}/leave/")
    assert "从今天起不在县住建局任职" in asked.content.decode()
    assert "科员" in client.get(page).content.decode(), "it is only asked"
    client.post(f"/desk/people/{person}/units/{unit}/leave/")
    assert "科员" not in client.get(page).content.decode()
    assert client.post(f"{page}change/", {"name": "县住房局"}).status_code == 302
    assert "县住房局从今天起撤销" in client.get(f"{page}end/").content.decode()
    assert "县住房局" in client.get("/desk/people/?view=units").content.decode()
    assert client.post(f"{page}end/").status_code == 302
    assert "县住房局" not in client.get("/desk/people/?view=units").content.decode()


def test_somebody_is_exported_and_erased_at_the_counter(scene: Scene, enter: Any) -> None:
    client, person = enter("admin"), scene.persons["resident"].pk
    told = json.loads(client.post(f"/desk/people/{person}/export/").content)
    assert told["person"]["phone"] == scene.phones["resident"]
    erase = f"/desk/people/{person}/erase/"
    assert client.post(erase, {"reason": "counter_request", "word": "好"}).status_code == 422
    assert client.post(erase, {"reason": "counter_request", "word": "删除"}).status_code == 302
    assert "个人信息已于" in client.get(f"/desk/people/{person}/").content.decode()
    worker = f"/desk/people/{scene.persons['grid_worker'].pk}/erase/"
    assert client.post(worker, {"reason": "counter_request", "word": "删除"}).status_code == 422


@pytest.mark.parametrize("view", ["staff", "units"])
def test_lists_cost_the_same_for_few_and_many_rows(
    scene: Scene, enter: Any, now: datetime, view: str
) -> None:
    client = enter("admin")

    def cost() -> int:
        with CaptureQueriesContext(connection) as made:
            assert client.get(f"/desk/people/?view={view}").status_code == 200
        return len(made)

    client.get("/desk/people/")
    few = cost()
    with county_scope(COUNTY):
        for number in range(5):
            person = actions.add_person(by=scene.admin, now=now, public_name=f"同事{number}")
            unit = actions.add_organisation(by=scene.admin, now=now, kind="department", name=f"局{number}")
            actions.join(organisation=unit, person=person, by=scene.admin, now=now)
    assert cost() == few <= 10


def test_pages_of_units_follow_each_other_in_order(county: Scene, now: datetime) -> None:
    for number in range(7):
        actions.add_organisation(
            by=county.admin, now=now, kind="department", name=f"局{number}", sort_key=f"ju{number % 3}"
        )
    found, at = [], ""
    for _page in range(10):
        page = queries.organisations_page(at=at, size=2)
        found += [row["organisation"].pk for row in page.rows]
        at = page.next
        if not at:
            break
    assert len(found) == len(set(found)) == 11
