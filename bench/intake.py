"""Reports through the real server at 8 clients, as a ratio to a bare INSERT-and-commit by psycopg in the same run."""

from __future__ import annotations

import http.client
import json
import re
import socket
import subprocess
import sys
import time
import uuid
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from urllib.parse import urlencode

import psycopg

from bench.house import ROOT, county, environment
from mulin.config import embedded

CLIENTS = 8
SECONDS = 8.0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _report(arguments: tuple[int, int]) -> int:
    """One client: as many reports as it can within SECONDS, on one connection."""
    port, client = arguments
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/report/")
    answer = connection.getresponse()
    page = answer.read().decode()
    cookie = "; ".join(
        value.split(";")[0] for name, value in answer.getheaders() if name.lower() == "set-cookie"
    )
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    done, until = 0, time.perf_counter() + SECONDS
    while time.perf_counter() < until:
        body = {
            "csrfmiddlewaretoken": token[1] if token else "",
            "client_id": str(uuid.uuid4()),
            "text": f"第{client}个手机报的第{done}件事：路灯不亮了，晚上看不清路。",
            "lon": f"{119.6 + 0.0003 * (done % 60):.5f}",
            "lat": "41.40300",
            "accuracy": "12",
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie}
        connection.request("POST", "/report/", urlencode(body), headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 302:
            raise SystemExit(f"POST /report/ answered {answer.status}")
        done += 1
    return done


def _insert(arguments: tuple[str, int]) -> int:
    """One client: bare INSERT and commit of a row of the same size."""
    url, client = arguments
    done = 0
    with psycopg.connect(url) as connection:
        until = time.perf_counter() + SECONDS
        while time.perf_counter() < until:
            connection.execute(
                "INSERT INTO bench_case VALUES (%s, %s, now(), %s)",
                [uuid.uuid4(), 211322, f"第{client}{done}" * 12],
            )
            connection.commit()
            done += 1
    return done


def _wait(port: int) -> None:
    for _ in range(300):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise SystemExit("the server did not start")


def _measure(home: Path, server: embedded.Server) -> dict[str, object]:
    with psycopg.connect(server.owner_url) as connection:
        connection.execute(
            "CREATE TABLE bench_case (id uuid, county_id int, at timestamptz, text text, PRIMARY KEY (county_id, id))"
        )
        connection.execute("GRANT ALL ON bench_case TO mulin_web")
    port = _free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "mulin", "serve", "--port", str(port)],
        cwd=ROOT,
        env=environment(home, MULIN_REPORTS_PER_HOUR="100000", MULIN_DATABASE_URL=server.web_url,
                        MULIN_OWNER_DATABASE_URL=server.owner_url),
    )  # fmt: skip
    try:
        _wait(port)
        with ProcessPoolExecutor(CLIENTS) as pool:
            list(pool.map(_insert, [(server.web_url, client) for client in range(1)]))
            reports = sum(pool.map(_report, [(port, client) for client in range(CLIENTS)]))
            inserts = sum(pool.map(_insert, [(server.web_url, client) for client in range(CLIENTS)]))
    finally:
        process.terminate()
        process.wait(30)
    with psycopg.connect(server.owner_url) as connection:
        row = connection.execute("SELECT count(*) FROM cases_case").fetchone()
        durable = connection.execute(
            "SELECT current_setting('fsync'), current_setting('synchronous_commit')"
        ).fetchone()
    if row is None or row[0] != reports:
        raise SystemExit(f"{reports} reports were answered, {row} are kept")
    return {
        "bench": "intake",
        "clients": CLIENTS,
        "reports_per_second": round(reports / SECONDS, 1),
        "inserts_per_second": round(inserts / SECONDS, 1),
        "ratio": round(reports / inserts, 4),
        "fsync, synchronous_commit": durable,
    }


def main() -> None:
    with county() as home, embedded.running(home) as server:
        print(json.dumps(_measure(home, server)))


if __name__ == "__main__":
    main()
