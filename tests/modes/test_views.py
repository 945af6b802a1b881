"""The pages of the modes: what is in force, declaring, moving on, the banner and who reads it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse

from mulin.ground.modes import actions, queries
from mulin.ground.modes.models import EmergencyMode
from tests.journeys.conftest import Enter
from tests.journeys.steps import asked
from tests.personas import Scene

TOLD = {
    "path": "/001/",
    "stage": "response",
    "title": "暴雪",
    "basis": "雪灾应急预案",
    "ends_at": "2026-09-02T09:00",
}
URL = "/desk/modes/declare/"


def text(answer: Any) -> str:
    return str(answer.content.decode())


def declare(scene: Scene, now: datetime, path: str = "/001/", stage: str = "response") -> EmergencyMode:
    return actions.declare(
        path=path,
        stage=stage,
        title="暴雪",
        basis="预案",
        ends_at=now + timedelta(days=1),
        by=scene.leader,
        now=now,
    )


def test_in_routine_the_page_says_so_and_nobody_reads_a_banner(county: Scene, enter: Enter) -> None:
    page = text(enter("street_clerk").get("/desk/modes/"))
    assert "全县都是平时状态" in page
    assert "mode-banner" not in page
    assert "mode-banner" not in text(enter("stranger").get("/"))


def test_a_street_declares_and_its_people_read_it_at_once(county: Scene, enter: Enter) -> None:
    clerk = enter("street_clerk")
    form = text(clerk.get(URL))
    assert "叶柏寿街道双虹社区" in form
    assert "铁南街道" not in form
    page = text(clerk.post(URL, TOLD, follow=True))
    assert "已宣布" in page
    assert "孙工" in page
    for who in ("grid_worker", "community_clerk", "county_clerk", "department"):
        assert "叶柏寿街道 · 应急响应" in text(enter(who).get("/desk/")), who
    assert "mode-banner" not in text(enter("other_grid_worker").get("/desk/"))
    home = text(enter("stranger").get("/"))
    assert "叶柏寿街道 · 应急响应" in home
    assert "有危险先打 110" in home
    assert "/desk/modes/" not in home


def test_refused_the_form_keeps_its_words(county: Scene, enter: Enter, morning: datetime) -> None:
    clerk = enter("street_clerk")
    early = clerk.post(URL, TOLD | {"ends_at": "2026-08-01T09:00", "title": "大暴雪"})
    assert early.status_code == 422
    assert "大暴雪" in text(early)
    assert clerk.post(URL, TOLD | {"path": "/"}).status_code == 422
    declare(county, morning)
    twice = clerk.post(URL, TOLD | {"title": "大暴雪"})
    assert twice.status_code == 409
    assert "大暴雪" in text(twice)


def test_moving_on_extending_and_back_to_routine(county: Scene, enter: Enter, morning: datetime) -> None:
    mode, leader = declare(county, morning, stage="alert"), enter("leader")
    here = reverse("modes:mode", args=[mode.id])
    page = text(leader.get(here))
    assert "应急响应" in page
    assert 'name="was" value="alert"' in page
    moved = leader.post(f"{here}move/", {"was": "alert", "to": "response", "note": "雪大了"}, follow=True)
    assert "雪大了" in text(moved)
    stale = leader.post(f"{here}move/", {"was": "alert", "to": "routine", "note": "雪小了"})
    assert stale.status_code == 409
    assert "雪小了" in text(stale)
    assert 'name="was" value="response"' in text(stale)
    longer = leader.post(f"{here}extend/", {"ends_at": "2026-09-05T09:00", "note": "还在下"}, follow=True)
    assert "2026-09-05 09:00" in text(longer)
    assert leader.post(f"{here}extend/", {"ends_at": "", "note": ""}).status_code == 422
    leader.post(f"{here}move/", {"was": "response", "to": "recovery", "note": "雪停了"})
    done = text(
        leader.post(f"{here}move/", {"was": "recovery", "to": "routine", "note": "路通了"}, follow=True)
    )
    assert "调整状态" not in done
    assert "平时" in done
    assert "暴雪" in text(leader.get("/desk/modes/"))
    assert leader.post(f"{here}move/", {"was": "routine", "to": "alert", "note": "x"}).status_code == 409


def test_who_may_not_change_it_sees_no_form_and_is_refused(
    county: Scene, enter: Enter, morning: datetime
) -> None:
    mode = declare(county, morning)
    here = reverse("modes:mode", args=[mode.id])
    clerk = enter("community_clerk")
    assert "调整状态" not in text(clerk.get(here))
    told = {"was": "response", "to": "recovery", "note": "x"}
    assert clerk.post(f"{here}move/", told).status_code == 403
    assert queries.mode_at("/001/", morning) == "emergency"


def test_only_officers_with_a_territory_find_the_page_in_their_menu(county: Scene, enter: Enter) -> None:
    assert 'href="/desk/modes/"' in text(enter("street_clerk").get("/desk/"))
    assert 'href="/desk/modes/"' not in text(enter("grid_worker").get("/desk/"))
    assert "宣布预警或应急" not in text(enter("grid_worker").get("/desk/modes/"))


def test_the_list_costs_the_same_with_one_and_three(county: Scene, enter: Enter, morning: datetime) -> None:
    client = enter("county_clerk")

    def cost() -> int:
        client.get("/desk/modes/")
        with asked() as found:
            client.get("/desk/modes/")
        return len(found)

    declare(county, morning)
    few = cost()
    declare(county, morning, "/003/")
    declare(county, morning, "/001/003/")
    assert cost() == few


def test_the_banner_costs_nothing_while_it_is_remembered(
    county: Scene, enter: Enter, morning: datetime
) -> None:
    declare(county, morning)
    client = enter("grid_worker")
    client.get("/desk/cases/")
    with asked() as found:
        client.get("/desk/cases/")
    assert [one for one in found.statements if "modes_" in one] == []


@pytest.mark.parametrize("url", ["/desk/modes/", URL])
def test_in_english(county: Scene, enter: Enter, url: str) -> None:
    client = enter("leader")
    client.cookies["django_language"] = "en"
    page = text(client.get(url))
    assert "emergency" in page
    assert "预警" not in page.partition("<main")[2].partition("</main>")[0]
