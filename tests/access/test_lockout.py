"""Counting tries: exact under parallel load, over when the window is over, told in minutes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from mulin.ground.access import actions, queries
from mulin.kernel.errors import Refused

pytestmark = [pytest.mark.django_db, pytest.mark.no_tenant_rows("attempts belong to no county")]


def tries(now: datetime, count: int, key: str = "sign-in:a") -> int:
    passed = 0
    for _number in range(count):
        try:
            actions.count_attempt(key=key, limit=5, minutes=15, now=now)
            passed += 1
        except Refused as refused:
            assert (refused.code, refused.status) == ("too_many", 429)
    return passed


def test_the_limit_is_per_key_and_ends_with_its_window(db: None, now: datetime) -> None:
    assert tries(now, 8) == 5
    assert tries(now, 8, "sign-in:b") == 5
    assert queries.locked_until("sign-in:a", limit=5, now=now) == now + timedelta(minutes=15)
    assert tries(now + timedelta(minutes=14), 1) == 0
    assert tries(now + timedelta(minutes=15), 8) == 5


def test_the_refusal_says_how_long(db: None, now: datetime) -> None:
    tries(now, 5)
    with pytest.raises(Refused, match="3 分钟"):
        actions.count_attempt(
            key="sign-in:a", limit=5, minutes=15, now=now + timedelta(minutes=12, seconds=10)
        )


def test_one_statement_and_no_readable_key(db: None, now: datetime) -> None:
    with CaptureQueriesContext(connection) as made:
        tries(now, 1, "progress:13800138000")
    assert len(made) == 1
    (row,) = apps.get_model("access.Attempt").objects.all()
    assert "138" not in row.key[:3]
    assert len(row.key) == 64


def test_success_clears_and_a_shared_address_gets_its_try_back(db: None, now: datetime) -> None:
    tries(now, 5)
    actions.clear_attempts(key="sign-in:a")
    assert tries(now, 4) == 4
    actions.forgive_attempt(key="sign-in:a")
    assert tries(now, 4) == 2


def test_purging_deletes_only_windows_that_are_over(db: None, now: datetime) -> None:
    tries(now, 1)
    tries(now + timedelta(minutes=10), 1, "sign-in:b")
    assert actions.purge_attempts(now=now + timedelta(minutes=20)) == 1
    assert actions.purge_attempts(now=now + timedelta(minutes=20)) == 0


@pytest.mark.django_db(transaction=True)
def test_of_forty_tries_in_eight_threads_exactly_five_pass(transactional_db: None, now: datetime) -> None:
    def five(_number: int) -> int:
        try:
            return tries(now, 5)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        passed: list[Any] = list(pool.map(five, range(8)))
    assert sum(passed) == 5
