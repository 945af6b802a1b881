"""A public figure opens to its cases, and to no word of a report."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from mulin.kernel import clock
from mulin.kernel.ids import public_number, uuid7
from mulin.services.cases.models import Case
from tests.personas import COUNTY, Scene


def report(**more: Any) -> None:
    at = clock.now() - timedelta(hours=30)
    Case.objects.create(
        **{
            "number": public_number(COUNTY), "client_id": uuid7(), "source": "resident", "state": "in_hand",
            "title": "王家的秘密", "text": "王家的秘密", "place_path": "/001/003/C1/", "reported_at": at,
            "reported_day": at.date(), "first_response_at": at + timedelta(hours=2), **more,
        }
    )  # fmt: skip


@pytest.fixture
def visitor(county: Scene, client: Client) -> Client:
    """Somebody who chose the county, for two are open."""
    session = client.session
    session["county"] = COUNTY
    session.save()
    return client


def test_the_rows_are_those_of_the_figure_and_tell_nothing_of_a_person(visitor: Client) -> None:
    report()
    report(first_response_at=None)
    report(source="patrol", found_fixed=True)
    page = visitor.get("/open/cases_reported/")
    assert page.status_code == 200
    text = page.content.decode()
    assert "共 2 件" in text and "双虹社区" in text and "2.0 小时" in text
    assert "秘密" not in text
    assert visitor.get("/open/cases_responded/").content.decode().count("data-head") == 1


@pytest.mark.parametrize("code", ["response_hours_p90", "made_up"])
def test_what_is_not_public_is_not_there(visitor: Client, code: str) -> None:
    assert visitor.get(f"/open/{code}/").status_code == 404
