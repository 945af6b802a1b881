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
from mulin.ground.runs import actions as runs
from mulin.ground.runs import queries as runs_read
from mulin.kernel.clock import CHINA
from mulin.kernel.county import NoCounty, county_scope, current_county, scope
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from mulin.kernel.secrets import decrypt
from mulin.services.cases.actions import imports, ledgers
from mulin.services.cases.models import Case, CaseReporter, ImportFile
from mulin.services.cases.queries import ledgers as read
from tests.cases.scenes import browser
from tests.conftest import as_owner
from tests.personas import COUNTY, NEIGHBOUR, Scene, build_scene

NOW = datetime(2026, 9, 1, 9, 0, tzinfo=CHINA)
HEAD = ["留言编号", "留言用户", "留言主题", "留言时间", "留言详情", "答复意见", "答复时间"]
GOOD = ["7", "A1", "路灯", "2019/4/24 16:03:40", "路灯坏了", "已修", "2019/4/25 8:00"]
BAD = ["8", "A1", "路灯", "2019/2/30", "路灯坏了", "", ""]


@pytest.fixture(autouse=True)
def home(tmp_path: Any, settings: Any) -> None:
    settings.HOME = tmp_path


FIELDS = {
    "number": "留言编号", "user": "留言用户", "subject": "留言主题", "reported_at": "留言时间", "text": "留言详情",
    "reply": "答复意见", "replied_at": "答复时间",
}  # fmt: skip


def upload(*rows: list[str], head: list[str] = HEAD, name: str = "留言.csv") -> SimpleUploadedFile:
    out = io.StringIO()
    csv.writer(out).writerows([head, *rows])
    return SimpleUploadedFile(name, out.getvalue().encode("utf-8-sig"))


def keep(scene: Scene, *rows: list[str], who: str = "county_clerk", **more: Any) -> ImportFile:
    return ledgers.keep_table(upload=upload(*rows), by=scene.actors[who], now=NOW, **more)


def ask(scene: Scene, table: ImportFile, *, dry_run: bool = False, **mapping: str) -> Any:
    return ledgers.ask_for_import(
        table=table.id, mapping=mapping or FIELDS, by=scene.county_clerk, now=NOW, dry_run=dry_run
    )


def brought(scene: Scene, *rows: list[str], dry_run: bool = False, **more: Any) -> Any:
    """The run of a table that came in."""
    run = runs.perform(run=ask(scene, keep(scene, *rows, **more), dry_run=dry_run).id, clock=clock)
    assert run is not None
    return run


def clock() -> datetime:
    return NOW + timedelta(minutes=1)


def jobs() -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT task_name, args FROM procrastinate_jobs ORDER BY id")
        return [(name, json.loads(args)) for name, args in cursor.fetchall()]


def test_run_and_job_are_committed_together_and_the_job_holds_ids_only(county: Scene) -> None:
    run = ask(county, keep(county, GOOD))
    assert jobs() == [("runs.perform", {"county": COUNTY, "run": str(run.id)})]
    assert run.state == "queued" and run.address == f"/desk/import/{run.facts['table']}/"


def test_the_job_brings_the_file_in_and_says_how_it_ended(county: Scene) -> None:
    run = brought(county, GOOD, BAD)
    assert (run.state, run.done) == ("done", 2)
    assert run.counts == {"imported": 1, "updated": 0, "unchanged": 0, "refused": 1}
    assert run.reasons[0][0] == 3 and "留言时间" in run.reasons[0][1]
    assert Case.objects.get().external_no == "7"
    sheet = load_workbook(runs_read.result_of(run).open("rb")).active
    assert sheet.max_row == 2 and "留言时间" in sheet.cell(2, sheet.max_column).value
    assert runs.perform(run=run.id, clock=clock) is None


def test_checking_writes_nothing_and_writing_afterwards_does(county: Scene) -> None:
    table = keep(county, GOOD, BAD)
    run = runs.perform(run=ask(county, table, dry_run=True).id, clock=clock)
    assert run is not None and run.counts["imported"] == 1 and not Case.objects.exists()
    run = runs.perform(run=ask(county, table).id, clock=clock)
    assert run is not None and run.counts["imported"] == 1 and Case.objects.count() == 1
    table.refresh_from_db()
    assert table.written_at == NOW


def test_again_changes_nothing_and_what_changed_is_brought_up_to_date(county: Scene) -> None:
    brought(county, GOOD)
    assert brought(county, GOOD).counts["unchanged"] == 1
    changed = [*GOOD[:4], "路灯坏了，又坏了", *GOOD[5:]]
    assert brought(county, changed).counts == {"imported": 0, "updated": 1, "unchanged": 0, "refused": 0}
    assert Case.objects.get().text == "路灯坏了，又坏了"
    assert brought(county, GOOD, source="另一个台账").counts["imported"] == 1  # numbers are a source's own


def test_any_headers_are_matched_and_the_next_table_of_the_source_begins_with_them(county: Scene) -> None:
    head = ["序号", "打来的电话", "在哪", "什么时候", "说了什么"]
    row = ["3", "13812345678", "3号楼东门", "2026-05-04 10:00", "路灯坏了"]
    mapping = {
        "number": "序号",
        "phone": "打来的电话",
        "place": "在哪",
        "reported_at": "什么时候",
        "text": "说了什么",
    }
    by = county.county_clerk
    table = ledgers.keep_table(upload=upload(row, head=head), by=by, now=NOW, source="12345")
    assert read.mapping_for(table, read.head_of(table)) == {}
    assert read.head_of(table).rows == [tuple(row)]
    run = runs.perform(run=ask(county, table, **mapping).id, clock=clock)
    assert run is not None and run.counts["imported"] == 1, run.message
    case = Case.objects.get()
    assert (case.external_no, case.place_text, case.import_source) == ("3", "3号楼东门", "12345")
    reporter = CaseReporter.objects.get()
    assert decrypt(reporter.phone_sealed, bound_to="case_reporter.phone") == "13812345678"
    again = ledgers.keep_table(upload=upload(row, head=head), by=by, now=NOW, source="12345")
    assert read.mapping_for(again, read.head_of(again)) == mapping and read.sources() == ["12345"]
    bare = ledgers.keep_table(upload=upload(["1"], head=["序号"]), by=by, now=NOW, source="12345")
    assert read.mapping_for(bare, read.head_of(bare)) == {"number": "序号"}
    plain = ledgers.keep_table(upload=upload(GOOD), by=by, now=NOW)
    assert read.mapping_for(plain, read.head_of(plain)) == FIELDS  # guessed by the headers' names


def test_columns_that_cannot_be_right_are_refused_beside_their_field(county: Scene) -> None:
    table = keep(county, GOOD)
    for mapping, field in (
        ({**FIELDS, "text": ""}, "text"),
        ({**FIELDS, "subject": "没有的列"}, "subject"),
        ({**FIELDS, "category": "答复意见"}, "reply"),
    ):
        with pytest.raises(Refused) as refused:
            ask(county, table, **mapping)
        assert refused.value.field == field
    assert jobs() == []


def test_a_row_with_a_number_that_is_no_telephone_is_refused_alone(county: Scene) -> None:
    head = [*HEAD, "电话"]
    rows = [[*GOOD, "一三八"], ["9", *GOOD[1:], "13812345678"]]
    table = ledgers.keep_table(upload=upload(*rows, head=head), by=county.county_clerk, now=NOW)
    run = runs.perform(run=ask(county, table, **FIELDS, phone="电话").id, clock=clock)
    assert run is not None and run.counts["imported"] == 1
    assert run.reasons == [[2, "联系电话好像不对"]]


def test_a_file_that_is_no_table_is_refused_in_words(county: Scene) -> None:
    for name, content in (("x.pdf", b"nothing"), ("x.xlsx", b"\x89PNG\r\n\x1a\n\x00\xff"), ("x.csv", b"")):
        with pytest.raises(Refused) as refused:
            ledgers.keep_table(upload=SimpleUploadedFile(name, content), by=county.admin, now=NOW)
        assert refused.value.field == "file" and str(refused.value)
    folder = read.path_of(ImportFile(file_name="x.csv")).parent
    assert not ImportFile.objects.exists() and list(folder.iterdir()) == []


def test_an_old_workbook_is_told_how_to_become_a_new_one(county: Scene) -> None:
    old = SimpleUploadedFile("台账.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4096))
    with pytest.raises(Refused, match=r"另存为 \.xlsx") as refused:
        ledgers.keep_table(upload=old, by=county.admin, now=NOW)
    assert refused.value.field == "file"


def test_a_killed_import_goes_on_and_counts_each_row_once(
    county: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "BATCH", 2)
    rows = [[str(n), *GOOD[1:]] for n in range(1, 6)]
    run = ask(county, keep(county, *rows))
    real, calls = imports._import_batch, []

    def dies(*told: Any) -> Any:
        calls.append(told)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(*told)

    monkeypatch.setattr(imports, "_import_batch", dies)
    with pytest.raises(KeyboardInterrupt):
        runs.perform(run=run.id, clock=clock)
    assert Case.objects.count() == 4
    late = NOW + timedelta(minutes=12)
    runs.tend(now=late)
    done = runs.perform(run=run.id, clock=lambda: late)
    assert done is not None and done.counts == {"imported": 1, "updated": 0, "unchanged": 4, "refused": 0}
    assert Case.objects.count() == 5


def test_files_go_after_a_week(county: Scene) -> None:
    run = brought(county, BAD)
    table = ImportFile.objects.get()
    assert ledgers.tend_tables(now=NOW + timedelta(days=6)) == 0 and read.path_of(table).exists()
    assert ledgers.tend_tables(now=NOW + timedelta(days=8)) == 1 and not read.path_of(table).exists()
    assert ledgers.tend_tables(now=NOW + timedelta(days=8)) == 0
    runs.tend(now=NOW + timedelta(days=8))
    assert not runs_read.result_of(run).exists()
    with pytest.raises(NotFound):
        ask(county, table)


@pytest.mark.parametrize("who", ["leader", "community_clerk", "grid_worker", "resident", "stranger"])
def test_only_the_countys_clerks_import(county: Scene, who: str) -> None:
    with pytest.raises(NotAllowed):
        keep(county, GOOD, who=who)
    table = keep(county, GOOD)
    with pytest.raises(NotFound):
        read.import_file(county.actors[who], table.id)
    with pytest.raises(NotFound):
        ledgers.ask_for_import(table=table.id, mapping=FIELDS, by=county.actors[who], now=NOW, dry_run=True)
    assert not read.import_runs(county.actors[who]).exists()


def test_a_neighbour_does_not_see_a_table(scene: Scene) -> None:
    with county_scope(COUNTY):
        table = keep(scene, GOOD)
    with county_scope(NEIGHBOUR), pytest.raises(NotFound):
        read.import_file(scene.neighbour_admin, table.id)


def test_from_upload_to_the_rows_that_could_not_stand_by_pages(county: Scene) -> None:
    clerk = browser(county, "county_clerk")
    sent = clerk.post("/desk/import/", {"file": upload(GOOD, BAD), "source": "热线"})
    assert sent.status_code == 302
    page = clerk.get(sent["Location"]).content.decode()
    assert "路灯坏了" in page and '<option value="留言编号" selected>' in page
    wrong = clerk.post(sent["Location"], {**FIELDS, "text": "", "do": "check"})
    assert wrong.status_code == 422 and "请选择哪一列" in wrong.content.decode()
    for do in ("check", "write"):
        assert clerk.post(sent["Location"], {**FIELDS, "do": do}).status_code == 302
        run = read.import_runs(county.county_clerk)[0]
        runs.perform(run=run.id, clock=clock)
        assert Case.objects.count() == (1 if do == "write" else 0)
    page = clerk.get(sent["Location"]).content.decode()
    assert "第 3 行" in page
    answer = clerk.get(f"/desk/import/{run.id}/refused.xlsx")
    assert answer.status_code == 200 and b"".join(answer.streaming_content)[:2] == b"PK"
    assert run.title in clerk.get("/desk/import/").content.decode()


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
        run = ask(scene, keep(scene, GOOD))
    call_command("procrastinate", "worker", "--one-shot")
    with county_scope(COUNTY):
        run.refresh_from_db()
        assert (run.state, run.counts["imported"]) == ("done", 1)
