"""What the ground calls back without knowing who answers: ``config/handlers.py`` fills these at start.

Keys are subject kinds (``case``, ``person`` …). Plain tables, no signals: reading config/handlers.py tells all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from mulin.kernel.actor import Actor

subject_url: dict[str, Callable[[Actor, UUID], str]] = {}
"""Where a person opens the subject of a to-do, a notice or a trail row."""

subject_visible: dict[str, Callable[[Actor, UUID, str], bool]] = {}
"""(actor, subject id, receipt token or '') → may this visitor see the subject's files?"""

person_export: list[Callable[[UUID], Mapping[str, Any]]] = []
"""person id → everything an app keeps of that person, JSON-ready."""

person_erase: list[Callable[..., Mapping[str, int]]] = []
"""(person=UUID, by=Actor, now=datetime) → rows emptied, by table; same transaction as the erasure."""

notice_failed: dict[str, Callable[..., None]] = {}
"""subject kind → (subject_id=UUID, notice_id=UUID, now=datetime): a message that will never arrive."""

tick: list[tuple[str, Callable[..., int]]] = []
"""(name, f(now=datetime) → how many things were done), run per county in order, each in its own transaction."""


def link(actor: Actor, kind: str, subject: UUID) -> str:
    """Address of a subject, or '' where the kind has no page."""
    find = subject_url.get(kind)
    return find(actor, subject) if find else ""
