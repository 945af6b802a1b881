"""``mulin serve``: the embedded PostgreSQL, the web server and the background process, until Ctrl-C.

This process starts and stops the others and runs no Django of its own: what needs Django (migrations, static
files, the example county) runs in a child, and only when a fingerprint says that something changed since the
last start.
"""

from __future__ import annotations

import argparse
import hashlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psycopg

from mulin.config import cli, embedded
from mulin.config.postgres import die_with_parent
from mulin.config.terminal import both, refused, say

LOOPBACK = ("127.0.0.1", "::1", "localhost")
EXAMPLE_COUNTY = 211322
PATIENCE = 90.0
"""Seconds until the first answer is given up."""


def main(arguments: Sequence[str]) -> int:
    """Serve until told to stop; 0 then, 1 where a process ended by itself."""
    options = _options(arguments)
    if options.now:
        cli.set_tester_clock(options.now)
    home = cli.home()
    _refuse_a_taken_port(options.host, options.port)
    with _database(home) as (web_url, owner_url):
        environment = _environment(home, web_url, owner_url)
        _refuse_example_doors_in_a_real_county(owner_url, options)
        _prepare(home, owner_url, environment, example=options.example)
        return _serve(options, environment)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="mulin serve", description="网站、后台任务和数据库 · web, worker, database"
    )
    parser.add_argument("--port", type=_port, default=8000)
    parser.add_argument("--host", default="127.0.0.1", help="127.0.0.1")
    parser.add_argument("--example", action="store_true", help="示例县 · the example county, loopback only")
    parser.add_argument("--now", metavar="ISO", help="测试用时钟 · the tester's clock, example county only")
    options = parser.parse_args(list(arguments))
    options.now = options.now or os.environ.get("MULIN_NOW", "")
    if (options.example or options.now) and options.host not in LOOPBACK:
        raise refused(
            "loopback_only",
            f"示例县和测试时钟只能在本机地址上使用，不能用 {options.host}",
            f"--example and --now are for a loopback address, not {options.host}",
        )
    return options


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        raise argparse.ArgumentTypeError(f"{text!r} is no port (1 to 65535)")
    return int(text)


def _refuse_a_taken_port(host: str, port: int) -> None:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with closing(socket.socket(family, kind, protocol)) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise refused(
            "port_taken",
            f"不能使用 {host} 的端口 {port}，请用 --port（或 make run PORT=…）换一个",
            f"port {port} of {host} cannot be used ({error.strerror}): choose another one",
        ) from None


# ── before serving ──────────────────────────────────────────────────────────────────────────────────
@contextmanager
def _database(home: Path) -> Iterator[tuple[str, str]]:
    """URLs of the web role and of the owner; the embedded server unless the environment names another."""
    web = os.environ.get("MULIN_DATABASE_URL", "").strip()
    if web:
        owner = os.environ.get("MULIN_OWNER_DATABASE_URL", "").strip() or web
        cli.settle(owner)
        yield web, owner
        return
    with embedded.running(home, exclusive=True) as server:
        cli.settle(server.owner_url)
        yield server.web_url, server.owner_url


def _environment(home: Path, web_url: str, owner_url: str) -> dict[str, str]:
    """What every child gets. The example's doors are opened in ``_serve`` only."""
    closed = ("MULIN_EXAMPLE_DOOR", "MULIN_HOST", "MULIN_DATABASE_ROLE")
    environment = {name: value for name, value in os.environ.items() if name not in closed}
    path = [str(cli.BASE), *filter(None, [environment.get("PYTHONPATH", "")])]
    return environment | {
        "MULIN_HOME": str(home),
        "MULIN_DATABASE_URL": web_url,
        "MULIN_OWNER_DATABASE_URL": owner_url,
        "PYTHONPATH": os.pathsep.join(path),
        "PYTHONUNBUFFERED": "1",
    }


def _rows(url: str, query: str) -> list[tuple[object, ...]]:
    """The rows, or none where the table does not exist yet."""
    with psycopg.connect(url, connect_timeout=10) as connection:
        try:
            return connection.execute(query.encode()).fetchall()
        except psycopg.errors.UndefinedTable:
            return []


def _refuse_example_doors_in_a_real_county(url: str, options: argparse.Namespace) -> None:
    if not (options.example or options.now):
        return
    real = _rows(url, "SELECT name FROM citus_county WHERE NOT is_example")
    if real:
        raise refused(
            "real_county",
            f"这里有真实的县（{real[0][0]}），不能开示例县的门或改时钟",
            "a real county lives here: --example and --now are for the example county",
        )


def _fingerprint(folders: Sequence[str], *more: object) -> str:
    """A hash of names, sizes and times of the files below these folders of the checkout, and of ``more``."""
    found = hashlib.sha256(repr(more).encode())
    for folder in folders:
        for path in sorted((cli.BASE / folder).rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                about = path.stat()
                found.update(f"{path}\0{about.st_size}\0{about.st_mtime_ns}\n".encode())
    return found.hexdigest()


def _prepare(home: Path, url: str, environment: Mapping[str, str], *, example: bool) -> None:
    """Tables, static files and the example county of this version; nothing where nothing changed."""
    stamps = home / "serve.json"
    done: dict[str, str] = {}
    with suppress(FileNotFoundError, ValueError):
        done = json.loads(stamps.read_text())
    packages = (cli.BASE / "requirements" / "base.txt").read_text()

    def remember(step: str, wanted: str) -> None:
        done[step] = wanted
        draft = stamps.with_suffix(".part")
        draft.write_text(json.dumps(done))
        draft.replace(stamps)

    static = _fingerprint(["static"], packages)
    if done.get("static") != static or not (home / "static" / "staticfiles.json").exists():
        say("整理网页文件…", "collecting static files…")
        _manage(environment, "collectstatic", "--noinput", "--verbosity", "0")
        remember("static", static)

    if done.get("tables") != _tables(url, packages):
        if example:
            say("建立数据库表…", "making the tables…")
            _manage(environment, "migrate", "--noinput", "--verbosity", "0")
        elif _child(environment, "migrate", "--check").wait() != 0:
            raise refused(
                "not_migrated",
                "数据库表需要先升级：mulin migrate",
                "the tables are not up to date: run `mulin migrate`",
            )
        remember("tables", _tables(url, packages))

    if example:
        people = _fingerprint(["mulin/readers/demo"], _rows(url, "SELECT code, opened_at FROM citus_county"))
        if done.get("example") != people:
            say("准备示例县…", "preparing the example county…")
            _manage(environment, "demo", "--county", str(EXAMPLE_COUNTY))
            counties = _rows(url, "SELECT code, opened_at FROM citus_county")
            remember("example", _fingerprint(["mulin/readers/demo"], counties))


def _tables(url: str, packages: str) -> str:
    """A fingerprint of the migrations on disk and of those that the database has had."""
    applied = _rows(url, "SELECT app, name FROM django_migrations ORDER BY app, name")
    files = sorted(cli.BASE.glob("mulin/**/migrations/*.py"))
    contents = [(str(path.relative_to(cli.BASE)), path.read_bytes()) for path in files]
    return hashlib.sha256(repr((applied, contents, packages)).encode()).hexdigest()


def _child(environment: Mapping[str, str], *words: str) -> subprocess.Popen[bytes]:
    argv = [sys.executable, "-m", "mulin", *words]
    out = subprocess.DEVNULL if words[:2] == ("migrate", "--check") else None
    return subprocess.Popen(
        argv,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=out,
        preexec_fn=die_with_parent(signal.SIGTERM),
    )


def _manage(environment: Mapping[str, str], *words: str) -> None:
    """Run one of our own commands in a child; its own line says what went wrong."""
    process = _child(environment, *words)
    try:
        code = process.wait()
    except BaseException:
        process.terminate()
        process.wait()
        raise
    if code != 0:
        raise refused("command_failed", f"mulin {words[0]} 没有成功", f"`mulin {words[0]}` did not succeed")


# ── serving ─────────────────────────────────────────────────────────────────────────────────────────
class Child:
    """A process of ours in a session of its own, so that Ctrl-C reaches it through us, in order."""

    def __init__(self, name: str, argv: Sequence[str], environment: Mapping[str, str]) -> None:
        self.name = name
        self.argv = [sys.executable, *argv]
        self.environment = dict(environment)
        self.started = 0.0
        self.start()

    def start(self) -> None:
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            self.argv,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )

    def ended(self) -> bool:
        return self.process.poll() is not None

    def signal(self, number: int) -> None:
        """To the whole session: a server's own workers must not outlive it."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, number)


def _serve(options: argparse.Namespace, environment: dict[str, str]) -> int:
    environment = environment | {"MULIN_DATABASE_ROLE": "web"}
    if options.example:
        environment |= {"MULIN_EXAMPLE_DOOR": "1", "MULIN_HOST": options.host}
    children: list[Child] = []
    try:
        children.append(Child("web", _web_server(options.host, options.port), environment))
        _wait_for_the_first_answer(children[0], options.host, options.port)
        children.append(Child("worker", ["-c", "from mulin.config.worker import main; main()"], environment))
        url = f"http://{f'[{options.host}]' if ':' in options.host else options.host}:{options.port}/"
        sys.stdout.write(f"睦邻 mulin: {url}  {both('按 Ctrl-C 停止', 'Ctrl-C stops it')}\n")
        sys.stdout.flush()
        return _watch(children)
    except KeyboardInterrupt:
        return 0
    except SystemExit:
        return 0  # SIGTERM or SIGHUP: asked to stop, and stopping in order is success
    finally:
        _stop(children)


def _web_server(host: str, port: int) -> list[str]:
    workers = max(1, min(2, os.cpu_count() or 1))
    argv = [
        "-m",
        "granian",
        "--interface",
        "wsgi",
        "--host",
        socket.gethostbyname(host) if host == "localhost" else host,
    ]
    argv += [
        "--port",
        str(port),
        "--workers",
        str(workers),
        "--blocking-threads",
        "4",
        "--no-ws",
        "--http",
        "1",
    ]
    argv += ["--respawn-failed-workers", "--workers-kill-timeout", "8", "--log-level", "warning"]
    return [*argv, "mulin.config.wsgi:application"]


def _wait_for_the_first_answer(web: Child, host: str, port: int) -> None:
    """Until /healthz says 200. Raises Refused where the server ends or stays silent."""
    seen = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  (the address to ask, not to bind)
    deadline, pause = time.monotonic() + PATIENCE, 0.05
    while not web.ended() and time.monotonic() < deadline:
        with (
            suppress(OSError, http.client.HTTPException),
            closing(http.client.HTTPConnection(seen, port, timeout=5)) as line,
        ):
            line.request("GET", "/healthz", headers={"Host": "localhost"})
            if line.getresponse().status == 200:
                return
            # It answers with an error: one more chance after a while, not a log full of the same words.
            deadline, pause = min(deadline, time.monotonic() + 20), 2.0
        time.sleep(pause)
    raise refused(
        "no_answer", "网站没有启动，原因见上", "the web server did not answer; the reason stands above"
    )


def _watch(children: Sequence[Child]) -> int:
    """Until a signal comes. The worker is started again if it ends; without the web server all stops."""
    while True:
        time.sleep(0.25)
        for child in children:
            if not child.ended():
                continue
            code = child.process.returncode
            say(f"{child.name} 进程意外结束（{code}）", f"the {child.name} process ended by itself ({code})")
            if child.name == "web":
                return 1
            time.sleep(max(0.0, 5.0 - (time.monotonic() - child.started)))
            child.start()


def _stop(children: Sequence[Child]) -> None:
    """All at once, politely; what is left after twelve seconds is killed. PostgreSQL comes after this."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    for child in children:
        with suppress(ProcessLookupError):
            child.process.terminate()
    deadline = time.monotonic() + 12
    while any(not child.ended() for child in children) and time.monotonic() < deadline:
        time.sleep(0.02)
    for child in children:
        child.signal(signal.SIGKILL)
        child.process.wait()
