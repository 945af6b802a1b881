"""One service pages every list: both ways, in either direction, over any ordered key, and no mark can break it."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import CharField, Value
from django.db.models.functions import Concat
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mulin.kernel.county import county_scope
from mulin.kernel.ids import uuid7
from mulin.kernel.paging import MOST, Page, count_words, counts, page
from tests.personas import COUNTY, NEIGHBOUR, Scene

WorkItem: Any = apps.get_model("worklist.WorkItem")
ORDERS = ["opened_at", "-opened_at", "title", "-title", "id", "-id", "line", "-line"]


def items(now: datetime, minutes: list[int]) -> Any:
    """One to-do per number, opened that many minutes later: equal numbers are ties."""
    made = [
        WorkItem(
            kind=f"k{place}",
            subject_kind="case",
            subject_id=uuid7(),
            title=f"事{minute % 3}",
            role="admin",
            path="/",
            opened_at=now + timedelta(minutes=minute),
        )
        for place, minute in enumerate(minutes)
    ]
    WorkItem.objects.bulk_create(made)
    joined = Concat("kind", Value("·"), "title", output_field=CharField())
    return WorkItem.objects.annotate(line=joined)


def walk(found: Any, by: str, size: int, way: str = "next", at: str = "") -> list[Any]:
    """The keys of all pages one way, each page in the order in which it stands."""
    pages = []
    while True:
        shown = page(found, by=by, at=at, size=size)
        pages.append([row.pk for row in shown.rows])
        at = getattr(shown, way)
        if not at:
            return pages


def whole(found: Any, by: str) -> list[Any]:
    sign = "-" if by.startswith("-") else ""
    return [row.pk for row in found.order_by(by, f"{sign}id")]


@pytest.mark.parametrize("by", ORDERS)
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(minutes=st.lists(st.integers(0, 4), min_size=1, max_size=9), size=st.integers(1, 10))
def test_pages_follow_each_other_both_ways_without_gap_or_repeat(
    county: Scene, now: datetime, by: str, minutes: list[int], size: int
) -> None:
    WorkItem.objects.all().delete()
    found = items(now, minutes)
    there = walk(found, by, size)
    assert [row for part in there for row in part] == whole(found, by)
    last = page(found, by=by, size=size)
    while last.next:
        last = page(found, by=by, at=last.next, size=size)
    if last.previous:
        back = walk(found, by, size, "previous", last.previous)
        assert [row for part in reversed(back) for row in part] == whole(found, by)[: -len(last.rows)]


def test_a_spoilt_or_foreign_mark_begins_at_the_front(county: Scene, now: datetime) -> None:
    found = items(now, [1, 2, 3])
    first = [row.pk for row in page(found, by="-opened_at", size=2).rows]
    other = page(found, by="title", size=2).next

    def raw(text: str) -> str:
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    key = first[0]
    for mark in (
        "x", "%%%", "é", "🙂", "MjAyNg", other,
        raw("a"), raw(f"z\n-opened_at\n{key}\n{now.isoformat()}"), raw(f"a\n-opened_at\nno-key\n{now.isoformat()}"),
        raw(f"a\n-opened_at\n{key}\nyesterday"), raw(f"a\n-opened_at\n{key}\n2026-09-01T09:00:00"),
        raw(f"a\n-opened_at\n{key}\n\0"), raw(f"a\nno_such_column\n{key}\n1"),
    ):  # fmt: skip
        assert [row.pk for row in page(found, by="-opened_at", at=mark, size=2).rows] == first, mark


def test_a_page_is_one_statement_and_so_are_many_counts(county: Scene, now: datetime) -> None:
    found = items(now, [1, 2, 3])
    mark = page(found, by="title", size=1).next
    with CaptureQueriesContext(connection) as caught:
        page(found, by="title", at=mark, size=1)
    assert len(caught) == 1
    with CaptureQueriesContext(connection) as caught:
        numbers = counts(found, WorkItem.objects.none(), found.filter(title="事1"), found.filter(kind="?"))
    assert (numbers, len(caught)) == ([3, 0, 1, 0], 1)
    assert counts(WorkItem.objects.none()) == [0] and counts() == []


def test_a_count_stops_counting_and_says_so(
    county: Scene, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mulin.kernel.paging.MOST", 3)
    found = items(now, [1, 2, 3, 4, 5])
    assert counts(found, found.filter(title="事1")) == [4, 2]
    assert (count_words(0), count_words(3), count_words(4)) == ("", "3", "3+")
    assert MOST == 1000


def test_counts_stay_in_their_county(scene: Scene, now: datetime) -> None:
    with county_scope(COUNTY):
        items(now, [1, 2])
    with county_scope(NEIGHBOUR):
        assert counts(WorkItem.objects.all()) == [0]


def test_neighbours_are_linked_with_the_filters_kept() -> None:
    shown = Page([1, 2], next="N", previous="")
    assert shown.links({"q": "路灯", "at": "old", "state": ""}) == {
        "next_page": "?q=%E8%B7%AF%E7%81%AF&at=N",
        "previous_page": "",
        "shown": 2,
    }
