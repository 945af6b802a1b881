"""Transitions of cases through the whole middleware by two workers, as a ratio to a bare UPDATE-and-commit in the same run.

A grid worker takes up, answers and disposes, a community clerk closes: four POSTs a case, without a network. Prints one
JSON line: transitions/s of both workers together, p50 and p95 of each act and its statements
(cpu_ms: what a worker's process worked per act, for a machine that has other things to do).
"""

from __future__ import annotations

import json
import os
import statistics
import time
import uuid
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import psycopg

from bench.house import COUNTY, county
from mulin.config import embedded

WORKERS = 2
CASES = 60
"""Per worker."""
SECONDS = 5.0
ACTS: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("take_up", "grid_worker", {}),
    ("reply", "grid_worker", {"text": "下午去看。", "way": "phone"}),
    ("dispose", "grid_worker", {"result": "换了灯泡，已经亮了。"}),
    ("close", "community_clerk", {"note": ""}),
)


def _ready(home: str, web: str, owner: str) -> None:
    os.environ |= {
        "MULIN_HOME": home, "MULIN_DATABASE_URL": web, "MULIN_OWNER_DATABASE_URL": owner,
        "DJANGO_SETTINGS_MODULE": "mulin.config.settings", "MULIN_LOG_LEVEL": "ERROR",
    }  # fmt: skip
    import django

    django.setup()
    from django.conf import settings

    settings.ALLOWED_HOSTS = ["*"]
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}


def _people(arguments: tuple[str, str, str]) -> None:
    _ready(*arguments)
    from bench.desk import people

    people()


def _client(name: str) -> Any:
    from django.apps import apps
    from django.test import Client

    client = Client()
    account = apps.get_model("access.Account").objects.get(username=name)
    client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
    session = client.session
    session["county"], session["second_factor"] = COUNTY, True
    session.save()
    return client


def _work(arguments: tuple[str, str, str]) -> dict[str, Any]:
    """One worker: its own cases from the to-do to the end."""
    _ready(*arguments)
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from mulin.kernel import clock
    from mulin.kernel.actor import visitor
    from mulin.kernel.county import county_scope
    from mulin.services.cases import actions

    clients = {name: _client(name) for name in ("grid_worker", "community_clerk")}
    with county_scope(COUNTY):
        cases = [
            actions.report(
                client_id=uuid.uuid4(), text="路灯不亮了，晚上看不清路。", lon=119.601, lat=41.401, accuracy=12,
                source="resident", by=visitor(COUNTY), now=clock.now(),
            ).case.id
            for _number in range(CASES)
        ]  # fmt: skip
    spans: dict[str, list[float]] = {name: [] for name, _who, _told in ACTS}
    statements: dict[str, int] = {}
    began, worked = time.perf_counter(), time.process_time()
    for place, key in enumerate(cases):
        for version, (name, who, told) in enumerate(ACTS, start=1):
            start = time.perf_counter()
            body = told | {"version": str(version)}
            if place == 0:
                with CaptureQueriesContext(connection) as caught:
                    answer = clients[who].post(f"/desk/cases/{key}/{name}/", body)
                statements[name] = len(caught)
            else:
                answer = clients[who].post(f"/desk/cases/{key}/{name}/", body)
            spans[name].append((time.perf_counter() - start) * 1000)
            if answer.status_code != 302:
                raise SystemExit(f"{name} answered {answer.status_code}")
    cpu = (time.process_time() - worked) * 1000 / (CASES * len(ACTS))
    return {"seconds": time.perf_counter() - began, "cpu_ms": cpu, "spans": spans, "statements": statements}


def _update(arguments: tuple[str, int]) -> int:
    url, worker = arguments
    done = 0
    with psycopg.connect(url) as connection:
        until = time.perf_counter() + SECONDS
        while time.perf_counter() < until:
            connection.execute("UPDATE bench_state SET state = state + 1 WHERE worker = %s", [worker])
            connection.commit()
            done += 1
    return done


def _measure(home: Path, server: embedded.Server) -> dict[str, Any]:
    with psycopg.connect(server.owner_url) as connection:
        connection.execute("CREATE TABLE bench_state (worker int PRIMARY KEY, state int NOT NULL)")
        connection.execute("INSERT INTO bench_state SELECT generate_series(0, 7), 0")
        connection.execute("GRANT ALL ON bench_state TO mulin_web")
    where = (str(home), server.web_url, server.owner_url)
    with ProcessPoolExecutor(WORKERS) as pool:
        list(pool.map(_people, [where]))
        found = list(pool.map(_work, [where] * WORKERS))
        updates = sum(pool.map(_update, [(server.web_url, worker) for worker in range(WORKERS)]))
    rate = sum(CASES * len(ACTS) / one["seconds"] for one in found)
    acts = {}
    for name, _who, _told in ACTS:
        spans = sorted(span for one in found for span in one["spans"][name])
        acts[name] = {
            "p50_ms": round(statistics.median(spans), 1),
            "p95_ms": round(spans[int(len(spans) * 0.95)], 1),
            "statements": found[0]["statements"][name],
        }
    return {
        "bench": "transitions", "workers": WORKERS, "cases": CASES * WORKERS, "transitions_per_second": round(rate, 1),
        "updates_per_second": round(updates / SECONDS, 1), "ratio": round(rate * SECONDS / updates, 4),
        "cpu_ms": round(statistics.mean(one["cpu_ms"] for one in found), 1), "acts": acts,
    }  # fmt: skip


def main() -> None:
    with county() as home, embedded.running(home) as server:
        print(json.dumps(_measure(home, server), ensure_ascii=False))


if __name__ == "__main__":
    main()
