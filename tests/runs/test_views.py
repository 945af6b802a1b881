"""The page of one's own runs, and the file behind one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from mulin.ground.runs import actions
from mulin.kernel import hooks
from tests.cases.scenes import browser
from tests.conftest import NOW
from tests.personas import Scene
from tests.runs.test_actions import ask, clock, copy


@pytest.fixture(autouse=True)
def ready(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.HOME = tmp_path
    monkeypatch.setitem(hooks.run_kinds, "test.copy", copy)


def test_the_page_follows_a_run_until_its_file_can_be_taken(county: Scene) -> None:
    client = browser(county, "community_clerk")
    assert "还没有导出过" in client.get("/desk/files/").content.decode()
    run = ask(county)
    page = client.get("/desk/files/").content.decode()
    assert "排队中" in page and 'hx-trigger="every 2s"' in page and f"/desk/files/{run.id}/" not in page
    assert client.get(f"/desk/files/{run.id}/").status_code == 404
    actions.perform(run=run.id, clock=clock)
    part = client.get("/desk/files/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part and "every 2s" not in part and f"/desk/files/{run.id}/" in part
    answer = client.get(f"/desk/files/{run.id}/")
    assert b"".join(answer.streaming_content) == b"row\nrow\n"
    assert "attachment" in answer["Content-Disposition"] and "no-store" in answer["Cache-Control"]
    assert browser(county, "admin").get(f"/desk/files/{run.id}/").status_code == 404


def test_a_refused_run_says_why(county: Scene) -> None:
    run = ask(county)
    run.state, run.message, run.finished_at = "refused", "表里没有行。", NOW
    run.save()
    page = browser(county, "community_clerk").get("/desk/files/").content.decode()
    assert "没有完成" in page and "表里没有行。" in page


def test_one_run_or_three_cost_the_same(county: Scene) -> None:
    client = browser(county, "community_clerk")

    def cost() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert client.get("/desk/files/").status_code == 200
        return len([one for one in caught if "SAVEPOINT" not in one["sql"]])

    ask(county)
    cost()
    one = cost()
    for _more in range(2):
        ask(county)
    assert cost() == one <= 9
