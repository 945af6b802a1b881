"""Doors to the reserve behind the points: all communities, one with its pledges, the rule that slows issuing."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from mulin.ground.points import actions
from mulin.ground.points.forms import EndPledgeForm, PaceForm, PledgeForm
from mulin.ground.points.permissions import may_keep_rules, may_pledge, serves, serves_somewhere
from mulin.ground.points.queries import reserve as queries
from mulin.ground.points.rules.fairness import SMALL
from mulin.ground.points.views.common import GET_POST
from mulin.ground.territory import queries as territory
from mulin.kernel import clock
from mulin.kernel.actor import Actor
from mulin.kernel.doors import admitted, asking, attempt
from mulin.kernel.errors import NotFound


@never_cache
@require_safe
def reserve(request: HttpRequest) -> HttpResponse:
    """GET /points/reserve/: what stands behind the points of each community. Open to everybody; nobody's points."""
    actor, now = asking(request), clock.now()
    day, found = clock.local_day(now), queries.covers(now)
    names = territory.names_of_paths([one.path for one in found])
    keys, paces = territory.keys_of_paths(names), queries.Paces()
    rows = [
        {
            "cover": one,
            "few": _few(actor, one),
            "place": names[one.path],
            "pace": paces.slowed(one.path, day),
            "key": keys[one.path],
        }
        for one in found
        if one.path in names
    ]
    context = {
        "rows": sorted(rows, key=lambda row: row["pace"] is None),
        "rule": queries.pace_rule_on(day),
        "keeps": may_keep_rules(actor),
        "base": "desk.html" if serves_somewhere(actor) else "neighbour.html",
    }
    return render(request, "points/reserve.html", context)


def _few(actor: Actor, cover: queries.Cover) -> bool:
    """Whether the sum of so few passbooks is kept from this reader."""
    return 0 < cover.books < SMALL and not serves(actor, cover.path)


@never_cache
@require_http_methods(GET_POST)
def community(request: HttpRequest, key: UUID) -> HttpResponse:
    """One community's reserve: goods, pledges, the months; its officers enter a pledge or end one (POST ``deed``)."""
    actor, now = asking(request), clock.now()
    place = territory.division(key)
    if place.kind not in ("community", "village"):
        raise NotFound(_("没有这个页面。"))
    enters, status = may_pledge(actor, place.path), 200
    forms: dict[str, Any] = {"enter": PledgeForm(), "end": EndPledgeForm()}
    ending = None
    if request.method == "POST":
        if actor.anonymous:
            return redirect_to_login(request.get_full_path())
        admitted(
            request,
            lambda who: may_pledge(who, place.path),
            _("兑付承诺由本社区、街道和县里的工作人员登记。"),
        )
        if request.POST.get("deed") == "end":
            ending = _pledge(request, place.path)
            forms["end"] = EndPledgeForm(request.POST)
            done, status = attempt(
                forms["end"], lambda told: actions.end_pledge(pledge=ending.id, by=actor, now=now, **told)
            )
            said = _("已结束，以后不再算。")
        else:
            forms["enter"] = PledgeForm(request.POST)
            done, status = attempt(
                forms["enter"], lambda told: actions.enter_pledge(path=place.path, by=actor, now=now, **told)
            )
            said = _("已登记，从那天起算进储备。")
        if done:
            messages.success(request, said)
            return redirect("points:community_reserve", key)
    found = queries.covers(now, place.path)
    day = clock.local_day(now)
    cover = found[0] if found else queries.Cover(place.path)
    few = _few(actor, cover)
    context = {
        "place": place,
        "cover": cover,
        "few": few,
        "goods": queries.goods_at(now, place.path),
        "pledges": queries.pledges_of(place.path, day),
        "months": [] if few else queries.months_of(place.path),
        "paces": queries.Paces().told(day, place.path),
        "rule": queries.pace_rule_on(day),
        "enters": enters,
        "forms": forms,
        "ending": ending,
        "base": "desk.html" if serves_somewhere(actor) else "neighbour.html",
        "crumbs": [
            {"title": _("积分储备"), "url": reverse("points:reserve")},
            {"title": place.name, "url": ""},
        ],
    }
    return render(request, "points/community_reserve.html", context, status=status)


def _pledge(request: HttpRequest, path: str) -> Any:
    """The pledge that a form names, of this community. Raises NotFound."""
    try:
        row = queries.pledge(path, UUID(request.POST.get("pledge", "")))
    except ValueError:
        row = None
    if row is None:
        raise NotFound(_("没有这条兑付承诺。"))
    return row


@never_cache
@require_http_methods(GET_POST)
def pace(request: HttpRequest) -> HttpResponse:
    """The rule that slows issuing: its versions, and a new one from a day on."""
    actor = admitted(request, may_keep_rules, _("积分规则由县级工作人员制定。"))
    rows, status = queries.pace_rules(), 200
    form = PaceForm(request.POST if request.method == "POST" else None, version=rows[0] if rows else None)
    if form.is_bound:
        done, status = attempt(form, lambda told: actions.publish_pace(by=actor, now=clock.now(), **told))
        if done:
            messages.success(
                request, _("已公布，从 %(day)s 起执行。") % {"day": f"{done.effective_on:%Y-%m-%d}"}
            )
            return redirect("points:pace")
    context = {
        "form": form,
        "rows": rows,
        "current": queries.pace_rule_on(clock.local_day(clock.now())),
        "crumbs": [
            {"title": _("积分储备"), "url": reverse("points:reserve")},
            {"title": _("储备不够时慢发"), "url": ""},
        ],
    }
    return render(request, "points/pace.html", context, status=status)
