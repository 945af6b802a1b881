"""Views of the list that a person keeps for himself."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.db import IntegrityError, transaction

from mulin.kernel.county import county_scope
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from mulin.kernel.ids import uuid7
from mulin.services.cases.actions import saved
from mulin.services.cases.models import SavedView
from mulin.services.cases.queries import Filters
from mulin.services.cases.queries.saved import export_views, views_of
from tests.cases.scenes import browser, reported
from tests.personas import COUNTY, NEIGHBOUR, Scene

LATE = Filters(due="overdue", sort="urgent")
OPEN = Filters(state="unfinished", area="/001/003/", q="路灯")


def keep(
    scene: Scene, now: datetime, name: str, by: Filters, who: str = "community_clerk", **more: bool
) -> SavedView:
    return saved.save_view(name=name, by=scene.actors[who], now=now, narrowed=by, **more)


def test_a_view_is_kept_replaced_and_forgotten(county: Scene, now: datetime) -> None:
    clerk = county.community_clerk
    keep(county, now, " 我的   超期 ", LATE)
    view = keep(county, now, "我的 超期", OPEN)
    assert [(one.name, one.by, one.opens) for one in views_of(clerk)] == [("我的 超期", OPEN, False)]
    assert export_views(county.persons["community_clerk"].id)["saved_views"][0]["name"] == "我的 超期"
    saved.drop_view(view=view.pk, by=clerk)
    assert views_of(clerk) == []


def test_at_most_one_view_opens_the_list(county: Scene, now: datetime) -> None:
    first, second = keep(county, now, "一", LATE, opens=True), keep(county, now, "二", OPEN, opens=True)
    assert {one.name: one.opens for one in views_of(county.community_clerk)} == {"一": False, "二": True}
    saved.open_with(view=first.pk, by=county.community_clerk)
    saved.open_with(view=first.pk, by=county.community_clerk)
    assert [one.name for one in views_of(county.community_clerk) if one.opens] == ["一"]
    saved.open_with(view=first.pk, by=county.community_clerk, opens=False)
    assert not any(one.opens for one in views_of(county.community_clerk))
    SavedView.objects.filter(pk=first.pk).update(opens=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        SavedView.objects.filter(pk=second.pk).update(opens=True)


def test_views_are_ones_own(scene: Scene, now: datetime) -> None:
    with county_scope(COUNTY):
        view = keep(scene, now, "一", LATE)
        for who in ("street_clerk", "admin", "stranger"):
            assert views_of(scene.actors[who]) == []
            for act in (saved.drop_view, saved.open_with):
                with pytest.raises(NotFound):
                    act(view=view.pk, by=scene.actors[who])
        for who in ("resident", "rider", "merchant", "stranger"):
            with pytest.raises(NotAllowed):
                keep(scene, now, "一", LATE, who)
    with county_scope(NEIGHBOUR), pytest.raises(NotFound):
        saved.drop_view(view=view.pk, by=scene.neighbour_admin)


def test_a_view_needs_a_name_and_there_is_an_end(county: Scene, now: datetime) -> None:
    for name in ("", "   ", "长" * 21):
        with pytest.raises(Refused, match="名字"):
            keep(county, now, name, LATE)
    for number in range(saved.MOST_VIEWS):
        keep(county, now, f"第{number}个", LATE)
    with pytest.raises(Refused, match="最多存"):
        keep(county, now, "还有一个", LATE)
    keep(county, now, "第0个", OPEN)
    erased = saved.erase_views(person=county.persons["community_clerk"].id, by=county.admin, now=now)
    assert erased == {"cases_savedview": saved.MOST_VIEWS} and views_of(county.community_clerk) == []


def test_the_list_offers_to_keep_what_it_is_narrowed_to_and_opens_with_it(
    county: Scene, now: datetime
) -> None:
    reported(county, now)
    client = browser(county, "community_clerk")
    assert "存成我的视图" not in client.get("/desk/cases/").content.decode()
    assert "存成我的视图" in client.get("/desk/cases/", OPEN.as_query()).content.decode()
    told = {**OPEN.as_query(), "do": "save", "name": "双虹路灯", "opens": "1"}
    page = client.post("/desk/cases/views/", told, follow=True).content.decode()
    assert "已存为“双虹路灯”" in page and "打开案件时不再先看它" in page
    answer = client.get("/desk/cases/")
    assert answer.status_code == 302 and "q=%E8%B7%AF%E7%81%AF" in answer["Location"]
    assert client.get("/desk/cases/", {"all": "1"}).status_code == 200
    view = views_of(county.community_clerk)[0]
    client.post("/desk/cases/views/", {**OPEN.as_query(), "do": "close", "view": str(view.id)})
    assert client.get("/desk/cases/").status_code == 200
    client.post("/desk/cases/views/", {**OPEN.as_query(), "do": "drop", "view": str(view.id)})
    assert not SavedView.objects.exists()


def test_a_refused_name_is_shown_with_the_list_and_the_words_kept(county: Scene, now: datetime) -> None:
    client = browser(county, "community_clerk")
    answer = client.post("/desk/cases/views/", {**OPEN.as_query(), "do": "save", "name": "长" * 30})
    page = answer.content.decode()
    assert (
        answer.status_code == 422 and "最多 20 个字" in page and "长" * 30 in page and 'value="路灯"' in page
    )
    for do in ("drop", "open"):
        assert client.post("/desk/cases/views/", {"do": do, "view": str(uuid7())}).status_code == 404
        assert client.post("/desk/cases/views/", {"do": do, "view": "x"}).status_code == 404
