"""A wish through every state by page: whoever wishes, a grid worker for somebody without a phone, a clerk, a member."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from mulin.ground.orders import actions
from mulin.ground.orders.models import Order, OrderClaim
from tests.journeys.conftest import Enter
from tests.journeys.steps import text_of
from tests.orders.scenes import fresh, told, work
from tests.orders.test_journeys import press, send
from tests.personas import Scene

NAME, DOOR = "王秀英", "3号楼2单元301"
HARDSHIP = "老伴不在了，一个人住，眼睛花了看不清药盒"
PUBLIC = "想要一副老花镜"
DAY = timedelta(days=1)


def wished(scene: Scene, client: Any) -> Order:
    place = str(scene.places["compound"].id)
    answer = send(client, "/neighbours/ask/wish/wish.thing/", words=HARDSHIP, door=DOOR, place=place)
    assert answer.status_code == 302
    return Order.objects.latest("made_at")


def the_claim(order: Order) -> str:
    return str(OrderClaim.objects.filter(order=order).latest("id").pk)


def test_a_wish_returned_by_a_member_with_a_reason_and_fulfilled_by_another(
    county: Scene, enter: Enter, now: datetime
) -> None:
    asker, member, other, clerk = (
        enter(who) for who in ("resident", "rider", "other_resident", "community_clerk")
    )
    order = wished(county, asker)
    assert "待审核" in text_of(asker.get(f"/neighbours/{order.pk}/"))
    page = text_of(clerk.get(f"/neighbours/{order.pk}/"))
    assert (
        HARDSHIP in page and NAME not in page
    )  # a reviewer reads the words; the name is looked at, and noted
    assert press(clerk, order, "approve", public="1", public_words=PUBLIC).status_code == 302
    hall = text_of(enter("stranger").get("/neighbours/?kind=wish.thing"))
    assert PUBLIC in hall and HARDSHIP not in hall and NAME not in hall
    assert press(member, order, "claim").status_code == 302
    assert PUBLIC not in text_of(other.get("/neighbours/"))
    page = text_of(member.get(f"/neighbours/{order.pk}/"))
    assert HARDSHIP in page and "为什么去不了" in page and "可以不写" in page
    long = press(member, order, "give_back", claim=the_claim(order), reason="远" * 101)
    assert long.status_code == 422 and "远" * 101 in text_of(long)
    answer = press(member, order, "give_back", claim=the_claim(order), reason="出差了，下周才回来")
    assert answer.status_code == 302
    assert told(order.asker_id)[-1] == "order_back"
    assert "出差了" in text_of(clerk.get(f"/neighbours/{order.pk}/"))
    assert "出差了" not in text_of(asker.get(f"/neighbours/{order.pk}/"))
    assert "出差了" not in text_of(other.get(f"/neighbours/{order.pk}/"))
    assert press(other, order, "claim").status_code == 302
    claim = the_claim(order)
    assert press(other, order, "serve", claim=claim).status_code == 302
    assert press(asker, order, "not_done", claim=claim).status_code == 302
    assert press(other, order, "serve", claim=claim).status_code == 302
    assert press(asker, order, "confirm", claim=claim).status_code == 302
    answer = press(asker, order, "rate", claim=claim, score="good", thanks="谢谢，看得清了", thanks_ok="on")
    assert answer.status_code == 302
    assert fresh(order).state == "confirmed"
    thanks = text_of(clerk.get("/desk/neighbours/?tab=thanks"))
    assert "谢谢，看得清了" in thanks and not [
        one for one in (NAME, DOOR, HARDSHIP, "李建国") if one in thanks
    ]
    assert "谢谢，看得清了" not in text_of(enter("other_clerk").get("/desk/neighbours/?tab=thanks"))
    assert "谢谢，看得清了" not in text_of(enter("leader").get("/desk/neighbours/?tab=thanks"))
    assert press(asker, order, "hush", claim=claim).status_code == 302  # consent is taken back
    assert "谢谢，看得清了" not in text_of(clerk.get("/desk/neighbours/?tab=thanks"))
    assert "谢谢，看得清了" in text_of(other.get(f"/neighbours/{order.pk}/"))  # they were for him
    assert other.post(f"/neighbours/{order.pk}/hush/", {"claim": claim}).status_code == 403


def test_thanks_without_consent_are_read_out_by_nobody(county: Scene, enter: Enter, now: datetime) -> None:
    asker, giver, clerk = enter("resident"), enter("rider"), enter("community_clerk")
    order = wished(county, asker)
    assert press(clerk, order, "approve", public="1", public_words=PUBLIC).status_code == 302
    assert press(giver, order, "claim").status_code == 302
    claim = the_claim(order)
    assert press(giver, order, "serve", claim=claim).status_code == 302
    assert press(asker, order, "confirm", claim=claim).status_code == 302
    assert press(asker, order, "rate", claim=claim, score="good", thanks="只说给你听").status_code == 302
    page = text_of(clerk.get("/desk/neighbours/?tab=thanks"))
    assert "只说给你听" not in page and "还没有可以念的" in page


def test_a_wish_for_somebody_without_a_phone_names_who_wrote_it_down(
    county: Scene, enter: Enter, now: datetime
) -> None:
    worker, member, clerk = enter("grid_worker"), enter("rider"), enter("community_clerk")
    told_ = {
        "words": HARDSHIP,
        "door": DOOR,
        "place": str(county.places["compound"].id),
        "name": "赵桂兰",
        "agreed": "on",
    }
    assert send(worker, "/desk/neighbours/ask/wish/wish.thing/", **told_).status_code == 302
    order = Order.objects.get()
    assert order.state == "submitted" and order.private  # the clerk reviews wishes, whoever wrote them down
    assert "张工，代赵**" in text_of(clerk.get(f"/neighbours/{order.pk}/"))
    assert press(clerk, order, "approve", public="1", public_words=PUBLIC).status_code == 302
    assert press(member, order, "claim").status_code == 302
    assert told(county.grid_worker.person)[-1] == "order_claimed"
    assert press(member, order, "serve", claim=the_claim(order)).status_code == 302
    assert told(county.grid_worker.person)[-1] == "order_served"
    page = text_of(worker.get(f"/neighbours/{order.pk}/"))
    assert "问过本人" in page or "确认帮完了" in page
    assert press(worker, order, "confirm", claim=the_claim(order)).status_code == 302
    answer = press(worker, order, "rate", claim=the_claim(order), score="good", thanks="谢谢", thanks_ok="on")
    assert answer.status_code == 302
    assert "“谢谢”" in text_of(clerk.get("/desk/neighbours/?tab=thanks"))
    assert press(worker, order, "hush", claim=the_claim(order)).status_code == 302


def test_a_wish_that_nobody_claims_goes_up_and_is_answered(
    county: Scene, enter: Enter, now: datetime
) -> None:
    asker, clerk, street = enter("resident"), enter("community_clerk"), enter("street_clerk")
    order = wished(county, asker)
    assert press(clerk, order, "approve", public="0").status_code == 302
    assert PUBLIC not in text_of(asker.get("/neighbours/"))
    while (at := fresh(order).next_check_at) is not None and at < order.made_at + 59 * DAY:
        actions.act_on_due(now=at)
    assert [(one.kind, one.role) for one in work()] == [("order_find", "street_clerk")]
    assert told(order.asker_id) == ["order_climbed"]
    assert "还没有人接" in text_of(street.get("/desk/"))
    actions.act_on_due(now=order.made_at + 61 * DAY)
    assert fresh(order).state == "expired" and told(order.asker_id)[-1] == "order_expired"
    page = text_of(asker.get(f"/neighbours/{order.pk}/"))
    assert "社区会来答复" in page and "重新提出" in page
    answer = press(clerk, order, "answer", words="社区买好了，明天送去。")
    assert answer.status_code == 302
    assert "社区买好了" in text_of(asker.get(f"/neighbours/{order.pk}/"))
    assert press(asker, order, "reopen").status_code == 302
    assert fresh(order).private is True


def test_a_wish_is_refused_with_a_reason_or_withdrawn(county: Scene, enter: Enter, now: datetime) -> None:
    asker, clerk = enter("resident"), enter("community_clerk")
    order = wished(county, asker)
    assert press(clerk, order, "refuse", reason="请先到民政窗口申请救助。").status_code == 302
    assert "请先到民政窗口" in text_of(asker.get(f"/neighbours/{order.pk}/"))
    assert press(asker, order, "reopen").status_code == 302
    assert press(asker, order, "withdraw").status_code == 302
    assert fresh(order).state == "withdrawn"
