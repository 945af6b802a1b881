"""Orders are locked before their case, whoever begins: the hotline's program or our own staff."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from mulin.kernel.ids import uuid7
from mulin.services.cases import actions
from mulin.services.cases.actions import handling
from tests.cases.catalogue import matter
from tests.cases.scenes import reported
from tests.hotline.conftest import Platform, case_of
from tests.hotline.test_journeys import NUMBER, disposed, later, returned
from tests.hotline.test_merged import merge


def _disposed(platform: Platform, morning: datetime) -> Any:
    return disposed(platform.scene, morning)


def _to_verify(platform: Platform, morning: datetime) -> Any:
    kind = matter(platform.scene, morning, "V1", "grid", verification="second_person")
    told = {"by": platform.scene.community_clerk, "now": later(morning, 0.5), "version": None}
    actions.accept(case=case_of(NUMBER), matter=kind, **told)
    return disposed(platform.scene, morning)


def _appealed(platform: Platform, morning: datetime) -> Any:
    case = returned(platform.scene, morning)
    platform.tell("return_decision", NUMBER, granted=False, reason="就在贵县辖区")
    return case


def _merged(platform: Platform, morning: datetime) -> Any:
    platform.order("JP2")
    told = {"by": platform.scene.community_clerk, "now": later(morning, 0.5), "version": None}
    return actions.merge_into(case=case_of(NUMBER), number=case_of("JP2").number, **told)


def _sent_back(act: str, **more: Any) -> Callable[[Platform, Any, datetime], Any]:
    def deed(platform: Platform, case: Any, now: datetime) -> Any:
        by = platform.scene.street_clerk
        return getattr(actions, act)(case=case.id, by=by, now=now, version=None, **more)

    return deed


def _called_back(platform: Platform, case: Any, now: datetime) -> Any:
    return platform.tell("callback", NUMBER, score="不满意", solved=False)


@pytest.mark.parametrize(
    ("before", "deed"),
    [
        (_disposed, _sent_back("reopen", reason="没修好")),
        (_disposed, _called_back),
        (_to_verify, _sent_back("verify_fail", reason="没修好")),
        (_appealed, _sent_back("decide_appeal", granted=True, decision="是本县的")),
        (_merged, _sent_back("unmerge", reason="不是一件")),
    ],
    ids=["reopen", "called_back", "verify_fail", "decide_appeal", "unmerge"],
)
def test_orders_are_locked_before_their_case(
    platform: Platform, morning: datetime, clock_at: Any, before: Any, deed: Any
) -> None:
    platform.order()
    case = before(platform, morning)
    clock_at(later(morning, 5))
    with CaptureQueriesContext(connection) as caught:
        deed(platform, case, later(morning, 5))
    locks = [one["sql"] for one in caught if "FOR NO KEY UPDATE" in one["sql"]]
    tables = ["order" if 'FROM "cases_hotlineorder"' in one else "case" for one in locks]
    assert "order" in tables and "case" in tables
    first_case = tables.index("case")
    assert "order" in tables[:first_case]
    touched = [
        place for place, one in enumerate(caught) if one["sql"].startswith('UPDATE "cases_hotlineorder"')
    ]
    held = next(place for place, one in enumerate(caught) if one["sql"] == locks[tables.index("order")])
    assert all(held < place for place in touched) and touched


def _taken(platform: Platform, case: Any, now: datetime) -> Any:
    return platform.pull(platform.pull()[1])


def _failed(platform: Platform, case: Any, now: datetime) -> Any:
    return handling.message_failed(subject_id=case.id, notice_id=uuid7(), now=now)


@pytest.mark.parametrize("deed", [_taken, _failed], ids=["answer taken", "message failed"])
def test_a_report_and_the_case_it_was_merged_into_are_locked_by_their_ids(
    platform: Platform, morning: datetime, deed: Any
) -> None:
    scene, into = platform.scene, reported(platform.scene, morning).case
    platform.order()
    case = merge(scene, case_of(NUMBER), into, later(morning, 0.5))
    row = actions.take_up(case=into.id, by=scene.grid_worker, now=later(morning, 1), version=None)
    actions.dispose(case=row, result="好了", by=scene.grid_worker, now=later(morning, 2), version=None)
    with CaptureQueriesContext(connection) as caught:
        deed(platform, case, later(morning, 5))
    locks = [one["sql"] for one in caught if "FOR NO KEY UPDATE" in one["sql"]]
    both = [case.id, into.id]
    first = next(one for one in locks if any(key.hex in one.replace("-", "") for key in both))
    assert all(key.hex in first.replace("-", "") for key in both), locks
    assert 'ORDER BY "cases_case"."id"' in first
