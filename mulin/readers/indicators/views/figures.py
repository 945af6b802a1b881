"""GET /desk/figures/: every figure of a month, as a county leader reads them: the number first, and all that it rests on."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from mulin.readers.indicators import queries
from mulin.readers.indicators.permissions import may_read_figures
from mulin.readers.indicators.rules import CHANGE, COUNT, GROUPS, ORIGINS, RATE
from mulin.readers.indicators.views.asking import Asked, reader


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Every indicator over a window, within what the reader may see, beside the window before."""
    actor = reader(request)
    may_read_figures(actor)
    asked = Asked.of(request)
    found = queries.figures(asked.start, asked.end, scope=asked.scope, now=asked.now)
    past = queries.figures(*queries.before(asked.start, asked.end), scope=asked.scope, now=asked.now)
    lines = [_line(figure, was, asked) for figure, was in zip(found, past, strict=True)]
    grouped = [
        {"name": name, "lines": [line for line in lines if line["figure"].indicator.group == key]}
        for key, name in GROUPS.items()
    ]
    context = {
        **asked.context(),
        "lines": lines,
        "groups": grouped,
    }
    return render(request, "indicators/figures.html", context, status=422 if asked.wrong else 200)


def _line(figure: queries.Figure, was: queries.Figure, asked: Asked) -> dict[str, Any]:
    one = figure.indicator
    split = [
        {"name": name, "cell": figure.split[origin], "url": asked.link("rows", one.code, origin=origin)}
        for origin, name in ORIGINS.items()
        if figure.split[origin]["numerator"] is not None
    ]
    return {
        "figure": figure,
        "url": asked.link("rows", one.code),
        "whole_url": asked.link("rows", one.code, all="1") if one.over else "",
        "split": split,
        "trend": _trend(figure, was, asked),
        "as_count": one.kind == COUNT,
    }


def _trend(figure: queries.Figure, was: queries.Figure, asked: Asked) -> dict[str, Any] | None:
    """How it stands to the window before. While this one runs a count says only what the last one was: a part of a month
    is no month."""
    running = asked.running
    if was.value is None or figure.value is None or figure.indicator.kind == CHANGE:
        return None
    step = figure.value - was.value
    good = figure.indicator.good
    tone = "" if not step or not good else "good" if step * good > 0 else "bad"
    return {
        "was": was.value,
        "step": None if running and figure.indicator.kind == COUNT else step,
        "up": step > 0,
        "tone": tone,
        "points": figure.indicator.kind == RATE,
    }
