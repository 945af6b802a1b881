"""Running the real command in a real process, as the tests of config do."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OURS = ("MULIN_", "DJANGO_SETTINGS_MODULE", "PG", "PYTEST_")


def environment(home: Path, **more: str) -> dict[str, str]:
    """A clean environment whose state is ``home``."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return clean | {"MULIN_HOME": str(home), "PYTHONPATH": str(ROOT)} | more


def mulin(home: Path, *words: object, **more: str) -> subprocess.CompletedProcess[str]:
    """One command, to its end."""
    argv = [sys.executable, "-m", "mulin", *map(str, words)]
    return subprocess.run(
        argv, env=environment(home, **more), cwd="/", capture_output=True, text=True, check=False, timeout=120
    )


def started(home: Path, *words: object, **more: str) -> subprocess.Popen[str]:
    """One command, left running; what it says goes to ``<home>.out``."""
    with open(f"{home}.out", "w") as out:
        return subprocess.Popen(
            [sys.executable, "-m", "mulin", *map(str, words)],
            env=environment(home, **more),
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            text=True,
        )


def said(home: Path) -> str:
    return Path(f"{home}.out").read_text()


def until(condition: Callable[[], bool], seconds: float = 60) -> bool:
    """Whether it came true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def alive(pid: int) -> bool:
    """Whether there is such a process, zombies not counted."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    done = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return done.stdout.strip()[:1] not in ("", "Z")
