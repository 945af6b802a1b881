"""``mulin restore FILE``: verify everything, restore beside what is there, then change places.

The database is restored under another name and takes its place by renaming, in one transaction. Files only
add to what is there (their names are their contents). Keys and heads follow the database: ``restore.json``
lets the next command finish that if this one is cut off after the renaming, or clear away what came before.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from mulin.config import backup, cli, embedded
from mulin.config.terminal import progress, refused, say

JOURNAL = "restore.json"
STAGE = "restore.new"
NEW_TIMEOUT = b"SET transaction_timeout"
"""Written by the newest pg_restore; servers before 17 do not know it."""


def restore(file: Path, *, replace: bool) -> None:
    """Put the backup in the place of what is here. Raises Refused before anything is touched."""
    progress("正在核对备份…", "reading the backup…")
    about = backup.verify(file)
    home = cli.home()
    with backup.owner_database(home, exclusive=True) as url:
        finish_interrupted(home, url)
        name = str(conninfo_to_dict(url).get("dbname") or "")
        _refuse_unless_free(url, name, home, replace=replace)
        fresh, aside = f"{name}_restoring", f"{name}_before"
        try:
            _unpack(file, home, about)
            _load(url, fresh, home / STAGE / backup.DUMP, same_role=about["web_role"] == backup.web_role())
        except BaseException:
            _drop(url, fresh)
            shutil.rmtree(home / STAGE, ignore_errors=True)
            raise
        _write_journal(home, {"fresh": fresh, "aside": aside, "name": name})
        try:
            _change_places(url, name, fresh, aside)
        except psycopg.errors.ObjectInUse:  # somebody came in while the backup was being loaded
            finish_interrupted(home, url)
            raise _in_use() from None
        finish_interrupted(home, url)
    if about["web_role"] != backup.web_role():
        say("请运行 mulin migrate 重设权限", "now run `mulin migrate`: it gives the web role its rights")
    sys.stdout.write(f"{file}: {about['made_at']}\n")


def _in_use() -> Exception:
    return refused("in_use", "数据库正在使用，请先停止 mulin", "the database is in use: stop mulin first")


def _refuse_unless_free(url: str, name: str, home: Path, *, replace: bool) -> None:
    with psycopg.connect(url, connect_timeout=10) as connection:
        # What kind of session another role has is hidden from an owner without further rights; that it has one is not.
        query = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid() "
        query += "AND usesysid IS NOT NULL AND coalesce(backend_type, 'client backend') = 'client backend'"
        row = connection.execute(query, [name]).fetchone()
        if row and row[0]:
            raise _in_use()
        tables = connection.execute("SELECT 1 FROM pg_tables WHERE schemaname = 'public' LIMIT 1").fetchone()
    files = (path for path in (home / "files").rglob("*") if path.is_file() and path.name != ".lock")
    if (tables or any(files)) and not replace:
        raise refused(
            "not_empty",
            "这里已有数据；确定要替换请加 --replace",
            "there are data here already; --replace puts the backup in their place",
        )


def _unpack(file: Path, home: Path, about: dict[str, Any]) -> None:
    """Files to where they belong, the rest to the stage; every byte is checked again as it is written."""
    stage = home / STAGE
    shutil.rmtree(stage, ignore_errors=True)
    stage.mkdir(mode=0o700)
    (stage / "heads").mkdir(mode=0o700)
    with tarfile.open(file, mode="r:") as tar:
        for member in tar:
            if member.name not in about["members"]:
                continue
            target = (home if member.name.startswith("files/") else stage) / member.name
            source = tar.extractfile(member)
            if source is None:
                raise refused("damaged", f"{file} 读取时变了", f"{file} changed while it was read")
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            draft = target.with_name(f"{target.name}.draft")
            digest = hashlib.sha256()
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as handle:
                while chunk := source.read(backup.CHUNK):
                    digest.update(chunk)
                    handle.write(chunk)
                handle.flush()
                os.fsync(handle.fileno())
            if digest.hexdigest() != about["members"][member.name]["sha256"]:
                draft.unlink()
                raise refused("damaged", f"{file} 读取时变了", f"{file} changed while it was read")
            draft.replace(target)


# ── the database ────────────────────────────────────────────────────────────────────────────────────
def _elsewhere(url: str) -> str:
    """The same server, another database: one cannot rename or drop the one that one is in."""
    return make_conninfo(url, dbname="postgres")


def _load(url: str, fresh: str, dump: Path, *, same_role: bool) -> None:
    """Restore the dump into a new database, in one transaction."""
    _drop(url, fresh)
    owner = str(conninfo_to_dict(url).get("user") or "")
    with psycopg.connect(_elsewhere(url), autocommit=True, connect_timeout=10) as connection:
        version = connection.info.server_version
        try:
            embedded.make_database(connection, fresh, owner=owner, web=backup.web_role())
        except psycopg.errors.InsufficientPrivilege:
            raise refused(
                "no_createdb",
                f"恢复需要 {owner} 能建数据库：ALTER ROLE {owner} CREATEDB",
                f"restore makes a database, and {owner} may not: ALTER ROLE {owner} CREATEDB",
            ) from None
    words, environment = backup.connection_words(url, dbname=fresh)
    newest = 180000
    reader = [str(backup.program("pg_restore", newest)), "--no-owner", "--file=-", str(dump)]
    psql = [str(backup.program("psql", newest)), "-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-d", words]
    _feed(reader + ([] if same_role else ["--no-privileges"]), psql, environment, old_server=version < 170000)
    with psycopg.connect(make_conninfo(url, dbname=fresh), autocommit=True) as connection:
        connection.execute("ANALYZE")


def _feed(
    reader: Sequence[str], psql: Sequence[str], environment: dict[str, str], *, old_server: bool
) -> None:
    """pg_restore's script into psql, less the one setting that older servers do not know.

    psql commits when its input ends: it is killed before that if pg_restore did not finish.
    """
    with (
        tempfile.TemporaryFile() as told,
        subprocess.Popen(reader, env=environment, stdout=subprocess.PIPE, stderr=told) as source,
        subprocess.Popen(
            psql, env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=told
        ) as sink,
    ):
        assert source.stdout is not None and sink.stdin is not None
        try:
            for count, line in enumerate(source.stdout):
                if not (old_server and count < 100 and line.startswith(NEW_TIMEOUT)):
                    sink.stdin.write(line)
            sink.stdin.flush()
        except BrokenPipeError:
            source.kill()  # psql has ended; its own words follow
        except BaseException:
            sink.kill()
            raise
        if source.wait() != 0:
            sink.kill()
        with suppress(BrokenPipeError):
            sink.stdin.close()
        failed = sink.wait() != 0
        told.seek(0)
        lines = told.read().decode(errors="replace").strip().splitlines() or ["?"]
    if failed:
        raise refused(
            "restore_failed",
            "数据库没有恢复，原有数据没有改动",
            f"the database was not restored, what was here is untouched: {lines[0]}",
        )


def _drop(url: str, name: str) -> None:
    with psycopg.connect(_elsewhere(url), autocommit=True, connect_timeout=10) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))


def _there(url: str, name: str) -> bool:
    with psycopg.connect(_elsewhere(url), connect_timeout=10) as connection:
        return (
            connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None
        )


def _change_places(url: str, name: str, fresh: str, aside: str) -> None:
    """Both renamings or none."""
    _drop(url, aside)
    rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    with psycopg.connect(_elsewhere(url), connect_timeout=10) as connection:
        connection.execute(rename.format(sql.Identifier(name), sql.Identifier(aside)))
        connection.execute(rename.format(sql.Identifier(fresh), sql.Identifier(name)))


# ── what follows the renaming ───────────────────────────────────────────────────────────────────────
def _write_journal(home: Path, steps: dict[str, str]) -> None:
    draft = home / f"{JOURNAL}.part"
    with open(draft, "w") as handle:
        json.dump(steps, handle)
        handle.flush()
        os.fsync(handle.fileno())
    draft.replace(home / JOURNAL)


def finish_interrupted(home: Path, url: str) -> None:
    """Finish a restore whose databases have changed places; clear away one that did not get so far."""
    journal = home / JOURNAL
    if not journal.exists():
        return
    steps = json.loads(journal.read_text())
    if _there(url, steps["fresh"]):
        _drop(url, steps["fresh"])
    else:
        _follow(home)
        _drop(url, steps["aside"])
    shutil.rmtree(home / STAGE, ignore_errors=True)
    journal.unlink()


def _follow(home: Path) -> None:
    """Keys and heads of the backup, each once. Those that were here are kept aside: keys are data."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    for name in (backup.SECRET, "heads"):
        ours, theirs = home / name, home / STAGE / name
        if not theirs.exists():
            continue
        if ours.is_file() and ours.read_bytes() == theirs.read_bytes():
            continue
        if ours.exists():
            ours.rename(home / f"{name}.before-{stamp}")
        theirs.rename(ours)
