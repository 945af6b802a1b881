"""Bytes on disk: written whole or not at all, private, removed only when nobody can be about to need them."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from django.conf import settings

DRAFT = ".draft"


def keep(*, path: Path, content: bytes, now: datetime) -> None:
    """Write a file (0600) in one step that survives a power cut. The same content again only renews its time.

    The file's time is ``now``: the sweep counts its day of grace from it. Raises OSError when full.
    """
    with county_locked(folder=path.parent.parent):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}{DRAFT}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as handle:
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
        stamp(path=draft, now=now)
        draft.replace(path)
        flush_folder(folder=path.parent)


def flush_folder(*, folder: Path) -> None:
    """Make the names in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def county_locked(*, folder: Path) -> Iterator[None]:
    """One process at a time writes or removes under a county's folder."""
    root = Path(settings.FILES_ROOT)
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def older(*, path: Path, than: datetime) -> bool:
    """Whether a file exists and was last written before a moment."""
    try:
        return path.stat().st_mtime < than.timestamp()
    except FileNotFoundError:
        return False


def stamp(*, path: Path, now: datetime) -> None:
    """Give a file the product's time, which a tester's clock may have moved."""
    os.utime(path, (now.timestamp(), now.timestamp()))
