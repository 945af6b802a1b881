"""The filters of a list on a page: read from the address, shown as controls, said in words."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils.translation import gettext as _

from mulin.ground.territory import queries as territory
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.services.cases import queries
from mulin.services.cases.queries import Filters
from mulin.services.cases.queries.filters import OWED
from mulin.services.cases.rules import COMMUNITY_KINDS, Source


def asked(request: HttpRequest) -> Filters:
    """The filters in the address."""
    return Filters.read(request.GET.dict())


def controls(actor: Actor, by: Filters, now: datetime) -> dict[str, Any]:
    """What templates/cases/parts/filters.html shows. At most four statements, for the areas."""
    return {
        "by": by,
        "query": address(by),
        "keep": by.as_query(),
        "states": queries.states(),
        "sources": Source.choices,
        "dues": queries.DUES.items(),
        "owes": OWED.items(),
        "whose": queries.WHOSE.items(),
        "sorts": queries.SORTS.items(),
        "areas": areas(actor, by.area, now),
        "more_open": bool(by.due or by.whose or by.owed or by.source or by.since or by.until or by.due_on),
        "upside_down": by.upside_down,
        "quick": _quick(by, now),
    }


def _quick(by: Filters, now: datetime) -> list[dict[str, Any]]:
    """The lists most often wanted, a press each."""
    today = local_day(now)
    wanted = [
        (_("全部"), Filters()),
        (_("未办结"), Filters(state=queries.UNFINISHED)),
        (_("已超期"), Filters(due="overdue", sort="urgent")),
        (_("24 小时内到期"), Filters(due="soon", sort="urgent")),
        (_("今天上报"), Filters(since=today, until=today)),
    ]
    return [{"words": words, "url": address(one), "chosen": one == by} for words, one in wanted]


def address(by: Filters) -> str:
    """The question of a link to the list; ``?all=1`` for the whole of it."""
    return f"?{urlencode(by.as_query() or {'all': 1})}"


def areas(actor: Actor, chosen: str, now: datetime) -> list[tuple[str, str]]:
    """The filter's areas: the actor's own territories, the county's streets, and what lies below the chosen one."""
    own = {held.path for held in actor.held if held.path}
    if "/" in own or not own:
        found = [(one.path, one.name) for one in territory.children(None)]
    else:
        found = sorted(territory.names_of_paths(own).items())
    if chosen in ("", "/"):
        return found
    here = territory.division_at_path(chosen)
    if here is None:
        known = any(path == chosen for path, _name in found)
        return found if known else [*found, *territory.names_of_paths([chosen]).items()]
    if not any(path == chosen for path, _name in found):
        found.append((here.path, here.name))
    found += [(one.path, f"　{one.name}") for one in territory.children(here.id)]
    if here.kind in COMMUNITY_KINDS:
        grids = territory.grids_under(here.path, on=local_day(now))
        found += [(one.path, f"　{one.name}") for one in grids]
    return found
