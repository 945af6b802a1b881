"""Neighbours see that there is a matter, never what was said of it, and say once that they met it too."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from mulin.ground.people import actions as people
from mulin.kernel.county import county_scope
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from mulin.kernel.secrets import keyed_hash
from mulin.services.cases import actions
from mulin.services.cases.models import Case, Support
from mulin.services.cases.queries import sharing
from mulin.services.cases.rules import SUPPORTS_PER_HOUR, community_of
from tests.cases.catalogue import matter
from tests.cases.scenes import WORDS, browser, fresh, in_state, reported
from tests.personas import COUNTY, Scene


def later(now: datetime, hours: float) -> datetime:
    return now + timedelta(hours=hours)


def shared(case: Case, scene: Scene, at: datetime) -> Case:
    return actions.share(case=case, by=scene.community_clerk, now=at, version=None)


def typed(scene: Scene, at: datetime, **more: Any) -> Case:
    """A case of which a clerk has said what kind of matter it is."""
    made = reported(scene, at, **more).case
    kind = matter(scene, at, f"T{made.number}", "grid")
    return actions.accept(case=made, matter=kind, by=scene.community_clerk, now=at, version=None)


def met(case: Case, scene: Scene, at: datetime, *, by: str = "stranger", visitor: str = "a") -> bool:
    return actions.support(
        case=case.id, visitor=keyed_hash(visitor), address="10.0.0.1", by=getattr(scene, by), now=at
    )


def listed(scene: Scene, at: datetime, by: str = "stranger", **more: Any) -> list[sharing.Shared]:
    return list(sharing.shared_page(getattr(scene, by), "", at, **more).rows)


def test_the_page_offers_the_one_or_the_other_or_neither(county: Scene, now: datetime) -> None:
    case = reported(county, now).case
    kind = matter(county, now, "M0", "grid")

    def offered() -> list[str]:
        page = browser(county, "community_clerk").get(f"/desk/cases/{case.id}/").content.decode()
        doors = {name: (f"?act={name}#acts", f"/{name}/") for name in ("share", "unshare")}
        return [name for name, found in doors.items() if any(one in page for one in found)]

    assert offered() == []  # neighbours are shown a category, and it has none yet
    actions.accept(case=case, matter=kind, by=county.community_clerk, now=now, version=None)
    assert offered() == ["share"]
    shared(case, county, now)
    assert offered() == ["unshare"]


def test_only_what_staff_let_be_seen_is_seen_and_none_of_its_words(county: Scene, now: datetime) -> None:
    kind = matter(county, now, "M1", "grid")
    made = reported(county, now, by="resident", place_text="3号楼东门", name="王秀英")
    case = actions.accept(case=made.case, matter=kind, by=county.community_clerk, now=now, version=None)
    assert listed(county, now) == []
    shared(case, county, later(now, 1))
    (row,) = listed(county, now)
    assert (row.category, row.place, row.state) == ("市容环境", "叶柏寿街道双虹社区", "待接单")
    assert (row.day.isoformat(), row.supports, row.mine, row.open) == ("2026-09-01", 0, False, True)
    page = browser(county).get("/me-too/").content.decode()
    assert "市容环境" in page and "双虹社区" in page
    for secret in (WORDS[:6], "路灯", "3号楼", "王秀英", case.number, made.receipt):
        assert secret not in page
    assert listed(county, now, path="/003/") == [] and len(listed(county, now, path="/001/003/")) == 1
    case = actions.unshare(case=case, by=county.community_clerk, now=later(now, 2), version=None)
    assert listed(county, now) == []


def test_what_is_over_is_not_on_the_list_but_what_was_done_is_for_a_month(
    county: Scene, now: datetime
) -> None:
    case = actions.take_up(case=typed(county, now), by=county.grid_worker, now=later(now, 1), version=None)
    told = {"result": "换了灯泡，亮了。", "by": county.grid_worker, "now": later(now, 3), "version": None}
    case = actions.dispose(case=case, **told)
    shared(case, county, later(now, 4))
    case = actions.close(case=case, by=county.community_clerk, now=later(now, 5), version=None)
    (row,) = listed(county, later(now, 6))
    assert row.state == "已结案" and not row.open
    assert listed(county, later(now, 24 * 31)) == []
    with pytest.raises(NotFound):
        met(case, county, later(now, 6))
    for state in ("not_admitted", "asked"):
        other, _receipt = in_state(county, now, state)
        with pytest.raises(Refused, match="不能"):
            shared(other, county, later(now, 6))


def test_what_nobody_has_named_yet_is_not_shown(county: Scene, now: datetime) -> None:
    case, clerk = reported(county, now).case, browser(county, "community_clerk")
    address = f"/desk/cases/{case.id}/"
    assert "?act=share" not in clerk.get(address).content.decode()
    with pytest.raises(Refused) as refused:
        shared(case, county, now)
    assert refused.value.code == "no_matter"
    assert "先定是什么事项" in clerk.post(f"{address}share/", {"version": case.version}).content.decode()
    assert (
        fresh(case).shown_at is None
        and "?act=share" in clerk.get(f"/desk/cases/{typed(county, now).id}/").content.decode()
    )


def test_once_per_person_and_once_per_browser(county: Scene, now: datetime) -> None:
    case = shared(typed(county, now, by="resident"), county, now)
    assert [met(case, county, now), met(case, county, now)] == [True, False]
    assert met(case, county, now, visitor="b")
    assert [met(case, county, now, by="rider"), met(case, county, now, by="rider", visitor="c")] == [
        True,
        False,
    ]
    assert fresh(case).supports == Support.objects.count() == 3
    assert set(Support.objects.values_list("visitor", flat=True)) == {keyed_hash("a"), keyed_hash("b"), ""}
    with pytest.raises(Refused, match="就是您报的"):
        met(case, county, now, by="resident")
    assert listed(county, now, by="rider")[0].mine and not listed(county, now)[0].mine


def test_a_network_address_says_so_only_so_often(county: Scene, now: datetime) -> None:
    case = shared(typed(county, now), county, now)
    for n in range(SUPPORTS_PER_HOUR):
        met(case, county, now, visitor=str(n))
    with pytest.raises(Refused) as refused:
        met(case, county, now, visitor="another")
    assert refused.value.status == 429
    assert met(case, county, later(now, 2), visitor="another")


def test_what_is_not_shown_cannot_be_supported(county: Scene, now: datetime) -> None:
    with pytest.raises(NotFound):
        met(reported(county, now).case, county, now)


@pytest.mark.parametrize("who", ["grid_worker", "leader", "admin"])
def test_clerks_let_it_be_seen(county: Scene, now: datetime, who: str) -> None:
    case = typed(county, now)
    for act in (actions.share, actions.unshare):
        with pytest.raises(NotAllowed):
            act(case=case, by=getattr(county, who), now=now, version=None)
    for act, words in ((actions.unshare, "没有公开"), (actions.share, None), (actions.share, "已经公开")):
        if words is None:
            act(case=case, by=county.community_clerk, now=now, version=None)
            continue
        with pytest.raises(Refused, match=words):
            act(case=case, by=county.community_clerk, now=now, version=None)


def test_the_erased_stay_counted_and_unknown(county: Scene, now: datetime) -> None:
    case = shared(typed(county, now), county, now)
    met(case, county, now, by="resident")
    person = county.persons["resident"].id
    assert sharing.export_supports(person)["me_too"][0]["number"] == case.number
    people.erase(person=person, by=county.admin, now=later(now, 1), reason="own_request")
    assert fresh(case).supports == 1 and not Support.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_many_presses_of_one_browser_count_once(scene: Scene, now: datetime) -> None:
    with county_scope(COUNTY):
        case = shared(typed(scene, now), scene, now)
    start, said = threading.Barrier(5), []

    def press() -> None:
        try:
            start.wait()
            with county_scope(COUNTY):
                said.append(met(case, scene, now))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=press) for _one in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with county_scope(COUNTY):
        assert sorted(said) == [False] * 4 + [True] and fresh(case).supports == 1


def test_a_visitor_presses_once_in_his_browser(county: Scene, now: datetime) -> None:
    case = shared(typed(county, now), county, now)
    visitor: Client = browser(county)
    assert "我也遇到" in visitor.get("/me-too/").content.decode()
    answer = visitor.post(f"/me-too/{case.id}/", {"area": "/001/003/"})
    assert (answer.status_code, answer["Location"]) == (302, "/me-too/?area=%2F001%2F003%2F")
    assert visitor.cookies["mulin_browser"]["httponly"]
    page = visitor.get("/me-too/").content.decode()
    assert "1 位邻居也遇到" in page and "您点过了" in page
    visitor.post(f"/me-too/{case.id}/")
    assert fresh(case).supports == 1
    assert browser(county, large=True).get("/me-too/").content.decode().count("<h2>") == 1
    hidden = visitor.post(f"/me-too/{reported(county, now).case.id}/", follow=True)
    assert "已经不公开了" in hidden.content.decode()


@pytest.mark.parametrize(
    ("path", "community"), [("/", "/"), ("/001/", "/001/"), ("/001/003/C1/B1/", "/001/003/"), ("/001/003/", "/001/003/")]
)  # fmt: skip
def test_the_community_of_a_place(path: str, community: str) -> None:
    assert community_of(path) == community
