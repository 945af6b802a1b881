"""620,000 generated rows of the 12-digit table through ``mulin import-divisions``: seconds and peak
memory.

python bench/divisions.py [--rows 620000] [--home DIR]

Starts the embedded PostgreSQL in a fresh folder unless MULIN_DATABASE_URL is set. Prints one JSON line
per run: the first import, the same file again, and a newer one in which one name in a hundred changed.
Aim: under 60 s and 300 MB.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MULIN = "import sys; from mulin.config.cli import main; sys.exit(main())"


def rows(count: int) -> Iterator[tuple[str, str]]:
    """A country of that many rows, shaped like the real one: 31 provinces, 14 communities to a street."""
    yield from _first(_country(), count)


def _first(source: Iterator[tuple[str, str]], count: int) -> Iterator[tuple[str, str]]:
    for _place, row in zip(range(count), source, strict=False):
        yield row


def _country() -> Iterator[tuple[str, str]]:
    for province in range(11, 82):
        yield f"{province}", f"{province}省"
        for prefecture in range(1, 12):
            yield f"{province}{prefecture:02d}", f"{province}{prefecture:02d}市"
            for county in range(21, 30):
                head = f"{province}{prefecture:02d}{county}"
                yield head, f"{head}县"
                yield from _county(head)


def _county(head: str) -> Iterator[tuple[str, str]]:
    for town in [*range(1, 5), *range(100, 112)]:
        yield f"{head}{town:03d}", f"{town}{'街道' if town < 100 else '镇'}"
        for village in [*range(1, 4), *range(200, 211)]:
            kind = "社区居民委员会" if village < 200 else "村村民委员会"
            yield f"{head}{town:03d}{village:03d}", f"第{town}之{village}{kind}"


def write(path: Path, count: int, *, changed: bool = False) -> None:
    """The table as a CSV file; ``changed`` renames every hundredth row."""
    with path.open("w", encoding="utf-8") as file:
        file.write("code,name\n")
        for number, (code, name) in enumerate(rows(count)):
            file.write(f"{code},{'新' if changed and number % 100 == 0 else ''}{name}\n")


def run(*words: str) -> tuple[float, int, str]:
    """(seconds, peak resident kilobytes, standard output) of one mulin command in a process of its own."""
    began = time.perf_counter()
    child = subprocess.Popen(
        [sys.executable, "-c", MULIN, *words], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    said = child.stdout.read()
    _pid, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"mulin {words[0]} failed")
    peak = usage.ru_maxrss // (1024 if sys.platform == "darwin" else 1)
    return time.perf_counter() - began, peak, said


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=620_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mulin-bench-") as folder:
        os.environ.setdefault("MULIN_HOME", str(Path(folder) / "home"))
        run("migrate")
        plain, changed = Path(folder) / "plain.csv", Path(folder) / "changed.csv"
        write(plain, options.rows)
        write(changed, options.rows, changed=True)
        for name, file, day in [
            ("first", plain, "2025-06-30"),
            ("again", plain, "2025-06-30"),
            ("newer", changed, "2026-06-30"),
        ]:
            seconds, peak, said = run("import-divisions", str(file), "--as-of", day, "--format", "json")
            told = json.loads(said)
            told["refused"] = len(told["refused"])
            line = {
                "bench": "divisions",
                "run": name,
                "seconds": round(seconds, 1),
                "peak_mb": round(peak / 1024),
                **told,
            }
            sys.stdout.write(json.dumps(line) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
