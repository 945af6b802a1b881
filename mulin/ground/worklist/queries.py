"""Reading to-dos. One predicate decides list, count and page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, DateTimeField, DurationField, ExpressionWrapper, F, Q, QuerySet, Value
from django.db.models.functions import Greatest
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from mulin.ground.people import queries as people
from mulin.ground.worklist.models import Copy, WorkItem
from mulin.ground.worklist.rules import GREY, LIGHTS, RED, YELLOW, due_words, light, light_words
from mulin.kernel import hooks
from mulin.kernel.actor import Actor, Held, visitor
from mulin.kernel.county import current_county
from mulin.kernel.paging import Page, counts, page

MINE, UNIT, COPIED, DONE = "mine", "unit", "copied", "done"
TABS = (MINE, UNIT, COPIED, DONE)


def _addressed(held: Held) -> Q:
    """The items that holding one role opens: by territory, within a unit, or by the role alone. What is somebody's by
    name is his."""
    condition = Q(role=held.role, path="", unit=None, person=None)
    if held.path:
        condition |= Q(role=held.role, path__startswith=held.path)
    if held.unit is not None:
        condition |= Q(unit=held.unit, person=None) & (Q(role="") | Q(role=held.role))
    return condition


def _to(actor: Actor) -> Q:
    """What is addressed to an actor or to a colleague for whom he stands in: by name, or by a role or unit. Empty for
    nobody."""
    condition = Q(person__in=actor.persons) if actor.persons else Q()
    for held in actor.held:
        condition |= _addressed(held)
    return condition


def open_for(actor: Actor) -> QuerySet[WorkItem]:
    """The open to-dos of an actor, red first by due time, then those without a clock, resting ones last.

    Those of a colleague on leave for whom he stands in are among them: see ``Lit.behalf_words``.
    """
    condition = _to(actor)
    if not condition:
        return WorkItem.objects.none()
    return WorkItem.objects.filter(condition, done_at__isnull=True).order_by("turn", "id")


visible_to = open_for


def open_around(actor: Actor) -> QuerySet[WorkItem]:
    """The open to-dos of an actor's unit or territory, whosever they are: what he and his colleagues have in hand."""
    if any(held.path == "/" for held in actor.held):
        return WorkItem.objects.filter(done_at__isnull=True).order_by("turn", "id")
    condition = Q()
    for held in actor.held:
        if held.path:
            condition |= Q(path__startswith=held.path)
        if held.unit is not None:
            condition |= Q(unit=held.unit)
    if not condition:
        return WorkItem.objects.none()
    return WorkItem.objects.filter(condition, done_at__isnull=True).order_by("turn", "id")


def done_by(actor: Actor) -> QuerySet[WorkItem]:
    """The to-dos that an actor finished, the latest first."""
    if actor.person is None:
        return WorkItem.objects.none()
    return WorkItem.objects.filter(done_by=actor.person).order_by("-done_at", "-id")


def copies_for(actor: Actor, *, seen: bool = False) -> QuerySet[Copy]:
    """What an actor is kept informed of and nobody of those addressed has seen yet (``seen``: all of it).

    A stand-in does not read another's copies: they would be seen when he comes back.
    """
    condition = _to(actor.himself)
    if not condition:
        return Copy.objects.none()
    found = Copy.objects.filter(condition)
    return (found if seen else found.filter(seen_at__isnull=True)).order_by("-since", "-id")


def copy_of(actor: Actor, copy_id: UUID) -> str:
    """The address of what a copy is about, for one to whom it is addressed; '' for everybody else. One statement."""
    found = copies_for(actor, seen=True).filter(pk=copy_id).first()
    return hooks.link(actor, found.subject_kind, found.subject_id) if found else ""


def is_copied(actor: Actor, kind: str, subject: UUID) -> bool:
    """Whether the actor is kept informed of this subject. One statement."""
    return copies_for(actor, seen=True).filter(subject_kind=kind, subject_id=subject).exists()


@dataclass(frozen=True)
class Narrowed:
    """What a tab is narrowed to; empty values narrow nothing. ``seen``: copies that were seen already, too."""

    kind: str = ""
    light: str = ""
    words: str = ""
    seen: bool = False

    def as_query(self) -> dict[str, str]:
        """The same as an address says it."""
        return {"kind": self.kind, "light": self.light, "q": self.words, "seen": "1" if self.seen else ""}


_SPAN = ExpressionWrapper(F("due_at") - F("opened_at"), output_field=DurationField())
_QUARTER = ExpressionWrapper(Greatest(_SPAN, Value(timedelta())) / Value(4), output_field=DurationField())
_YELLOW_AT = ExpressionWrapper(F("due_at") - _QUARTER, output_field=DateTimeField())


def lit_as(items: QuerySet[WorkItem], colour: str, now: datetime) -> QuerySet[WorkItem]:
    """The to-dos whose light is ``colour`` at ``now``: the rule of ``rules.light`` as a condition."""
    if colour == GREY:
        return items.filter(paused_since__isnull=False)
    running = items.filter(paused_since__isnull=True)
    if colour == RED:
        return running.filter(due_at__lt=now)
    going = running.annotate(yellow_at=_YELLOW_AT)
    if colour == YELLOW:
        return going.filter(due_at__gte=now, yellow_at__lte=now)
    return going.filter(Q(due_at__isnull=True) | Q(due_at__gte=now, yellow_at__gt=now))


def tab(actor: Actor, name: str, now: datetime, narrowed: Narrowed | None = None) -> QuerySet[Any]:
    """The rows of one tab (MINE, UNIT, COPIED, DONE), narrowed. List, count and page all start here."""
    by = narrowed or Narrowed()
    if name == COPIED:
        found: QuerySet[Any] = copies_for(actor, seen=by.seen)
    else:
        found = {MINE: open_for, UNIT: open_around, DONE: done_by}[name](actor)
        if by.kind:
            found = found.filter(kind=by.kind)
        if by.light and name != DONE:
            found = lit_as(found, by.light, now)
    if by.words:
        found = found.filter(Q(title__icontains=by.words) | Q(number=by.words.upper()))
    return found


def tab_counts(actor: Actor, now: datetime, narrowed: Narrowed | None = None) -> dict[str, int]:
    """How long each tab is, in one statement; ``paging.MOST`` + 1 where there are more than that."""
    return dict(zip(TABS, counts(*(tab(actor, name, now, narrowed) for name in TABS)), strict=True))


_ORDER = {MINE: "turn", UNIT: "turn", COPIED: "-since", DONE: "-done_at"}


def tab_page(
    actor: Actor, name: str, now: datetime, narrowed: Narrowed | None = None, *, at: str = "", size: int = 50
) -> Page:
    """A page of a tab as lines (``Lit``). One statement, one more where something is done in a colleague's place."""
    found = page(tab(actor, name, now, narrowed), by=_ORDER[name], at=at, size=size)
    if name == COPIED:
        return found.of([_copied(one, actor) for one in found.rows])
    return found.of(lit(found.rows, now, actor=actor))


def count_for(actor: Actor) -> int:
    """How many rows ``open_for`` has; ``paging.MOST`` + 1 where there are more than that."""
    return counts(open_for(actor))[0]


def loads(persons: Iterable[UUID]) -> dict[UUID, int]:
    """How many open to-dos are addressed by name to each of some persons; whoever has none is left out. One statement."""
    rows = WorkItem.objects.filter(person_id__in=list(persons), done_at__isnull=True)
    return dict(rows.values_list("person_id").annotate(count=Count("id")))


def of_subject(kind: str, subject: UUID) -> QuerySet[WorkItem]:
    """The open to-dos about a subject, whosever they are. The caller has checked that the actor sees it."""
    return WorkItem.objects.filter(subject_kind=kind, subject_id=subject, done_at__isnull=True).order_by("id")


def of_subjects(kind: str, subjects: Iterable[UUID]) -> dict[UUID, list[WorkItem]]:
    """The same for many subjects in one statement, soonest due first; subjects without one are left out."""
    found: dict[UUID, list[WorkItem]] = {}
    rows = WorkItem.objects.filter(subject_kind=kind, subject_id__in=list(subjects), done_at__isnull=True)
    for row in rows.order_by("due_at", "id"):
        found.setdefault(row.subject_id, []).append(row)
    return found


REMEMBERED = ("person", "role", "path", "unit", "opened_at", "due_at", "paused_since")
"""What a to-do is set back to (``actions.set_back``): its address and its clock."""


def remembered(subjects: Iterable[tuple[str, UUID]]) -> list[dict[str, Any]]:
    """The open to-dos of subjects as JSON, to be set back to later. One statement."""
    wanted = Q()
    for kind, subject in subjects:
        wanted |= Q(subject_kind=kind, subject_id=subject)
    rows = WorkItem.objects.filter(wanted, done_at__isnull=True).order_by("id") if wanted else ()
    return [{"id": str(row.pk), **{name: _plain(row, name) for name in REMEMBERED}} for row in rows]


def _plain(row: WorkItem, name: str) -> str | None:
    value = row.serializable_value(name)
    return value.isoformat() if isinstance(value, datetime) else None if value is None else str(value)


def by_name(actor: Actor, kind: str, subjects: Iterable[UUID]) -> set[UUID]:
    """Which of the subjects have an open to-do addressed to the actor by name, or to one for whom he stands in. One
    statement."""
    rows = WorkItem.objects.filter(
        subject_kind=kind, subject_id__in=list(subjects), done_at__isnull=True, person__in=actor.persons
    )
    return set(rows.values_list("subject_id", flat=True)) if actor.persons else set()


def lights() -> list[tuple[str, str]]:
    """The lights with their words, the most urgent first, for a filter."""
    return [(colour, light_words(colour)) for colour in LIGHTS]


def light_at(
    *, opened_at: datetime, due_at: datetime | None, paused_since: datetime | None, now: datetime
) -> str:
    """The light of a clock that is no to-do: the same rule for both."""
    return light(opened_at=opened_at, due_at=due_at, paused_since=paused_since, now=now)


def item(item_id: UUID) -> WorkItem | None:
    """One to-do, open or done."""
    return WorkItem.objects.filter(pk=item_id).first()


@dataclass(frozen=True)
class Lit:
    """A to-do as a page shows it: words and a light, nothing left to decide."""

    id: UUID
    kind: str
    title: str
    number: str
    subject_kind: str
    subject_id: UUID
    light: str
    light_words: str
    due_at: datetime | None
    due_words: str
    due_exact: str
    next_step: str
    url: str
    path: str
    opened_at: datetime
    person: UUID | None = None
    unit: UUID | None = None
    role: str = ""
    done_at: datetime | None = None
    seen: bool = True
    behalf_words: str = ""
    """``代 张敏`` where the reader stands in for a colleague on leave."""


def lit(items: Iterable[WorkItem], now: datetime, *, actor: Actor | None = None) -> list[Lit]:
    """To-dos with their lights at ``now``. Links are those that ``actor`` may follow."""
    reader = actor or visitor(current_county())
    rows = list(items)
    whose = {one.pk: whom for one in rows if (whom := _behalf(one, reader))} if reader.stands_for else {}
    names = people.public_names(set(whose.values()))
    return [_lit(one, now, reader, _behalf_words(whose.get(one.pk), names)) for one in rows]


def _behalf(one: WorkItem, reader: Actor) -> UUID | None:
    """In whose place the reader has this to-do; None where it is his own, or not his at all."""
    roles = (one.role,) if one.role else ()
    return reader.behalf(path=one.path, unit=one.unit_id, person=one.person_id, roles=roles)


def _behalf_words(whom: UUID | None, names: Mapping[UUID, str]) -> str:
    return _("代 %(name)s") % {"name": names.get(whom) or _("一位同事")} if whom else ""


def _lit(one: WorkItem, now: datetime, reader: Actor, behalf_words: str) -> Lit:
    colour = light(opened_at=one.opened_at, due_at=one.due_at, paused_since=one.paused_since, now=now)
    return Lit(
        id=one.id,
        kind=one.kind,
        title=one.title,
        number=one.number,
        subject_kind=one.subject_kind,
        subject_id=one.subject_id,
        light=colour,
        light_words=light_words(colour),
        due_at=one.due_at,
        due_words=due_words(due_at=one.due_at, paused_since=one.paused_since, now=now),
        due_exact=f"{localtime(one.due_at):%Y-%m-%d %H:%M}" if one.due_at else "",
        next_step=str(hooks.work_words.get(one.kind, "")),
        url=hooks.link(reader, one.subject_kind, one.subject_id),
        path=one.path,
        opened_at=one.opened_at,
        person=one.person_id,
        unit=one.unit_id,
        role=one.role,
        done_at=one.done_at,
        behalf_words=behalf_words,
    )


def _copied(one: Copy, reader: Actor) -> Lit:
    """A copy as a line: no light, for there is nothing to do."""
    return Lit(
        id=one.id,
        kind="",
        title=one.title,
        number=one.number,
        subject_kind=one.subject_kind,
        subject_id=one.subject_id,
        light="",
        light_words="",
        due_at=None,
        due_words="",
        due_exact="",
        next_step=str(hooks.copy_words.get(one.why, "")),
        url=hooks.link(reader, one.subject_kind, one.subject_id),
        path=one.path,
        opened_at=one.since,
        seen=one.seen_at is not None,
    )


def export(person: UUID) -> dict[str, Any]:
    """To-dos addressed to a person by name, those he finished, and what he was kept informed of."""
    rows = WorkItem.objects.filter(Q(person=person) | Q(done_by=person)).order_by("id")
    return {
        "work_items": [
            {
                "kind": row.kind,
                "title": row.title,
                "number": row.number,
                "opened_at": row.opened_at.isoformat(),
                "done_at": row.done_at.isoformat() if row.done_at else None,
            }
            for row in rows.iterator()
        ],
        "copies": [
            {"title": row.title, "number": row.number, "since": row.since.isoformat()}
            for row in Copy.objects.filter(Q(person=person) | Q(seen_by=person)).order_by("id").iterator()
        ],
    }
