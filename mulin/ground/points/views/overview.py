"""The overview for whoever keeps the rules: a month's numbers, and the acts behind each."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from mulin.ground.points.permissions import may_look
from mulin.ground.points.queries import crossing
from mulin.ground.points.queries import overview as read
from mulin.ground.points.rules import REASONS, month_of
from mulin.ground.points.rules.fairness import SMALL, Called, Verdict
from mulin.ground.territory import queries as territory
from mulin.kernel import clock
from mulin.kernel.doors import admitted

KEPT_MONTHS = 24


def _month(said: str, today: date) -> tuple[date, date]:
    """The first and the last day of a month as ``YYYY-MM``; of this one where that is none or lies too far away."""
    this = today.replace(day=1)
    try:
        first = date.fromisoformat(f"{said}-01")
    except ValueError:
        first = this
    if not this - timedelta(days=31 * KEPT_MONTHS) <= first <= this:
        first = this
    return first, month_of(first)[1] - timedelta(days=1)


@never_cache
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """GET /desk/points/overview/?month=2026-11: by rule, by community, by group of people, rules by groups and by months."""
    actor = admitted(request, may_look, _("由社区、街道和县级窗口的工作人员查看。"))
    first, last = _month(request.GET.get("month", ""), clock.local_day(clock.now()))
    shown = read.overview(actor, read.Asked(first, last))
    columns, crossed = crossing.by_group(actor, read.Asked(first, last))
    months, monthly = crossing.by_month(actor, last)
    earlier, later = first - timedelta(days=1), last + timedelta(days=1)
    context = {
        "shown": shown,
        "columns": columns,
        "crossed": crossed,
        "months": months,
        "monthly": monthly,
        "month": first,
        "rows_url": f"{reverse('points:overview_rows')}?month={first:%Y-%m}",
        "earlier": f"?month={earlier:%Y-%m}",
        "later": f"?month={later:%Y-%m}" if later <= clock.local_day(clock.now()) else "",
        "reviews": [(Verdict(code).label, n) for code, n in sorted(shown.reviews.items())],
        "small": SMALL,
    }
    return render(request, "points/overview.html", context)


@never_cache
@require_safe
def overview_rows(request: HttpRequest) -> HttpResponse:
    """The acts behind a number of the overview. What it is narrowed to stands on top."""
    actor = admitted(request, may_look, _("由社区、街道和县级窗口的工作人员查看。"))
    first, last = _month(request.GET.get("month", ""), clock.local_day(clock.now()))
    told = {name: request.GET.get(name, "") for name in ("place", "rule", "reason", "called", "group")}
    words, asked = _narrowed(told, read.Asked(first, last), actor)
    shown = read.rows(actor, asked, at=request.GET.get("at", ""))
    names = territory.names_of_paths({one.path for one in shown.rows})
    keep: dict[str, Any] = {"month": f"{first:%Y-%m}", **told}
    context = {
        "rows": [(one, names.get(one.path, "")) for one in shown.rows],
        "words": words,
        "month": first,
        "crumbs": [
            {
                "title": _("积分概览"),
                "url": f"{reverse('points:overview')}?{urlencode({'month': keep['month']})}",
            },
            {"title": _("明细"), "url": ""},
        ],
    }
    return render(request, "points/overview_rows.html", context | shown.links(keep))


def _narrowed(told: dict[str, str], asked: read.Asked, actor: Any) -> tuple[list[object], read.Asked]:
    """What is asked for, in words and for the query; what is unknown narrows nothing. A group stands alone, or with a rule
    where that cell is told."""
    codes = tuple(told["group"].split("+")) if told["group"] else ()
    if codes and told["rule"]:
        groups = crossing.opens(actor, asked, told["rule"], told["group"])
        if groups:
            return [read.rule_name(told["rule"]), *groups], read.Asked(
                asked.first, asked.last, rule=told["rule"], group=codes
            )
    elif codes and (names := read.shown_groups(actor, asked).get(codes)):
        return names, read.Asked(asked.first, asked.last, group=codes)
    words: list[object] = []
    reason = told["reason"] if told["reason"] in (*REASONS, "any") else ""
    called = told["called"] if told["called"] in (*Called.values, "any") else ""
    if told["place"]:
        words.append(territory.name_of_path(told["place"]))
    if told["rule"]:
        words.append(read.rule_name(told["rule"]))
    if reason:
        words.append(_("没有积分") if reason == "any" else REASONS[reason])
    if called:
        words.append(_("抽到回访") if called == "any" else Called(called).label)
    return words, read.Asked(asked.first, asked.last, told["place"], told["rule"], reason, (), called)
