"""Journeys: a county writes down who serves where — teams, links, officers, stations, charges, households, leave."""

from __future__ import annotations

import io
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from mulin.kernel.tables import write_csv
from tests.journeys.conftest import Enter
from tests.journeys.steps import asked, text_of
from tests.personas import Scene


def rows(label: str) -> Any:
    return apps.get_model(label).objects


def team_of(client: Client, scene: Scene) -> str:
    """A team with 张工 on its roster; its address."""
    home = scene.units["department"].id
    made = client.post("/desk/teams/add/", {"name": "市场监管分队", "home": str(home)})
    url = str(made["Location"])
    assert made.status_code == 302 and "市场监管分队" in text_of(client.get("/desk/teams/"))
    sent = client.post(f"{url}members/add/", {"person": "张工", "post": "队员", "credential": "LN-2113 0001"})
    assert sent.status_code == 302
    return url


def day_of(now: datetime) -> str:
    return f"{now:%Y-%m-%d}"


def test_a_team_gets_its_roster_its_leader_and_a_place_to_work(
    county: Scene, enter: Enter, morning: datetime
) -> None:
    clerk = enter("county_clerk")
    url, worker = team_of(clerk, county), county.persons["grid_worker"].id
    clerk.post(f"{url}members/{worker}/", {"do": "lead"})
    unit = county.units["other_department"].id
    assert clerk.post(f"{url}second/", {"host": str(unit), "on": day_of(morning)}).status_code == 302
    page = text_of(enter("grid_worker").get(url))
    for word in ("张工", "队长", "LN-21130001", "下沉在县水利局"):
        assert word in page
    assert "/members/" not in page, "he may look, not change"
    lists = text_of(clerk.get("/desk/teams/?state=active"))
    assert "市场监管分队" in lists and "1 人" in lists
    assert clerk.post(f"{url}recall/", {"on": day_of(morning + timedelta(days=1))}).status_code == 302
    assert rows("people.Secondment").get().ended_on is not None
    leave = f"{url}members/{worker}/?do=leave"
    assert f'href="{leave}"' in text_of(clerk.get(url)) and 'value="leave"' not in text_of(clerk.get(url))
    assert "张工从今天起不再是队员" in text_of(clerk.get(leave)), "it is asked once more"
    assert "市场监管分队" not in text_of(clerk.get("/desk/teams/?state=empty")), (
        "and nothing has happened yet"
    )
    clerk.post(leave)
    assert "市场监管分队" in text_of(clerk.get("/desk/teams/?state=empty"))


def test_a_slip_in_the_year_is_said_and_nothing_is_written(
    county: Scene, enter: Enter, morning: datetime
) -> None:
    clerk = enter("county_clerk")
    url, unit = team_of(clerk, county), str(county.units["other_department"].id)
    for day in ("9999-12-31", "0001-01-01", day_of(morning + timedelta(days=400))):
        sent = clerk.post(f"{url}second/", {"host": unit, "on": day})
        assert sent.status_code == 422 and "请核对年份" in text_of(sent)
    person = county.persons["grid_worker"].id
    told = {"first_day": day_of(morning), "last_day": "2062-09-03", "reason": "annual"}
    sent = clerk.post(f"/desk/people/{person}/leave/", told)
    assert sent.status_code == 422 and "请核对年份" in text_of(sent)
    assert not rows("people.Secondment").exists() and not rows("people.Leave").exists()


def test_a_name_that_means_nobody_or_two_is_told_and_kept(county: Scene, enter: Enter) -> None:
    clerk = enter("county_clerk")
    url = team_of(clerk, county)
    nobody = clerk.post(f"{url}members/add/", {"person": "欧阳", "post": "队员"})
    assert (
        nobody.status_code == 422
        and "没有登记叫“欧阳”的同事" in text_of(nobody)
        and "队员" in text_of(nobody)
    )
    rows("people.Person").filter(pk=county.persons["other_clerk"].id).update(public_name="张工")
    assert "都叫" in text_of(clerk.post(f"{url}members/add/", {"person": "张工"}))


def test_departments_and_officers_of_a_grid(county: Scene, enter: Enter, morning: datetime) -> None:
    team_of(enter("county_clerk"), county)
    clerk, grid, day = enter("community_clerk"), county.grids["a"], day_of(morning)
    at = f"/desk/territory/grids/{grid.id}/"
    units = {key: str(county.units[key].id) for key in ("department", "other_department")}
    assert (
        clerk.post(f"{at}link/", {"organisation": units["department"], "leads": "on", "on": day}).status_code
        == 302
    )
    second = clerk.post(f"{at}link/", {"organisation": units["other_department"], "leads": "on", "on": day})
    assert second.status_code == 422 and "已由县市场监督管理局牵头" in text_of(second)
    clerk.post(f"{at}link/", {"organisation": units["other_department"], "on": day})
    link = rows("territory.DepartmentGridLink").get(organisation_id=units["other_department"])
    after = day_of(morning + timedelta(days=2))
    assert clerk.post(f"/desk/territory/end/lead/{link.id}/", {"on": after}).status_code == 302
    lead = rows("territory.DepartmentGridLink").get(leads=True, ended_on=None)
    assert str(lead.organisation_id) == units["other_department"]

    page = text_of(clerk.get(f"{at}officer/"))
    value = re.search(r'value="([0-9a-f-]+:[0-9a-f-]+)"', page)
    assert (
        value
        and clerk.post(f"{at}officer/", {"person": value[1], "role": "enforcement", "on": day}).status_code
        == 302
    )
    page = text_of(clerk.get(at))
    for word in ("县市场监督管理局", "张工", "LN-21130001", "市场监管分队"):
        assert word in page
    team, worker = rows("territory.OfficerAssignment").get().team_id, county.persons["grid_worker"].id
    asked_again = text_of(enter("county_clerk").get(f"/desk/teams/{team}/members/{worker}/?do=leave"))
    assert "编入的网格一并结束：" in asked_again and "双虹第一网格" in asked_again
    officers = text_of(clerk.get("/desk/territory/officers/"))
    assert "张工" in officers and "双虹第一网格" in officers
    served = text_of(clerk.get("/desk/territory/served/?state=department"))
    assert "双虹第一网格" in served and "双虹第二网格" not in served and "1 / 3" in served
    assert "双虹第二网格" in text_of(clerk.get("/desk/territory/served/?state=no_officer"))
    key = rows("territory.OfficerAssignment").get().id
    assert clerk.post(f"/desk/territory/end/officer/{key}/", {"on": day}).status_code == 302
    assert not rows("territory.OfficerAssignment").exists(), "it never held for a day"
    unit = text_of(clerk.get(f"/desk/territory/units/{units['department']}/"))
    assert "双虹第一网格" in unit


def test_a_station_with_its_days_and_what_was_done_there(
    county: Scene, enter: Enter, morning: datetime
) -> None:
    clerk, worker, day = enter("community_clerk"), enter("grid_worker"), day_of(morning)
    assert "双虹社区" in text_of(clerk.get("/desk/stations/add/"))
    made = clerk.post("/desk/stations/add/?path=/001/003/", {"name": "双虹党群服务站", "on": day})
    url = str(made["Location"])
    assert "双虹党群服务站" in text_of(clerk.get("/desk/stations/?state=unposted"))
    told = {"person": "张工", "weekdays": ["1", "3"], "hours": "9:00—11:30", "on": day}
    assert clerk.post(f"{url}post/", told).status_code == 302
    page = text_of(worker.get(url))
    assert "周一、周三" in page and "9:00—11:30" in page and "记一次工作" in page
    person = str(county.persons["grid_worker"].id)
    wrote = worker.post(
        f"{url}visit/", {"person": person, "day": day, "done": "接待了三位老人", "callers": "3"}
    )
    assert wrote.status_code == 302 and "接待了三位老人" in text_of(clerk.get(url))
    tomorrow = day_of(morning + timedelta(days=1))
    early = worker.post(f"{url}visit/", {"person": person, "day": tomorrow, "done": "写早了"})
    assert early.status_code == 422 and "写早了" in text_of(early)
    visit = rows("territory.StationVisit").get()
    assert enter("other_grid_worker").post(f"{url}visits/{visit.id}/withdraw/").status_code == 403
    worker.post(f"{url}visits/{visit.id}/withdraw/")
    assert not rows("territory.StationVisit").exists()
    assert "1 / 1" in text_of(clerk.get("/desk/stations/"))


def test_who_answers_for_a_compound_and_how_many_live_there(
    county: Scene, enter: Enter, morning: datetime
) -> None:
    clerk, place = enter("community_clerk"), county.places["compound"]
    at, day = f"/desk/territory/{place.id}/", day_of(morning)
    assert "双虹家园" in text_of(clerk.get("/desk/territory/compounds/?state=uncounted"))
    clerk.post(f"{at}charge/", {"organisation": str(county.units["property"].id), "on": day})
    clerk.post(f"{at}count/", {"households": "420", "counted_on": day, "source": "物业台账"})
    page = text_of(clerk.get(at))
    assert "安居物业" in page and "420" in page and "物业台账" in page
    listed = text_of(clerk.get("/desk/territory/compounds/?state=managed"))
    assert "安居物业" in listed and "420" in listed
    wrong = clerk.post(f"{at}count/", {"households": "0", "counted_on": day, "source": "看门人"})
    assert wrong.status_code == 422 and "看门人" in text_of(wrong)
    charge = rows("territory.Jurisdiction").get(division=place)
    after = day_of(morning + timedelta(days=1))
    assert clerk.post(f"/desk/territory/end/charge/{charge.id}/", {"on": after}).status_code == 302


def test_somebody_is_posted_to_a_grid_and_sees_its_cases_by_one_act(county: Scene, enter: Enter) -> None:
    clerk, grid = enter("community_clerk"), county.grids["b"]
    url = f"/desk/access/grids/{grid.id}/"
    assert clerk.post(url, {"person": "刘工", "role": "grid_worker"}).status_code == 302
    assert "刘工" in text_of(clerk.get(f"/desk/territory/grids/{grid.id}/"))
    assert rows("access.Grant").filter(path=grid.path, ended_on=None).count() == 1
    grant = rows("access.Grant").get(path=grid.path).id
    clerk.post(f"/desk/access/{grant}/end/", {"next": url})
    assert not rows("territory.GridPosting").filter(grid=grid, ended_on=None).exists()
    assert clerk.post(f"/desk/access/grids/{county.grids['c'].id}/", {"person": "刘工"}).status_code == 403


def test_leave_with_a_stand_in(county: Scene, enter: Enter, morning: datetime) -> None:
    worker, person = enter("grid_worker"), county.persons["grid_worker"].id
    other = str(county.persons["other_grid_worker"].id)
    told = {"first_day": day_of(morning), "last_day": day_of(morning), "reason": "annual", "stand_in": other}
    assert worker.post(f"/desk/people/{person}/leave/", told).status_code == 302
    twice = worker.post(f"/desk/people/{person}/leave/", told)
    assert twice.status_code == 422 and "重叠" in text_of(twice)
    assert "由您代办" in text_of(enter("other_grid_worker").get("/desk/people/leaves/"))
    page = text_of(enter("community_clerk").get("/desk/people/leaves/"))
    assert "张工" in page and "年休假" in page, "his superior sees it"
    assert "张工" not in text_of(enter("other_clerk").get("/desk/people/leaves/")), "others do not"
    leave = rows("people.Leave").get()
    worker.post(f"/desk/people/leaves/{leave.id}/stand-in/", {"stand_in": ""})
    assert "没有人代办" in text_of(worker.get("/desk/people/leaves/"))
    worker.post(f"/desk/people/leaves/{leave.id}/end/")
    assert "没有人请假" in text_of(worker.get("/desk/people/leaves/"))


TABLES: dict[str, tuple[list[str], list[list[str]], str]] = {
    "roster": (
        ["队伍", "姓名", "职务", "执法证号", "队长"],
        [["市场监管分队", "刘工", "队员", "LN0002", "是"], ["市场监管分队", "没这人", "", "", ""]],
        "people.Membership",
    ),
    "links": (
        ["网格", "部门", "牵头"],
        [["2113220010031002", "县水利局", "是"], ["双虹第一网格", "县财政局", ""]],
        "territory.DepartmentGridLink",
    ),
    "officers": (
        ["网格", "队伍", "姓名", "职责"],
        [["双虹第一网格", "市场监管分队", "张工", ""], ["双虹第一网格", "市场监管分队", "刘工", "打扫"]],
        "territory.OfficerAssignment",
    ),
    "stations": (
        ["地点", "站点", "地址"],
        [["双虹社区", "双虹服务站", "双虹路12号"], ["没有的社区", "站", ""]],
        "territory.Station",
    ),
    "postings": (
        ["站点", "姓名", "星期", "时间"],
        [["双虹社区", "张工", "周一、三", "上午"], ["双虹社区", "张工", "八", ""]],
        "territory.StationPosting",
    ),
    "counts": (
        ["地点", "户数", "建筑面积", "哪天的数", "数字从哪里来"],
        [
            ["双虹家园", "420", "", "2026-08-31", "物业台账"],
            ["双虹家园", "420", "", "2027-08-31", "物业台账"],
        ],
        "territory.DivisionCount",
    ),
}


@pytest.mark.parametrize("kind", list(TABLES))
def test_each_table_is_checked_imported_once_and_tells_its_bad_rows(
    county: Scene, enter: Enter, kind: str
) -> None:
    clerk = enter("county_clerk")
    team_of(clerk, county)
    clerk.post("/desk/stations/add/?path=/001/003/", {"on": "2026-08-01"})
    titles, cells, label = TABLES[kind]
    out = io.BytesIO()
    write_csv(out, titles, cells)
    before = rows(label).count()

    def send(client: Client = clerk, **told: str) -> Any:
        file = SimpleUploadedFile("表.csv", out.getvalue())
        return client.post("/desk/territory/staff/table/", {"kind": kind, "file": file, **told})

    checked = text_of(send(do="check"))
    assert "可用 1 行，未采用 1 行" in checked and ">3<" in checked, checked
    assert rows(label).count() == before, "a check writes nothing"
    for _twice in range(2):
        assert "可用 1 行" in text_of(send(do="import"))
        assert rows(label).count() == before + 1
    assert "openxml" in send(do="check", go="refused")["Content-Type"]
    assert clerk.get(f"/desk/territory/staff/table/{kind}.xlsx").status_code == 200
    assert send(enter("grid_worker"), do="import").status_code == 403


def test_rows_outside_ones_own_territory_do_not_stand(county: Scene, enter: Enter) -> None:
    out = io.BytesIO()
    write_csv(out, ["地点", "站点"], [["双虹社区", "甲站"], ["铁西社区", "乙站"]])
    told = {"kind": "stations", "do": "import", "file": SimpleUploadedFile("表.csv", out.getvalue())}
    page = text_of(enter("community_clerk").post("/desk/territory/staff/table/", told))
    assert "可用 1 行，未采用 1 行" in page and "不在您的管理范围内" in page


@pytest.mark.parametrize(
    "url", ["/desk/territory/served/", "/desk/territory/compounds/", "/desk/stations/", "/desk/teams/"]
)
def test_lists_cost_the_same_for_one_row_and_for_many(county: Scene, enter: Enter, url: str) -> None:
    clerk = enter("county_clerk")
    clerk.get(url)
    with asked() as few:
        clerk.get(url)
    for number in range(5):
        clerk.post("/desk/stations/add/?path=/001/003/", {"name": f"站{number}", "on": "2026-08-01"})
        home = str(county.units["department"].id)
        clerk.post("/desk/teams/add/", {"name": f"队{number}", "home": home})
        rows("territory.Division").create(
            parent=county.places["community"], kind="compound", name=f"小区{number}", depth=3,
            path=f"/001/003/C9{number}/", started_on="2026-01-01",
        )  # fmt: skip
    with asked() as many:
        clerk.get(url)
    assert len(many) <= len(few) + 3, str(many)
