"""``mulin tick``: every county, every call-back; one failure stops nothing else and is not hidden."""

from __future__ import annotations

import io
import json
from datetime import datetime
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from mulin.kernel import hooks
from mulin.kernel.county import current_county
from tests.personas import COUNTY, NEIGHBOUR, Scene

pytestmark = pytest.mark.no_tenant_rows("the call-backs of these tests count and write nothing")


def run(*options: str) -> tuple[int, Any]:
    out = io.StringIO()
    try:
        call_command("tick", "--format", "json", *options, stdout=out)
    except SystemExit as left:
        return int(left.code or 0), json.loads(out.getvalue())
    return 0, json.loads(out.getvalue())


def test_every_county_is_visited_in_its_own_scope(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[int, datetime]] = []

    def act(*, now: datetime) -> int:
        seen.append((current_county(), now))
        return 2

    monkeypatch.setattr(hooks, "tick", [("count", act)])
    code, told = run()
    assert (code, [one["county"] for one in told]) == (0, [NEIGHBOUR, COUNTY])
    assert [one["done"] for one in told] == [{"count": 2}, {"count": 2}]
    assert [county for county, _ in seen] == [NEIGHBOUR, COUNTY]
    assert run("--county", str(COUNTY))[1][0]["county"] == COUNTY


def test_one_failure_stops_nothing_else_and_is_told(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*, now: datetime) -> int:
        if current_county() == NEIGHBOUR:
            raise RuntimeError("broken")
        return 1

    monkeypatch.setattr(hooks, "tick", [("first", fails), ("second", lambda *, now: 3)])
    code, told = run()
    assert code == 1
    assert told[0] == {"county": NEIGHBOUR, "done": {"second": 3}, "failed": ["first"]}
    assert told[1] == {"county": COUNTY, "done": {"first": 1, "second": 3}, "failed": []}


def test_the_testers_clock_reaches_the_call_backs(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[datetime] = []

    def act(*, now: datetime) -> int:
        seen.append(now)
        return 0

    monkeypatch.setattr(hooks, "tick", [("look", act)])
    monkeypatch.setenv("MULIN_NOW", "2030-05-01T08:00:00")
    run("--county", str(COUNTY))
    assert seen[0].isoformat().startswith("2030-05-01T08:")


def test_an_unknown_county_is_refused(scene: Scene) -> None:
    with pytest.raises(CommandError):
        call_command("tick", "--county", "110101")
