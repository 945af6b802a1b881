"""Merchants take points: by code, by paper, without a network within the floor; what cannot be had is the alliance's (rows 89–91)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db.models import Sum
from hypothesis import HealthCheck, given
from hypothesis import settings as tried
from hypothesis import strategies as st

from mulin.ground.points import actions as ledger
from mulin.ground.points import queries as points
from mulin.kernel.actor import system
from mulin.kernel.county import county_scope
from mulin.kernel.errors import NotAllowed, NotFound, Refused, Stale
from mulin.kernel.ids import uuid7
from mulin.services.exchange import actions, queries
from mulin.services.exchange.models import Statement, Taking
from tests.exchange.fairs import family
from tests.exchange.scenes import PLACE, AuditEntry, Notice, verbs
from tests.exchange.tills import NOODLES, Till, make_till, shop_taking_points
from tests.journeys.test_races import at_once
from tests.personas import COUNTY, Scene


@pytest.fixture
def till(county: Scene, now: datetime) -> Till:
    return make_till(county, now)


def lines(till: Till, who: str = "resident") -> list[str]:
    """What the passbook tells, newest first."""
    shown = points.passbook(till.scene.actors[who], till.account(who), now=till.now)
    return [one.story for one in shown.lines.rows]


def alliance_owes(till: Till) -> int:
    assert list(queries.wrong()) == []
    found: int = points.advanced()
    assert queries.owed([till.alliance.id]).get(till.alliance.id, 0) == found
    return found


# ── with a network ─────
def test_a_code_takes_what_the_holder_chose_once(till: Till) -> None:
    code = till.code()
    row = till.scan(code)
    assert (row.state, row.points, row.taken, row.how) == ("taken", 5, 5, "code")
    assert till.balance() == 15 and lines(till)[0] == "老街坊面馆：面条一碗"
    with pytest.raises(Refused) as refused:
        till.scan(code)
    assert refused.value.code == "no_code"
    assert verbs(row.id) == ["taking.taken"]
    assert not Notice.objects.filter(template="till_taken").exists(), "he did it himself"


def test_the_same_key_gives_the_same_and_another_body_is_refused(till: Till) -> None:
    code, key = till.code(), str(uuid7())
    assert till.scan(code, key=key).id == till.scan(code, key=key).id
    with pytest.raises(Stale):
        till.scan(till.code(), key=key)
    paper, other = till.book(), str(uuid7())
    assert till.paper(paper, key=other).id == till.paper(paper, key=other).id
    with pytest.raises(Stale):
        till.paper(paper, key=other, offer=till.dinner.id)
    assert till.balance() == 10


@pytest.mark.parametrize("late", [60, 3600])
def test_a_code_holds_for_a_minute_at_its_own_shop(till: Till, late: int) -> None:
    code = till.code()
    with pytest.raises(Refused):
        till.scan(code, now=till.now + timedelta(seconds=late))
    assert not actions.check(code=code, key="k", by=till.scene.merchant, now=till.now), "it is no discount"
    other = shop_taking_points(till.scene, replace(NOODLES, name="别家"), till.scene.other_resident, till.now)
    with pytest.raises(Refused):
        till.scan(code, merchant=other.id, who="other_resident")
    assert till.scan(code).state == "taken"


def test_paper_needs_number_and_check_code_and_the_holder_is_told_once(till: Till) -> None:
    paper = till.book()
    for wrong in (
        replace(paper, check="00000000"),
        replace(paper, number="211322-000000000"),
        replace(paper, check=""),
    ):
        with pytest.raises(Refused) as refused:
            till.paper(wrong)
        assert refused.value.field == "book"
    assert till.paper(replace(paper, number=paper.number.lower(), check=paper.check.lower())).taken == 5
    ledger.seal(now=till.now)
    told = Notice.objects.filter(
        person_id=till.scene.persons["resident"].id, template__in=("till_taken", "points_helped")
    )
    assert [one.template for one in told] == ["till_taken"]


def test_a_page_printed_before_still_proves_the_book_and_a_lost_one_does_not(till: Till) -> None:
    paper = till.book()
    till.scan(till.code())
    later = till.now + timedelta(days=40)
    assert till.paper(paper, now=later).taken == 5
    with pytest.raises(Refused):
        till.paper(paper, now=till.now + timedelta(days=400))
    ledger.lose(by=till.scene.resident, now=later, account=till.account())
    with pytest.raises(Refused):
        till.paper(paper, now=later)


def test_a_till_learns_not_how_much_there_is(till: Till) -> None:
    till.paper(offer=till.dinner.id)
    with pytest.raises(Refused) as refused:
        till.paper(offer=till.dinner.id)
    assert refused.value.code == "points_short" and not any(char.isdigit() for char in refused.value.message)
    with pytest.raises(Refused):
        till.code(offer=till.dinner)


def test_nobody_takes_his_own_or_his_familys_points(till: Till) -> None:
    family(till.scene, till.now, "resident", "rider")
    for act in (lambda: till.paper(who="rider"), lambda: till.scan(till.code(), who="rider")):
        with pytest.raises(NotAllowed):
            act()
    assert till.slip(who="rider").doubt == "own"
    assert till.paper().taken == 5


def test_strangers_have_no_till_and_a_shop_that_pauses_takes_none(till: Till) -> None:
    paper = till.book()
    for who in ("resident", "community_clerk", "admin", "leader"):
        with pytest.raises(NotFound):
            till.paper(paper, who=who)
    row = queries.merchant(till.scene.community_clerk, till.shop.id)
    actions.turn(
        merchant=row.id,
        act="suspend",
        version=row.version,
        by=till.scene.community_clerk,
        now=till.now,
        why="装修",
    )
    with pytest.raises(Stale):
        till.paper(paper)
    with pytest.raises(Stale):
        till.code()


def test_it_is_voided_on_the_same_day_by_whoever_works_there(till: Till) -> None:
    row = till.paper()
    with pytest.raises(NotFound):
        actions.void_taking(taking=row.id, by=till.scene.resident, now=till.now)
    with pytest.raises(Stale):
        actions.void_taking(taking=row.id, by=till.scene.rider, now=till.now + timedelta(days=1))
    for _time in range(2):
        assert actions.void_taking(taking=row.id, by=till.scene.rider, now=till.now).state == "voided"
    assert till.balance() == 20 and list(queries.wrong()) == []


# ── without ─────
def test_a_slip_is_booked_with_the_phones_moment(till: Till) -> None:
    row = till.slip()
    assert (row.state, row.taken, row.advanced, row.how) == ("taken", 15, 0, "offline")
    assert row.done_at == till.now - timedelta(hours=1)
    at = row.done_at.astimezone(till.now.tzinfo)
    assert f"{at:%H:%M} 在店里" in lines(till)[0]
    ahead = till.slip(till.book("other_resident"), done_at=till.now + timedelta(days=3))
    assert ahead.done_at == till.now, "a clock that runs ahead is not believed"


def test_what_a_passbook_cannot_give_is_the_alliances_debt_and_not_the_residents(
    till: Till, settings: Any, tmp_path: Path
) -> None:
    settings.HEADS_ROOT = tmp_path
    till.scan(till.code(offer=till.dinner))
    row = till.slip()
    assert (row.state, row.points, row.taken, row.advanced) == ("taken", 15, 5, 10)
    assert till.balance() == 0
    assert alliance_owes(till) == 10
    assert "垫付" not in " ".join(lines(till)), "no blame"
    again = till.slip(offer=till.noodles)
    assert (again.taken, again.advanced, till.balance()) == (0, 5, 0)
    assert alliance_owes(till) == 15
    ledger.seal(now=till.now)
    assert points.check_books().findings == []


def test_two_shops_that_took_one_book_on_one_day_are_both_paid(till: Till) -> None:
    other = shop_taking_points(
        till.scene, replace(NOODLES, name="别家"), till.scene.other_resident, till.now - timedelta(days=2)
    )
    actions.join_alliance(
        merchant=other.id,
        alliance=till.alliance.id,
        by=till.scene.community_clerk,
        now=till.now - timedelta(days=2),
    )
    paper = till.book()
    till.slip(paper)
    dinner = queries.offers_of(other)[1]
    row = till.slip(paper, merchant=other.id, offer=dinner, who="other_resident")
    assert (row.taken, row.advanced) == (5, 10)
    assert alliance_owes(till) == 10 and till.balance() == 0


def test_a_book_lost_meanwhile_gives_nothing_and_the_shop_is_paid(till: Till) -> None:
    paper = till.book()
    ledger.lose(by=till.scene.resident, now=till.now, account=till.account())
    row = till.slip(paper)
    assert (row.state, row.taken, row.advanced) == ("taken", 0, 15)
    assert till.balance() == 20 and alliance_owes(till) == 15


@pytest.mark.parametrize(
    ("more", "doubt"),
    [({"done_at": 8}, "late"), ({"floor": True}, "floor"), ({"check": "12345678"}, "unknown")],
)
def test_a_doubtful_slip_is_kept_for_a_clerk_with_nothing_booked(
    till: Till, more: dict[str, Any], doubt: str
) -> None:
    paper = till.book()
    if "floor" in more:
        till.slip(paper)
    before = till.balance()
    row = till.slip(
        replace(paper, check=more.get("check", paper.check)),
        done_at=till.now - timedelta(days=more.get("done_at", 0), hours=1),
    )
    assert (row.state, row.doubt, row.taken, row.advanced) == ("kept", doubt, 0, 0)
    assert till.balance() == before and queries.doubt_words(row).endswith("已留给社区工作人员核实。")
    assert [one.id for one in queries.slips(till.scene.community_clerk).rows] == [row.id]
    assert queries.slips(till.scene.other_clerk).rows == []


def test_without_an_alliance_or_a_floor_nothing_is_booked_offline(till: Till) -> None:
    lone = shop_taking_points(
        till.scene, replace(NOODLES, name="别家"), till.scene.other_resident, till.now - timedelta(days=2)
    )
    dinner = queries.offers_of(lone)[1]
    row = till.slip(merchant=lone.id, offer=dinner, who="other_resident")
    assert (row.state, row.doubt) == ("kept", "not_agreed")
    with pytest.raises(Stale) as refused:
        actions.judge(taking=row.id, pay=True, words="问过了", by=till.scene.community_clerk, now=till.now)
    assert refused.value.code == "no_alliance"


@pytest.mark.parametrize(("to", "there"), [("other_resident", 45), (None, 40)], ids=["passed on", "lapsed"])
def test_a_taking_is_voided_although_the_passbook_was_closed_meanwhile(
    till: Till, to: str | None, there: int, tmp_path: Path, settings: Any
) -> None:
    """The points go where closing sent the rest, or lapse; the shop learns nothing of it."""
    settings.HEADS_ROOT = tmp_path
    row = till.scan(till.code())
    left, account = till.balance(), till.account()
    heir = points.person(till.scene.persons[to].id) if to else None
    owner = points.person(till.scene.persons["resident"].id)
    ledger.close(by=till.scene.resident, now=till.now, owner=owner, to=heir, key="closed")
    for _time in range(2):
        voided = actions.void_taking(taking=row.id, by=till.scene.merchant, now=till.now)
    assert voided.state == "voided"
    assert till.balance("other_resident") == there + (left if to else 0)
    book = apps.get_model("points.Account").objects.get(pk=account)
    assert (book.balance, book.closed_at) == (0, till.now)
    ledger.seal(now=till.now)
    assert list(queries.wrong()) == [] and points.check_books().findings == []


def test_a_slip_that_was_kept_is_an_offices_with_a_clock(till: Till) -> None:
    row = till.slip(done_at=till.now - timedelta(days=9))
    item = apps.get_model("worklist.WorkItem").objects.get(subject_id=row.id, done_at__isnull=True)
    assert (item.role, item.path, item.number) == ("community_clerk", PLACE, row.number)
    assert item.due_at > till.now + timedelta(days=4)
    family(till.scene, till.now, "community_clerk", "rider")
    other = till.slip(done_at=till.now - timedelta(days=10))
    item = apps.get_model("worklist.WorkItem").objects.get(subject_id=other.id)
    assert item.role != "community_clerk"
    with pytest.raises(NotAllowed) as refused:
        actions.judge(taking=row.id, pay=True, words="x", by=till.scene.community_clerk, now=till.now)
    assert refused.value.code == "own_shop"


def test_a_clerk_judges_a_slip_once_and_the_passbook_gives_nothing(till: Till) -> None:
    late = till.now - timedelta(days=8)
    rows = [till.slip(done_at=late, offer=offer) for offer in (till.dinner, till.noodles)]
    clerk = till.scene.community_clerk
    with pytest.raises(Refused):
        actions.judge(taking=rows[0].id, pay=True, words=" ", by=clerk, now=till.now)
    for who, wrong in (("merchant", NotAllowed), ("other_clerk", NotFound), ("resident", NotFound)):
        with pytest.raises(wrong):
            actions.judge(taking=rows[0].id, pay=True, words="x", by=till.scene.actors[who], now=till.now)
    assert actions.judge(taking=rows[0].id, pay=True, words="问过了", by=clerk, now=till.now).advanced == 15
    assert (
        actions.judge(taking=rows[1].id, pay=False, words="没来过", by=clerk, now=till.now).state
        == "declined"
    )
    with pytest.raises(Stale):
        actions.judge(taking=rows[1].id, pay=True, words="x", by=clerk, now=till.now)
    assert (till.balance(), alliance_owes(till)) == (20, 15)
    assert queries.slips(clerk).rows == []


def test_a_voided_slip_gives_the_alliance_its_share_back(till: Till) -> None:
    till.scan(till.code(offer=till.dinner))
    row = till.slip()
    actions.void_taking(taking=row.id, by=till.scene.merchant, now=till.now)
    assert (till.balance(), alliance_owes(till)) == (5, 0)
    assert till.slip().state == "taken", "what was voided does not fill the floor"


# ── the month ─────
def test_the_month_tells_points_offline_ones_and_the_alliances_part(till: Till) -> None:
    till.scan(till.code())
    till.slip()
    till.slip(offer=till.noodles)
    actions.void_taking(
        taking=till.paper(till.book("other_resident")).id, by=till.scene.merchant, now=till.now
    )
    till.slip(done_at=till.now - timedelta(days=9))
    later = till.now + timedelta(days=31)
    assert actions.draw_up(now=later) == 1
    row = Statement.objects.get()
    assert (row.takings, row.takings_voided, row.points) == (3, 1, 25)
    assert (row.points_offline, row.points_advanced, row.uses) == (20, 5, 0)
    assert list(queries.wrong()) == []
    Taking.objects.filter(how="code").update(points=6, taken=6)
    found = {code for code, _words, _row in queries.wrong()}
    assert found == {"statement_changed", "statement_points", "taking_unpaid"}


def test_the_books_find_an_alliance_whose_debt_was_made_smaller(till: Till) -> None:
    ledger.lose(by=till.scene.resident, now=till.now, account=till.account())
    paper = replace(till.book("other_resident"))
    ledger.lose(by=till.scene.other_resident, now=till.now, account=till.account("other_resident"))
    row = till.slip(paper)
    Taking.objects.filter(pk=row.id).update(points=14, advanced=14)
    assert {code for code, _words, _row in queries.wrong()} == {"taking_unpaid", "alliance_debt"}


def test_a_merchant_reads_no_passbook_and_no_owner(till: Till) -> None:
    row = till.paper()
    for one in (
        *queries.takings_on(till.shop, till.now.date()),
        *queries.month_of(till.shop.id, till.now.date().replace(day=1)),
    ):
        assert {"account", "owner", "book", "taken", "transfer"} <= one.get_deferred_fields()
    facts = AuditEntry.objects.get(subject_id=row.id).facts
    assert set(facts) == {"number", "points"}


def test_an_erased_person_is_forgotten_and_the_month_stays(till: Till) -> None:
    till.paper()
    person = till.scene.persons["resident"].id
    (told,) = queries.export_takings(person)["points_at_merchants"]
    assert (told["merchant"], told["points"]) == ("老街坊面馆", 5)
    assert actions.erase_takings(person=person, by=system(COUNTY, "test"), now=till.now) == {
        "exchange_taking": 1
    }
    assert queries.export_takings(person) == {} and list(queries.wrong()) == []


# ── races and whatever comes ─────
@pytest.mark.django_db(transaction=True)
def test_slips_of_two_phones_at_once_stay_within_the_floor_and_each_is_booked_once(
    scene: Scene, now: datetime
) -> None:
    with county_scope(COUNTY):
        till = make_till(scene, now)
        paper = till.book()
    keys = [str(uuid7()) for _slip in range(4)]

    def send(place: int) -> str:
        with county_scope(COUNTY):
            return till.slip(paper, key=keys[place % 4], who="merchant" if place % 2 else "rider").state

    found = at_once(*[lambda place=place: send(place) for place in range(8)])
    assert found.count("taken") == 2 and found.count("kept") == 6
    with county_scope(COUNTY):
        assert Taking.objects.count() == 4 and till.balance() == 5
        assert list(queries.wrong()) == []


@pytest.mark.django_db(transaction=True)
def test_eight_tills_that_scan_one_code_take_it_once(scene: Scene, now: datetime) -> None:
    with county_scope(COUNTY):
        till = make_till(scene, now)
        code = till.code()

    def scan() -> bool:
        with county_scope(COUNTY):
            try:
                return till.scan(code).state == "taken"
            except Refused:
                return False

    assert at_once(*[scan] * 8).count(True) == 1
    with county_scope(COUNTY):
        assert till.balance() == 15


@tried(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.sampled_from(["code", "paper", "slip", "void", "judge", "lose"]), st.integers(0, 9)),
        max_size=10,
    )
)
def test_whatever_happens_nobody_falls_below_nothing_and_the_books_agree(
    till: Till, deeds: list[tuple[str, int]]
) -> None:
    from django.db import transaction

    with transaction.atomic():
        paper, rows = till.book(), []
        for deed, place in deeds:
            try:
                with transaction.atomic():
                    offer = (till.noodles, till.dinner)[place % 2]
                    if deed == "code":
                        rows.append(till.scan(till.code(offer=offer)))
                    elif deed == "paper":
                        rows.append(till.paper(paper, offer=offer.id))
                    elif deed == "slip":
                        rows.append(till.slip(paper, offer=offer, done_at=till.now - timedelta(days=place)))
                    elif deed == "lose":
                        ledger.lose(by=till.scene.resident, now=till.now, account=till.account())
                    elif rows and deed == "void":
                        actions.void_taking(
                            taking=rows[place % len(rows)].id, by=till.scene.rider, now=till.now
                        )
                    elif rows:
                        actions.judge(
                            taking=rows[place % len(rows)].id, pay=place > 4, words="问过了",
                            by=till.scene.community_clerk, now=till.now,
                        )  # fmt: skip
            except Refused:
                continue
        stand = Taking.objects.filter(state="taken")
        sums = stand.aggregate(taken=Sum("taken"), advanced=Sum("advanced"))
        assert till.balance() == 20 - (sums["taken"] or 0) >= 0
        assert alliance_owes(till) == (sums["advanced"] or 0)
        transaction.set_rollback(True)
