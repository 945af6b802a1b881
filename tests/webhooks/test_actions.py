"""Who may let a system be told of events, and what is refused."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps

from mulin.ground.systems import actions as systems
from mulin.ground.webhooks import actions, queries
from mulin.ground.webhooks.models import Delivery, Subscription
from mulin.ground.webhooks.rules import MOST_OPEN, STARTS_AFTER, State
from mulin.kernel.actor import system
from mulin.kernel.errors import NotAllowed, NotFound, Refused, Stale
from tests.cases.scenes import reported
from tests.personas import COUNTY, Scene, a_uuid
from tests.webhooks.conftest import Subscribe, a_system
from tests.webhooks.consumer import Consumer

STAFF = ("county_clerk", "leader", "community_clerk", "grid_worker", "department", "resident", "stranger")


def verbs() -> list[str]:
    rows = apps.get_model("trail.AuditEntry").objects.filter(verb__startswith="webhook.").order_by("id")
    return list(rows.values_list("verb", flat=True))


@pytest.mark.parametrize("who", STAFF)
def test_nobody_but_the_countys_administrator(
    who: str, county: Scene, now: datetime, peer: Consumer, subscribe: Subscribe
) -> None:
    row, _secret = subscribe()
    by = getattr(county, who)
    told: dict[str, Any] = {"subscription": row.id, "by": by, "now": now}
    with pytest.raises(NotAllowed):
        actions.subscribe(system=row.system_id, url=peer.url, events=["case.closed"], by=by, now=now)
    for act in (
        actions.rotate, actions.pause, actions.resume, actions.end, actions.send_test, actions.resend,
    ):  # fmt: skip
        with pytest.raises(NotAllowed):
            act(**told)
    assert verbs() == ["webhook.opened"]


def test_the_product_itself_lets_nobody_be_told(county: Scene, now: datetime, subscribe: Subscribe) -> None:
    with pytest.raises(NotAllowed):
        subscribe(by=system(COUNTY, "tick"))


def test_what_is_said_is_looked_at(
    county: Scene, now: datetime, peer: Consumer, subscribe: Subscribe, settings: Any
) -> None:
    target = a_system(county, now)
    with pytest.raises(Refused) as refused:
        subscribe(system=target, events=["case.eaten"])
    assert refused.value.field == "events"
    settings.WEBHOOKS_PRIVATE = False
    for url in (peer.url, "https://10.0.0.1/", "https://no-such-name.invalid/"):
        with pytest.raises(Refused) as refused:
            subscribe(system=target, url=url)
        assert refused.value.field == "url"
    settings.WEBHOOKS_PRIVATE = True
    row, _secret = subscribe(
        system=target, events=["case.closed", "case.closed", "case.reported", "case.eaten"]
    )
    assert row.events == ["case.reported", "case.closed"] and row.begins_at == now + STARTS_AFTER
    for _n in range(MOST_OPEN - 1):
        subscribe(system=target)
    with pytest.raises(Refused) as refused:
        subscribe(system=target)
    assert refused.value.code == "webhook_most"
    systems.close_system(system=target.id, why="合同到期", by=county.admin, now=now)
    with pytest.raises(Refused) as refused:
        subscribe(system=target)
    assert refused.value.code == "system_closed"
    with pytest.raises(NotFound):
        actions.subscribe(system=a_uuid(), url=peer.url, events=["case.closed"], by=county.admin, now=now)


def test_what_a_setting_let_be_written_is_not_sent_without_it(
    county: Scene, now: datetime, peer: Consumer, subscribe: Subscribe, settings: Any
) -> None:
    subscribe()
    reported(county, now)
    settings.WEBHOOKS_PRIVATE = False
    assert actions.send_due(now=now) == 0
    assert Delivery.objects.get().failure == "private" and peer.received == []


def test_each_deed_once_and_in_the_trail_without_secret_or_path(
    county: Scene, now: datetime, peer: Consumer, subscribe: Subscribe
) -> None:
    row, secret = subscribe(url=f"{peer.url}&token=top-secret")
    told: dict[str, Any] = {"subscription": row.id, "by": county.admin, "now": now}
    with pytest.raises(Stale):
        actions.resume(**told)
    actions.pause(**told)
    with pytest.raises(Stale):
        actions.pause(**told)
    with pytest.raises(Stale):
        actions.send_test(**told)
    actions.resume(**told)
    actions.send_test(**told)
    with pytest.raises(Stale):
        actions.send_test(**told)
    with pytest.raises(Stale):
        actions.resend(**told)
    actions.rotate(**told)
    actions.end(**told)
    for act in (
        actions.rotate,
        actions.pause,
        actions.resume,
        actions.end,
        actions.send_test,
        actions.resend,
    ):
        with pytest.raises(Stale):
            act(**told)
    assert verbs() == [f"webhook.{one}" for one in ("opened", "paused", "resumed", "secret_changed", "ended")]
    entries = str(list(apps.get_model("trail.AuditEntry").objects.values()))
    assert secret not in entries and "top-secret" not in entries
    row.refresh_from_db()
    assert row.secret_sealed == row.old_secret_sealed == ""
    with pytest.raises(NotFound):
        actions.end(**told | {"subscription": a_uuid()})


def test_one_that_failed_is_sent_again_alone(
    county: Scene, now: datetime, peer: Consumer, subscribe: Subscribe
) -> None:
    row, _secret = subscribe()
    reported(county, now), reported(county, now)
    Delivery.objects.update(state=State.FAILED, next_try_at=None)
    one = Delivery.objects.order_by("id")[0]
    actions.resend(subscription=row.id, delivery=one.id, by=county.admin, now=now)
    assert actions.send_due(now=now) == 1 and peer.received[0].headers["webhook-id"] == str(one.id)
    with pytest.raises(Stale):
        actions.resend(subscription=row.id, delivery=one.id, by=county.admin, now=now)


def test_a_test_that_fails_asks_nobody_for_anything(
    county: Scene, now: datetime, peer: Consumer, subscribe: Subscribe
) -> None:
    from mulin.ground.worklist import queries as work

    row, _secret = subscribe()
    peer.down()
    actions.send_test(subscription=row.id, by=county.admin, now=now)
    actions.send_due(now=now)
    assert Delivery.objects.get().state == State.FAILED and not work.open_for(county.admin).exists()
    peer.up()
    actions.send_test(subscription=row.id, by=county.admin, now=now + timedelta(seconds=5))
    assert actions.send_due(now=now + timedelta(seconds=5)) == 1


def test_an_administrator_takes_along_what_he_opened(
    county: Scene, now: datetime, peer: Consumer, subscribe: Subscribe
) -> None:
    subscribe()
    assert county.admin.person is not None
    assert queries.export_person(county.admin.person)["webhooks_opened"][0]["url"] == peer.url
    assert Subscription.objects.get().opened_by_id == county.admin.person
