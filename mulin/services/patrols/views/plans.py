"""Doors for whoever plans: a plan, its form, activate and end it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from mulin.ground.calendar import queries as calendar
from mulin.ground.territory import queries as territory
from mulin.kernel import clock
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.kernel.doors import refuse_into
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from mulin.services.patrols import actions, queries
from mulin.services.patrols.forms import PlanForm, VersionForm, said_of
from mulin.services.patrols.models import PatrolPlan
from mulin.services.patrols.permissions import may_plan
from mulin.services.patrols.queries import figures
from mulin.services.patrols.rules import CLERKS, WHO_PLANS, PlanState, due_days, rhythm_words, weekday_words
from mulin.services.patrols.views.tasks import RATE_DAYS, STATE_TONES, staff

SHOWN_DAYS = 6
LOOKED_AHEAD = timedelta(days=62)


def _planner(request: HttpRequest) -> Actor:
    actor = staff(request)
    if not may_plan(actor):
        raise NotAllowed(str(WHO_PLANS))
    return actor


@never_cache
@require_safe
def plan(request: HttpRequest, id: UUID) -> HttpResponse:
    """GET /desk/patrols/plans/ID/: what the plan says, its next days, and how its walks have gone."""
    actor = staff(request)
    return _plan_page(request, actor, queries.plan(actor, id))


def _plan_page(
    request: HttpRequest, actor: Actor, row: PatrolPlan, *, status: int = 200, wrong: str = ""
) -> HttpResponse:
    now = clock.now()
    today = local_day(now)
    places = queries.places_of([row]).get(row.id, [])
    since = today - timedelta(days=RATE_DAYS)
    tasks = queries.filtered(queries.visible_to(actor), queries.Filters(plan=row.id), now)
    ahead = due_days(row.rhythm, today, today + LOOKED_AHEAD, calendar.book().works_on)
    context = {
        "plan": row,
        "places": places,
        "rhythm": rhythm_words(row.rhythm),
        "who": queries.people_of(row),
        "days": [(day, weekday_words(day.isoweekday())) for day in ahead[:SHOWN_DAYS]],
        "rate": figures.rate(tasks, since, today + timedelta(days=1), now),
        "rate_days": RATE_DAYS,
        "rows": f"{reverse('patrols:tasks')}?{urlencode({'plan': row.id, 'since': since, 'due': 1})}",
        "manages": queries.manages(actor, row),
        "tone": STATE_TONES[row.state],
        "wrong": wrong,
        "crumbs": [{"title": _("巡查"), "url": reverse("patrols:front")}, {"title": row.name, "url": ""}],
    }
    return render(request, "patrols/plan.html", context, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """A new plan within an area; saved as a draft, or activated at once."""
    actor, now = _planner(request), clock.now()
    area, areas = _area(request, actor)
    if request.method != "POST":
        first = {"starts_on": local_day(now), "opens": "08:30", "closes": "11:30"}
        form = _form(actor, area, initial=first) if area else None
        return _form_page(request, form, area, areas)
    form = _form(actor, area, request.POST)
    status = 422
    if form.is_valid():
        try:
            row = actions.add_plan(told=form.told(), by=actor, now=now)
            if request.POST.get("go") == "activate":
                actions.activate(plan=row.id, version=None, by=actor, now=now)
        except Refused as refused:
            status = refuse_into(form, refused)
        else:
            return _saved(request, row, _("计划已保存。"))
    return _form_page(request, form, area, areas, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, id: UUID) -> HttpResponse:
    """The same form for a plan that is there."""
    actor, now = staff(request), clock.now()
    row = queries.plan(actor, id)
    if not queries.manages(actor, row):
        raise NotAllowed(str(WHO_PLANS))
    if row.state == PlanState.ENDED:
        raise Refused("ended", _("这个计划已经结束，不能再改；可以另建一个。"), status=409)
    area, areas = _area(request, actor, row)
    if request.method != "POST":
        places = queries.places_of([row]).get(row.id, [])
        persons = row.walkers.values_list("person_id", flat=True)
        form = _form(actor, area, initial=said_of(row, places, persons))
        return _form_page(request, form, area, areas, plan=row)
    form = _form(actor, area, request.POST)
    status = 422
    if form.is_valid():
        try:
            version = form.cleaned_data["version"]
            actions.change_plan(plan=row.id, told=form.told(), version=version, by=actor, now=now)
        except Refused as refused:
            status = refuse_into(form, refused)
            if status == 409:
                fresh = request.POST.copy()
                fresh["version"] = str(queries.plan(actor, id).version)
                form.data = fresh
        else:
            return _saved(request, row, _("已改好。还没有通知到人的巡查按新的计划来。"))
    return _form_page(request, form, area, areas, plan=row, status=status)


def _saved(request: HttpRequest, row: PatrolPlan, words: str) -> HttpResponse:
    messages.success(request, words)
    return HttpResponseRedirect(f"{reverse('patrols:plan', args=[row.id])}")


@never_cache
@require_POST
def activate(request: HttpRequest, id: UUID) -> HttpResponse:
    """POST …/activate/: begin walking."""
    return _turn(request, id, actions.activate, _("已启用。到了日子会出现在去走的人的待办里。"))


@never_cache
@require_POST
def end(request: HttpRequest, id: UUID) -> HttpResponse:
    """POST …/end/: walk it no more."""
    return _turn(request, id, actions.end_plan, _("计划已结束，以后不再安排。"))


def _turn(request: HttpRequest, id: UUID, act: Any, words: str) -> HttpResponse:
    actor = staff(request)
    row = queries.plan(actor, id)
    if not queries.manages(actor, row):
        raise NotAllowed(str(WHO_PLANS))
    form = VersionForm(request.POST)
    if not form.is_valid():
        return _plan_page(request, actor, row, status=422, wrong=_("请从这一页上的按钮重新点一次。"))
    try:
        act(plan=row.id, version=form.cleaned_data["version"], by=actor, now=clock.now())
    except Refused as refused:
        return _plan_page(
            request, actor, queries.plan(actor, id), status=refused.status, wrong=refused.message
        )
    return _saved(request, row, words)


# ── the form ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _area(
    request: HttpRequest, actor: Actor, row: PatrolPlan | None = None
) -> tuple[str, list[tuple[str, str]]]:
    """The area asked for (else the plan's, else the actor's only one), and all there are. Raises NotFound outside them."""
    said = request.POST.get("area") or request.GET.get("area") or (row.path if row else "")
    own = ["/"] if actor.units("department_officer") else list(actor.paths(*CLERKS))
    if said and territory.division_at_path(said) is None and row is not None:
        said = said.rstrip("/").rpartition("/")[0] + "/"  # a plan of one grid lies in its community
    if said and not any(said.startswith(path) for path in own):
        raise NotFound(_("没有这个地方，或者不归您安排。"))
    areas = queries.areas(actor, said)
    if not said and len(areas) == 1:
        said = areas[0][0]
    return said, areas


def _form(actor: Actor, area: str, data: Any = None, **more: Any) -> PlanForm:
    clerk = actor.covers(area, *CLERKS)
    return PlanForm(
        data,
        places=queries.places_in(area, on=local_day(clock.now())),
        units=queries.units_for(actor),
        candidates=queries.candidates(actor, area),
        grid=clerk,
        **more,
    )


def _form_page(
    request: HttpRequest,
    form: PlanForm | None,
    area: str,
    areas: list[tuple[str, str]],
    *,
    plan: PatrolPlan | None = None,
    status: int = 200,
) -> HttpResponse:
    here = plan.name if plan else _("新计划")
    context = {
        "form": form,
        "area": area,
        "area_name": territory.name_of_path(area) if area else "",
        "areas": areas,
        "plan": plan,
        "crumbs": [{"title": _("巡查"), "url": reverse("patrols:front")}, {"title": here, "url": ""}],
    }
    return render(request, "patrols/plan_form.html", context, status=status)
