"""A case whose worker is on leave: his stand-in finds it, does it in his own name, and the record says for whom."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps

from mulin.ground.access import queries as access
from mulin.ground.people import actions as people
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.kernel.errors import NotAllowed, NotFound
from mulin.services.cases import actions, queries
from mulin.services.cases.models import CaseStep
from mulin.services.cases.permissions import judges_himself
from tests.cases.scenes import in_state
from tests.personas import COUNTY, Scene

HOUR = timedelta(hours=1)


@pytest.fixture
def stand_in(county: Scene, now: datetime) -> Callable[..., Actor]:
    """``stand_in("other_grid_worker", whom="grid_worker")`` is the actor while the other one is on leave."""

    def named(who: str, whom: str = "grid_worker") -> Actor:
        day = local_day(now)
        people.enter_leave(
            person=county.persons[whom].id, stand_in=county.persons[who].id, first_day=day, last_day=day,
            reason="annual", by=county.admin, now=now,
        )  # fmt: skip
        return access.actor_for(county.accounts[who], COUNTY, on=day)

    return named


def last_step(case: Any) -> CaseStep:
    step = CaseStep.objects.filter(case=case).order_by("-at", "-id").first()
    assert step is not None
    return step


def test_a_stand_in_takes_up_and_disposes_and_each_step_says_for_whom(
    county: Scene, now: datetime, stand_in: Callable[..., Actor]
) -> None:
    case, _receipt = in_state(county, now, "assigned")
    other = county.other_grid_worker
    with pytest.raises(NotFound):
        actions.take_up(case=case, by=other, now=now + HOUR, version=None)
    actor = stand_in("other_grid_worker")
    case = actions.take_up(case=case, by=actor, now=now + 2 * HOUR, version=None)
    away = county.persons["grid_worker"].id
    assert case.handler_id == county.persons["other_grid_worker"].id
    assert (last_step(case).person, last_step(case).facts["acted_for"]) == (actor.person, str(away))
    (deed,) = apps.get_model("trail.AuditEntry").objects.filter(verb="case.take_up", subject_id=case.id)
    assert (deed.person, deed.on_behalf_of) == (actor.person, away)
    told = queries.timeline(case, county.community_clerk, public=False).entries[-1]
    assert told.who == "刘工（网格员），代张工办理"
    assert "张工" not in queries.timeline(case, county.community_clerk, public=True).entries[-1].who


def test_what_is_ones_own_is_done_for_nobody(
    county: Scene, now: datetime, stand_in: Callable[..., Actor]
) -> None:
    case, _receipt = in_state(county, now, "assigned")
    actor = stand_in("community_clerk")
    case = actions.reply(case=case, by=actor, now=now + HOUR, version=None, text="正在联系", way="phone")
    assert "acted_for" not in last_step(case).facts


def test_a_stand_in_goes_on_with_what_the_other_had_in_hand(
    county: Scene, now: datetime, stand_in: Callable[..., Actor]
) -> None:
    case, _receipt = in_state(county, now, "in_hand")
    assert case.handler_id == county.persons["grid_worker"].id
    actor = stand_in("department")
    assert queries.find(county.department, case.id) is None
    assert queries.find(actor, case.id) is not None
    case = actions.dispose(
        case=case, by=actor, now=now + 3 * HOUR, version=None, result="换了灯泡", photos=()
    )
    assert last_step(case).facts["acted_for"] == str(county.persons["grid_worker"].id)


def test_nobody_judges_in_the_place_of_whoever_did_the_work(
    county: Scene, now: datetime, stand_in: Callable[..., Actor]
) -> None:
    case, _receipt = in_state(county, now, "disposed")
    actor = stand_in("community_clerk")
    with pytest.raises(NotAllowed):
        actions.close(case=case, by=actor, now=now + 9 * HOUR, version=None)


def test_nobody_judges_what_the_other_asked_for_or_refused(
    county: Scene, now: datetime, stand_in: Callable[..., Actor]
) -> None:
    actor = stand_in("street_clerk")
    closed, _receipt = in_state(county, now, "closed")
    actions.exclude(
        case=closed, code="policy", reason="依据", by=county.grid_worker, now=now + 9 * HOUR, version=None
    )
    with pytest.raises(NotAllowed):
        actions.decide_exclusion(
            case=closed, granted=True, decision="同意", by=actor, now=now + 9 * HOUR, version=None
        )
    assert judges_himself(actor, "decide_exclusion", closed)
    assert not judges_himself(county.street_clerk, "decide_exclusion", closed)
