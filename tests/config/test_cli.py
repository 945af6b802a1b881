"""The command line's contract: 0 done, 1 refused with one line, 2 wrong usage."""

from __future__ import annotations

import errno
from pathlib import Path

import psycopg
import pytest

from mulin.config import cli, embedded
from mulin.kernel.errors import Refused
from tests.config.programs import ROOT, mulin


def one_line(text: str) -> bool:
    return len(text.strip().splitlines()) == 1 and text.startswith("mulin: ") and "Traceback" not in text


def test_help_lists_every_command_of_ours_in_two_languages() -> None:
    told = cli.overview()
    folders = [*ROOT.glob("mulin/*/management/commands"), *ROOT.glob("mulin/*/*/management/commands")]
    ours = {path.stem.replace("_", "-") for folder in folders for path in folder.glob("[a-z]*.py")}
    assert ours and {name for name in ours if f"  {name}" not in told} == set()
    assert all(command.chinese and command.english for command in cli.COMMANDS.values())


def test_no_command_is_wrong_usage_and_help_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 2
    assert capsys.readouterr().out == ""
    assert cli.main(["--help"]) == 0
    assert "serve" in capsys.readouterr().out


@pytest.mark.slow
def test_an_unknown_command_is_wrong_usage(tmp_path: Path) -> None:
    done = mulin(tmp_path / "home", "no-such-thing")
    assert done.returncode == 2 and one_line(done.stderr)
    assert not (tmp_path / "home").exists(), "nothing was started for it"


@pytest.mark.slow
@pytest.mark.parametrize(
    "words",
    [
        ["migrate", "--nonsense"],
        ["serve", "--port", "99999"],
        ["serve", "--port", "²"],
        ["backup"],
        ["import-divisions", "x.csv", "--as-of", "2019"],
        ["indicators", "--county", "211322", "--from", "2019", "--to", "2020-01-01"],
    ],
)
def test_wrong_arguments_are_wrong_usage(tmp_path: Path, words: list[str]) -> None:
    done = mulin(tmp_path, *words)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert "_day" not in done.stderr and "fromisoformat" not in done.stderr, "a reason in words"


@pytest.mark.slow
def test_hyphens_and_underscores_name_the_same_command(tmp_path: Path) -> None:
    assert mulin(tmp_path, "import-cases", "--help").returncode == 0
    assert mulin(tmp_path, "import_cases", "--help").returncode == 0


@pytest.mark.slow
def test_a_home_that_cannot_be_written_is_one_line() -> None:
    done = mulin(Path("/proc/mulin"), "migrate")
    assert done.returncode == 1 and one_line(done.stderr), done.stderr


@pytest.mark.slow
def test_a_home_that_is_a_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    done = mulin(tmp_path / "home", "migrate")
    assert done.returncode == 1 and one_line(done.stderr) and str(tmp_path) in done.stderr, done.stderr


@pytest.mark.slow
def test_a_new_home_is_its_owners_alone_on_a_database_of_ones_own_too(tmp_path: Path) -> None:
    nowhere = {"MULIN_DATABASE_URL": "postgresql://mulin@127.0.0.1:1/mulin"}
    assert mulin(tmp_path / "new" / "home", "tick", **nowhere).returncode == 1
    assert (tmp_path / "new" / "home").stat().st_mode & 0o777 == 0o700


@pytest.mark.slow
def test_a_database_that_does_not_answer_is_one_line(tmp_path: Path) -> None:
    done = mulin(tmp_path, "migrate", MULIN_DATABASE_URL="postgresql://mulin@127.0.0.1:1/mulin")
    assert done.returncode == 1 and one_line(done.stderr), done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MULIN_LOCKOUT_ATTEMPTS", "many"),
        ("MULIN_LOCKOUT_ATTEMPTS", "²"),
        ("MULIN_LOG_LEVEL", "loud"),
        ("MULIN_NOW", "noon"),
    ],
)
def test_a_setting_that_is_nonsense_is_one_line(tmp_path: Path, name: str, value: str) -> None:
    done = mulin(tmp_path, "check", **{name: value})
    assert done.returncode == 1 and one_line(done.stderr) and name in done.stderr, done.stderr


@pytest.mark.slow
def test_tables_that_are_missing_are_one_line_that_says_migrate(tmp_path: Path) -> None:
    done = mulin(tmp_path, "tick")
    assert done.returncode == 1 and one_line(done.stderr) and "mulin migrate" in done.stderr, done.stderr


@pytest.mark.slow
def test_a_clock_that_is_no_moment_is_one_line(tmp_path: Path) -> None:
    done = mulin(tmp_path, "tick", "--now", "noon")
    assert done.returncode == 1 and one_line(done.stderr)


@pytest.mark.slow
def test_the_testers_clock_is_refused_in_a_real_county(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert mulin(home, "migrate", "--verbosity", "0").returncode == 0
    assert mulin(home, "tick", "--now", "2026-09-01T09:00").returncode == 0, "no county yet"
    with embedded.running(home) as server, psycopg.connect(server.owner_url) as connection:
        connection.execute(
            "INSERT INTO citus_county (code, name, name_en, host, is_example, opened_at)"
            " VALUES (211322, '建平县', '', '', false, now())"
        )
    for done in (mulin(home, "tick", "--now=2026-09-01"), mulin(home, "tick", MULIN_NOW="2026-09-01")):
        assert done.returncode == 1 and one_line(done.stderr), done.stderr
    for words in (["--now", "2026-09-01"], ["--example"]):
        done = mulin(home, "serve", "--port", "48211", *words)
        assert done.returncode == 1 and one_line(done.stderr) and "real county" in done.stderr


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (Refused("x", "为什么 · why"), "why"),
        (PermissionError(errno.EACCES, "denied", "/somewhere"), "/somewhere"),
        (OSError(errno.EROFS, "read-only", "/somewhere"), "read-only"),
        (FileExistsError(errno.EEXIST, "exists", "/somewhere"), "/somewhere"),
        (OSError(errno.ENOSPC, "full"), "disk is full"),
        (ModuleNotFoundError("no granian", name="granian"), "make setup"),
        (psycopg.OperationalError("connection refused"), "connection refused"),
        (psycopg.errors.DiskFull("could not extend file"), "out of room"),
    ],
)
def test_what_can_be_expected_is_one_line(error: Exception, word: str) -> None:
    line = cli.expected(error)
    assert line and word in line and "\n" not in line


@pytest.mark.parametrize(
    "error",
    [
        KeyError("x"),
        ModuleNotFoundError("ours", name="mulin.nowhere"),
        psycopg.errors.UniqueViolation("duplicate"),
        psycopg.errors.InsufficientPrivilege("denied"),
    ],
)
def test_what_nobody_expects_keeps_its_traceback(error: Exception) -> None:
    assert cli.expected(error) is None
