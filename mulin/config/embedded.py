"""The embedded PostgreSQL: our own supervisor of one cluster per home.

``with running(home) as server`` starts the cluster of that home, or joins the one that another process of
ours has started, and stops only what it started. In the home: ``pg/`` (the data), ``pg.log``, ``pg.json``
(which postmaster runs, and where its socket is), ``pg.lock`` (held by whoever started it) and ``pg.users``
(held by those who joined).
"""

from __future__ import annotations

import fcntl
import json
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import IO, Any

import psycopg
from psycopg import sql

from mulin.config.postgres import LINUX, Way, binaries, die_with_parent, reachable, way
from mulin.config.terminal import progress, refused

DEFAULT_VERSION = 18
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "80",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # A log may be read by others than the rows: no statement with its values, no DETAIL with a key.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
    # /dev/shm of a container is often 64 MB: parallel plans would fail there.
    "max_parallel_workers_per_gather": "0",
    # One small server with an SSD: most of a county lies in memory, and a page out of order costs no seek.
    "shared_buffers": "512MB",
    "effective_cache_size": "2GB",
    "random_page_cost": "1.1",
    # A year of ratings is looked up in a table in memory: where it does not fit, a figure takes minutes.
    "work_mem": "32MB",
    "jit": "off",
}
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True)
class Server:
    """A running cluster. URLs are ``postgresql://role@/mulin?host=<socket folder>``."""

    owner_url: str
    web_url: str
    superuser_url: str
    socket_dir: Path
    version: int
    started_here: bool


@dataclass(frozen=True)
class _State:
    """What ``pg.json`` says of the postmaster: enough to find it again and to know it is the same one."""

    pid: int
    born: str
    socket_dir: str
    version: int
    holder: int
    exclusive: bool
    ready: bool = False

    def server(self, *, started_here: bool) -> Server:
        host = f"host={self.socket_dir}"
        return Server(
            owner_url=f"postgresql://mulin_owner@/mulin?{host}",
            web_url=f"postgresql://mulin_web@/mulin?{host}",
            superuser_url=f"postgresql://postgres@/postgres?{host}",
            socket_dir=Path(self.socket_dir),
            version=self.version,
            started_here=started_here,
        )

    def alive(self) -> bool:
        """Whether that very postmaster lives: same pid, same birth, our socket folder on its command line."""
        return bool(self.born) and born(self.pid) == self.born and self.socket_dir in _command(self.pid)


# ── one home, one server ────────────────────────────────────────────────────────────────────────────
@contextmanager
def running(
    home: Path,
    *,
    version: int | None = None,
    durable: bool = True,
    exclusive: bool = False,
    patience: float = 60,
) -> Iterator[Server]:
    """The cluster of ``home``, started or joined; on leaving, stopped if it was started here.

    Whoever started it waits on leaving until those who joined are done. ``exclusive`` (the long-running
    ``serve``) never joins a server and does not wait for others on leaving. ``version`` counts for a new
    cluster only. Raises Refused where PostgreSQL does not start, or the home is still in use after
    ``patience`` seconds.
    """
    home = home.resolve()
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(home / "pg.lock", "a") as lock, open(home / "pg.users", "a") as users:
        joined = _join(home, lock, users, exclusive=exclusive, patience=patience)
        if joined:
            yield joined.server(started_here=False)
            return
        process, state = _start(home, version, durable=durable, exclusive=exclusive)
        try:
            _prepare(state)
            state = replace(state, ready=True)
            _write_state(home, state)
            yield state.server(started_here=True)
        finally:
            try:
                if not exclusive:
                    _wait_for_users(users)
            finally:
                _stop(process)
                _forget(home, state)


def _join(home: Path, lock: IO[str], users: IO[str], *, exclusive: bool, patience: float) -> _State | None:
    """The state of the server joined (``users`` is then held), or None: the lock is ours, nobody serves."""
    deadline = time.monotonic() + patience
    while True:
        if _flock(lock, fcntl.LOCK_EX):
            return None
        if not exclusive and _flock(users, fcntl.LOCK_SH):
            state = _read_state(home)
            if state and state.ready and state.alive():
                return state
            fcntl.flock(users, fcntl.LOCK_UN)
        state = _read_state(home)
        if time.monotonic() > deadline or (exclusive and state and state.exclusive):
            who = state.holder if state else "?"
            raise refused(
                "home_in_use",
                f"{home} 正被另一个 mulin（进程 {who}）使用",
                f"another mulin (process {who}) is using it",
            )
        time.sleep(0.05)


def _flock(handle: IO[str], how: int) -> bool:
    """Take the lock if it is free; whether it was."""
    try:
        fcntl.flock(handle, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _wait_for_users(users: IO[str]) -> None:
    said = False
    while not _flock(users, fcntl.LOCK_EX):
        if not said:
            progress("等待其他 mulin 命令结束…", "waiting for other mulin commands that use this database…")
            said = True
        time.sleep(0.05)


def _read_state(home: Path) -> _State | None:
    try:
        return _State(**json.loads((home / "pg.json").read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def _write_state(home: Path, state: _State) -> None:
    draft = home / "pg.json.part"
    draft.write_text(json.dumps(asdict(state)))
    draft.replace(home / "pg.json")


def _forget(home: Path, state: _State) -> None:
    shutil.rmtree(state.socket_dir, ignore_errors=True)
    (home / "pg.json").unlink(missing_ok=True)


# ── processes ───────────────────────────────────────────────────────────────────────────────────────
def born(pid: int) -> str:
    """When the process began, in the system's words; '' if it is gone. A pid alone may be used again."""
    if LINUX:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return ""
        return "" if fields[0] in "ZX" else fields[19]
    return _ps(pid, "lstart=").strip()


def _command(pid: int) -> str:
    if LINUX:
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            return ""
    return _ps(pid, "command=")


def _ps(pid: int, column: str) -> str:
    argv = ["ps", "-p", str(pid), "-o", column]
    return subprocess.run(argv, capture_output=True, text=True, check=False).stdout


def _recover(home: Path, data: Path) -> None:
    """With the lock ours: end a postmaster that outlived its supervisor, disarm a stale postmaster.pid."""
    state = _read_state(home)
    if state:
        for number, seconds in ((signal.SIGINT, 30), (signal.SIGQUIT, 10), (signal.SIGKILL, 5)):
            if not state.alive():
                break
            with suppress(ProcessLookupError):
                os.kill(state.pid, number)
            _until(lambda: not state.alive(), seconds)
        _forget(home, state)
    stale = data / "postmaster.pid"
    if stale.exists():
        # Only the pid is replaced, by ours, which PostgreSQL takes for its own parent's: by now some other
        # process may have that number. The rest tells it whether an orphaned backend is still attached.
        lines = stale.read_text().splitlines(keepends=True)
        stale.write_text("".join([f"{os.getpid()}\n", *lines[1:]]))


def _until(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


# ── start and stop ──────────────────────────────────────────────────────────────────────────────────
def _start(
    home: Path, version: int | None, *, durable: bool, exclusive: bool
) -> tuple[subprocess.Popen[bytes], _State]:
    """Start the postmaster, making the cluster first if there is none."""
    data = home / "pg"
    _recover(home, data)
    major = _wanted_version(data, version)
    how = way()
    programs = reachable(binaries(major), how)
    if not (data / "PG_VERSION").exists():
        _make_cluster(home, programs, how)
    _give(data, how.owner)
    sockets = _socket_folder(how.owner)
    settings = SETTINGS | ({} if durable else NOT_DURABLE)
    argv = [str(programs / "postgres"), "-D", how.folder(data), "-k", str(sockets)]
    argv += [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    log = home / "pg.log"
    if log.exists() and log.stat().st_size > 10_000_000:
        log.replace(home / "pg.log.1")
    with open(log, "ab") as out:
        process = how.popen(
            argv,
            cwd=data,
            stdout=out,
            stderr=out,
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGINT),
        )
    state = _State(process.pid, born(process.pid), str(sockets), major, os.getpid(), exclusive)
    try:
        _write_state(home, state)
        _wait_until_ready(process, state, log)
    except BaseException:
        _stop(process)
        _forget(home, state)
        raise
    return process, state


def _wanted_version(data: Path, asked: int | None) -> int:
    """An existing cluster decides; then the caller; then ``MULIN_POSTGRES``; then 18."""
    with suppress(FileNotFoundError):
        return int((data / "PG_VERSION").read_text())
    told = os.environ.get("MULIN_POSTGRES", "").strip()
    if asked is None and told not in ("", "16", "18"):
        raise refused(
            "postgres_version",
            "MULIN_POSTGRES 只能是 16 或 18",
            f"MULIN_POSTGRES={told!r} is neither 16 nor 18",
        )
    return asked or int(told or DEFAULT_VERSION)


def _make_cluster(home: Path, programs: Path, how: Way) -> None:
    """initdb into ``pg.new``, then rename: a half-made cluster never counts."""
    draft, data = home / "pg.new", home / "pg"
    for leftover in (draft, data):
        if leftover.exists():
            shutil.rmtree(leftover)
    draft.mkdir(mode=0o700)
    _give(draft, how.owner)
    argv = [str(programs / "initdb"), "-D", how.folder(draft), "-U", "postgres"]
    argv += ["--locale=C", "--encoding=UTF8", "--auth-local=trust", "--auth-host=reject"]
    with tempfile.TemporaryFile() as out:
        process = how.popen(argv, cwd=draft, stdout=out, stderr=out, start_new_session=True)
        try:
            code = process.wait()
        except BaseException:
            process.kill()
            raise
        out.seek(0)
        words = out.read().decode(errors="replace").strip().splitlines()
    if code != 0:
        errors = [line for line in words if "error" in line.lower() or "FATAL" in line]
        reason = (errors or words or [f"exit {code}"])[-1]
        raise refused(
            "postgres_initdb", f"无法在 {home} 建立数据库", f"the database cannot be made: {reason}"
        )
    draft.rename(data)
    handle = os.open(home, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _give(folder: Path, owner: int) -> None:
    """Make a folder of ours, with all in it, belong to the user PostgreSQL runs as."""
    if os.geteuid() != 0 or folder.stat().st_uid == owner:
        return
    group = pwd.getpwuid(owner).pw_gid
    for path in folder.rglob("*"):
        os.chown(path, owner, group, follow_symlinks=False)
    os.chown(folder, owner, group)


def _socket_folder(owner: int) -> Path:
    """A fresh private folder with a short name: a socket's path may have about 100 bytes."""
    place = "/tmp"  # noqa: S108  (mkdtemp makes a 0700 folder in it)
    sockets = Path(tempfile.mkdtemp(prefix="mulin-", dir=place if os.access(place, os.W_OK) else None))
    _give(sockets, owner)
    return sockets


def _wait_until_ready(process: subprocess.Popen[bytes], state: _State, log: Path) -> None:
    """Until it answers. Recovery after a crash may take long: only the end of the process ends the wait."""
    start, began, said = log.stat().st_size, time.monotonic(), False
    while True:
        if process.poll() is not None:
            with open(log, "rb") as lines:
                lines.seek(max(start - 4000, 0))
                words = lines.read().decode(errors="replace").splitlines()
            fatal = [line for line in words if "FATAL" in line or "PANIC" in line or "error" in line]
            reason = fatal[-1] if fatal else f"exit {process.returncode}"
            raise refused(
                "postgres_start", f"PostgreSQL 没有启动，见 {log}", f"PostgreSQL did not start: {reason}"
            )
        with suppress(psycopg.OperationalError):
            _superuser(state).close()
            return
        if not said and time.monotonic() - began > 10:
            progress("PostgreSQL 正在恢复…", "PostgreSQL is recovering…")
            said = True
        time.sleep(0.02)


def _superuser(state: _State) -> psycopg.Connection[tuple[Any, ...]]:
    return psycopg.connect(
        host=state.socket_dir, user="postgres", dbname="postgres", autocommit=True, connect_timeout=5
    )


def _prepare(state: _State) -> None:
    """The two roles and the database, where they are missing."""
    with _superuser(state) as connection:
        rows = connection.execute(
            "SELECT rolname FROM pg_roles WHERE rolname IN ('mulin_web', 'mulin_owner')"
        )
        roles = {row[0] for row in rows}
        if "mulin_web" not in roles:
            connection.execute("CREATE ROLE mulin_web LOGIN")
        if "mulin_owner" not in roles:
            connection.execute("CREATE ROLE mulin_owner LOGIN CREATEDB")
        if len(roles) < 2:
            connection.execute("GRANT mulin_web TO mulin_owner WITH SET TRUE")
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = 'mulin'").fetchone():
            make_database(connection, "mulin", owner="mulin_owner", web="mulin_web")


def make_database(connection: psycopg.Connection[Any], name: str, *, owner: str, web: str) -> None:
    """An empty database of ``owner`` into which only it and ``web`` may come. Needs autocommit."""
    names = {"name": sql.Identifier(name), "owner": sql.Identifier(owner), "web": sql.Identifier(web)}
    for statement in (
        "CREATE DATABASE {name} OWNER {owner} ENCODING 'UTF8' TEMPLATE template0",
        "REVOKE ALL ON DATABASE {name} FROM PUBLIC",
        "GRANT CONNECT, TEMPORARY ON DATABASE {name} TO {web}",
    ):
        connection.execute(sql.SQL(statement).format(**names))


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Fast shutdown: clients are cut off, nothing committed is lost. Another Ctrl-C does not hurry it."""
    for number, seconds in ((signal.SIGINT, 60), (signal.SIGQUIT, 10), (signal.SIGKILL, 5)):
        if process.poll() is not None:
            return
        process.send_signal(number)
        deadline = time.monotonic() + seconds
        while process.poll() is None and time.monotonic() < deadline:
            with suppress(KeyboardInterrupt, subprocess.TimeoutExpired):
                process.wait(timeout=1)
