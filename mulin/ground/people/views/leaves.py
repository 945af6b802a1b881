"""Doors of leave: who is away, who stands in. Entered by whoever is away, or by his superior."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from mulin.ground.people import actions, queries
from mulin.ground.people.forms import LeaveForm, StandIn
from mulin.ground.people.permissions import is_colleague, may_enter_leave
from mulin.ground.people.views.directory import _actor, _try
from mulin.kernel import clock
from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotAllowed, NotFound

form_methods = require_http_methods(["GET", "HEAD", "POST"])


def _sent(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """GET /desk/people/leaves/: who is away today or later, as far as the actor sees it: his own leaves, those for which
    he stands in, those of whoever is under him."""
    actor = _actor(request, is_colleague)
    day = clock.local_day(clock.now())
    page = queries.leaves_page(actor, day=day, at=request.GET.get("at", ""))
    context = {
        "rows": [
            {
                "row": one,
                "may": may_enter_leave(actor, one.person_id),
                "now": one.first_day <= day,
                "instead_of_me": one.stand_in_id is not None and one.stand_in_id == actor.person,
            }
            for one in page.rows
        ],
        "me": actor.person,
        **page.links(),
    }
    return render(request, "people/leaves.html", context)


@form_methods
def enter(request: HttpRequest, key: UUID) -> HttpResponse:
    """A colleague will be away."""
    _actor(request, is_colleague)
    row = queries.person(key)
    actor = _for(request, key)
    day = clock.local_day(clock.now())
    form = LeaveForm(_sent(request), person=key, initial={"first_day": day, "last_day": day})

    def act(told: dict[str, Any]) -> Any:
        told = told | {"stand_in": UUID(told["stand_in"]) if told["stand_in"] else None}
        return actions.enter_leave(person=key, **told, by=actor, now=clock.now())

    if form.is_bound and _try(form, act) is not None:
        messages.success(request, _("已登记请假。"))
        return redirect("people:leaves")
    return _page(request, form, _("登记请假"), row.public_name)


def _for(request: HttpRequest, person: UUID) -> Actor:
    """Whoever may enter a leave of this person. A colleague who may not is told so."""
    actor = _actor(request, is_colleague)
    if not may_enter_leave(actor, person):
        raise NotAllowed(_("请假由本人或上级登记。"))
    return actor


def _leave(request: HttpRequest, key: UUID) -> tuple[Actor, Any]:
    actor = _actor(request, is_colleague)
    row = queries.leaves_visible_to(actor).filter(pk=key).first()
    if row is None:
        raise NotFound(_("没有这次请假。"))
    return _for(request, row.person_id), row


@form_methods
def stand_in(request: HttpRequest, key: UUID) -> HttpResponse:
    """Another colleague stands in, or nobody."""
    actor, row = _leave(request, key)
    form = StandIn(_sent(request), person=row.person_id, initial={"stand_in": str(row.stand_in_id or "")})

    def act(told: dict[str, Any]) -> Any:
        other = UUID(told["stand_in"]) if told["stand_in"] else None
        return actions.change_stand_in(leave=key, stand_in=other, by=actor, now=clock.now())

    if form.is_bound and _try(form, act) is not None:
        messages.success(request, _("代办人已更换。"))
        return redirect("people:leaves")
    return _page(request, form, _("换代办人"), row.person.public_name)


def _page(request: HttpRequest, form: forms.Form, title: str, lead: str) -> HttpResponse:
    context = {
        "form": form,
        "title": title,
        "lead": lead,
        "crumbs": [{"title": _("请假与代办"), "url": reverse("people:leaves")}, {"title": title, "url": ""}],
    }
    return render(request, "people/leave_form.html", context, status=422 if form.is_bound else 200)


@require_POST
def end(request: HttpRequest, key: UUID) -> HttpResponse:
    """Back at work today; a leave that has not begun never was."""
    actor, _row = _leave(request, key)
    actions.end_leave(leave=key, by=actor, now=clock.now())
    messages.success(request, _("已结束，从今天起由本人办理。"))
    return redirect("people:leaves")
