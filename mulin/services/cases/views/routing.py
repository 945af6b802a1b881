"""Doors of the routing table: the rules, one rule with its versions, a change tried and saved, the table as a file."""

from __future__ import annotations

import io
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from mulin.ground.people import queries as people
from mulin.kernel import clock
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.kernel.doors import refused_rows, workbook
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from mulin.kernel.paging import page
from mulin.kernel.tables import open_table
from mulin.services.cases.actions import routing as actions
from mulin.services.cases.actions.rule_tables import Read, read_rules
from mulin.services.cases.forms.routing import RuleFile, RuleForm, content_of, refused_field, said_of
from mulin.services.cases.models import RoutingVersion
from mulin.services.cases.permissions import may_route, may_route_somewhere
from mulin.services.cases.queries import rule_choices, table, trials
from mulin.services.cases.rules import LEVEL_WORDS, TRIAL_DAYS, Content, Scope, Target, rank
from mulin.services.cases.views.desk import staff
from mulin.services.cases.views.lists import table_rows

SHOWN = 100
_REFUSED_SHOWN = 200


def _router(request: HttpRequest, path: str = "") -> Actor:
    """Whoever keeps rules (of this place)."""
    actor = staff(request)
    if not (may_route(actor, path) if path else may_route_somewhere(actor)):
        raise NotAllowed(_("派单规则由县级工作人员维护；街道工作人员只维护本街道的。"))
    return actor


def _crumbs(*more: tuple[str, str]) -> list[dict[str, str]]:
    found = [(_("派单规则"), reverse("cases:routing")), *more]
    return [{"title": title, "url": url} for title, url in found[:-1]] + [{"title": found[-1][0], "url": ""}]


@require_safe
def rules(request: HttpRequest) -> HttpResponse:
    """GET /desk/routing/[?area=&state=&at=]: the rules in force, by place, the most specific first within one."""
    actor, today = staff(request), local_day(clock.now())
    area, state = request.GET.get("area", ""), request.GET.get("state", "")
    lines = [one for one in table.in_force() if one.content.scope.path.startswith(area or "/")]
    lines.sort(
        key=lambda one: (one.content.scope.path, [-step for step in rank(one.content.scope)], one.number)
    )
    found = table.shown(lines, today, actor)
    broken, idle = [one for one in found if one.trouble], [one for one in found if one.idle]
    rows = {"broken": broken, "idle": idle}.get(state, found)
    start = _number(request.GET.get("at", ""))
    keep = {name: value for name, value in (("area", area), ("state", state)) if value}
    context = {
        "rows": rows[start : start + SHOWN],
        "counts": {"all": len(found), "broken": len(broken), "idle": len(idle)},
        "state": state,
        "area": area,
        "areas": _flat(rule_choices.all_areas()),
        "may_route": may_route_somewhere(actor),
        "narrowed": bool(keep),
        **_offsets(start, len(rows), SHOWN, keep),
    }
    return render(request, "cases/routing/list.html", context)


def _flat(groups: rule_choices.Choices) -> list[tuple[str, str]]:
    """Grouped choices in one list, what lies lower indented."""
    found: list[tuple[str, str]] = []
    for value, words in groups:
        if isinstance(words, list):
            found += [(path, name if place == 0 else f"　{name}") for place, (path, name) in enumerate(words)]
        else:
            found.append((value, words))
    return found


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0


def _offsets(start: int, count: int, size: int, keep: dict[str, str]) -> dict[str, Any]:
    """What the pager shows of a list that is held whole."""

    def link(at: int) -> str:
        return f"?{urlencode({**keep, 'at': at})}"

    shown = max(0, min(size, count - start))
    return {
        "next_page": link(start + size) if start + size < count else "",
        "previous_page": link(max(0, start - size)) if start else "",
        "shown": shown if count > size else 0,
        "total": count,
    }


@require_safe
def rule(request: HttpRequest, number: int) -> HttpResponse:
    """GET /desk/routing/NUMBER/: what the rule says now, what it said before, and the cases it gave to somebody."""
    actor, now = staff(request), clock.now()
    row = table.rule(number)
    versions = table.versions(row.pk)
    lines = table.lines(versions)
    shown = table.shown(lines, local_day(now), actor)
    given = page(table.given_by(actor, row.pk), by="-reported_at", at=request.GET.get("at", ""), size=20)
    names = people.public_names({one.made_by for one in versions if one.made_by})
    context = {
        "number": number,
        "now_shown": shown[0] if versions[0].until is None else None,
        "versions": [
            {"row": one, "shown": said, "who": names.get(one.made_by, "") if one.made_by else ""}
            for one, said in zip(versions, shown, strict=True)
        ],
        "cases": table_rows(given.rows, now),
        **given.links(),
        "crumbs": _crumbs((_("第 %(number)s 条") % {"number": number}, "")),
    }
    return render(request, "cases/routing/rule.html", context)


# ── a change, tried before it is saved ───────────────────────────────────────────────────────────────────────────


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """A new rule: the form leads to a trial. ``?trial=`` opens it with the words of one."""
    actor = _router(request)
    return _form_page(request, actor, None)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, number: int) -> HttpResponse:
    """The same form for a rule that is there."""
    row = table.rule(number)
    now = table.versions(row.pk)[0]
    actor = _router(request, now.path)
    if now.until is not None:
        raise Refused("ended", _("这条规则已经停用；需要的话另建一条。"), status=409)
    return _form_page(request, actor, now)


def _form_page(request: HttpRequest, actor: Actor, row: RoutingVersion | None) -> HttpResponse:
    today = local_day(clock.now())
    refresh, status = request.POST.get("go") == "refresh", 200
    if request.method == "POST" and not refresh:
        said: dict[str, Any] = request.POST.dict() | {"officers": request.POST.getlist("officers")}
        form = _form(actor, said, request.POST)
        status = 422
        if form.is_valid():
            try:
                key = row.rule_id if row is not None else None
                made = actions.try_rules(changes=[(key, form.content())], by=actor, now=clock.now())
                return HttpResponseRedirect(reverse("cases:routing_trial", args=[made.pk]))
            except Refused as refused:
                if refused.status in (403, 404):
                    raise
                form.add_error(refused_field(refused, form), refused.message)
                status = refused.status
    else:
        said = (
            request.POST.dict() | {"officers": request.POST.getlist("officers")}
            if refresh
            else _first(request, row)
        )
        form = _form(actor, said, None)
    title = _("新规则") if row is None else _("改第 %(number)s 条") % {"number": row.rule.number}
    context = {
        "form": form,
        "row": row,
        "title": title,
        "days": TRIAL_DAYS,
        "today": today,
        "crumbs": _crumbs((title, "")),
    }
    return render(request, "cases/routing/form.html", context, status=status)


def _first(request: HttpRequest, row: RoutingVersion | None) -> dict[str, Any]:
    """What the form says when it opens: the words of a trial that was not saved, else those of the rule."""
    try:
        tried = trials.changes_of(trials.trial(UUID(request.GET["trial"]))) if "trial" in request.GET else []
    except ValueError:
        tried = []
    key = row.rule_id if row is not None else None
    content = next((one for rule, one in tried if rule == key), None)
    if content is None and row is not None:
        content = table.lines([row])[0].content
    return said_of(content, rule_choices.area_of(content.scope.path)) if content is not None else {}


def _form(actor: Actor, said: dict[str, Any], data: Any) -> RuleForm:
    """The form, its finer choices following what was said above them."""
    today = local_day(clock.now())
    told = {name: said.get(name, "") for name in ("area", "spot", "level", "unit", "team")}
    if told["level"] not in LEVEL_WORDS:
        told["level"] = ""
    return RuleForm(
        data,
        initial=said,
        areas=rule_choices.areas(actor),
        spots=rule_choices.spots(str(told["area"]), today),
        types=rule_choices.types(),
        units=rule_choices.units(),
        teams=rule_choices.teams(today),
        officers=table.officers_for(_so_far(told), today),
    )


def _so_far(told: dict[str, Any]) -> Content:
    """Where the rule would send a case, as far as it was said."""
    try:
        return content_of(told)
    except ValueError:
        return Content(Scope(), Target(""))


@never_cache
@require_POST
def end(request: HttpRequest, number: int) -> HttpResponse:
    """POST …/end/: try what would come of the rule's end; the trial's page ends it."""
    row = table.rule(number)
    actor = _router(request, table.versions(row.pk)[0].path)
    made = actions.try_rules(changes=[(row.pk, None)], by=actor, now=clock.now())
    return HttpResponseRedirect(reverse("cases:routing_trial", args=[made.pk]))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def trial(request: HttpRequest, id: UUID) -> HttpResponse:
    """GET /desk/routing/trials/ID/: which past cases would go elsewhere. POST: save it (``go=save``), or try again."""
    actor, now = _router(request), clock.now()
    row = trials.trial(id)
    changes = trials.changes_of(row)
    if row.tried_by != actor.person:
        raise NotFound(_("没有这次试算。"))
    status, wrong = 200, ""
    if request.method == "POST":
        try:
            if request.POST.get("go") == "again":
                made = actions.try_rules(changes=changes, by=actor, now=now)
                return HttpResponseRedirect(reverse("cases:routing_trial", args=[made.pk]))
            saved = actions.save_trial(trial=id, by=actor, now=now)
        except Refused as refused:
            if refused.status in (403, 404):
                raise
            status, wrong = refused.status, refused.message
        else:
            return _saved(request, saved)
    return _trial_page(request, actor, row, changes, status=status, wrong=wrong)


def _saved(request: HttpRequest, saved: list[RoutingVersion]) -> HttpResponse:
    messages.success(request, _("已保存，从现在起按新的规则派单；已经派出的不变。"))
    if len(saved) == 1:
        return HttpResponseRedirect(reverse("cases:routing_rule", args=[saved[0].rule.number]))
    return HttpResponseRedirect(reverse("cases:routing"))


def _trial_page(
    request: HttpRequest, actor: Actor, row: Any, changes: list[trials.Change], *, status: int, wrong: str
) -> HttpResponse:
    now = clock.now()
    today, start = local_day(now), _number(request.GET.get("at", ""))
    stale = row.saved_at is None and row.table_version != table.version_of_table()
    rows: list[trials.Moved] = []
    following = None
    if row.saved_at is None and not stale:
        rows, following = trials.moved_words(
            trials.tried(changes, now=row.tried_at), on=today, actor=actor, start=start
        )
    context = {
        "trial": row,
        "changes": _changes(changes, today),
        "only": _only_rule(changes),
        "rows": rows,
        "from": start + 1,
        "stale": stale,
        "wrong": wrong,
        "days": TRIAL_DAYS,
        "next_page": f"?at={following}" if following is not None else "",
        "previous_page": f"?at={max(0, start - trials.PAGE)}" if start else "",
        "shown": len(rows) if following is not None or start else 0,
        "crumbs": _crumbs((_("试算"), "")),
    }
    return render(request, "cases/routing/trial.html", context, status=status)


def _changes(changes: list[trials.Change], today: Any) -> list[dict[str, Any]]:
    """Each change in words: what the rule says now, and what it would say."""
    old = {line.rule: line for line in table.in_force()}
    contents = [content for _key, content in changes if content is not None]
    contents += [old[key].content for key, _content in changes if key in old]
    names = table.Names.of(contents, today)

    def said(content: Content | None) -> str:
        if content is None:
            return ""
        words = f"{names.scope(content.scope)} → {names.target(content.target)}"
        return _("%(name)s（%(facts)s）") % {"name": words, "facts": content.note} if content.note else words

    return [
        {
            "number": old[key].number if key in old else None,
            "before": said(old[key].content) if key in old else "",
            "after": said(content),
        }
        for key, content in changes[:SHOWN]
    ]


def _only_rule(changes: list[trials.Change]) -> str:
    """The form in which a single change goes on being edited; '' where there is none."""
    if len(changes) != 1 or changes[0][1] is None:
        return ""
    key = changes[0][0]
    if key is None:
        return reverse("cases:routing_add")
    return next(
        (reverse("cases:routing_change", args=[one.number]) for one in table.in_force() if one.rule == key),
        "",
    )


# ── as a file ────────────────────────────────────────────────────────────────────────────────────────────────────


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def rule_table(request: HttpRequest) -> HttpResponseBase:
    """GET /desk/routing/table/: how it works. POST: read a file; its good rows lead to a trial, its bad ones are told.

    The button "refused" answers with the refused rows as a workbook, the reason in its last column.
    """
    actor = _router(request)
    form = RuleFile(request.POST or None, request.FILES or None)
    context: dict[str, Any] = {"form": form, "crumbs": _crumbs((_("Excel 导入导出"), ""))}
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                header, found = _read(form.cleaned_data["file"], actor)
                made = None
                if found.changes:
                    made = actions.try_rules(changes=found.changes, by=actor, now=clock.now())
            except Refused as refused:
                if refused.status in (403, 404):
                    raise
                form.add_error("file", refused.message)
            else:
                if request.POST.get("go") == "refused" and found.refused:
                    return refused_rows(header, found.refused)
                status = 200
                more = max(0, len(found.refused) - _REFUSED_SHOWN)
                context |= {
                    "found": found,
                    "trial": made,
                    "refused": found.refused[:_REFUSED_SHOWN],
                    "more": more,
                }
    return render(request, "cases/routing/table.html", context, status=status)


def _read(upload: Any, actor: Actor) -> tuple[tuple[str, ...], Read]:
    with open_table(upload.file, name=upload.name, columns=rule_choices.COLUMNS) as opened:
        return opened.header, read_rules(rows=opened, by=actor, now=clock.now())


@require_safe
def template(request: HttpRequest) -> FileResponse:
    """GET: an empty form with hints and drop-downs."""
    _router(request)
    out = io.BytesIO()
    rule_choices.write_form(out, local_day(clock.now()))
    return workbook(out, "派单规则模板.xlsx")


@require_safe
def export(request: HttpRequest) -> FileResponse:
    """GET: the rules in force, as a workbook that can be edited and imported again."""
    staff(request)
    out, today = io.BytesIO(), local_day(clock.now())
    rule_choices.write_rules(out, sorted(table.in_force(), key=lambda one: one.number), today)
    return workbook(out, f"派单规则-{today:%Y%m%d}.xlsx")
