"""The desk's doors of the modes: what is in force, declaring, moving on, extending."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from mulin.ground.modes import actions, queries
from mulin.ground.modes.forms import DeclareForm, ExtendForm, MoveForm
from mulin.ground.modes.models import EmergencyMode
from mulin.ground.modes.permissions import DECLARERS, may_declare, may_declare_somewhere, may_see
from mulin.ground.modes.rules import ROUTINE, TRANSITIONS
from mulin.kernel import clock, hooks
from mulin.kernel.actor import Actor
from mulin.kernel.doors import admitted, attempt
from mulin.kernel.errors import NotAllowed

form_methods = require_http_methods(["GET", "HEAD", "POST"])
USUAL = timedelta(hours=24)


def _actor(request: HttpRequest) -> Actor:
    """A colleague; a partner is told so, others learn nothing."""
    return admitted(request, may_see, _("平急状态由县、街道、社区和部门的工作人员使用。"))


def _sent(request: HttpRequest) -> Any:
    """What a form is bound to: an empty POST is one too."""
    return request.POST if request.method == "POST" else None


def _crumbs(title: str) -> list[dict[str, str]]:
    return [{"title": _("平急状态"), "url": reverse("modes:list")}, {"title": title, "url": ""}]


@require_safe
def modes(request: HttpRequest) -> HttpResponse:
    """GET /desk/modes/: what is in force, and what was."""
    actor, now = _actor(request), clock.now()
    current = queries.open_modes(now)
    past = queries.past_modes(now, mark=request.GET.get("at", ""))
    rows = [*(one.mode for one in current), *past.rows]
    names, officers = queries.place_names(rows), queries.officers(rows)

    def told(row: EmergencyMode) -> dict[str, Any]:
        return {
            "mode": row,
            "place": names.get(row.path, row.path),
            "officer": officers.get(row.declared_by_id),
        }

    context = {
        "current": [{"stage": one, **told(one.mode)} for one in current],
        "past": [told(row) for row in past.rows],
        "may_declare": may_declare_somewhere(actor),
        **past.links(),
    }
    return render(request, "modes/list.html", context)


@form_methods
def declare(request: HttpRequest) -> HttpResponse:
    """Alert or response over a place of one's own territory."""
    actor, now = _actor(request), clock.now()
    if not may_declare_somewhere(actor):
        raise NotAllowed(_("只有县领导、县级工作人员、街道和社区工作人员可以在自己的辖区内宣布和调整。"))
    places = {
        path: name
        for held in sorted(actor.paths(*DECLARERS), key=len)
        for path, name in hooks.settlements_under(held).items()
    }
    form = DeclareForm(_sent(request), places=list(places.items()), initial={"ends_at": now + USUAL})
    status = 200
    if form.is_bound:
        done, status = attempt(form, lambda told: actions.declare(**told, by=actor, now=now))
        if done:
            messages.success(request, _("已宣布。这一片的工作人员和居民马上会看到。"))
            return redirect("modes:mode", done.id)
    title = _("宣布预警或应急")
    context = {"form": form, "title": title, "crumbs": _crumbs(title)}
    return render(request, "modes/declare.html", context, status=status)


@require_safe
def mode(request: HttpRequest, mode_id: UUID) -> HttpResponse:
    """One mode: its stages, and what may be done now."""
    return _show(request, _actor(request), queries.mode(mode_id))


def _show(
    request: HttpRequest, actor: Actor, row: EmergencyMode, status: int = 200, **bound: forms.Form
) -> HttpResponse:
    now = clock.now()
    stages = queries.stages_of(row)
    is_open = row.closed_at is None and row.ends_at > now
    stage = stages[-1].stage if is_open else ROUTINE
    following = [(to, queries.stage_words(to)) for to in TRANSITIONS[stage]] if is_open else []
    initial = {"to": following[0][0]} if len(following) == 1 else {}
    moving = bound.get("move") or MoveForm(stages=following, initial=initial)
    moving.fields["to"].choices = following  # type: ignore[attr-defined]  # a refused one is offered no more
    officers = queries.officers([row, *stages])
    context = {
        "mode": row,
        "stage": stage,
        "words": queries.stage_words(stage),
        "stages": [{"stage": one, "officer": officers.get(one.by_id) if one.by_id else ""} for one in stages],
        "place": queries.place_names([row]).get(row.path, row.path),
        "officer": officers.get(row.declared_by_id),
        "is_open": is_open,
        "may_change": is_open and may_declare(actor, row.path),
        "move": moving,
        "extend": bound.get("extend") or ExtendForm(initial={"ends_at": max(row.ends_at, now) + USUAL}),
        "opened": next(iter(bound), ""),
        "crumbs": _crumbs(row.title),
    }
    return render(request, "modes/mode.html", context, status=status)


def _change(
    request: HttpRequest, mode_id: UUID, name: str, form: forms.Form, act: Callable[..., Any], said: str
) -> HttpResponse:
    actor, row = _actor(request), queries.mode(mode_id)
    if not may_declare(actor, row.path):
        raise NotAllowed(_("只有县领导、县级工作人员、街道和社区工作人员可以在自己的辖区内宣布和调整。"))
    done, status = attempt(form, lambda told: act(mode=row.id, **told, by=actor, now=clock.now()))
    if done:
        messages.success(request, said)
        return redirect("modes:mode", row.id)
    return _show(request, actor, queries.mode(mode_id), status, **{name: form})


@require_POST
def move(request: HttpRequest, mode_id: UUID) -> HttpResponse:
    """To the next stage, or back to routine."""
    stages = [(to, queries.stage_words(to)) for to in TRANSITIONS]
    form = MoveForm(request.POST, stages=stages)
    return _change(request, mode_id, "move", form, actions.move, _("已调整。"))


@require_POST
def extend(request: HttpRequest, mode_id: UUID) -> HttpResponse:
    """A later end."""
    return _change(request, mode_id, "extend", ExtendForm(request.POST), actions.extend, _("已延长。"))
