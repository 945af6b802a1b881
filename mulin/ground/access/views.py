"""The doors of access: my page, the county chooser, who holds what, why I see what I see, the example
county.
"""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from mulin.citus.models import County
from mulin.ground.access import actions, queries
from mulin.ground.access.forms import EraseConfirm, GrantFilter, GridPost, OpenAccount, Shown, show_as
from mulin.ground.access.permissions import (
    may_end_grant,
    may_grant,
    may_open_accounts,
    may_reset_accounts,
    may_see_grants,
    offers,
)
from mulin.ground.access.rules import door_is_open, grantable
from mulin.ground.people import actions as people_actions
from mulin.ground.people import queries as people
from mulin.ground.territory import actions as territory_actions
from mulin.ground.territory import queries as territory
from mulin.kernel import clock, hooks
from mulin.kernel.actor import Actor
from mulin.kernel.doors import admitted, asking, refuse_into
from mulin.kernel.errors import NotAllowed, NotFound, Refused

CONSENTS = len(people.PURPOSES)
STEPS = ("data", "consents", "looks", "export", "erase", "account")


def _back(request: HttpRequest, wanted: str, otherwise: str) -> str:
    """``wanted`` if it is an address of this site."""
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if wanted.startswith("/") and safe else otherwise


# ── my page ─────


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def me(request: HttpRequest) -> HttpResponse:
    """My data, what I agreed to, my roles in words, how pages are shown. Without an account: how to
    get one.
    """
    actor = asking(request)
    if actor.account is None:
        return render(request, "access/me_visitor.html")
    if request.method == "POST":
        return _change_me(request, actor)
    step, place, following = _step(request)
    held = [
        {"what": queries.describe(one), "policy": role.policy}
        for one in actor.held
        if (role := queries.role_of(one.role))
    ]
    context: dict[str, Any] = {
        "step": step,
        "following": following,
        "held": held,
        "username": request.user.get_username(),
        "has_password": request.user.is_authenticated and request.user.has_usable_password(),
    }
    if actor.person is not None:
        row = people.person(actor.person)
        plain = people.contact(actor.person)
        shown = {"language": row.language or request.LANGUAGE_CODE, "large_print": row.large_print}
        context |= {
            "person": row,
            "contact": plain,
            "masked": plain.masked(),
            "consents": people.consent_lines(actor.person)[place],
            "looks": people.looks(actor.person),
            "shown": Shown(initial=shown),
        }
    return render(request, "access/me.html", context)


def _step(request: HttpRequest) -> tuple[str, slice, str]:
    """In large print: which block, which of its consents, and the query of the next step ('' for the last)."""
    if request.COOKIES.get("mulin_large") != "1":
        return STEPS[0], slice(None), ""
    name, _dot, number = request.GET.get("step", "").partition(".")
    name = name if name in STEPS else STEPS[0]
    at = int(number) if number.isascii() and number.isdigit() and int(number) < CONSENTS else 0
    if name == "consents" and at + 1 < CONSENTS:
        return name, slice(at, at + 1), f"consents.{at + 1}"
    following = STEPS[STEPS.index(name) + 1] if name != STEPS[-1] else ""
    return name, slice(at, at + 1), following


def _change_me(request: HttpRequest, actor: Actor) -> HttpResponse:
    if actor.person is None:
        raise NotFound(_("您的账号在本县没有登记个人信息。"))
    now, purpose = clock.now(), request.POST.get("purpose", "")
    back = HttpResponseRedirect(_back(request, request.POST.get("next", ""), reverse("access:me")))
    if purpose and request.POST.get("give"):
        people_actions.give_consent(person=actor.person, purpose=purpose, by=actor, now=now)
        messages.success(request, _("已记下您的同意，随时可以撤回。"))
    elif purpose:
        people_actions.withdraw_consent(person=actor.person, purpose=purpose, by=actor, now=now)
        messages.success(request, _("已撤回。从现在起不再用于这个用途。"))
    else:
        form = Shown(request.POST)
        if not form.is_valid():
            raise Refused("form", _("请选择语言。"))
        row = people_actions.change_person(person=actor.person, by=actor, now=now, **form.cleaned_data)
        if not row.large_print:
            back.delete_cookie("mulin_large")
        show_as(back, row)
    return back


def _myself(request: HttpRequest) -> UUID:
    """The person who signed in; others are asked to."""
    actor = asking(request)
    if actor.person is None:
        raise NotFound(_("请先登录，再管理自己的信息。"))
    return actor.person


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def export(request: HttpRequest) -> HttpResponse:
    """Everything that is kept of me, as one JSON file. The page says what is in it; the button makes it."""
    person = _myself(request)
    if request.method != "POST":
        return render(request, "access/export.html")
    told = people_actions.exported(person=person, by=request.actor, now=clock.now())  # type: ignore[attr-defined]
    body = json.dumps(told, ensure_ascii=False, indent=2, default=str)
    headers = {
        "Content-Disposition": 'attachment; filename="mulin-my-data.json"',
        "Cache-Control": "no-store",
    }
    return HttpResponse(body, content_type="application/json; charset=utf-8", headers=headers)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: HttpRequest) -> HttpResponse:
    """Erase me: what goes, what stays and why, and a word to type."""
    person = _myself(request)
    form = EraseConfirm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if form.cleaned_data["word"].strip().lower() not in people.ERASE_WORDS:
            form.add_error("word", _("要一字不差地输入“删除”。"))
        else:
            try:
                now = clock.now()
                people_actions.erase(person=person, by=request.actor, now=now, reason="own_request")  # type: ignore[attr-defined]
            except Refused as refused:
                form.add_error(None, refused.message)
            else:
                logout(request)
                return render(request, "access/erased.html")
    return render(request, "access/erase.html", {"form": form}, status=422 if form.errors else 200)


# ── counties ─────


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def choose_county(request: HttpRequest) -> HttpResponse:
    """Which county? Asked where neither the address nor the account says it; never guessed."""
    opened = queries.counties()
    if not opened:
        return render(request, "access/no_county.html", status=503)
    back = _back(request, request.POST.get("next") or request.GET.get("next", ""), "/")
    if request.method == "POST":
        told = request.POST.get("county", "")
        code = int(told) if told.isascii() and told.isdigit() and len(told) == 6 else 0
        if code not in opened:
            raise Refused("county_unknown", _("没有开通这个县。"), field="county")
        request.session["county"] = code
        return HttpResponseRedirect(back)
    own = queries.counties_of(request.user.pk) if request.user.is_authenticated else {}
    listed = sorted(opened.values(), key=lambda one: (one.code not in own, one.code))
    return render(request, "access/choose_county.html", {"counties": listed, "own": set(own), "next": back})


# ── the example county's door ─────


def door_county(request: HttpRequest) -> County | None:
    """The county whose people may be entered by a click from here, now; None everywhere else.

    The example flag is read from its row each time, the address from the connection itself.
    """
    county = getattr(request, "county", None)
    if not settings.EXAMPLE_DOOR or county is None:
        return None
    fresh = queries.county_now(county.code)
    open_here = door_is_open(
        switched_on=settings.EXAMPLE_DOOR,
        example=fresh is not None and fresh.is_example,
        address=request.META.get("REMOTE_ADDR", ""),
        host=request.META.get("HTTP_HOST", "") or request.get_host(),
        headers=request.META,
    )
    return fresh if open_here else None


_ICONS = {
    "grid_worker": "worker",
    "grid_head": "worker",
    "leader": "chart",
    "admin": "key",
    "rider": "send",
    "merchant": "building",
}


def guests() -> list[dict[str, str]]:
    """The example county's people as buttons: who they are and what they can do."""
    found = []
    roles = queries.roles()
    for one in queries.example_people():
        first = next((held for held in one.held if held.role in roles), None)
        role = roles[first.role] if first else roles["resident"]
        found.append(
            {
                "key": str(one.account),
                "name": one.name or str(role.name),
                "role": queries.describe(first) if first else str(role.name),
                "text": str(role.policy),
                "icon": _ICONS.get(role.code, "users" if role.staff else "user"),
            }
        )
    return found


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def door(request: HttpRequest) -> HttpResponse:
    """One click lets a visitor of the example county in as one of its people. Elsewhere this page does
    not exist.
    """
    county = door_county(request)
    if county is None:
        raise NotFound(_("没有这个页面。"))
    if request.method != "POST":
        return render(request, "access/door.html")
    wanted = [one for one in queries.example_people() if str(one.account) == request.POST.get("key")]
    if not wanted:
        raise NotFound(_("示例县没有这个人。"))
    account, now = queries.account(wanted[0].account), clock.now()
    login(request, account, backend="django.contrib.auth.backends.ModelBackend")
    request.session["seen"] = int(now.timestamp())
    request.session["door"] = county.code
    request.session["county"] = county.code
    actor = queries.actor_of(account.pk, county.code, wanted[0].person)
    actions.signed_in(account=account, by=actor, now=now, second_factor=False)
    inside = redirect("cases:desk" if queries.is_staff(actor) else "portal:home")
    inside.delete_cookie("mulin_large")  # whoever was let in before him may have read large print
    show_as(inside, people.person(wanted[0].person))
    return inside


# ── who holds what ─────


def _reader(request: HttpRequest) -> Actor:
    return admitted(request, may_see_grants, _("权限由管理员和社区、街道、县级工作人员管理。"))


@require_safe
def grants(request: HttpRequest) -> HttpResponse:
    """Who holds what below my territory, newest first."""
    actor = _reader(request)
    form = GrantFilter(request.GET or None)
    told = form.cleaned_data if form.is_bound and form.is_valid() else {}
    page = queries.grants_page(
        actor, role=told.get("role", ""), ended=bool(told.get("ended")), at=request.GET.get("at", "")
    )
    context = {
        "form": form,
        "lines": _endable(page.rows, actor),
        **page.links(request.GET.dict()),
        "roles": queries.roles(),
    }
    return render(
        request, "access/grants.html", context, status=422 if form.is_bound and form.errors else 200
    )


def _endable(lines: list[dict[str, Any]], actor: Actor) -> list[dict[str, Any]]:
    """Lines of grants, each with whether the actor may end it."""
    for line in lines:
        row = line["grant"]
        line["may_end"] = row.ended_on is None and may_end_grant(actor, row.role, path=row.path)
    return lines


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def give(request: HttpRequest, person: UUID) -> HttpResponse:
    """Give somebody a role: choose the role, then the place (step by step down the tree) or the unit."""
    actor = _reader(request)
    if not offers(actor):
        raise NotAllowed(_("您不能授予权限。"))
    who = people.person(person)
    problem = ""
    if request.method == "POST":
        told = {field: _uuid(request.POST.get(field, "")) for field in ("division", "grid", "unit")}
        try:
            actions.grant(person=who.pk, role=request.POST.get("role", ""), by=actor, now=clock.now(), **told)
        except NotFound as refused:
            problem = str(refused.message)
        except Refused as refused:
            if refused.status == 403:
                raise
            problem = str(refused.message)
        else:
            messages.success(request, _("已授予。对方下一次点击就生效。"))
            return redirect("people:person", key=who.pk)
    offered = [role for role in queries.roles().values() if role.code in offers(actor)]
    role = next((one for one in offered if one.code == (request.POST or request.GET).get("role")), None)
    context = {"who": who, "offered": offered, "role": role, "problem": problem}
    if role is not None:
        context |= _places(actor, role, _uuid(request.GET.get("at", "")))
    return render(request, "access/give.html", context, status=422 if problem else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def grid(request: HttpRequest, grid: UUID) -> HttpResponse:
    """Who serves a grid, with the right that goes with it: one act posts somebody and lets him see the grid's cases; its
    end (access:end) takes both back."""
    actor = _reader(request)
    row = territory.grid(grid)
    roles = [
        role
        for role in queries.roles().values()
        if role.binds == "grid" and may_grant(actor, role.code, path=row.path)
    ]
    if not roles:
        raise NotAllowed(_("您不能在这个网格安排人。"))
    lines = _endable(queries.grants_on(row.path), actor)
    able = {line["grant"].person_id for line in lines}
    today = clock.local_day(clock.now())
    unable = [one for one in territory.postings_of_grid(row.pk, on=today) if one["person"] not in able]
    if "off" in request.POST:
        gone = next((one["person"] for one in unable if str(one["person"]) == request.POST["off"]), None)
        if gone is None:
            raise NotFound(_("他不在这个网格，或者权限还在：请用“离岗，收回权限”。"))
        territory_actions.end_posting(person=gone, grid=row.pk, on=today, by=actor, now=clock.now())
        messages.success(request, _("已登记离岗。"))
        return redirect("access:grid", grid=row.pk)
    form = GridPost(request.POST if request.method == "POST" else None, roles=roles)
    if form.is_bound and form.is_valid():
        told = form.cleaned_data
        try:
            who = people.colleague(told["person"])
            actions.grant(person=who.pk, role=told["role"], grid=row.pk, by=actor, now=clock.now())
        except Refused as refused:
            if refused.status in (403, 404):
                raise
            refuse_into(form, refused)
        else:
            messages.success(request, _("已安排。对方下一次点击就生效。"))
            return redirect("access:grid", grid=row.pk)
    context = {
        "row": row,
        "form": form,
        "lines": lines,
        "unable": unable,
        "crumbs": [
            {"title": row.name, "url": reverse("territory:grid", args=[row.pk])},
            {"title": _("安排网格员、网格长"), "url": ""},
        ],
    }
    return render(request, "access/grid.html", context, status=422 if form.errors else 200)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _places(actor: Actor, role: Any, at: UUID | None) -> dict[str, Any]:
    """One level of the tree below ``at`` (or the actor's own top): what can be chosen here, what can
    be opened.
    """
    if role.binds == "none":
        return {}
    if role.binds.startswith("unit"):
        return {"units": list(people.organisations(kinds=role.kinds)[:500])}
    here = territory.division(at) if at else _top(actor, role.code)
    below = [
        one
        for one in territory.children(here.pk)
        if one.kind in ("subdistrict", "town", "community", "village")
    ]
    grids = (
        territory.grids_under(here.path, on=clock.local_day(clock.now()))
        if here.kind in ("community", "village")
        else []
    )
    choices = [one for one in [here, *below] if one.kind in role.kinds]
    opened = [one for one in below if role.binds == "grid" or one.kind in ("subdistrict", "town")]
    return {
        "here": here,
        "choices": choices,
        "opened": [] if role.code in ("admin", "county_clerk") else opened,
        "grids": grids if role.binds == "grid" else [],
    }


def _top(actor: Actor, role: str) -> Any:
    """The highest place over which the actor may give the role."""
    paths = [
        held.path
        for held in actor.held
        if held.path and role in grantable(actor, path=held.path, whole_county=False)
    ]
    found = territory.division_at_path(min(paths, key=len)) if paths else None
    if found is None:
        raise NotAllowed(_("您不能授予这个角色。"))
    return found


@require_POST
def end(request: HttpRequest, grant: UUID) -> HttpResponse:
    """Take a role back."""
    actor = _reader(request)
    row = queries.grant(actor, grant)
    actions.end_grant(grant=row.pk, by=actor, now=clock.now())
    messages.success(request, _("已收回，马上生效。"))
    return HttpResponseRedirect(_back(request, request.POST.get("next", ""), reverse("access:grants")))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def account(request: HttpRequest, person: UUID) -> HttpResponse:
    """Somebody's account: opened, reset, closed. A one-time password is shown here once and kept nowhere."""
    actor = _reader(request)
    if not may_open_accounts(actor):
        raise NotAllowed(_("您不能开通账号。"))
    who = people.person(person)
    own = queries.account_of(person)
    form = OpenAccount(request.POST if request.POST.get("action") == "open" else None)
    once = ""
    if request.method == "POST":
        now, action = clock.now(), request.POST.get("action")
        if action == "open":
            if form.is_valid():
                try:
                    own, once = actions.open_account(
                        username=form.cleaned_data["username"], person=who.pk, by=actor, now=now
                    )
                except NotAllowed:
                    raise
                except Refused as refused:
                    refuse_into(form, refused)
        elif own is None:
            raise NotFound(_("这个人还没有账号。"))
        elif action == "reset":
            once = actions.reset_password(account=own, by=actor, now=now)
        else:
            _change_account(request, action or "", own, actor)
            return redirect("access:account", person=who.pk)
    context = {
        "who": who, "account": own, "form": form, "once": once, "may_reset": may_reset_accounts(actor),
        "factor": queries.has_second_factor(own.pk) if own else False,
        "lines": _endable(queries.grants_of(person), actor),
    }  # fmt: skip
    return render(request, "access/account.html", context, status=422 if form.errors else 200)


def _change_account(request: HttpRequest, action: str, own: Any, actor: Actor) -> None:
    now = clock.now()
    if action == "factor":
        actions.remove_second_factor(account=own, by=actor, now=now)
        messages.success(request, _("已解除。对方下次登录时重新绑定动态口令。"))
    elif action == "close":
        actions.close_account(account=own, by=actor, now=now)
        messages.success(request, _("账号已停用。"))
    elif action == "reopen":
        actions.reopen_account(account=own, by=actor, now=now)
        messages.success(request, _("账号已恢复。"))
    else:
        raise Refused("action_unknown", _("没有这个操作。"))


@require_safe
def why(request: HttpRequest, kind: str, subject: UUID) -> HttpResponse:
    """Why can I see this? The roles and policies, in words, that open a subject to me."""
    actor = asking(request)
    find = hooks.subject_reach.get(kind)
    reach = find(actor, subject) if find else None
    if reach is None:
        raise NotFound(_("没有这一项，或者您看不到它。"))
    reasons = queries.why(actor, path=reach.get("path", ""), unit=reach.get("unit"), owner=reach.get("owner"))
    reasons += [str(words) for words in reach.get("reasons", ())]
    context = {"reasons": reasons, "title": reach.get("title", ""), "url": hooks.link(actor, kind, subject)}
    return render(request, "access/why.html", context)
