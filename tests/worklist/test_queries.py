"""The list shows each actor his own, the count equals the list, and red comes first."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from mulin.ground.worklist import actions, queries
from mulin.kernel import hooks
from mulin.kernel.actor import Actor, Held
from mulin.kernel.county import county_scope
from mulin.kernel.ids import uuid7
from tests.personas import COUNTY, NEIGHBOUR, Scene

WorkItem: Any = apps.get_model("worklist.WorkItem")


def put(scene: Scene, now: datetime, title: str, **more: Any) -> None:
    told: dict[str, Any] = {"kind": "handle", "subject_kind": "case", "subject_id": uuid7()} | more
    actions.put(by=scene.admin, now=now, title=title, **told)


def titles(actor: Actor) -> list[str]:
    found = [item.title for item in queries.open_for(actor)]
    assert queries.count_for(actor) == len(found)
    return found


def test_each_sees_what_is_addressed_to_him(county: Scene, now: datetime) -> None:
    unit = county.units["department"].id
    put(county, now, "网格A", role="grid_worker", path="/001/003/g1001/")
    put(county, now, "网格B", role="grid_worker", path="/001/003/g1002/")
    put(county, now, "社区", role="community_clerk", path="/001/003/")
    put(county, now, "全县", role="county_clerk", path="/")
    put(county, now, "部门", unit=unit)
    put(county, now, "部门内岗位", unit=unit, role="department_officer")
    put(county, now, "部门内别的岗位", unit=unit, role="merchant")
    put(county, now, "本人", person=county.persons["resident"].id)
    put(county, now, "凡管理员", role="admin")
    assert titles(county.grid_worker) == ["网格A"]
    assert titles(county.other_grid_worker) == []
    assert titles(county.community_clerk) == ["社区"]
    assert titles(county.street_clerk) == []
    assert titles(county.county_clerk) == ["全县"]
    assert titles(county.department) == ["部门", "部门内岗位"]
    assert titles(county.resident) == ["本人"]
    assert titles(county.admin) == ["凡管理员"]
    assert titles(county.stranger) == []
    head = Actor(county=COUNTY, account=uuid7(), person=uuid7(), held=(Held("grid_worker", "/001/003/"),))
    assert sorted(titles(head)) == ["网格A", "网格B"]


def test_a_prefix_is_a_whole_step(county: Scene, now: datetime) -> None:
    put(county, now, "甲", role="grid_worker", path="/001/003_/")
    percent = Actor(
        county=COUNTY, held=(Held("grid_worker", "/001/003%/"), Held("grid_worker", "/001/00__/"))
    )
    assert titles(percent) == []


def test_finished_items_and_other_counties_do_not_show(scene: Scene, now: datetime) -> None:
    subject = uuid7()
    with county_scope(COUNTY):
        put(scene, now, "已办", role="admin", path="/", subject_id=subject)
        actions.done(by=scene.admin, now=now, subject_kind="case", subject_id=subject)
        put(scene, now, "待办", role="admin", path="/")
        assert titles(scene.admin) == ["待办"]
    with county_scope(NEIGHBOUR):
        assert titles(scene.neighbour_admin) == []


def fill(scene: Scene, now: datetime) -> None:
    for hours in (5, -3, 1, -9, 40):
        put(scene, now, f"{hours}", role="admin", path="/", due_at=now + timedelta(hours=hours))
    for name in ("无期限甲", "无期限乙"):
        put(scene, now, name, role="admin", path="/")
    subject = uuid7()
    put(scene, now, "暂停", role="admin", path="/", due_at=now - timedelta(hours=99), subject_id=subject)
    actions.pause(by=scene.admin, now=now, subject_kind="case", subject_id=subject)


ORDER = ["-9", "-3", "1", "5", "40", "无期限甲", "无期限乙", "暂停"]


def test_red_comes_first_and_what_rests_comes_last(county: Scene, now: datetime) -> None:
    fill(county, now)
    assert titles(county.admin) == ORDER
    lights = [one.light for one in queries.lit(queries.open_for(county.admin), now)]
    assert lights[:2] == ["red", "red"] and lights[-1] == "grey"


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 50])
def test_pages_follow_each_other_without_gap_or_repeat(county: Scene, now: datetime, size: int) -> None:
    fill(county, now)
    seen: list[str] = []
    at = ""
    while True:
        page = queries.tab_page(county.admin, queries.MINE, now, at=at, size=size)
        seen += [one.title for one in page.rows]
        if not (at := page.next):
            break
    assert seen == ORDER and queries.count_for(county.admin) == len(ORDER)


def test_a_page_is_one_statement_and_so_is_its_count(county: Scene, now: datetime) -> None:
    put(county, now, "一", role="admin", path="/")
    with CaptureQueriesContext(connection) as one:
        assert len(queries.tab_page(county.admin, queries.MINE, now).rows) == 1
    fill(county, now)
    with CaptureQueriesContext(connection) as many:
        assert len(queries.tab_page(county.admin, queries.MINE, now).rows) == 9
    with CaptureQueriesContext(connection) as count:
        assert queries.count_for(county.admin) == 9
    assert len(one) == len(many) == len(count) == 1


def test_a_spoilt_mark_begins_at_the_front(county: Scene, now: datetime) -> None:
    fill(county, now)
    for mark in ("x", "%%%", "é", "MjAyNg"):
        assert len(queries.tab_page(county.admin, queries.MINE, now, at=mark).rows) == 8


def test_a_line_says_what_is_next_and_by_when(
    county: Scene, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(hooks.work_words, "handle", "到现场处置并填写结果")
    monkeypatch.setitem(hooks.subject_url, "case", lambda actor, subject: f"/desk/cases/{subject}/")
    put(county, now, "路灯不亮", number="211322-AB", role="admin", path="/", due_at=now + timedelta(hours=5))
    with translation.override("zh-hans"):
        (line,) = queries.lit(queries.open_for(county.admin), now, actor=county.admin)
    assert (line.next_step, line.due_words, line.due_exact) == (
        "到现场处置并填写结果",
        "还剩 5 小时",
        "2026-09-01 14:00",
    )
    assert (line.light, line.light_words, line.number) == ("green", "正常", "211322-AB")
    assert line.url == f"/desk/cases/{line.subject_id}/"


def test_export_tells_a_person_his_items(county: Scene, now: datetime) -> None:
    put(county, now, "本人的", person=county.persons["resident"].id)
    put(county, now, "别人的", role="admin", path="/")
    found = queries.export(county.persons["resident"].id)
    assert [row["title"] for row in found["work_items"]] == ["本人的"]
