"""The embedded PostgreSQL, with real servers: every way of running it, and every way of losing it."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from mulin.config import embedded, postgres
from mulin.kernel.errors import Refused
from tests.config.programs import ROOT, alive, environment, until

pytestmark = pytest.mark.slow
ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")
HOLD = """
import sys, time
from pathlib import Path
import psycopg
from mulin.config import embedded
with embedded.running(Path(sys.argv[1])) as server:
    with psycopg.connect(server.owner_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
        connection.execute("INSERT INTO kept VALUES (1)")
    print(server.version, server.started_here, flush=True)
    time.sleep(float(sys.argv[2]))
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home in a private folder with a space and Chinese characters in its path."""
    private = tmp_path / "私人 folder"
    private.mkdir(mode=0o700)
    return private / "数据 home"


@pytest.fixture(params=["user namespace", "another user"] if os.geteuid() == 0 else ["ourselves"])
def each_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways of root; an ordinary user has one."""
    if request.param == "another user":
        monkeypatch.setenv("MULIN_NO_USERNS", "1")
    elif request.param == "user namespace" and not postgres.way().prefix:
        pytest.skip("user namespaces are blocked on this machine")
    return str(request.param)


def rows(url: str, query: str = "SELECT count(*) FROM kept") -> object:
    with psycopg.connect(url) as connection:
        found = connection.execute(query.encode()).fetchone()
        return found[0] if found else None


def hold(home: Path, seconds: float = 60, **more: str) -> subprocess.Popen[str]:
    argv = [sys.executable, "-c", HOLD, str(home), str(seconds)]
    process = subprocess.Popen(
        argv, env=environment(home, **more), stdout=subprocess.PIPE, text=True, cwd="/"
    )
    assert process.stdout is not None
    process.first = process.stdout.readline()  # type: ignore[attr-defined]
    return process


@pytest.mark.parametrize("version", [16, 18])
def test_it_starts_in_a_private_home_and_widens_nothing(home: Path, each_way: str, version: int) -> None:
    with embedded.running(home, version=version) as server:
        assert server.started_here and server.version == version
        assert rows(server.owner_url, "SELECT current_user") == "mulin_owner"
        assert rows(server.web_url, "SELECT current_user") == "mulin_web"
        assert rows(server.superuser_url, "SHOW listen_addresses") == ""
        assert stat.S_IMODE(server.socket_dir.stat().st_mode) == 0o700
        assert stat.S_IMODE(home.parent.stat().st_mode) == stat.S_IMODE(home.stat().st_mode) == 0o700
        sockets = server.socket_dir
    assert not sockets.exists() and not (home / "pg.json").exists()
    assert stat.S_IMODE(home.parent.stat().st_mode) == 0o700


def test_the_owner_may_become_the_web_role_and_nobody_is_a_superuser(home: Path) -> None:
    with embedded.running(home) as server, psycopg.connect(server.owner_url) as connection:
        connection.execute("SET ROLE mulin_web")
        rights = connection.execute(
            "SELECT rolname, rolsuper, rolcreatedb FROM pg_roles WHERE rolname LIKE 'mulin%' ORDER BY 1"
        ).fetchall()
    assert rights == [("mulin_owner", False, True), ("mulin_web", False, False)]


def test_rows_outlive_a_stop_and_a_change_of_version_setting(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MULIN_POSTGRES", "16")
    with embedded.running(home) as server, psycopg.connect(server.owner_url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS n")
    monkeypatch.setenv("MULIN_POSTGRES", "18")
    with embedded.running(home) as server:
        assert server.version == 16, "an existing cluster decides"
        assert rows(server.owner_url) == 1


def test_nonsense_for_a_version_is_refused_in_words(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MULIN_POSTGRES", "17")
    with pytest.raises(Refused, match="neither 16 nor 18"), embedded.running(home):
        pass


@ROOT_ONLY
def test_the_ways_of_root_can_change_between_two_starts(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for blocked in ("", "1", ""):
        monkeypatch.setenv("MULIN_NO_USERNS", blocked)
        with embedded.running(home) as server:
            rows(server.owner_url, "SELECT 1")
            owner = (home / "pg" / "PG_VERSION").stat().st_uid
            assert owner == postgres.way().owner


def test_kill_9_of_the_holder_loses_nothing_that_was_committed(home: Path, each_way: str) -> None:
    more = {"MULIN_NO_USERNS": "1"} if each_way == "another user" else {}
    for expected in (1, 2, 3):
        process = hold(home, **more)
        postmaster = json.loads((home / "pg.json").read_text())["pid"]
        process.kill()
        process.wait()
        if sys.platform.startswith("linux"):
            assert until(lambda pid=postmaster: not alive(pid), 20), "PostgreSQL outlived its supervisor"
        with embedded.running(home) as server:
            assert server.started_here and rows(server.owner_url) == expected


def test_a_postmaster_that_outlived_its_supervisor_is_ended_before_a_new_one(home: Path) -> None:
    """What a Mac does, which has no death signal: here the postmaster is started by hand."""
    process = hold(home)
    state = json.loads((home / "pg.json").read_text())
    os.kill(state["pid"], signal.SIGSTOP)  # it cannot follow its supervisor now
    process.kill()
    process.wait()
    os.kill(state["pid"], signal.SIGCONT)
    with embedded.running(home) as server:
        assert rows(server.owner_url) == 1
        assert not alive(state["pid"])


def test_a_stale_pid_file_that_names_a_living_stranger_is_no_obstacle(home: Path) -> None:
    process = hold(home)
    state = json.loads((home / "pg.json").read_text())
    stale = (home / "pg" / "postmaster.pid").read_text()
    os.kill(state["pid"], signal.SIGKILL)
    process.kill()
    process.wait()
    stranger = subprocess.Popen(["sleep", "60"], **_as_owner_of(home / "pg"))  # type: ignore[call-overload]
    try:
        lines = stale.splitlines(keepends=True)
        (home / "pg" / "postmaster.pid").write_text("".join([f"{stranger.pid}\n", *lines[1:]]))
        (home / "pg.json").write_text(json.dumps(state | {"pid": stranger.pid}))
        with embedded.running(home) as server:
            assert rows(server.owner_url) == 1
        assert stranger.poll() is None, "a stranger was ended"
    finally:
        stranger.kill()
        stranger.wait()


def _as_owner_of(folder: Path) -> dict[str, int]:
    about = folder.stat()
    return {"user": about.st_uid, "group": about.st_gid} if os.geteuid() == 0 and about.st_uid else {}


def test_a_second_starter_joins_and_the_first_waits_for_it(home: Path) -> None:
    first = hold(home, seconds=0.5)
    began = time.monotonic()
    second = hold(home, seconds=2.5)
    told = [process.first.split() for process in (first, second)]  # type: ignore[attr-defined]
    assert told == [["18", "True"], ["18", "False"]]
    assert second.wait(20) == 0 and first.wait(20) == 0
    assert time.monotonic() - began >= 2.0
    with embedded.running(home) as server:
        assert rows(server.owner_url) == 2


def test_whoever_needs_the_home_alone_is_refused_in_words(home: Path) -> None:
    with (
        embedded.running(home, exclusive=True),
        pytest.raises(Refused, match="another mulin"),
        embedded.running(home, exclusive=True),
    ):
        pass


def test_a_half_made_cluster_never_counts(home: Path) -> None:
    for leftover in ("pg.new", "pg"):
        (home / leftover / "base").mkdir(parents=True)
    with embedded.running(home) as server:
        assert rows(server.superuser_url, "SELECT 1") == 1
    assert not (home / "pg.new").exists()


@ROOT_ONLY
@pytest.mark.parametrize("blocked", ["", "1"])
def test_programs_that_their_user_cannot_reach_are_copied(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, blocked: str
) -> None:
    wheel = postgres.binaries(18).parent.parent
    private = tmp_path / "root only"
    private.mkdir(mode=0o700)
    shutil.copytree(wheel / "pginstall18", private / wheel.name / "pginstall18", symlinks=True)
    shutil.copytree(wheel.with_name(f"{wheel.name}.libs"), private / f"{wheel.name}.libs")
    copies = Path("/var/tmp") / f"mulin-test-{os.getpid()}"
    monkeypatch.setattr(postgres, "COPIES", copies)
    monkeypatch.setattr(embedded, "binaries", lambda version: private / wheel.name / "pginstall18" / "bin")
    monkeypatch.setenv("MULIN_NO_USERNS", blocked)
    try:
        with embedded.running(home) as server:
            assert rows(server.owner_url, "SELECT 1") == 1
        copied = list(copies.glob("postgresql-*")) if copies.exists() else []
        assert bool(copied) == (not postgres.way().prefix)
        assert all(path.stat().st_uid == 0 for path in copied)
        assert stat.S_IMODE(private.stat().st_mode) == 0o700
    finally:
        shutil.rmtree(copies, ignore_errors=True)


def _with_packages(home: Path) -> dict[str, str]:
    packages = str(Path(psycopg.__file__).parents[1])
    return environment(home, PYTHONPATH=os.pathsep.join([str(ROOT), packages]))


def _python_for(user: str, home: Path) -> str:
    """A Python that the user can run with our packages, or ''."""
    for python in (sys.executable, "/usr/bin/python3"):
        try:
            done = subprocess.run(
                [python, "-c", "import mulin.config.embedded"],
                env=_with_packages(home),
                user=user,
                check=False,
                cwd="/",
                capture_output=True,
                extra_groups=[],
            )
        except OSError:
            continue
        if done.returncode == 0:
            return python
    return ""


@ROOT_ONLY
def test_an_ordinary_user_needs_no_help(tmp_path: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    python = _python_for("nobody", tmp_path)
    if not python:
        pytest.skip("no Python here that an ordinary user can reach: this checkout is private to root")
    home = Path("/var/tmp") / f"mulin-普通 {os.getpid()}"
    home.mkdir(mode=0o700)
    os.chown(home, nobody.pw_uid, nobody.pw_gid)
    try:
        done = subprocess.run(
            [python, "-c", HOLD, str(home), "0"],
            env=_with_packages(home),
            user="nobody",
            group=nobody.pw_gid,
            extra_groups=[],
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout.split()) == (0, ["18", "True"]), done.stderr
        assert (home / "pg" / "PG_VERSION").stat().st_uid == nobody.pw_uid
    finally:
        shutil.rmtree(home)


def test_the_servers_log_tells_no_statement_and_no_value(home: Path) -> None:
    with embedded.running(home) as server, psycopg.connect(server.owner_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE person (phone text UNIQUE)")
        for _ in range(2):
            try:
                connection.execute("INSERT INTO person VALUES ('13800138000')")
            except psycopg.errors.UniqueViolation:
                break
    words = (home / "pg.log").read_text()
    assert "duplicate key" in words and "13800138000" not in words


def test_a_folder_that_cannot_be_written_is_an_ordinary_error(tmp_path: Path) -> None:
    with pytest.raises(OSError), embedded.running(Path("/proc/mulin")):
        pass


def test_a_server_that_does_not_start_says_why(home: Path) -> None:
    with embedded.running(home):
        pass
    (home / "pg" / "global" / "pg_control").unlink()
    with pytest.raises(Refused, match="did not start"), embedded.running(home):
        pass
    assert not (home / "pg.json").exists()


def test_without_the_wheel_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing: Callable[[str], None] = lambda name: None  # noqa: E731
    monkeypatch.setattr(postgres.importlib.util, "find_spec", nothing)
    with pytest.raises(Refused, match="make setup"):
        postgres.binaries(18)
