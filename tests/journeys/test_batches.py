"""A clerk moves many cases at once through the pages: what cannot move is listed, and within the hour it is taken back."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from mulin.kernel.county import county_scope
from mulin.services.cases import actions
from mulin.services.cases.models import Batch, Case, CaseStep
from tests.cases.scenes import in_state, reported
from tests.journeys.conftest import Enter, signed_in
from tests.journeys.steps import asked, fields, press, text_of
from tests.journeys.test_races import at_once
from tests.personas import COUNTY, Scene

NEW = "/desk/batches/new/"
_HELD = re.compile(r'name="case" value="([^"]+)"')


def held(page: str) -> list[str]:
    """The cases that the confirming page carries, with the versions on show."""
    start = page.index("<main")
    return list(dict.fromkeys(_HELD.findall(page[start:])))


def choose(client: Client, cases: list[Case], act: str, **more: Any) -> Any:
    return client.post(NEW, {"case": [str(case.id) for case in cases], "act": act, **more})


def confirm(client: Client, answer: Any, **told: Any) -> Any:
    """Send the confirming page's form."""
    page = text_of(answer)
    return client.post(NEW, fields(page) | {"case": held(page), **told})


def states(*cases: Case) -> list[str]:
    found = {case.id: case.state for case in Case.objects.filter(pk__in=[case.id for case in cases])}
    return [found[case.id] for case in cases]


def test_twenty_are_accepted_in_one_act_and_two_that_cannot_are_listed(
    county: Scene, morning: datetime, enter: Enter
) -> None:
    chosen = [reported(county, morning).case for _n in range(20)]
    closed, _receipt = in_state(county, morning - timedelta(hours=8), "closed")
    clerk = enter("community_clerk")
    page = text_of(clerk.get("/desk/cases/"))
    assert page.count('name="case"') == 21 and 'name="act"' in page
    answer = choose(clerk, [*chosen, closed], "accept")
    page = text_of(answer)
    assert answer.status_code == 200 and "可以办的 20 件" in page and "不能办的 1 件" in page
    assert closed.number in page and "已结案" in page and states(*chosen) == ["reported"] * 20
    actions.take_up(case=chosen[0], by=county.grid_worker, now=morning, version=None)  # meanwhile
    done = confirm(clerk, answer)
    assert done.status_code == 302
    page = text_of(clerk.get(done["Location"]))
    assert "办了 19 件" in page and "2 件没有办" in page and "这件事又被别人办过" in page
    assert states(*chosen, closed) == ["in_hand", *["assigned"] * 19, "closed"]
    assert str(Batch.objects.get().id) in done["Location"]
    story = text_of(clerk.get(f"/desk/cases/{chosen[1].id}/"))
    assert done["Location"] in story  # the step leads to the batch


def test_what_is_urgent_stays_urgent_when_many_are_accepted(
    county: Scene, morning: datetime, enter: Enter
) -> None:
    calm, urgent = (reported(county, morning).case for _n in range(2))
    told = {"by": county.community_clerk, "now": morning, "version": None}
    actions.accept(case=urgent, urgency="urgent", **told)
    clerk = enter("community_clerk")
    answer = choose(clerk, [calm, urgent], "accept")
    assert '<option value="" selected>各件照旧' in text_of(answer)
    confirm(clerk, answer)
    found = dict(Case.objects.filter(accepted_at__isnull=False).values_list("number", "urgency"))
    assert found == {calm.number: "normal", urgent.number: "urgent"}


def test_all_of_a_filtered_list_and_of_a_tab_of_to_dos(
    county: Scene, morning: datetime, enter: Enter
) -> None:
    waiting = [reported(county, morning).case for _n in range(3)]
    other, _receipt = in_state(county, morning - timedelta(hours=8), "disposed")
    clerk = enter("community_clerk")
    page = text_of(clerk.post(NEW, {"all": "1", "state": "reported", "act": "accept"}))
    assert {one.partition(":")[0] for one in held(page)} == {str(case.id) for case in waiting}
    worker = enter("grid_worker")
    assert 'name="case"' in text_of(worker.get("/desk/"))
    answer = worker.post(NEW, {"all": "1", "list": "todos", "tab": "mine", "act": "take_up"})
    assert {one.partition(":")[0] for one in held(text_of(answer))} == {str(case.id) for case in waiting}
    assert confirm(worker, answer).status_code == 302
    assert states(*waiting, other) == ["in_hand"] * 3 + ["disposed"]


def test_nothing_chosen_leads_back_and_a_bad_choice_keeps_the_page(
    county: Scene, morning: datetime, enter: Enter
) -> None:
    clerk = enter("community_clerk")
    back = clerk.post(NEW, {"act": "accept", "state": "reported"})
    assert (back.status_code, back["Location"]) == (302, "/desk/cases/?state=reported")
    case = reported(county, morning).case
    far = county.grids["c"].id
    answer = confirm(clerk, choose(clerk, [case], "accept"), to=f"g:{far}")
    assert answer.status_code == 422 and states(case) == ["reported"]
    assert held(text_of(answer)) == [f"{case.id}:{case.version}"]


def test_a_batch_is_taken_back_and_what_moved_since_is_not(
    county: Scene, morning: datetime, enter: Enter
) -> None:
    first, second = (reported(county, morning, by="resident").case for _n in range(2))
    clerk, worker = enter("community_clerk"), enter("grid_worker")
    url = confirm(clerk, choose(clerk, [first, second], "accept"))["Location"]
    assert press(worker, second.id, "take_up").status_code == 302
    assert "整批撤回" in text_of(clerk.get(url))
    done = clerk.post(f"{url}undo/", fields(text_of(clerk.get(url)), action=f"{url}undo/"))
    assert done.status_code == 302
    page = text_of(clerk.get(url))
    assert "已撤回；下面写着" in page and "正在撤回" not in page and "刚刚" in page
    assert "1 件已回到原来的状态" in page and "没有撤回的，和为什么" in page and "已有人接单" in page
    assert states(first, second) == ["reported", "in_hand"]
    assert "撤回了误操作" in text_of(enter("resident").get(f"/my-reports/{first.id}/", follow=True))
    again = clerk.post(f"{url}undo/")
    assert again.status_code == 409 and "已经撤回过" in text_of(again)


def test_after_an_hour_it_is_too_late(county: Scene, morning: datetime, enter: Enter, clock_at: Any) -> None:
    case = reported(county, morning).case
    clerk = enter("community_clerk")
    url = confirm(clerk, choose(clerk, [case], "accept"))["Location"]
    clock_at(morning + timedelta(minutes=61))
    clerk = enter("community_clerk")
    assert "整批撤回" not in text_of(clerk.get(url))
    assert clerk.post(f"{url}undo/").status_code == 409 and states(case) == ["assigned"]


def test_whoever_may_not_is_refused_by_page_and_by_post(
    county: Scene, morning: datetime, enter: Enter
) -> None:
    case = reported(county, morning).case
    clerk = enter("community_clerk")
    url = confirm(clerk, choose(clerk, [case], "accept"))["Location"]
    refused = {
        "stranger": 302, "resident": 404, "rider": 404, "merchant": 403, "other_grid_worker": 404, "department": 404,
        "grid_worker": 404, "other_clerk": 404, "leader": 404, "admin": 404,
    }  # fmt: skip
    for who, status in refused.items():
        client = enter(who)
        assert [client.get(url).status_code, client.post(f"{url}undo/").status_code] == [status, status], who
    for who in ("admin", "merchant"):
        assert choose(enter(who), [case], "take_up").status_code == 403, who
    for act in ("accept", "take_up", "close", "dispatch"):  # a leader urges and no more
        assert choose(enter("leader"), [case], act, go="1").status_code == 403, act
    assert choose(enter("other_clerk"), [case], "accept", go="1")["Location"] == "/desk/cases/?all=1"
    assert choose(enter("grid_worker"), [case], "accept", go="1").status_code == 403
    assert choose(enter("grid_worker"), [case], "accept").status_code == 200  # asked for what he may do
    assert states(case) == ["assigned"]
    assert 'name="act"' not in text_of(enter("admin").get("/desk/cases/"))


def test_the_pages_cost_no_more_for_many_cases_than_for_few(
    county: Scene, morning: datetime, enter: Enter
) -> None:
    few = [reported(county, morning).case for _n in range(2)]
    more = [*few, *(reported(county, morning).case for _n in range(10))]
    clerk = enter("community_clerk")
    counts, urls = [], []
    for cases in (few, more):
        with asked() as said:
            answer = choose(clerk, cases, "accept")
        counts.append(len(said))
        urls.append(confirm(clerk, answer)["Location"])
    assert counts[1] <= counts[0] <= 20
    pages = []
    for url in urls:
        with asked() as said:
            clerk.get(url)
        pages.append(len(said))
    assert pages[1] <= pages[0] <= 13


@pytest.mark.django_db(transaction=True)
def test_two_clerks_batch_the_same_cases_and_each_moves_once(scene: Scene, morning: datetime) -> None:
    with county_scope(COUNTY):
        cases = [reported(scene, morning).case for _n in range(8)]
    hands = [signed_in(Client(), scene.accounts[who]) for who in ("community_clerk", "street_clerk")]
    pages = [choose(hand, cases, "accept") for hand in hands]
    works = [
        lambda hand=hand, page=page: confirm(hand, page) for hand, page in zip(hands, pages, strict=True)
    ]
    assert [answer.status_code for answer in at_once(*works)] == [302, 302]
    with county_scope(COUNTY):
        assert states(*cases) == ["assigned"] * 8
        assert CaseStep.objects.filter(action="accept").count() == 8


@pytest.mark.django_db(transaction=True)
def test_two_press_undo_at_once_and_it_happens_once(scene: Scene, morning: datetime) -> None:
    with county_scope(COUNTY):
        cases = [reported(scene, morning).case for _n in range(4)]
    clerk = signed_in(Client(), scene.accounts["community_clerk"])
    url = confirm(clerk, choose(clerk, cases, "accept"))["Location"]
    hands = [signed_in(Client(), scene.accounts[who]) for who in ("community_clerk", "street_clerk")]
    answers = at_once(*[lambda hand=hand: hand.post(f"{url}undo/") for hand in hands])
    assert sorted(answer.status_code for answer in answers) == [302, 409]
    with county_scope(COUNTY):
        assert states(*cases) == ["reported"] * 4
        assert CaseStep.objects.filter(action="undo").count() == 4
