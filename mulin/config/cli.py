"""The ``mulin`` command: one table of commands, a database for those that need one, exit codes as promised.

Exit codes: 0 done, 1 refused with one clear line on standard error, 2 wrong usage. What nobody expected keeps
its traceback.
"""

from __future__ import annotations

import errno
import importlib.util
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any, Literal, NamedTuple

from mulin.config.terminal import both, refused
from mulin.kernel.errors import Refused

BASE = Path(__file__).resolve().parent.parent.parent
Role = Literal["owner", "web", "none"]


class Command(NamedTuple):
    """One line of the help, and the database role the command works with (none: it needs no database)."""

    usage: str
    role: Role
    chinese: str
    english: str


COMMANDS: dict[str, Command] = {
    "serve": Command(
        "[--port N] [--host H] [--example] [--now ISO]",
        "none",
        "运行网站、后台任务和内置数据库，按 Ctrl-C 停止",
        "web, worker and the embedded PostgreSQL, until Ctrl-C",
    ),
    "migrate": Command("", "owner", "建立或升级数据库表", "create or upgrade the tables"),
    "import-divisions": Command(
        "FILE.csv [--as-of DATE] [--dry-run]",
        "owner",
        "导入 12 位区划代码表",
        "the national 12-digit table, into Region",
    ),
    "open-county": Command("CODE", "owner", "开通一个县", "make a county a tenant and plant its divisions"),
    "first-admin": Command(
        "--county CODE --username NAME",
        "web",
        "第一位管理员，给出一次性密码",
        "first admin, with a one-time password",
    ),
    "import-grids": Command(
        "FILE.geojson --county CODE [--dry-run]", "web", "导入网格边界", "grid polygons from GeoJSON"
    ),
    "export-grids": Command("--county CODE [-o FILE]", "web", "导出网格边界", "grid polygons to GeoJSON"),
    "import-cases": Command(
        "FILE.xlsx|csv --county CODE [--dry-run] [--errors OUT.xlsx]",
        "web",
        "导入留言、工单",
        "messages, as cases",
    ),
    "import-calendar": Command(
        "FILE.xlsx|csv|txt --county CODE [--dry-run]",
        "web",
        "导入放假通知",
        "the yearly holiday notice",
    ),
    "import-catalogue": Command(
        "FILE.xlsx|csv --county CODE [--dry-run] [--publish] [--errors OUT.xlsx]",
        "web",
        "导入事项清单",
        "matter types, by code",
    ),
    "export-catalogue": Command(
        "FILE.xlsx --county CODE [--proposal]",
        "web",
        "导出事项清单或建议稿",
        "matter types in force, or a proposal to begin with",
    ),
    "train-suggestions": Command(
        "--county CODE [--format text|json]",
        "web",
        "按办过的案件重新学习事项建议",
        "suggestions learn anew from the county's cases",
    ),
    "indicators": Command(
        "--county CODE --from DATE --to DATE [--only CODE,…] [--place …] [--unit …] [--format table|json|csv]",
        "web",
        "统计指标",
        "figures from the records",
    ),
    "brief": Command(
        "--county CODE --from DATE --to DATE --format md|docx -o FILE [--place …] [--unit …]",
        "web",
        "一页简报",
        "a period on one page",
    ),
    "demo": Command(
        "--county 211322 [--seed N] [--scale X] [--check [--format text|json]]",
        "owner",
        "示例县的人和事",
        "the people and cases of the example county",
    ),
    "tick": Command("[--now ISO]", "web", "处理一遍到期的事", "one pass over what is due"),
    "verify-trail": Command("[--county CODE]", "web", "核验操作留痕", "check the chain of deeds"),
    "check-books": Command(
        "[--county CODE] [--format text|json]", "web", "核对积分账目", "prove every sum of the points ledger"
    ),
    "export-books": Command(
        "--county CODE [-o FILE]", "web", "导出积分账（beancount）", "the points ledger for bean-check"
    ),
    "mend-words": Command("--county CODE", "web", "核对搜索字词", "put right what cases are found by"),
    "content-hash": Command("--county CODE", "web", "一个县数据的摘要", "one hash over a county's rows"),
    "backup": Command("FILE", "none", "备份数据库、附件和密钥", "database, files and keys into one file"),
    "restore": Command("FILE [--replace]", "none", "从备份恢复", "bring a backup back"),
}
OWNERS = {"makemigrations", "sqlmigrate", "showmigrations", "optimizemigration", "squashmigrations", "flush",
          "createcachetable", "lintmigrations", "loaddata"}  # fmt: skip
NO_DATABASE = {
    "collectstatic",
    "findstatic",
    "makemessages",
    "compilemessages",
    "diffsettings",
    "startapp",
    "check",
}
OUTSIDE = (
    "django.core", "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
    "django.contrib.staticfiles", "procrastinate.contrib.django", "allauth.account",
)  # fmt: skip


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mulin.config.settings")
    if not words or words[0] in ("-h", "--help", "help"):
        sys.stdout.write(overview()) if words else sys.stderr.write(overview())
        return 0 if words else 2
    if words[0] in ("--version", "version"):
        sys.stdout.write(f"mulin {_version()}\n")
        return 0
    try:
        with _signals():
            return run(words[0], words[1:])
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read our output has gone (``mulin … | head``); nobody is left to be told.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except _perhaps_expected() as error:
        line = expected(error)
        if line is None:
            raise
        sys.stderr.write(f"mulin: {line}\n")
        return 1


def overview() -> str:
    """The help: our commands, one line each."""
    lines = [both("睦邻 mulin：mulin <命令> [参数]", "mulin <command> [arguments]"), ""]
    for name, command in COMMANDS.items():
        if _known(name):
            lines += [f"  {name} {command.usage}".rstrip(), f"      {both(command.chinese, command.english)}"]
    lines += [
        "",
        both(
            "Django 自带的命令也可用，如 createsuperuser",
            "Django's own commands work too, such as createsuperuser",
        ),
        both(
            "数据在 MULIN_HOME（默认 var/）；设 MULIN_DATABASE_URL 则用自己的 PostgreSQL",
            "state is in MULIN_HOME (default var/); MULIN_DATABASE_URL puts it on a PostgreSQL of yours",
        ),
    ]
    return "\n".join(lines) + "\n"


def run(name: str, arguments: list[str]) -> int:
    """Find the command, give it its database and role, run it."""
    if not _known(name):
        sys.stderr.write(
            f"mulin: {both(f'没有 {name} 这个命令', f'no such command: {name}')} (mulin --help)\n"
        )
        return 2
    if name == "serve":
        from mulin.config import serve

        return serve.main(arguments)
    if name in ("backup", "restore"):
        from mulin.config import backup

        return backup.main(name, arguments)
    if name == "tick":
        arguments = _tester_clock(arguments)
    with database(role_of(name, arguments)):
        return _django(name.replace("-", "_"), arguments)


def role_of(name: str, arguments: Sequence[str]) -> Role:
    """The database role of a command."""
    plain = name.replace("_", "-")
    if {"-h", "--help"} & set(arguments) or name in NO_DATABASE:
        return "none"
    if plain in COMMANDS:
        return COMMANDS[plain].role
    return "owner" if name in OWNERS else "web"


def home() -> Path:
    """The folder that holds all state."""
    return Path(os.environ.get("MULIN_HOME", "").strip() or BASE / "var").resolve()


@contextmanager
def database(role: Role) -> Iterator[None]:
    """The environment of a process that works with the database in that role; embedded unless told."""
    os.environ["MULIN_DATABASE_ROLE"] = "owner" if role == "owner" else "web"
    if role == "none":
        yield
        return
    if told := os.environ.get("MULIN_DATABASE_URL", "").strip():
        settle(os.environ.get("MULIN_OWNER_DATABASE_URL", "").strip() or told)
        yield
        return
    from mulin.config import embedded

    with embedded.running(home()) as server:
        settle(server.owner_url)
        os.environ["MULIN_DATABASE_URL"] = server.web_url
        os.environ["MULIN_OWNER_DATABASE_URL"] = server.owner_url
        try:
            yield
        finally:
            del os.environ["MULIN_DATABASE_URL"], os.environ["MULIN_OWNER_DATABASE_URL"]


def settle(owner_url: str) -> None:
    """Finish what an interrupted restore has left, before anybody reads keys or rows."""
    if (home() / "restore.json").exists():
        from mulin.config import restore

        restore.finish_interrupted(home(), owner_url)


def _django(name: str, arguments: list[str]) -> int:
    """Run a management command as its own command line would, with our exit codes."""
    import django
    from django.core.management import CommandError, get_commands, load_command_class
    from django.core.management.base import BaseCommand
    from django.db import connections

    django.setup()
    app = get_commands()[name]
    command = app if isinstance(app, BaseCommand) else load_command_class(app, name)
    command._called_from_command_line = True  # type: ignore[attr-defined]
    options = vars(command.create_parser("mulin", name.replace("_", "-")).parse_args(arguments))
    words = options.pop("args", ())
    try:
        if told := os.environ.get("MULIN_NOW", "").strip():
            set_tester_clock(told)
            _refuse_tester_clock_in_a_real_county()
        command.execute(*words, **options)
    except CommandError as error:
        if options.get("traceback"):
            raise
        sys.stderr.write(f"mulin: {error}\n")
        return error.returncode
    finally:
        with suppress(Exception):
            connections.close_all()
    return 0


def _known(name: str) -> bool:
    """Whether there is such a command; answered without starting Django or a database."""
    if name in ("serve", "backup", "restore"):
        return True
    file = f"{name.replace('-', '_')}.py"
    if name.startswith("_"):
        return False
    if any(BASE.glob(f"mulin/*/management/commands/{file}")) or any(
        BASE.glob(f"mulin/*/*/management/commands/{file}")
    ):
        return True
    for package in OUTSIDE:
        spec = importlib.util.find_spec(package)
        for place in (spec.submodule_search_locations or []) if spec else []:
            if (Path(place) / "management" / "commands" / file).exists():
                return True
    return importlib.util.find_spec("django_migration_linter") is not None and name == "lintmigrations"


def _version() -> str:
    import tomllib

    with open(BASE / "pyproject.toml", "rb") as handle:
        return str(tomllib.load(handle)["project"]["version"])


@contextmanager
def _signals() -> Iterator[None]:
    """SIGTERM and SIGHUP end a command the way Ctrl-C does: what it started is stopped first.

    A hang-up that was to be ignored (nohup) stays ignored. SIGINT is heard even if a script's ``&`` muted it:
    whoever sends it to ``serve`` wants it to stop.
    """

    def leave(number: int, frame: FrameType | None) -> None:
        for each in before:
            signal.signal(each, signal.SIG_IGN)
        raise SystemExit(128 + number)

    ends = [signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        ends.append(signal.SIGHUP)
    before = {each: signal.signal(each, leave) for each in ends}
    before[signal.SIGINT] = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


# ── the tester's clock ──────────────────────────────────────────────────────────────────────────────
def _tester_clock(arguments: list[str]) -> list[str]:
    """Take ``--now ISO`` out of the arguments and set the clock of this process."""
    rest, told = [], None
    words = iter(arguments)
    for word in words:
        if word == "--now":
            told = next(words, "")
        elif word.startswith("--now="):
            told = word.removeprefix("--now=")
        else:
            rest.append(word)
    if told is not None:
        set_tester_clock(told)
    return rest


def set_tester_clock(told: str) -> None:
    """Move the clock of this process and its children. Raises Refused where that is no moment."""
    from mulin.kernel import clock

    try:
        os.environ["MULIN_NOW"] = clock.parse(told).isoformat()
    except ValueError:
        raise refused(
            "now",
            f"{told!r} 不是时间（--now、MULIN_NOW）",
            f"{told!r} is no ISO 8601 moment (--now, MULIN_NOW)",
        ) from None


def _refuse_tester_clock_in_a_real_county() -> None:
    from django.db import connection

    if "citus_county" not in connection.introspection.table_names():
        return
    from mulin.citus.models import County

    if County.objects.filter(is_example=False).exists():
        raise refused(
            "now",
            "真实的县不能改时钟（MULIN_NOW、--now）",
            "the tester's clock (MULIN_NOW, --now) is for the example county",
        )


# ── expected conditions ─────────────────────────────────────────────────────────────────────────────
ORDINARY = {
    errno.EACCES: ("没有权限", "no permission"),
    errno.EPERM: ("没有权限", "no permission"),
    errno.EROFS: ("文件夹只读", "the folder is read-only"),
    errno.ENOSPC: ("磁盘已满", "the disk is full"),
    errno.EDQUOT: ("磁盘配额用完", "the disk quota is used up"),
    errno.ENOENT: ("没有这个文件", "no such file"),
    errno.ENOTDIR: ("不是文件夹", "not a folder"),
    errno.EEXIST: ("这里已经有一个同名的文件", "there is a file of this name already"),
    errno.EISDIR: ("是文件夹，不是文件", "is a folder, not a file"),
    errno.ENOLCK: ("这个文件系统不能加锁", "this file system cannot lock files"),
}


def _perhaps_expected() -> tuple[type[Exception], ...]:
    """Classes that ``expected`` knows. Asked only once something was raised: no Django before that."""
    import psycopg
    from django.core.exceptions import ImproperlyConfigured
    from django.db.utils import Error

    return Refused, OSError, ModuleNotFoundError, ImproperlyConfigured, Error, psycopg.Error


def expected(error: BaseException) -> str | None:
    """The one line for a condition that is nobody's mistake in the code; None for everything else."""
    if isinstance(error, Refused):
        return str(error)
    if isinstance(error, OSError) and error.errno in ORDINARY and error.filename is not None:
        return f"{both(*ORDINARY[error.errno])}: {os.fsdecode(error.filename)}"
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return both(*ORDINARY[error.errno])
    if isinstance(error, ModuleNotFoundError) and not (error.name or "").startswith("mulin"):
        return both(
            f"缺少 {error.name}，请运行 make setup", f"{error.name} is not installed: run `make setup`"
        )
    return _expected_of_database(error)


def _expected_of_database(error: BaseException) -> str | None:
    import psycopg

    if type(error).__name__ == "ImproperlyConfigured":
        return both("设置有误", str(error))
    cause: Any = error if isinstance(error, psycopg.Error) else error.__cause__
    if not isinstance(cause, psycopg.Error):
        return None
    first = str(cause).strip().partition("\n")[0]
    state = cause.sqlstate or ""
    if isinstance(cause, psycopg.OperationalError) and state[:2] in ("", "08", "28", "3D", "57", "58"):
        return both("连不上数据库", f"the database does not answer: {first}")
    if state[:2] == "53":
        return both("数据库空间或资源不足", f"the database is out of room: {first}")
    if state == "42P01" and "django_migrations" not in first:
        return both(
            "数据库表还没建立或升级，请运行 mulin migrate",
            f"tables are missing, run `mulin migrate`: {first}",
        )
    return None
