"""Doors of the mandates: every street, one street's list, its draft."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from mulin.ground.territory import queries as territory
from mulin.kernel import clock
from mulin.kernel.errors import NotFound, Refused
from mulin.services.catalogue import actions, queries
from mulin.services.catalogue.forms import MandateForm
from mulin.services.catalogue.models import Mandate
from mulin.services.catalogue.permissions import may_edit
from mulin.services.catalogue.rules import DutyKind, VersionState
from mulin.services.catalogue.views.doors import attempt, editor, reader
from mulin.services.catalogue.views.matters import TONES


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """GET /desk/catalogue/streets/: every street and town, and how many duties its list holds."""
    actor = reader(request)
    rows = queries.streets()
    context = {
        "rows": rows,
        "kinds": [kind.label for kind in DutyKind],
        "made": sum(row.mandate is not None for row in rows),
        "may_edit": may_edit(actor),
        "crumbs": [
            {"title": _("事项清单"), "url": reverse("catalogue:list")},
            {"title": _("街道职责"), "url": ""},
        ],
    }
    return render(request, "catalogue/mandates.html", context)


def _crumbs(name: str, *more: str) -> list[dict[str, str]]:
    return [
        {"title": _("事项清单"), "url": reverse("catalogue:list")},
        {"title": _("街道职责"), "url": reverse("catalogue:mandates")},
        *({"title": title, "url": ""} for title in (name, *more)),
    ]


def _street(key: UUID) -> Any:
    place = territory.division(key)
    if place.kind not in ("subdistrict", "town"):
        raise NotFound(_("职责清单按街道（乡镇）编。"))
    return place


@require_safe
def mandate(request: HttpRequest, id: UUID) -> HttpResponse:
    """GET /desk/catalogue/streets/ID/[?version=N]: the list in force (or the one asked for) of a street."""
    actor = reader(request)
    place = _street(id)
    found = queries.mandates(id)
    asked = request.GET.get("version", "")
    row = next((one for one in found if str(one.number) == asked), None) if asked else _in_force(found)
    if asked and row is None:
        raise NotFound(_("没有这一版。"))
    context = {
        "place": place,
        "row": row,
        "tone": TONES[VersionState(row.state)] if row else "",
        "lists": queries.duties(row.id) if row else [],
        "versions": [{"row": one, "tone": TONES[VersionState(one.state)]} for one in found],
        "draft": next((one for one in found if one.state == VersionState.DRAFT), None),
        "units": territory.units_of_division(place.path)[:1],
        "may_edit": may_edit(actor),
        "crumbs": _crumbs(place.name),
    }
    return render(request, "catalogue/mandate.html", context)


def _in_force(found: list[Mandate]) -> Mandate | None:
    return next((one for one in found if one.state == VersionState.PUBLISHED), found[0] if found else None)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, id: UUID) -> HttpResponse:
    """The draft of a street's list; where there is none, saving begins the next version."""
    actor = editor(request)
    place = _street(id)
    newest = next(iter(queries.mandates(id)), None)
    form = MandateForm(
        request.POST if request.method == "POST" else None, initial=_initial(newest) if newest else {}
    )
    status = 200
    if request.method == "POST":

        def act() -> Mandate:
            told = form.cleaned_data
            return actions.save_mandate(
                division=id,
                positioning=told["positioning"],
                basis=told["basis"],
                duties=[actions.Duty(*one) for one in told["duties"]],
                seen=told["revision"],
                by=actor,
                now=clock.now(),
            )

        made, status = attempt(form, act)
        if made is not None:
            messages.success(request, _("草稿已保存。看过没有问题再发布。"))
            return redirect(f"{reverse('catalogue:mandate', args=[id])}?version={made.number}")
    context = {"form": form, "place": place, "crumbs": _crumbs(place.name, _("修改"))}
    return render(request, "catalogue/mandate_form.html", context, status=status)


def _initial(row: Mandate) -> dict[str, object]:
    told: dict[str, object] = {"positioning": row.positioning, "basis": row.basis}
    if row.state == VersionState.DRAFT:
        told["revision"] = row.revision
    for one in queries.duties(row.id):
        lines = [f"{item.text}｜{item.unit.name}" if item.unit else item.text for item in one.items]
        told[one.kind] = "\n".join(lines)
    return told


@never_cache
@require_POST
def act(request: HttpRequest, id: UUID, act: str) -> HttpResponse:
    """POST: publish or discard the draft."""
    actor = editor(request)
    _street(id)
    draft = next((one for one in queries.mandates(id) if one.state == VersionState.DRAFT), None)
    if act not in ("publish", "discard"):
        raise NotFound(_("没有这个页面。"))
    if draft is None:
        raise Refused("mandate_state", _("这份清单刚被别人改过，请刷新后再看。"), status=409)
    if act == "publish":
        actions.publish_mandate(mandate=draft.id, by=actor, now=clock.now())
        messages.success(request, _("已发布，从现在起按它办。"))
    else:
        actions.discard_mandate(mandate=draft.id, by=actor, now=clock.now())
        messages.success(request, _("草稿已丢弃。"))
    return redirect("catalogue:mandate", id=id)
