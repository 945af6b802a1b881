"""What ``tick``, notices, files and erasure call back: the one list of who answers for which subject."""

from __future__ import annotations


def register() -> None:
    """Fill the kernel's hooks. Runs once per process."""
