"""``mulin import-cases``: rows per second and peak memory, with a bare COPY of the same rows beside it."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import psycopg
from openpyxl import Workbook

from bench.house import COUNTY, ROOT, county, environment
from mulin.config import embedded

ROWS = int(sys.argv[1]) if len(sys.argv) > 1 else 30_000
HEAD = ["留言编号", "留言用户", "留言主题", "留言时间", "留言详情", "答复意见", "答复时间"]


def _row(number: int) -> list[str]:
    text = f"第{number}号留言：小区门口的路灯坏了{number % 9}天，晚上回家看不清路，请尽快派人来修。" * 4
    reply = f"网友您好：第{number}号留言已收悉，现已派人修复，感谢您的关心与支持。" * 4
    return [
        str(number),
        f"A{number:08d}",
        f"路灯不亮 {number}",
        "2019/4/24 16:03:40",
        text,
        reply,
        "2019/4/25 8:00:00",
    ]


def _workbook(path: Path) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(HEAD)
    for number in range(ROWS):
        sheet.append(_row(number))
    book.save(path)


def _copy(url: str) -> float:
    """Seconds for a bare COPY of the same cells into an unindexed table."""
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE bench_rows (a text, b text, c text, d text, e text, f text, g text)")
        began = time.perf_counter()
        with connection.cursor().copy("COPY bench_rows FROM STDIN") as copy:
            for number in range(ROWS):
                copy.write_row(_row(number))
        connection.commit()
        seconds = time.perf_counter() - began
        connection.execute("DROP TABLE bench_rows")
    return seconds


def main() -> None:
    with county() as home, embedded.running(home) as server:
        file = home.parent / "messages.xlsx"
        _workbook(file)
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        began = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "mulin", "import-cases", str(file), "--county", str(COUNTY), "--format", "json"],
            cwd=ROOT, env=environment(home), check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        seconds = time.perf_counter() - began
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        copied = _copy(server.owner_url)
    print(
        json.dumps(
            {
                "bench": "import-cases",
                "rows": ROWS,
                "rows_per_second": round(ROWS / seconds),
                "peak_mb": round(max(peak, before) / 1024),
                "copy_rows_per_second": round(ROWS / copied),
                "ratio_to_copy": round(copied / seconds, 3),
            }
        )
    )


if __name__ == "__main__":
    main()
