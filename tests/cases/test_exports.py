"""A list goes out as a file: what its asker may see, masked, safe to open in Excel, and written in the trail."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from openpyxl import load_workbook

from mulin.ground.runs import actions as runs
from mulin.ground.runs import queries as runs_read
from mulin.ground.trail import queries as trail
from mulin.kernel.clock import CHINA
from mulin.kernel.errors import NotAllowed
from mulin.services.cases import actions as cases
from mulin.services.cases.actions import exports
from mulin.services.cases.queries import Filters, in_words
from tests.cases.scenes import PHONE, browser, in_state, reported
from tests.personas import Scene

GRID_C = (119.685, 41.405)
Run: Any = apps.get_model("runs.Run")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: Any) -> None:
    settings.HOME = tmp_path


def made(scene: Scene, now: datetime, who: str = "community_clerk", **narrowed: Any) -> tuple[Any, Any]:
    """(run, sheet) of an export."""
    key = exports.ask_for_list(by=scene.actors[who], now=now, narrowed=Filters(**narrowed))
    run = runs.perform(run=key, clock=lambda: now)
    assert run is not None and run.state == "done", run and run.message
    with runs_read.result_of(run).open("rb") as file:
        return run, load_workbook(file).active


def column(sheet: Any, title: str) -> list[Any]:
    titles = [cell.value for cell in sheet[2]]
    return [row[titles.index(title)].value for row in sheet.iter_rows(min_row=3)]


def test_the_file_holds_what_the_list_holds_and_no_more(county: Scene, now: datetime) -> None:
    first = reported(county, now).case
    second, _receipt = in_state(county, now + timedelta(hours=1), "closed")
    reported(county, now, at=GRID_C)
    run, sheet = made(county, now)
    assert column(sheet, "编号") == [second.number, first.number]
    assert column(sheet, "状态") == ["已结案", "待受理"]
    assert (
        column(sheet, "社区（村）") == ["双虹社区"] * 2
        and column(sheet, "街道（乡镇）") == ["叶柏寿街道"] * 2
    )
    assert column(sheet, "网格") == ["双虹第一网格"] * 2 and column(sheet, "经办人") == ["张工", None]
    assert column(sheet, "结案时间")[0] == second.closed_at.astimezone(CHINA).replace(tzinfo=None)
    assert (run.done, run.of) == (2, 2)
    _run, sheet = made(county, now, state="closed")
    assert column(sheet, "编号") == [second.number]
    _run, sheet = made(county, now, q="没有人说过的话")
    assert column(sheet, "编号") == [] and sheet.max_row == 2
    _run, sheet = made(county, now, "leader")
    assert len(column(sheet, "编号")) == 3


def test_who_and_when_stand_over_the_list(county: Scene, now: datetime) -> None:
    reported(county, now)
    run, sheet = made(county, now)
    assert (
        sheet["A1"].value
        == "建平县 · 陈工于 2026-09-01 09:00 导出 · 反映人信息已脱敏 · 仅供工作使用，不得外传"
    )
    assert (run.title, run.result_name) == ("案件：全部", "案件-20260901-0900.xlsx")


def test_reporters_are_masked_and_long_numbers_in_free_words_are_starred(
    county: Scene, now: datetime
) -> None:
    text = "请打13812345678找王秀英，身份证 110101199003071233，3号楼1单元2019年4月24日"
    reported(county, now, text=text, name="王秀英", phone=PHONE, place_text="电话 138 1234 5678")
    run, sheet = made(county, now)
    assert column(sheet, "反映人（已脱敏）") == ["王**"] and column(sheet, "电话（已脱敏）") == [
        "138****5678"
    ]
    assert column(sheet, "内容") == ["请打***找王秀英，身份证 ***，3号楼1单元2019年4月24日"]
    assert column(sheet, "详细位置") == ["电话 ***"]
    raw = runs_read.result_of(run).read_bytes()
    assert PHONE.encode() not in raw and b"110101199003071233" not in raw


def test_nothing_in_the_file_is_a_formula_and_numbers_stay_text(county: Scene, now: datetime) -> None:
    reported(county, now, text='=HYPERLINK("http://x","点我")', place_text="+1+1")
    _run, sheet = made(county, now)
    cells = [cell for row in sheet.iter_rows(min_row=3) for cell in row]
    assert not [cell.coordinate for cell in cells if cell.data_type == "f"]
    titles = [cell.value for cell in sheet[2]]
    number = sheet.cell(3, titles.index("编号") + 1)
    assert (number.data_type, number.number_format) == ("s", "@")
    assert sheet.cell(3, titles.index("内容") + 1).quotePrefix


def test_the_trail_keeps_who_took_how_many_rows_of_which_list(county: Scene, now: datetime) -> None:
    reported(county, now)
    run, _sheet = made(county, now, state="unfinished", since=date(2026, 9, 1), q="路灯")
    asked, done = trail.of_subject("run", run.id)
    filters = {"state": "unfinished", "since": "2026-09-01"}
    assert asked.facts == {"kind": "cases.export", "filters": filters}
    assert (done.verb, done.person) == ("case.list_exported", county.community_clerk.person)
    assert done.facts == {"rows": 1, "masked": True, "filters": filters}
    assert trail.details_of([done.id])[done.id] == {"q": "路灯"}


def test_rights_lost_in_the_meantime_open_nothing_any_more(county: Scene, now: datetime) -> None:
    reported(county, now)
    key = exports.ask_for_list(by=county.community_clerk, now=now, narrowed=Filters())
    grants = apps.get_model("access.Grant").objects.filter(person=county.community_clerk.person)
    grants.update(ended_on=now.date())
    run = runs.perform(run=key, clock=lambda: now)
    assert run is not None and run.done == 0


@pytest.mark.parametrize("size", [1, 2, 3])
def test_batches_follow_each_other_without_gap(
    county: Scene, now: datetime, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "BATCH", size)
    numbers = [reported(county, now + timedelta(minutes=part // 2)).case.number for part in range(5)]
    _run, sheet = made(county, now)
    found = column(sheet, "编号")
    assert sorted(found) == sorted(numbers) and len(set(found)) == 5


@pytest.mark.parametrize("who", ["resident", "rider", "merchant", "stranger"])
def test_only_colleagues_export(county: Scene, now: datetime, who: str) -> None:
    with pytest.raises(NotAllowed):
        exports.ask_for_list(by=county.actors[who], now=now, narrowed=Filters())
    assert not Run.objects.exists()


def test_a_press_on_the_list_leads_to_the_file(county: Scene, now: datetime) -> None:
    case = reported(county, now).case
    cases.take_up(case=case, by=county.grid_worker, now=now, version=None)
    client = browser(county, "grid_worker")
    page = client.get("/desk/cases/", {"state": "unfinished", "q": "路灯"}).content.decode()
    assert '<input type="hidden" name="q" value="路灯">' in page
    page = client.post(
        "/desk/cases/export/", {"state": "unfinished", "q": "路灯"}, follow=True
    ).content.decode()
    assert "正在做，做好了在这里下载" in page and "案件：未办结 · “路灯”" in page
    run = Run.objects.get()
    assert run.facts == {"state": "unfinished", "q": "路灯"}
    runs.perform(run=run.id, clock=lambda: now)
    assert client.get(f"/desk/files/{run.id}/").status_code == 200
    for _more in range(6):
        answer = client.post("/desk/cases/export/", {}, follow=True)
    assert "您已有几件在排队" in answer.content.decode() and Run.objects.count() == 6


def test_filters_are_read_from_anything_and_said_in_words(county: Scene) -> None:
    told = {
        "state": "unfinished", "due": "overdue", "source": "resident", "area": "/001/003/", "since": "2026-09-01",
        "until": "2026-09-02", "due_on": "2026-09-03", "q": " 路灯\0 ", "sort": "urgent",
    }  # fmt: skip
    read = Filters.read(told)
    assert Filters.read(read.as_query()) == read and read.q == "路灯"
    assert (
        in_words(read)
        == "未办结 · 已超期 · 叶柏寿街道双虹社区 · 居民 · 2026-09-01 至 2026-09-02 上报 · 2026-09-03 到期 · “路灯”"
    )
    nonsense = dict.fromkeys(told, "x' OR 1=1 --") | {"q": ""}
    assert Filters.read(nonsense) == Filters() and in_words(Filters()) == ""
