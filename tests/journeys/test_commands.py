"""A county from an empty folder, by the real command in real processes: opened, filled, measured, killed, backed up."""

from __future__ import annotations

import json
import os
import random
import statistics
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from mulin.config import embedded
from mulin.kernel.tables import write_csv, write_table
from tests.config.programs import mulin, started
from tests.config.test_cli import one_line

pytestmark = [pytest.mark.slow, pytest.mark.no_tenant_rows(reason="the tables are those of other processes")]

PARTITIONS = {"MULIN_TEST_PARTITIONS": os.environ.get("MULIN_TEST_PARTITIONS", "0")}
"""Passed on: in the partitioned run the watcher raises inside the commands."""
CLEAN = 211302
KILLED = (211303, 211304)
KILLS = 5
ROWS = 2000
TITLES = ["留言编号", "留言用户", "留言主题", "留言时间", "留言详情", "答复意见", "答复时间", "一级分类"]
MATTERS = ("路灯不亮", "下水道堵了", "小区乱停车", "暖气不热", "噪音扰民", "公交改线")

Row = list[Any]


def divisions() -> list[list[str]]:
    """A province, a city, and three counties of one street with two communities each."""
    found = [["21", "辽宁省"], ["2113", "朝阳市"]]
    for code in (CLEAN, *KILLED):
        street = f"{code}001"
        found += [[str(code), f"第{code % 100}县"], [street, "中心街道"]]
        found += [[f"{street}00{number}", f"{name}社区"] for number, name in ((1, "东"), (2, "西"))]
    return found


def messages(seed: int = 7) -> list[Row]:
    """Messages of one spring; two of three answered. The same every time."""
    chance, begin = random.Random(seed), datetime(2026, 3, 1, 8, 0)
    found: list[Row] = []
    for number in range(1, ROWS + 1):
        asked = begin + timedelta(minutes=chance.randrange(60 * 24 * 60))
        reply = ["", "", ""]
        if chance.random() < 2 / 3:
            answered = asked + timedelta(minutes=chance.randrange(1, 60 * 24 * 9))
            reply = ["您好，已经处理。", f"{answered:%Y/%-m/%-d %-H:%M:%S}", ""]
        matter = chance.choice(MATTERS)
        told = asked if number % 3 else f"{asked:%Y/%-m/%-d %-H:%M:%S}"
        found.append(
            [
                100000 + number,
                f"A{number:08d}",
                matter,
                told,
                f"{matter}，已经{chance.randrange(2, 30)}天了。",
                *reply[:2],
                "城乡建设",
            ]
        )
    return found


def moment(told: Any) -> datetime:
    """A cell's time."""
    return told if isinstance(told, datetime) else datetime.strptime(told, "%Y/%m/%d %H:%M:%S")


BAD: dict[int, tuple[Row, str]] = {
    ROWS + 2: ([900001, "B1", "日期不对", "2026/2/30 8:00:00", "话", "", "", ""], "留言时间"),
    ROWS + 3: ([900002, "B2", "没有话", "2026/3/2 8:00:00", " ", "", "", ""], "留言详情"),
    ROWS + 4: ([900003, "B3", "先答后问", "2026/3/2 8:00:00", "话", "好", "2026/3/1 8:00:00", ""], "早于"),
    ROWS + 5: ([100001, "B4", "同号另一件", "2026/3/2 8:00:00", "别的话", "", "", ""], "同编号"),
}
"""Rows that cannot stand: row as Excel shows it → (cells, a word of the reason)."""


# ── the house ─────


def run(home: Path, *words: object) -> Any:
    return mulin(home, *words, **PARTITIONS)


def done(home: Path, *words: object) -> str:
    """What the command says; it must succeed and complain of nothing."""
    told = run(home, *words)
    assert told.returncode == 0 and "Traceback" not in told.stderr, told.stderr[-3000:]
    return str(told.stdout)


def hash_of(home: Path, county: int) -> str:
    return done(home, "content-hash", "--county", county).strip()


def parts_of(url: str, table: str) -> int:
    """Into how many partitions a table is split."""
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT count(*) FROM pg_inherits WHERE inhparent = %s::regclass", [table]
        ).fetchone()
        return int(found[0]) if found else 0


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a space and Chinese letters in its name, and the files to bring in."""
    found = tmp_path_factory.mktemp("commands") / "某 县"
    found.mkdir()
    write_csv(found / "divisions.csv", ["code", "name"], divisions())
    write_table(found / "messages.xlsx", TITLES, messages())
    write_table(found / "more.xlsx", TITLES, [*messages(), *(row for row, _word in BAD.values())])
    return found


@pytest.fixture(scope="module")
def home(place: Path) -> Iterator[Path]:
    """An empty home, migrated, with the counties opened. Its server is kept running between the commands."""
    found = place / "home"
    told = [
        done(found, "migrate"),
        done(found, "import-divisions", place / "divisions.csv", "--format", "json"),
    ]
    assert json.loads(told[1])["refused"] == []
    with embedded.running(found) as server:
        assert parts_of(server.owner_url, "cases_case") == int(PARTITIONS["MULIN_TEST_PARTITIONS"])
        for code in (CLEAN, *KILLED):
            done(found, "open-county", code)
        yield found


@pytest.fixture(scope="module")
def filled(home: Path, place: Path) -> Path:
    """The clean run: one county with all that can stand of the larger file."""
    answer = json.loads(
        done(home, "import-cases", place / "messages.xlsx", "--county", CLEAN, "--format", "json")
    )
    assert answer == {"read": ROWS, "imported": ROWS, "updated": 0, "unchanged": 0, "refused": []}
    return home


# ── opening ─────


def test_a_second_time_changes_nothing(home: Path, place: Path) -> None:
    again = json.loads(done(home, "import-divisions", place / "divisions.csv", "--format", "json"))
    assert (again["added"], again["renamed"], again["ended"]) == (0, 0, 0) and again["unchanged"] == len(
        divisions()
    )
    opened = json.loads(done(home, "open-county", KILLED[0], "--format", "json"))
    assert opened["planted"] == 0 and opened["unchanged"] >= 4
    assert done(home, "migrate") is not None


# ── importing ─────


def test_a_file_comes_in_and_again_nothing_changes(filled: Path, place: Path) -> None:
    before = hash_of(filled, CLEAN)
    tried = json.loads(
        done(filled, "import-cases", place / "more.xlsx", "--county", CLEAN, "--dry-run", "--format", "json")
    )
    errors = place / "errors.xlsx"
    again = json.loads(
        done(
            filled,
            "import-cases",
            place / "more.xlsx",
            "--county",
            CLEAN,
            "--errors",
            errors,
            "--format",
            "json",
        )
    )
    assert tried == again
    assert {name: again[name] for name in ("read", "imported", "updated", "unchanged")} == {
        "read": ROWS + len(BAD), "imported": 0, "updated": 0, "unchanged": ROWS,
    }  # fmt: skip
    assert [one["row"] for one in again["refused"]] == list(BAD)
    assert all(BAD[one["row"]][1] in one["reason"] for one in again["refused"])
    assert errors.stat().st_size > 0
    assert hash_of(filled, CLEAN) == before


def test_the_figures_are_a_spreadsheets(filled: Path) -> None:
    told = done(
        filled,
        "indicators",
        "--county",
        CLEAN,
        "--from",
        "2026-03-10",
        "--to",
        "2026-04-01",
        "--format",
        "json",
    )
    figures = {one["code"]: one for one in json.loads(told)}
    window = [row for row in messages() if datetime(2026, 3, 10) <= moment(row[3]) < datetime(2026, 4, 1)]
    waits = sorted((moment(row[6]) - moment(row[3])).total_seconds() / 3600 for row in window if row[6])
    closed = [
        row for row in messages() if row[6] and datetime(2026, 3, 10) <= moment(row[6]) < datetime(2026, 4, 1)
    ]
    assert len(waits) > 200
    cuts = statistics.quantiles(waits, n=10, method="inclusive")
    expected = {
        "cases_reported": len(window),
        "cases_responded": len(waits),
        "cases_closed": len(closed),
        "response_hours_median": statistics.median(waits),
        "response_hours_mean": statistics.fmean(waits),
        "response_hours_p90": cuts[8],
    }
    for code, value in expected.items():
        assert figures[code]["value"] == pytest.approx(value, abs=0.006), code
        assert (figures[code]["from"], figures[code]["to"]) == ("2026-03-10", "2026-04-01")
    median = figures["response_hours_median"]
    assert (median["numerator"], median["denominator"]) == (len(waits), len(window))
    assert {"code", "name", "value", "unit", "numerator", "denominator", "from", "to", "source"} <= set(
        median
    )


def rows_in(url: str, county: int) -> int:
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute(
            "SELECT count(*) FROM cases_case WHERE county_id = %s", [county]
        ).fetchone()
        return int(found[0]) if found else 0


def test_killed_at_ten_points_and_begun_again_it_ends_the_same(filled: Path, place: Path) -> None:
    clean, chance, cut_short = hash_of(filled, CLEAN), random.Random(20260901), 0
    with embedded.running(filled) as server:
        for county in KILLED:
            words, there = ("import-cases", place / "messages.xlsx", "--county", county), 0
            for left in range(KILLS, 0, -1):
                enough, pause = (
                    there + chance.randrange(0, max(1, (ROWS - there) // left)),
                    chance.uniform(0, 0.1),
                )
                process = started(filled, *words, **PARTITIONS)
                while process.poll() is None and rows_in(server.owner_url, county) <= enough:
                    time.sleep(0.01)
                time.sleep(pause)
                process.kill()
                process.wait(timeout=30)
                there = rows_in(server.owner_url, county)
                cut_short += process.returncode == -9 and there < ROWS
            answer = json.loads(done(filled, *words, "--format", "json"))
            assert (answer["imported"], answer["updated"], answer["unchanged"]) == (ROWS - there, 0, there), (
                county
            )
            assert hash_of(filled, county) == clean, county
    assert cut_short >= 6, "hardly any of them was killed in its work"


def test_it_answers_for_all_this_in_the_trail(filled: Path) -> None:
    done(filled, "tick")
    assert json.loads(done(filled, "verify-trail", "--county", CLEAN, "--format", "json"))


# ── refusing ─────


@pytest.mark.parametrize(
    "words",
    [
        ("import-cases", "nowhere.xlsx", "--county", CLEAN),
        ("import-cases", "{place}/broken.xlsx", "--county", CLEAN),
        ("import-cases", "{place}/divisions.csv", "--county", CLEAN),
        ("import-cases", "{place}/messages.xlsx", "--county", 110101),
        ("import-catalogue", "nowhere.xlsx", "--county", CLEAN),
        ("import-catalogue", "{place}/messages.xlsx", "--county", CLEAN),
        ("export-catalogue", "{place}/out.xlsx", "--county", 110101),
        ("import-divisions", "nowhere.csv"),
        ("open-county", "990099"),
        ("open-county", "abc"),
        ("indicators", "--county", CLEAN, "--from", "2026-04-01", "--to", "2026-03-01"),
        ("indicators", "--county", CLEAN, "--from", "2026-03-01", "--to", "2026-04-01", "--only", "nonsense"),
        ("first-admin", "--county", 110101, "--username", "someone"),
        ("tick", "--now", "2026-09-01T09:00"),
    ],
    ids=lambda words: " ".join(str(word).rpartition("/")[2] for word in words[:3]),
)
def test_what_cannot_be_done_is_one_line_and_exit_one(
    words: tuple[Any, ...], filled: Path, place: Path
) -> None:
    (place / "broken.xlsx").write_bytes(b"PK\x03\x04 nothing of the kind")
    told = run(filled, *(str(word).replace("{place}", str(place)) for word in words))
    assert told.returncode == 1 and one_line(told.stderr), (told.returncode, told.stderr[-2000:])


@pytest.mark.parametrize(
    "words",
    [
        ("import-cases", "x.xlsx"),
        ("indicators", "--county", str(CLEAN), "--from", "yesterday", "--to", "2026-03-01"),
        ("content-hash",),
        ("mend-words",),
        ("open-county",),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_exit_two(words: tuple[str, ...], filled: Path) -> None:
    told = run(filled, *words)
    assert told.returncode == 2 and "Traceback" not in told.stderr


# ── backup ─────


def test_a_backup_brought_back_elsewhere_is_the_same_county(filled: Path, place: Path) -> None:
    file, elsewhere = place / "备份.tar", place / "elsewhere"
    done(filled, "backup", file)
    done(elsewhere, "restore", file)
    assert hash_of(elsewhere, CLEAN) == hash_of(filled, CLEAN)
    figures = (
        "indicators",
        "--county",
        CLEAN,
        "--from",
        "2026-03-01",
        "--to",
        "2026-05-01",
        "--format",
        "json",
    )
    assert done(elsewhere, *figures) == done(filled, *figures)
    assert run(elsewhere, "verify-trail").returncode == 0
    refused = run(elsewhere, "restore", file)
    assert refused.returncode == 1 and "Traceback" not in refused.stderr, (
        "it does not write over a county by itself"
    )
