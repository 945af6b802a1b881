"""The log is for the county's administrator and leader; it filters, pages, shows no personal detail."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from mulin.ground.trail import actions, queries
from mulin.kernel.actor import Actor, Held
from mulin.kernel.ids import uuid7
from tests.personas import COUNTY, Scene

URL = "/desk/trail/"


def deed(scene: Scene, now: datetime, **more: Any) -> Any:
    told: dict[str, Any] = {"verb": "case.taken_up", "subject_kind": "case", "subject_id": uuid7()} | more
    return actions.record(by=scene.grid_worker, now=now, **told)


def test_who_may_read_the_log(county: Scene, now: datetime) -> None:
    deed(county, now)
    for actor in (county.admin, county.leader):
        assert len(queries.log_page(actor)[0].rows) == 1
    street_leader = Actor(county=COUNTY, account=uuid7(), person=uuid7(), held=(Held("leader", "/001/"),))
    for actor in (county.county_clerk, county.grid_worker, county.resident, county.stranger, street_leader):
        assert queries.log_page(actor)[0].rows == []


def test_the_log_pages_by_id_and_filters(county: Scene, now: datetime) -> None:
    subject, person = uuid7(), county.persons["resident"].id
    ids = [deed(county, now, subject_id=subject) for _ in range(3)]
    ids.append(
        deed(
            county, now + timedelta(days=1), verb="person.revealed", subject_kind="person", subject_id=person
        )
    )
    ids.append(deed(county, now, verb="case.contact_revealed", about=person))
    ids.append(deed(county, now, verb="case.contact.revealed", about=person))
    seen, at = [], ""
    while True:
        page, _names = queries.log_page(county.admin, at=at, size=2)
        seen += [one.id for one in page.rows]
        if not (at := page.next):
            break
    assert seen == ids[::-1]

    def found(**filters: Any) -> list[Any]:
        return [one.id for one in queries.log_page(county.admin, **filters)[0].rows]

    assert found(subject=subject) == ids[2::-1]
    assert found(verb="person.revealed") == [ids[3]]
    assert found(day=now.date()) == [ids[5], ids[4], *ids[2::-1]]
    assert found(looks=True) == [ids[5], ids[3]]
    assert found(subject=person) == [ids[5], ids[4], ids[3]]
    assert found(person=county.grid_worker.person) == ids[::-1]
    assert [one.id for one in queries.who_looked_at(person)] == [ids[5], ids[3]]
    assert [one.id for one in queries.of_subject("case", subject)] == ids[:3]


def test_the_page_costs_the_same_with_one_and_with_many(county: Scene, now: datetime) -> None:
    deed(county, now)
    with CaptureQueriesContext(connection) as one:
        queries.log_page(county.admin)
    for _ in range(5):
        deed(county, now)
    with CaptureQueriesContext(connection) as many:
        queries.log_page(county.admin)
    assert len(one) == len(many) <= 2


@pytest.fixture
def visit(scene: Scene, client: Client, settings: Any) -> Any:
    settings.STAFF_NEED_MFA = False

    def as_persona(name: str, url: str = URL) -> Any:
        client.logout()
        client.cookies.clear()
        if name != "stranger":
            client.force_login(scene.accounts[name], backend="django.contrib.auth.backends.ModelBackend")
        session = client.session
        session["county"] = COUNTY
        session.save()
        client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
        return client.get(url)

    return as_persona


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("stranger", 302),
        ("resident", 404),
        ("grid_worker", 403),
        ("county_clerk", 403),
        ("leader", 200),
        ("admin", 200),
    ],
)
def test_the_page_by_persona(visit: Any, name: str, status: int) -> None:
    assert visit(name).status_code == status


def test_the_page_shows_who_did_what_and_no_personal_detail(visit: Any, county: Scene, now: datetime) -> None:
    deed(county, now, facts={"state": "in_hand"}, personal={"phone": "13912345678"})
    shown = visit("admin").content.decode()
    assert "case.taken_up" in shown and "张工" in shown and "in_hand" in shown
    assert "13912345678" not in shown
    assert "case.taken_up" not in visit("admin", URL + "?day=2020-01-01").content.decode()
    assert visit("admin", URL + "?subject=nonsense").status_code == 422
