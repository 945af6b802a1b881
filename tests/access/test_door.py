"""The example county's door: one click in, on this machine only."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.apps import apps
from django.test import Client

from mulin.ground.access import actions
from mulin.ground.people import actions as people
from mulin.kernel.actor import system
from mulin.kernel.county import county_scope
from mulin.kernel.ids import uuid7
from tests.conftest import as_owner
from tests.personas import COUNTY, NEIGHBOUR, Scene

pytestmark = pytest.mark.django_db
HERE = {"HTTP_HOST": "127.0.0.1:8000", "REMOTE_ADDR": "127.0.0.1"}


@pytest.fixture
def guests(scene: Scene, settings: Any, now: datetime) -> dict[str, Any]:
    """Three example people: a worker, a resident and an administrator; and the county at 127.0.0.1."""
    settings.EXAMPLE_DOOR, settings.ALLOWED_HOSTS = True, ["*"]
    with as_owner():
        apps.get_model("citus.County").objects.filter(code=COUNTY).update(host="127.0.0.1")
    made = {}
    with county_scope(COUNTY):
        by = system(COUNTY, "demo")
        for name, role, bound in [
            ("worker", "grid_worker", {"grid": scene.grids["a"].pk}),
            ("resident", "resident", {}),
            ("admin", "admin", {"division": scene.places["root"].pk}),
        ]:
            person = people.add_person(by=by, now=now, public_name="" if name == "resident" else f"小{name}")
            actions.grant(person=person.pk, role=role, by=by, now=now, **bound)
            made[name], _once = actions.open_account(
                username=f"example-{name}", person=person.pk, by=by, now=now, password=""
            )
    return made


def test_the_page_offers_people_with_what_each_can_do(guests: dict[str, Any]) -> None:
    page = Client().get("/enter/", **HERE)
    assert page.status_code == 200
    shown = page.content.decode()
    for words in ("小worker", "小admin", "网格员看得到", "居民看得到自己报的事", "真实的县没有这扇门"):
        assert words in shown
    assert "grid_worker-211322" not in shown
    assert "小worker" in Client().get("/accounts/login/", **HERE).content.decode()


def test_one_click_lets_in_without_password_and_second_factor(guests: dict[str, Any], settings: Any) -> None:
    assert settings.STAFF_NEED_MFA
    client = Client()
    answer = client.post("/enter/", {"key": str(guests["worker"].pk)}, **HERE)
    assert answer.status_code == 302
    page = client.get("/desk/people/", **HERE)
    assert page.status_code == 200
    assert page.context["actor"].holds("grid_worker")
    assert client.post("/enter/", {"key": str(guests["resident"].pk)}, **HERE).url == "/"
    assert client.get("/me/", **HERE).context["actor"].holds("resident")


def test_pages_are_shown_as_whoever_was_let_in_reads_them(guests: dict[str, Any], now: datetime) -> None:
    client = Client()
    client.post("/enter/", {"key": str(guests["resident"].pk)}, **HERE)
    elder = client.get("/me/", **HERE).context["actor"].person
    with county_scope(COUNTY):
        people.change_person(person=elder, large_print=True, by=system(COUNTY, "demo"), now=now)
    client.post("/enter/", {"key": str(guests["resident"].pk)}, **HERE)
    assert client.cookies["mulin_large"].value == "1"
    client.post("/enter/", {"key": str(guests["worker"].pk)}, **HERE)
    assert client.cookies["mulin_large"].value == ""


@pytest.mark.parametrize(
    "told",
    [
        {"HTTP_HOST": "127.0.0.1", "REMOTE_ADDR": "192.168.1.5"},
        {"HTTP_HOST": "127.0.0.1", "REMOTE_ADDR": ""},
        {**HERE, "HTTP_X_FORWARDED_FOR": "127.0.0.1"},
        {**HERE, "HTTP_FORWARDED": "for=127.0.0.1"},
        {**HERE, "HTTP_X_REAL_IP": "127.0.0.1"},
        {**HERE, "HTTP_X_FORWARDED_HOST": "127.0.0.1"},
    ],
)
def test_from_elsewhere_or_through_a_proxy_there_is_no_door(
    guests: dict[str, Any], told: dict[str, str]
) -> None:
    for answer in (
        Client().get("/enter/", **told),
        Client().post("/enter/", {"key": str(guests["worker"].pk)}, **told),
    ):
        assert answer.status_code == 404
    assert "小worker" not in Client().get("/accounts/login/", **told).content.decode()


def test_another_host_name_has_no_door(guests: dict[str, Any]) -> None:
    with as_owner():
        apps.get_model("citus.County").objects.filter(code=COUNTY).update(host="mulin.example.cn")
    told = {"HTTP_HOST": "mulin.example.cn", "REMOTE_ADDR": "127.0.0.1"}
    assert Client().get("/enter/", **told).status_code == 404


def test_switched_off_there_is_no_door_and_an_open_session_needs_its_second_factor(
    guests: dict[str, Any], settings: Any
) -> None:
    client = Client()
    client.post("/enter/", {"key": str(guests["admin"].pk)}, **HERE)
    settings.EXAMPLE_DOOR = False
    assert Client().get("/enter/", **HERE).status_code == 404
    assert client.get("/desk/access/", **HERE).status_code == 302


def test_a_real_county_has_no_door_even_while_the_flag_is_still_remembered(guests: dict[str, Any]) -> None:
    assert Client().get("/enter/", **HERE).status_code == 200
    with as_owner():
        apps.get_model("citus.County").objects.filter(code=COUNTY).update(is_example=False)
    assert Client().get("/enter/", **HERE).status_code == 404
    assert Client().post("/enter/", {"key": str(guests["admin"].pk)}, **HERE).status_code == 404


def test_only_example_people_of_example_counties_come_in(guests: dict[str, Any], scene: Scene) -> None:
    client = Client()
    for key in (scene.accounts["admin"].pk, scene.accounts["neighbour_admin"].pk, uuid7(), "x", ""):
        assert client.post("/enter/", {"key": str(key)}, **HERE).status_code == 404
    apps.get_model("access.AccountCounty").objects.create(
        account=guests["admin"], county_code=NEIGHBOUR, person_id=uuid7()
    )
    guests["worker"].is_superuser = True
    guests["worker"].save()
    for name in ("admin", "worker"):
        assert client.post("/enter/", {"key": str(guests[name].pk)}, **HERE).status_code == 404
