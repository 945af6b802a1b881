"""The calendar of dues: how many cases fall due on each day of a month or a week; a day opens its list."""

from __future__ import annotations

import calendar as months
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from mulin.ground.calendar import queries as calendar
from mulin.ground.territory import queries as territory
from mulin.kernel import clock
from mulin.services.cases import queries
from mulin.services.cases.queries import Filters, dues
from mulin.services.cases.views.desk import staff
from mulin.services.cases.views.filters import address


@never_cache
@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """GET /desk/dues/?month=2026-11 or ?week=2026-11-26 [&whose=mine|unit]."""
    actor, now = staff(request), clock.now()
    today = clock.local_day(now)
    whose = request.GET.get("whose", "")
    whose = whose if whose in queries.WHOSE else ""
    week = "week" in request.GET
    first, last = _week(request.GET["week"], today) if week else _month(request.GET.get("month", ""), today)
    found = dues.days(actor, first, last, now, whose=whose, lines=week)
    keep = {"whose": whose} if whose else {}
    paths = {case.grid_path or case.place_path for one in found for case in one.cases}
    places = territory.names_of_paths(paths) if paths else {}
    context = {
        "first": first,
        "last": last,
        "week": week,
        "days": [_day(one, keep, today, places) for one in found],
        "lead": range(first.weekday()),
        "weekdays": calendar.WEEKDAY_NAMES,
        "total": sum(one.count for one in found),
        "provisional": any(one.provisional for one in found),
        "before": _link(first - timedelta(days=1), keep, week=week),
        "after": _link(last + timedelta(days=1), keep, week=week),
        "other": _link(today if first <= today <= last else first, keep, week=not week),
        "whose": [
            {
                "words": words,
                "url": _link(first, {"whose": value} if value else {}, week=week),
                "chosen": value == whose,
            }
            for value, words in (("", _("看得到的全部")), *queries.WHOSE.items())
        ],
        "late": reverse("cases:list") + address(Filters(due="overdue", sort="urgent", whose=whose)),
        "crumbs": [{"title": _("案件"), "url": reverse("cases:list")}, {"title": _("到期日历"), "url": ""}],
    }
    return render(request, "cases/dues.html", context)


def _month(said: str, today: date) -> tuple[date, date]:
    first = clock.day_said(f"{said}-01", today).replace(day=1)
    return first, first.replace(day=months.monthrange(first.year, first.month)[1])


def _week(said: str, today: date) -> tuple[date, date]:
    day = clock.day_said(said, today)
    first = day - timedelta(days=day.weekday())
    return first, first + timedelta(days=6)


def _link(day: date, keep: dict[str, str], *, week: bool) -> str:
    told = {"week": day.isoformat()} if week else {"month": f"{day:%Y-%m}"}
    return f"?{urlencode({**told, **keep})}"


def _day(one: dues.Day, keep: dict[str, str], today: date, places: dict[str, str]) -> dict[str, Any]:
    tone = "bad" if one.day < today else "warn" if one.day <= today + timedelta(days=1) else "info"
    by = Filters(due_on=one.day, sort="urgent", whose=keep.get("whose", ""))
    return {
        "told": one,
        "weekday": calendar.WEEKDAY_NAMES[one.day.weekday()],
        "today": one.day == today,
        "tone": tone,
        "icon": {"bad": "warning", "warn": "clock"}.get(tone, "calendar"),
        "url": reverse("cases:list") + address(by),
        "more": one.count - len(one.cases),
        "lines": [
            {"case": case, "place": places.get(case.grid_path or case.place_path, "")} for case in one.cases
        ],
    }
