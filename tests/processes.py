"""Real processes of the product on the database of the test, begun at one moment; any of them may die by SIGKILL.

``race`` starts one interpreter, which loads the product once and forks: each child has its own connection, its own memory
and its own death, and eight of them cost hardly more than one.
"""

from __future__ import annotations

import io
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 150.0
"""Seconds until it is given up: the machine may have other work."""
KILLED = "killed"
GRACE = 0.5
"""Seconds in which the others come to wait for what a dying process holds."""


def race(works: Sequence[Mapping[str, Any]], *, at: datetime) -> list[Any]:
    """What each of the works gave, all begun at once, each in a process of its own, as the web role, at ``at`` by the
    clock that doors read. KILLED for whoever killed itself; anything else that ends a child raises AssertionError.

    A work: ``{"tick": county}``, ``{"post": url, "told": {…}, "session": key}`` (its answer: the status) or ``{"call":
    dotted path, "told": {…}}`` (what that function gives). With ``dies``, a dotted path of a function, the process begins
    before the others; when that function has done its work it lets them begin, and kills itself with SIGKILL a moment
    later. With ``nth`` as well it begins with them and dies when the function has done its work so many times.
    """
    told = connection.settings_dict
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "DJANGO_SETTINGS_MODULE": "mulin.config.settings",
        "MULIN_DATABASE_ROLE": "web",
        "MULIN_DATABASE_URL": f"postgresql://{settings.WEB_ROLE}@/{told['NAME']}?host={told['HOST']}",
        "MULIN_NOW": at.isoformat(),
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.processes"], input=json.dumps([dict(one) for one in works]), env=environment,
        cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    ends = json.loads(done.stdout.splitlines()[-1])
    for code, answer in ends:
        assert code == 0 or answer == KILLED, done.stderr[-3000:]
    return [answer for _code, answer in ends]


# ── in the other interpreter ─────


def _dying(path: str, nth: int, begin: Callable[[], object]) -> None:
    """The function named so kills its process when it has done its work so many times and the others have begun."""
    from django.utils.module_loading import import_string

    module, _dot, name = path.rpartition(".")
    owner = import_string(module) if not module.startswith("mulin") else _owner(module)
    whole = owner[name] if isinstance(owner, dict) else getattr(owner, name)
    left = nth

    def dies(*args: Any, **more: Any) -> Any:
        nonlocal left
        done, left = whole(*args, **more), left - 1
        if not left:
            begin()
            time.sleep(GRACE)
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    if isinstance(owner, dict):
        owner[name] = dies
    else:
        setattr(owner, name, dies)


def _owner(path: str) -> Any:
    """A module, or what stands in one (such as the table of deeds)."""
    import importlib

    try:
        return importlib.import_module(path)
    except ModuleNotFoundError:
        module, _dot, name = path.rpartition(".")
        return getattr(importlib.import_module(module), name)


def _work(work: dict[str, Any]) -> Any:
    from django.core.management import call_command
    from django.test import Client
    from django.utils.module_loading import import_string

    if "tick" in work:
        call_command("tick", county=work["tick"], stdout=io.StringIO())
        return "done"
    if "call" in work:
        return import_string(work["call"])(**work["told"])
    browser = Client()
    browser.cookies[settings.SESSION_COOKIE_NAME] = work["session"]
    return browser.post(work["post"], work["told"]).status_code


def _child(work: dict[str, Any], start: Any, answers: Any, place: int) -> None:
    connection.ensure_connection()
    first = "dies" in work and "nth" not in work
    if first:
        _dying(work["dies"], 1, lambda: start.wait(PATIENCE))
    else:
        start.wait(PATIENCE)
    if "nth" in work:
        _dying(work["dies"], work["nth"], lambda: None)
    answers[place] = _work(work)
    if first:  # it had nothing to die of
        start.wait(PATIENCE)
    connection.close()


def main() -> None:
    """Works as JSON in, [exit code, answer] of each as the last line out."""
    import django
    from django.test.utils import setup_test_environment

    works = json.load(sys.stdin)
    django.setup()
    setup_test_environment()
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    forks = multiprocessing.get_context("fork")
    start = forks.Barrier(len(works))
    with forks.Manager() as manager:
        answers = manager.dict()
        children = [
            forks.Process(target=_child, args=(work, start, answers, place))
            for place, work in enumerate(works)
        ]
        for one in children:
            one.start()
        for one in children:
            one.join(PATIENCE)
        killed = -signal.SIGKILL
        ends = [
            (one.exitcode, KILLED if one.exitcode == killed and "dies" in work else answers.get(place))
            for place, (one, work) in enumerate(zip(children, works, strict=True))
        ]
    print(json.dumps(ends))


if __name__ == "__main__":
    main()
