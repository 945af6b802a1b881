"""Commendations through HTTP: from a nomination to the certificate, and what each page shows to whom (rows 57 and 88)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from mulin.services.exchange.actions import honour_notice as notice
from mulin.services.exchange.actions import honours as actions
from mulin.services.exchange.models import Commendation, Nomination, Objection, PriorityLine
from mulin.services.exchange.queries import honour_desk as desk
from mulin.services.exchange.queries import honours as queries
from tests.exchange.fairs import make_fair
from tests.exchange.rounds import DAY, Race, make_race
from tests.exchange.scenes import fresh, verbs
from tests.journeys.conftest import Enter
from tests.personas import Scene


def page(client: Client, name: str, *args: Any, ask: str = "", status: int = 200) -> str:
    """The page at an address of commendations."""
    answer = client.get(reverse(f"exchange:{name}", args=args) + ask)
    assert answer.status_code == status
    return str(answer.content.decode())


def send(client: Client, name: str, *args: Any, status: int = 302, ask: str = "", **said: Any) -> str:
    """What a form says there."""
    answer = client.post(reverse(f"exchange:{name}", args=args) + ask, said)
    assert answer.status_code == status, answer.content.decode()
    return str(answer.content.decode())


@pytest.fixture
def race(county: Scene, morning: datetime) -> Race:
    return make_race(county, morning)


def test_from_a_nomination_to_the_certificate(
    race: Race, enter: Enter, clock_at: Callable[[datetime], None]
) -> None:
    resident, neighbour, office = enter("resident"), enter("other_resident"), enter("street_clerk")
    phone, key = race.scene.phones["resident"], race.row.id
    send(neighbour, "honour_nominate", key, kind="person", who=phone, why="帮我买菜")
    one = Nomination.objects.get()
    assert "王" not in page(Client(), "honour", key)
    assert "帮我买菜" in page(resident, "honour_mine_one", one.id)
    send(resident, "honour_mine_one", one.id, shown="masked", story_ok="on")
    public = page(enter("rider"), "honour", key)
    assert "王**" in public and "王秀英" not in public and "帮我买菜" not in public
    send(enter("rider"), "honour", key, second=str(one.id))
    at = race.close()
    clock_at(at)
    assert "王秀英" not in page(office, "honour_decide", key)
    assert "王秀英" in send(office, "honour_decide", key, status=200, names="1")
    seen = desk.snapshot_of(race.row)
    assert seen is not None
    said: dict[str, Any] = {
        f"pick_{one.id.hex}": "chosen",
        f"why_{one.id.hex}": "大家都说好",
        f"story_{one.id.hex}": "常年捎菜",
    }
    send(office, "honour_decide", key, seen=str(seen.id), stood=one.id.hex, **said)
    public = page(Client(), "honour", key)
    assert "王**" in public and "常年捎菜" in public and "公示到" in public
    send(neighbour, "honour_object", one.id, said="不是他")
    objection = Objection.objects.get()
    clerk = enter("county_clerk")
    assert "李建国" not in page(clerk, "honour_objection", objection.id)
    assert "李建国" in send(clerk, "honour_objection", objection.id, status=200, names="1")
    assert "objection.name.viewed" in verbs(objection.id)
    send(clerk, "honour_objection", objection.id, upheld="no", words="问过了，是他")
    assert "问过了，是他" in page(neighbour, "honours_mine")
    mine = page(resident, "honour_mine_one", one.id)
    assert "不是他" not in mine and "李" not in mine
    over = fresh(one).notice_until
    notice.act_on_honours(now=over)
    clock_at(over + DAY)
    assert "王秀英" in page(resident, "honour_certificate", one.id)
    clerk = enter("community_clerk")
    assert "王秀英" not in page(clerk, "honour_certificate", one.id)
    looked = verbs(one.id).count("nomination.names.viewed")
    assert "王秀英" in send(clerk, "honour_certificate", one.id, status=200, sent="1")
    assert verbs(one.id).count("nomination.names.viewed") == looked + 1
    assert "王**" in page(Client(), "honours") and "已表彰" in page(Client(), "honour", key)
    office = enter("street_clerk")  # the session of that day has ended
    send(office, "honour_desk", key, deed="withdraw", one=str(one.id), reasons="查实是别人做的")
    assert "王**" not in page(Client(), "honours")
    assert "撤销一项表彰" in page(Client(), "honour", key)
    assert "查实是别人做的" in page(resident, "honour_mine_one", one.id)


def test_whoever_proposes_learns_the_same_whether_he_declined(race: Race, enter: Enter) -> None:
    one = race.propose("resident", agreed=False)
    send(enter("resident"), "honour_mine_one", one.id, deed="decline")
    neighbour = enter("other_resident")
    said = {"kind": "person", "who": race.scene.phones["resident"], "why": "好"}
    again = neighbour.post(reverse("exchange:honour_nominate", args=[race.row.id]), said, follow=True)
    fresh_one = {**said, "who": race.scene.phones["merchant"]}
    new = neighbour.post(reverse("exchange:honour_nominate", args=[race.row.id]), fresh_one, follow=True)
    nobody_there = {**said, "who": "13800000000"}
    nobody = neighbour.post(
        reverse("exchange:honour_nominate", args=[race.row.id]), nobody_there, follow=True
    )
    for answer in (again, new, nobody):
        assert "已收到。登记过的，先问本人" in answer.content.decode()
    assert [one.person_id for one in Nomination.objects.filter(state="declined")] == [
        race.scene.persons["resident"].id
    ]


def test_one_puts_oneself_forward_and_leaves(race: Race, enter: Enter) -> None:
    rider = enter("rider")
    send(
        rider,
        "honour_nominate",
        race.row.id,
        ask="?self=1",
        why="送餐路上帮老人",
        shown="full",
        story_ok="on",
    )
    assert "赵小飞" in page(Client(), "honour", race.row.id)
    send(rider, "honour_mine_one", Nomination.objects.get().id, deed="decline")
    assert "赵小飞" not in page(Client(), "honour", race.row.id)


def test_what_was_typed_comes_back_beside_the_reason(race: Race, enter: Enter) -> None:
    told = send(
        enter("rider"),
        "honour_nominate",
        race.row.id,
        status=422,
        kind="unit",
        who="没有这个单位",
        why="很好的",
    )
    assert "没有叫这个名字的" in told and "很好的" in told
    race.propose("resident")
    race.close()
    office = enter("street_clerk")
    seen = desk.snapshot_of(race.row)
    (one,) = queries.to_choose(race.row)
    assert seen is not None
    said: dict[str, Any] = {f"pick_{one.id.hex}": "chosen", f"story_{one.id.hex}": "常年捎菜"}
    said["stood"] = one.id.hex
    told = send(office, "honour_decide", race.row.id, status=422, seen=str(seen.id), **said)
    assert "请写明理由" in told and "常年捎菜" in told
    assert "王秀英" not in told


def test_who_left_while_the_page_was_open_is_told_to_the_deciders(race: Race, enter: Enter) -> None:
    one, other = race.propose("resident"), race.propose("other_resident")
    race.close()
    actions.decline(nomination=other.id, by=race.scene.other_resident, now=race.now)
    office, seen = enter("street_clerk"), desk.snapshot_of(race.row)
    assert seen is not None
    said: dict[str, Any] = {f"pick_{one.id.hex}": "chosen", f"why_{one.id.hex}": "好", "seen": str(seen.id)}
    stood = f"{one.id.hex},{other.id.hex}"
    told = send(office, "honour_decide", race.row.id, status=422, stood=stood, **said)
    assert "候选有变化" in told and f'name="stood" value="{one.id.hex}"' in told
    send(office, "honour_decide", race.row.id, stood=one.id.hex, **said)
    assert fresh(one).state == "chosen"


def test_a_discount_counted_is_told_as_a_number(county: Scene, morning: datetime, enter: Enter) -> None:
    fair = make_fair(county, morning)
    assert fair.check(fair.code("resident"))
    race = make_race(county, morning, counts=["discounts"])
    race.propose(fair.hair.name, kind="merchant", by="merchant")
    race.close()
    assert "专属折扣 1 次" in page(enter("street_clerk"), "honour_counted", PriorityLine.objects.get().id)


def test_a_clerk_holds_a_round_asks_counts_again_and_cancels(race: Race, enter: Enter) -> None:
    clerk, today = enter("community_clerk"), race.now.date()
    said: dict[str, Any] = {
        "title": "新一轮", "basis": "热心", "path": "/001/003/", "seats": 2, "office": "community_clerk",
        "committee": "小组", "nominate_from": today, "nominate_until": today + DAY, "notice_days": 7,
        "notice_clock": "working", "counts": ["orders:help"], "counted_from": today - DAY, "counted_until": today,
    }  # fmt: skip
    send(clerk, "honour_new", **said)
    row = Commendation.objects.get(title="新一轮")
    assert "新一轮" in page(clerk, "honours_desk", ask="?state=nominating")
    one = race.propose("resident", agreed=False)
    send(clerk, "honour_desk", race.row.id, deed="agreed", one=str(one.id), shown="masked")
    assert fresh(one).answered_for == race.scene.community_clerk.person
    race.close()
    send(clerk, "honour_desk", race.row.id, deed="recount")
    assert race.row.snapshots.count() == 2
    send(clerk, "honour_desk", row.id, status=422, deed="cancel", why="")
    send(clerk, "honour_desk", row.id, deed="cancel", why="写错了名额")
    assert "写错了名额" in page(Client(), "honour", row.id)
    assert "新一轮" not in page(Client(), "honours")


def test_a_place_that_fell_vacant_is_filled_on_the_page(race: Race, enter: Enter) -> None:
    one, other = race.propose("resident"), race.propose("other_resident")
    at = race.close()
    race.decide({one.id: "chosen", other.id: "passed"}, at=at)
    race.answer(race.object_to(fresh(one), at, by="merchant"), at, upheld=True)
    office = enter("street_clerk")
    assert "公示中空出一个名额" in page(office, "honour_desk", race.row.id)
    assert "公示中空出一个名额" not in page(enter("community_clerk"), "honour_desk", race.row.id)
    send(office, "honour_desk", race.row.id, deed="fill", who=str(other.id), reasons="一样热心")
    assert fresh(other).state == "chosen"


def test_no_public_page_tells_what_was_counted_or_seconded(race: Race, enter: Enter) -> None:
    one, _at = race.chosen()
    for who in ("resident", "other_resident"):
        told = page(enter(who), "honour", race.row.id)
        assert "附议" not in told and "件" not in told.split("评什么样的")[0]
    assert "不公开" in page(enter("resident"), "honour_mine_one", one.id)


def test_the_pages_of_a_round_cost_the_same_for_many_nominees(
    race: Race, enter: Enter, django_assert_max_num_queries: Any
) -> None:
    for who in ("resident", "other_resident", "merchant", "grid_worker", "department", "leader"):
        race.propose(who)
    office, visitor = enter("street_clerk"), Client()
    for client, name, most in (
        (visitor, "honour", 12),
        (office, "honour_desk", 30),
        (visitor, "honours", 12),
    ):
        page(client, name, *([race.row.id] if name != "honours" else []))
        with django_assert_max_num_queries(most):
            page(client, name, *([race.row.id] if name != "honours" else []))
