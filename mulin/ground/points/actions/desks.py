"""Whose it is to answer: the counter of the place, or the level above where somebody there is concerned; with a clock."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mulin.ground.access import queries as access
from mulin.ground.calendar import queries as calendar
from mulin.ground.notices import actions as notices
from mulin.ground.points.rules.fairness import (
    LEVELS,
    OVERSEER,
    TOP,
    WORDS,
    Matter,
    level_above,
    lowest,
    place_of,
)
from mulin.ground.worklist import actions as worklist
from mulin.kernel.actor import Actor
from mulin.kernel.errors import Refused
from mulin.kernel.tables import clean

WAITING, LATE, VACANT = "points_waiting", "points_late", "points_vacant"
TITLES: Final[dict[str, Any]] = {
    Matter.PLEA: gettext_lazy("有人对积分复核的决定提出申诉"),
    Matter.QUESTION: gettext_lazy("有人问一笔积分对不对，请看一看"),
    Matter.CALLBACK: gettext_lazy("抽到一件好事，请回访核实"),
}
"""What a to-do is called; a review's is its pattern."""
NOBODY = gettext_lazy("积分银行有一件事，窗口上没有人能办")


class Desk(NamedTuple):
    """``role`` over ``path``."""

    role: str
    path: str


def desk(
    *, path: str, barred: Collection[UUID], strict: bool = False, above: str = "", least: str = ""
) -> Desk:
    """The lowest level over a place at which somebody sits who is not ``barred``. ``strict``: nobody there may be, as long
    as there is such a level. ``above``: begin one level above this one, ``least``: at this one; where nobody sits there
    who may, the county's clerks are asked. The role is '' where nobody may at all. At most nine statements."""
    role = level_above(above) if above else least or lowest(path)
    open_to: list[Desk] = []
    for level in LEVELS[min(LEVELS.index(role), LEVELS.index(TOP[0])) :]:
        place = place_of(level, path)
        there = set(access.holders(level, path=place))
        if not there - set(barred):
            continue
        at = Desk(level, place)
        if LEVELS.index(level) >= LEVELS.index(role) and not (strict and there & set(barred)):
            return at
        open_to.append(at)
    return open_to[-1] if open_to else Desk("", path)


def due(*, now: datetime, days: int) -> datetime:
    """So many working days from now."""
    span = calendar.working_days(days)
    return calendar.due(start=now, span=span, clock="working").at


def put(
    *, by: Actor, now: datetime, matter: Matter, key: UUID, title: object, at: Desk, due_at: datetime
) -> None:
    """A to-do for a desk; where nobody sits who may, the county's administrators are told that there is something, not what.
    Its title is kept in Chinese and names nobody."""
    if not at.role:
        vacate(by=by, now=now, key=key, due_at=due_at)
        return
    kind = f"points_{matter}"
    worklist.put(
        by=by, now=now, kind=kind, subject_kind=kind, subject_id=key, title=chinese(words=title), role=at.role,
        path=at.path, due_at=due_at,
    )  # fmt: skip


def vacate(*, by: Actor, now: datetime, key: UUID, due_at: datetime) -> None:
    """Tell the county's administrators that something lies with nobody."""
    worklist.put(
        by=by, now=now, kind=VACANT, subject_kind=WAITING, subject_id=key, title=chinese(words=NOBODY), role=TOP[-1],
        path="/", due_at=due_at,
    )  # fmt: skip


def oversee(
    *, by: Actor, now: datetime, matter: Matter, key: UUID, barred: Collection[UUID], due_at: datetime
) -> None:
    """The time of the highest desk is over too: the county's leaders, where there are none its administrators, see it, red,
    until it is settled."""
    leaders = set(access.holders(OVERSEER, path="/")) - set(barred)
    worklist.put(
        by=by, now=now, kind=LATE, subject_kind=WAITING, subject_id=key, title=f"超期：{chinese(words=matter.label)}",
        role=OVERSEER if leaders else TOP[-1], path="/", due_at=due_at,
    )  # fmt: skip


def settled(*, by: Actor, now: datetime, matter: Matter, key: UUID) -> None:
    """Nothing is left to do about a matter, at its desk and above."""
    worklist.done(by=by, now=now, subject_kind=f"points_{matter}", subject_id=key)
    worklist.done(by=by, now=now, subject_kind=WAITING, subject_id=key)


def chinese(*, words: object) -> str:
    """What is kept of a to-do, whoever's language it was made in."""
    with translation.override("zh-hans"):
        return str(words)


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
