"""Whose it is to answer: the counter of the place, or the level above where somebody there is concerned; with a clock."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.utils import translation
from django.utils.translation import gettext as _

from mulin.ground.access import queries as access
from mulin.ground.calendar import queries as calendar
from mulin.ground.notices import actions as notices
from mulin.ground.points.rules.fairness import LEVELS, WORDS, level_above, lowest, place_of
from mulin.ground.worklist import actions as worklist
from mulin.kernel.actor import Actor
from mulin.kernel.errors import Refused
from mulin.kernel.tables import clean


class Desk(NamedTuple):
    """``role`` over ``path``."""

    role: str
    path: str


def desk(*, path: str, barred: Collection[UUID], strict: bool = False, above: str = "") -> Desk:
    """The lowest level over a place at which somebody sits who is not ``barred``; ``strict``: nobody there may be.
    ``above``: begin one level above this one. At most four statements."""
    role = level_above(above) if above else lowest(path)
    for level in LEVELS[LEVELS.index(role) :]:
        place = place_of(level, path)
        there = set(access.holders(level, path=place))
        if there - set(barred) and not (strict and there & set(barred)):
            return Desk(level, place)
    return Desk(LEVELS[-1], "/")


def due(*, now: datetime, days: int) -> datetime:
    """So many working days from now."""
    span = calendar.working_days(days)
    return calendar.due(start=now, span=span, clock="working").at


def put(
    *,
    by: Actor,
    now: datetime,
    kind: str,
    subject: tuple[str, UUID],
    title: object,
    at: Desk,
    due_at: datetime,
) -> None:
    """A to-do for a desk. Its title is kept in Chinese and names nobody."""
    with translation.override("zh-hans"):
        words = str(title)
    worklist.put(
        by=by, now=now, kind=kind, subject_kind=subject[0], subject_id=subject[1], title=words, role=at.role,
        path=at.path, due_at=due_at,
    )  # fmt: skip


def tell(
    *, by: Actor, now: datetime, template: str, subject: tuple[str, UUID], persons: Collection[UUID], key: str
) -> None:
    """A message to each of some persons, once for a key."""
    for person in sorted(persons):
        notices.tell(
            by=by, now=now, template=template, params={}, subject_kind=subject[0], subject_id=subject[1],
            person=person, key=f"{key}:{person}",
        )  # fmt: skip


def said(*, words: str, needed: str, field: str = "words") -> str:
    """What somebody wrote, in at most WORDS characters. Refused empty, with what is needed."""
    told = clean(words)
    if not told:
        raise Refused("words_needed", needed, field=field)
    if len(told) > WORDS:
        raise Refused("words_long", _("最多 %(limit)s 个字。") % {"limit": WORDS}, field=field)
    return told
