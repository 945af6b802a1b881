"""``mulin import-calendar``: a table or a text file, a dry run, JSON."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from mulin.ground.calendar import queries
from mulin.ground.calendar.models import WorkCalendarDay
from mulin.ground.trail.models import AuditEntry
from mulin.kernel.county import county_scope
from mulin.kernel.errors import Refused
from tests.calendar.test_notice import NOTICE_2026
from tests.personas import COUNTY, Scene


def run(file: Path, *words: str, county: int = COUNTY) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command("import_calendar", str(file), "--county", str(county), *words, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


@pytest.fixture
def notice(tmp_path: Path) -> Path:
    file = tmp_path / "2026.txt"
    file.write_text(NOTICE_2026, encoding="utf-8")
    return file


def test_the_text_of_the_notice_in_a_file(scene: Scene, notice: Path) -> None:
    dry, _err = run(notice, "--dry-run")
    assert "没有写入" in dry
    out, err = run(notice)
    assert "2026-02-14 班 春节" in out.splitlines()
    assert err == ""
    with county_scope(COUNTY):
        assert queries.known_years() == [2026]
        assert AuditEntry.objects.get(verb="calendar.import").system == "import-calendar"
        assert {row.source for row in WorkCalendarDay.objects.all()} == {"2026.txt"}


def test_a_table_with_a_bad_row_as_json(scene: Scene, tmp_path: Path) -> None:
    file = tmp_path / "2027.csv"
    file.write_text("日期,休或班,名称\n2027-02-09,休,春节\n2027-02-30,休,\n", encoding="gbk")
    out, _err = run(file, "--format", "json", "--source", "国办发明电")
    told = json.loads(out)
    assert told["changed"] == [{"day": "2027-02-09", "working": False, "name": "春节"}]
    assert [row["row"] for row in told["refused"]] == [3]
    assert told["official"] == [2027]


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"nothing", b"2027-02-30 \xe4\xbc\x91"])
def test_what_cannot_be_read_is_one_refusal(scene: Scene, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "x.txt"
    file.write_bytes(content)
    with pytest.raises(Refused):
        run(file)


def test_no_file_and_no_county_are_refused(scene: Scene, notice: Path, tmp_path: Path) -> None:
    for words in ((tmp_path / "nowhere.csv", COUNTY), (tmp_path / "nowhere.txt", COUNTY), (notice, 110101)):
        file: Any
        file, county = words
        with pytest.raises(Refused):
            run(file, county=county)
