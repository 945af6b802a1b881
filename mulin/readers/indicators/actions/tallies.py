"""Keeping counts of windows that are over: asked for by whoever looks at a large one, made and kept up by ``tick``."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Count

from mulin.kernel.actor import Actor
from mulin.kernel.clock import day_start
from mulin.kernel.county import current_county
from mulin.kernel.ids import earlier
from mulin.readers.indicators.models import Tally, TallyCase
from mulin.readers.indicators.queries.figures import waits_of
from mulin.readers.indicators.queries.sets import Scope, look_at
from mulin.readers.indicators.queries.tallies import COLUMNS, Changes, changes, fits, summed, words
from mulin.services.cases.queries import counted
from mulin.services.cases.queries import figures as cases

KEPT: Final = 24
"""So many windows of a county are kept, those asked for last."""
SLACK: Final = timedelta(hours=1)
"""No act takes longer from writing a case to its commit: what was written so long before a count is counted again."""
OFTEN: Final = timedelta(minutes=10)
"""A tally is brought up to date no more often."""


def ask_tally(*, scope: Scope, start: date, end: date, by: Actor, now: datetime) -> bool:
    """Remember that a window is to be kept. Whether it is so from now on; asked again, nothing changes."""
    if not fits(scope) or now < day_start(end):
        return False
    window = {"path": scope.path or "/", "starts_on": start, "ends_on": end}
    _row, made = Tally.objects.get_or_create(**window, defaults={"asked_at": now})
    return made


def keep_tallies(*, now: datetime) -> int:
    """Part of ``tick``: bring up to date what was written since, and count one window that is to be kept and is not yet:
    other things are due, too. How many it was."""
    newest = list(Tally.objects.order_by("-asked_at", "-id").values_list("pk", flat=True))
    Tally.objects.filter(pk__in=newest[KEPT:]).delete()
    done, anew = 0, False
    for key in newest[:KEPT]:
        tally = _keep(key, anew=not anew)
        done += tally is not None
        anew = anew or (tally is not None and tally.anew)
    return done


@transaction.atomic
def _keep(key: UUID, anew: bool) -> Tally | None:
    """The tally, where it was counted or corrected; ``anew``: also where all of it has to be counted."""
    tally = Tally.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=key).first()
    if tally is None:
        return None
    known = tally.words == words() and tally.since is not None
    if known and tally.since is not None and tally.since > earlier(SLACK + OFTEN):
        return None
    mark = earlier(SLACK)
    changed = changes(tally) if known else None
    tally.anew = changed is None
    if changed is not None:
        _correct(tally, changed)
    elif anew:
        _count(tally)
    else:
        return None
    if changed is None or changed.waits:
        scope = Scope(path=tally.path)
        tally.waits = waits_of(scope, look_at(tally.starts_on, tally.ends_on))
    tally.since, tally.words, tally.version = mark, words(), tally.version + 1
    tally.save()
    return tally


def _count(tally: Tally) -> None:
    """All cases of the window, by the database itself."""
    TallyCase.objects.filter(tally=tally).delete()
    there = cases.within(cases.every_case(), tally.path)
    sql, params = counted.each(there, look_at(tally.starts_on, tally.ends_on)).query.sql_with_params()
    columns = ", ".join(COLUMNS)
    with connection.cursor() as cursor:  # sql: the compiler put the county into the rows, which keep it
        cursor.execute(
            f"INSERT INTO indicators_tallycase (id, county_id, tally_id, {columns}) "  # noqa: S608  (made by the compiler)
            f"SELECT gen_random_uuid(), %s, %s, * FROM ({sql}) found ({columns})",
            [current_county(), tally.pk, *params],
        )
    lines = TallyCase.objects.filter(tally=tally).values_list("shape", "ratings", "good", "complaint")
    told = lines.annotate(number=Count("pk")).order_by()
    tally.sums = _without_nothing(summed((shape, None, *rest) for shape, *rest in told))


def _correct(tally: Tally, changed: Changes) -> None:
    """The cases that are counted otherwise by now, and the sums."""
    TallyCase.objects.filter(tally=tally, case__in=list(changed.was)).delete()
    TallyCase.objects.bulk_create(
        TallyCase(tally=tally, **dict(zip(COLUMNS, (key, *line), strict=True)))
        for key, line in changed.now.items()
    )
    sums = changed.sums
    sums.update(tally.sums)
    tally.sums = _without_nothing(sums)


def _without_nothing(sums: Counter[str]) -> dict[str, int]:
    return {name: number for name, number in sums.items() if number}
