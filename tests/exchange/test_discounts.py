"""The exclusive discount: a code once and for a minute; a merchant learns one bit, whatever the reason (row 91)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from mulin.kernel.actor import system
from mulin.kernel.county import county_scope
from mulin.kernel.errors import NotAllowed, NotFound, Refused, Stale
from mulin.kernel.ids import uuid7
from mulin.services.exchange import actions, queries
from mulin.services.exchange.models import DiscountCode, DiscountUse, Entitlement
from tests.exchange.fairs import HAIR, Fair, family, taking_part
from tests.exchange.scenes import AuditEntry, fresh
from tests.journeys.test_races import at_once
from tests.personas import COUNTY, Scene


def test_a_code_holds_once(fair: Fair) -> None:
    code = fair.code("resident")
    assert fair.check(code)
    assert not fair.check(code)


def test_it_holds_for_a_minute(fair: Fair) -> None:
    code = fair.code("resident")
    assert not fair.check(code, now=fair.now + timedelta(seconds=60))
    assert fair.check(code, now=fair.now + timedelta(seconds=59))


def test_a_new_one_ends_the_one_before(fair: Fair) -> None:
    first, second = fair.code("resident"), fair.code("resident")
    assert not fair.check(first)
    assert fair.check(second)


def test_it_holds_at_its_own_merchant_only(fair: Fair) -> None:
    other = taking_part(fair.scene, replace(HAIR, name="别家"), fair.scene.other_resident, fair.now)
    code = fair.code("resident", merchant=other)
    assert not fair.check(code, who="merchant")
    assert fair.check(code, who="other_resident")


def test_a_till_sent_twice_counts_once_and_answers_the_same(fair: Fair) -> None:
    code, key = fair.code("resident"), str(uuid7())
    assert fair.check(code, key=key) and fair.check(code, key=key)
    assert DiscountUse.objects.count() == 1


def test_an_assistant_checks_too_and_a_stranger_has_no_till(fair: Fair) -> None:
    assert fair.check(fair.code("resident"), who="rider")
    for who in ("resident", "community_clerk", "admin"):
        with pytest.raises(NotFound):
            fair.check("12345678", who=who)


def test_whoever_is_not_entitled_is_told_so_himself(fair: Fair) -> None:
    with pytest.raises(Refused) as refused:
        fair.code("rider")
    assert refused.value.code == "not_entitled"


def test_a_grant_taken_back_ends_the_code_that_is_shown(fair: Fair) -> None:
    code = fair.code("other_resident")
    row = Entitlement.objects.get()
    actions.end_grant(entitlement=row.id, by=fair.scene.community_clerk, now=fair.now)
    assert not fair.check(code)


def test_a_merchant_that_pauses_gives_none(fair: Fair) -> None:
    code, row = fair.code("resident"), fresh(fair.hair)
    clerk = fair.scene.community_clerk
    actions.turn(merchant=row.id, act="suspend", version=row.version, by=clerk, now=fair.now, why="装修")
    assert not fair.check(code)
    with pytest.raises(NotFound):
        fair.code("resident")


def test_a_grant_names_kinds_of_shops_and_days(fair: Fair) -> None:
    today = fair.now.date()
    fair.grant("grid_worker", trades=["pharmacy"])
    with pytest.raises(Refused):
        fair.code("grid_worker")
    fair.grant("grid_worker", trades=["hair"], starts=today + timedelta(days=40))
    with pytest.raises(Refused):
        fair.code("grid_worker")
    fair.grant("grid_worker", trades=["hair"], ends=today)
    assert fair.check(fair.code("grid_worker"))
    with pytest.raises(Refused):
        fair.code("grid_worker", now=fair.now + timedelta(days=1, hours=-fair.now.hour))


def test_a_grant_to_a_household_is_for_all_who_live_there(fair: Fair) -> None:
    family(fair.scene, fair.now, "grid_worker", "department")
    fair.grant("grid_worker", home=True)
    assert fair.check(fair.code("department"))


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"phone": "13700000000"}, "phone"),
        ({"home": True}, "home"),
        ({"trades": ["casino"]}, "trades"),
    ],
)
def test_a_grant_that_cannot_be_is_told_beside_its_field(
    fair: Fair, more: dict[str, object], field: str
) -> None:
    with pytest.raises(Refused) as refused:
        fair.grant("rider", **more)
    assert refused.value.field == field


def test_a_grant_ends_after_it_begins_within_a_year(fair: Fair) -> None:
    today = fair.now.date()
    for starts, ends in ((today, today - timedelta(days=1)), (today, today + timedelta(days=400))):
        with pytest.raises(Refused) as refused:
            fair.grant("rider", starts=starts, ends=ends)
        assert refused.value.field == "ends"


def test_only_clerks_of_the_place_grant(fair: Fair) -> None:
    for who in ("resident", "merchant", "grid_worker", "other_clerk", "leader"):
        with pytest.raises(NotAllowed):
            fair.grant("rider", by=fair.scene.actors[who])


def test_no_column_says_why_anybody_is_entitled() -> None:
    def columns(model: type) -> set[str]:
        return {field.name for field in model._meta.get_fields()}  # type: ignore[attr-defined]

    told = {
        "owner_kind",
        "owner",
        "path",
        "trades",
        "starts_on",
        "ends_on",
        "granted_by",
        "granted_at",
        "ended_at",
    }
    assert columns(Entitlement) - {"id", "county"} == told
    assert not {"entitlement", "reason", "why", "group"} & columns(DiscountUse)


def test_the_trail_is_the_same_for_every_group_and_every_failure(fair: Fair) -> None:
    late = fair.now + timedelta(minutes=2)
    taken = fair.code("other_resident")
    fair.check(taken)
    fair.check(fair.code("resident"))
    for code, at in (
        ("00000000", fair.now),
        (taken, fair.now),
        (fair.code("resident"), late),
        ("", fair.now),
    ):
        fair.check(code, now=at)
    rows = AuditEntry.objects.filter(verb="discount.checked").order_by("id")
    facts = [(row.facts, row.subject_id, row.person, row.on_behalf_of) for row in rows]
    said = [one[0] for one in facts]
    assert said == [{"valid": True}] * 2 + [{"valid": False}] * 4
    assert {one[1:] for one in facts} == {(fair.hair.id, fair.scene.merchant.person, None)}


def test_voided_on_the_same_day_only(fair: Fair) -> None:
    fair.check(fair.code("resident"))
    row = DiscountUse.objects.get()
    with pytest.raises(NotFound):
        actions.void(use=row.id, by=fair.scene.resident, now=fair.now)
    with pytest.raises(Stale):
        actions.void(use=row.id, by=fair.scene.merchant, now=fair.now + timedelta(days=1))
    for _time in range(2):
        assert actions.void(use=row.id, by=fair.scene.rider, now=fair.now).voided_at == fair.now


def test_who_asked_for_a_code_is_forgotten_after_a_day(fair: Fair) -> None:
    fair.code("resident")
    assert actions.forget_codes(now=fair.now + timedelta(hours=23)) == 0
    assert actions.forget_codes(now=fair.now + timedelta(hours=25)) == 1
    assert not DiscountCode.objects.exists()


def test_no_row_holds_the_digits(fair: Fair) -> None:
    code = fair.code("resident")
    row = DiscountCode.objects.get()
    assert code not in str(row.__dict__)


def test_what_a_merchant_reads_leaves_out_whose_it_was(fair: Fair) -> None:
    fair.check(fair.code("resident"))
    for row in (
        *queries.uses_on(fair.hair, fair.now.date()),
        *queries.lines_of(fair.hair.id, fair.now.date().replace(day=1)),
    ):
        assert "person_id" in row.get_deferred_fields()


def test_an_erased_person_leaves_the_count(fair: Fair) -> None:
    fair.check(fair.code("other_resident"))
    person = fair.scene.persons["other_resident"].id
    assert queries.export_discounts(person)["discounts"]
    told = actions.erase_discounts(person=person, by=system(COUNTY, "test"), now=fair.now)
    assert told == {"exchange_discountuse": 1, "exchange_entitlement": 1}
    assert queries.export_discounts(person) == {}
    assert DiscountUse.objects.count() == 1


def test_nobody_redeems_at_his_own_till_or_that_of_his_family(fair: Fair) -> None:
    """Whoever works there, or lives with one who does: the till says what it says to any code that does not hold."""
    code = fair.code("other_resident")
    actions.name_assistant(
        merchant=fair.hair.id, phone=fair.scene.phones["other_resident"], by=fair.scene.merchant, now=fair.now
    )
    assert fair.check(code) is False
    with pytest.raises(Refused) as refused:
        fair.code("other_resident")
    assert refused.value.code == "own_shop"
    shown = fair.code("resident")
    family(fair.scene, fair.now, "resident", "rider")
    assert fair.check(shown) is False
    assert DiscountUse.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_two_tills_that_check_one_code_at_once_give_one_discount(scene: Scene, now: object) -> None:
    from tests.exchange.fairs import make_fair

    with county_scope(COUNTY):
        fair = make_fair(scene, now)  # type: ignore[arg-type]
        code = fair.code("resident")

    def scan(who: str) -> bool:
        with county_scope(COUNTY):
            return fair.check(code, who=who)

    found = at_once(*[lambda who=who: scan(who) for who in ("merchant", "rider") * 4])
    assert sorted(found) == [False] * 7 + [True]
