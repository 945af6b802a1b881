"""What a deed writes into the outbox: to whom, by which way, once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from mulin.ground.notices import actions, queries
from mulin.ground.notices.actions.addresses import open_address
from mulin.kernel.ids import uuid7
from mulin.kernel.secrets import keyed_hash
from tests.notices.conftest import agree
from tests.personas import Scene

Notice: Any = apps.get_model("notices.Notice")


def tell(scene: Scene, now: datetime, **more: Any) -> actions.Reach:
    told: dict[str, Any] = {
        "template": "case_disposed", "params": {"number": "211322-7K3M9Q2T"}, "subject_kind": "case",
        "subject_id": uuid7(), "key": str(uuid7()),
    } | more  # fmt: skip
    return actions.tell(by=scene.grid_worker, now=now, **told)


def sms(settings: Any) -> None:
    settings.SMS_URL, settings.SMS_TOKEN = "http://127.0.0.1:9/", "t"


def test_a_person_with_an_account_finds_it_in_the_app(county: Scene, now: datetime) -> None:
    reach = tell(county, now, person=county.persons["resident"].id)
    assert (reach.in_app, reach.outside, reach.none) == (True, (), False)
    row = Notice.objects.get()
    assert (row.channel, row.state, row.sent_at, row.address_sealed) == ("in_app", "sent", now, "")
    assert queries.unread_count(county.resident) == 1
    assert queries.unread_count(county.other_resident) == 0


def test_an_anonymous_reporter_without_channels_is_reached_by_nothing(county: Scene, now: datetime) -> None:
    with CaptureQueriesContext(connection) as caught:
        reach = tell(county, now, phone="13912345678")
    assert reach.none and len(caught) <= 2 and not Notice.objects.exists()


def test_a_number_left_for_the_matter_gets_an_sms(county: Scene, now: datetime, settings: Any) -> None:
    sms(settings)
    with CaptureQueriesContext(connection) as caught:
        reach = tell(county, now, phone="13912345678", link="/r/211322-SECRET/")
    assert reach.outside == ("sms",) and len(caught) <= 2
    row = Notice.objects.get()
    assert open_address(sealed=row.address_sealed) == ("13912345678", "/r/211322-SECRET/")
    assert row.address_hash == keyed_hash("13912345678")
    assert (row.state, row.next_try_at, row.params) == ("queued", now, {"number": "211322-7K3M9Q2T"})


def test_a_link_among_the_parameters_is_sealed_too(county: Scene, now: datetime, settings: Any) -> None:
    sms(settings)
    tell(county, now, phone="13912345678", params={"number": "N", "link": "/r/SECRET/"})
    row = Notice.objects.get()
    assert row.params == {"number": "N"} and open_address(sealed=row.address_sealed)[1] == "/r/SECRET/"


def test_without_consent_nothing_goes_outside(county: Scene, now: datetime, settings: Any) -> None:
    sms(settings)
    assert tell(county, now, person=county.persons["resident"].id).outside == ()
    agree(county.persons["resident"], now)
    assert tell(county, now, person=county.persons["resident"].id).outside == ("sms",)


def test_one_way_outside_is_chosen_the_preferred_first(county: Scene, now: datetime, settings: Any) -> None:
    sms(settings)
    settings.WECHAT_APPID = settings.WECHAT_SECRET = settings.WECHAT_TEMPLATE = "x"
    settings.EMAIL_HOST = "127.0.0.1"
    person = county.persons["resident"]
    agree(person, now, wechat="openid-1", email="wang@example.org")
    assert tell(county, now, person=person.id).outside == ("wechat",)
    settings.WECHAT_APPID = ""
    assert tell(county, now, person=person.id).outside == ("sms",)
    settings.SMS_URL = ""
    assert tell(county, now, person=person.id).outside == ("email",)


def test_the_same_key_writes_nothing_again(county: Scene, now: datetime, settings: Any) -> None:
    sms(settings)
    person = county.persons["resident"]
    agree(person, now)
    for _ in range(3):
        assert tell(county, now, person=person.id, key="case-1-disposed").outside == ("sms",)
    assert sorted(Notice.objects.values_list("channel", flat=True)) == ["in_app", "sms"]


def test_at_night_ordinary_messages_wait_and_urgent_ones_do_not(
    county: Scene, now: datetime, settings: Any
) -> None:
    sms(settings)
    night = now.replace(hour=23)
    tell(county, night, phone="13912345678", key="a")
    tell(county, night, phone="13912345678", key="b", template="work_urgent")
    due = dict(Notice.objects.values_list("key", "next_try_at"))
    assert due == {"a": night.replace(hour=7) + timedelta(days=1), "b": night}


def test_unknown_messages_and_numbers_in_parameters_crash(county: Scene, now: datetime) -> None:
    with pytest.raises(ValueError):
        tell(county, now, template="no_such")
    with pytest.raises(ValueError):
        tell(county, now, params={"number": "13912345678"})


def test_reading_is_ones_own(county: Scene, now: datetime) -> None:
    for name in ("resident", "other_resident"):
        tell(county, now, person=county.persons[name].id)
        tell(county, now, person=county.persons[name].id)
    first = queries.for_person(county.resident).first()
    assert first is not None
    assert actions.mark_read(by=county.other_resident, now=now, notices=[first.id]) == 0
    assert actions.mark_read(by=county.resident, now=now, notices=[first.id]) == 1
    assert actions.mark_read(by=county.resident, now=now) == 1
    assert actions.mark_read(by=county.stranger, now=now) == 0
    assert (queries.unread_count(county.resident), queries.unread_count(county.other_resident)) == (0, 2)


def test_pages_of_messages_follow_each_other(county: Scene, now: datetime) -> None:
    for number in range(5):
        tell(county, now, person=county.persons["resident"].id, params={"number": f"N{number}"})
    seen: list[str] = []
    page = queries.messages_page(county.resident, size=2)
    while True:
        seen += [line.text for line in page.rows]
        if not page.next:
            break
        page = queries.messages_page(county.resident, at=page.next, size=2)
    assert (
        len(seen) == 5
        and [f"N{number}" in text for number, text in zip((4, 3, 2, 1, 0), seen, strict=True)] == [True] * 5
    )


def test_erasure_takes_messages_away_and_stops_what_waits(
    county: Scene, now: datetime, settings: Any
) -> None:
    sms(settings)
    person = county.persons["resident"]
    agree(person, now)
    tell(county, now, person=person.id)
    tell(county, now, phone=county.phones["resident"])  # left without a name, the same number
    tell(county, now, phone="13999999999", key="others")
    assert len(queries.export(person.id)["notices"]) == 2
    assert actions.erase_person(person=person.id, by=county.admin, now=now) == {"notices_notice": 3}
    assert queries.export(person.id) == {"notices": []}
    states = dict(Notice.objects.values_list("key", "state"))
    assert states.pop("others") == "queued" and set(states.values()) == {"failed"}
    assert not Notice.objects.exclude(key="others").exclude(address_sealed="", address_hash="").exists()


def test_channels_are_told_honestly(county: Scene, settings: Any) -> None:
    told = queries.channels()
    assert [(one.channel, one.configured) for one in told] == [
        ("in_app", True), ("wechat", False), ("sms", False), ("email", False),
    ]  # fmt: skip
    assert "MULIN_SMS_URL" in told[2].words
    sms(settings)
    assert queries.channels()[2].configured and queries.configured() == ("sms",)


def test_a_page_of_messages_costs_the_same_with_one_and_with_three(county: Scene, now: datetime) -> None:
    tell(county, now, person=county.persons["resident"].id)
    with CaptureQueriesContext(connection) as one:
        queries.messages_page(county.resident)
    tell(county, now, person=county.persons["resident"].id)
    tell(county, now, person=county.persons["resident"].id)
    with CaptureQueriesContext(connection) as three:
        assert len(queries.messages_page(county.resident).rows) == 3
    assert len(one) == len(three) == 1
