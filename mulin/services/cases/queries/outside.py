"""What other systems read of cases (docs/adr/0010): three windows, each with what may be seen through it and no more.

``own``: what a system reported itself, as its reporter sees it. ``wide``: with the scope ``system_read`` the county's
cases, without a word of a report and no closer than the community. ``shown``: without a key, what neighbours see on their
list: category, community, state and day. Filters go by what the window shows, so that none of them tells more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from mulin.ground.systems.queries import READ
from mulin.ground.territory import queries as territory
from mulin.kernel.actor import Actor
from mulin.kernel.clock import day_start, local_day
from mulin.kernel.ids import read_public
from mulin.services.cases.models import Case
from mulin.services.cases.queries.sharing import on_show
from mulin.services.cases.rules import FINISHED, OTHER_ENDS, Provenance, Source, State, community_of
from mulin.services.catalogue import queries as catalogue

OTHER: Final = "other"
"""The code of a matter whose category nobody has named yet."""
SOURCE: Final = Source.SYSTEM.value
"""Of what a connected system reports."""
MOST: Final = 1000
"""Cases of one answer."""


@dataclass(frozen=True)
class Wanted:
    """Which cases are asked for. ``codes``: of matter types and categories, None = all; ``closed``: None = both."""

    since: datetime
    until: datetime
    codes: frozenset[str] | None = None
    closed: bool | None = None
    page: int = 1
    size: int = MOST


@dataclass(frozen=True)
class Outside:
    """A case as another system sees it. ``id``: its number; through the neighbours' window the key that their list has.

    ``code``/``name``: of its matter type, else of what its reporter chose, else of its category; to neighbours always the
    category's. Times are aware; of a shown matter the midnight at which the day began.
    """

    id: str
    closed: bool
    notes: str
    code: str
    name: str
    reported: datetime
    updated: datetime
    address: str
    address_id: str
    description: str = ""
    unit: str = ""
    expected: datetime | None = None
    lon: float | None = None
    lat: float | None = None


@dataclass(frozen=True)
class Words:
    """``labels``: code → name, in the reader's language, of every matter type, category and OTHER; ``categories``: the
    Chinese name of a category, as cases are kept with it → its code."""

    labels: Mapping[str, str]
    categories: Mapping[str, str]


def words_of() -> Words:
    """What the codes of the county are called. Two statements."""
    rows = catalogue.categories(ended=True)
    labels = {OTHER: _("其他事项")} | {row.code: row.label for row in rows} | catalogue.names_by_code()
    return Words(labels, {row.name: row.code for row in rows})


# ── which ─────


def outside(actor: Actor, wanted: Wanted, words: Words, now: datetime) -> list[Outside]:
    """A page of the cases in a span, newest first. At most four statements."""
    # The index is walked by the moment; a shown matter only tells its day, which may begin or end beyond the span.
    day = timedelta(days=1)
    rows = Case.objects.filter(reported_at__gt=wanted.since - day, reported_at__lt=wanted.until + day)
    near = Q(reported_at__gte=wanted.since, reported_at__lte=wanted.until)
    first = local_day(wanted.since)
    if day_start(first) < wanted.since:
        first += day
    days = Q(reported_day__gte=first, reported_day__lte=local_day(wanted.until))
    if wanted.codes is not None:
        near &= _coded(wanted.codes, words)
        days &= Q(matter__matter_type__category__code__in=list(wanted.codes))
    exact, condition = _exact(actor), on_show(now) & days
    if exact is not None:
        condition = (exact & near) | (condition & ~exact)
    rows = rows.filter(condition)
    if wanted.closed is not None:
        rows = rows.filter(_over()) if wanted.closed else rows.exclude(_over())
    start = (wanted.page - 1) * wanted.size
    return _told(actor, rows.order_by("-reported_at", "-id")[start : start + wanted.size], words)


def outside_by_ids(actor: Actor, ids: Iterable[str], words: Words, now: datetime) -> list[Outside]:
    """Those among some ids (numbers, or keys of the neighbours' list) that the actor may see, newest first. Unknown ones
    and those of others are left out alike. At most four statements, none for ids that cannot be any."""
    numbers, keys = set(), set()
    for told in ids:
        if (key := _key(told)) is not None:
            keys.add(key)
        elif (known := read_public(told[:60])) is not None:
            numbers.add(known[1])
    if not numbers and not keys:
        return []
    exact, condition = _exact(actor), on_show(now) & Q(pk__in=keys)
    if exact is not None:
        condition |= exact & (Q(number__in=numbers) | Q(pk__in=keys))
    return _told(actor, Case.objects.filter(condition).order_by("-reported_at", "-id")[:MOST], words)


def _key(text: str) -> UUID | None:
    try:
        return UUID(text) if len(text) == 36 else None
    except ValueError:
        return None


def _exact(actor: Actor) -> Q | None:
    """The cases that the actor sees by his key; None where he has none."""
    if actor.connected is None:
        return None
    own = Q(system=actor.connected)
    return own | Q(provenance=Provenance.LIVE) if actor.holds(READ) else own


def _over() -> Q:
    """It is over: itself, or the case that it was merged into, which its reporters follow."""
    ends = [one for one in (State.CLOSED, *OTHER_ENDS) if one != State.MERGED]
    return Q(state__in=ends) | Q(state=State.MERGED, merged_into__state__in=FINISHED)


def _coded(codes: Iterable[str], words: Words) -> Q:
    """By what ``_View.code`` gives: the type, else what was chosen, else the category."""
    wanted = [code for code in codes if code]
    untyped = Q(matter__isnull=True)
    chosen = untyped & Q(chosen__in=wanted)
    return (
        Q(matter__matter_type__code__in=wanted) | chosen | (untyped & Q(chosen="") & _labelled(wanted, words))
    )


def _labelled(codes: Iterable[str], words: Words) -> Q:
    """Of a case without a type: the category it was brought with, in Chinese words."""
    wanted = set(codes)
    found = Q(category_label__in=[name for name, code in words.categories.items() if code in wanted])
    return found | ~Q(category_label__in=list(words.categories)) if OTHER in wanted else found


# ── and what of them ─────


def _told(actor: Actor, rows: QuerySet[Case], words: Words) -> list[Outside]:
    found = list(rows.select_related("matter__matter_type__category", "unit", "merged_into__unit"))
    paths = {row.place_path for row in found}
    paths |= {community_of(path) for path in paths}
    view = _View(territory.names_of_paths(paths), territory.codes_of_paths(paths), words)
    wide = actor.connected is not None and actor.holds(READ)
    told = []
    for row in found:
        if actor.connected is not None and row.system_id == actor.connected:
            told.append(view.own(row))
        elif wide and row.provenance == Provenance.LIVE:
            told.append(view.wide(row))
        else:
            told.append(view.shown(row))
    return told


@dataclass(frozen=True)
class _View:
    """Rows through the three windows. ``places``/``codes``: path → name, national code."""

    places: Mapping[str, str]
    codes: Mapping[str, str]
    words: Words

    def own(self, row: Case) -> Outside:
        """As its reporter sees it: his words, the answer, and where it stands now that it may have been merged."""
        followed = row.merged_into or row
        told, over = self.wide(row), followed.state in FINISHED
        answer = followed.refusal if followed.state == State.NOT_ADMITTED else followed.result
        where = [row.place_text, self.places.get(row.place_path, "")]
        return replace(
            told,
            notes="：".join(one for one in (told.notes, answer if over else "") if one),
            address="，".join(one for one in where if one),
            address_id=self.codes.get(row.place_path) or told.address_id,
            description=row.text,
            lon=row.lon,
            lat=row.lat,
        )

    def wide(self, row: Case) -> Outside:
        """Without a word of a report or of its answer, and no closer than the community."""
        followed = row.merged_into or row
        code, name = self.code(row)
        over, community = followed.state in FINISHED, community_of(row.place_path)
        return Outside(
            id=row.number,
            closed=over,
            notes=str(followed.get_state_display()),
            code=code,
            name=name,
            reported=row.reported_at,
            updated=_moved(followed),
            expected=None if over else followed.due_at,
            address=self.places.get(community, ""),
            address_id=self.codes.get(community, ""),
            unit=followed.unit.name if followed.unit is not None else "",
        )

    def shown(self, row: Case) -> Outside:
        """What stands on the neighbours' list: category, community, state and day."""
        code, name = self.category(row)
        over, community = row.state in FINISHED, community_of(row.place_path)
        moved = (row.closed_at if over else row.shown_at) or row.reported_at
        return Outside(
            id=str(row.id),
            closed=over,
            notes=str(row.get_state_display()),
            code=code,
            name=name,
            reported=day_start(row.reported_day),
            updated=day_start(local_day(moved)),
            address=self.places.get(community, ""),
            address_id=self.codes.get(community, ""),
        )

    def code(self, row: Case) -> tuple[str, str]:
        """(code, name) of its type, else of what its reporter chose, else of its category."""
        if row.matter is not None:
            return row.matter.matter_type.code, row.matter.label
        if row.chosen in self.words.labels:
            return row.chosen, self.words.labels[row.chosen]
        return self.category(row)

    def category(self, row: Case) -> tuple[str, str]:
        """(code, name) of its category, OTHER where it has none."""
        if row.matter is not None:
            code = row.matter.matter_type.category.code
        else:
            code = self.words.categories.get(row.category_label, OTHER)
        return code, self.words.labels[code]


def _moved(row: Case) -> datetime:
    """When it moved last, as far as its row tells; of what is closed, when that was."""
    if row.state == State.CLOSED and row.closed_at is not None:
        return row.closed_at
    times = (
        row.reported_at, row.accepted_at, row.assigned_at, row.taken_up_at, row.first_response_at, row.disposed_at,
        row.step_since, row.refused_at, row.paused_since,
    )  # fmt: skip
    return max(one for one in times if one is not None)
