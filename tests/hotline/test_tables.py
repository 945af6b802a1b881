"""The hotline's table of orders comes in, and its reply sheet goes out."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import load_workbook

from mulin.ground.runs import actions as runs
from mulin.ground.runs import queries as runs_read
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from mulin.services.cases import actions
from mulin.services.cases.actions import ledgers, sheets
from mulin.services.cases.models import Case, CaseReporter, CaseStep, HotlineOrder
from mulin.services.cases.queries import hotline
from mulin.services.cases.queries import ledgers as read
from tests.cases.scenes import browser
from tests.hotline.conftest import PHONE, Platform, case_of
from tests.personas import Scene

HEAD = [
    "工单编号", "受理时间", "来电人", "来电号码", "诉求类型", "工单类型", "原工单编号", "诉求标题", "诉求内容", "事发地址",
    "承办单位", "办理时限", "紧急程度", "是否保密",
]  # fmt: skip
FIRST = ["JP1", "2026-09-01 08:00:00", "王秀英", PHONE, "求助", "", "", "路灯不亮", "3号楼东门路灯坏了", "双虹家园", "市政",
         "2026-09-02 18:00:00", "紧急", "是"]  # fmt: skip
SECOND = ["JP2", "2026-09-01 08:10:00", "李建国", "", "投诉", "", "", "", "垃圾没人清", "", "", "", "", "否"]
URGES = [
    "JP3",
    "2026-09-01 08:50:00",
    "王秀英",
    PHONE,
    "求助",
    "催办单",
    "JP1",
    "",
    "请快一点",
    "",
    "",
    "",
    "",
    "",
]
REPEATS = [
    "JP4",
    "2026-09-01 08:55:00",
    "王秀英",
    PHONE,
    "求助",
    "重复件",
    "JP1",
    "",
    "路灯还没修",
    "",
    "",
    "",
    "",
    "",
]
TABLE = [FIRST, SECOND, URGES, REPEATS]


def brought(scene: Scene, now: datetime, rows: list[list[str]], *, dry_run: bool = False) -> Any:
    """The run that checked or wrote a table with these rows, by the mapping that its headers suggest."""
    text = io.StringIO()
    csv.writer(text).writerows([HEAD, *rows])
    by = scene.county_clerk
    upload = SimpleUploadedFile("工单台账.csv", text.getvalue().encode("utf-8-sig"))
    table = ledgers.keep_table(upload=upload, by=by, now=now, source="12345热线", live=True)
    mapping = read.mapping_for(table, read.head_of(table))
    run = ledgers.ask_for_import(table=table.id, mapping=mapping, by=by, now=now, dry_run=dry_run)
    done = runs.perform(run=run.id, clock=lambda: now)
    assert done is not None and done.state == "done", run.message
    return done


def counts(run: Any) -> list[int]:
    return [run.counts[name] for name in ("imported", "updated", "unchanged", "refused")]


def test_the_usual_headers_are_known(platform: Platform, morning: datetime) -> None:
    run = brought(platform.scene, morning, [FIRST])
    table = read.import_file(platform.scene.county_clerk, run.facts["table"])
    assert table.mapping == {
        "number": "工单编号", "reported_at": "受理时间", "user": "来电人", "phone": "来电号码", "appeal": "诉求类型",
        "order_type": "工单类型", "related": "原工单编号", "subject": "诉求标题", "text": "诉求内容", "place": "事发地址",
        "unit": "承办单位", "due_at": "办理时限", "urgency": "紧急程度", "confidential": "是否保密",
    }  # fmt: skip


def test_a_table_becomes_cases_and_again_changes_nothing(platform: Platform, morning: datetime) -> None:
    scene = platform.scene
    assert counts(brought(scene, morning, TABLE, dry_run=True)) == [2, 2, 0, 0] and not Case.objects.exists()
    run = brought(scene, morning, TABLE)
    assert counts(run) == [2, 2, 0, 0]
    assert Case.objects.count() == 2 and HotlineOrder.objects.count() == 4
    assert [line[0] for line in run.facts["changed"]] == [4, 5]  # the urging and the repeat
    case = case_of("JP1")
    assert case == case_of("JP3") == case_of("JP4")
    assert (case.source, case.urgency, case.place_text) == ("hotline", "urgent", "双虹家园")
    assert case.get_source_display() == "12345 转来" and case.external_no == "JP1"
    assert case.due_at.isoformat() == "2026-09-02T10:00:00+00:00"
    assert CaseReporter.objects.get(case=case).confidential
    before = list(CaseStep.objects.order_by("id").values_list("id", flat=True))
    assert counts(brought(scene, morning, TABLE)) == [0, 0, 4, 0]
    assert list(CaseStep.objects.order_by("id").values_list("id", flat=True)) == before


def test_what_a_row_says_anew_is_told_and_bad_rows_stand_alone(platform: Platform, morning: datetime) -> None:
    scene = platform.scene
    brought(scene, morning, TABLE)
    moved = [*FIRST[:11], "2026-09-03 18:00:00", *FIRST[12:]]
    bad = [
        ["JP5", *SECOND[1:12], "快", ""],
        ["JP6", *SECOND[1:3], "一三八", *SECOND[4:]],
        ["JP7", *SECOND[1:5], "催办单", "", *SECOND[7:]],
        ["JP8", *SECOND[1:13], "也许"],
        ["", *SECOND[1:]],
        ["JP9", "昨天", *SECOND[2:]],
    ]
    run = brought(scene, morning, [moved, *bad, ["JP10", *SECOND[1:]]])
    assert counts(run) == [1, 1, 0, 6]
    assert run.facts["changed"] == [[2, "改了：办理时限"]]
    reasons = dict(run.reasons)
    for row, word in {
        3: "紧急程度",
        4: "联系电话",
        5: "原工单",
        6: "是否保密",
        7: "工单编号",
        8: "受理时间",
    }.items():
        assert word in reasons[row], reasons[row]
    assert case_of("JP1").due_at.isoformat() == "2026-09-03T10:00:00+00:00"


def test_a_row_that_is_over_there_is_history_here(platform: Platform, morning: datetime) -> None:
    text = io.StringIO()
    rows = [[*HEAD, "答复内容", "办结时间"], [*FIRST, "已修好", "2026-09-01 08:40:00"], [*SECOND, "", ""]]
    csv.writer(text).writerows(rows)
    by, now = platform.scene.county_clerk, morning
    upload = SimpleUploadedFile("台账.csv", text.getvalue().encode("utf-8-sig"))
    table = ledgers.keep_table(upload=upload, by=by, now=now, source="12345", live=True)
    mapping = read.mapping_for(table, read.head_of(table))
    run = ledgers.ask_for_import(table=table.id, mapping=mapping, by=by, now=now, dry_run=False)
    runs.perform(run=run.id, clock=lambda: now)
    old = Case.objects.get(external_no="JP1")
    assert (old.state, old.provenance, old.source, old.result) == ("closed", "historic", "hotline", "已修好")
    assert not HotlineOrder.objects.filter(number="JP1").exists() and case_of("JP2").state == "reported"
    assert platform.order("JP1", 409)["error"]["code"] == "is_history"


def test_a_table_and_a_key_say_the_same(platform: Platform, morning: datetime) -> None:
    platform.order("JP2", text="垃圾没人清", title=..., caller_name="李建国", caller_phone=..., appeal_kind="投诉",
                   received_at="2026-09-01T08:10:00+08:00", place=..., confidential=False)  # fmt: skip
    assert counts(brought(platform.scene, morning, [SECOND])) == [0, 0, 1, 0]


# ── the reply sheet ──────────────────────────────────────────────────────────────────────────────────────────────


def answered(platform: Platform, now: datetime) -> Case:
    scene = platform.scene
    brought(scene, now, TABLE)
    case = case_of("JP1")
    case = actions.take_up(case=case, by=scene.county_clerk, now=now + timedelta(hours=1), version=None)
    return actions.dispose(
        case=case, result="换了灯泡", by=scene.county_clerk, now=now + timedelta(hours=2), version=None
    )


def sheet_of(platform: Platform, now: datetime, **said: Any) -> Any:
    told = {"since": None, "until": None, "again": False} | said
    key = sheets.ask_for_sheet(**told, by=platform.scene.county_clerk, now=now)
    return runs.perform(run=key, clock=lambda: now)


def test_a_sheet_holds_what_is_owed_and_marked_it_is_not_owed_again(
    platform: Platform, morning: datetime
) -> None:
    scene, now = platform.scene, morning + timedelta(hours=3)
    answered(platform, morning)
    run = sheet_of(platform, now)
    rows = list(load_workbook(runs_read.result_of(run).open("rb")).active.values)
    assert rows[0][:3] == ("工单编号", "办理状态", "办理结果")
    assert [row[:3] for row in rows[1:]] == [("JP1", "已办结", "换了灯泡"), ("JP4", "已办结", "换了灯泡")]
    assert case_of("JP1").informed_at is None  # made is not handed over
    assert sheets.hand_sheet_over(run=run.id, by=scene.county_clerk, now=now) == 2
    case = case_of("JP1")
    assert case.informed_at == now
    order = HotlineOrder.objects.get(number="JP1")
    assert (order.handed, order.handed_by, order.handed_run) == ("sheet", scene.county_clerk.person, run.id)
    with pytest.raises(Refused) as refused:
        sheet_of(platform, now)
    assert refused.value.code == "nothing"
    again = sheet_of(platform, now, again=True)
    assert again.done == 2
    steps = CaseStep.objects.filter(case=case, action="hotline_told").count()
    sheets.hand_sheet_over(run=again.id, by=scene.county_clerk, now=now + timedelta(hours=1))
    order.refresh_from_db()
    assert order.handed_run == again.id and CaseStep.objects.filter(action="hotline_told").count() == steps


def test_a_sheet_of_some_days_leaves_out_the_others(platform: Platform, morning: datetime) -> None:
    answered(platform, morning)
    day = morning.date()
    with pytest.raises(Refused):
        sheet_of(platform, morning, until=day - timedelta(days=1))
    with pytest.raises(Refused) as refused:
        sheet_of(platform, morning, since=day, until=day - timedelta(days=1))
    assert refused.value.code == "upside_down"
    assert sheet_of(platform, morning, since=day, until=day).done == 2


def test_what_was_done_again_since_is_not_marked(platform: Platform, morning: datetime) -> None:
    scene, now = platform.scene, morning + timedelta(hours=4)
    case = answered(platform, morning)
    run = sheet_of(platform, now)
    actions.reopen(case=case, reason="没修好", by=scene.county_clerk, now=now, version=None)
    assert sheets.hand_sheet_over(run=run.id, by=scene.county_clerk, now=now) == 0
    assert case_of("JP1").informed_at is None


@pytest.mark.parametrize("who", ["leader", "community_clerk", "grid_worker", "resident"])
def test_only_who_keeps_the_orders_makes_and_marks_sheets(
    platform: Platform, morning: datetime, who: str
) -> None:
    answered(platform, morning)
    run = sheet_of(platform, morning)
    with pytest.raises(NotAllowed):
        sheets.ask_for_sheet(since=None, until=None, again=False, by=platform.scene.actors[who], now=morning)
    with pytest.raises(NotFound):
        sheets.hand_sheet_over(run=run.id, by=platform.scene.actors[who], now=morning)


def test_by_pages_from_the_case_to_the_mark(platform: Platform, morning: datetime) -> None:
    case = answered(platform, morning)
    clerk = browser(platform.scene, "county_clerk")
    page = clerk.get(f"/desk/cases/{case.id}/").content.decode()
    for words in ("还没有答复 12345", "JP1", "JP4", "12345 要求 2026-09-02 18:00 前办结", "要求保密"):
        assert words in page
    assert PHONE not in page and "王**" not in page
    shown = clerk.post(f"/desk/cases/{case.id}/show_contact/").content.decode()
    assert PHONE in shown
    assert case.title in clerk.get("/desk/cases/?owed=1").content.decode()
    assert "2 张工单" in clerk.get("/desk/hotline/").content.decode()
    assert clerk.post("/desk/hotline/", {"since": "", "until": ""}).status_code == 302
    (run,) = read_sheets(platform)
    runs.perform(run=run.id, clock=lambda: morning)
    page = clerk.get("/desk/hotline/").content.decode()
    assert "标记：已交给 12345" in page and f"/desk/hotline/{run.id}/handed/" in page
    assert clerk.post(f"/desk/hotline/{run.id}/handed/").status_code == 302
    page = clerk.get("/desk/hotline/").content.decode()
    assert "标记 2 张已交" in page and "没有。办完的都答复了。" in page
    assert "12345 已拿到答复" in clerk.get(f"/desk/cases/{case.id}/").content.decode()
    assert clerk.post("/desk/hotline/", {"since": "2026-09-02", "until": "2026-09-01"}).status_code == 422


def read_sheets(platform: Platform) -> list[Any]:
    return list(hotline.sheets(platform.scene.county_clerk))
