"""A to-do is put once per subject and kind, finished idempotently, and handed over with a trace."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from mulin.ground.trail import queries as trail
from mulin.ground.worklist import actions, queries
from mulin.kernel.county import county_scope
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from mulin.kernel.ids import uuid7
from tests.personas import COUNTY, Scene

WorkItem: Any = apps.get_model("worklist.WorkItem")
GRID_A = "/001/003/g1001/"


def put(scene: Scene, now: datetime, **more: Any) -> Any:
    told: dict[str, Any] = {
        "kind": "handle",
        "subject_id": uuid7(),
        "role": "grid_worker",
        "path": GRID_A,
    } | more
    return actions.put(by=scene.community_clerk, now=now, subject_kind="case", title="路灯不亮", **told)


def test_putting_is_one_statement_and_putting_again_readdresses(county: Scene, now: datetime) -> None:
    subject = uuid7()
    with CaptureQueriesContext(connection) as caught:
        first = put(county, now, subject_id=subject, due_at=now + timedelta(hours=8))
    assert len(caught) == 1
    later = now + timedelta(hours=2)
    again = put(county, later, subject_id=subject, path="/003/004/g1001/", due_at=now + timedelta(hours=9))
    assert again == first
    row = WorkItem.objects.get()
    assert (row.path, row.opened_at, row.due_at) == ("/003/004/g1001/", now, now + timedelta(hours=9))


def test_a_finished_item_makes_room_for_a_new_one(county: Scene, now: datetime) -> None:
    subject = uuid7()
    first = put(county, now, subject_id=subject)
    assert actions.done(by=county.grid_worker, now=now, subject_kind="case", subject_id=subject) == 1
    assert actions.done(by=county.grid_worker, now=now, subject_kind="case", subject_id=subject) == 0
    assert put(county, now, subject_id=subject) != first
    assert WorkItem.objects.get(pk=first).done_by == county.grid_worker.person


def test_done_touches_only_the_kinds_named(county: Scene, now: datetime) -> None:
    subject = uuid7()
    put(county, now, subject_id=subject, kind="handle")
    put(county, now, subject_id=subject, kind="close")
    with CaptureQueriesContext(connection) as caught:
        assert (
            actions.done(by=county.admin, now=now, subject_kind="case", subject_id=subject, kinds=("close",))
            == 1
        )
    assert len(caught) == 1
    assert list(WorkItem.objects.filter(done_at=None).values_list("kind", flat=True)) == ["handle"]


def test_nobodys_item_is_refused(county: Scene, now: datetime) -> None:
    with pytest.raises(ValueError):
        put(county, now, role="", path="")


def test_a_long_title_is_cut_not_crashed_on(county: Scene, now: datetime) -> None:
    actions.put(
        by=county.admin,
        now=now,
        kind="handle",
        subject_kind="case",
        subject_id=uuid7(),
        title="长" * 400,
        role="admin",
    )
    assert len(WorkItem.objects.get().title) == 160


def test_a_rest_moves_the_clock_by_its_length(county: Scene, now: datetime) -> None:
    subject = uuid7()
    put(county, now, subject_id=subject, due_at=now + timedelta(hours=8))
    put(county, now, subject_id=subject, kind="close")
    two = now + timedelta(hours=2)
    assert actions.pause(by=county.admin, now=two, subject_kind="case", subject_id=subject) == 2
    assert {one.light for one in queries.lit(WorkItem.objects.all(), two)} == {"grey"}
    assert (
        actions.resume(by=county.admin, now=now + timedelta(hours=5), subject_kind="case", subject_id=subject)
        == 2
    )
    row = WorkItem.objects.get(kind="handle")
    assert (row.opened_at, row.due_at) == (now + timedelta(hours=3), now + timedelta(hours=11))
    assert WorkItem.objects.get(kind="close").due_at is None


def test_a_clerk_hands_over_within_his_territory(county: Scene, now: datetime) -> None:
    item = put(county, now)
    person = county.persons["grid_worker"].id
    row = actions.reassign(item=item, by=county.community_clerk, now=now, person=person)
    assert (row.person_id, row.role, row.path) == (person, "", GRID_A)
    (deed,) = trail.of_subject("case", row.subject_id)
    assert (deed.verb, deed.facts["before"]["role"]) == ("work.reassigned", "grid_worker")


def test_handing_over_is_refused_to_others(county: Scene, now: datetime) -> None:
    item = put(county, now)
    for actor in (county.other_clerk, county.grid_worker, county.resident, county.stranger):
        with pytest.raises(NotAllowed):
            actions.reassign(item=item, by=actor, now=now, role="county_clerk", path="/")
    with pytest.raises(NotAllowed):  # his own item, but into another community
        actions.reassign(item=item, by=county.community_clerk, now=now, role="grid_worker", path="/003/004/")
    with pytest.raises(Refused, match="改派给谁"):
        actions.reassign(item=item, by=county.community_clerk, now=now)
    with pytest.raises(NotFound):
        actions.reassign(item=uuid7(), by=county.admin, now=now, role="admin")
    actions.done(by=county.admin, now=now, subject_kind="case", subject_id=WorkItem.objects.get().subject_id)
    with pytest.raises(Refused, match="已经办结"):
        actions.reassign(item=item, by=county.community_clerk, now=now, role="grid_worker", path=GRID_A)


@pytest.mark.django_db(transaction=True)
def test_eight_puts_at_once_make_one_item(scene: Scene, now: datetime) -> None:
    subject, start, found = uuid7(), threading.Barrier(8), []

    def one() -> None:
        with county_scope(COUNTY):
            start.wait()
            found.append(put(scene, now, subject_id=subject))
        connections.close_all()

    threads = [threading.Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8 and len(set(found)) == 1
