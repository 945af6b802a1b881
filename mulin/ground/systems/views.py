"""The administrator's doors: which systems are let in, letting one in, closing a key."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from mulin.ground.people import queries as people
from mulin.ground.systems import actions, queries
from mulin.ground.systems.forms import CloseForm, OpenForm
from mulin.ground.systems.models import System
from mulin.ground.systems.permissions import may_keep
from mulin.ground.systems.rules import USE_DAYS
from mulin.kernel import clock
from mulin.kernel.actor import Actor
from mulin.kernel.doors import admitted, attempt


def _actor(request: HttpRequest) -> Actor:
    """The county's administrator."""
    return admitted(request, may_keep, _("由县管理员接入和停用其他系统。"))


def _crumbs(title: str) -> list[dict[str, str]]:
    return [{"title": _("其他系统"), "url": reverse("systems:list")}, {"title": title, "url": ""}]


@never_cache
@require_safe
def systems(request: HttpRequest) -> HttpResponse:
    """GET /desk/systems/: which are let in, what for, how often they came; those that were closed below."""
    _actor(request)
    rows, uses = queries.systems(), queries.uses(on=clock.local_day(clock.now()))
    told: list[dict[str, Any]] = [{"system": row, "came": uses.get(row.id, (0, 0))[0]} for row in rows]
    context = {
        "opened": [one for one in told if one["system"].closed_at is None],
        "closed": [one for one in told if one["system"].closed_at is not None],
        "days": USE_DAYS,
        "endpoint": request.build_absolute_uri("/open311/v2/"),
        "hotline": request.build_absolute_uri("/hotline/v1/"),
        "api": request.build_absolute_uri("/api/v1/"),
    }
    return render(request, "systems/list.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def open_one(request: HttpRequest) -> HttpResponse:
    """Let one in. The answer to the form shows the key, this once: it stands in no address and on no other page."""
    actor = _actor(request)
    form = OpenForm(request.POST if request.method == "POST" else None, answering=queries.answering())
    status = 200
    if form.is_bound:
        done, status = attempt(form, lambda told: actions.open_system(**told, by=actor, now=clock.now()))
        if done:
            row, key = done
            context = {"system": row, "key": key, "crumbs": _crumbs(row.name)}
            return render(request, "systems/key.html", context)
    title = _("接入一个系统")
    context = {"form": form, "title": title, "crumbs": _crumbs(title)}
    return render(request, "systems/open.html", context, status=status)


@never_cache
@require_safe
def system(request: HttpRequest, key: UUID) -> HttpResponse:
    """One system, and its key to close."""
    _actor(request)
    return _show(request, queries.system(key), CloseForm())


def _show(request: HttpRequest, row: System, form: forms.Form, status: int = 200) -> HttpResponse:
    known = (row.opened_by_id, row.closed_by_id, row.answerable_id)
    names = people.public_names([one for one in known if one])
    came, refused = queries.uses(on=clock.local_day(clock.now())).get(row.id, (0, 0))
    context: dict[str, Any] = {
        "system": row,
        "opened_by": names.get(row.opened_by_id, ""),
        "closed_by": names.get(row.closed_by_id, "") if row.closed_by_id else "",
        "unit": people.organisation_names([row.unit_id]).get(row.unit_id, "") if row.unit_id else "",
        "answerable": names.get(row.answerable_id, "") if row.answerable_id else "",
        "acting": row.answerable_id is None or bool(queries.acting(row)),
        "came": came,
        "refused": refused,
        "days": USE_DAYS,
        "form": form,
        "crumbs": _crumbs(row.name),
    }
    return render(request, "systems/system.html", context, status=status)


@require_POST
def close(request: HttpRequest, key: UUID) -> HttpResponse:
    """Its key lets nobody in from now on."""
    actor, row = _actor(request), queries.system(key)
    form = CloseForm(request.POST)
    done, status = attempt(
        form, lambda told: actions.close_system(system=row.id, **told, by=actor, now=clock.now())
    )
    if done:
        messages.success(request, _("已停用，这个密钥马上失效。"))
        return redirect("systems:system", row.id)
    return _show(request, queries.system(key), form, status)
