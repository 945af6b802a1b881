"""Points earned, given, held, posted, put right: each refusal beside its deed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from mulin.ground.notices.models import Notice
from mulin.ground.points import actions, queries, rules
from mulin.ground.points.models import Account, Act, Entry, Hold, Lot, Transfer
from mulin.ground.points.permissions import may_move
from mulin.kernel.county import all_counties
from mulin.kernel.errors import NotAllowed, Refused
from tests.personas import Scene
from tests.points.conftest import PLACE, Bank, family, make_bank


def points(owner: queries.Owner) -> int:
    found = queries.balance(owner)
    assert found is not None
    return found.points


def lots(owner: queries.Owner) -> list[tuple[date, int]]:
    rows = Lot.objects.filter(account__owner=owner.id, remaining__gt=0).order_by("expires_on")
    return list(rows.values_list("expires_on", "remaining"))


@contextmanager
def refused(code: str, status: int = 422) -> Iterator[None]:
    with pytest.raises(Refused) as caught:
        yield
    assert (caught.value.code, caught.value.status) == (code, status)


def test_an_act_brings_the_points_of_its_rule(bank: Bank) -> None:
    done = bank.earn(bank.one)
    assert (done.points, done.reason_if_zero) == (10, "")
    assert points(bank.one) == 10
    assert lots(bank.one) == [(date(2027, 3, 31), 10)]
    assert sum(Entry.objects.values_list("delta", flat=True)) == 0


def test_the_same_key_is_the_same_act_and_another_body_is_refused(bank: Bank) -> None:
    first = bank.earn(bank.one, "k")
    assert bank.earn(bank.one, "k") == first
    assert points(bank.one) == 10
    with refused("key_reused", 409):
        bank.earn(bank.one, "k", story="别的事")


def test_the_version_of_the_day_counts(bank: Bank) -> None:
    later = bank.now + timedelta(days=10)
    actions.publish_rule(
        by=bank.by, now=bank.now, code="help", name="邻里互助", points=25, effective_on=later.date()
    )
    assert bank.earn(bank.one, now=later, done_on=later.date() - timedelta(days=1)).points == 10
    assert bank.earn(bank.one, now=later, done_on=later.date()).points == 25
    before = bank.earn(bank.one, now=later, done_on=bank.now.date() - timedelta(days=1))
    assert (before.points, before.reason_if_zero) == (0, "no_rule")
    with refused("rule_day"):
        actions.publish_rule(
            by=bank.by, now=later, code="help", name="回溯", points=1, effective_on=bank.now.date()
        )


def test_an_act_over_the_cap_is_recorded_without_points(county: Scene, now: datetime) -> None:
    bank = make_bank(county, now, per_day=1, per_month=2)
    assert bank.earn(bank.one).points == 10
    over = bank.earn(bank.one)
    assert (over.points, over.reason_if_zero) == (0, "day_cap")
    tomorrow = now + timedelta(days=1)
    assert bank.earn(bank.one, now=tomorrow, done_on=tomorrow.date()).points == 10
    third = now + timedelta(days=2)
    assert bank.earn(bank.one, now=third, done_on=third.date()).reason_if_zero == "month_cap"
    assert points(bank.one) == 20
    shown = queries.passbook(county.resident, Account.objects.get(owner=bank.one.id).id, now=now)
    assert [line.delta for line in shown.lines.rows] == [0, 10, 0, 10]
    assert shown.lines.rows[0].reason


def test_a_reversed_act_no_longer_counts_towards_the_cap(county: Scene, now: datetime) -> None:
    bank = make_bank(county, now, per_day=1)
    done = bank.earn(bank.one)
    assert done.transfer_id is not None
    actions.reverse(by=bank.by, now=now, transfer=done.transfer_id, why="记错了", key="r")
    assert points(bank.one) == 0
    assert bank.earn(bank.one).points == 10


def test_a_used_up_budget_pays_nothing_and_says_so(county: Scene, now: datetime) -> None:
    bank = make_bank(county, now, budget=25)
    assert [bank.earn(bank.one).points for _turn in range(3)] == [10, 10, 0]
    assert Act.objects.order_by("-id")[0].reason == "budget"
    assert sum(Account.objects.filter(kind="budget").values_list("balance", flat=True)) == 5


def test_nobody_confirms_himself_or_his_family(bank: Bank) -> None:
    family(bank.scene, bank.now, "resident", "other_resident")
    for confirmer in (bank.one.id, bank.other.id):
        with refused("own_act"):
            bank.earn(bank.one, confirmed_by=confirmer)


def test_a_neighbour_confirms_so_many_acts_in_a_month(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mulin.ground.points.rules.CONFIRMATIONS", 1)
    rider = bank.scene.persons["rider"].id
    assert bank.earn(bank.one, confirmed_by=rider).points == 10
    with refused("confirmer_month", 409):
        bank.earn(bank.one, confirmed_by=rider)
    beyond = bank.earn(bank.one, confirmed_by=rider, whoever=True)
    assert (beyond.points, beyond.reason_if_zero) == (0, "confirmer"), "recorded, for services"
    for _turn in range(2):
        assert bank.earn(bank.one).points == 10, "a clerk's duty has a larger one"
    monkeypatch.setattr("mulin.ground.points.rules.DUTY_CONFIRMATIONS", 3)
    assert bank.earn(bank.one).points == 10
    with refused("confirmer_month", 409):
        bank.earn(bank.one)
    later = bank.now + timedelta(days=40)
    assert bank.earn(bank.one, now=later, done_on=later.date()).points == 10, "another month"


def test_the_caps_are_of_the_person_whichever_passbook_he_has(county: Scene, now: datetime) -> None:
    bank = make_bank(county, now, per_day=1)
    home = family(county, now, "rider", "merchant")
    rider = queries.person(county.persons["rider"].id)
    actions.issue(by=bank.by, now=now, owner=home, path=PLACE)
    assert bank.earn(rider).points == 10, "into the household's"
    actions.issue(by=bank.by, now=now, owner=rider, path=PLACE)
    over = bank.earn(rider)
    assert (over.points, over.reason_if_zero) == (0, "day_cap"), (
        "his own is another passbook, not another person"
    )
    tomorrow = now + timedelta(days=1)
    assert bank.earn(rider, now=tomorrow, done_on=tomorrow.date()).points == 10


@pytest.mark.parametrize(
    ("kind", "who", "may"),
    [
        ("earn", "grid_worker", True),
        ("earn", "community_clerk", True),
        ("earn", "other_clerk", False),
        ("earn", "leader", False),
        ("give", "grid_worker", True),
        ("redeem", "grid_worker", True),
        ("reverse", "grid_worker", False),
        ("reverse", "community_clerk", True),
        ("close", "grid_worker", False),
        ("opening", "street_clerk", True),
        ("budget", "community_clerk", False),
        ("expire", "county_clerk", False),
        ("earn", "resident", False),
    ],
)
def test_the_table_of_transfers_says_whose_duty_they_are(
    county: Scene, kind: str, who: str, may: bool
) -> None:
    assert may_move(county.actors[who], kind, PLACE) is may


def test_no_duty_is_a_holder_s_where_the_table_says_no(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = dict(rules.KINDS)
    monkeypatch.setattr("mulin.ground.points.rules.KINDS", kinds)
    monkeypatch.setattr("mulin.ground.points.actions.helping.KINDS", kinds)
    kinds["give"] = replace(kinds["give"], holder=False)
    bank.earn(bank.one)
    with pytest.raises(NotAllowed):
        actions.give(by=bank.scene.resident, now=bank.now, owner=bank.one, to=bank.other, amount=1, key="k")
    kinds["earn"] = replace(kinds["earn"], second=False)
    assert bank.earn(bank.one, confirmed_by=bank.one.id).points == 10


def test_points_for_a_household_and_without_a_passbook(bank: Bank) -> None:
    home = family(bank.scene, bank.now, "rider", "merchant")
    rider = queries.person(bank.scene.persons["rider"].id)
    none = bank.earn(rider)
    assert (none.transfer_id, none.reason_if_zero) == (None, "no_passbook")
    actions.issue(by=bank.by, now=bank.now, owner=home, path=PLACE)
    assert bank.earn(rider).points == 10
    assert points(home) == 10
    assert [row.owner for row in queries.mine(bank.scene.merchant)] == [home.id]


def test_points_given_keep_their_last_day_and_go_earliest_first(bank: Bank) -> None:
    bank.earn(bank.one)
    later = bank.now + timedelta(days=40)
    bank.earn(bank.one, now=later, done_on=later.date())
    assert lots(bank.one) == [(date(2027, 3, 31), 10), (date(2027, 4, 30), 10)]
    told: dict[str, Any] = {"by": bank.scene.resident, "now": later, "owner": bank.one, "to": bank.other}
    first = actions.give(**told, amount=15, key="g")
    assert actions.give(**told, amount=15, key="g") == first
    assert lots(bank.one) == [(date(2027, 4, 30), 5)]
    assert lots(bank.other) == [(date(2027, 3, 31), 10), (date(2027, 4, 30), 5)]
    with refused("key_reused", 409):
        actions.give(**told, amount=14, key="g")
    with refused("points_short"):
        actions.give(**told, amount=6, key="h")
    with refused("points_self"):
        actions.give(**(told | {"to": bank.one}), amount=1, key="i")
    with refused("points_amount"):
        actions.give(**told, amount=0, key="j")


def test_a_winners_retry_is_told_the_same_when_nothing_is_left(bank: Bank) -> None:
    bank.earn(bank.one)
    told: dict[str, Any] = {
        "by": bank.scene.resident,
        "now": bank.now,
        "owner": bank.one,
        "to": bank.other,
        "amount": 10,
    }
    assert actions.give(**told, key="g") == actions.give(**told, key="g")
    assert points(bank.other) == 10


def test_only_holder_family_and_staff_of_the_place_act_and_the_holder_is_told(bank: Bank) -> None:
    bank.earn(bank.one)
    told: dict[str, Any] = {"now": bank.now, "owner": bank.one, "to": bank.other, "amount": 1}
    for stranger in (bank.scene.rider, bank.scene.other_clerk, bank.scene.leader, bank.scene.stranger):
        with refused("not_allowed", 403):
            actions.give(by=stranger, **told, key="s")
    done = actions.give(by=bank.scene.grid_worker, **told, key="w")
    row = Transfer.objects.get(id=done)
    assert (row.by, row.on_behalf_of) == (bank.scene.persons["grid_worker"].id, bank.one.id)
    from mulin.ground.notices.models import Notice

    actions.seal(now=bank.now)
    assert Notice.objects.filter(template="points_helped", person_id=bank.one.id).count() == 1
    own = actions.give(by=bank.scene.resident, **told, key="o")
    assert Transfer.objects.get(id=own).on_behalf_of is None
    family(bank.scene, bank.now, "resident", "rider")
    by_family = actions.give(by=bank.scene.rider, **told, key="f")
    assert Transfer.objects.get(id=by_family).on_behalf_of == bank.one.id


def test_held_points_are_posted_or_given_back(bank: Bank) -> None:
    bank.earn(bank.one)
    row = bank.hold(bank.one, 6, "h")
    assert bank.hold(bank.one, 6, "h").id == row.id
    with refused("key_reused", 409):
        bank.hold(bank.one, 7, "h")
    with refused("points_short"):
        bank.hold(bank.one, 5)
    with refused("points_short"):
        actions.give(by=bank.by, now=bank.now, owner=bank.one, to=bank.other, amount=5, key="g")
    done = actions.post(by=bank.by, now=bank.now, hold=row.id, key="p")
    assert actions.post(by=bank.by, now=bank.now, hold=row.id, key="p") == done
    with refused("hold_posted", 409):
        actions.post(by=bank.by, now=bank.now, hold=row.id, key="q")
    with refused("hold_posted", 409):
        actions.void(by=bank.by, now=bank.now, hold=row.id)
    assert (points(bank.one), lots(bank.one)) == (4, [(date(2027, 3, 31), 4)])
    other = bank.hold(bank.one, 4)
    assert actions.void(by=bank.by, now=bank.now, hold=other.id)
    assert not actions.void(by=bank.by, now=bank.now, hold=other.id)
    with refused("hold_void", 409):
        actions.post(by=bank.by, now=bank.now, hold=other.id, key="v")
    assert queries.balance(bank.one) == queries.Balance(4, 0)


def test_a_hold_out_of_time_is_given_back_once(bank: Bank) -> None:
    bank.earn(bank.one)
    row = bank.hold(bank.one, 10, expires_at=bank.now + timedelta(hours=1))
    assert actions.end_holds(now=bank.now) == 0
    assert actions.end_holds(now=bank.now + timedelta(hours=1)) == 1
    assert actions.end_holds(now=bank.now + timedelta(hours=1)) == 0
    assert Hold.objects.get(id=row.id).state == "void"


def test_a_reversal_restores_the_same_lots_once(bank: Bank) -> None:
    bank.earn(bank.one)
    before = lots(bank.one)
    done = actions.give(by=bank.by, now=bank.now, owner=bank.one, to=bank.other, amount=7, key="g")
    told: dict[str, Any] = {
        "by": bank.scene.community_clerk,
        "now": bank.now,
        "transfer": done,
        "why": "转错人",
    }
    back = actions.reverse(**told, key="r")
    assert actions.reverse(**told, key="r") == back
    assert (lots(bank.one), lots(bank.other)) == (before, [])
    with refused("points_reversed", 409):
        actions.reverse(**told, key="again")
    with refused("points_not_reversible"):
        actions.reverse(**(told | {"transfer": back}), key="back")
    with refused("points_why"):
        actions.reverse(**(told | {"why": " "}), key="why")


def test_a_reversal_is_refused_where_the_points_are_spent_and_names_the_shortfall(bank: Bank) -> None:
    done = bank.earn(bank.one)
    assert done.transfer_id is not None
    row = bank.hold(bank.one, 7)
    actions.post(by=bank.by, now=bank.now, hold=row.id, key="p")
    with pytest.raises(Refused, match="7") as caught:
        actions.reverse(
            by=bank.scene.community_clerk, now=bank.now, transfer=done.transfer_id, why="不实", key="r"
        )
    assert (caught.value.code, caught.value.status) == ("points_spent", 409)


def test_a_redemption_that_no_seal_has_rolled_up_yet_is_reversed_whole(bank: Bank) -> None:
    bank.earn(bank.one)
    before = lots(bank.one)
    done = actions.post(by=bank.by, now=bank.now, hold=bank.hold(bank.one, 7).id, key="p")
    back = actions.reverse(by=bank.scene.community_clerk, now=bank.now, transfer=done, why="拿错了", key="r")
    assert lots(bank.one) == before
    assert sorted(Entry.objects.filter(transfer_id=back).values_list("delta", flat=True)) == [-7, 7]


def test_only_a_counter_over_the_passbook_reverses(bank: Bank) -> None:
    done = bank.earn(bank.one)
    assert done.transfer_id is not None
    for by in (bank.scene.resident, bank.scene.other_clerk, bank.scene.grid_worker, bank.scene.leader):
        with pytest.raises(NotAllowed):
            actions.reverse(by=by, now=bank.now, transfer=done.transfer_id, why="不实", key="r")


def test_points_lapse_after_their_owner_was_told(bank: Bank) -> None:
    bank.earn(bank.one)
    bank.hold(bank.one, 4, expires_at=bank.now + timedelta(days=900))
    over = datetime(2027, 4, 1, 3, 0, tzinfo=bank.now.tzinfo)
    assert actions.expire_due(now=over) == 0, "nobody was told"
    assert actions.warn_due(now=over - timedelta(days=20)) == 1
    assert actions.warn_due(now=over - timedelta(days=19)) == 0
    assert actions.expire_due(now=over - timedelta(days=1)) == 0
    assert actions.expire_due(now=over) == 1
    assert actions.expire_due(now=over) == 0
    assert (points(bank.one), lots(bank.one)) == (4, [(date(2027, 3, 31), 4)])
    assert Transfer.objects.get(kind="expire").key.startswith("expire:")


def test_a_late_word_puts_the_lapse_off(bank: Bank) -> None:
    bank.earn(bank.one)
    over = datetime(2027, 4, 2, 3, 0, tzinfo=bank.now.tzinfo)
    assert actions.warn_due(now=over) == 1
    assert actions.expire_due(now=over + timedelta(days=7)) == 0, "the last day that was told counts whole"
    assert actions.expire_due(now=over + timedelta(days=8)) == 1


def test_points_passed_to_and_fro_lapse_on_their_day(bank: Bank, now: datetime) -> None:
    """Neither a gift a day nor goods reserved and let go keep points alive; whoever has them at the end was told."""
    bank.earn(bank.one, done_on=now.date())
    sides, day = [bank.one, bank.other], datetime(2027, 3, 1, 3, 0, tzinfo=now.tzinfo)
    seen = []
    while day.date() < date(2027, 4, 20):
        actions.warn_due(now=day)
        actions.expire_due(now=day)
        if lots(sides[0]):
            seen.append(day.date())
            actions.give(by=bank.by, now=day, owner=sides[0], to=sides[1], amount=10, key=f"to:{day.date()}")
            sides.reverse()
        day += timedelta(days=1)
    assert seen[-1] == date(2027, 3, 31)
    assert (points(bank.one), points(bank.other)) == (0, 0)
    told = Notice.objects.filter(template="points_lapsing", params__day="2027-03-31")
    assert set(told.values_list("person", flat=True)) == {bank.one.id, bank.other.id}


def test_a_gift_does_not_put_off_what_the_receiver_has_of_the_same_day(bank: Bank) -> None:
    bank.earn(bank.one)
    bank.earn(bank.other)
    last = datetime(2027, 3, 31, 3, 0, tzinfo=bank.now.tzinfo)
    actions.warn_due(now=last - timedelta(days=20))
    actions.give(by=bank.by, now=last, owner=bank.one, to=bank.other, amount=1, key="one point")
    actions.warn_due(now=last)
    assert actions.expire_due(now=last + timedelta(days=1)) == 2
    assert (points(bank.one), points(bank.other)) == (0, 0)


def test_points_that_are_over_are_neither_given_nor_set_aside_nor_taken(bank: Bank) -> None:
    bank.earn(bank.one)
    over = datetime(2027, 4, 1, 0, 1, tzinfo=bank.now.tzinfo)
    actions.warn_due(now=over - timedelta(days=20))
    with refused("points_short"):
        actions.give(by=bank.by, now=over, owner=bank.one, to=bank.other, amount=1, key="late")
    with refused("points_short"):
        bank.hold(bank.one, 1, now=over)
    account = Account.objects.get(owner=bank.one.id)
    with refused("points_short", 409):
        actions.take(
            by=bank.by,
            now=over,
            account=account.id,
            amount=1,
            key="t",
            subject=("taking", bank.one.id),
            story="",
        )
    assert actions.expire_due(now=over) == 1


def test_where_the_shop_is_at_fault_a_lapsed_lot_gets_grace(bank: Bank) -> None:
    bank.earn(bank.one)
    row = bank.hold(bank.one, 4, expires_at=bank.now + timedelta(days=900))
    over = datetime(2027, 4, 10, 3, 0, tzinfo=bank.now.tzinfo)
    actions.warn_due(now=over - timedelta(days=20))
    actions.expire_due(now=over)
    actions.void(by=bank.by, now=over, hold=row.id, at_fault=True)
    assert lots(bank.one) == [(date(2027, 5, 10), 4)]
    assert actions.expire_due(now=over) == 0


def test_closing_gives_what_is_left_to_another_or_lets_it_go(bank: Bank) -> None:
    bank.earn(bank.one)
    held = bank.hold(bank.one, 1)
    told: dict[str, Any] = {"by": bank.scene.resident, "now": bank.now, "owner": bank.one}
    with refused("points_held", 409):
        actions.close(**told, key="c")
    actions.void(by=bank.by, now=bank.now, hold=held.id)
    actions.close(**told, key="c", to=bank.other)
    assert (queries.balance(bank.one), points(bank.other)) == (None, 10)
    with refused("passbook_closed", 409):
        actions.close(**told, key="again")
    assert actions.close(by=bank.scene.other_resident, now=bank.now, owner=bank.other, key="d") is not None
    assert bank.earn(bank.one).reason_if_zero == "no_passbook"
    actions.issue(by=bank.scene.resident, now=bank.now, owner=bank.one, path=PLACE)
    assert bank.earn(bank.one).points == 10


def test_closing_asked_for_again_leaves_a_passbook_that_was_opened_since(bank: Bank) -> None:
    bank.earn(bank.one)
    told: dict[str, Any] = {"by": bank.by, "now": bank.now, "owner": bank.one, "key": "c"}
    done = actions.close(**told)
    actions.issue(by=bank.by, now=bank.now, owner=bank.one, path=PLACE)
    bank.earn(bank.one)
    assert actions.close(**told) == done
    assert points(bank.one) == 10


def test_a_lost_passbook_is_replaced_without_losing_a_point(bank: Bank) -> None:
    bank.earn(bank.one)
    key = Account.objects.get(owner=bank.one.id).id
    old = queries.book_of(key)
    assert old is not None
    actions.lose(by=bank.scene.resident, now=bank.now, account=key)
    with pytest.raises(NotAllowed):
        actions.replace(by=bank.scene.resident, now=bank.now, account=key)
    new = actions.replace(by=bank.scene.community_clerk, now=bank.now, account=key)
    assert new.number != old.number
    assert not new.first
    assert points(bank.one) == 10
    assert queries.found(bank.scene.community_clerk, new.number.lower()) == Account.objects.get(id=key)
    assert queries.found(bank.scene.other_clerk, new.number) is None


def test_the_web_role_may_only_add_to_the_books(bank: Bank) -> None:
    bank.earn(bank.one)
    for table in ("entry", "transfer", "lotmove", "act", "ruleversion", "link"):
        for act in ("UPDATE points_{} SET id = id", "DELETE FROM points_{}"):
            with (
                pytest.raises(DatabaseError, match="permission denied"),
                transaction.atomic(),
                all_counties(),
                connection.cursor() as cursor,
            ):
                cursor.execute(act.format(table))
    with pytest.raises(DatabaseError, match="points_account_balance"), transaction.atomic():
        Account.objects.filter(owner=bank.one.id).update(balance=-1)


def test_staff_put_neither_their_own_nor_their_familys_passbook_right(bank: Bank) -> None:
    scene = bank.scene
    clerk = scene.community_clerk
    own = queries.person(scene.persons["community_clerk"].id)
    actions.issue(by=clerk, now=bank.now, owner=own, path=PLACE)
    done = bank.earn(own, confirmed_by=scene.persons["street_clerk"].id)
    assert done.transfer_id is not None
    with pytest.raises(NotAllowed) as caught:
        actions.reverse(by=clerk, now=bank.now, transfer=done.transfer_id, why="错", key="r")
    assert caught.value.code == "own_act" and points(own) == 10
    bank.earn(bank.one)
    with refused("own_act"):
        actions.give(by=clerk, now=bank.now, owner=bank.one, to=own, amount=5, key="g")
    actions.give(by=scene.resident, now=bank.now, owner=bank.one, to=own, amount=5, key="g")


def test_each_lot_is_told_of_before_it_lapses(bank: Bank) -> None:
    bank.earn(bank.one)
    later = bank.now + timedelta(days=40)
    bank.earn(bank.one, now=later, done_on=later.date())
    last = datetime(2027, 4, 2, 3, 0, tzinfo=bank.now.tzinfo)
    told = [actions.warn_due(now=last + timedelta(days=days)) for days in range(40)]
    assert sum(told) == 2, "two lots, two days, two messages"


def test_a_passbook_is_not_closed_into_itself(bank: Bank) -> None:
    bank.earn(bank.one)
    with refused("points_self"):
        actions.close(by=bank.scene.resident, now=bank.now, owner=bank.one, to=bank.one, key="c")
    assert points(bank.one) == 10
