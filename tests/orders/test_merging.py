"""Asks that are one: found, set side by side, merged, told, taken apart; nobody is lost with somebody else's ask."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from hypothesis import given
from hypothesis import strategies as st

from mulin.ground.orders import actions, queries
from mulin.ground.orders.models import Order, OrderJoin
from mulin.ground.orders.rules import alike
from mulin.ground.people import actions as people
from mulin.kernel.actor import system
from mulin.kernel.errors import NotAllowed, NotFound, Refused, Stale
from tests.journeys.conftest import Enter
from tests.journeys.steps import text_of
from tests.orders.scenes import AuditEntry, asked, claimed, deeds, fresh, opened, told, work
from tests.orders.test_journeys import press
from tests.personas import COUNTY, Scene

AuditDetail: Any = apps.get_model("trail.AuditDetail")
PHONE = "想学视频通话，跟孙子说说话"


def learners(scene: Scene, now: datetime) -> tuple[Order, Order]:
    """Two neighbours of one compound want to learn the same."""
    first = opened(scene, now, kind="help.phone", words=PHONE)
    return first, opened(scene, now, kind="help.phone", words="想学视频通话", by=scene.other_resident)


@given(st.text(max_size=30), st.text(max_size=30))
def test_how_alike_two_texts_are_does_not_hang_on_their_order(one: str, other: str) -> None:
    assert alike(one, other) == alike(other, one) and 0 <= alike(one, other) <= 1
    assert alike(one, one) == (1 if one.strip() else 0)


def test_one_persons_two_asks_are_found_and_become_one(county: Scene, now: datetime) -> None:
    first, second = opened(county, now), asked(county, now)
    opened(county, now, by=county.other_resident)  # another's parcel is another's
    (twin,) = queries.twins(county.community_clerk, second)
    assert (twin.order.pk, twin.whose, twin.near, twin.likeness) == (first.pk, "person", True, 1.0)
    for who in ("resident", "leader", "other_clerk", "stranger"):
        assert queries.twins(county.actors[who], second) == []
    actions.merge_into(order=second.id, into=first.id, by=county.community_clerk, now=now)
    assert (fresh(second).state, fresh(second).into_id) == ("merged", first.id)
    assert OrderJoin.objects.count() == 0 and told(first.asker_id) == ["order_merged"]
    assert [one.subject_id for one in work(kind="order_review")] == []


def test_asks_of_one_household_are_merged_and_both_follow_it(county: Scene, now: datetime) -> None:
    first, second = opened(county, now), opened(county, now, by=county.other_resident)
    with pytest.raises(Refused, match="同一家人"):
        actions.merge_into(order=second.id, into=first.id, by=county.community_clerk, now=now)
    home = people.add_household(label="3号楼2单元301", by=system(COUNTY, "test"), now=now)
    for who in ("resident", "other_resident"):
        people.move_in(household=home.pk, person=county.persons[who].id, by=system(COUNTY, "test"), now=now)
    assert [one.whose for one in queries.twins(county.community_clerk, second)] == ["household"]
    actions.merge_into(order=second.id, into=first.id, by=county.community_clerk, now=now)
    assert told(second.asker_id) == ["order_merged"] and told(first.asker_id) == ["order_took_in"]
    actions.claim(order=first.id, by=county.rider, now=now)
    assert told(second.asker_id)[-1] == "order_claimed_also"  # news reach whoever wants the same
    assert first in queries.mine(county.other_resident).rows
    assert queries.export_person(second.asker_id)["wants_too"] == [first.number]


def test_who_helps_sees_who_else_wants_it_and_each_of_them_learns_of_the_look(
    county: Scene, now: datetime
) -> None:
    first, second = learners(county, now)
    actions.merge_into(order=second.id, into=first.id, by=county.community_clerk, now=now)
    actions.claim(order=first.id, by=county.rider, now=now)
    contact = actions.reveal(order=first.id, by=county.rider, now=now)
    assert list(contact.others.values()) == ["李建国"]
    looks = AuditEntry.objects.filter(verb="order.contact.viewed").values("pk")
    about = AuditDetail.objects.filter(entry__in=looks).values_list("about", flat=True)
    assert set(about) == {first.asker_id, second.asker_id}


def test_merging_is_undone_and_both_are_told(county: Scene, now: datetime) -> None:
    first, second = learners(county, now)
    actions.join(order=second.id, by=county.rider, now=now)
    actions.join(order=first.id, by=county.merchant, now=now)
    actions.merge_into(order=second.id, into=first.id, by=county.community_clerk, now=now)
    assert OrderJoin.objects.filter(order=first).count() == 3
    later = now + timedelta(days=1)
    actions.unmerge(order=second.id, by=county.community_clerk, now=later)
    row = fresh(second)
    assert (row.state, row.into_id, row.expires_at) == ("open", None, later + timedelta(days=14))
    assert row.next_check_at is not None and deeds(row)[-2:] == ["unmerge", "climb"]
    assert [one.person_id for one in OrderJoin.objects.filter(order=first)] == [county.merchant.person]
    assert [one.person_id for one in OrderJoin.objects.filter(order=second)] == [county.rider.person]
    assert told(row.asker_id)[-1] == "order_apart" and told(first.asker_id)[-1] == "order_apart"
    with pytest.raises(Refused):
        actions.unmerge(order=second.id, by=county.community_clerk, now=later)


def test_what_was_never_reviewed_is_reviewed_when_it_stands_alone_again(county: Scene, now: datetime) -> None:
    first, second = opened(county, now), asked(county, now)
    actions.merge_into(order=second.id, into=first.id, by=county.community_clerk, now=now)
    actions.unmerge(order=second.id, by=county.street_clerk, now=now)
    assert fresh(second).state == "submitted" and [one.kind for one in work(subject_id=second.pk)] == [
        "order_review"
    ]


def test_an_ask_merged_into_a_withdrawn_one_lives_on(county: Scene, now: datetime) -> None:
    for leave in ("withdraw", "erase"):
        first, second = learners(county, now)
        actions.merge_into(order=second.id, into=first.id, by=county.community_clerk, now=now)
        if leave == "withdraw":
            actions.withdraw(order=first.id, by=county.resident, now=now)
        else:
            actions.erase_person(person=county.resident.person, by=county.county_clerk, now=now)
        assert fresh(second).state == "open" and fresh(second).next_check_at is not None
        assert told(second.asker_id)[-1] == "order_apart"


def test_one_persons_own_double_ends_with_the_ask(county: Scene, now: datetime) -> None:
    first, second = opened(county, now), opened(county, now)
    actions.merge_into(order=second.id, into=first.id, by=county.community_clerk, now=now)
    actions.withdraw(order=first.id, by=county.resident, now=now)
    assert fresh(second).state == "merged"


def test_what_cannot_be_merged_is_refused(county: Scene, now: datetime) -> None:
    first, second = learners(county, now)
    third = opened(county, now, kind="help.phone", by=county.rider)
    for who, error in (("resident", NotAllowed), ("other_clerk", NotAllowed), ("leader", NotAllowed)):
        with pytest.raises(error):
            actions.merge_into(order=second.id, into=first.id, by=county.actors[who], now=now)
    with pytest.raises(Stale):
        actions.merge_into(order=second.id, into=first.id, by=county.community_clerk, now=now, version=99)
    actions.merge_into(order=second.id, into=first.id, by=county.community_clerk, now=now)
    for who, error in (("other_resident", NotAllowed), ("other_clerk", NotFound), ("leader", NotAllowed)):
        with pytest.raises(error):
            actions.unmerge(order=second.id, by=county.actors[who], now=now)
    with pytest.raises(Refused, match="反过来并"):  # never a chain
        actions.merge_into(order=first.id, into=third.id, by=county.community_clerk, now=now)
    row, _claim = claimed(county, now, kind="help.phone", by=county.merchant)
    with pytest.raises(Refused):
        actions.merge_into(order=row.id, into=first.id, by=county.community_clerk, now=now)


# ── by page ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_clerk_sees_them_side_by_side_merges_and_takes_apart(
    county: Scene, enter: Enter, now: datetime
) -> None:
    first, second = learners(county, now)
    clerk, asker = enter("community_clerk"), enter("other_resident")
    url = f"/desk/neighbours/{second.pk}/same/"
    assert url in text_of(clerk.get(f"/neighbours/{second.pk}/"))
    page = text_of(clerk.get(url))
    assert PHONE in page and first.number in page and "可以一起要" in page
    assert "王秀英" not in page and "李建国" not in page
    assert enter("other_clerk").get(url).status_code == 403
    told_ = {"into": str(first.pk), "version": str(fresh(second).version)}
    deed = f"/neighbours/{second.pk}/merge_into/"
    assert clerk.post(deed, told_ | {"version": "99"}).status_code == 409
    assert clerk.post(deed, {"version": ""}).status_code == 422
    assert clerk.post(deed, told_).status_code == 302
    mine = text_of(asker.get(f"/neighbours/{second.pk}/"))
    assert "并到了同一件" in mine and f"/neighbours/{first.pk}/" in mine and "unmerge" not in mine
    assert asker.get(f"/neighbours/{first.pk}/").status_code == 200
    assert press(clerk, second, "unmerge").status_code == 302
    assert fresh(second).state == "open"


def test_a_neighbour_wants_the_same_and_wants_it_no_more_by_page(
    county: Scene, enter: Enter, now: datetime
) -> None:
    row, rider = opened(county, now, kind="help.phone"), enter("rider")
    page = text_of(rider.get(f"/neighbours/{row.pk}/"))
    assert "我也要" in page and "看得到您的姓名" in page
    assert press(rider, row, "join").status_code == 302
    page = text_of(rider.get(f"/neighbours/{row.pk}/"))
    assert "还有 1 户也要" in page and "不要了" in page
    assert press(rider, row, "leave").status_code == 302
    assert OrderJoin.objects.count() == 0


def test_the_side_by_side_page_asks_few_statements(county: Scene, enter: Enter, now: datetime) -> None:
    from tests.journeys.steps import asked as counted

    rows: list[Any] = list(learners(county, now))
    rows += [opened(county, now, kind="help.phone", by=county.actors[one]) for one in ("rider", "merchant")]
    clerk = enter("community_clerk")
    clerk.get(f"/desk/neighbours/{rows[0].pk}/same/")
    with counted() as found:
        clerk.get(f"/desk/neighbours/{rows[0].pk}/same/")
    assert len(found) <= 14, str(found)


# ── what becomes of those that were merged ─────


def shared(scene: Scene, now: datetime) -> tuple[Order, Order]:
    """Two neighbours' asks that have become one: (the one that goes on, the one merged into it)."""
    first, second = learners(scene, now)
    actions.merge_into(order=second.id, into=first.id, by=scene.community_clerk, now=now)
    return first, second


def test_who_leaves_withdraws_his_own_ask_too_and_it_does_not_come_back(county: Scene, now: datetime) -> None:
    first, second = shared(county, now)
    actions.leave(order=first.id, by=county.other_resident, now=now)
    assert (fresh(second).state, fresh(second).into_id) == ("withdrawn", None)
    actions.withdraw(order=first.id, by=county.resident, now=now)
    assert fresh(second).state == "withdrawn"


def test_a_merged_ask_can_be_withdrawn_by_itself_and_asked_again(county: Scene, now: datetime) -> None:
    first, second = shared(county, now)
    with pytest.raises(NotFound):
        actions.withdraw(order=second.id, by=county.rider, now=now)
    actions.withdraw(order=second.id, by=county.other_resident, now=now)
    assert fresh(second).state == "withdrawn" and not OrderJoin.objects.filter(order=first).exists()
    assert fresh(first).state == "open"
    actions.reopen(order=second.id, by=county.other_resident, now=now)
    assert fresh(second).state == "open"


def test_what_was_merged_into_a_refused_ask_is_not_over(county: Scene, now: datetime) -> None:
    first, second = shared(county, now)
    actions.refuse(order=first.id, reason="重复提了三次。", by=county.community_clerk, now=now)
    assert (fresh(second).state, fresh(second).into_id) == ("open", None)
    assert told(second.asker_id)[-1] == "order_apart"


def test_what_was_merged_expires_with_it_and_may_be_asked_again(county: Scene, now: datetime) -> None:
    first, second = shared(county, now)
    actions.act_on_due(now=now + timedelta(days=60))
    assert (fresh(first).state, fresh(second).state) == ("expired", "expired")
    actions.reopen(order=second.id, by=county.other_resident, now=now + timedelta(days=60))
    assert fresh(second).state == "open"


def test_who_wants_the_same_is_told_in_words_of_his_own(county: Scene, now: datetime) -> None:
    """He reads neither the reason nor the answer nor who comes: no message sends him to look for them."""
    first = opened(county, now, kind="help.phone", words=PHONE)
    actions.join(order=first.id, by=county.other_resident, now=now)
    actions.claim(order=first.id, by=county.rider, now=now)
    assert told(county.other_resident.person) == ["order_claimed_also"]


def test_the_asker_reads_no_name_of_who_wants_the_same(county: Scene, now: datetime) -> None:
    first = opened(county, now, kind="help.phone", words=PHONE)
    actions.join(order=first.id, by=county.other_resident, now=now)
    look = queries.look(county.resident, fresh(first), now)
    assert "李建国" not in str([line.who for line in look.steps]) and look.joined == 1
    seen = queries.look(county.community_clerk, fresh(first), now, revealed=True)
    assert "李建国" in str([line.who for line in seen.steps])
