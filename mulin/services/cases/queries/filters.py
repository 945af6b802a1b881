"""What a list of cases is narrowed to: one value that an address, a saved view, an export and the map all understand."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from typing import Final

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Floor
from django.utils import formats
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from mulin.ground.territory import queries as territory
from mulin.kernel.actor import Actor
from mulin.kernel.clock import day_start
from mulin.services.cases.models import Case, CaseOfficer
from mulin.services.cases.queries import hotline
from mulin.services.cases.queries.search import saying
from mulin.services.cases.rules import CLERKS, FINISHED, GRID_STAFF, UNIT_STAFF, Source, State, Words

UNFINISHED: Final = "unfinished"
OVERDUE, SOON = "overdue", "soon"
DUES: dict[str, Words] = {OVERDUE: _("已超期"), SOON: _("24 小时内到期")}
MINE, UNIT = "mine", "unit"
WHOSE: dict[str, Words] = {MINE: _("我经办的"), UNIT: _("我单位、我这一级的")}
OWED: dict[str, Words] = {"1": _("还没有答复 12345")}
NEWEST, URGENT = "", "urgent"
SORTS: dict[str, Words] = {NEWEST: _("新的在前"), URGENT: _("急的在前")}
MOST_LETTERS: Final = 60
CELL_PIXELS: Final = 80
_CELL = re.compile(r"(?:1[0-9]|[1-9])_-?\d{1,7}_-?\d{1,7}")
_PATH = re.compile(r"/(?:[0-9A-Za-z_-]+/){0,8}")
_GRID = re.compile(r".*/g[^/]*/")


def states() -> list[tuple[str, Words]]:
    """(value, words) of the states that a list may be narrowed to; "not finished" first."""
    return [(UNFINISHED, _("未办结")), *((value, words) for value, words in State.choices)]


@dataclass(frozen=True)
class Filters:
    """Empty values narrow nothing. ``until`` is the last day shown; ``due_on`` the day on which the total clock ends;
    ``whose`` depends on who asks; ``cell`` is a square of the map; ``owed``: 12345 waits for the
    answer."""

    state: str = ""
    due: str = ""
    source: str = ""
    area: str = ""
    since: date | None = None
    until: date | None = None
    due_on: date | None = None
    whose: str = ""
    owed: str = ""
    cell: str = ""
    q: str = ""
    sort: str = NEWEST

    @classmethod
    def read(cls, said: Mapping[str, str]) -> Filters:
        """From an address or a saved view. Whatever is no filter narrows nothing."""

        def one_of(name: str, known: object) -> str:
            value = said.get(name, "")
            return value if value in known else ""  # type: ignore[operator]

        area = said.get("area", "")
        return cls(
            state=one_of("state", dict(states())),
            due=one_of("due", DUES),
            source=one_of("source", Source.values),
            area=area if _PATH.fullmatch(area) else "",
            since=_day(said.get("since", "")),
            until=_day(said.get("until", "")),
            due_on=_day(said.get("due_on", "")),
            whose=one_of("whose", WHOSE),
            owed=one_of("owed", OWED),
            cell=cell if _CELL.fullmatch(cell := said.get("cell", "")) else "",
            q=said.get("q", "").replace("\0", "").strip()[:MOST_LETTERS],
            sort=one_of("sort", SORTS),
        )

    def as_query(self) -> dict[str, str]:
        """As an address says it: only what narrows."""
        told = {field.name: getattr(self, field.name) for field in fields(self)}
        return {
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in told.items()
            if value
        }

    @property
    def narrows(self) -> bool:
        """Whether it leaves anything out."""
        return any(name != "sort" for name in self.as_query())

    @property
    def upside_down(self) -> bool:
        """The first day is later than the last."""
        return self.since is not None and self.until is not None and self.since > self.until


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def filtered(cases: QuerySet[Case], by: Filters, now: datetime, actor: Actor | None = None) -> QuerySet[Case]:
    """A list narrowed, as things stand at ``now``. A search in words may cost a statement of its own. ``actor``: who asks
    what is in his own hands."""
    if by.whose and actor is not None:
        cases = cases.filter(_in_hand(actor, by.whose))
    if by.state == UNFINISHED:
        cases = cases.exclude(state__in=FINISHED)
    elif by.state:
        cases = cases.filter(state=by.state)
    if by.cell:
        cases = _in_cell(cases, by.cell)
    if by.owed:
        cases = cases.filter(hotline.owed())
    if by.source:
        cases = cases.filter(source=by.source)
    if by.area and by.area != "/":
        inside = "grid_path" if _GRID.fullmatch(by.area) else "place_path"
        cases = cases.filter(**{f"{inside}__startswith": by.area})
    if by.since:
        cases = cases.filter(reported_at__gte=day_start(by.since))
    if by.until:
        cases = cases.filter(reported_at__lt=day_start(by.until + timedelta(days=1)))
    if by.due or by.due_on or by.sort == URGENT:
        cases = _with_clock(cases, by, now)
    return saying(cases, by.q) if by.q else cases


def cell_size(zoom: int) -> tuple[float, float]:
    """Width and height in degrees of the squares into which the map is cut at a zoom: CELL_PIXELS on the screen at our
    latitudes."""
    width = 360 / 2**zoom * CELL_PIXELS / 256
    return width, width * 0.75


def _in_cell(cases: QuerySet[Case], cell: str) -> QuerySet[Case]:
    """The cases of one square. The range lets an index seek; the floor decides at the edges as the map's own count does."""
    zoom, x, y = (int(part) for part in cell.split("_"))
    width, height = cell_size(zoom)
    near = cases.filter(
        lon__gte=(x - 0.01) * width, lon__lt=(x + 1.01) * width,
        lat__gte=(y - 0.01) * height, lat__lt=(y + 1.01) * height,
    )  # fmt: skip
    return near.alias(x=Floor(F("lon") / width), y=Floor(F("lat") / height)).filter(x=x, y=y)


def _in_hand(actor: Actor, whose: str) -> Q:
    """What he has in hand or is named for; or what his unit leads, and his office holds."""
    if whose == MINE:
        named = CaseOfficer.objects.filter(person__in=actor.persons, until__isnull=True)
        return Q(handler__in=actor.persons) | Q(pk__in=named.values("case_id"))
    held = Q(unit__in=actor.units(*UNIT_STAFF))
    for one in actor.held:
        if one.role in (*CLERKS, *GRID_STAFF) and one.path:
            held |= Q(unit__isnull=True, held_role=one.role, held_path=one.path)
    return held


def _with_clock(cases: QuerySet[Case], by: Filters, now: datetime) -> QuerySet[Case]:
    """Unfinished cases whose total clock is set, and what is asked about it. The clock stops at the disposal."""
    cases = running(cases)
    if by.due == OVERDUE:
        late = Q(disposed_at__isnull=True, due_at__lt=now) | Q(disposed_at__gt=F("due_at"))
        cases = cases.filter(late, due_at__lt=now)
    elif by.due == SOON:
        cases = cases.filter(disposed_at__isnull=True, due_at__gte=now, due_at__lt=now + timedelta(hours=24))
    if by.due_on:
        start = day_start(by.due_on)
        end = start + timedelta(days=1)
        cases = cases.filter(disposed_at__isnull=True, due_at__gte=start, due_at__lt=end)
    return cases


def running(cases: QuerySet[Case]) -> QuerySet[Case]:
    """The unfinished cases that have a total clock. The conditions are those of the index ``case_due_open``, too."""
    return cases.filter(closed_at__isnull=True, due_at__isnull=False).exclude(state__in=FINISHED)


def order_of(by: Filters) -> str:
    """The key of the order, for ``kernel.paging``."""
    return "due_at" if by.sort == URGENT else "-reported_at"


def in_words(by: Filters) -> str:
    """The filters for people, e.g. 未办结 · 双虹社区 · “路灯”; '' where nothing is left out. One statement with an area."""
    known = dict(states())
    parts = [str(known[by.state])] if by.state else []
    if by.due:
        parts.append(str(DUES[by.due]))
    if by.whose:
        parts.append(str(WHOSE[by.whose]))
    if by.area and by.area != "/":
        parts.append(territory.name_of_path(by.area) or by.area)
    if by.source:
        parts.append(str(Source(by.source).label))
    if by.owed:
        parts.append(str(OWED[by.owed]))
    if by.since or by.until:
        days = [formats.date_format(day, "Y-m-d") if day else "" for day in (by.since, by.until)]
        parts.append(_now("%(first)s 至 %(last)s 上报") % {"first": days[0], "last": days[1]})
    if by.cell:
        parts.append(_now("地图上的一格"))
    if by.due_on:
        parts.append(_now("%(day)s 到期") % {"day": formats.date_format(by.due_on, "Y-m-d")})
    if by.q:
        parts.append(f"“{by.q}”")
    return " · ".join(parts)


def without_words(by: Filters) -> dict[str, str]:
    """The filters as the trail keeps them: free words may be somebody's name."""
    return replace(by, q="").as_query()
