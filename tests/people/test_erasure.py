"""A person leaves, or takes along what is kept of him."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from mulin.ground.access import actions as access
from mulin.ground.people import actions, queries
from mulin.ground.trail import actions as trail
from mulin.ground.trail import queries as trail_read
from mulin.kernel.county import all_counties
from mulin.kernel.errors import NotAllowed, Refused
from mulin.kernel.secrets import keyed_hash
from tests.personas import Scene

pytestmark = pytest.mark.django_db
PHONE, NAME = "13712345678", "钱来顺"


@pytest.fixture(autouse=True)
def fresh_heads(settings: Any, tmp_path: Path) -> None:
    settings.HEADS_ROOT = tmp_path


def dump() -> str:
    """Every row of every table of ours, as text."""
    told = []
    for model in apps.get_models(include_auto_created=True):
        with all_counties(), connection.cursor() as cursor:
            cursor.execute(f'SELECT t::text FROM "{model._meta.db_table}" t')
            told += [row[0] for row in cursor.fetchall()]
    return "\n".join(told)


@pytest.fixture
def person(county: Scene, now: datetime) -> Any:
    """A resident with everything that people and access keep of one."""
    made = actions.add_person(
        by=county.community_clerk, now=now, name=NAME, phone=PHONE, email="qls@example.cn"
    )
    actions.give_consent(person=made.pk, purpose="contact", by=county.community_clerk, now=now)
    home = actions.add_household(label="9单元909", by=county.community_clerk, now=now)
    actions.move_in(household=home.pk, person=made.pk, by=county.community_clerk, now=now)
    access.open_account(username="qianlaishun", person=made.pk, by=county.admin, now=now)
    actions.reveal(person=made.pk, by=county.grid_worker, now=now)
    return made


def test_after_erasure_no_row_leads_back_to_the_person(county: Scene, person: Any, now: datetime) -> None:
    trail.seal(now=now)
    gone = actions.erase(person=person.pk, by=county.admin, now=now, reason="counter_request")
    assert gone["people_person"] == 1
    assert gone["access_account"] == 1
    told = dump()
    for secret in (
        PHONE,
        keyed_hash(PHONE),
        NAME,
        "qls@example.cn",
        "qianlaishun",
        "9单元909",
        person.phone_sealed,
    ):
        assert secret not in told
    assert queries.find_by_phone(PHONE) is None
    assert queries.contact(person.pk) == queries.Contact()
    assert not queries.consents(person.pk)


def test_the_chain_of_deeds_stays_valid(county: Scene, person: Any, now: datetime) -> None:
    trail.seal(now=now)
    actions.erase(person=person.pk, by=county.admin, now=now, reason="counter_request")
    trail.seal(now=now)
    assert trail_read.verify().findings == []


def test_somebody_may_erase_himself_and_nobody_else(county: Scene, person: Any, now: datetime) -> None:
    for other in (county.resident, county.grid_worker, county.community_clerk, county.stranger):
        with pytest.raises(NotAllowed):
            actions.erase(person=person.pk, by=other, now=now, reason="own_request")
    actions.erase(person=county.persons["resident"].pk, by=county.resident, now=now, reason="own_request")


def test_who_holds_an_office_cannot_be_erased_and_nothing_of_him_is_touched(
    county: Scene, now: datetime
) -> None:
    worker = county.persons["grid_worker"].pk
    before = queries.contact(worker)
    with pytest.raises(Refused) as refused:
        actions.erase(person=worker, by=county.admin, now=now, reason="counter_request")
    assert refused.value.code == "holds_grant"
    assert queries.contact(worker) == before
    access.end_grant(grant=county.grid_worker.held[0].grant, by=county.admin, now=now)
    actions.erase(person=worker, by=county.admin, now=now, reason="counter_request")
    assert queries.contact(worker).name == ""


def test_erasing_twice_or_for_free_text_is_refused(county: Scene, person: Any, now: datetime) -> None:
    with pytest.raises(Refused) as refused:
        actions.erase(person=person.pk, by=county.admin, now=now, reason="他叫钱来顺")
    assert refused.value.code == "reason_unknown"
    actions.erase(person=person.pk, by=county.admin, now=now, reason="retention")
    with pytest.raises(Refused) as refused:
        actions.erase(person=person.pk, by=county.admin, now=now, reason="retention")
    assert refused.value.code == "already_erased"


def test_the_number_may_be_registered_again_by_its_next_owner(
    county: Scene, person: Any, now: datetime
) -> None:
    actions.erase(person=person.pk, by=county.admin, now=now, reason="retention")
    assert actions.add_person(by=county.admin, now=now, phone=PHONE).pk != person.pk


def test_the_export_is_one_json_value_with_everything_and_who_looked(
    county: Scene, person: Any, now: datetime
) -> None:
    told = json.loads(json.dumps(actions.exported(person=person.pk, by=county.admin, now=now), default=str))
    assert told["person"]["name"] == NAME
    assert told["person"]["phone"] == PHONE
    assert told["consents"][0]["purpose"] == "contact"
    assert told["households"][0]["label"] == "9单元909"
    assert told["access"]["account"]["username"] == "qianlaishun"
    assert any(look["by"] == "张工" for look in told["who_looked"])
    with pytest.raises(NotAllowed):
        actions.exported(person=person.pk, by=county.other_resident, now=now)
