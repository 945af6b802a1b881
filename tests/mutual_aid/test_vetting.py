"""Child care is for those who were checked and whose check is good: by page and by POST."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from mulin.ground.orders import actions as orders
from mulin.ground.orders import queries as orders_read
from mulin.ground.people import actions as people
from mulin.kernel.actor import system
from mulin.kernel.clock import local_day
from mulin.kernel.county import county_scope
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from mulin.services.mutual_aid import actions, queries
from mulin.services.mutual_aid.models import Vetting
from mulin.services.mutual_aid.rules import KINDS, why_barred
from tests.journeys.conftest import Enter
from tests.journeys.steps import text_of
from tests.journeys.test_races import at_once
from tests.orders.scenes import fresh, opened, told
from tests.personas import COUNTY, Scene

TODAY = date(2026, 9, 1)


def checked(scene: Scene, now: datetime, *, until: date = date(2027, 3, 1)) -> Vetting:
    return actions.check(
        phone=scene.phones["rider"],
        kind="child_care",
        evidence="record",
        valid_until=until,
        by=scene.community_clerk,
        now=now,
    )


@pytest.mark.parametrize(
    ("kind", "until", "barred"),
    [
        ("help.minding", None, True),
        ("help.minding", date(2026, 8, 31), True),
        ("help.minding", date(2026, 9, 1), False),  # the last day counts
        ("help.parcel", None, False),
    ],
)
def test_the_last_day_is_still_good(kind: str, until: date | None, barred: bool) -> None:
    needed = next(one.vetted for one in KINDS if one.code == kind)
    assert bool(why_barred(needed, valid_until=until, today=TODAY)) is barred


def test_the_four_kinds_of_the_article_are_there() -> None:
    names = {str(one.name) for one in KINDS}
    assert {"代收快递", "临时看护孩子", "修家电", "教用手机"} <= names
    alone = {one.code for one in orders_read.kinds() if one.vetted}
    assert alone == {"help.minding", "wish.learning"}, "being alone with children takes a check"
    assert not any(one.grid_reviews for one in orders_read.kinds() if one.vetted)


def test_an_unchecked_or_expired_helper_is_barred_by_page_and_by_post(
    county: Scene, enter: Enter, now: datetime
) -> None:
    row = opened(county, now, kind="help.minding")
    page, url = f"/neighbours/{row.pk}/", f"/neighbours/{row.pk}/claim/"
    rider = enter("rider")
    assert "先由社区核查过" in text_of(rider.get(page)) and url not in text_of(rider.get(page))
    assert rider.post(url).status_code == 403
    old = checked(county, now - timedelta(days=20), until=local_day(now) - timedelta(days=10))
    assert old.valid_until < TODAY
    assert "到期了" in text_of(rider.get(page)) and url not in text_of(rider.get(page))
    answer = rider.post(url)
    assert answer.status_code == 403 and "到期了" in text_of(answer)
    checked(county, now)
    assert url in text_of(rider.get(page))
    assert rider.post(url).status_code == 302


def test_a_barred_person_cannot_be_sent_it_either(county: Scene, now: datetime) -> None:
    place = county.places["compound"].id
    orders.set_help(kinds=["help.minding"], place=place, by=county.rider, now=now)
    row = opened(county, now, kind="help.minding")
    person = county.persons["rider"].id
    with pytest.raises(Refused, match="核查"):
        orders.dispatch(order=row.id, person=person, by=county.community_clerk, now=now)
    assert [bool(one.barred) for one in orders_read.candidates(row, now)] == [True]
    checked(county, now)
    orders.dispatch(order=row.id, person=person, by=county.community_clerk, now=now)


def test_a_new_check_takes_the_place_of_the_old_and_ending_is_at_once(county: Scene, now: datetime) -> None:
    first, second = checked(county, now), checked(county, now)
    assert Vetting.objects.get(pk=first.pk).ended_at is not None
    with pytest.raises(NotFound):
        actions.end_check(vetting=second.pk, by=county.other_clerk, now=now)
    actions.end_check(vetting=second.pk, by=county.street_clerk, now=now)
    assert queries.barred(kind="help.minding", persons=[county.persons["rider"].id], now=now)


@pytest.mark.parametrize("who", ["resident", "grid_worker", "leader", "admin", "department", "merchant"])
def test_only_clerks_check(county: Scene, now: datetime, who: str) -> None:
    with pytest.raises(NotAllowed):
        actions.check(
            phone=county.phones["rider"], kind="child_care", evidence="record", valid_until=date(2027, 1, 1),
            by=county.actors[who], now=now,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"phone": "13800000099"}, "unknown"),
        ({"valid_until": date(2026, 8, 31)}, "wrong_day"),
        ({"valid_until": date(2028, 1, 1)}, "wrong_day"),
        ({"evidence": "nothing"}, "no_kind"),
    ],
)
def test_what_is_no_check_is_refused(
    county: Scene, now: datetime, more: dict[str, object], code: str
) -> None:
    plain = {
        "phone": county.phones["rider"],
        "kind": "child_care",
        "evidence": "record",
        "valid_until": date(2027, 1, 1),
    }
    with pytest.raises(Refused) as refused:
        actions.check(by=county.community_clerk, now=now, **(plain | more))  # type: ignore[arg-type]
    assert refused.value.code == code
    with pytest.raises(Refused, match="自己"):
        actions.check(
            phone=county.phones["community_clerk"], kind="child_care", evidence="record", valid_until=date(2027, 1, 1),
            by=county.community_clerk, now=now,
        )  # fmt: skip


def test_the_register_shows_who_until_when_and_no_number(county: Scene, enter: Enter, now: datetime) -> None:
    checked(county, now)
    clerk = enter("community_clerk")
    page = text_of(clerk.get("/desk/vettings/"))
    assert "赵小飞" in page and county.phones["rider"] not in page and "2027-03-01" in page
    assert "赵小飞" not in text_of(enter("other_clerk").get("/desk/vettings/"))
    told = {
        "phone": county.phones["resident"],
        "kind": "child_care",
        "evidence": "known",
        "valid_until": "2026-12-01",
    }
    assert clerk.post("/desk/vettings/", told).status_code == 302
    wrong = clerk.post("/desk/vettings/", told | {"valid_until": "2020-01-01"})
    assert wrong.status_code == 422 and county.phones["resident"] in text_of(wrong)
    row = Vetting.objects.get(person=county.persons["resident"].id)
    assert clerk.post(f"/desk/vettings/{row.pk}/end/").status_code == 302
    assert queries.export_person(county.persons["resident"].id)["vettings"][0]["ended_at"] is not None
    assert actions.erase_person(person=county.persons["resident"].id, by=county.county_clerk, now=now) == {
        "mutual_aid_vetting": 1
    }


def test_a_check_that_ended_ends_what_rests_on_it(county: Scene, now: datetime) -> None:
    check = checked(county, now)
    sent = opened(county, now, kind="help.minding")
    orders.set_help(kinds=["help.minding"], place=county.places["compound"].id, by=county.rider, now=now)
    offer = orders.dispatch(order=sent.id, person=county.rider.person, by=county.community_clerk, now=now)
    held = opened(county, now, kind="help.minding", by=county.other_resident)
    orders.claim(order=held.id, by=county.rider, now=now)
    actions.end_check(vetting=check.pk, by=county.community_clerk, now=now)
    for row, claim in ((sent, offer), (held, held.claims.get())):
        row.refresh_from_db()
        assert row.state == "open"
        with pytest.raises((NotAllowed, NotFound, Refused)):
            orders.accept(order=row.id, claim=claim.id, by=county.rider, now=now)


def test_a_check_must_be_good_on_the_day_for_which_it_is_asked(county: Scene, now: datetime) -> None:
    checked(county, now, until=local_day(now) + timedelta(days=5))
    row = opened(county, now, kind="help.minding", wanted_at=now + timedelta(days=20))
    with pytest.raises(NotAllowed, match="到期"):
        orders.claim(order=row.id, by=county.rider, now=now)


def test_no_check_ends_while_somebody_claims_by_it(county: Scene, now: datetime) -> None:
    """The check is held from the guard's question to the end of the claim: whoever ends it then sees the claim."""
    checked(county, now)
    row = opened(county, now, kind="help.minding")
    with CaptureQueriesContext(connection) as caught:
        orders.claim(order=row.pk, by=county.rider, now=now)
    asked = [one["sql"] for one in caught if 'FROM "mutual_aid_vetting"' in one["sql"]]
    assert len(asked) == 1 and "FOR NO KEY UPDATE" in asked[0]


def test_nobody_checks_his_own_family(county: Scene, now: datetime) -> None:
    by = system(county.community_clerk.county, "test")
    home = people.add_household(label="2单元301", by=by, now=now)
    for who in ("community_clerk", "rider"):
        people.move_in(household=home.pk, person=county.persons[who].id, by=by, now=now)
    with pytest.raises(Refused, match="家里人"):
        checked(county, now)


def test_learning_with_a_child_takes_a_check_as_minding_does(county: Scene, now: datetime) -> None:
    row = opened(county, now, kind="wish.learning")
    with pytest.raises(NotAllowed, match="单独和孩子"):
        orders.claim(order=row.id, by=county.rider, now=now)
    checked(county, now)
    assert orders.claim(order=row.id, by=county.rider, now=now).state == "held"


def test_a_check_that_runs_out_by_itself_is_acted_on_by_tick(county: Scene, now: datetime) -> None:
    """Nobody ends it: the day after its last one his claim returns to the pool, and both are told why."""
    checked(county, now, until=local_day(now))
    row = opened(county, now, kind="help.minding")
    claim = orders.claim(order=row.id, by=county.rider, now=now)
    other = opened(county, now)
    plain = orders.claim(order=other.id, by=county.rider, now=now)
    assert orders.return_barred(now=now) == 0
    assert orders.return_barred(now=now + timedelta(days=1)) == 1
    assert orders.return_barred(now=now + timedelta(days=1)) == 0
    assert (fresh(row).state, fresh(claim).state, fresh(plain).state) == ("open", "lapsed", "held")
    assert told(county.rider.person)[-1] == "order_barred" and told(row.asker_id)[-1] == "order_back"


def test_what_was_done_by_a_good_check_stays(county: Scene, now: datetime) -> None:
    checked(county, now, until=local_day(now))
    row = opened(county, now, kind="help.minding")
    claim = orders.claim(order=row.id, by=county.rider, now=now)
    orders.serve(order=row.id, claim=claim.id, by=county.rider, now=now)
    assert orders.return_barred(now=now + timedelta(days=1)) == 0
    orders.confirm(order=row.id, claim=claim.id, by=county.resident, now=now + timedelta(days=1))
    assert fresh(row).state == "confirmed"


@pytest.mark.django_db(transaction=True)
def test_a_check_ends_while_offers_are_accepted_and_nobody_waits_for_ever(
    scene: Scene, now: datetime
) -> None:
    """An accept locks its ask, then the check; ending the check takes the asks first too: no deadlock, and afterwards
    nothing is held by a check that is over."""
    with county_scope(COUNTY):
        place = scene.places["compound"].id
        for turn in range(4):
            check = checked(scene, now)
            orders.set_help(kinds=["help.minding"], place=place, by=scene.rider, now=now)
            offers = []
            for who in ("resident", "other_resident"):
                row = opened(scene, now, kind="help.minding", by=scene.actors[who])
                offers.append(
                    orders.dispatch(
                        order=row.id, person=scene.rider.person, by=scene.community_clerk, now=now
                    )
                )

            def accept(offer: Any) -> None:
                with county_scope(COUNTY), suppress(Refused):  # too late: it went back
                    orders.accept(order=offer.order_id, claim=offer.id, by=scene.rider, now=now)

            def end(key: Any = check.pk) -> None:
                with county_scope(COUNTY):
                    actions.end_check(vetting=key, by=scene.community_clerk, now=now)

            at_once(end, *[lambda offer=offer: accept(offer) for offer in offers])
            orders.return_barred(now=now)
            assert [fresh(one).state for one in offers] == ["lapsed", "lapsed"], f"turn {turn}"
            for one in offers:
                orders.withdraw(order=one.order_id, by=scene.community_clerk, now=now)
