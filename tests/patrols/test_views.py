"""The doors: what a walker meets on his phone and a planner on the desk; with what statements; without scripts."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from mulin.kernel.clock import local_day
from mulin.kernel.ids import uuid7
from mulin.services.cases.models import Case
from mulin.services.patrols import actions, queries
from mulin.services.patrols.models import PatrolFinding, PatrolPlan, PatrolTask
from mulin.services.patrols.rules import Rhythm
from tests.cases.scenes import browser
from tests.files.pictures import encoded
from tests.journeys.steps import fields, text_of
from tests.patrols.scenes import found, fresh, planned, tick, today, work
from tests.personas import Scene

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def morning_in_the_county(county: Scene, morning: datetime) -> None:
    """Doors read the clock: it stands at the scene's morning."""


def url(task: PatrolTask, *rest: str) -> str:
    return "/".join(["/desk/patrols/tasks", str(task.id), *rest]) + "/"


# ── the phone ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_from_the_to_do_list_to_done_in_two_taps(county: Scene, morning: datetime) -> None:
    task = today(county, morning)
    phone = browser(county, "grid_worker")
    desk = text_of(phone.get("/desk/"))
    assert "楼院巡查 · 双虹第一网格" in desk and url(task) in desk
    page = text_of(phone.get(url(task)))
    assert "没有发现问题" in page and "发现了问题" in page and "今天去不了" in page
    answer = phone.post(url(task, "walk"), fields(page, action=url(task, "walk")), follow=True)
    assert "没有发现问题。辛苦了" in text_of(answer) and fresh(task).state == "nothing_found"
    assert "没有发现问题</button>" not in text_of(answer) and "今天去不了" not in text_of(answer)


def test_a_finding_from_the_form_to_the_case_and_back_to_the_walk(county: Scene, morning: datetime) -> None:
    task = today(county, morning, spots=("东门",))
    phone = browser(county, "grid_worker")
    answer = phone.post(url(task, "walk"), {"line_1": "problem", "go": "finding"})
    assert answer["Location"] == url(task, "finding") and fresh(task).checklist[1] == [
        "井盖全不全",
        "problem",
    ]
    page = text_of(phone.get(url(task, "finding")))
    assert re.search(r'<option value="井盖全不全" selected>', page) and "东门" in page and "双虹家园" in page
    said = {"client_id": re.findall(r'name="client_id" value="([^"]+)"', page)[0]}
    said |= {"text": "3号楼东井盖没了", "note": "井盖全不全", "place": str(county.places["compound"].id)}
    answer = phone.post(url(task, "finding"), said | {"photos": [encoded()]}, follow=True)
    case = Case.objects.get()
    page = text_of(answer)
    assert case.number in page and "走完了（1 处）" in page and f"/desk/cases/{case.id}/" in page
    assert (case.source, case.place_path, case.grid_path) == ("patrol", "/001/003/C1/", "/001/003/g1001/")
    again = phone.post(url(task, "finding"), said, follow=True)
    assert again.status_code == 200 and Case.objects.count() == PatrolFinding.objects.count() == 1
    other = phone.post(url(task, "finding"), said | {"text": "另一件事，写了很久"})
    assert other.status_code == 409 and "另一件事，写了很久" in text_of(other)
    assert said["client_id"] not in text_of(other)
    phone.post(url(task, "walk"), {"line_1": "problem"})
    assert fresh(task).state == "done"


def test_fixed_on_the_spot_is_one_form_for_grid_staff_only(county: Scene, morning: datetime) -> None:
    task = today(county, morning)
    phone = browser(county, "grid_worker")
    page = text_of(phone.get(url(task, "finding")))
    assert "当场怎么解决的" in page
    told = {"client_id": str(uuid7()), "text": "楼道有纸箱", "result": "清走了"}
    phone.post(url(task, "finding"), told | {"place": str(county.places["compound"].id)})
    assert Case.objects.get().found_fixed
    unit = county.units["department"].id
    place = (county.places["community"].id,)
    team = today(county, morning, by=county.department, walker="unit", unit=unit, divisions=place)
    assert "当场怎么解决的" not in text_of(browser(county, "department").get(url(team, "finding")))


def test_a_refusal_keeps_the_words(county: Scene, morning: datetime) -> None:
    task = today(county, morning)
    phone = browser(county, "grid_worker")
    answer = phone.post(url(task, "walk"), {"line_0": "problem", "note": "东门也看了"})
    assert (
        answer.status_code == 422
        and "东门也看了" in text_of(answer)
        and "请点“发现了问题”" in text_of(answer)
    )
    answer = phone.post(url(task, "miss"), {"reason": "other", "words": ""})
    assert answer.status_code == 422 and "请写一句是什么原因" in text_of(answer)
    answer = phone.post(url(task, "miss"), {"words": "写了半天"})
    assert answer.status_code == 422 and "请选一个原因" in text_of(answer) and "写了半天" in text_of(answer)
    answer = phone.post(url(task, "finding"), {"client_id": str(uuid7()), "text": "", "place_text": "老桥头"})
    assert answer.status_code == 422 and "老桥头" in text_of(answer)
    actions.miss(task=task.id, reason="weather", by=county.community_clerk, now=morning)
    answer = phone.post(url(task, "miss"), {"reason": "leave", "words": "孩子发烧"})
    assert answer.status_code == 409 and "孩子发烧" in text_of(answer)


def test_cannot_go_today(county: Scene, morning: datetime) -> None:
    task = today(county, morning)
    phone = browser(county, "grid_worker")
    answer = phone.post(url(task, "miss"), {"reason": "weather", "words": "暴雪"}, follow=True)
    page = text_of(answer)
    assert "没有走，已说明原因" in page and "天气恶劣，走不了" in page and "没有发现问题" in page
    phone.post(url(task, "walk"), {})  # the snow stopped
    assert fresh(task).state == "nothing_found"


def test_a_walk_whose_window_has_passed_says_so(county: Scene, morning: datetime, clock_at: Any) -> None:
    task = today(county, morning)
    evening = task.due_at + timedelta(hours=1)
    tick(evening)
    clock_at(evening)
    phone = browser(county, "grid_worker")
    assert "过了时间，没有说明原因" in text_of(phone.get("/desk/patrols/"))
    page = text_of(phone.get(url(task)))
    assert "走过了就在这里补记" in page and '<details class="panel act" id="miss" open' in page
    clock_at(task.due_at + timedelta(days=3))
    phone = browser(county, "grid_worker")  # the session of three days ago is over
    page = text_of(phone.get(url(task)))
    assert "没有发现问题</button>" not in page and "没有走，说明原因" in page
    answer = phone.post(url(task, "walk"), {})
    assert answer.status_code == 409 and "时间过去太久" in text_of(answer)
    phone.post(url(task, "miss"), {"reason": "forgot"})
    assert fresh(task).state == "missed"


def test_a_finding_before_its_day_is_refused(county: Scene, morning: datetime) -> None:
    task = today(county, morning)
    ahead = PatrolTask.objects.get(plan=task.plan_id, day=task.day + DAY)
    phone = browser(county, "grid_worker")
    assert phone.get(url(ahead, "finding")).status_code == 409
    page = text_of(phone.get(url(ahead)))
    assert "还没到" in page and "发现了问题" not in page


# ── the front page, the list, the month ──────────────────────────────────────────────────────────────────────────


def test_each_sees_his_own_walks_first(county: Scene, morning: datetime) -> None:
    today(county, morning)
    worker = text_of(browser(county, "grid_worker").get("/desk/patrols/"))
    assert "今天要走的" in worker and "双虹第一网格" in worker and "新计划" not in worker
    clerk = text_of(browser(county, "community_clerk").get("/desk/patrols/"))
    assert "今天要走的" not in clerk and "巡查计划" in clerk and "新计划" in clerk
    leader = text_of(browser(county, "leader").get("/desk/patrols/"))
    assert "楼院巡查" in leader and "新计划" not in leader
    other = text_of(browser(county, "other_grid_worker").get("/desk/patrols/"))
    assert "今天没有要走的" in other and "双虹第一网格" not in other


def test_the_rows_behind_a_figure(county: Scene, morning: datetime, clock_at: Any) -> None:
    task = today(county, morning)
    actions.finish(task=task.id, by=county.grid_worker, now=morning)
    tick(morning + DAY)
    second = PatrolTask.objects.get(plan=task.plan_id, day=task.day + DAY)
    actions.miss(task=second.id, reason="weather", by=county.grid_worker, now=morning + DAY)
    tick(morning + 2 * DAY)
    later = morning + 3 * DAY
    clock_at(later)
    clerk = browser(county, "community_clerk")
    plan = text_of(clerk.get(f"/desk/patrols/plans/{task.plan_id}/"))
    assert "33%" in plan and "到期 3 次，走了 1 次" in plan
    rows = re.findall(r'href="(/desk/patrols/tasks/\?[^"]+)"', plan)
    counts = {}
    for link in rows:
        page = text_of(clerk.get(link.replace("&amp;", "&")))
        counts[link.rpartition("=")[2]] = page.count("<tr>") - 1 if "<tbody>" in page else 0
    assert counts == {"nothing_found": 1, "done": 0, "missed": 1, "overdue": 1}


def test_a_month_counts_each_day_in_words(county: Scene, morning: datetime, clock_at: Any) -> None:
    task = today(county, morning)
    actions.finish(task=task.id, by=county.grid_worker, now=morning)
    tick(morning + DAY)
    clock_at(morning + 2 * DAY)
    tick(morning + 2 * DAY)
    page = text_of(browser(county, "community_clerk").get("/desk/patrols/month/?month=2026-09"))
    assert "2026年9月" in page and "没问题" in page and "没说原因" in page and "今天走" in page
    assert "到期 2 次，走了 1 次（50%）" in page
    assert "2026-10" in page and "2026-08" in page
    empty = text_of(browser(county, "community_clerk").get("/desk/patrols/month/?month=2020-01"))
    assert "这个月没有巡查" in empty
    for odd in ("x", "0001-01", "9999-12"):
        assert browser(county, "community_clerk").get(f"/desk/patrols/month/?month={odd}").status_code == 200
    assert browser(county, "community_clerk").get("/desk/patrols/month/?plan=x").status_code == 404
    assert browser(county, "other_clerk").get(f"/desk/patrols/month/?plan={task.plan_id}").status_code == 404


def test_the_list_ends_today_unless_asked_and_refuses_a_window_the_wrong_way_round(
    county: Scene, morning: datetime
) -> None:
    today(county, morning)
    clerk = browser(county, "community_clerk")
    page = text_of(clerk.get("/desk/patrols/tasks/"))
    assert "2026-09-01" in page and "2026-09-02" not in page
    assert "2026-09-02" in text_of(clerk.get("/desk/patrols/tasks/?standing=coming"))
    assert clerk.get("/desk/patrols/tasks/?since=2026-09-02&until=2026-09-01").status_code == 422


# ── plans ────────────────────────────────────────────────────────────────────────────────────────────────────────


def plan_form(county: Scene, **more: Any) -> dict[str, Any]:
    plain = {
        "area": "/001/003/",
        "name": "夜间巡查",
        "places": [f"g:{county.grids['a'].id}", f"d:{county.places['compound'].id}"],
        "walker": "grid",
        "cadence": "weekdays",
        "weekdays": ["2", "4"],
        "rest_days": "walk",
        "opens": "19:00",
        "closes": "21:00",
        "starts_on": "2026-09-01",
        "checklist": "消防通道\r\n\r\n井盖",
        "spots": "东门\r\n西门",
    }
    return plain | more


def test_a_clerk_plans_and_activates_in_one_form(county: Scene, morning: datetime) -> None:
    clerk = browser(county, "community_clerk")
    page = text_of(clerk.get("/desk/patrols/plans/new/"))
    assert "双虹第二网格" in page and "张工" in page and "一个队伍或单位" not in page
    answer = clerk.post("/desk/patrols/plans/new/", plan_form(county, go="activate"), follow=True)
    plan = PatrolPlan.objects.get()
    page = text_of(answer)
    assert (
        plan.state == "active" and plan.checklist == ["消防通道", "井盖"] and plan.spots == ["东门", "西门"]
    )
    assert "每周：周二、周四" in page and "9月3日" in page and "在用" in page


def test_a_draft_is_changed_activated_and_ended(county: Scene, morning: datetime) -> None:
    clerk = browser(county, "community_clerk")
    clerk.post("/desk/patrols/plans/new/", plan_form(county))
    plan = PatrolPlan.objects.get()
    here = f"/desk/patrols/plans/{plan.id}/"
    assert plan.state == "draft" and "还是草稿" in text_of(clerk.get(here))
    form = text_of(clerk.get(f"{here}change/"))
    assert 'value="夜间巡查"' in form and "消防通道\n井盖" in form and 'value="19:00"' in form
    changed = plan_form(county, version="1", cadence="monthly", month_days="1日，15，31", weekdays=[])
    assert clerk.post(f"{here}change/", changed).status_code == 302
    stale = clerk.post(f"{here}change/", changed | {"name": "我写了很久的名字"})
    assert stale.status_code == 409 and "我写了很久的名字" in text_of(stale)
    assert 'name="version" value="2"' in text_of(stale)
    assert PatrolPlan.objects.get().month_days == [1, 15, 31]
    assert clerk.post(f"{here}activate/", {"version": "2"}).status_code == 302
    late = clerk.post(f"{here}activate/", {"version": "2"})
    assert late.status_code == 409
    assert clerk.post(f"{here}end/", {}).status_code == 422
    assert clerk.post(f"{here}end/", {"version": "3"}).status_code == 302
    assert "已结束" in text_of(clerk.get(here))
    assert clerk.get(f"{here}change/").status_code == 409


def test_what_the_form_says_wrong_stands_beside_its_field(county: Scene, morning: datetime) -> None:
    clerk = browser(county, "community_clerk")
    wrong = plan_form(county, name="", places=[], weekdays=[], starts_on="", opens="25:00")
    answer = clerk.post("/desk/patrols/plans/new/", wrong)
    page = text_of(answer)
    assert answer.status_code == 422 and "请给这个计划起个名字" in page and "请至少选一个地方" in page
    for more, words in (
        ({"weekdays": []}, "请选每周哪几天走"),
        ({"cadence": "monthly", "month_days": "40"}, "日期要在 1 到 31 之间"),
        ({"cadence": "every", "every_days": ""}, "之间的天数"),
        ({"walker": "named"}, "个人。"),
        ({"ends_on": "2026-08-01"}, "结束日期不能早于开始日期"),
        ({"places": [f"d:{county.places['community'].id}"]}, "请直接选网格"),
        ({"places": [f"g:{county.grids['c'].id}"]}, "选择一个有效的选项"),
    ):
        answer = clerk.post("/desk/patrols/plans/new/", plan_form(county, **more))
        assert answer.status_code == 422 and words in text_of(answer), more
    assert not PatrolPlan.objects.exists()


def test_a_street_clerk_chooses_the_area_first(county: Scene, morning: datetime) -> None:
    street = browser(county, "street_clerk")
    page = text_of(street.get("/desk/patrols/plans/new/"))
    assert "先选在哪一片" in page and "保存并启用" not in page
    page = text_of(street.get("/desk/patrols/plans/new/?area=/001/003/"))
    assert "保存并启用" in page and "双虹第一网格" in page
    assert street.get("/desk/patrols/plans/new/?area=/003/004/").status_code == 404
    assert street.post("/desk/patrols/plans/new/", plan_form(county, go="activate")).status_code == 302
    assert PatrolPlan.objects.get().made_by_id == county.street_clerk.person


def test_a_department_plans_for_its_team(county: Scene, morning: datetime) -> None:
    unit = county.units["department"]
    officer = browser(county, "department")
    page = text_of(officer.get("/desk/patrols/plans/new/?area=/001/003/"))
    assert "县市场监督管理局" in page and "县水利局" not in page and "指定的人" not in page
    told = plan_form(county, walker="unit", unit=str(unit.id), places=[f"d:{county.places['community'].id}"])
    assert officer.post("/desk/patrols/plans/new/", told).status_code == 302
    assert PatrolPlan.objects.get().unit_id == unit.id


# ── other eyes ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_page_speaks_english_too(county: Scene, morning: datetime) -> None:
    task = today(county, morning)
    found(task, county.grid_worker, morning)
    plain = re.compile(r"<script.*?</script>|<template.*?</template>", re.DOTALL)
    own = "双虹第一网格|楼院巡查|3号楼门口井盖坏了|消防通道有没有堵|井盖全不全|叶柏寿街道双虹社区第一网格|叶柏寿街道双虹社区"
    own += "|双虹第二网格|双虹家园|双虹社区|建平县|中文|[\u4e00-\u9fff]工"
    for who, pages in (
        ("grid_worker", ["/desk/patrols/", url(task), url(task, "finding")]),
        (
            "community_clerk",
            [
                "/desk/patrols/",
                "/desk/patrols/month/",
                "/desk/patrols/tasks/",
                "/desk/patrols/plans/new/",
                f"/desk/patrols/plans/{task.plan_id}/",
                f"/desk/patrols/plans/{task.plan_id}/change/",
            ],
        ),
    ):
        client = browser(county, who)
        client.cookies["django_language"] = "en"
        for one in pages:
            page = re.sub(own, "", plain.sub("", text_of(client.get(one))))
            left = re.findall(r"[\u4e00-\u9fff]+", page)
            assert left == [], (one, left[:8])


def test_why_a_task_can_be_seen(county: Scene, morning: datetime) -> None:
    task = today(county, morning)
    page = text_of(browser(county, "grid_worker").get(reverse("access:why", args=["patrol_task", task.id])))
    assert "网格员" in page and "楼院巡查" in page


# ── statements ───────────────────────────────────────────────────────────────────────────────────────────────────


def statements(caught: CaptureQueriesContext) -> int:
    return len([one for one in caught if "SAVEPOINT" not in one["sql"]])


@pytest.mark.parametrize(
    ("who", "address"),
    [
        ("grid_worker", "/desk/patrols/"),
        ("community_clerk", "/desk/patrols/"),
        ("community_clerk", "/desk/patrols/tasks/"),
        ("community_clerk", "/desk/patrols/month/"),
    ],
)
def test_a_list_costs_the_same_with_one_row_and_with_three(
    who: str, address: str, county: Scene, morning: datetime
) -> None:
    first = today(county, morning)
    actions.finish(task=first.id, by=county.grid_worker, now=morning)
    client = browser(county, who)
    client.get(address)
    with CaptureQueriesContext(connection) as one:
        client.get(address)
    for number in range(3):
        task = today(county, morning, name=f"路线{number}", grids=(county.grids["a"].id,))
        found(task, county.grid_worker, morning, text=f"第{number}处")
        actions.finish(task=task.id, by=county.grid_worker, now=morning)
    with CaptureQueriesContext(connection) as four:
        client.get(address)
    # findings are counted in one more statement as soon as there are any
    assert statements(four) - statements(one) <= 1, [one["sql"] for one in four]
    assert statements(four) <= 14, [one["sql"][:200] for one in four]


def test_a_tap_costs_few_statements(county: Scene, morning: datetime) -> None:
    task = today(county, morning)
    phone = browser(county, "grid_worker")
    phone.get(url(task))
    with CaptureQueriesContext(connection) as caught:
        assert phone.post(url(task, "walk"), {}).status_code == 302
    assert statements(caught) <= 14, "\n".join(one["sql"][:160] for one in caught)


def test_plans_and_tasks_are_paged(county: Scene, morning: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        planned(county, morning, name=f"路线{number}")
    page = queries.plans_page(county.community_clerk, size=2)
    assert len(page.rows) == 2 and page.next
    rest = queries.plans_page(county.community_clerk, size=2, at=page.next)
    assert [row.name for row in rest.rows] == ["路线0"]
    tasks = queries.listing(county.community_clerk, queries.Filters(), morning, size=40)
    more = queries.listing(county.community_clerk, queries.Filters(), morning, size=40, at=tasks.next)
    assert len(tasks.rows) == 40 and len(more.rows) == 5


# ── two hands ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_second_tap_from_an_old_page_is_told_how_it_stands(county: Scene, morning: datetime) -> None:
    task = today(county, morning)
    actions.finish(task=task.id, by=county.grid_worker, now=morning)
    clerk = browser(county, "community_clerk")
    answer = clerk.post(url(task, "miss"), {"reason": "nobody", "words": "请假了"})
    page = text_of(answer)
    assert answer.status_code == 409 and "已走，没有发现问题" in page and "请假了" in page


def test_monthly_plans_show_when_they_come_next(county: Scene, morning: datetime) -> None:
    rhythm = Rhythm("monthly", date(2026, 9, 1), month_days=(15,), rest_days="next")
    plan = planned(county, morning, rhythm=rhythm, opens=time(9, 0), closes=time(17, 0))
    page = text_of(browser(county, "community_clerk").get(f"/desk/patrols/plans/{plan.id}/"))
    assert "9月15日" in page and "10月15日" in page and "顺延到下一个工作日" in page


def test_a_named_walker_finds_his_turn_on_his_list(county: Scene, morning: datetime) -> None:
    task = today(county, morning, walker="named", persons=(county.grid_worker.person,))
    phone = browser(county, "grid_worker")
    assert url(task) in text_of(phone.get("/desk/"))
    (item,) = work(kind="patrol")
    assert item.subject_kind == "patrol_turn"
    assert url(task) not in text_of(browser(county, "community_clerk").get("/desk/"))
    assert local_day(morning) == task.day and apps.get_model("patrols.PatrolTurn").objects.exists()


def test_filters_travel_with_the_pages(county: Scene, morning: datetime) -> None:
    task = today(county, morning)
    told = urlencode({"plan": task.plan_id, "standing": "open"})
    page = text_of(browser(county, "community_clerk").get(f"/desk/patrols/tasks/?{told}"))
    assert f'value="{task.plan_id}"' in page and "双虹第一网格" in page
