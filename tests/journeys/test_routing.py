"""Journeys: a clerk keeps the routing table, a broken rule is told to whoever screens, nobody else changes it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from mulin.ground.people import actions as people
from mulin.kernel.tables import write_csv
from mulin.services.cases.models import Case, CaseUnit, RoutingTrial, RoutingVersion
from mulin.services.cases.queries import rule_choices
from tests.cases.catalogue import matter
from tests.journeys.conftest import Enter
from tests.journeys.steps import asked, press, send_report, text_of
from tests.personas import Scene


def fill(scene: Scene, **more: Any) -> dict[str, Any]:
    """The form of a rule: the street's cases to the department."""
    unit = str(scene.units["department"].id)
    return {"area": "/001/", "hours": "always", "level": "county", "unit": unit, "note": "试点3号"} | more


def waiting() -> Case:
    return Case.objects.order_by("-id")[0]


def test_a_rule_is_tried_saved_followed_and_told_on_the_case(county: Scene, enter: Enter) -> None:
    kind = matter(county, county.persons["resident"].created_at, "R1", "community")
    clerk, screener = enter("county_clerk"), enter("community_clerk")
    send_report(enter("resident"))
    press(screener, waiting().id, "accept", matter=str(kind))
    assert (waiting().level, waiting().unit_id) == ("community", None)

    page = text_of(clerk.get("/desk/routing/"))
    assert "还没有派单规则" in page and 'href="/desk/routing/add/"' in page
    answer = clerk.post("/desk/routing/add/", fill(county, what=f"m:{kind}", go="try"))
    assert answer.status_code == 302
    trial = text_of(clerk.get(answer["Location"]))
    assert "有 1 件会派到别处" in trial and waiting().number in trial and "县市场监督管理局" in trial
    assert f"/desk/cases/{waiting().id}/" in trial, "each of them opens"
    assert not RoutingVersion.objects.exists()
    again = text_of(clerk.get(f"/desk/routing/add/?trial={RoutingTrial.objects.get().id}"))
    assert "试点3号" in again and re.search(r'value="/001/"[^>]* selected', again), "his words are kept"

    saved = clerk.post(answer["Location"], {"go": "save"}, follow=True)
    assert saved.redirect_chain[-1][0] == "/desk/routing/1/" and "已保存" in text_of(saved)
    send_report(enter("other_resident"))
    press(screener, waiting().id, "accept", matter=str(kind))
    assert waiting().unit_id == county.units["department"].id
    told = text_of(clerk.get(f"/desk/cases/{waiting().id}/"))
    assert "按第 1 条派单规则" in told and 'href="/desk/routing/1/"' in told
    assert waiting().number in text_of(clerk.get("/desk/routing/1/")), "the rule shows what it gave"


def test_a_broken_rule_brings_the_case_to_the_screener_with_its_reason(
    county: Scene, enter: Enter, morning: datetime, clock_at: Callable[[datetime], None]
) -> None:
    clerk, screener = enter("county_clerk"), enter("community_clerk")
    answer = clerk.post("/desk/routing/add/", fill(county, go="try"))
    clerk.post(answer["Location"], {"go": "save"})
    people.end_organisation(organisation=county.units["department"].id, by=county.county_clerk, now=morning)
    page = text_of(clerk.get("/desk/routing/"))
    assert "有 1 条规则现在用不了" in page and "县市场监督管理局已经撤销" in page
    assert "第 1 条" in text_of(clerk.get("/desk/routing/?state=broken"))

    send_report(enter("resident"))
    accepted = press(screener, waiting().id, "accept")
    assert accepted.status_code == 302
    page = text_of(screener.get(accepted["Location"]))
    assert "没有派出去" in page and "第 1 条派单规则" in page and "已经撤销" in page
    assert waiting().state == "returned" and CaseUnit.objects.get(case=waiting(), until=None).rule_id
    assert waiting().title in text_of(screener.get("/desk/")), "it is on his list"
    sent = press(screener, waiting().id, "dispatch", holder="l:county")
    assert sent.status_code == 302 and waiting().level == "county"


def test_a_refused_rule_keeps_its_words_and_says_why(county: Scene, enter: Enter) -> None:
    clerk = enter("county_clerk")
    answer = clerk.post("/desk/routing/add/", fill(county, go="try"))
    clerk.post(answer["Location"], {"go": "save"})
    tied = clerk.post("/desk/routing/add/", fill(county, go="try", level="street", unit="", note="另一条"))
    page = text_of(tied)
    assert tied.status_code == 409 and "同样具体" in page and "另一条" in page
    wrong = clerk.post(
        "/desk/routing/add/", fill(county, go="try", from_day="2026-10-02", until_day="2026-10-01")
    )
    assert wrong.status_code == 422 and "最后一天早于第一天" in text_of(wrong)
    finer = text_of(clerk.post("/desk/routing/add/", fill(county, go="refresh", area="/001/003/")))
    assert "双虹第一网格" in finer and "吴工" in finer and "试点3号" in finer


def test_a_table_changed_meanwhile_is_tried_again(county: Scene, enter: Enter) -> None:
    one, other = enter("county_clerk"), enter("admin")
    mine = one.post("/desk/routing/add/", fill(county, go="try"))["Location"]
    theirs = other.post("/desk/routing/add/", fill(county, go="try", area="/003/"))["Location"]
    assert other.get(mine).status_code == 404, "a trial is saved by whoever made it"
    other.post(theirs, {"go": "save"})
    late = one.post(mine, {"go": "save"})
    assert late.status_code == 409 and "重新试算" in text_of(late)
    fresh = one.post(mine, {"go": "again"})["Location"]
    assert fresh != mine and one.post(fresh, {"go": "save"}).status_code == 302
    assert RoutingVersion.objects.count() == 2


def test_a_street_clerk_keeps_his_street_and_the_others_only_read(county: Scene, enter: Enter) -> None:
    clerk, street = enter("county_clerk"), enter("street_clerk")
    made = clerk.post("/desk/routing/add/", fill(county, go="try", area="/"))
    clerk.post(made["Location"], {"go": "save"})
    page = text_of(street.get("/desk/routing/add/"))
    assert "双虹社区" in page and "铁西社区" not in page and ">全县<" not in page
    answer = street.post("/desk/routing/add/", fill(county, go="try", area="/001/003/"))
    assert street.post(answer["Location"], {"go": "save"}).status_code == 302
    assert street.post("/desk/routing/add/", fill(county, go="try", area="/003/")).status_code == 422
    assert street.get("/desk/routing/1/change/").status_code == 403
    assert street.post("/desk/routing/1/end/").status_code == 403
    assert "/change/" not in text_of(street.get("/desk/routing/1/"))
    trial = RoutingTrial.objects.order_by("-id")[0].id
    for who in ("grid_worker", "community_clerk", "department", "leader"):
        reader = enter(who)
        assert reader.get("/desk/routing/2/").status_code == 200
        assert "/change/" not in text_of(reader.get("/desk/routing/2/"))
        for url in ("add/", "table/", "2/change/", f"trials/{trial}/"):
            assert reader.get(f"/desk/routing/{url}").status_code == 403
            assert reader.post(f"/desk/routing/{url}", fill(county, go="try")).status_code == 403
        assert reader.post("/desk/routing/2/end/").status_code == 403
    assert RoutingVersion.objects.filter(until=None).count() == 2


def test_a_rule_is_ended_after_a_trial(county: Scene, enter: Enter) -> None:
    clerk = enter("county_clerk")
    clerk.post(clerk.post("/desk/routing/add/", fill(county, go="try"))["Location"], {"go": "save"})
    send_report(enter("resident"))
    press(enter("community_clerk"), waiting().id, "accept")
    trial = clerk.post("/desk/routing/1/end/")["Location"]
    page = text_of(clerk.get(trial))
    assert "停用第 1 条" in page and "有 1 件会派到别处" in page
    clerk.post(trial, {"go": "save"})
    assert "已停用" in text_of(clerk.get("/desk/routing/1/")), "its page stays, for the cases that it gave"
    assert clerk.get("/desk/routing/1/change/").status_code == 409


def test_a_file_leads_to_a_trial_and_its_bad_rows_come_back(county: Scene, enter: Enter) -> None:
    clerk, out = enter("county_clerk"), io.BytesIO()
    rows = [
        ["", "叶柏寿街道", "", "", "", "", "街道", "", "", "", ""],
        ["", "没有的地方", "", "", "", "", "街道", "", "", "", ""],
    ]
    write_csv(out, rule_choices.COLUMNS, rows)

    def send(**more: str) -> Any:
        return clerk.post(
            "/desk/routing/table/", {"file": SimpleUploadedFile("规则.csv", out.getvalue()), **more}
        )

    page = text_of(send())
    assert "要改 1 条" in page and "没有的地方" in page and ">3<" in page
    trial = re.search(r'href="(/desk/routing/trials/[^"]+)"', page)
    assert trial and clerk.post(trial[1], {"go": "save"})["Location"] == "/desk/routing/1/"
    refused = send(go="refused")
    assert refused["Content-Type"].startswith("application/vnd.openxml")
    assert clerk.get("/desk/routing/table/rules.xlsx").status_code == 200


@pytest.mark.parametrize("count", [1, 12])
def test_the_list_costs_the_same_however_long_it_is(county: Scene, enter: Enter, count: int) -> None:
    clerk = enter("county_clerk")
    day = datetime(2026, 9, 10)
    for number in range(count):
        days = {
            "from_day": f"{day + timedelta(number):%Y-%m-%d}",
            "until_day": f"{day + timedelta(number):%Y-%m-%d}",
        }
        clerk.post(
            clerk.post("/desk/routing/add/", fill(county, go="try", **days))["Location"], {"go": "save"}
        )
    clerk.get("/desk/routing/")
    with asked() as found:
        clerk.get("/desk/routing/")
    assert len(found) <= 20, str(found)
