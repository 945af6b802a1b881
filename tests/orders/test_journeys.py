"""On phone pages: a neighbour asks and another helps; a 75-year-old without a phone; a widow's wish without her name."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from mulin.ground.orders import actions
from mulin.ground.orders.models import Order, OrderClaim
from mulin.ground.points import actions as points
from mulin.ground.points import queries as points_read
from tests.journeys.conftest import Enter
from tests.journeys.steps import asked as counted
from tests.journeys.steps import fields, text_of
from tests.orders.scenes import AuditEntry, asked, claimed, opened
from tests.personas import Scene

NAME, DOOR, WORDS = "王秀英", "3号楼2单元301", "两件快递在南门驿站，腿脚不便"


def send(client: Any, url: str, **told: Any) -> Any:
    """Open a form, fill it in, send it."""
    return client.post(url, fields(text_of(client.get(url))) | told)


def press(client: Any, order: Order, deed: str, **told: Any) -> Any:
    """The page of an ask has the button; press it."""
    url = f"/neighbours/{order.pk}/{deed}/"
    return client.post(url, fields(text_of(client.get(f"/neighbours/{order.pk}/")), action=url) | told)


def banked(scene: Scene, now: datetime) -> Any:
    """A rule of two points for a parcel, a budget, and a passbook for the giver."""
    points.publish_rule(
        code="help_parcel", name="代收快递", points=2, effective_on=now.date(), by=scene.county_clerk, now=now
    )
    points.grant_budget(
        path="/001/003/",
        division=scene.places["community"].id,
        amount=100,
        note="试点",
        key="b1",
        by=scene.county_clerk,
        now=now,
    )
    owner = points_read.person(scene.persons["other_resident"].id)
    return points.issue(owner=owner, path="/001/003/", by=scene.community_clerk, now=now)


def test_a_neighbour_asks_for_a_parcel_and_another_brings_it(
    county: Scene, enter: Enter, now: datetime
) -> None:
    book = banked(county, now)
    asker, giver, clerk, visitor = (
        enter("resident"),
        enter("other_resident"),
        enter("community_clerk"),
        enter("stranger"),
    )
    assert "/neighbours/" in text_of(visitor.get("/"))
    assert "/neighbours/ask/help/help.parcel/" in text_of(asker.get("/neighbours/ask/help/"))
    form = "/neighbours/ask/help/help.parcel/"
    wrong = send(asker, form, words="", door=DOOR)
    assert wrong.status_code == 422 and DOOR in text_of(wrong)
    sent = send(asker, form, words=WORDS, door=DOOR, place=str(county.places["compound"].id))
    assert sent.status_code == 302
    order = Order.objects.get()
    page = text_of(asker.get(sent["Location"]))
    assert WORDS in page and "待审核" in page and "社区看过就会发出去" in page
    todo = text_of(clerk.get("/desk/"))
    assert "代收快递" in todo and NAME not in todo and WORDS not in todo
    assert press(clerk, order, "approve", public="1").status_code == 302
    for who in (visitor, giver):
        shown = text_of(who.get("/neighbours/")) + text_of(who.get(f"/neighbours/{order.pk}/"))
        assert "代收快递" in shown and "双虹家园" in shown and "2 分" in shown
        assert not [word for word in (NAME, DOOR, WORDS, county.phones["resident"]) if word in shown]
    assert "登录" in text_of(visitor.get(f"/neighbours/{order.pk}/"))
    assert press(giver, order, "claim").status_code == 302
    assert WORDS in text_of(giver.get(f"/neighbours/{order.pk}/"))
    assert NAME not in text_of(giver.get(f"/neighbours/{order.pk}/"))
    contact = text_of(press(giver, order, "contact"))
    assert NAME in contact and DOOR in contact and county.phones["resident"] not in contact
    assert (
        AuditEntry.objects.filter(
            verb="order.contact.viewed", person=county.persons["other_resident"].id
        ).count()
        == 1
    )
    assert "李建国" in text_of(asker.get(f"/neighbours/{order.pk}/"))
    claim = str(OrderClaim.objects.get().pk)
    assert press(giver, order, "serve", claim=claim).status_code == 302
    assert giver.post(f"/neighbours/{order.pk}/confirm/", {"claim": claim}).status_code == 403
    assert press(asker, order, "confirm", claim=claim).status_code == 302
    assert "可以评价、道谢" in text_of(asker.get(f"/neighbours/{order.pk}/"))
    assert press(asker, order, "rate", claim=claim, score="good", thanks="谢谢小李").status_code == 302
    assert "可以评价、道谢" not in text_of(asker.get(f"/neighbours/{order.pk}/"))
    done = text_of(giver.get(f"/neighbours/{order.pk}/"))
    assert "已帮成" in done and "谢谢小李" in done and NAME not in done and DOOR not in done
    passbook = text_of(giver.get(f"/points/{book.pk}/"))
    assert "帮邻居：代收快递" in passbook
    balance = points_read.balance(points_read.person(county.persons["other_resident"].id))
    assert balance is not None and balance.points == 2
    assert "代收快递" in text_of(giver.get("/neighbours/mine/?tab=helping"))


def test_a_75_year_old_without_a_phone_is_helped_through_the_grid_worker(
    county: Scene, enter: Enter, now: datetime
) -> None:
    worker, giver, clerk = enter("grid_worker"), enter("other_resident"), enter("community_clerk")
    form = "/desk/neighbours/ask/help/help.phone/"
    told = {
        "words": "想学视频通话",
        "door": DOOR,
        "place": str(county.places["compound"].id),
        "name": "赵桂兰",
    }
    assert "同意" in text_of(send(worker, form, **told))  # without her consent it is not sent
    assert Order.objects.count() == 0
    assert send(worker, form, **told, agreed="on").status_code == 302
    order = Order.objects.get()
    assert order.state == "open"
    assert press(giver, order, "claim").status_code == 302
    claim = str(OrderClaim.objects.get().pk)
    assert "赵桂兰" in text_of(press(giver, order, "contact"))
    assert press(giver, order, "serve", claim=claim).status_code == 302
    assert "代为确认" in text_of(clerk.get("/desk/"))
    assert press(worker, order, "confirm", claim=claim).status_code == 302
    page = text_of(clerk.get(f"/neighbours/{order.pk}/"))
    assert "张工，代赵**" in page and "赵桂兰" not in page
    page = text_of(press(clerk, order, "contact"))
    assert "张工，代赵桂兰" in page and "李建国" in page
    assert "赵桂兰" in text_of(worker.get(form))  # next time she is chosen, not typed


def test_a_widows_wish_is_fulfilled_and_nobody_reads_her_name(
    county: Scene, enter: Enter, now: datetime
) -> None:
    hardship = "老伴不在了，一个人住，眼睛花了看不清药盒"
    asker, giver, clerk = enter("resident"), enter("rider"), enter("community_clerk")
    others = [enter(who) for who in ("stranger", "other_resident", "merchant", "grid_worker", "other_clerk")]
    form = "/neighbours/ask/wish/wish.thing/"
    place = str(county.places["compound"].id)
    assert "不会公开" in text_of(asker.get(form))
    assert send(asker, form, words=hardship, door=DOOR, place=place).status_code == 302
    order = Order.objects.get()

    def nobody_reads(public: bool) -> None:
        for who in others:
            pages = [
                who.get("/neighbours/"),
                who.get(f"/neighbours/{order.pk}/"),
                who.get("/neighbours/?kind=wish.thing"),
            ]
            shown = "".join(text_of(one) for one in pages)
            assert not [word for word in (NAME, DOOR, hardship) if word in shown]
            assert ("想要一副老花镜" in shown) is public

    nobody_reads(False)
    assert press(clerk, order, "approve", public="1", public_words="想要一副老花镜").status_code == 302
    nobody_reads(True)
    assert press(giver, order, "claim").status_code == 302
    nobody_reads(False)
    claim = str(OrderClaim.objects.get().pk)
    assert hardship in text_of(giver.get(f"/neighbours/{order.pk}/"))
    assert press(giver, order, "serve", claim=claim).status_code == 302
    assert press(asker, order, "confirm", claim=claim).status_code == 302
    assert (
        press(asker, order, "rate", claim=claim, score="good", thanks="谢谢", thanks_ok="on").status_code
        == 302
    )
    nobody_reads(False)
    order.refresh_from_db()
    assert order.state == "confirmed"


def test_what_is_refused_stands_on_the_page_with_what_was_written(
    county: Scene, enter: Enter, now: datetime
) -> None:
    row, clerk = asked(county, now), enter("community_clerk")
    answer = press(clerk, row, "approve", public="1", public_words="很" * 61)
    assert answer.status_code == 422 and "很" * 61 in text_of(answer)
    answer = press(clerk, row, "refuse", reason="")
    assert answer.status_code == 422 and "请写一句理由" in text_of(answer)
    stale = press(clerk, row, "approve", public="1", version="99")
    assert stale.status_code == 409 and "有了变化" in text_of(stale)
    assert clerk.post(f"/neighbours/{row.pk}/serve/", {}).status_code == 403


def test_the_late_one_is_told_in_a_sentence(county: Scene, enter: Enter, now: datetime) -> None:
    row, _claim = claimed(county, now)
    answer = enter("rider").post(f"/neighbours/{row.pk}/claim/")
    assert answer.status_code == 409 and "刚刚有人接了" in text_of(answer)


def test_ticks_of_what_one_is_willing_to_do(county: Scene, enter: Enter, now: datetime) -> None:
    helper = enter("other_resident")
    place = str(county.places["compound"].id)
    url = "/neighbours/helping/"
    assert "wish.thing" in text_of(helper.get(url)), "for wishes too"
    wrong = helper.post(url, {"kinds": ["help.phone"]})
    assert wrong.status_code == 422 and "请选您住的地方" in text_of(wrong)
    assert helper.post(url, {"kinds": ["help.phone", "help.parcel"], "place": place}).status_code == 302
    assert text_of(helper.get(url)).count("checked") == 2
    row, clerk = opened(county, now), enter("community_clerk")
    page = text_of(clerk.get(f"/neighbours/{row.pk}/"))
    assert "李建国" in page and "同小区" in page
    whom = f"p:{county.persons['other_resident'].id}"
    assert press(clerk, row, "dispatch", whom=whom).status_code == 302
    claim = str(OrderClaim.objects.get().pk)
    assert press(helper, row, "decline", claim=claim).status_code == 302


@pytest.mark.parametrize(
    ("url", "most"),
    [
        ("/neighbours/", 12),
        ("/neighbours/mine/", 12),
        ("/desk/neighbours/", 16),
        ("/neighbours/ask/help/", 8),
    ],
)
def test_pages_ask_few_statements_however_many_rows(
    county: Scene, enter: Enter, now: datetime, url: str, most: int
) -> None:
    clerk = enter("community_clerk")
    clerk.get(url)
    for who in ("resident", "other_resident", "rider"):
        for _n in range(4):
            opened(county, now, by=county.actors[who])
    with counted() as found:
        assert clerk.get(url).status_code == 200
    assert len(found) <= most, str(found)


def test_the_page_of_an_ask_stays_within_its_statements(county: Scene, enter: Enter, now: datetime) -> None:
    row, _claim = claimed(county, now)
    for who, most in (("resident", 24), ("other_resident", 24), ("community_clerk", 26)):
        client = enter(who)
        client.get(f"/neighbours/{row.pk}/")
        with counted() as found:
            client.get(f"/neighbours/{row.pk}/")
        assert len(found) <= most, str(found)


HERE = '等人来帮的 · <span lang="zh-Hans">双虹社区</span>'


def test_the_hall_begins_where_somebody_lives(county: Scene, enter: Enter, now: datetime) -> None:
    """His own community first, its street and the county one tap away; a visitor sees the county."""
    near, far = opened(county, now), asked(county, now, place=county.places["other_community"].id)
    actions.approve(order=far.id, public=True, public_words="铁西的", by=county.other_clerk, now=now)
    member, visitor = enter("rider"), enter("stranger")
    assert "铁西的" in text_of(visitor.get("/neighbours/")) and "铁西的" in text_of(
        member.get("/neighbours/")
    )
    actions.set_help(kinds=["wish.thing"], place=county.places["compound"].id, by=county.rider, now=now)
    page = text_of(member.get("/neighbours/"))
    assert str(near.pk) in page and "铁西的" not in page and HERE in page
    assert "area=%2F001%2F" in page and "area=%2F" in page
    assert "铁西的" in text_of(member.get("/neighbours/?area=/"))
    assert "铁西的" not in text_of(member.get("/neighbours/?area=/001/"))
    assert "铁西的" in text_of(member.get("/neighbours/?area=/003/004/"))
    assert "铁西的" in text_of(enter("other_clerk").get("/neighbours/"))  # where his duty lies
