"""The checks and the tests, with a summary that hides nothing. ``tools/setup.py`` hands over to it.

``test``: the checks, then pytest three times: PostgreSQL 18 (everything), PostgreSQL 16, and tenant tables
partitioned by county. The last lines are pytest's own closing lines.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
LINT_IMPORTS = "from importlinter.cli import lint_imports_command as run; run()"
CHECKS: dict[str, list[str]] = {
    "ruff check": ["-m", "ruff", "check", "--quiet", "."],
    "ruff format": ["-m", "ruff", "format", "--check", "--quiet", "."],
    "mypy": ["-m", "mypy", "--no-error-summary"],
    "import-linter": ["-c", LINT_IMPORTS, "--no-cache"],
    "migrations": ["-m", "mulin", "makemigrations", "--check", "--dry-run"],
}
CLOSING = re.compile(r"^(=+ )?\d+ \w+.* in [\d.]+s")
PARTITIONS = "4"
"""Enough that a statement without its county touches more than one."""


@dataclass
class Result:
    """One check or one run of pytest."""

    name: str
    code: int
    seconds: float
    closing: str = ""


def environment(**more: str) -> dict[str, str]:
    """Ours, on embedded servers of the test run's own unless MULIN_OWNER_DATABASE_URL names another."""
    closed = ("MULIN_HOME", "MULIN_NOW", "MULIN_EXAMPLE_DOOR", "MULIN_POSTGRES", "MULIN_TEST_PARTITIONS")
    return {name: value for name, value in os.environ.items() if name not in closed} | more


def check() -> list[Result]:
    """Each check's own words are printed if it fails."""
    results = []
    for name, words in CHECKS.items():
        began = time.monotonic()
        done = subprocess.run(
            [PYTHON, *words],
            cwd=ROOT,
            env=environment(MULIN_HOME=str(ROOT / "var" / "test" / "check")),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        if done.returncode != 0:
            sys.stdout.write(f"\n── {name} ──\n{done.stdout.decode(errors='replace')}\n")
        results.append(Result(name, done.returncode, time.monotonic() - began))
        report(results[-1])
    return results


def pytest(name: str, words: Sequence[str], more: Mapping[str, str]) -> Result:
    """Run pytest, showing its output as it comes, and keep its closing line."""
    print(f"\n── pytest: {name} ──", flush=True)
    began = time.monotonic()
    process = subprocess.Popen(
        [PYTHON, "-m", "pytest", "-n", "2", "--color=no", *words],
        cwd=ROOT,
        env=environment(**more),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert process.stdout is not None
    tail = b""
    while chunk := os.read(process.stdout.fileno(), 65536):
        sys.stdout.buffer.write(chunk)
        sys.stdout.flush()
        tail = (tail + chunk)[-20000:]
    closing = closing_line(tail.decode(errors="replace"))
    return Result(name, process.wait(), time.monotonic() - began, closing)


def closing_line(text: str) -> str:
    """pytest's own last line, such as ``12 passed, 1 skipped in 3.40s``; '' if it ended without one."""
    return next((line for line in reversed(text.splitlines()) if CLOSING.search(line)), "")


def report(result: Result) -> None:
    state = "ok" if result.code == 0 else f"FAILED ({result.code})"
    print(f"{result.name:<28} {state:<12} {result.seconds:6.1f} s", flush=True)


def tests(left_out: str) -> list[Result]:
    """Browser, slow and source-reading tests run once, on PostgreSQL 18; every other test on all three."""
    quick = ["-m", "not browser and not slow", "--ignore=tests/architecture", "--ignore=tests/kernel"]
    first = ["-m", "not browser"] if left_out else []
    return [
        pytest("PostgreSQL 18", first, {"MULIN_POSTGRES": "18"}),
        pytest("PostgreSQL 16", quick, {"MULIN_POSTGRES": "16"}),
        pytest("partitioned by county", quick, {"MULIN_POSTGRES": "18", "MULIN_TEST_PARTITIONS": PARTITIONS}),
    ]


def main(arguments: Sequence[str]) -> int:
    what, left_out = arguments
    checks = check()
    runs = tests(left_out) if what == "test" else []
    print("\n── summary ──")
    for result in [*checks, *runs]:
        report(result)
    if what == "test":
        print(f"browser tests: {f'LEFT OUT ({left_out})' if left_out else 'included'}")
        for run in runs:
            print(run.closing or f"{run.name}: pytest ended without a closing line")
    return 0 if all(result.code == 0 for result in [*checks, *runs]) else 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
