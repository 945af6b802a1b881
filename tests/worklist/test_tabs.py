"""Four views of one list: mine, my unit's, what I am told of, what I did. Each count is the length of its list."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mulin.ground.worklist import actions, queries
from mulin.ground.worklist.rules import LIGHTS
from mulin.kernel import hooks
from mulin.kernel.actor import Actor
from mulin.kernel.county import county_scope
from mulin.kernel.ids import uuid7
from tests.personas import COUNTY, NEIGHBOUR, Scene

WorkItem: Any = apps.get_model("worklist.WorkItem")
Copy: Any = apps.get_model("worklist.Copy")


def put(scene: Scene, now: datetime, title: str, **more: Any) -> Any:
    told: dict[str, Any] = {"kind": "handle", "subject_kind": "case", "subject_id": uuid7()} | more
    return actions.put(by=scene.admin, now=now, title=title, **told)


def copy(scene: Scene, now: datetime, title: str, **more: Any) -> Any:
    told: dict[str, Any] = {"subject_kind": "case", "subject_id": uuid7(), "number": "211322-X"} | more
    return actions.copy(by=scene.admin, now=now, title=title, **told)


def titles(actor: Actor, tab: str, now: datetime, **narrowed: Any) -> list[str]:
    """What stands in a tab; its count is as long."""
    by = queries.Narrowed(**narrowed)
    found = [row.title for row in queries.tab_page(actor, tab, now, by).rows]
    assert queries.tab_counts(actor, now, by)[tab] == len(found)
    return found


# ── my unit ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_my_unit_is_everything_in_hand_in_my_territory_or_unit(county: Scene, now: datetime) -> None:
    unit = county.units["department"].id
    put(county, now, "网格A", role="grid_worker", path="/001/003/g1001/")
    put(county, now, "张敏手上", person=county.persons["grid_worker"].id, path="/001/003/g1001/")
    put(county, now, "铁西", role="grid_worker", path="/003/004/g1001/")
    put(county, now, "部门", unit=unit)
    put(county, now, "吴刚手上", unit=unit, person=county.persons["department"].id)
    expected = {
        "grid_worker": ["网格A", "张敏手上"],
        "community_clerk": ["网格A", "张敏手上"],
        "street_clerk": ["网格A", "张敏手上"],
        "other_clerk": ["铁西"],
        "department": ["部门", "吴刚手上"],
        "leader": ["网格A", "张敏手上", "铁西", "部门", "吴刚手上"],
        "resident": [],
        "stranger": [],
    }
    assert {who: titles(getattr(county, who), queries.UNIT, now) for who in expected} == expected


def test_what_is_somebodys_by_name_is_not_his_colleagues_to_do(county: Scene, now: datetime) -> None:
    unit = county.units["department"].id
    put(county, now, "部门", unit=unit)
    put(county, now, "别人手上", unit=unit, person=county.persons["leader"].id)
    assert titles(county.department, queries.MINE, now) == ["部门"]
    assert titles(county.department, queries.UNIT, now) == ["部门", "别人手上"]


# ── what I did ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_i_did_is_mine_and_newest_first(county: Scene, now: datetime) -> None:
    for place, (who, title) in enumerate([("admin", "一"), ("leader", "二"), ("admin", "三")]):
        subject = uuid7()
        put(county, now, title, role="admin", path="/", subject_id=subject)
        done = {"subject_kind": "case", "subject_id": subject}
        actions.done(by=getattr(county, who), now=now + timedelta(minutes=place), **done)
    assert titles(county.admin, queries.DONE, now) == ["三", "一"]
    assert titles(county.leader, queries.DONE, now) == ["二"]
    assert titles(county.stranger, queries.DONE, now) == []


# ── copies ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_copy_reaches_person_unit_and_role_and_nobody_else(county: Scene, now: datetime) -> None:
    copy(county, now, "本人", person=county.persons["grid_worker"].id)
    copy(county, now, "部门", unit=county.units["department"].id)
    copy(county, now, "社区", role="community_clerk", path="/001/003/")
    everybody = [name for name in county.actors if name != "neighbour_admin"]
    found = {who: titles(getattr(county, who), queries.COPIED, now) for who in everybody}
    assert {who: rows for who, rows in found.items() if rows} == {
        "grid_worker": ["本人"],
        "department": ["部门"],
        "community_clerk": ["社区"],
    }
    assert all(not titles(getattr(county, who), queries.MINE, now) for who in everybody)


def test_a_copy_is_seen_once_and_is_news_again_when_copied_again(county: Scene, now: datetime) -> None:
    told = {"subject_id": uuid7(), "role": "community_clerk", "path": "/001/003/"}
    first = copy(county, now, "升级到街道", **told)
    assert actions.seen(by=county.leader, now=now, copies=[first]) == 0, "not addressed to him"
    assert actions.seen(by=county.community_clerk, now=now, copies=[first]) == 1
    assert actions.seen(by=county.community_clerk, now=now, copies=[first]) == 0
    assert titles(county.community_clerk, queries.COPIED, now) == []
    assert titles(county.community_clerk, queries.COPIED, now, seen=True) == ["升级到街道"]
    assert copy(county, now + timedelta(hours=1), "升级到县", **told) == first
    assert titles(county.community_clerk, queries.COPIED, now) == ["升级到县"]
    row = Copy.objects.get()
    assert (row.seen_at, row.seen_by, row.since) == (None, None, now + timedelta(hours=1))


def test_all_copies_are_seen_at_once_and_only_ones_own(county: Scene, now: datetime) -> None:
    for title in ("一", "二", "三"):
        copy(county, now, title, person=county.persons["leader"].id)
    copy(county, now, "别人的", person=county.persons["admin"].id)
    assert actions.seen(by=county.leader, now=now) == 3
    assert titles(county.admin, queries.COPIED, now) == ["别人的"]


def test_copying_is_one_statement_and_needs_somebody(county: Scene, now: datetime) -> None:
    with CaptureQueriesContext(connection) as caught:
        copy(county, now, "长" * 300, person=county.persons["leader"].id)
    assert len(caught) == 1 and len(Copy.objects.get().title) == 160
    with pytest.raises(ValueError, match="somebody"), transaction.atomic():
        copy(county, now, "谁")
    with pytest.raises(IntegrityError), transaction.atomic():
        Copy.objects.create(subject_kind="case", subject_id=uuid7(), title="谁", since=now)


def test_a_copy_says_why_and_leads_to_its_subject(
    county: Scene, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(hooks.copy_words, "escalated", "已升级，请知悉")
    monkeypatch.setitem(hooks.subject_url, "case", lambda actor, subject: f"/desk/cases/{subject}/")
    subject = uuid7()
    key = copy(county, now, "路灯", person=county.persons["leader"].id, subject_id=subject, why="escalated")
    (line,) = queries.tab_page(county.leader, queries.COPIED, now).rows
    assert (line.next_step, line.url, line.seen) == ("已升级，请知悉", f"/desk/cases/{subject}/", False)
    assert queries.copy_of(county.leader, key) == line.url and queries.copy_of(county.admin, key) == ""
    assert queries.is_copied(county.leader, "case", subject)
    assert not queries.is_copied(county.admin, "case", subject)


def test_copies_stay_in_their_county(scene: Scene, now: datetime) -> None:
    with county_scope(COUNTY):
        copy(scene, now, "本县", role="admin", path="/")
    with county_scope(NEIGHBOUR):
        assert titles(scene.neighbour_admin, queries.COPIED, now) == []


# ── filters ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_tab_is_narrowed_by_kind_words_and_number(county: Scene, now: datetime) -> None:
    put(county, now, "路灯不亮", role="admin", path="/", number="211322-AB")
    put(county, now, "井盖松动", role="admin", path="/", kind="close")
    assert titles(county.admin, queries.MINE, now, kind="close") == ["井盖松动"]
    assert titles(county.admin, queries.MINE, now, words="灯不") == ["路灯不亮"]
    assert titles(county.admin, queries.MINE, now, words="211322-ab") == ["路灯不亮"]
    assert titles(county.admin, queries.MINE, now, words="%") == []


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    due=st.one_of(st.none(), st.integers(-50, 50)),
    age=st.integers(-5, 200),
    paused=st.booleans(),
)
def test_the_filter_by_light_is_the_light_that_is_shown(
    county: Scene, now: datetime, due: int | None, age: int, paused: bool
) -> None:
    WorkItem.objects.all().delete()
    subject = uuid7()
    opened = now - timedelta(hours=age)
    due_at = None if due is None else now + timedelta(hours=due)
    put(county, opened, "一", role="admin", path="/", due_at=due_at, subject_id=subject)
    if paused:
        actions.pause(by=county.admin, now=now, subject_kind="case", subject_id=subject)
    (line,) = queries.lit(queries.open_for(county.admin), now)
    shown = [light for light in LIGHTS if queries.lit_as(queries.open_for(county.admin), light, now).exists()]
    assert shown == [line.light]


def test_all_counts_are_one_statement_and_a_page_is_another(county: Scene, now: datetime) -> None:
    costs = []
    for rows in (1, 2):
        for number in range(rows):
            put(county, now, f"{rows}{number}", role="leader", path="/", due_at=now)
            copy(county, now, f"{rows}{number}", person=county.persons["leader"].id)
        with CaptureQueriesContext(connection) as caught:
            found = queries.tab_counts(county.leader, now)
            for tab in queries.TABS:
                queries.tab_page(county.leader, tab, now)
        costs.append(len(caught))
    assert costs == [5, 5] and found == {"mine": 3, "unit": 3, "copied": 3, "done": 0}
