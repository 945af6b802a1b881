"""The monthly tables: made by themselves on the first of the month, once; and for whoever asks for one on the page."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from mulin.citus.models import county_in_force
from mulin.ground.people import queries as people
from mulin.ground.runs import actions as runs
from mulin.ground.territory import queries as territory
from mulin.ground.trail import actions as trail
from mulin.kernel.actor import Actor, system
from mulin.kernel.clock import day_start
from mulin.kernel.county import current_county
from mulin.kernel.errors import NotAllowed
from mulin.readers.indicators.models import MonthRound, MonthTable
from mulin.readers.indicators.permissions import may_write_brief
from mulin.readers.indicators.queries.choices import scope_words
from mulin.readers.indicators.queries.figures import month_from
from mulin.readers.indicators.queries.papers import last_month, told, write_month
from mulin.readers.indicators.queries.sets import Scope

KIND_ROUND: Final = "indicators.months"
KIND_ONE: Final = "indicators.month"
UNITS: Final = ("county_office", "department", "professional_team", "property_company", "other")
"""Kinds of units with a table of their own; streets and communities have theirs as places."""


@transaction.atomic
def arrange_months(*, now: datetime) -> int:
    """Part of ``tick``: from the first of a month on, ask the background once for the tables of the month before. A county
    that was opened since has none."""
    first, end = last_month(now)
    if MonthRound.objects.filter(first=first).exists() or county_in_force().opened_at >= day_start(end):
        return 0
    try:
        with transaction.atomic():
            MonthRound.objects.create(first=first, asked_at=now)
    except IntegrityError:
        return 0  # another process was first
    by = system(current_county(), "months")
    runs.ask(
        kind=KIND_ROUND, title=_("%(month)s 月报表") % {"month": f"{first:%Y-%m}"}, by=by, now=now,
        facts={"month": f"{first:%Y-%m}"}, told={"month": f"{first:%Y-%m}"},
    )  # fmt: skip
    return 1


def make_round(*, job: runs.Job) -> None:
    """What the background does for ``arrange_months``: a table for every place and unit. Begun anew, it makes those that
    are missing."""
    first, end = _month(job.run.facts["month"])
    places = territory.settlements("/")
    wanted = [(Scope(unit=row.pk), row.name) for row in people.organisations(kinds=UNITS)]
    wanted += [(Scope(path=path), name) for path, name in places.items()]
    wanted.reverse()
    wanted.sort(
        key=lambda one: one[0].unit is None
    )  # the list shows what was made last first: places, the county on top
    there = set(MonthTable.objects.filter(first=first).values_list("path", "unit_id"))
    for done, (scope, name) in enumerate(wanted):
        if (scope.path, scope.unit) not in there:
            _make(first, end, scope, name, job.clock())
        job.show(done + 1, of=len(wanted))
    with transaction.atomic():
        MonthRound.objects.filter(first=first).update(made_at=job.clock())
        trail.record(
            by=job.by, now=job.clock(), verb="months.made", subject_kind="run", subject_id=job.run.id,
            facts={"month": f"{first:%Y-%m}", "tables": len(wanted)},
        )  # fmt: skip


def _make(first: date, end: date, scope: Scope, name: str, now: datetime) -> None:
    row = MonthTable(
        first=first,
        path=scope.path,
        unit_id=scope.unit,
        name=name,
        rows=told(scope, first, end, now),
        made_at=now,
    )
    MonthTable.objects.bulk_create([row], ignore_conflicts=True)


def _month(text: str) -> tuple[date, date]:
    found = month_from(text)
    if found is None:
        raise ValueError(f"no month: {text!r}")
    return found


def ask_for_month(*, path: str, unit: UUID | None, month: date, by: Actor, now: datetime) -> UUID:
    """Ask for the table of a place or a unit over a month, as it is counted now; the file is the asker's own."""
    if not may_write_brief(by, path=path, unit=unit):
        raise NotAllowed(_("月报表由本地、本单位的工作人员使用。"))
    name = scope_words(Scope(path=path, unit=unit))
    title = _("%(name)s %(month)s 月报表") % {"name": name, "month": f"{month:%Y-%m}"}
    run = runs.ask(
        kind=KIND_ONE, title=title, by=by, now=now, result_name=f"{title}.xlsx",
        facts={"month": f"{month:%Y-%m}", "path": path, "unit": str(unit or ""), "name": name},
        told={"month": f"{month:%Y-%m}", "path": path, "unit": str(unit or "")},
    )  # fmt: skip
    return run.id


def make_month(*, job: runs.Job) -> None:
    """What the background does for ``ask_for_month``."""
    facts: dict[str, Any] = job.run.facts
    unit = UUID(facts["unit"]) if facts["unit"] else None
    if not may_write_brief(job.by, path=facts["path"], unit=unit):
        raise NotAllowed(_("月报表由本地、本单位的工作人员使用。"))
    first, end = _month(facts["month"])
    rows = told(Scope(path=facts["path"], unit=unit), first, end, job.clock())
    above = _("%(name)s · %(month)s · 由原始记录算出，没有填报的数字") % {
        "name": facts["name"], "month": facts["month"],
    }  # fmt: skip
    job.show(write_month(job.result, rows, above=above), of=len(rows))
