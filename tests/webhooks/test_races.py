"""Several processes carry events out at once, and deeds go on meanwhile."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest

from mulin.ground.webhooks import actions, queries
from mulin.ground.webhooks.models import Delivery
from mulin.ground.webhooks.rules import State
from mulin.kernel import hooks
from mulin.kernel.county import county_scope
from mulin.services.cases import actions as cases
from tests.cases.scenes import reported
from tests.journeys.test_races import at_once
from tests.personas import COUNTY, Scene
from tests.webhooks.conftest import a_system
from tests.webhooks.consumer import Consumer
from tests.webhooks.test_delivery import by_case


@pytest.mark.django_db(transaction=True)
def test_four_workers_send_each_event_once_and_in_order(
    scene: Scene, morning: datetime, peer: Consumer
) -> None:
    with county_scope(COUNTY):
        target = a_system(scene, morning)
        told: dict[str, Any] = {"events": list(hooks.event_words), "by": scene.admin, "now": morning}
        actions.subscribe(system=target.id, url=peer.url, **told)
        made = [reported(scene, morning).case for _n in range(8)]
    finished = threading.Event()

    def deeds() -> None:
        with county_scope(COUNTY):
            for case in made:
                cases.take_up(case=case.id, by=scene.grid_worker, now=morning, version=None)
                cases.dispose(case=case.id, result="修好了", by=scene.grid_worker, now=morning, version=None)
        finished.set()

    def worker() -> int:
        sent = 0
        with county_scope(COUNTY):
            while True:
                last = finished.is_set()
                sent += (done := actions.send_due(now=morning + timedelta(seconds=1)))
                if last and not done:
                    return sent

    _none, *sent = at_once(deeds, worker, worker, worker, worker)
    assert sum(sent) == len(peer.received) == 24
    assert set(Counter(one.headers["webhook-id"] for one in peer.received).values()) == {1}
    assert set(map(tuple, by_case(peer.received).values())) == {
        ("case.reported", "case.taken_up", "case.disposed")
    }
    with county_scope(COUNTY):
        assert set(Delivery.objects.values_list("state", flat=True)) == {State.DONE}
        queries.forget()


@pytest.mark.django_db(transaction=True)
def test_another_county_hears_nothing(scene: Scene, morning: datetime, peer: Consumer) -> None:
    with county_scope(COUNTY):
        target = a_system(scene, morning)
        told: dict[str, Any] = {"events": list(hooks.event_words), "by": scene.admin, "now": morning}
        actions.subscribe(system=target.id, url=peer.url, **told)
    with county_scope(scene.neighbour.code):
        assert list(queries.listeners()) == [] and actions.send_due(now=morning) == 0
    with county_scope(COUNTY):
        assert len(queries.listeners()) == 1
