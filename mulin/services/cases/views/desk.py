"""Doors of the desk: one case and what may be done to it, reports by staff."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from mulin.ground.access import queries as access
from mulin.ground.territory import queries as territory
from mulin.ground.trail import queries as trail
from mulin.ground.worklist import queries as work
from mulin.kernel import clock
from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from mulin.services.cases import actions, queries
from mulin.services.cases.forms import ACTION_FORMS, AcceptForm, FixedForm, StaffReportForm
from mulin.services.cases.models import Case
from mulin.services.cases.permissions import is_reporter_only, may
from mulin.services.cases.rules import (
    CLERKS,
    COMMUNITY_KINDS,
    GRID_STAFF,
    OVERSIGHT,
    STREET_KINDS,
    TONES,
    TRANSITIONS,
    Source,
    State,
)
from mulin.services.cases.views.neighbour import refuse_into, who
from mulin.services.cases.views.places import as_uuid, levels


def staff(request: HttpRequest) -> Actor:
    """Whoever works here. Raises NotAllowed for a partner (merchant), NotFound for neighbours and other counties."""
    actor = who(request)
    if access.is_staff(actor):
        return actor
    words = _("工作台供工作人员使用。您报的事在“我的”里看得到。")
    if any(held.path or held.unit for held in actor.held):
        raise NotAllowed(words)
    raise NotFound(words)


# ── one case ─────────────────────────────────────────────────────────────────────────────────────────────────────


@never_cache
@require_safe
def detail(request: HttpRequest, id: UUID) -> HttpResponse:
    """GET /desk/cases/ID/: everything about one case on one page, and what I may do now."""
    return _detail_page(request, _case(staff(request), id))


def _case(actor: Actor, key: UUID) -> Case:
    found = queries.find(actor, key)
    if found is None:
        raise NotFound(_("没有这件事，或者您看不到它。"))
    return found


@never_cache
@require_POST
def act(request: HttpRequest, id: UUID, action: str) -> HttpResponse:
    """POST /desk/cases/ID/ACTION/: one action; a refusal shows the case as it is now, with the words kept."""
    actor = staff(request)
    if action not in ACTION_FORMS:
        raise NotFound(_("没有这个页面。"))
    case = _case(actor, id)
    if not may(actor, action, case, holds_work=_holds(actor, case)):
        raise NotAllowed(_("这一步不由您来做。"))
    form = _form(action, actor, case, request)
    if action == "show_contact":
        shown = actions.show_contact(case=case, by=actor, now=clock.now())
        return _detail_page(request, case, contacts=shown)
    status = 422
    if form.is_valid():
        try:
            _do(action, case, form, actor, clock.now())
        except Refused as refused:
            status = refuse_into(form, refused)
        else:
            messages.success(request, _DONE[action])
            return HttpResponseRedirect(f"{reverse('cases:detail', args=[case.id])}?done={action}")
    return _detail_page(request, _case(actor, id), refused=(action, form), status=status)


class _Lazy(dict[str, str]):
    def __missing__(self, action: str) -> str:
        return {
            "accept": _("已受理，已派出。"),
            "refuse": _("已记录不予受理，理由已告知反映人。"),
            "take_up": _("已接单，现在由您办理。"),
            "reply": _("答复已记录。"),
            "dispose": _("处置结果已记录。"),
            "inform": _("联系的结果已记录。"),
            "follow_up": _("跟进已记录。"),
            "close": _("已结案。"),
            "reopen": _("已重新办理。"),
        }[action]


_DONE = _Lazy()


def _do(action: str, case: Case, form: Any, by: Actor, now: datetime) -> None:
    told = dict(form.cleaned_data)
    if isinstance(form, AcceptForm):
        told.pop("to")
        told |= form.where()
    getattr(actions, action)(case=case, by=by, now=now, **told)


def _form(action: str, actor: Actor, case: Case, request: HttpRequest | None = None) -> Any:
    """The form of an action: bound to a POST, or fresh with the version on show."""
    kind = ACTION_FORMS[action]
    more: dict[str, Any] = {"initial": {"version": case.version}, "auto_id": f"id_{action}_%s"}
    if kind is AcceptForm:
        more |= {"to": _destinations(actor, case), "stays": bool(case.grid_path)}
    return kind(request.POST, request.FILES, **more) if request is not None else kind(**more)


def _destinations(actor: Actor, case: Case) -> list[tuple[str, list[tuple[str, str]]]]:
    """Where a clerk may send a case: his grids, and the communities or streets right below him (and his own place)."""
    today = clock.local_day(clock.now())
    groups: list[tuple[str, list[tuple[str, str]]]] = []
    for path in dict.fromkeys(actor.paths(*CLERKS)):
        narrow = path if path != "/" or case.place_path == "/" else case.place_path
        grids = territory.grids_under(narrow, on=today) if narrow != "/" else []
        if grids:
            groups.append(
                (_("网格"), [(f"g:{one.id}", f"{one.community.name} · {one.name}") for one in grids])
            )
        here = territory.division_at_path(path)
        if here is None:
            continue
        if here.kind in COMMUNITY_KINDS:
            groups.append((_("社区（村）自己办"), [(f"d:{here.id}", here.name)]))
            continue
        places = [one for one in territory.children(here.id) if one.kind in (*COMMUNITY_KINDS, *STREET_KINDS)]
        label = _("社区（村）") if here.kind in STREET_KINDS else _("街道（乡镇）")
        groups.append((label, [(f"d:{one.id}", one.name) for one in places]))
    return [group for group in groups if group[1]]


def _holds(actor: Actor, case: Case) -> bool:
    return actor.person is not None and work.of_subject("case", case.id).filter(person=actor.person).exists()


def _detail_page(
    request: HttpRequest,
    case: Case,
    *,
    refused: tuple[str, Any] | None = None,
    contacts: Any = None,
    status: int = 200,
) -> HttpResponse:
    actor, now = who(request), clock.now()
    todos = list(work.of_subject("case", case.id))
    holds = any(item.person_id == actor.person for item in todos if item.person_id is not None)
    allowed = queries.allowed_for(actor, case, holds_work=holds)
    waiting = {item.kind for item in todos}
    allowed = tuple(action for action in allowed if _ASKED_BY.get(action) in {None, *waiting})
    context = {
        "case": case,
        "tone": TONES[case.state],
        "light": queries.light_of(case, now),
        "story": queries.timeline(case, actor, public=False if holds else None),
        "place": territory.name_of_path(case.grid_path or case.place_path),
        "reporters": queries.reporters(case),
        "contacts": contacts,
        "may_show_contact": may(actor, "show_contact", case, holds_work=holds),
        "ratings": queries.ratings(case),
        "todos": work.lit(todos, now, actor=actor),
        "actions": _acts(actor, case, allowed, refused),
        "deeds": trail.of_subject("case", case.id)
        if actor.holds(*CLERKS, *OVERSIGHT) and not is_reporter_only(actor, case)
        else [],
        "late": refused is not None and refused[0] not in allowed,
        "refused": refused,
        "done": _draft_of(case, request.GET.get("done", "")),
        "crumbs": [{"title": _("案件"), "url": reverse("cases:list")}, {"title": case.number, "url": ""}],
    }
    return render(request, "cases/detail.html", context, status=status)


def _draft_of(case: Case, done: str) -> str:
    """The draft on this phone that has become a deed."""
    return f"act_{case.id}_{done}" if done in ACTION_FORMS else "found_fixed" if done == "found_fixed" else ""


_ASKED_BY = {"inform": "call_or_visit", "follow_up": "dissatisfied"}
"""Actions that make sense only while this to-do is open."""

_FIRST = {
    State.REPORTED: "take_up",
    State.ASSIGNED: "take_up",
    State.IN_HAND: "dispose",
    State.DISPOSED: "close",
}


def _acts(
    actor: Actor, case: Case, allowed: tuple[str, ...], refused: tuple[str, Any] | None
) -> list[dict[str, Any]]:
    """The forms allowed now; the likeliest first and open, a refused one open with its words and today's version."""
    first = _FIRST.get(State(case.state), "")
    if first == "take_up" and (not case.grid_path or ("accept" in allowed and not actor.paths(*GRID_STAFF))):
        first = "accept"
    found = []
    for action in sorted(allowed, key=lambda one: one != first):
        form = _form(action, actor, case)
        wrong = refused is not None and refused[0] == action
        if wrong and refused is not None:
            form = refused[1]
            form.data = form.data.copy()
            form.data["version"] = str(case.version)
        found.append(
            {
                "name": action,
                "words": TRANSITIONS[action].words,
                "form": form,
                "open": wrong or action == first,
                "wrong": wrong,
            }
        )
    return found


# ── reports by staff ─────────────────────────────────────────────────────────────────────────────────────────────


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def staff_report(request: HttpRequest) -> HttpResponse:
    """Report on behalf of a neighbour; his receipt follows, to be printed."""
    actor = staff(request)
    form = StaffReportForm(
        request.POST or None, request.FILES or None, initial={"client_id": actions.new_client_id()}
    )
    status, fresh = 200, False
    if request.method == "POST":
        status = 422
        if request.POST.get("go") != "places" and form.is_valid():
            told = form.cleaned_data
            try:
                found = actions.report(
                    by=actor,
                    now=clock.now(),
                    client_id=told["client_id"],
                    text=told["text"],
                    name=told["name"],
                    phone=told["phone"],
                    photos=told["photos"],
                    source=Source.STAFF,
                    **form.position(),
                )
                return HttpResponseRedirect(f"{reverse('cases:receipt', args=[found.receipt])}?new=1")
            except Refused as refused:
                status = refuse_into(form, refused)
                fresh = status == 409
        elif request.POST.get("go") == "places":
            form, status = StaffReportForm(initial=_said(request)), 200
    return render(request, "cases/staff_report.html", _intake(form, fresh), status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def found_fixed(request: HttpRequest) -> HttpResponse:
    """A grid worker found something and fixed it at once: one form."""
    actor = staff(request)
    if not actor.paths(*GRID_STAFF):
        raise NotAllowed(_("“发现并当场解决”由网格员和网格长填写。"))
    form = FixedForm(
        request.POST or None, request.FILES or None, initial={"client_id": actions.new_client_id()}
    )
    status, fresh = 200, False
    if request.method == "POST":
        status = 422
        if request.POST.get("go") == "places":
            form, status = FixedForm(initial=_said(request)), 200
        elif form.is_valid():
            told = form.cleaned_data
            try:
                found = actions.found_and_fixed(
                    by=actor,
                    now=clock.now(),
                    client_id=told["client_id"],
                    text=told["text"],
                    result=told["result"],
                    photos=told["photos"],
                    **form.position(),
                )
                messages.success(request, _("已记录：发现并当场解决。"))
                return HttpResponseRedirect(
                    f"{reverse('cases:detail', args=[found.case.id])}?done=found_fixed"
                )
            except Refused as refused:
                status = refuse_into(form, refused)
                fresh = status == 409
    return render(request, "cases/found_fixed.html", _intake(form, fresh), status=status)


def _said(request: HttpRequest) -> dict[str, Any]:
    said: dict[str, Any] = request.POST.dict()
    said["place"] = next((one for one in reversed(request.POST.getlist("place")) if one), "")
    return said


def _intake(form: Any, fresh: bool) -> dict[str, Any]:
    place = as_uuid(form["place"].value() or "")
    key = actions.new_client_id() if fresh else form["client_id"].value()
    return {"form": form, "levels": levels(place), "client_id": key, "fresh_key": fresh}
