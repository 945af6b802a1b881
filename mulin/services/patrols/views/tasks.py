"""Doors for whoever walks: today's list, one task on the phone, a finding, a reason; and the lists behind the figure."""

from __future__ import annotations

import calendar as months
from datetime import date, timedelta
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

from mulin.ground.territory import queries as territory
from mulin.kernel import clock
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.kernel.doors import admitted, kept_on_phone, refuse_into
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from mulin.kernel.ids import uuid7
from mulin.services.patrols import actions, queries
from mulin.services.patrols.forms import FilterForm, FindingForm, MissForm, WalkForm
from mulin.services.patrols.models import PatrolTask
from mulin.services.patrols.permissions import may_look, may_plan
from mulin.services.patrols.queries import figures
from mulin.services.patrols.rules import (
    FINISHED,
    STANDINGS,
    WHO_EXPLAINS,
    WHO_WALKS,
    Answer,
    Reason,
    TaskState,
    Withdrawal,
    weekday_words,
)

STATE_TONES = {"draft": "neutral", "active": "good", "ended": "neutral"}
RATE_DAYS = 30
"""The rate beside a plan looks back so many days."""


def staff(request: HttpRequest) -> Actor:
    """Whoever has a duty here. Raises NotAllowed for a partner (merchant), NotFound for neighbours and other counties."""
    words = _("巡查页面供工作人员使用。")
    return admitted(request, may_look, words, nobody=words)


# ── lists ────────────────────────────────────────────────────────────────────────────────────────────────────────


@kept_on_phone
@require_safe
def front(request: HttpRequest) -> HttpResponse:
    """GET /desk/patrols/: my walks, today's first; below, for whoever plans or oversees, the plans."""
    actor, now = staff(request), clock.now()
    mine = queries.own_tasks(actor, now)
    page = queries.plans_page(actor, at=request.GET.get("at", ""))
    places = queries.places_of(page.rows)
    today = local_day(now)
    span = (today - timedelta(days=RATE_DAYS), today + timedelta(days=1))
    keys = [plan.id for plan in page.rows]
    found = figures.rates(queries.visible_to(actor), keys, *span, now) if keys else {}
    context = {
        "mine": mine,
        "plans": [_plan_row(plan, places.get(plan.id, []), found) for plan in page.rows],
        "may_plan": may_plan(actor),
        "days": RATE_DAYS,
        **page.links(),
    }
    return render(request, "patrols/front.html", context)


def _plan_row(plan: Any, places: list[Any], rates: Any) -> dict[str, Any]:
    names = [place.name for place in places]
    return {
        "plan": plan,
        "place": names[0] if names else "",
        "count": len(names),
        "rate": rates.get(plan.id),
        "tone": STATE_TONES[plan.state],
    }


@require_safe
def list_tasks(request: HttpRequest) -> HttpResponse:
    """GET /desk/patrols/tasks/: the tasks that I may see, filtered, latest first: the rows behind the figure."""
    actor, now = staff(request), clock.now()
    form = FilterForm(request.GET or None)
    told = form.cleaned_data if form.is_bound and form.is_valid() else {}
    if not told.get("until") and told.get("standing") != "coming":
        told = {**told, "until": local_day(now)}
    by = queries.Filters(
        told.get("since"),
        told.get("until"),
        told.get("standing", ""),
        told.get("plan"),
        told.get("due", False),
    )
    page = queries.listing(actor, by, now, at=request.GET.get("at", ""))
    keep = {name: value for name, value in request.GET.items() if value and name != "at"}
    context = {
        "form": form,
        "rows": _rows(page.rows, now),
        "filtered": bool(keep),
        **page.links(keep),
        "crumbs": [_home(), {"title": _("逐次巡查"), "url": ""}],
    }
    return render(request, "patrols/tasks.html", context, status=422 if form.errors else 200)


def _rows(tasks: list[PatrolTask], now: Any) -> list[dict[str, Any]]:
    counts = queries.found_counts(tasks) if any(task.state == TaskState.DONE for task in tasks) else {}
    return [
        {"line": line, "found": counts.get(line.task.id, 0), "reason": reason_words(line.task)}
        for line in queries.lines(tasks, now)
    ]


def reason_words(task: PatrolTask) -> str:
    """Why a task was missed or withdrawn, in words; '' for the others."""
    if task.reason in Reason.values:
        return str(Reason(task.reason).label)
    return str(Withdrawal(task.reason).label) if task.reason else ""


def _home() -> dict[str, str]:
    return {"title": _("巡查"), "url": reverse("patrols:front")}


@require_safe
def month(request: HttpRequest) -> HttpResponse:
    """GET /desk/patrols/month/?month=2026-09[&plan=ID]: how each day stood, in text and icons."""
    actor, now = staff(request), clock.now()
    first = _month(request.GET.get("month", ""), local_day(now))
    last = first.replace(day=months.monthrange(first.year, first.month)[1])
    plan = _plan(actor, request.GET.get("plan", ""))
    days = queries.month(actor, first, last, now, plan=plan.id if plan else None)
    keep = {"plan": str(plan.id)} if plan else {}
    tasks = queries.filtered(queries.visible_to(actor), queries.Filters(plan=plan.id if plan else None), now)
    context = {
        "first": first,
        "plan": plan,
        "days": [_day(first + timedelta(days=step), days, keep, local_day(now)) for step in range(last.day)],
        "lead": range(first.isoweekday() - 1),
        "weekdays": [weekday_words(day) for day in range(1, 8)],
        "rate": figures.rate(tasks, first, last + timedelta(days=1), now),
        "before": _month_link(first - timedelta(days=1), keep),
        "after": _month_link(last + timedelta(days=1), keep),
        "rows_url": f"{reverse('patrols:tasks')}?{urlencode({**keep, 'since': first, 'until': last})}",
        "any": bool(days),
        "crumbs": [_home(), {"title": _("月历"), "url": ""}],
    }
    return render(request, "patrols/month.html", context)


def _month(said: str, today: date) -> date:
    return clock.day_said(f"{said}-01", today).replace(day=1)


def _month_link(day: date, keep: dict[str, str]) -> str:
    return f"?{urlencode({**keep, 'month': f'{day:%Y-%m}'})}"


def _plan(actor: Actor, said: str) -> Any:
    """The plan asked for; an unreadable or unknown one raises NotFound, none at all gives None."""
    if not said:
        return None
    try:
        return queries.plan(actor, UUID(said))
    except ValueError:
        raise NotFound(_("没有这个巡查计划，或者您看不到它。"))


def _day(day: date, days: Any, keep: dict[str, str], today: date) -> dict[str, Any]:
    counts = days.get(day, {})
    base = {**keep, "since": day, "until": day}
    cells = [
        {
            "standing": one,
            "count": counts[code],
            "url": f"{reverse('patrols:tasks')}?{urlencode({**base, 'standing': code})}",
        }
        for code, one in STANDINGS.items()
        if code in counts
    ]
    return {"day": day, "weekday": weekday_words(day.isoweekday()), "cells": cells, "today": day == today}


# ── one task ─────────────────────────────────────────────────────────────────────────────────────────────────────


@kept_on_phone
@never_cache
@require_safe
def task(request: HttpRequest, id: UUID) -> HttpResponse:
    """GET /desk/patrols/tasks/ID/: where, when, what to look at, and the one tap that ends it."""
    actor = staff(request)
    return _task_page(request, actor, queries.find(actor, id))


@never_cache
@require_POST
def walk(request: HttpRequest, id: UUID) -> HttpResponse:
    """POST …/walk/: the ticks, and what was pressed: ``go=finding`` leads to the form of a finding, else it is over."""
    actor, now = staff(request), clock.now()
    row = queries.find(actor, id)
    if not queries.may(actor, row, now).walks:
        raise NotAllowed(str(WHO_WALKS))
    form = WalkForm(request.POST, task=row)
    status = 422
    if form.is_valid():
        try:
            if request.POST.get("go") == "finding":
                if row.state == TaskState.PLANNED:
                    actions.begin(task=row.id, answers=form.answers(), by=actor, now=now)
                return HttpResponseRedirect(reverse("patrols:finding", args=[row.id]))
            done = actions.finish(
                task=row.id, answers=form.answers(), note=form.cleaned_data["note"], by=actor, now=now
            )
        except Refused as refused:
            status = refuse_into(form, refused)
        else:
            words = (
                _("记好了：已走，有发现。")
                if done.state == TaskState.DONE
                else _("记好了：没有发现问题。辛苦了。")
            )
            messages.success(request, words)
            return HttpResponseRedirect(f"{reverse('patrols:task', args=[row.id])}?done=walk")
    return _task_page(request, actor, queries.find(actor, id), walk_form=form, status=status)


@never_cache
@require_POST
def miss(request: HttpRequest, id: UUID) -> HttpResponse:
    """POST …/miss/: nobody goes, or went; and why."""
    actor = staff(request)
    row = queries.find(actor, id)
    if not queries.may(actor, row, clock.now()).explains:
        raise NotAllowed(str(WHO_EXPLAINS))
    form, status = MissForm(request.POST), 422
    if form.is_valid():
        try:
            actions.miss(task=row.id, by=actor, now=clock.now(), **form.cleaned_data)
        except Refused as refused:
            status = refuse_into(form, refused)
        else:
            messages.success(request, _("原因记下了。"))
            return HttpResponseRedirect(f"{reverse('patrols:task', args=[row.id])}?done=miss")
    return _task_page(request, actor, queries.find(actor, id), miss_form=form, status=status)


def _task_page(
    request: HttpRequest,
    actor: Actor,
    row: PatrolTask,
    *,
    walk_form: Any = None,
    miss_form: Any = None,
    status: int = 200,
) -> HttpResponse:
    now = clock.now()
    may = queries.may(actor, row, now)
    found = queries.findings(actor, row)
    may_finish = may.walk and row.state not in FINISHED
    may_explain = may.explain and not found
    done = request.GET.get("done", "")
    context = {
        "task": row,
        "plan": row.plan,
        "standing": queries.standing_of(row, now),
        "late": row.state in FINISHED and row.finished_at is not None and row.finished_at > row.due_at,
        "place": territory.name_of_path(row.place_path),
        "walkers": queries.walkers_of(row),
        "findings": found,
        "may": may,
        "may_finish": may_finish,
        "may_explain": may_explain,
        "walk_form": walk_form or WalkForm(task=row),
        "miss_form": miss_form or MissForm(),
        "missing": bool(miss_form and miss_form.errors) or (may_explain and now > row.due_at),
        "astray": (None if may_finish else walk_form) or (None if may_explain else miss_form),
        "reason": reason_words(row),
        "answers": [(line, Answer(answer) if answer else None) for line, answer in row.checklist],
        "overdue": row.state == TaskState.PLANNED and now > row.due_at,
        "manages": queries.manages(actor, row.plan),
        "cleared": f"patrol_{done}_{row.id}" if done in ("walk", "miss", "finding") else "",
        "crumbs": [_home(), {"title": row.plan.name, "url": ""}],
    }
    return render(request, "patrols/task.html", context, status=status)


# ── a finding ────────────────────────────────────────────────────────────────────────────────────────────────────


@kept_on_phone
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def finding(request: HttpRequest, id: UUID) -> HttpResponse:
    """The report form, pre-filled from the walk; what is sent becomes a case, and the walk goes on."""
    actor, now = staff(request), clock.now()
    row = queries.find(actor, id)
    may = queries.may(actor, row, now)
    if not may.walks:
        raise NotAllowed(str(WHO_WALKS))
    if request.method != "POST":
        if not may.walk:
            raise Refused("not_now", _("这次巡查现在不能记发现。"), status=409)
        return _finding_page(request, row, _finding_form(row, may))
    form, status = _finding_form(row, may, request), 422
    if form.is_valid():
        try:
            made = actions.find(task=row.id, by=actor, now=now, **form.told())
        except Refused as refused:
            status = refuse_into(form, refused)
        else:
            words = (
                _("已记录：当场解决。")
                if made.finding.fixed
                else _("已上报，编号 %(number)s。") % {"number": made.case.number}
            )
            messages.success(request, words)
            return HttpResponseRedirect(f"{reverse('patrols:task', args=[row.id])}?done=finding")
    return _finding_page(request, row, form, fresh=status == 409, status=status)


def _finding_form(row: PatrolTask, may: Any, request: HttpRequest | None = None) -> FindingForm:
    notes = [*(line for line, _answer in row.checklist), *row.spots]
    places = queries.spots_of(row, on=row.day)
    more: dict[str, Any] = {"notes": notes, "places": places, "fix": may.fixes}
    if request is not None:
        return FindingForm(request.POST, request.FILES, **more)
    wrong = [line for line, answer in row.checklist if answer == Answer.PROBLEM]
    initial = {"client_id": uuid7(), "place": places[0][0], "note": wrong[0] if len(wrong) == 1 else ""}
    return FindingForm(initial=initial, **more)


def _finding_page(
    request: HttpRequest, row: PatrolTask, form: FindingForm, *, fresh: bool = False, status: int = 200
) -> HttpResponse:
    context = {
        "task": row,
        "plan": row.plan,
        "form": form,
        "client_id": uuid7() if fresh else form["client_id"].value(),
        "fresh_key": fresh,
        "draft": f"patrol_finding_{row.id}",
        "crumbs": [
            _home(),
            {"title": row.plan.name, "url": reverse("patrols:task", args=[row.id])},
            {"title": _("发现了问题"), "url": ""},
        ],
    }
    return render(request, "patrols/finding.html", context, status=status)
