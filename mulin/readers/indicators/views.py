"""Doors of the figures: the table, and the rows behind one figure."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from mulin.kernel import clock
from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotFound
from mulin.kernel.paging import page
from mulin.readers.indicators import queries
from mulin.readers.indicators.permissions import may_read_figures
from mulin.readers.indicators.rules import INDICATORS, ORIGINS
from mulin.services.cases import queries as cases


def _reader(request: HttpRequest) -> Actor:
    """Whoever asks; the middleware knows."""
    return request.actor  # type: ignore[attr-defined, no-any-return]


def _window(request: HttpRequest) -> tuple[date, date, str]:
    """The days asked for; without any, the current month. Third: what was wrong with the days, in words."""
    start, end = queries.month_of(clock.now())
    said = request.GET.get("from", ""), request.GET.get("to", "")
    if not any(said):
        return start, end, ""
    try:
        asked = date.fromisoformat(said[0]), date.fromisoformat(said[1])
    except ValueError:
        return start, end, _("日期写作 2026-01-31；现在显示的是本月。")
    if asked[1] <= asked[0]:
        return start, end, _("止日必须晚于起日（止日不含在内）；现在显示的是本月。")
    return *asked, ""


def _link(code: str, start: date, end: date, **more: str) -> str:
    query = urlencode({"from": start, "to": end, **more})
    return f"{reverse('indicators:rows', args=[code])}?{query}"


def _line(figure: queries.Figure) -> dict[str, Any]:
    code, days = figure.indicator.code, (figure.start, figure.end)
    return {
        "figure": figure,
        "url": _link(code, *days),
        "whole_url": _link(code, *days, all="1") if figure.denominator is not None else "",
        "split": [
            {"name": name, "cell": figure.split[origin], "url": _link(code, *days, origin=origin)}
            for origin, name in ORIGINS.items()
        ],
    }


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """GET /desk/figures/: every indicator over a window, within what the reader may see."""
    may_read_figures(_reader(request))
    start, end, wrong = _window(request)
    found = queries.figures(start, end, among=cases.visible_to(_reader(request)))
    context = {
        "lines": [_line(figure) for figure in found],
        "start": start,
        "end": end,
        "wrong": wrong,
        "now": clock.now(),
    }
    return render(request, "indicators/figures.html", context, status=422 if wrong else 200)


@require_safe
def behind(request: HttpRequest, code: str) -> HttpResponse:
    """GET /desk/figures/CODE/: the rows that make the figure; ``all=1`` the rows of its denominator."""
    may_read_figures(_reader(request))
    indicator = INDICATORS.get(code)
    if indicator is None:
        raise NotFound(_("没有这个指标"))
    start, end, wrong = _window(request)
    whole = request.GET.get("all") == "1" and indicator.base == "responded"
    base = "asked" if whole else indicator.base
    found = queries.rows(base, start, end, among=cases.visible_to(_reader(request)))
    found = queries.origin_rows(found, request.GET.get("origin", ""))
    shown = page(found, by="-reported_at", at=request.GET.get("at", ""))
    keep = {key: request.GET[key] for key in ("from", "to", "origin", "all") if key in request.GET}
    context = {
        "indicator": indicator,
        "rows": [_row(case) for case in shown.rows],
        "total": found.count(),
        "start": start,
        "end": end,
        "wrong": wrong,
        "origin": ORIGINS.get(request.GET.get("origin", "")),
        "whole": whole,
        **shown.links(keep),
        "back": f"{reverse('indicators:figures')}?{urlencode({'from': start, 'to': end})}",
    }
    return render(request, "indicators/rows.html", context)


def _row(case: Any) -> dict[str, Any]:
    return {"case": case, "hours": queries.hours_waited(case), "url": reverse("cases:detail", args=[case.id])}
