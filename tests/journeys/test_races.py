"""Many at once: equal resends, two hands on one case, two counties in one house."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.db import connections
from django.test import Client

from mulin.citus.models import CountyScoped
from mulin.ground.files.models import StoredFile
from mulin.ground.people import actions as people
from mulin.ground.worklist.models import WorkItem
from mulin.kernel.actor import system
from mulin.kernel.county import county_scope
from mulin.kernel.ids import uuid7
from mulin.services.cases import actions
from mulin.services.cases.models import Case, CaseReporter, CaseStep, ImportFile
from tests.cases.scenes import in_state
from tests.files.pictures import encoded, picture
from tests.journeys.conftest import Enter, signed_in
from tests.journeys.steps import WORDS, fields, send_report, text_of
from tests.personas import COUNTY, IN_GRID_A, NEIGHBOUR, Scene


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """What each of the works gives, all begun at the same moment, each in a thread of its own. Raises what one raised."""
    start, found, broken = threading.Barrier(len(works)), [None] * len(works), []

    def run(place: int) -> None:
        try:
            start.wait()
            found[place] = works[place]()
        except BaseException as error:  # noqa: BLE001 - raised again below, in the thread of the test
            broken.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if broken:
        raise broken[0]
    return found


# ── equal resends ─────


@pytest.mark.django_db(transaction=True)
def test_eight_equal_resends_make_one_case_and_get_one_receipt(scene: Scene, morning: datetime) -> None:
    bare = picture(64, 48)
    told = {
        "client_id": str(uuid7()),
        "text": WORDS,
        "phone": "13812345678",
        "lon": str(IN_GRID_A[0]),
        "lat": str(IN_GRID_A[1]),
    }

    def send() -> str:
        photo = encoded(bare)
        photo.name = "photo.jpg"
        answer = Client().post("/report/", told | {"photos": photo})
        assert answer.status_code == 302, answer.status_code
        return str(answer["Location"])

    assert len(set(at_once(*[send] * 8))) == 1
    with county_scope(COUNTY):
        for model in (Case, CaseReporter, CaseStep, WorkItem):
            assert model.objects.count() == 1, model
        assert apps.get_model("trail.AuditEntry").objects.filter(verb="case.report").count() == 1
        case = Case.objects.get()
        assert StoredFile.objects.filter(subject_id=case.id).count() == 1


@pytest.mark.django_db(transaction=True)
def test_parallel_reports_are_each_their_own_case(scene: Scene, morning: datetime) -> None:
    answers = at_once(*[lambda: send_report(Client())["Location"]] * 6)
    assert len(set(answers)) == 6
    with county_scope(COUNTY):
        assert Case.objects.count() == WorkItem.objects.count() == 6


# ── two hands on one case ─────


@pytest.mark.django_db(transaction=True)
def test_two_take_it_up_at_once_and_one_is_told(scene: Scene, morning: datetime) -> None:
    send_report(Client())
    with county_scope(COUNTY):
        case = Case.objects.get()
    url = f"/desk/cases/{case.id}/take_up/"
    hands = [signed_in(Client(), scene.accounts[who]) for who in ("grid_worker", "community_clerk")]
    forms = [fields(text_of(hand.get(f"/desk/cases/{case.id}/")), action=url) for hand in hands]
    answers = at_once(
        *[lambda hand=hand, form=form: hand.post(url, form) for hand, form in zip(hands, forms, strict=True)]
    )
    assert sorted(answer.status_code for answer in answers) == [302, 409]
    late = next(answer for answer in answers if answer.status_code == 409)
    assert "已经被别人更新" in text_of(late)
    with county_scope(COUNTY):
        assert CaseStep.objects.filter(action="take_up").count() == 1
        row = WorkItem.objects.get(done_at=None)
        assert (row.kind, row.person_id) == ("handle", Case.objects.get().handler_id)


@pytest.mark.django_db(transaction=True)
def test_two_ratings_at_once_count_once(scene: Scene, morning: datetime) -> None:
    with county_scope(COUNTY):
        _case, receipt = in_state(scene, morning, "disposed")
    answers = at_once(*[lambda: Client().post(f"/r/{receipt}/rate/", {"score": "satisfied"})] * 4)
    assert sorted(answer.status_code for answer in answers) == [302, 409, 409, 409]
    with county_scope(COUNTY):
        assert Case.objects.get().state == "closed"
        assert CaseStep.objects.filter(action="rate").count() == 1


# ── two counties ─────

LISTS = (
    "/desk/", "/desk/cases/", "/desk/map/", "/desk/map/cases.geojson", "/desk/map/grids.geojson", "/desk/figures/",
    "/desk/figures/cases_reported/", "/desk/figures/cases_closed/", "/desk/territory/", "/desk/territory/export.geojson",
    "/desk/people/", "/desk/people/?view=units", "/desk/access/", "/desk/trail/", "/desk/import/", "/notices/",
    "/desk/patrols/", "/desk/patrols/tasks/", "/desk/patrols/month/", "/my-reports/", "/grid-worker/", "/open/", "/report/", "/",
)  # fmt: skip


def ids_of(county: int) -> set[str]:
    """Every id of every tenant row of a county."""
    models = [one for one in apps.get_models() if issubclass(one, CountyScoped) and one._meta.managed]
    with county_scope(county):
        return {
            str(key)
            for model in models
            for key in model.objects.values_list("pk", flat=True)
            if isinstance(key, UUID)
        }


@pytest.fixture
def neighbours(scene: Scene, morning: datetime) -> dict[int, set[str]]:
    """Cases, to-dos, units, imports and messages in both counties; county → words and ids that are its own."""
    own: dict[int, set[str]] = {}
    for code, who, word in ((COUNTY, "admin", "向阳街"), (NEIGHBOUR, "neighbour_admin", "柳城路")):
        admin = scene.actors[who]
        with county_scope(code):
            people.add_organisation(
                kind="merchant",
                name=f"{word}超市",
                by=system(code, "test"),
                now=morning,
                started_on=morning.date(),
            )
            ImportFile.objects.create(file_name=f"{word}.csv", created_at=morning)
            made = actions.report(
                by=admin, now=morning, client_id=uuid7(), text=f"{word}的井盖坏了", source="resident",
                lon=IN_GRID_A[0], lat=IN_GRID_A[1],
            )  # fmt: skip
            assert made.case.county_id == code
        own[code] = {word}
    for code in own:
        own[code] |= ids_of(code)
    return own


@pytest.mark.parametrize("url", LISTS)
def test_no_list_shows_anything_of_the_other_county(
    url: str, neighbours: dict[int, set[str]], enter: Enter
) -> None:
    for who, other in (("admin", NEIGHBOUR), ("abroad", COUNTY)):
        answer = enter(who).get(url)
        assert answer.status_code == 200, (who, url)
        page = text_of(answer)
        assert {one for one in neighbours[other] if one in page} == set(), who


def test_the_lists_do_show_what_is_ones_own(neighbours: dict[int, set[str]], enter: Enter) -> None:
    for who, word in (("admin", "向阳街"), ("abroad", "柳城路")):
        for url in (
            "/desk/cases/",
            "/desk/people/?view=units",
            "/desk/import/",
            "/my-reports/",
            "/desk/map/cases.geojson",
        ):
            assert word in text_of(enter(who).get(url)), (who, url)
