"""``mulin backup FILE``: the database, the files, the trail's heads and the keys in one tar.

Members: ``database.dump`` (pg_dump format), ``files/…``, ``heads/…``, ``secret.json``, ``manifest.json``
(size and SHA-256 of every member before it), ``manifest.sha256``. All may be running meanwhile: heads are
copied before the database's snapshot is taken, files both before and after, so that no row is without its
file and no head is ahead of its chain. What was written is read again before it gets its name.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from mulin.config import cli, embedded
from mulin.config.postgres import FOLDERS, binaries
from mulin.config.terminal import progress, refused, say

FORMAT = 1
DUMP, SECRET, MANIFEST, SEAL = "database.dump", "secret.json", "manifest.json", "manifest.sha256"
CHUNK = 1 << 20


def main(name: str, arguments: Sequence[str]) -> int:
    """The two commands' own command lines."""
    parser = argparse.ArgumentParser(prog=f"mulin {name}")
    parser.add_argument("file", type=Path, metavar="FILE")
    if name == "restore":
        parser.add_argument("--replace", action="store_true", help="替换现有数据 · replace what is here")
    options = parser.parse_args(list(arguments))
    if name == "restore":
        from mulin.config import restore

        restore.restore(options.file, replace=options.replace)
    else:
        backup(options.file)
    return 0


# ── the database ────────────────────────────────────────────────────────────────────────────────────
@contextmanager
def owner_database(home: Path, *, exclusive: bool = False) -> Iterator[str]:
    """The owner's URL; the embedded server is started, or joined unless ``exclusive``."""
    told = (
        os.environ.get("MULIN_OWNER_DATABASE_URL", "").strip()
        or os.environ.get("MULIN_DATABASE_URL", "").strip()
    )
    if told:
        yield told
        return
    with embedded.running(home, exclusive=exclusive, patience=5 if exclusive else 60) as server:
        yield server.owner_url


def web_role() -> str:
    """The role that serves."""
    url = os.environ.get("MULIN_DATABASE_URL", "").strip()
    told = os.environ.get("MULIN_WEB_ROLE", "").strip()
    return told or (str(conninfo_to_dict(url).get("user") or "") if url else "") or "mulin_web"


def program(name: str, server_version: int) -> Path:
    """pg_dump, pg_restore or psql of the server's own major version if the wheel has it, else its newest."""
    major = server_version // 10000
    return binaries(major if major in FOLDERS else max(FOLDERS)) / name


def connection_words(url: str, **more: str) -> tuple[str, dict[str, str]]:
    """A connection string without the password, and the environment that holds it: ``ps`` shows arguments."""
    known = {name: str(value) for name, value in (conninfo_to_dict(url) | more).items() if value is not None}
    password = known.pop("password", "")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return make_conninfo(**known), environment | ({"PGPASSWORD": password} if password else {})


def run(argv: Sequence[str | Path], environment: dict[str, str], what: str) -> bytes:
    """Run a PostgreSQL program; Refused with its last line where it fails."""
    done = subprocess.run([str(word) for word in argv], env=environment, capture_output=True, check=False)
    if done.returncode != 0:
        lines = done.stderr.decode(errors="replace").strip().splitlines() or [f"exit {done.returncode}"]
        raise refused("pg_program", f"{what}没有成功", f"{Path(argv[0]).name} failed: {lines[-1]}")
    return done.stdout


# ── writing ─────────────────────────────────────────────────────────────────────────────────────────
class Archive:
    """A tar being written, which remembers the size and hash of every member."""

    def __init__(self, handle: IO[bytes]) -> None:
        self.tar = tarfile.TarFile(fileobj=handle, mode="w", format=tarfile.PAX_FORMAT)
        self.members: dict[str, dict[str, Any]] = {}

    def add(self, name: str, path: Path) -> bool:
        """Add a file's bytes; False where it has gone meanwhile."""
        try:
            with open(path, "rb") as source:
                self._write(name, source, os.fstat(source.fileno()).st_size)
        except FileNotFoundError:
            return False
        return True

    def add_bytes(self, name: str, content: bytes) -> None:
        self._write(name, io.BytesIO(content), len(content))

    def _write(self, name: str, source: IO[bytes], size: int) -> None:
        about = tarfile.TarInfo(name)
        about.size, about.mode, about.mtime = size, 0o600, int(datetime.now(UTC).timestamp())
        hashing = _Hashing(source, size)
        self.tar.addfile(about, hashing)
        self.members[name] = {"size": size, "sha256": hashing.hash.hexdigest()}


class _Hashing:
    """A reader that hashes what passes. A file that grows while it is read counts as it was at first."""

    def __init__(self, source: IO[bytes], size: int) -> None:
        self.source, self.left, self.hash = source, size, hashlib.sha256()

    def read(self, count: int = -1) -> bytes:
        chunk = self.source.read(self.left if count < 0 else min(count, self.left))
        self.left -= len(chunk)
        self.hash.update(chunk)
        return chunk


def backup(file: Path) -> None:
    """Write and verify the archive; FILE gets its name only then. Raises Refused or OSError."""
    home, file = cli.home(), file.absolute()
    _refuse_nothing(home)
    draft = file.with_name(f"{file.name}.part")
    with owner_database(home) as url:
        try:
            with os.fdopen(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as handle:
                missing = _write(handle, home, url)
                handle.flush()
                os.fsync(handle.fileno())
            progress("正在核对…", "reading it again…")
            manifest = verify(draft)
            draft.replace(file)
            _sync_folder(file.parent)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
    say(
        "备份里有密钥文件，请像保护数据一样保护它",
        "the backup holds the keys: guard it as you guard the data",
    )
    if missing:
        say(
            f"{len(missing)} 个附件在磁盘上找不到",
            f"{len(missing)} files of rows are not on the disk, see its manifest",
        )
    count = sum(name.startswith("files/") for name in manifest["members"])
    sys.stdout.write(f"{file}  {file.stat().st_size} bytes, {count} files\n")


def _refuse_nothing(home: Path) -> None:
    """A wrong MULIN_HOME gives no cheerful backup of nothing, and makes no database there."""
    embedded_here = not os.environ.get("MULIN_DATABASE_URL", "").strip()
    if not (home / SECRET).is_file() or (embedded_here and not (home / "pg").is_dir()):
        raise refused(
            "nothing_here",
            f"{home} 里没有在用的数据（密钥 {SECRET} 和数据库），没有可备份的",
            f"no keys ({SECRET}) or no database in it: this is no folder in use, nothing was backed up",
        )


def _write(handle: IO[bytes], home: Path, url: str) -> list[str]:
    """All members in order; hashes of files that rows name but the disk does not have."""
    archive = Archive(handle)
    _add_folder(archive, home / "heads", "heads")
    _add_folder(archive, home / "files", "files")
    archive.add(SECRET, home / SECRET)
    with (
        psycopg.connect(url, connect_timeout=10) as connection,
        tempfile.TemporaryDirectory(dir=home) as scratch,
    ):
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        row = connection.execute(
            "SELECT pg_export_snapshot(), current_setting('server_version_num')::int"
        ).fetchone()
        assert row is not None
        dump = Path(scratch) / DUMP
        words, environment = connection_words(url)
        argv: list[str | Path] = [
            program("pg_dump", row[1]),
            "--format=custom",
            "--no-owner",
            f"--snapshot={row[0]}",
        ]
        run([*argv, f"--file={dump}", f"--dbname={words}"], environment, "导出数据库")
        run([program("pg_restore", row[1]), "--list", dump], environment, "核对数据库")
        archive.add(DUMP, dump)
        wanted = _hashes_of_rows(connection)
    _add_folder(archive, home / "files", "files")
    kept = {Path(name).name.partition(".")[0] for name in archive.members if name.startswith("files/")}
    missing = sorted(wanted - kept)
    about = {
        "format": FORMAT,
        "product": "mulin",
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "server_version": row[1],
        "web_role": web_role(),
        "missing_files": missing,
        "members": dict(archive.members),
    }
    manifest = json.dumps(about, ensure_ascii=False, indent=1, sort_keys=True).encode()
    archive.add_bytes(MANIFEST, manifest)
    archive.add_bytes(SEAL, hashlib.sha256(manifest).hexdigest().encode())
    archive.tar.close()
    return missing


def _add_folder(archive: Archive, folder: Path, name: str) -> None:
    """Every finished file below a folder that the archive does not have yet."""
    for path in sorted(folder.rglob("*")):
        inside = f"{name}/{path.relative_to(folder).as_posix()}"
        if (
            path.is_file()
            and not path.name.endswith(".draft")
            and path.name != ".lock"
            and inside not in archive.members
        ):
            archive.add(inside, path)


def _hashes_of_rows(connection: psycopg.Connection[Any]) -> set[str]:
    """Content hashes that rows of this snapshot name; none before the first migration."""
    there = connection.execute("SELECT to_regclass('files_storedfile')").fetchone()
    if not there or there[0] is None:
        return set()
    return {row[0] for row in connection.execute("SELECT DISTINCT sha256 FROM files_storedfile")}


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# ── verifying ───────────────────────────────────────────────────────────────────────────────────────
def verify(file: Path) -> dict[str, Any]:
    """The manifest of a whole and sound archive. Raises Refused for a damaged, truncated or foreign file."""
    found: dict[str, dict[str, Any]] = {}
    contents: dict[str, bytes] = {}
    if file.stat().st_size % tarfile.RECORDSIZE:
        raise _damaged(file, "its end is missing, or it is not a backup of mulin")
    try:
        with tarfile.open(file, mode="r:") as tar:
            for member in tar:
                source = tar.extractfile(member) if member.isreg() else None
                if source is None or not _safe(member.name) or member.name in found:
                    raise _damaged(file, f"{member.name!r} does not belong in it")
                digest = hashlib.sha256()
                while chunk := source.read(CHUNK):
                    digest.update(chunk)
                    if member.name in (MANIFEST, SEAL):
                        contents[member.name] = contents.get(member.name, b"") + chunk
                found[member.name] = {"size": member.size, "sha256": digest.hexdigest()}
    except (tarfile.TarError, EOFError) as error:
        raise _damaged(file, str(error)) from None
    manifest = contents.get(MANIFEST, b"")
    if contents.get(SEAL, b"").decode(errors="replace") != hashlib.sha256(manifest).hexdigest():
        raise _damaged(file, "its end is missing, or it is not a backup of mulin")
    about: dict[str, Any] = json.loads(manifest)
    if about.get("product") != "mulin" or about.get("format") != FORMAT:
        raise _damaged(file, f"format {about.get('format')!r} is not known to this version")
    del found[MANIFEST], found[SEAL]
    if found != about["members"]:
        wrong = sorted(
            name for name in found.keys() | about["members"] if found.get(name) != about["members"].get(name)
        )
        raise _damaged(file, f"{wrong[0]} is not what was written")
    return about


def _safe(name: str) -> bool:
    """Only the names that a backup gives: nothing may be unpacked elsewhere."""
    parts = name.split("/")
    known = name in (DUMP, SECRET, MANIFEST, SEAL) or (parts[0] in ("files", "heads") and len(parts) > 1)
    return known and not any(part in ("", ".", "..") for part in parts)


def _damaged(file: Path, reason: str) -> Exception:
    return refused(
        "damaged",
        f"{file} 不是完好的备份，什么都没有改动",
        f"not a sound backup, nothing was touched: {reason}",
    )
