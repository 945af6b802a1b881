"""The desk's doors of the calendar: the year, the import, one day, working hours."""

from __future__ import annotations

import io
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from mulin.ground.calendar import actions, queries
from mulin.ground.calendar.forms import DayForm, HoursForm, NoticeForm
from mulin.ground.calendar.permissions import may_keep, may_see
from mulin.ground.calendar.queries.pages import hours_text_of
from mulin.ground.calendar.rules.hours_text import WEEKDAY_NAMES
from mulin.ground.calendar.rules.notice import COLUMNS, Notice, read_lines, read_table
from mulin.ground.people import queries as people
from mulin.kernel import clock
from mulin.kernel.actor import Actor
from mulin.kernel.doors import admitted, refuse_into, workbook
from mulin.kernel.errors import NotAllowed, Refused
from mulin.kernel.tables import open_table, write_template

form_methods = require_http_methods(["GET", "HEAD", "POST"])
FIRST_YEAR, LAST_YEAR = 2004, 2099
_EXAMPLES = (
    {"day": "2027-01-01", "working": "休", "name": "元旦"},
    {"day": "2027-02-20", "working": "班", "name": "春节"},
)


def _actor(request: HttpRequest) -> Actor:
    """A colleague; a partner is told so, others learn nothing."""
    return admitted(request, may_see, _("工作日历由县、街道、社区和部门的工作人员使用。"))


def _keeper(request: HttpRequest) -> Actor:
    actor = _actor(request)
    if not may_keep(actor):
        raise NotAllowed(_("工作日历由县级工作人员或管理员维护。"))
    return actor


def _today() -> date:
    return clock.local_day(clock.now())


def _crumbs(title: str) -> list[dict[str, str]]:
    return [{"title": _("工作日历"), "url": reverse("calendar:year")}, {"title": title, "url": ""}]


def _sent(request: HttpRequest) -> Any:
    """What a form is bound to: an empty POST is one too."""
    return request.POST if request.method == "POST" else None


def _refuse(form: Any, refused: Refused) -> None:
    if refused.status in (403, 404):
        raise refused
    refuse_into(form, refused)


@require_safe
def year(request: HttpRequest) -> HttpResponse:
    """GET /desk/calendar/?year=2026: twelve months, what they rest on, and who works when."""
    actor, today = _actor(request), _today()
    asked = request.GET.get("year", "")
    shown = (
        int(asked)
        if asked.isascii() and asked.isdigit() and FIRST_YEAR <= int(asked) <= LAST_YEAR
        else today.year
    )
    context = {
        "shown": queries.year_at(shown, today=today),
        "before": shown - 1 if shown > FIRST_YEAR else None,
        "after": shown + 1 if shown < LAST_YEAR else None,
        "this_year": today.year,
        "missing": queries.next_provisional(today),
        "hours": queries.hours_in_force(on=today),
        "day_length": queries.working_days(1, on=today),
        "may_keep": may_keep(actor),
        "weekdays": WEEKDAY_NAMES,
    }
    return render(request, "calendar/year.html", context)


@form_methods
def import_notice(request: HttpRequest) -> HttpResponse:
    """The yearly notice: checked only, or written down. What it did stands on the same page."""
    actor = _keeper(request)
    form = NoticeForm(_sent(request), request.FILES or None)
    done: actions.Imported | None = None
    if form.is_bound and form.is_valid():
        told = form.cleaned_data
        try:
            notice, source = _read(told)
            done = actions.import_notice(
                notice=notice, source=source, by=actor, now=clock.now(), dry_run=told["dry_run"]
            )
        except Refused as refused:
            _refuse(form, refused)
    title = _("导入放假通知")
    context = {
        "form": form,
        "title": title,
        "done": done,
        "dry_run": bool(done and form.cleaned_data["dry_run"]),
        "from_file": bool(done and form.cleaned_data["file"]),
        "crumbs": _crumbs(title),
    }
    return render(
        request, "calendar/import.html", context, status=422 if form.is_bound and done is None else 200
    )


def _read(told: dict[str, Any]) -> tuple[Notice, str]:
    """The days of the file or of the text, and what the rows name as their source."""
    file = told["file"]
    if not file:
        return read_lines(told["text"]), told["source"] or _("粘贴的通知")
    with open_table(file, name=file.name, columns=COLUMNS) as table:
        return read_table(table), told["source"] or file.name


@require_safe
def template(request: HttpRequest) -> FileResponse:
    """The table to fill in, with hints."""
    _keeper(request)
    out = io.BytesIO()
    write_template(out, COLUMNS, _EXAMPLES, {"working": ("休", "班")})
    return workbook(out, "放假安排模板.xlsx")


@form_methods
def set_day(request: HttpRequest) -> HttpResponse:
    """One day by hand."""
    actor = _keeper(request)
    form = DayForm(_sent(request), initial={"day": request.GET.get("day") or _today()})
    if form.is_bound and form.is_valid():
        told = form.cleaned_data
        try:
            actions.set_day(
                day=told["day"],
                working=told["working"] == "work",
                name=told["name"],
                by=actor,
                now=clock.now(),
            )
        except Refused as refused:
            _refuse(form, refused)
        else:
            words = _("已改：%(day)s %(what)s。") % {
                "day": told["day"],
                "what": _("上班") if told["working"] == "work" else _("休息"),
            }
            messages.success(request, words)
            return redirect(f"{reverse('calendar:year')}?year={told['day'].year}")
    title = _("改一天的休或班")
    return _form_page(request, form, title, _("保存"))


@form_methods
def set_hours(request: HttpRequest) -> HttpResponse:
    """The county's hours, or a unit's own."""
    actor, today = _keeper(request), _today()
    units = [(str(one.pk), one.name) for one in people.organisations()]
    asked = request.GET.get("unit", "")
    chosen = UUID(asked) if asked in dict(units) else None
    initial = {"unit": asked, "on": today, "text": hours_text_of(chosen, on=today)}
    form = HoursForm(_sent(request), units=units, initial=initial)
    if form.is_bound and form.is_valid():
        told = form.cleaned_data
        try:
            changed = actions.set_hours(
                unit=UUID(told["unit"]) if told["unit"] else None,
                text=told["text"],
                on=told["on"],
                by=actor,
                now=clock.now(),
            )
        except Refused as refused:
            _refuse(form, refused)
        else:
            said = (
                _("作息已改，从 %(day)s 起。") % {"day": told["on"]}
                if changed
                else _("跟原来一样，没有改动。")
            )
            messages.success(request, said)
            return redirect(f"{reverse('calendar:year')}#hours")
    return _form_page(request, form, _("改作息时间"), _("保存"))


def _form_page(request: HttpRequest, form: Any, title: str, submit: str) -> HttpResponse:
    context = {"form": form, "title": title, "submit": submit, "crumbs": _crumbs(title)}
    context["back"] = reverse("calendar:year")
    return render(request, "calendar/form.html", context, status=422 if form.is_bound else 200)
