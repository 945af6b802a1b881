"""Whether two asks may say the same. Pure."""

from __future__ import annotations

from difflib import SequenceMatcher


def alike(one: str, other: str) -> float:
    """How much of two texts is the same, 0 to 1; the order of the two does not matter."""
    first, second = sorted((one.strip(), other.strip()))
    return SequenceMatcher(None, first, second, autojunk=False).ratio() if first and second else 0.0
