"""Backup while all runs, restore beside what is there: sound files come back whole, others touch nothing."""

from __future__ import annotations

import json
import os
import shutil
import stat
import tarfile
from pathlib import Path

import psycopg
import pytest

from mulin.config import backup, embedded, restore
from mulin.kernel.errors import Refused
from tests.config.programs import mulin
from tests.config.test_cli import one_line

pytestmark = pytest.mark.slow
PHOTO = b"\xff\xd8 a photo"


def count(home: Path) -> object:
    with embedded.running(home) as server, psycopg.connect(server.owner_url) as connection:
        row = connection.execute("SELECT count(*) FROM kept").fetchone()
        return row and row[0]


def add_rows(home: Path, number: int) -> None:
    with embedded.running(home) as server, psycopg.connect(server.owner_url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
        connection.execute("GRANT SELECT ON kept TO mulin_web")
        connection.execute("INSERT INTO kept SELECT generate_series(1, %s)", [number])


def state(home: Path) -> dict[str, bytes]:
    """Everything of a home but the server's own files."""
    return {
        str(path.relative_to(home)): path.read_bytes()
        for path in sorted(home.rglob("*"))
        if path.is_file() and not path.relative_to(home).parts[0].startswith("pg")
    }


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A home with rows, a photo, a head and keys; and its backup."""
    folder = tmp_path_factory.mktemp("backup")
    home, file = folder / "原 home", folder / "备份 1.tar"
    photo = home / "files" / "211322" / "ab" / "abcd"
    photo.parent.mkdir(parents=True)
    photo.write_bytes(PHOTO)
    (photo.parent / "half.0000.draft").write_bytes(b"half")
    (home / "heads").mkdir()
    (home / "heads" / "211322.jsonl").write_text('{"number": 1}\n')
    (home / "secret.json").write_text('{"django": "a", "field": "b", "hash": "c"}')
    add_rows(home, 500)
    done = mulin(home, "backup", file)
    assert done.returncode == 0 and "keys" in done.stderr, done.stderr
    return home, file


@pytest.fixture
def copy(made: tuple[Path, Path], tmp_path: Path) -> Path:
    """A file to spoil."""
    return Path(shutil.copy(made[1], tmp_path / "copy.tar"))


def test_a_backup_is_private_and_says_what_it_holds(made: tuple[Path, Path]) -> None:
    home, file = made
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert sorted(path.name for path in file.parent.iterdir()) == [home.name, file.name] or not list(
        file.parent.glob("*.part")
    )
    names = set(backup.verify(file)["members"])
    assert names == {"files/211322/ab/abcd", "heads/211322.jsonl", "secret.json", "database.dump"}


@pytest.mark.parametrize("version", ["18", "16"])
def test_it_comes_back_whole_in_an_empty_home(made: tuple[Path, Path], tmp_path: Path, version: str) -> None:
    home, file = made
    other = tmp_path / "新 home"
    done = mulin(other, "restore", file, MULIN_POSTGRES=version)
    assert done.returncode == 0, done.stderr
    assert count(other) == 500
    assert (other / "files" / "211322" / "ab" / "abcd").read_bytes() == PHOTO
    for name in ("secret.json", "heads/211322.jsonl"):
        assert (other / name).read_bytes() == (home / name).read_bytes()
    assert not (other / restore.STAGE).exists() and not (other / restore.JOURNAL).exists()
    with embedded.running(other) as server, psycopg.connect(server.web_url) as connection:
        assert server.version == int(version)
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (500,), "rights came back"


def test_data_that_are_here_are_replaced_only_when_told(made: tuple[Path, Path], tmp_path: Path) -> None:
    other = tmp_path / "home"
    add_rows(other, 7)
    (other / "secret.json").write_text('{"other": "keys"}')
    done = mulin(other, "restore", made[1])
    assert done.returncode == 1 and "--replace" in done.stderr
    assert count(other) == 7 and (other / "secret.json").read_text() == '{"other": "keys"}'
    assert mulin(other, "restore", "--replace", made[1]).returncode == 0
    assert count(other) == 500
    kept = [path.read_text() for path in other.glob("secret.json.before-*")]
    assert kept == ['{"other": "keys"}'], "a key thrown away is data thrown away"


def test_it_is_consistent_while_rows_and_files_are_added(made: tuple[Path, Path], tmp_path: Path) -> None:
    """A writer commits pairs of rows, over and over: the copy holds a prefix of them, whole."""
    home = tmp_path / "busy"
    add_rows(home, 1)
    (home / "secret.json").write_text("{}")
    with embedded.running(home) as server, psycopg.connect(server.owner_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE twin (n int)")
        for number in range(200):
            with connection.transaction():
                connection.execute("INSERT INTO kept VALUES (%s)", [number])
                connection.execute("INSERT INTO twin VALUES (%s)", [number])
            if number == 100:
                done = mulin(home, "backup", tmp_path / "busy.tar")
                assert done.returncode == 0, done.stderr
    other = tmp_path / "again"
    assert mulin(other, "restore", tmp_path / "busy.tar").returncode == 0
    with embedded.running(other) as server, psycopg.connect(server.owner_url) as connection:
        assert connection.execute("SELECT count(*) FROM twin").fetchone() == (101,)
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (102,)


def _flip(file: Path, at: int) -> None:
    with open(file, "r+b") as handle:
        handle.seek(at)
        byte = handle.read(1)
        handle.seek(at)
        handle.write(bytes([byte[0] ^ 1]))


@pytest.mark.parametrize("where", ["photo", "dump", "manifest", "header"])
def test_one_wrong_bit_is_noticed(copy: Path, where: str) -> None:
    with tarfile.open(copy) as tar:
        names = {"photo": "files/211322/ab/abcd", "dump": "database.dump", "manifest": "manifest.json"}
        member = tar.getmember(names.get(where, "database.dump"))
        at = member.offset + 3 if where == "header" else member.offset_data + member.size // 2
    _flip(copy, at)
    with pytest.raises(Refused, match="not a sound backup"):
        backup.verify(copy)


@pytest.mark.parametrize("part", [0.0, 0.01, 0.3, 0.7, 0.95])
def test_a_truncated_file_is_noticed(copy: Path, part: float) -> None:
    os.truncate(copy, int(copy.stat().st_size * part))
    with pytest.raises(Refused, match="not a sound backup"):
        backup.verify(copy)


def test_a_foreign_file_is_refused_and_nothing_is_touched(made: tuple[Path, Path], tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.tar"
    with tarfile.open(foreign, "w") as tar:
        tar.add(made[0] / "secret.json", arcname="../../outside.json")
    other = tmp_path / "home"
    add_rows(other, 3)
    before = state(other)
    for file in (foreign, made[0] / "secret.json", tmp_path / "nothing.tar"):
        done = mulin(other, "restore", "--replace", file)
        assert done.returncode == 1 and "Traceback" not in done.stderr, done.stderr
    assert state(other) == before and count(other) == 3


def test_a_running_server_is_not_restored_over(made: tuple[Path, Path]) -> None:
    home, file = made
    with embedded.running(home, exclusive=True):
        done = mulin(home, "restore", "--replace", file)
    assert done.returncode == 1 and "another mulin" in done.stderr
    assert count(home) == 500


def test_somebody_of_another_role_is_not_restored_over(made: tuple[Path, Path], tmp_path: Path) -> None:
    """On a PostgreSQL of one's own the owner does not see what kind of session the web role has."""
    other = tmp_path / "home"
    add_rows(other, 3)
    with embedded.running(other) as server:
        with psycopg.connect(server.superuser_url, autocommit=True) as superuser:
            superuser.execute("REVOKE mulin_web FROM mulin_owner")
        told = {"MULIN_OWNER_DATABASE_URL": server.owner_url, "MULIN_DATABASE_URL": server.web_url}
        with psycopg.connect(server.web_url):
            done = mulin(other, "restore", "--replace", made[1], **told)
        assert done.returncode == 1 and one_line(done.stderr) and "in use" in done.stderr, done.stderr
        assert mulin(other, "restore", "--replace", made[1], **told).returncode == 0
    assert count(other) == 500


def test_who_comes_in_while_a_backup_is_loaded_keeps_what_was_here(
    made: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "home"
    add_rows(other, 3)
    monkeypatch.setenv("MULIN_HOME", str(other))
    monkeypatch.setattr(restore, "_refuse_unless_free", lambda *words, **more: None)
    with embedded.running(other) as server:
        monkeypatch.setenv("MULIN_DATABASE_URL", server.web_url)
        monkeypatch.setenv("MULIN_OWNER_DATABASE_URL", server.owner_url)
        with psycopg.connect(server.web_url), pytest.raises(Refused, match="in use"):
            restore.restore(made[1], replace=True)
        assert not (other / restore.JOURNAL).exists() and not (other / restore.STAGE).exists()
        with psycopg.connect(server.superuser_url) as superuser:
            names = {row[0] for row in superuser.execute("SELECT datname FROM pg_database")}
    assert names == {"mulin", "postgres", "template0", "template1"} and count(other) == 3


@pytest.mark.parametrize("there", [(), ("secret.json",), ("secret.json", "files/211322/ab/abcd")])
def test_nothing_is_backed_up_from_a_folder_that_is_not_in_use(
    tmp_path: Path, there: tuple[str, ...]
) -> None:
    home, file = tmp_path / "home", tmp_path / "b.tar"
    for name in there:
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text("{}")
    done = mulin(home, "backup", file)
    assert done.returncode == 1 and one_line(done.stderr) and str(home) in done.stderr, done.stderr
    assert not file.exists() and not (home / "pg").exists()


def test_a_restore_cut_off_before_the_change_leaves_the_old(
    made: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "home"
    add_rows(other, 3)
    monkeypatch.setenv("MULIN_HOME", str(other))
    for name in ("MULIN_DATABASE_URL", "MULIN_OWNER_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)

    def cut(*args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(restore, "_change_places", cut)
    with pytest.raises(KeyboardInterrupt):
        restore.restore(made[1], replace=True)
    assert (other / restore.JOURNAL).exists()
    assert mulin(other, "migrate", "--check").returncode == 1, "any command settles it first"
    assert not (other / restore.JOURNAL).exists() and not (other / restore.STAGE).exists()
    assert count(other) == 3


def test_a_restore_cut_off_after_the_change_is_finished_by_the_next_command(
    made: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "home"
    add_rows(other, 3)
    (other / "secret.json").write_text('{"django": "old", "field": "old", "hash": "old"}')
    monkeypatch.setenv("MULIN_HOME", str(other))
    for name in ("MULIN_DATABASE_URL", "MULIN_OWNER_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)

    def cut(home: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(restore, "_follow", cut)
    with pytest.raises(KeyboardInterrupt):
        restore.restore(made[1], replace=True)
    mulin(other, "migrate", "--check")
    assert count(other) == 500
    assert json.loads((other / "secret.json").read_text())["django"] == "a"
    assert not (other / restore.JOURNAL).exists()


def test_a_folder_that_cannot_take_the_backup_is_one_line(made: tuple[Path, Path], tmp_path: Path) -> None:
    done = mulin(made[0], "backup", tmp_path / "no such folder" / "b.tar")
    assert done.returncode == 1 and one_line(done.stderr), done.stderr
