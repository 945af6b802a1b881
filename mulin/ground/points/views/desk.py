"""The counter's doors: finding and opening passbooks, rules, budgets, lists of old passbooks."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from mulin.ground.people import actions as people_acts
from mulin.ground.people import queries as people
from mulin.ground.points import actions, queries
from mulin.ground.points.forms import (
    BudgetForm,
    FindForm,
    OpenForm,
    OpeningForm,
    ReviewForm,
    RuleForm,
)
from mulin.ground.points.models import Account
from mulin.ground.points.permissions import (
    may_bring_in,
    may_keep_budgets,
    may_keep_rules,
    may_look,
    serves,
    serves_somewhere,
)
from mulin.ground.points.views.common import GET_POST
from mulin.ground.territory import queries as territory
from mulin.kernel import clock
from mulin.kernel.actor import Actor
from mulin.kernel.doors import admitted, attempt
from mulin.kernel.errors import NotFound, Refused


def _counter(request: HttpRequest) -> Actor:
    return admitted(request, serves_somewhere, _("由社区、街道和县级的工作人员办理积分存折。"))


@never_cache
@require_http_methods(GET_POST)
def desk(request: HttpRequest) -> HttpResponse:
    """Find a resident's passbook by his telephone or its number; open one, with a telephone or without."""
    actor, status = _counter(request), 200
    own = partial(serves, actor)
    find, fresh = FindForm(), OpenForm(serves=own)
    if request.method == "POST" and "said" in request.POST:
        find = FindForm(request.POST)
        done, status = attempt(find, lambda told: _find(actor, told["said"]))
        if done:
            return redirect("points:passbook", done.id)
    elif request.method == "POST":
        fresh = OpenForm(request.POST, serves=own)
        done, status = attempt(fresh, lambda told: _open(actor, **told))
        if done:
            messages.success(request, _("存折开好了，可以打印。"))
            return redirect("points:passbook", done.id)
    context = {
        "find": find,
        "fresh": fresh,
        "brings": may_bring_in(actor),
        "budgets": may_keep_budgets(actor),
        "looks": may_look(actor),
    }
    return render(request, "points/desk.html", context, status=status)


def _find(actor: Actor, said: str) -> Account:
    found = queries.found(actor, said)
    if found is None:
        raise Refused(
            "passbook_unknown", _("没有找到您辖区内的存折，请核对号码，或在下面开一本。"), field="said"
        )
    return found


def _open(actor: Actor, *, name: str, phone: str, path: str, family: bool) -> Account:
    if not serves(actor, path):
        raise Refused("passbook_place", _("请选自己辖区内的社区。"), field="path")
    now = clock.now()
    who = (
        people_acts.find_or_add(phone=phone, by=actor, now=now, name=name)
        if phone
        else people_acts.add_person(by=actor, now=now, name=name)
    )
    owner = queries.person(who.pk)
    if family:
        home = people.household_of(who.pk)
        if home is None:
            raise Refused("no_household", _("这个人还没有登记在一户里。"), field="family")
        owner = queries.household(home)
    there = queries.account_of(owner)
    if there is not None and not serves(actor, there.path):
        words = _("他在别的社区有过存折，请到那里的窗口办理，或由本人在手机上重新开。")
        raise Refused("passbook_elsewhere", words, field="phone")
    return actions.issue(by=actor, now=now, owner=owner, path=path)


@never_cache
@require_http_methods(GET_POST)
def rule_new(request: HttpRequest) -> HttpResponse:
    """A new rule, or (``?code=``) the next version of one, from a day on."""
    actor = admitted(request, may_keep_rules, _("积分规则由县级工作人员制定。"))
    code, day, status = request.GET.get("code", ""), clock.local_day(clock.now()), 200
    row = next((one for one in queries.rules_on(day) if one.rule.code == code), None)
    if code and row is None:
        raise NotFound(_("没有这条积分规则。"))
    version = row.versions[0] if row else None
    form = RuleForm(request.POST if request.method == "POST" else None, version=version, code=code)
    if form.is_bound:
        done, status = attempt(
            form, lambda told: actions.publish_rule(by=actor, now=clock.now(), **({"code": code} | told))
        )
        if done:
            messages.success(
                request, _("已公布，从 %(day)s 起执行。") % {"day": f"{done.effective_on:%Y-%m-%d}"}
            )
            return redirect("points:rules")
    return render(request, "points/rule_new.html", {"form": form, "row": row}, status=status)


@never_cache
@require_http_methods(GET_POST)
def budgets(request: HttpRequest) -> HttpResponse:
    """How many points each community may still award; more of them, with the basis."""
    actor = admitted(request, may_keep_budgets, _("积分预算由县级工作人员下达。"))
    form, status = BudgetForm(request.POST if request.method == "POST" else None), 200
    if form.is_bound:

        def act(_told: dict[str, Any]) -> UUID:
            told = form.told()
            place = territory.division_at_path(told["path"])
            if place is None:
                raise Refused("passbook_place", _("请选择社区。"), field="path")
            told["key"] = f"budget:{told['key']}"
            return actions.grant_budget(by=actor, now=clock.now(), division=place.id, **told)

        done, status = attempt(form, act)
        if done:
            messages.success(request, _("已下达。"))
            return redirect("points:budgets")
    rows = queries.budgets()
    names = territory.names_of_paths([row["path"] for row in rows])
    told = [{**row, "place": names.get(row["path"], ""), "used": row["given"] - row["left"]} for row in rows]
    return render(request, "points/budgets.html", {"form": form, "rows": told}, status=status)


@never_cache
@require_http_methods(GET_POST)
def openings(request: HttpRequest) -> HttpResponse:
    """Lists of old passbooks: entered by one, brought in by another."""
    actor, status = admitted(request, may_bring_in, _("由社区、街道或县级窗口转入历史存折。")), 200
    posted = request.method == "POST"
    form = OpeningForm(request.POST, request.FILES) if posted else OpeningForm()
    if posted:

        def act(told: dict[str, Any]) -> Any:
            file = told.pop("file")
            return actions.propose_opening(by=actor, now=clock.now(), file=file, name=file.name, **told)

        done, status = attempt(form, act)
        if done:
            messages.success(request, _("已录入，等另一位工作人员复核。"))
            if done.left_out:
                words = ngettext(
                    "有 %(n)d 行没有录入，写在下面。", "有 %(n)d 行没有录入，写在下面。", done.left_out
                )
                messages.warning(request, words % {"n": done.left_out})
            return redirect("points:opening", done.id)
    page = queries.openings(actor, at=request.GET.get("at", ""))
    names = territory.names_of_paths([row.path for row in page.rows])
    rows = [(row, names.get(row.path, "")) for row in page.rows]
    context = {"form": form, "rows": rows, **page.links()}
    return render(request, "points/openings.html", context, status=status)


@never_cache
@require_http_methods(GET_POST)
def opening(request: HttpRequest, key: UUID) -> HttpResponse:
    """One list: its rows, and for another person than its maker the decision."""
    actor, status = admitted(request, may_bring_in, _("由社区、街道或县级窗口转入历史存折。")), 200
    row = queries.opening(actor, key)
    form = ReviewForm(request.POST if request.method == "POST" else None)
    if form.is_bound:
        approve = request.POST.get("decide") == "approve"
        done, status = attempt(
            form,
            lambda told: actions.decide_opening(
                by=actor, now=clock.now(), opening=key, approve=approve, **told
            ),
        )
        if done:
            messages.success(request, _("已转入存折。") if approve else _("已退回。"))
            return redirect("points:opening", key)
    names = people.public_names([one for one in (row.entered_by, row.reviewed_by) if one])
    context = {
        "row": row,
        "rows": queries.opening_rows(key),
        "problems": queries.opening_problems(row),
        "names_until": queries.names_until(row),
        "form": form,
        "place": territory.name_of_path(row.path),
        "entered_by": names.get(row.entered_by, ""),
        "reviewed_by": names.get(row.reviewed_by, "") if row.reviewed_by else "",
        "may_decide": row.state == "proposed" and actor.person != row.entered_by,
        "crumbs": [
            {"title": _("历史存折"), "url": reverse("points:openings")},
            {"title": row.source, "url": ""},
        ],
    }
    return render(request, "points/opening.html", context, status=status)
