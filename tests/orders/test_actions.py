"""An ask from its first word to the last confirmation; who may do what; what goes wrong and comes back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from mulin.ground.orders import actions, queries
from mulin.ground.orders.models import Order, OrderClaim, OrderHelper, OrderStep
from mulin.ground.people import actions as people
from mulin.ground.people import queries as people_read
from mulin.kernel import hooks
from mulin.kernel.actor import system
from mulin.kernel.errors import NotAllowed, NotFound, Refused, Stale
from mulin.kernel.ids import uuid7
from tests.orders.scenes import (
    DOOR,
    WORDS,
    AuditEntry,
    asked,
    claimed,
    deeds,
    fresh,
    opened,
    served,
    told,
    work,
)
from tests.personas import COUNTY, Scene

HOUR = timedelta(hours=1)


# ── asking ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_ask_waits_for_review_with_a_clock(county: Scene, now: datetime) -> None:
    row = asked(county, now)
    assert (row.state, row.path, row.grid_path) == ("submitted", "/001/003/C1/", "/001/003/g1001/")
    (item,) = work()
    assert (item.kind, item.role, item.path, item.due_at) == (
        "order_review", "community_clerk", "/001/003/", now + timedelta(hours=24)
    )  # fmt: skip
    assert item.title == "代收快递 · 叶柏寿街道双虹社区双虹家园"
    assert WORDS not in str(fresh(row).__dict__) and DOOR not in str(fresh(row).__dict__)


def test_a_resend_is_the_same_ask_and_nobody_elses(county: Scene, now: datetime) -> None:
    key = uuid7()
    first, again = asked(county, now, client_id=key), asked(county, now, client_id=key, words="别的")
    assert first.pk == again.pk and Order.objects.count() == 1
    with pytest.raises(NotFound):
        asked(county, now, client_id=key, by=county.other_resident)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"kind": "help.nothing"}, "no_kind"),
        ({"place": uuid7()}, "no_place"),
        ({"wanted_at": datetime.fromisoformat("2025-01-01T00:00+08:00")}, "wrong_time"),
        ({"wanted_at": datetime.fromisoformat("2027-09-01T00:00+08:00")}, "wrong_time"),
        ({"words": "x" * 501}, "too_long"),
        ({"door": "x" * 61}, "too_long"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    county: Scene, now: datetime, more: dict[str, Any], code: str
) -> None:
    with pytest.raises(Refused) as refused:
        asked(county, now, **more)
    assert refused.value.code == code and Order.objects.count() == 0


def test_a_street_is_no_rough_place_and_a_visitor_asks_nothing(county: Scene, now: datetime) -> None:
    for more in ({"place": county.places["street"].id}, {"place": county.places["root"].id}):
        with pytest.raises(Refused, match="社区"):
            asked(county, now, **more)
    with pytest.raises(NotAllowed):
        asked(county, now, by=county.stranger)


def test_nobody_asks_without_end(county: Scene, now: datetime) -> None:
    for _n in range(5):
        last = asked(county, now)
    with pytest.raises(Refused, match="最多有 5 件"):
        asked(county, now)
    actions.withdraw(order=last.id, by=county.resident, now=now)
    asked(county, now)


def test_staff_ask_for_somebody_in_their_own_grid_and_it_goes_out_at_once(
    county: Scene, now: datetime
) -> None:
    more: dict[str, Any] = {
        "kind": "help.parcel", "client_id": uuid7(), "place": county.places["compound"].id, "words": WORDS, "name": "李秀英",
    }  # fmt: skip
    row = actions.ask_for(by=county.grid_worker, now=now, **more)
    again = actions.ask_for(by=county.grid_worker, now=now, **more)
    assert row.pk == again.pk
    person = county.persons["grid_worker"].id
    assert (row.state, row.entered_by_id, row.reviewed_by_id) == ("open", person, person)
    step = OrderStep.objects.get(order=row, deed="ask")
    assert (step.person, step.behalf) == (person, row.asker_id)
    look = queries.look(county.grid_worker, row, now)
    assert look.steps[0].who == "您，代李**"
    assert queries.look(county.community_clerk, row, now).steps[0].who == "张工，代李**"
    assert queries.look(county.community_clerk, row, now, revealed=True).steps[0].who == "张工，代李秀英"
    assert queries.past_askers(county.community_clerk) == [(row.asker_id, "李秀英")]
    later = actions.ask_for(
        by=county.grid_worker, now=now, **{**more, "client_id": uuid7(), "name": "", "known": row.asker_id}
    )
    assert later.asker_id == row.asker_id
    with pytest.raises(NotAllowed, match="自己负责"):
        actions.ask_for(by=county.other_grid_worker, now=now, **{**more, "client_id": uuid7()})
    with pytest.raises(Refused, match="姓名"):
        actions.ask_for(by=county.grid_worker, now=now, **{**more, "client_id": uuid7(), "name": " "})
    with pytest.raises(Refused, match="重新选"):
        actions.ask_for(
            by=county.grid_worker,
            now=now,
            **{**more, "client_id": uuid7(), "known": county.persons["resident"].id},
        )


def test_a_neighbour_asks_for_nobody_else(county: Scene, now: datetime) -> None:
    with pytest.raises(NotAllowed):
        asked(county, now, asker=county.persons["other_resident"].id)


# ── review ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_who_reviews(county: Scene, now: datetime) -> None:
    row = asked(county, now)
    for who in ("other_clerk", "other_resident", "merchant", "stranger", "department", "other_grid_worker"):
        with pytest.raises(NotFound):
            actions.approve(order=row.id, by=county.actors[who], now=now)
    for who in ("resident", "leader", "admin"):
        with pytest.raises(NotAllowed):
            actions.approve(order=row.id, by=county.actors[who], now=now)
    assert actions.approve(order=row.id, by=county.grid_worker, now=now).state == "open"
    minding = asked(county, now, kind="help.minding")
    with pytest.raises(NotFound):  # where trust is needed, grid staff neither see nor review
        actions.approve(order=minding.id, by=county.grid_worker, now=now)
    actions.approve(order=minding.id, by=county.street_clerk, now=now)


def test_a_stale_review_is_refused(county: Scene, now: datetime) -> None:
    row = asked(county, now)
    with pytest.raises(Stale):
        actions.approve(order=row.id, by=county.community_clerk, now=now, version=row.version + 1)


def test_a_refusal_says_why_and_can_be_asked_again(county: Scene, now: datetime) -> None:
    row = asked(county, now)
    with pytest.raises(Refused, match="理由"):
        actions.refuse(order=row.id, reason=" ", by=county.community_clerk, now=now)
    row = actions.refuse(order=row.id, reason="燃气请找燃气公司。", by=county.community_clerk, now=now)
    assert row.state == "declined" and work() == [] and told(row.asker_id) == ["order_refused"]
    row = actions.reopen(order=row.id, by=county.resident, now=now + HOUR)
    assert row.state == "submitted" and [one.kind for one in work()] == ["order_review"]
    assert row.next_check_at == now + HOUR + timedelta(hours=24)


# ── claiming ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_one_asks_another_helps_both_confirm(county: Scene, now: datetime) -> None:
    done: list[Any] = []
    row, claim = served(county, now)
    hooks.order_confirmed["help"], kept = (
        (lambda **facts: done.append(facts)),
        hooks.order_confirmed.get("help"),
    )
    try:
        actions.confirm(order=row.id, claim=claim.id, by=county.resident, now=now + HOUR)
    finally:
        if kept is None:
            del hooks.order_confirmed["help"]
        else:
            hooks.order_confirmed["help"] = kept
    row = fresh(row)
    assert (row.state, row.confirmed_at, row.next_check_at) == ("confirmed", now + HOUR, None)
    (facts,) = done
    assert (facts["claim"].pk, facts["order"].pk, facts["by"]) == (claim.id, row.id, county.resident)
    with pytest.raises(Refused):
        actions.confirm(order=row.id, claim=claim.id, by=county.resident, now=now + HOUR)
    actions.rate(
        order=row.id,
        claim=claim.id,
        score="good",
        thanks="谢谢小李",
        thanks_ok=True,
        by=county.resident,
        now=now + HOUR,
    )
    assert deeds(row) == ["ask", "approve", "climb", "claim", "serve", "confirm", "rate"]
    assert told(county.persons["other_resident"].id) == ["order_confirmed"]
    assert told(county.persons["resident"].id) == ["order_claimed", "order_served"]
    assert work() == []
    verbs = AuditEntry.objects.filter(subject_id=row.id).values_list("verb", flat=True)
    assert {"order.ask", "order.claim", "order.confirm"} <= set(verbs)


def test_nobody_helps_himself_or_his_family(county: Scene, now: datetime) -> None:
    row = opened(county, now)
    home = people.add_household(label="3号楼2单元301", by=system(COUNTY, "test"), now=now)
    for who in ("resident", "other_resident"):
        people.move_in(household=home.pk, person=county.persons[who].id, by=system(COUNTY, "test"), now=now)
    with pytest.raises(NotAllowed, match="自己的"):
        actions.claim(order=row.id, by=county.resident, now=now)
    with pytest.raises(NotAllowed, match="一家人"):
        actions.claim(order=row.id, by=county.other_resident, now=now)
    actions.claim(order=row.id, by=county.rider, now=now)


def test_who_confirms(county: Scene, now: datetime) -> None:
    row, claim = served(county, now)
    for who in ("other_resident", "community_clerk"):
        with pytest.raises(NotAllowed):  # the giver never; staff not while the asker can do it himself
            actions.confirm(order=row.id, claim=claim.id, by=county.actors[who], now=now)
    with pytest.raises(NotFound):
        actions.confirm(order=row.id, claim=claim.id, by=county.other_clerk, now=now)
    actions.act_on_due(now=now + timedelta(hours=73))
    assert [one.kind for one in work()] == ["order_confirm"]
    actions.confirm(order=row.id, claim=claim.id, by=county.community_clerk, now=now + timedelta(hours=74))
    step = OrderStep.objects.get(order=row, deed="confirm")
    assert (step.person, step.behalf) == (county.persons["community_clerk"].id, county.persons["resident"].id)
    assert work() == []


def test_staff_confirm_for_somebody_without_an_account_but_not_what_they_did(
    county: Scene, now: datetime
) -> None:
    more: dict[str, Any] = {
        "kind": "help.phone",
        "client_id": uuid7(),
        "place": county.places["compound"].id,
        "words": WORDS,
    }
    row = actions.ask_for(by=county.grid_worker, now=now, name="李秀英", **more)
    claim = actions.claim(order=row.id, by=county.grid_worker, now=now)
    actions.serve(order=row.id, claim=claim.id, by=county.grid_worker, now=now)
    assert [one.kind for one in work()] == ["order_confirm"]
    with pytest.raises(NotAllowed):
        actions.confirm(order=row.id, claim=claim.id, by=county.grid_worker, now=now)
    actions.confirm(order=row.id, claim=claim.id, by=county.community_clerk, now=now)
    actions.rate(order=row.id, claim=claim.id, score="bad", by=county.community_clerk, now=now)
    assert [one.kind for one in work()] == ["order_answer"]  # not satisfied: the office hears of it
    actions.answer(order=row.id, words="上门再教一次。", by=county.community_clerk, now=now)
    assert work() == []


def test_not_done_goes_back_to_the_giver(county: Scene, now: datetime) -> None:
    row, claim = served(county, now)
    actions.not_done(order=row.id, claim=claim.id, by=county.resident, now=now)
    assert (fresh(row).state, fresh(claim).state, fresh(claim).served_at) == ("claimed", "held", None)
    with pytest.raises(Refused):
        actions.rate(order=row.id, claim=claim.id, score="good", by=county.resident, now=now)


def test_giving_back_and_withdrawing_cost_nothing(county: Scene, now: datetime) -> None:
    row, claim = claimed(county, now)
    with pytest.raises(NotFound):
        actions.give_back(order=row.id, claim=claim.id, by=county.rider, now=now)
    actions.give_back(order=row.id, claim=claim.id, by=county.other_resident, now=now)
    assert fresh(row).state == "open" and told(row.asker_id)[-1] == "order_back"
    second = actions.claim(order=row.id, by=county.rider, now=now)
    actions.withdraw(order=row.id, by=county.resident, now=now)
    assert (fresh(row).state, fresh(second).state) == ("withdrawn", "released")
    assert told(county.persons["rider"].id) == ["order_withdrawn"]
    actions.reopen(order=row.id, by=county.resident, now=now)
    assert fresh(row).state == "open"  # it passed review before


def test_dispatch_asks_and_declining_brings_it_back(county: Scene, now: datetime) -> None:
    actions.set_help(
        kinds=["help.parcel"], place=county.places["compound"].id, by=county.other_resident, now=now
    )
    row = opened(county, now)
    assert told(county.persons["other_resident"].id) == ["order_near"]
    person = county.persons["other_resident"].id
    assert [one.person for one in queries.candidates(row, now)] == [person]
    with pytest.raises(Refused, match="愿意帮"):
        actions.dispatch(order=row.id, person=county.persons["rider"].id, by=county.community_clerk, now=now)
    with pytest.raises(NotAllowed):
        actions.dispatch(order=row.id, person=person, by=county.rider, now=now)
    claim = actions.dispatch(order=row.id, person=person, by=county.community_clerk, now=now)
    assert fresh(row).state == "offered"
    actions.decline(order=row.id, claim=claim.id, by=county.other_resident, now=now)
    assert fresh(row).state == "open" and queries.candidates(row, now) == []  # nobody is asked twice
    again = actions.claim(order=row.id, by=county.other_resident, now=now)  # but he may change his mind
    assert again.state == "held"


def test_a_unit_of_the_place_says_yes_by_one_of_its_people(county: Scene, now: datetime) -> None:
    from mulin.ground.territory import actions as territory

    unit = county.units["department"].id
    territory.put_in_charge(
        organisation=unit,
        division=county.places["community"].id,
        on=now.date(),
        by=county.county_clerk,
        now=now,
    )
    row = opened(county, now)
    claim = actions.dispatch(order=row.id, unit=unit, by=county.community_clerk, now=now)
    assert [(one.kind, one.unit_id) for one in work()] == [("order_offer", unit)]
    actions.accept(order=row.id, claim=claim.id, by=county.department, now=now)
    claim = fresh(claim)
    assert (claim.person_id, claim.unit_id, claim.state) == (county.persons["department"].id, unit, "held")
    assert work() == []


def test_the_late_are_told_that_somebody_was_quicker(county: Scene, now: datetime) -> None:
    row, _claim = claimed(county, now)
    with pytest.raises(Refused, match="刚刚有人接了"):
        actions.claim(order=row.id, by=county.rider, now=now)
    wish = asked(county, now, kind="wish.thing")
    with pytest.raises(NotFound):
        actions.claim(order=wish.id, by=county.rider, now=now)


# ── privacy ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_name_and_door_are_for_whoever_has_it_to_do_and_each_look_is_written_down(
    county: Scene, now: datetime
) -> None:
    row = opened(county, now)
    for who in ("other_resident", "leader", "resident"):
        with pytest.raises(NotAllowed):
            actions.reveal(order=row.id, by=county.actors[who], now=now)
    claim = actions.claim(order=row.id, by=county.other_resident, now=now)
    contact = actions.reveal(order=row.id, by=county.other_resident, now=now)
    assert (contact.name, contact.door, contact.phone) == ("王秀英", DOOR, "")  # no consent, no number
    assert AuditEntry.objects.filter(verb="order.contact.viewed").count() == 1
    look = queries.look(county.other_resident, fresh(row), now)
    assert look.words == WORDS and "王秀英" not in str(look.steps)
    actions.serve(order=row.id, claim=claim.id, by=county.other_resident, now=now)
    actions.confirm(order=row.id, claim=claim.id, by=county.resident, now=now)
    with pytest.raises(NotAllowed):
        actions.reveal(order=row.id, by=county.other_resident, now=now)
    assert queries.look(county.other_resident, fresh(row), now).words == ""


def test_the_number_is_shown_with_consent(county: Scene, now: datetime) -> None:
    row, _claim = claimed(county, now, phone_ok=True)
    assert actions.reveal(order=row.id, by=county.other_resident, now=now).phone == county.phones["resident"]


def test_a_wish_is_private_until_a_reviewer_lets_it_out(county: Scene, now: datetime) -> None:
    row = asked(county, now, kind="wish.thing", words="眼睛花了，老伴不在了")
    assert [one.pk for one in queries.hall().rows] == []
    for who in ("rider", "grid_worker", "other_clerk", "stranger"):
        with pytest.raises(NotFound):
            queries.find(county.actors[who], row.pk)
    kept = actions.approve(order=row.id, public=False, by=county.community_clerk, now=now)
    assert kept.private and queries.hall().rows == []
    assert [(one.kind, one.role) for one in work()] == [
        ("order_find", "community_clerk")
    ]  # straight to the office
    other = asked(county, now, kind="wish.thing")
    actions.approve(
        order=other.id, public=True, public_words="想要一副老花镜", by=county.community_clerk, now=now
    )
    assert [one.pk for one in queries.hall().rows] == [other.pk]
    look = queries.look(county.rider, queries.find(county.rider, other.pk), now)
    assert (look.words, look.full, look.order.public_words) == ("", False, "想要一副老花镜")


def test_leaders_know_that_there_is_an_ask_never_whose(county: Scene, now: datetime) -> None:
    row, _claim = claimed(county, now)
    look = queries.look(county.leader, queries.find(county.leader, row.pk), now)
    assert look.words == "" and look.seats == [] and look.deeds == ()
    assert not {"王秀英", "李建国"} & {one.who for one in look.steps}


def test_erasure_leaves_the_act_and_no_word(county: Scene, now: datetime) -> None:
    row, claim = served(county, now)
    actions.confirm(order=row.id, claim=claim.id, by=county.resident, now=now)
    living = opened(county, now)
    actions.claim(order=living.id, by=county.other_resident, now=now)
    by = county.county_clerk
    with_asks = actions.erase_person(person=county.persons["resident"].id, by=by, now=now)
    assert with_asks["orders_order"] == 2
    assert (fresh(living).state, fresh(living).words_sealed, fresh(living).asker_id) == (
        "withdrawn",
        "",
        None,
    )
    actions.erase_person(person=county.persons["other_resident"].id, by=by, now=now)
    assert fresh(claim).person_id is None and fresh(claim).state == "confirmed"
    assert OrderClaim.objects.filter(person=county.persons["other_resident"].id).count() == 0


def test_erasing_a_giver_brings_the_ask_back(county: Scene, now: datetime) -> None:
    row, _claim = claimed(county, now)
    actions.erase_person(person=county.persons["other_resident"].id, by=county.county_clerk, now=now)
    assert fresh(row).state == "open"


def test_what_is_kept_of_a_person_can_be_taken_along(county: Scene, now: datetime) -> None:
    served(county, now)
    actions.set_help(
        kinds=["help.phone"], place=county.places["compound"].id, by=county.other_resident, now=now
    )
    mine = queries.export_person(county.persons["resident"].id)["asks"]
    assert [(one["words"], one["door"]) for one in mine] == [(WORDS, DOOR)]
    his = queries.export_person(county.persons["other_resident"].id)
    assert [one["state"] for one in his["helped"]] == ["served"] and his["willing_to_help"] == ["help.phone"]


def test_being_willing_is_said_and_taken_back(county: Scene, now: datetime) -> None:
    place = county.places["compound"].id
    actions.set_help(kinds=["help.phone", "help.phone", "help.parcel"], place=place, by=county.rider, now=now)
    actions.set_help(kinds=["help.phone"], place=place, by=county.rider, now=now)
    assert list(OrderHelper.objects.values_list("kind", flat=True)) == ["help.phone"]
    assert actions.set_help(kinds=[], place=None, by=county.rider, now=now) == 0
    for more in ({"kinds": ["nothing"], "place": place}, {"kinds": ["help.phone"], "place": None}):
        with pytest.raises(Refused):
            actions.set_help(by=county.rider, now=now, **more)
    with pytest.raises(NotAllowed):
        actions.set_help(kinds=["help.phone"], place=place, by=county.stranger, now=now)


# ── the load ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_staff_are_warned_when_one_carries_everything(county: Scene, now: datetime) -> None:
    for day in range(9):
        at = now + timedelta(days=day)
        row, claim = claimed(county, at)
        actions.serve(order=row.id, claim=claim.id, by=county.other_resident, now=at)
        actions.confirm(order=row.id, claim=claim.id, by=county.resident, now=at)
    load = queries.load(county.community_clerk, now + timedelta(days=9))
    assert (load.total, load.people, load.tired, load.heavy) == (9, 1, 1, True)
    assert not queries.load(county.other_clerk, now + timedelta(days=9)).heavy
    assert queries.load(county.community_clerk, now + timedelta(days=60)).total == 0


# ── whose name is told ─────


def seen(row: Order, by: Any, now: datetime) -> str:
    """Every name and word that the page of an ask shows somebody."""
    look = queries.look(by, Order.objects.get(pk=row.pk), now)
    return " ".join([*(one.who for one in look.steps), *(one.who for one in look.seats), look.words])


def test_who_declined_stays_unknown_to_who_asked(county: Scene, now: datetime) -> None:
    row = opened(county, now)
    actions.set_help(kinds=["help.parcel"], place=county.places["compound"].id, by=county.rider, now=now)
    person = county.rider.person
    offer = actions.dispatch(order=row.id, person=person, by=county.community_clerk, now=now)
    name = people_read.contact(person).name
    assert name and name not in seen(row, county.resident, now)
    actions.decline(order=row.id, claim=offer.id, by=county.rider, now=now)
    assert name not in seen(row, county.resident, now)
    actions.claim(order=row.id, by=county.other_resident, now=now)
    assert people_read.contact(county.other_resident.person).name in seen(row, county.resident, now)


def test_staff_who_ask_as_neighbours_bear_no_name_in_the_hall(county: Scene, now: datetime) -> None:
    row = opened(county, now, by=county.grid_worker)
    bearing = people_read.public_names([county.grid_worker.person])
    for reader in (county.stranger, county.resident, county.leader):
        assert not any(name in seen(row, reader, now) for name in bearing.values())


def test_a_private_ask_is_claimed_by_nobody_who_only_knows_of_it(county: Scene, now: datetime) -> None:
    row = asked(county, now, kind="wish.thing", words="眼睛花了，老伴不在了")
    actions.approve(order=row.id, public=False, by=county.community_clerk, now=now)
    for by in (county.leader, county.admin):
        assert "claim" not in queries.look(by, Order.objects.get(pk=row.pk), now).deeds
        with pytest.raises((NotAllowed, NotFound)):
            actions.claim(order=row.id, by=by, now=now)
    assert "老伴" not in seen(row, county.leader, now)


def test_another_name_under_a_known_number_is_told_and_teaches_nothing(county: Scene, now: datetime) -> None:
    more: dict[str, Any] = {"kind": "help.parcel", "place": county.places["compound"].id, "words": WORDS}
    with pytest.raises(Refused) as refused:
        actions.ask_for(
            by=county.grid_worker, now=now, client_id=uuid7(), name="王某某", phone=county.phones["resident"],
            **more,
        )  # fmt: skip
    name = people_read.contact(county.resident.person).name
    assert refused.value.code == "other_name" and name not in str(refused.value)


def test_who_is_erased_while_he_has_it_to_do_leaves_it_to_others(county: Scene, now: datetime) -> None:
    row, _claim = claimed(county, now)
    actions.erase_person(person=county.other_resident.person, by=county.admin, now=now)
    assert fresh(row).state == "open" and "order_back" in told(county.resident.person)
    assert fresh(row).next_check_at is not None or work(subject_id=row.pk)
