"""The calendar of dues: how many cases fall due on each day of a month or a week; a day opens its list."""

from __future__ import annotations

import calendar as months
import hashlib
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers, get_conditional_response, patch_cache_control
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from mulin.ground.access import queries as access
from mulin.ground.calendar import queries as calendar
from mulin.ground.territory import queries as territory
from mulin.kernel import clock
from mulin.kernel.actor import Actor
from mulin.kernel.county import county_scope
from mulin.kernel.errors import NotFound, Refused
from mulin.kernel.ids import is_token, read_public
from mulin.services.cases import queries
from mulin.services.cases.actions import feeds as actions
from mulin.services.cases.queries import Filters, dues
from mulin.services.cases.rules import ics
from mulin.services.cases.views.desk import staff
from mulin.services.cases.views.filters import address


@never_cache
@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """GET /desk/dues/?month=2026-11 or ?week=2026-11-26 [&whose=mine|unit]."""
    actor, now = staff(request), clock.now()
    today = clock.local_day(now)
    whose = request.GET.get("whose", "")
    whose = whose if whose in queries.WHOSE else ""
    week = "week" in request.GET
    first, last = _week(request.GET["week"], today) if week else _month(request.GET.get("month", ""), today)
    found = dues.days(actor, first, last, now, whose=whose, lines=week)
    keep = {"whose": whose} if whose else {}
    paths = {case.grid_path or case.place_path for one in found for case in one.cases}
    places = territory.names_of_paths(paths) if paths else {}
    context = {
        "first": first,
        "last": last,
        "week": week,
        "days": [_day(one, keep, today, places) for one in found],
        "lead": range(first.weekday()),
        "weekdays": calendar.WEEKDAY_NAMES,
        "total": sum(one.count for one in found),
        "provisional": any(one.provisional for one in found),
        "before": _link(first - timedelta(days=1), keep, week=week),
        "after": _link(last + timedelta(days=1), keep, week=week),
        "other": _link(today if first <= today <= last else first, keep, week=not week),
        "whose": [
            {
                "words": words,
                "value": value,
                "url": _link(first, {"whose": value} if value else {}, week=week),
                "chosen": value == whose,
            }
            for value, words in (("", _("看得到的全部")), *queries.WHOSE.items())
        ],
        "query": urlencode(keep),
        "chosen": queries.WHOSE.get(whose, _("看得到的全部")),
        "feed": dues.feed(actor.person) if actor.person else None,
        "late": reverse("cases:list") + address(Filters(due="overdue", sort="urgent", whose=whose)),
        "crumbs": _crumbs(),
    }
    return render(request, "cases/dues.html", context)


def _crumbs(*more: dict[str, str]) -> list[dict[str, str]]:
    own = {"title": _("到期日历"), "url": reverse("cases:dues") if more else ""}
    return [{"title": _("案件"), "url": reverse("cases:list")}, own, *more]


# ── on the phone's own calendar ─────


@never_cache
@require_safe
def download(request: HttpRequest) -> HttpResponse:
    """GET /desk/dues.ics [?whose=mine|unit]: what falls due as it stands now, as a file."""
    actor, whose = staff(request), request.GET.get("whose", "")
    answer = _calendar(request, actor, whose if whose in queries.WHOSE else "", clock.now())
    answer["Content-Disposition"] = 'attachment; filename="dues.ics"'
    return answer


@require_POST
def make_feed(request: HttpRequest) -> HttpResponse:
    """A secret address for the phone's calendar. The answer shows it, this once: it stands on no other page."""
    actor = staff(request)
    row, key = actions.make_feed(whose=request.POST.get("whose", ""), by=actor, now=clock.now())
    url = request.build_absolute_uri(reverse("cases:dues_feed", args=[key]))
    context = {
        "url": url,
        "webcal": "webcal:" + url.partition(":")[2],
        "whose": queries.WHOSE.get(row.whose, _("看得到的全部")),
        "crumbs": _crumbs({"title": _("订阅地址"), "url": ""}),
    }
    answer = render(request, "cases/dues_feed.html", context)
    add_never_cache_headers(answer)
    return answer


@require_POST
def end_feed(request: HttpRequest) -> HttpResponse:
    """The address gives nothing from now on."""
    actions.end_feed(by=staff(request), now=clock.now())
    messages.success(request, _("已停用，原来的订阅地址马上失效。"))
    return redirect("cases:dues")


@require_safe
def read_feed(request: HttpRequest, key: str) -> HttpResponse:
    """GET /dues/<key>.ics: a calendar program reads what falls due. No session: the key says of which county, and whose."""
    now, known = clock.now(), read_public(key[:60])
    try:
        if known is None or not is_token(known[1]) or known[0] not in access.counties():
            raise NotFound(_("这个订阅地址不能用了。"), code="no_feed")
        with county_scope(known[0]):
            address = str(request.address)  # type: ignore[attr-defined]
            feed, actor = actions.read_feed(key=known[1], address=address, now=now)
            answer = _calendar(request, actor, feed.whose, now)
    except Refused as refused:
        more = {"Retry-After": str(refused.wait)} if refused.wait else {}
        answer = HttpResponse(
            str(refused.message),
            status=refused.status,
            content_type="text/plain; charset=utf-8",
            headers=more,
        )
    patch_cache_control(answer, private=True, no_cache=True)
    return answer


def _calendar(request: HttpRequest, actor: Actor, whose: str, now: datetime) -> HttpResponse:
    """The calendar, or 304 where nothing of it has changed."""
    found = dues.coming(actor, now, whose=whose)
    told = [
        ics.Due(
            uid=f"case-{case.id}@{actor.county}.mulin",
            sequence=case.version,
            number=case.number,
            matter=str(case.matter.label) if case.matter is not None else "",
            at=case.due_at,
            url=request.build_absolute_uri(reverse("cases:detail", args=[case.id])),
        )
        for case in found
        if case.due_at is not None
    ]
    title = _("睦邻到期：%(whose)s") % {"whose": queries.WHOSE.get(whose, _("看得到的全部"))}
    mark = hashlib.sha256(repr((title, get_language(), told)).encode()).hexdigest()[:32]
    fresh = get_conditional_response(request, etag=f'"{mark}"')
    if fresh is not None:
        fresh["ETag"] = f'"{mark}"'
        return fresh
    return HttpResponse(
        ics.written(title, told, now=now),
        content_type="text/calendar; charset=utf-8",
        headers={"ETag": f'"{mark}"'},
    )


def _month(said: str, today: date) -> tuple[date, date]:
    first = clock.day_said(f"{said}-01", today).replace(day=1)
    return first, first.replace(day=months.monthrange(first.year, first.month)[1])


def _week(said: str, today: date) -> tuple[date, date]:
    day = clock.day_said(said, today)
    first = day - timedelta(days=day.weekday())
    return first, first + timedelta(days=6)


def _link(day: date, keep: dict[str, str], *, week: bool) -> str:
    told = {"week": day.isoformat()} if week else {"month": f"{day:%Y-%m}"}
    return f"?{urlencode({**told, **keep})}"


def _day(one: dues.Day, keep: dict[str, str], today: date, places: dict[str, str]) -> dict[str, Any]:
    tone = "bad" if one.day < today else "warn" if one.day <= today + timedelta(days=1) else "info"
    by = Filters(due_on=one.day, sort="urgent", whose=keep.get("whose", ""))
    return {
        "told": one,
        "weekday": calendar.WEEKDAY_NAMES[one.day.weekday()],
        "today": one.day == today,
        "tone": tone,
        "icon": {"bad": "warning", "warn": "clock"}.get(tone, "calendar"),
        "url": reverse("cases:list") + address(by),
        "more": one.count - len(one.cases),
        "lines": [
            {"case": case, "place": places.get(case.grid_path or case.place_path, "")} for case in one.cases
        ],
    }
