"""Picking a place: one select per level of the county's tree, with and without scripts."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from mulin.ground.territory import queries as territory
from mulin.kernel.errors import NotFound

DEEPEST = 6


def _label(kind: str) -> str:
    if kind in ("subdistrict", "town"):
        return _("街道（乡镇）")
    if kind in ("community", "village"):
        return _("社区（村）")
    if kind in ("compound", "standalone_building"):
        return _("小区")
    return _("楼栋") if kind == "building" else _("具体位置")


def _level(number: int, options: list[Any], chosen: str = "") -> dict[str, Any]:
    return {
        "number": number,
        "next": number + 1,
        "label": _label(options[0].kind),
        "options": [(str(one.id), one.name) for one in options],
        "chosen": chosen,
    }


def as_uuid(text: Any) -> UUID | None:
    """The id in a piece of text, or None."""
    try:
        return UUID(str(text))
    except ValueError:
        return None


def whole_number(text: str) -> int | None:
    """A small number of ASCII digits, or None: other digits (²) are none to ``int``."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def levels(place: UUID | None) -> list[dict[str, Any]]:
    """The selects to show: the first level, and one more below each division on the way to ``place``.

    One statement for the first; two more for each level that is chosen.
    """
    shown = [_level(1, rows)] if (rows := territory.children(None)) else []
    if place is None or not shown:
        return shown
    try:
        here = territory.division(place)
    except NotFound:
        return shown
    chain = [here]
    while chain[0].parent is not None and chain[0].parent.path != "/" and len(chain) < DEEPEST:
        chain.insert(0, territory.division(chain[0].parent.id))
    for step in chain:
        shown[-1]["chosen"] = str(step.id)
        below = territory.children(step.id)
        if not below:
            break
        shown.append(_level(len(shown) + 1, below))
    return shown


@require_safe
def below(request: HttpRequest) -> HttpResponse:
    """GET /report/places/?place=ID&level=N: the select of the next level, for htmx. Empty where nothing lies below."""
    place = as_uuid(request.GET.get("place", ""))
    number = whole_number(request.GET.get("level", "")) or 2
    rows = territory.children(place) if place else []
    level = _level(number if number < DEEPEST else 2, rows) if rows else None
    return render(request, "cases/parts/place_level.html", {"level": level})
