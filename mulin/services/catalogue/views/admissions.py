"""Doors of admission: applications, a new one, the county's decision."""

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

from mulin.ground.people import queries as people
from mulin.kernel import clock
from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotAllowed, NotFound
from mulin.kernel.paging import page
from mulin.services.catalogue import actions, queries
from mulin.services.catalogue.forms import AdmissionForm, DecisionForm, WhyForm
from mulin.services.catalogue.models import MatterAdmission
from mulin.services.catalogue.permissions import (
    OVERSIGHT,
    admission_acts,
    is_applicant,
    may_edit,
    units_of_applicant,
)
from mulin.services.catalogue.rules import ADMISSION_TRANSITIONS, AdmissionState, admission_allows
from mulin.services.catalogue.views.doors import attempt, reader

TONES = {
    AdmissionState.SUBMITTED: "warn",
    AdmissionState.REVIEWING: "info",
    AdmissionState.ADMITTED: "good",
    AdmissionState.REFUSED: "bad",
    AdmissionState.WITHDRAWN: "neutral",
}


def _party(request: HttpRequest) -> Actor:
    """Whoever applies, decides or oversees."""
    actor = reader(request)
    if may_edit(actor) or actor.covers("/", *OVERSIGHT) or units_of_applicant(actor):
        return actor
    raise NotAllowed(_("准入申请由部门提出，由县级工作人员办理。"))


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """GET /desk/catalogue/admissions/: newest first."""
    actor = _party(request)
    shown = page(queries.visible_to(actor), by="-submitted_at", at=request.GET.get("at", ""), size=30)
    context = {
        "rows": [{"row": row, "tone": TONES[AdmissionState(row.state)]} for row in shown.rows],
        **shown.links(),
        "may_apply": bool(units_of_applicant(actor)),
        "crumbs": _crumbs(_("准入申请")),
    }
    return render(request, "catalogue/admissions.html", context)


def _crumbs(*more: str) -> list[dict[str, str]]:
    found = [{"title": _("事项清单"), "url": reverse("catalogue:list")}]
    if len(more) > 1:
        found.append({"title": _("准入申请"), "url": reverse("catalogue:admissions")})
    return [*found, {"title": more[-1], "url": ""}]


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def apply(request: HttpRequest) -> HttpResponse:
    """A unit applies."""
    actor = reader(request)
    units = units_of_applicant(actor)
    if not units:
        raise NotAllowed(_("准入申请由部门工作人员提出。"))
    form = AdmissionForm(
        request.POST if request.method == "POST" else None, units=units, initial={"unit": str(units[0])}
    )
    status = 200
    if request.method == "POST":

        def act() -> MatterAdmission:
            told: dict[str, Any] = dict(form.cleaned_data)
            unit, category = UUID(told.pop("unit")), UUID(told.pop("category"))
            return actions.apply(unit=unit, category=category, by=actor, now=clock.now(), **told)

        made, status = attempt(form, act)
        if made is not None:
            messages.success(request, _("申请已提交，县里会在十五个工作日内答复。"))
            return redirect("catalogue:admission", id=made.id)
    context = {"form": form, "crumbs": _crumbs("", _("申请准入"))}
    return render(request, "catalogue/admission_form.html", context, status=status)


@never_cache
@require_safe
def detail(request: HttpRequest, id: UUID) -> HttpResponse:
    """GET: one application, its story, and what may be done now."""
    return _page(request, reader(request), id)


def _page(
    request: HttpRequest,
    actor: Actor,
    key: UUID,
    *,
    deciding: DecisionForm | None = None,
    why: WhyForm | None = None,
    status: int = 200,
) -> HttpResponse:
    row = queries.admission(actor, key)
    acts = admission_acts(actor, row)
    why = why or WhyForm()
    why.fields["why"].required = "revoke" in acts
    context = {
        "row": row,
        "tone": TONES[AdmissionState(row.state)],
        "acts": acts,
        "story": _story(row),
        "deciding": deciding or DecisionForm(initial={"code": queries.next_code(row.category_id)}),
        "why": why,
        "own": is_applicant(actor, row) and may_edit(actor),
        "crumbs": _crumbs("", row.name),
    }
    return render(request, "catalogue/admission.html", context, status=status)


def _story(row: MatterAdmission) -> list[dict[str, Any]]:
    """What happened, oldest first, for the timeline."""
    names = people.public_names(
        {
            one
            for one in (row.submitted_by_id, row.reviewed_by_id, row.decided_by_id, row.withdrawn_by_id)
            if one
        }
    )
    told = [
        (row.submitted_at, _("已提交"), row.submitted_by_id, "", "info"),
        (row.reviewed_at, _("开始审核"), row.reviewed_by_id, "", "info"),
    ]
    if row.decided_at is not None:
        admitted = row.state != AdmissionState.REFUSED
        title = _("准入") if admitted else _("不予准入")
        told.append((row.decided_at, title, row.decided_by_id, row.decision, "good" if admitted else "bad"))
    if row.withdrawn_at is not None:
        title = _("撤销准入") if row.decided_at is not None else _("申请单位撤回")
        told.append((row.withdrawn_at, title, row.withdrawn_by_id, row.withdrawn_why, "warn"))
    return [
        {"at": at, "title": title, "who": names.get(by, "") if by else "", "text": text, "tone": tone}
        for at, title, by, text, tone in told
        if at is not None
    ]


@never_cache
@require_POST
def act(request: HttpRequest, id: UUID, act: str) -> HttpResponse:
    """POST: review, admit, refuse, withdraw, revoke."""
    actor = reader(request)
    row = queries.admission(actor, id)
    if act not in ADMISSION_TRANSITIONS:
        raise NotFound(_("没有这个页面。"))
    if act in admission_allows(row.state) and act not in admission_acts(actor, row):
        raise NotAllowed(_("这一步不由您来做。"))
    if act in ("admit", "refuse"):
        form = DecisionForm(request.POST)
        if act == "admit":
            form.fields["code"].required = True
        done, status = attempt(
            form,
            lambda: actions.decide(
                admission=row.id, admit=act == "admit", by=actor, now=clock.now(), **form.cleaned_data
            ),
        )
        if done is None:
            return _page(request, actor, id, deciding=form, status=status)
    elif act in ("withdraw", "revoke"):
        why = WhyForm(request.POST)
        why.fields["why"].required = act == "revoke"
        deed = actions.revoke if act == "revoke" else actions.withdraw
        done, status = attempt(
            why, lambda: deed(admission=row.id, why=why.cleaned_data["why"], by=actor, now=clock.now())
        )
        if done is None:
            return _page(request, actor, id, why=why, status=status)
    else:
        actions.start_review(admission=row.id, by=actor, now=clock.now())
    messages.success(request, _("已记录。"))
    return redirect("catalogue:admission", id=id)
