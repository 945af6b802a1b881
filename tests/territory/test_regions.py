"""``import_divisions``: the dated national table, from any file that offices send."""

from __future__ import annotations

import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import ProgrammingError, transaction

from mulin.ground.territory import actions
from mulin.ground.territory.models import Region
from mulin.kernel.errors import Refused
from tests.conftest import as_owner

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.no_tenant_rows("Region is a reference table"),
]
FIRST, SECOND = date(2025, 6, 30), date(2026, 6, 30)
TABLE = """code,name
21,辽宁省
2113,朝阳市
211322,建平县
211322001,叶柏寿街道
211322001003,双虹社区居民委员会
211322001005,益安社区居民委员会
"""


def load(text: str | bytes, as_of: date = FIRST, **options: Any) -> actions.Imported:
    data = text.encode() if isinstance(text, str) else text
    with as_owner():
        return actions.import_divisions(file=io.BytesIO(data), as_of=as_of, **options)


def counts(done: actions.Imported) -> tuple[int, int, int, int, int, int]:
    return done.read, done.added, done.renamed, done.ended, done.unchanged, len(done.refused)


def history(code: str) -> list[tuple[str, date, date | None]]:
    rows = Region.objects.filter(code=code).order_by("started_on", "id")
    return list(rows.values_list("name", "started_on", "ended_on"))


def test_the_first_import_fills_the_table() -> None:
    done = load(TABLE)
    assert done.plain() == {"read": 6, "added": 6, "renamed": 0, "ended": 0, "unchanged": 0, "refused": []}
    row = Region.objects.get(code="211322001003")
    assert (row.name, row.level, row.parent_code, row.started_on) == (
        "双虹社区居民委员会",
        5,
        "211322001000",
        FIRST,
    )
    assert Region.objects.get(code="210000000000").parent_code == ""


def test_the_second_import_changes_nothing() -> None:
    load(TABLE)
    before = list(Region.objects.order_by("id").values_list())
    assert counts(load(TABLE)) == (6, 0, 0, 0, 6, 0)
    assert counts(load(TABLE, SECOND)) == (6, 0, 0, 0, 6, 0)
    assert list(Region.objects.order_by("id").values_list()) == before


def test_a_new_name_ends_the_old_row() -> None:
    load(TABLE)
    done = load(TABLE.replace("益安社区", "永安社区"), SECOND)
    assert counts(done) == (6, 0, 1, 0, 5, 0)
    assert history("211322001005") == [
        ("益安社区居民委员会", FIRST, SECOND),
        ("永安社区居民委员会", SECOND, None),
    ]


def test_a_missing_code_is_ended_only_where_the_file_has_its_county() -> None:
    load(TABLE + "211321,朝阳县\n211321001,柳城街道\n")
    without = "\n".join(line for line in TABLE.splitlines() if "益安" not in line)
    assert counts(load(without, SECOND)) == (5, 0, 0, 1, 5, 0)
    assert history("211322001005") == [("益安社区居民委员会", FIRST, SECOND)]
    assert history("211321001000") == [("柳城街道", FIRST, None)]
    part = "code,name\n211322001,叶柏寿街道\n"
    assert counts(load(part, SECOND)) == (1, 0, 0, 0, 1, 0)
    assert history("211322001003") == [("双虹社区居民委员会", FIRST, None)]


def test_a_revived_code_gets_a_new_row() -> None:
    load(TABLE)
    load("\n".join(line for line in TABLE.splitlines() if "益安" not in line), SECOND)
    third = date(2027, 6, 30)
    assert counts(load(TABLE, third)) == (6, 1, 0, 0, 5, 0)
    assert history("211322001005") == [
        ("益安社区居民委员会", FIRST, SECOND),
        ("益安社区居民委员会", third, None),
    ]


def test_a_row_marked_as_revoked_is_ended_with_its_name_kept() -> None:
    load(TABLE)
    marked = TABLE.replace("益安社区居民委员会", "益安社区居民委员会（已撤销）")
    assert counts(load(marked, SECOND)) == (6, 0, 0, 1, 5, 0)
    assert history("211322001005") == [("益安社区居民委员会", FIRST, SECOND)]
    assert counts(load(marked, SECOND)) == (6, 0, 0, 0, 6, 0)
    unknown = marked + "211322001009,从前社区(已撤销)\n"
    assert counts(load(unknown, SECOND)) == (7, 0, 0, 1, 6, 0)
    assert counts(load(unknown, SECOND)) == (7, 0, 0, 0, 7, 0)


def test_an_older_table_is_refused() -> None:
    load(TABLE, SECOND)
    with pytest.raises(Refused, match="2025-06-30"):
        load(TABLE.replace("益安", "永安"), FIRST)
    assert counts(load("code,name\n211321,朝阳县\n", FIRST)) == (1, 1, 0, 0, 0, 0)


def test_bad_rows_are_told_by_number_and_the_good_ones_stand() -> None:
    text = (
        "code,name\n211322,建平县\n\nabc,某社区\n2113220010,十位\n211322001,\n,没有代码\n"
        "2.11322E+11,双虹社区\n211322002,红山街道\n211322003," + "长" * 121 + "\n"
    )
    done = load(text)
    assert [(row.row, row.reason[:8]) for row in done.refused] == [
        (4, "代码不全是数字："),
        (5, "代码应为 2、4"),
        (6, "名称为空"),
        (7, "代码为空"),
        (8, "代码被表格软件改"),
        (10, "名称超过 120"),
    ]
    assert counts(done) == (8, 2, 0, 0, 0, 6)
    assert done.note


def test_a_refused_row_never_ends_its_code() -> None:
    load(TABLE)
    assert counts(load(TABLE.replace("211322001005,益安社区居民委员会", "211322001005,"), SECOND)) == (
        6,
        0,
        0,
        0,
        5,
        1,
    )
    unreadable = TABLE.replace("211322001005,", "2.11322E+11,")
    assert counts(load(unreadable, SECOND)) == (6, 0, 0, 0, 5, 1)
    assert history("211322001005") == [("益安社区居民委员会", FIRST, None)]


def test_doubles_the_first_stands_and_another_name_is_refused() -> None:
    text = TABLE + "211322001003,双虹社区居民委员会\n211322001003,双红社区居民委员会\n211322001003000,长\n"
    done = load(text)
    assert [(row.row, row.code) for row in done.refused] == [(9, "211322001003"), (10, "211322001003000")]
    assert "第 6 行" in done.refused[0].reason
    assert history("211322001003") == [("双虹社区居民委员会", FIRST, None)]


@pytest.mark.parametrize(
    "data",
    [
        TABLE.encode("gbk"),
        TABLE.encode("utf-8-sig"),
        TABLE.encode("utf-16"),
        TABLE.replace("\n", "\r\n").encode(),
        TABLE.replace(",", "\t").encode(),
        TABLE.replace("code,name", "统计用区划代码,名称").encode(),
        TABLE.replace("code,name", " 区划代码 ,区划名称").encode("gb18030"),
        TABLE.replace("code,name\n", "").encode(),
        ("2023年统计用区划代码,\n\n" + TABLE).encode(),
        (TABLE + "\n\n,,\n \n").encode(),
        "".join(f'"{line.split(",")[1]}","{line.split(",")[0]}"\n' for line in TABLE.splitlines()).encode(),
        "".join(f"{a},111,{b}\n" for a, b in (line.split(",") for line in TABLE.splitlines()[1:])).encode(),
    ],
)
def test_files_as_offices_send_them(data: bytes) -> None:
    assert counts(load(data)) == (6, 6, 0, 0, 0, 0)


def test_a_told_encoding_and_one_that_nobody_knows() -> None:
    assert load(TABLE.encode("gbk"), encoding="gb18030").added == 6
    with pytest.raises(Refused, match="klingon"):
        load(TABLE, encoding="klingon")


@pytest.mark.parametrize(
    "data", [b"", b"\n\n", b"a,b\nc,d\n", b"PK\x03\x04zip", "\ufeff".encode(), b"\xff\xff\xff,\x80"]
)
def test_other_files_are_refused_in_one_line(data: bytes) -> None:
    with pytest.raises(Refused):
        load(data)
    assert not Region.objects.exists()


def test_a_dry_run_reports_and_writes_nothing() -> None:
    assert counts(load(TABLE, dry_run=True)) == (6, 6, 0, 0, 0, 0)
    assert not Region.objects.exists()


def test_the_web_role_cannot_write_the_table() -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        Region.objects.create(code="210000000000", name="辽宁省", level=1, started_on=FIRST)
    with pytest.raises(ProgrammingError, match="permission denied"):
        actions.import_divisions(file=io.BytesIO(TABLE.encode()), as_of=FIRST)


def test_the_command_prints_one_json_value_and_writes_the_errors(tmp_path: Path) -> None:
    file, errors, out = tmp_path / "表.csv", tmp_path / "拒收.csv", io.StringIO()
    file.write_bytes((TABLE + "x,y\n").encode("gbk"))
    with as_owner():
        call_command("import_divisions", file, as_of=FIRST, format="json", errors=errors, stdout=out)
    told = json.loads(out.getvalue())
    assert (told["read"], told["added"]) == (7, 6)
    assert [row["row"] for row in told["refused"]] == [8]
    assert "x,y,8," in errors.read_text("utf-8-sig")
    said, silent = io.StringIO(), io.StringIO()
    with as_owner():
        call_command("import_divisions", file, as_of=FIRST, stdout=said, stderr=silent)
    assert "第 8 行" in said.getvalue() and silent.getvalue() == "", "what it found is its answer"
    with pytest.raises(Refused), as_owner():
        call_command("import_divisions", tmp_path / "nothing.csv")
    with pytest.raises(Refused, match="属主"):
        call_command("import_divisions", file)
