"""Fairness through its doors: an entry is asked about and answered, a pattern decided and appealed, the overview opens."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from mulin.ground.people import actions as people
from mulin.ground.points import actions, queries
from mulin.ground.points.models import Account, CallBack, Question, Review, ReviewPerson, Transfer
from mulin.ground.points.queries import overview as read
from mulin.kernel.actor import Actor
from tests.points.conftest import PLACE, Bank
from tests.points.fair import acts_of, found, points, trade
from tests.points.test_views import Enter, enter, without_second_factor

__all__ = ["enter", "without_second_factor"]


def page(client: Client, name: str, *args: Any, **params: str) -> str:
    answer = client.get(reverse(f"points:{name}", args=args), params)
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_entry_is_asked_about_and_its_answer_stands_beside_it(bank: Bank, enter: Enter) -> None:
    bank.earn(bank.one, confirmed_by=bank.scene.persons["grid_worker"].id)
    account, entry = Account.objects.get(owner=bank.one.id).id, Transfer.objects.get(kind="earn").id
    resident, clerk = enter("resident"), enter("community_clerk")
    url = reverse("points:ask", args=[account, entry])
    assert url in page(resident, "passbook", account)
    too_long = resident.post(url, {"words": "错" * 201})
    assert too_long.status_code == 422 and "错" * 201 in too_long.content.decode(), (
        "what was typed comes back"
    )
    assert resident.post(url, {"words": "是两次，只记了一次"}).status_code == 302
    row = Question.objects.get()
    beside = page(resident, "passbook", account)
    assert "已问，等答复" in beside and url not in beside
    answer = reverse("points:question", args=[row.id])
    listed = page(clerk, "fair")
    assert answer in listed and "王" not in listed.split("居民问的")[1].split("抽到回访的")[0]
    assert resident.post(answer, {"outcome": "explain", "words": "x"}).status_code == 403
    shown = clerk.get(answer).content.decode()
    assert "是两次，只记了一次" in shown and "邻里互助" in shown
    assert clerk.post(answer, {"outcome": "explain", "words": ""}).status_code == 422
    assert clerk.post(answer, {"outcome": "explain", "words": "第二次没有人看见"}).status_code == 302
    assert "已说明" in page(resident, "passbook", account)
    told = resident.get(answer).content.decode()
    assert "第二次没有人看见" in told and url in told, "he may ask once more"


def test_a_pattern_is_decided_appealed_and_given_back(bank: Bank, enter: Enter) -> None:
    trade(bank)
    row = found(bank)
    url, every = reverse("points:review", args=[row.id]), acts_of(row)
    resident, clerk, street = enter("resident"), enter("community_clerk"), enter("street_clerk")
    assert resident.get(url).status_code == 404
    shown = clerk.get(url).content.decode()
    assert shown.count('name="undo"') == len(every) and "王**" in shown and "王秀英" not in shown
    told = {"deed": "verdict", "wrong": "yes", "undo": [str(every[0]), "nonsense"]}
    empty = clerk.post(url, told | {"words": ""})
    assert empty.status_code == 422 and empty.content.decode().count("checked") >= 2, "ticks come back"
    assert clerk.post(url, told | {"words": "那天没有这件事"}).status_code == 302
    assert clerk.post(url, told | {"words": "那天没有这件事"}).status_code == 409
    mine = resident.get(url).content.decode()
    assert "那天没有这件事" in mine and 'value="plead"' in mine
    assert resident.post(url, {"deed": "plead", "words": "有的，楼长看见了"}).status_code == 302
    assert 'value="plead"' not in resident.get(url).content.decode()
    assert "有的，楼长看见了" in street.get(url).content.decode()
    lifted = {"deed": "plea", "holds": "yes", "words": "楼长作证", "restore": [str(every[0])]}
    assert clerk.post(url, lifted).status_code == 404
    assert street.post(url, lifted).status_code == 302
    assert ReviewPerson.objects.get(person=bank.one.id).plea == "held"
    assert "楼长作证" in resident.get(url).content.decode()
    assert points(bank.one) + points(bank.other) == 10 * len(every)
    ended = page(clerk, "fair")
    assert "看过，需要更正" in ended and "王" not in ended.split("看过的")[-1]


def test_whom_it_concerns_sees_only_his_own_entries(bank: Bank, enter: Enter) -> None:
    for n in range(6):
        who = people.add_person(by=bank.by, now=bank.now, name=f"住户{n}")
        owner = queries.person(who.pk) if n else bank.other
        actions.issue(by=bank.by, now=bank.now, owner=owner, path=PLACE)
        bank.earn(owner)
        actions.give(by=bank.by, now=bank.now, owner=owner, to=bank.one, amount=5, key=f"g{n}")
    row = found(bank, "gifts")
    url = reverse("points:review", args=[row.id])
    told = {"deed": "verdict", "wrong": "yes", "words": "问过了"}
    assert enter("community_clerk").post(url, told).status_code == 302
    shown = enter("other_resident").get(url).content.decode()
    assert shown.count("points-side") == 1 and "另有 5 笔" in shown
    assert enter("resident").get(url).content.decode().count("points-side") == 6


def test_a_call_back_is_written_down(bank: Bank, enter: Enter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mulin.ground.points.actions.looking.lot", lambda _key: 0.0)
    bank.earn(bank.one)
    actions.look_daily(now=bank.now)
    street = enter("street_clerk")
    url = reverse("points:callback", args=[CallBack.objects.get().id])
    assert url in page(street, "fair")
    assert street.post(url, {"outcome": "untrue", "words": ""}).status_code == 422
    again = street.post(url, {"outcome": "no_answer"})
    assert again["Location"] == url and "还可以试 2 次" in street.get(url).content.decode()
    assert street.post(url, {"outcome": "untrue", "words": "那天不在家"}).status_code == 302
    assert Review.objects.get().kind == "callback"


def month(bank: Bank) -> str:
    return f"{bank.now:%Y-%m}"


def test_every_number_of_the_overview_opens_to_its_acts(bank: Bank, enter: Enter) -> None:
    actions.publish_rule(
        by=bank.by, now=bank.now, code="snow", name="扫雪", points=4, per_day=1, effective_on=bank.now.date()
    )
    for _turn in range(2):
        bank.earn(bank.one, rule_code="snow")
    wrong = bank.earn(bank.other)
    assert wrong.transfer_id is not None
    bank.earn(bank.other)
    actions.reverse(by=bank.by, now=bank.now, transfer=wrong.transfer_id, why="错", key="r")
    day = bank.now.date()
    whole = read.Asked(day.replace(day=1), day)
    shown = read.overview(bank.scene.community_clerk, whole)
    lines = {line.key: line for line in shown.rules}
    assert (lines["snow"].acts, lines["snow"].points, lines["snow"].zero) == (2, 4, {"day_cap": 1})
    assert (lines["help"].acts, lines["help"].points) == (1, 10), "what was put right is left out"
    assert [(one.key, one.acts, one.points) for one in shown.places] == [(PLACE, 3, 14)]
    (group,) = shown.groups
    assert not group.group.shown, "two people are too few"
    client = enter("community_clerk")
    text = page(client, "overview", month=month(bank))
    assert "&lt;5" in text and "扫雪" in text
    rows = page(client, "overview_rows", month=month(bank), rule="snow", reason="day_cap")
    assert rows.count("points-side") == 1
    assert page(client, "overview_rows", month=month(bank)).count("points-side") == 3
    unknown = page(client, "overview_rows", month="nonsense", group="resident", reason="?", called="?")
    assert unknown.count("points-side") == 3, "what is unknown, and a group of few, narrow nothing"
    assert "还没有记过好事" in page(client, "overview", month="2026-08")
    other = enter("other_clerk")
    assert "还没有记过好事" in page(other, "overview", month=month(bank))
    assert "points-side" not in page(other, "overview_rows", month=month(bank), place=PLACE)


def test_a_group_of_five_is_shown_and_opens(bank: Bank, enter: Enter) -> None:
    for n in range(5):
        who = people.add_person(by=bank.by, now=bank.now, name=f"住户{n}")
        owner = queries.person(who.pk)
        actions.issue(by=bank.by, now=bank.now, owner=owner, path=PLACE)
        bank.earn(owner)
    own = queries.person(bank.scene.persons["grid_worker"].id)
    actions.issue(by=bank.by, now=bank.now, owner=own, path=PLACE)
    bank.earn(own)
    day = bank.now.date()
    (group,) = read.overview(bank.scene.county_clerk, read.Asked(day, day)).groups
    assert (group.codes, group.group.members, group.group.acts) == ("resident+staff", 6, 6)
    text = page(enter("county_clerk"), "overview_rows", month=month(bank), group="resident+staff")
    assert text.count("points-side") == 6
    alone = page(enter("county_clerk"), "overview_rows", month=month(bank), group="staff")
    assert alone.count("points-side") == 6, "a group that is merged is not opened by itself"


def test_call_backs_are_counted_by_outcome(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mulin.ground.points.actions.looking.lot", lambda _key: 0.0)
    bank.earn(bank.one)
    bank.earn(bank.other)
    actions.look_daily(now=bank.now)
    first = CallBack.objects.order_by("id")[0]
    actions.call_back(by=bank.scene.street_clerk, now=bank.now, callback=first.id, outcome="confirmed")
    day = bank.now.date()
    shown = read.overview(bank.scene.street_clerk, read.Asked(day, day))
    assert shown.whole.called == {"confirmed": 1, "open": 1} and shown.whole.asked_back == 2
    assert shown.places[0].called == shown.whole.called
    narrowed = read.Asked(day, day, called="confirmed")
    assert read.acts(bank.scene.street_clerk, narrowed).count() == 1


@pytest.mark.parametrize("who", ["resident", "rider", "grid_worker", "leader", "department", "merchant"])
def test_nobody_else_reads_the_numbers(bank: Bank, who: str) -> None:
    bank.earn(bank.one)
    actor: Actor = getattr(bank.scene, who)
    day = bank.now.date()
    assert read.overview(actor, read.Asked(day, day + timedelta(days=1))).whole.acts == 0
