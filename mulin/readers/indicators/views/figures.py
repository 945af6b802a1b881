"""GET /desk/figures/: every figure of a month, as a county leader reads them: the number first, and all that it rests on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from mulin.kernel.actor import Actor
from mulin.readers.indicators import actions, queries
from mulin.readers.indicators.permissions import may_read_figures, may_read_months
from mulin.readers.indicators.queries.sets import CASE
from mulin.readers.indicators.rules import CHANGE, COUNT, GROUPS, INDICATORS, ORIGINS, RATE, RATIO
from mulin.readers.indicators.views.asking import Asked, reader


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Every indicator over a window, within what the reader may see, beside the window before."""
    actor = reader(request)
    may_read_figures(actor)
    asked = Asked.of(request)
    found = queries.figures(asked.start, asked.end, scope=asked.scope, now=asked.now)
    compared = [code for code, one in INDICATORS.items() if one.kind != CHANGE]
    days = queries.before(asked.start, asked.end)
    past = {
        one.indicator.code: one
        for one in queries.figures(*days, only=compared, scope=asked.scope, now=asked.now)
    }
    _keep(actor, asked, found)
    _keep(actor, replace(asked, start=days[0], end=days[1]), past.values())
    lines = [_line(figure, past.get(figure.indicator.code), asked) for figure in found]
    grouped = [
        {"name": name, "lines": [line for line in lines if line["figure"].indicator.group == key]}
        for key, name in GROUPS.items()
    ]
    context = {
        **asked.context(),
        "lines": lines,
        "groups": grouped,
        "brief_url": asked.link("brief") if may_read_months(actor) else "",
        "months_url": reverse("indicators:months") if may_read_months(actor) else "",
    }
    return render(request, "indicators/figures.html", context, status=422 if asked.wrong else 200)


def _keep(actor: Actor, asked: Asked, found: Iterable[queries.Figure]) -> None:
    """Have a window kept that took long to count."""
    large = any((one.numerator or 0) >= queries.LEAST and not one.kept for one in found)
    if large and not (asked.running or asked.wrong):
        actions.ask_tally(scope=asked.scope, start=asked.start, end=asked.end, by=actor, now=asked.now)


def _line(figure: queries.Figure, was: queries.Figure | None, asked: Asked) -> dict[str, Any]:
    one = figure.indicator
    split = [
        {"name": name, "cell": figure.split[origin], "url": asked.link("rows", one.code, origin=origin)}
        for origin, name in ORIGINS.items()
        if figure.split[origin]["numerator"] or figure.split[origin]["denominator"]
    ]
    return {
        "figure": figure,
        "url": asked.link("rows", one.code),
        "whole_url": asked.link("rows", one.code, all="1") if one.over else "",
        "split": split,
        "trend": _trend(figure, was, asked),
        "as_count": one.kind == COUNT,
        "nothing": _nothing(figure),
        "no_baseline": one.kind == CHANGE and figure.baseline is None,
    }


def _nothing(figure: queries.Figure) -> str:
    """Why there is no value: nothing to count from. '' where it is the baseline that is missing."""
    one = figure.indicator
    if one.kind == CHANGE and figure.numerator:
        return ""
    return _("没有案件可算") if queries.kind_of(one.over or one.base) == CASE else _("没有记录可算")


def _trend(figure: queries.Figure, was: queries.Figure | None, asked: Asked) -> dict[str, Any] | None:
    """How it stands to the window before. While this one runs a count says only what the last one was: a part of a month
    is no month."""
    running = asked.running
    if was is None or was.value is None or figure.value is None:
        return None
    step = figure.value - was.value
    good = figure.indicator.good
    part = running and figure.indicator.kind == COUNT
    tone = "" if part or not step or not good else "good" if step * good > 0 else "bad"
    return {
        "was": was.value,
        "step": None if part else step,
        "up": step > 0,
        "tone": tone,
        "points": figure.indicator.kind in (RATE, RATIO),
    }
