"""``mulin serve`` with real processes: what it refuses, that it answers, and that nothing outlives it."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from mulin.config import embedded, serve
from tests.config.programs import alive, mulin, said, started, until
from tests.config.test_cli import one_line

pytestmark = pytest.mark.slow


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def get(port: int, path: str = "/healthz") -> int:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as line:
        line.request("GET", path)
        return line.getresponse().status


def descendants(pid: int) -> set[int]:
    told = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    children: dict[int, list[int]] = {}
    for line in told.splitlines():
        child, parent = map(int, line.split())
        children.setdefault(parent, []).append(child)
    found, todo = set(), [pid]
    while todo:
        for child in children.get(todo.pop(), []):
            found.add(child)
            todo.append(child)
    return found


def about(pid: int, what: str) -> bytes:
    """A page of /proc; nothing for a process that has ended meanwhile."""
    try:
        return Path(f"/proc/{pid}/{what}").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated home without a county, in a private folder."""
    place = tmp_path_factory.mktemp("serve") / "家 home"
    done = mulin(place, "migrate", "--verbosity", "0")
    assert done.returncode == 0, done.stderr
    return place


@pytest.fixture
def serving(home: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    port = free_port()
    process = started(home, "serve", "--port", port)
    try:
        assert until(lambda: "http://" in said(home) or process.poll() is not None, 90)
        assert process.poll() is None, said(home)
        yield process, port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def test_it_answers_and_says_where_in_two_languages(
    home: Path, serving: tuple[subprocess.Popen[str], int]
) -> None:
    _, port = serving
    assert get(port) == 200
    assert re.search(rf"http://127\.0\.0\.1:{port}/.*Ctrl-C 停止.*Ctrl-C stops it", said(home))


def test_web_and_worker_get_the_web_role_and_no_open_door(serving: tuple[subprocess.Popen[str], int]) -> None:
    process, _ = serving
    if not sys.platform.startswith("linux"):
        pytest.skip("reads /proc")
    seen = 0
    assert until(lambda: len(descendants(process.pid)) > 8)
    for pid in descendants(process.pid):
        words = about(pid, "cmdline")
        if b"granian" in words or b"mulin.config.worker" in words:
            told = about(pid, "environ").split(b"\0")
            assert b"MULIN_DATABASE_ROLE=web" in told
            assert not [word for word in told if word.startswith((b"MULIN_EXAMPLE_DOOR", b"MULIN_NOW"))]
            seen += 1
    assert seen >= 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_outlives_it_and_nothing_is_lost(home: Path, number: signal.Signals) -> None:
    port = free_port()
    process = started(home, "serve", "--port", port)
    assert until(lambda: "http://" in said(home), 90), said(home)
    family = descendants(process.pid)
    state = json.loads((home / "pg.json").read_text())
    assert state["pid"] in family
    with psycopg.connect(
        host=state["socket_dir"], user="mulin_owner", dbname="mulin", autocommit=True
    ) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
        connection.execute("INSERT INTO kept VALUES (1)")
        counted = connection.execute("SELECT count(*) FROM kept").fetchone()
        process.send_signal(number)
        code = process.wait(40)
    assert code == (-9 if number == signal.SIGKILL else 0), said(home)
    if sys.platform.startswith("linux") or number != signal.SIGKILL:
        left = {pid for pid in family if not until(lambda pid=pid: not alive(pid), 20)}
        assert left == set()
    with embedded.running(home) as server, psycopg.connect(server.owner_url) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == counted


def test_other_commands_work_beside_it(home: Path, serving: tuple[subprocess.Popen[str], int]) -> None:
    process, _ = serving
    done = mulin(home, "tick")
    assert done.returncode == 0, done.stderr
    assert process.poll() is None


def test_a_second_one_in_the_same_home_is_refused_at_once(
    home: Path, serving: tuple[subprocess.Popen[str], int]
) -> None:
    done = mulin(home, "serve", "--port", free_port())
    assert done.returncode == 1 and one_line(done.stderr) and "another mulin" in done.stderr


def test_the_worker_is_started_again_if_it_ends(
    home: Path, serving: tuple[subprocess.Popen[str], int]
) -> None:
    process, port = serving
    if not sys.platform.startswith("linux"):
        pytest.skip("reads /proc")

    def workers() -> list[int]:
        return [pid for pid in descendants(process.pid) if b"mulin.config.worker" in about(pid, "cmdline")]

    assert until(lambda: bool(workers()))
    first = workers()[0]
    os.kill(first, signal.SIGKILL)
    assert until(lambda: workers() not in ([], [first]), 20)
    assert get(port) == 200 and "by itself" in said(home)


# ── refusals ────────────────────────────────────────────────────────────────────────────────────────
def test_a_taken_port_is_one_line_and_starts_nothing(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = mulin(home, "serve", "--port", taken.getsockname()[1])
    assert done.returncode == 1 and one_line(done.stderr) and "port" in done.stderr
    assert not home.exists()


@pytest.mark.parametrize("words", [["--example"], ["--now", "2026-11-02T08:00"]])
@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "mulin.example"])
def test_the_examples_door_and_clock_are_for_loopback_only(
    tmp_path: Path, words: list[str], host: str
) -> None:
    done = mulin(tmp_path / "home", "serve", "--host", host, *words)
    assert done.returncode == 1 and one_line(done.stderr) and "loopback" in done.stderr


def test_a_clock_from_the_environment_is_refused_there_too(tmp_path: Path) -> None:
    done = mulin(tmp_path / "home", "serve", "--host", "0.0.0.0", MULIN_NOW="2026-11-02T08:00")
    assert done.returncode == 1 and one_line(done.stderr)


def test_a_real_county_is_never_migrated_silently(tmp_path: Path) -> None:
    done = mulin(tmp_path / "home", "serve", "--port", free_port())
    assert done.returncode == 1 and "mulin migrate" in done.stderr and "Traceback" not in done.stderr
    with embedded.running(tmp_path / "home") as server, psycopg.connect(server.owner_url) as connection:
        assert connection.execute(
            "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        ).fetchone() == (0,)


def test_the_fingerprint_of_the_tables_changes_with_what_was_applied(home: Path) -> None:
    with embedded.running(home) as server:
        before = serve._tables(server.owner_url, "")
        assert (
            before == serve._tables(server.owner_url, "") != serve._tables(server.owner_url, "more packages")
        )
        with psycopg.connect(server.owner_url) as connection:
            connection.execute(
                "INSERT INTO django_migrations (app, name, applied) VALUES ('x', '0001', now())"
            )
        assert serve._tables(server.owner_url, "") != before
        with psycopg.connect(server.owner_url) as connection:
            connection.execute("DELETE FROM django_migrations WHERE app = 'x'")


def test_the_example_opens_on_a_bare_home_and_starts_again_without_preparing(tmp_path: Path) -> None:
    home = tmp_path / "示例 home"
    for attempt in ("first", "second"):
        port = free_port()
        process = started(home, "serve", "--example", "--port", port, "--now", "2026-11-02T08:00")
        try:
            assert until(lambda at=process: "http://" in said(home) or at.poll() is not None, 600)
            assert get(port) == 200, said(home)
            assert get(port, "/") == 200, attempt
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == 0
        if attempt == "first":
            stamps = (home / "serve.json").stat().st_mtime_ns
    assert (home / "serve.json").stat().st_mtime_ns == stamps, "the second start prepared something again"
