"""Reading the catalogue."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from mulin.kernel.county import county_scope
from mulin.kernel.errors import NotFound
from mulin.kernel.ids import uuid7
from mulin.services.catalogue import queries
from tests.catalogue.scenes import category, limit, matter
from tests.personas import NEIGHBOUR, Scene

pytestmark = pytest.mark.django_db


def test_the_version_in_force_is_found_by_type_and_by_code(county: Scene, now: datetime) -> None:
    old = matter("WY01", now, state="retired")
    new = matter("WY01", now, name="电梯故障")
    matter("WY02", now, state="draft")
    with CaptureQueriesContext(
        connection,
    ) as asked:
        found = queries.current(new.matter_type_id)
        assert found is not None
        assert (found.name, found.matter_type.category.name, found.lead_unit) == (
            "电梯故障",
            "物业服务与小区设施",
            None,
        )
    assert len(asked) == 1
    assert queries.current_by_code("WY01") == new
    assert queries.current_by_code("WY02") is None
    assert queries.version(old.id).number == 1


def test_an_unknown_version_is_not_found(county: Scene) -> None:
    with pytest.raises(NotFound):
        queries.version(uuid7())


def test_the_next_county_sees_none_of_it(county: Scene, now: datetime) -> None:
    mine = matter("WY01", now)
    with county_scope(NEIGHBOUR):
        assert queries.published() == []
        assert queries.current_by_code("WY01") is None
        with pytest.raises(NotFound):
            queries.version(mine.id)


def test_what_is_in_force_comes_by_category_in_one_statement(county: Scene, now: datetime) -> None:
    matter("WY02", now, name="单元门禁损坏")
    matter("WY01", now, name="电梯故障", name_en="Lift out of order")
    matter("ZA01", now, name="养犬不拴绳", of="public_order")
    matter("ZA02", now, name="还没有发布的", of="public_order", state="draft")
    with CaptureQueriesContext(connection) as asked:
        groups = queries.published()
        told = [(group.category.code, [row.matter_type.code for row in group.versions]) for group in groups]
    assert told == [("public_order", ["ZA01"]), ("property_facilities", ["WY01", "WY02"])]
    assert len(asked) == 1
    with translation.override("en"):
        labels = [label for _group, rows in queries.choices() for _key, label in rows]
    assert labels == ["养犬不拴绳", "Lift out of order", "单元门禁损坏"]


def test_the_limits_of_a_case_page_cost_one_statement(county: Scene, now: datetime) -> None:
    row = matter("WY01", now)
    limit(row, "dispose", 1440, clock="working")
    limit(row, "dispose", 2400, level="street", clock="working")
    with CaptureQueriesContext(connection) as asked:
        found = queries.limits(row.id, "street", "routine")
    assert len(asked) == 1
    assert found.dispose == queries.Limit(timedelta(hours=40), "working")
    assert found.accept == queries.DEFAULTS["routine"].accept
    assert queries.limits(row, "grid").dispose.days == 3


def test_a_case_without_a_matter_type_has_the_defaults(county: Scene) -> None:
    assert queries.limits(None, "grid", "emergency") == queries.DEFAULTS["emergency"]


def test_the_limits_of_many_versions_cost_one_statement(county: Scene, now: datetime) -> None:
    rows = [matter(f"WY0{number}", now) for number in range(1, 4)]
    limit(rows[1], "dispose", 60)
    with CaptureQueriesContext(connection) as asked:
        found = queries.limits_of([row.id for row in rows])
    assert len(asked) == 1
    assert found[rows[1].id, "grid"].dispose.span == timedelta(hours=1)
    assert found[rows[0].id, "county"] == queries.DEFAULTS["routine"]


@pytest.mark.parametrize("state", ["published", "draft"])
def test_a_type_has_one_version_in_force_and_one_draft(county: Scene, now: datetime, state: str) -> None:
    matter("WY01", now, state=state)
    with pytest.raises(IntegrityError), transaction.atomic():
        matter("WY01", now, state=state)


def test_a_code_and_a_category_are_the_countys_own(county: Scene, now: datetime) -> None:
    matter("WY01", now)
    with county_scope(NEIGHBOUR):
        assert category().county_id == NEIGHBOUR
        assert matter("WY01", now).county_id == NEIGHBOUR
