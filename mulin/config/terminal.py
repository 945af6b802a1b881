"""What the command line says to people: one line in Chinese and English, before gettext is there."""

from __future__ import annotations

import sys

from mulin.kernel.errors import Refused


def both(chinese: str, english: str) -> str:
    """The two languages in one line."""
    return f"{chinese} · {english}"


def refused(code: str, chinese: str, english: str) -> Refused:
    """A refusal in both languages, to raise."""
    return Refused(code, both(chinese, english))


def say(chinese: str, english: str) -> None:
    """One line on standard error."""
    sys.stderr.write(f"mulin: {both(chinese, english)}\n")
    sys.stderr.flush()


def progress(chinese: str, english: str) -> None:
    """What is going on, for somebody who watches; silent in a pipe, where a refusal is the only line."""
    if sys.stderr.isatty():
        say(chinese, english)
