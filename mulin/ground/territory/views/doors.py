"""What every door of the territory does: who is asking, a form that keeps its words, the way back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from mulin.ground.territory import queries
from mulin.ground.territory.models import Division
from mulin.ground.territory.permissions import may_edit, may_see_tree
from mulin.kernel import clock
from mulin.kernel.actor import Actor
from mulin.kernel.doors import admitted, attempt
from mulin.kernel.errors import NotAllowed

form_methods = require_http_methods(["GET", "HEAD", "POST"])


def visiting(request: HttpRequest) -> Actor:
    """The actor, if he works for the county; a partner (merchant, property company) is told so, others
    learn nothing."""
    return admitted(request, may_see_tree, _("辖区与网格由县、街道、社区的工作人员使用。"))


def editing(request: HttpRequest, path: str) -> Actor:
    actor = visiting(request)
    if not may_edit(actor, path):
        raise NotAllowed(_("这个地方不在您的管理范围内。"))
    return actor


def did(form: forms.Form, act: Callable[[dict[str, Any]], Any]) -> Any:
    """Run the action on a valid form; its refusal becomes an error of the form. None where it was refused."""
    return attempt(form, act)[0]


def sent(request: HttpRequest) -> Any:
    """What a form is bound to: an empty POST is one too."""
    return request.POST if request.method == "POST" else None


def today() -> Any:
    return clock.local_day(clock.now())


def crumbs(place: Division, *more: str) -> list[dict[str, str]]:
    """The way from the tree down to the place."""
    found = [{"title": _("辖区与网格"), "url": reverse("territory:tree")}]
    found += [
        {"title": step.name, "url": reverse("territory:division", args=[step.id])}
        for step in queries.chain(place.path)
        if step.path != "/"
    ]
    return found + [{"title": title, "url": ""} for title in more]


def form_page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """A page that is one form, again with status 422 and the words kept where it was refused."""
    form = context["form"]
    return render(request, "territory/form.html", context, status=422 if form.is_bound else 200)
