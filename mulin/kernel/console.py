"""The line on a terminal that says how far a long command is. In a pipe there is none."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Say = Callable[[str], None]
_CLEAR = "\r\033[K"


@contextmanager
def progress_line() -> Iterator[Say | None]:
    """What shows a text in place of the one before, or None where nobody watches; the line is gone at the end."""
    if not sys.stderr.isatty():
        yield None
        return

    def say(words: str) -> None:
        sys.stderr.write(_CLEAR + words)
        sys.stderr.flush()

    try:
        yield say
    finally:
        say("")
