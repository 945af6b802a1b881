"""Imports asked for on a page: the upload, the job, the rows that could not stand."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from openpyxl import load_workbook

from mulin.citus.jobs import in_county
from mulin.kernel.clock import CHINA
from mulin.kernel.county import NoCounty, county_scope, current_county, scope
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from mulin.services.cases.actions import runs
from mulin.services.cases.models import Case, ImportRun
from tests.conftest import as_owner
from tests.personas import COUNTY, NEIGHBOUR, Scene, build_scene

NOW = datetime(2026, 9, 1, 9, 0, tzinfo=CHINA)
HEAD = ["留言编号", "留言用户", "留言主题", "留言时间", "留言详情", "答复意见", "答复时间"]
GOOD = ["7", "A1", "路灯", "2019/4/24 16:03:40", "路灯坏了", "已修", "2019/4/25 8:00"]
BAD = ["8", "A1", "路灯", "2019/2/30", "路灯坏了", "", ""]


@pytest.fixture(autouse=True)
def home(tmp_path: Any, settings: Any) -> None:
    settings.HOME = tmp_path


def upload(*rows: list[str], name: str = "留言.csv") -> SimpleUploadedFile:
    out = io.StringIO()
    csv.writer(out).writerows([HEAD, *rows])
    return SimpleUploadedFile(name, out.getvalue().encode("utf-8-sig"))


def ask(scene: Scene, *rows: list[str], **more: Any) -> ImportRun:
    return runs.ask_for_import(upload=upload(*rows), by=scene.county_clerk, now=NOW, **more)


def clock() -> datetime:
    return NOW + timedelta(minutes=1)


def jobs() -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT task_name, args FROM procrastinate_jobs ORDER BY id")
        return [(name, json.loads(args)) for name, args in cursor.fetchall()]


def test_run_and_job_are_committed_together_and_the_job_holds_ids_only(county: Scene) -> None:
    run = ask(county, GOOD)
    assert jobs() == [("cases.bring_in", {"county": COUNTY, "run": str(run.id)})]
    assert ImportRun.objects.get().state == "queued"


def test_the_job_brings_the_file_in_and_says_how_it_ended(county: Scene) -> None:
    run = ask(county, GOOD, BAD)
    runs.perform_import(run=run.id, clock=clock)
    run.refresh_from_db()
    assert (run.state, run.read, run.imported, run.refused) == ("done", 2, 1, 1)
    assert run.reasons[0][0] == 3
    assert Case.objects.get().external_no == "7"
    sheet = load_workbook(runs.refused_file(run=run)).active
    assert sheet.max_row == 2 and "留言时间" in sheet.cell(2, sheet.max_column).value
    assert [path.name for path in runs._folder().iterdir()] == [f"{run.id}.refused.xlsx"]
    assert runs.perform_import(run=run.id, clock=clock) is None


def test_a_file_that_is_no_table_is_refused_in_words(county: Scene) -> None:
    run = runs.ask_for_import(upload=SimpleUploadedFile("x.xlsx", b"nothing"), by=county.admin, now=NOW)
    runs.perform_import(run=run.id, clock=clock)
    run.refresh_from_db()
    assert run.state == "refused" and run.message and run.finished_at
    with pytest.raises(Refused, match="xlsx"):
        runs.ask_for_import(upload=SimpleUploadedFile("x.pdf", b"nothing"), by=county.admin, now=NOW)


def test_a_run_whose_worker_died_is_started_again_once(county: Scene) -> None:
    run = ask(county, GOOD)
    ImportRun.objects.update(state="running")
    assert runs.tend_imports(now=NOW + timedelta(minutes=5)) == 0
    assert runs.perform_import(run=run.id, clock=clock) is None, "another job has it"
    late = NOW + timedelta(minutes=11)
    assert runs.tend_imports(now=late) == 1
    assert runs.tend_imports(now=late) == 0
    assert len(jobs()) == 2
    assert runs.perform_import(run=run.id, clock=lambda: late) is not None
    assert Case.objects.count() == 1


def test_files_go_after_a_week(county: Scene) -> None:
    run = ask(county, BAD)
    runs.perform_import(run=run.id, clock=clock)
    runs.tend_imports(now=NOW + timedelta(days=6))
    assert runs.refused_file(run=run).exists()
    runs.tend_imports(now=NOW + timedelta(days=8))
    assert not runs.refused_file(run=run).exists()


@pytest.mark.parametrize("who", ["leader", "community_clerk", "grid_worker", "resident", "stranger"])
def test_only_the_countys_clerks_import(county: Scene, who: str) -> None:
    actor = county.actors[who]
    with pytest.raises(NotAllowed):
        runs.ask_for_import(upload=upload(GOOD), by=actor, now=NOW)
    run = ask(county, GOOD)
    with pytest.raises(NotFound):
        runs.run_for(by=actor, run=run.id)


def test_a_neighbour_does_not_see_a_run(scene: Scene) -> None:
    with county_scope(COUNTY):
        run = ask(scene, GOOD)
    with county_scope(NEIGHBOUR), pytest.raises(NotFound):
        runs.run_for(by=scene.neighbour_admin, run=run.id)


@pytest.mark.no_tenant_rows("no rows")
def test_a_job_runs_in_its_county_and_leaves_none_behind() -> None:
    assert in_county(lambda county: current_county())(county=COUNTY) == COUNTY
    with pytest.raises(NoCounty):
        scope()


@pytest.mark.django_db(transaction=True)
def test_the_real_worker_does_it() -> None:
    with as_owner():
        scene = build_scene(NOW)
    with county_scope(COUNTY):
        run = ask(scene, GOOD)
    call_command("procrastinate", "worker", "--one-shot")
    with county_scope(COUNTY):
        run.refresh_from_db()
        assert (run.state, run.imported) == ("done", 1)
