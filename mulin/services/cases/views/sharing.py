"""Matters that neighbours may see, and one button each: I met it too."""

from __future__ import annotations

import secrets
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from mulin.ground.territory import queries as territory
from mulin.kernel import clock
from mulin.kernel.errors import Refused
from mulin.kernel.secrets import keyed_hash
from mulin.services.cases import actions
from mulin.services.cases.queries import sharing
from mulin.services.cases.views.neighbour import address_of, is_large, who

COOKIE = "mulin_browser"
YEAR = 365 * 24 * 3600
MOST_LARGE = 1


@never_cache
@require_safe
def shared(request: HttpRequest) -> HttpResponse:
    """GET /me-too/[?area=PATH]: what others reported near by; in large print one at a time."""
    actor, area, large = who(request), request.GET.get("area", ""), is_large(request)
    places = territory.streets_and_communities()
    known = {path for _street, below in places for path, _name in below}
    found = sharing.shared_page(
        actor,
        visitor_of(request),
        clock.now(),
        path=area if area in known else "/",
        at=request.GET.get("at", ""),
        size=MOST_LARGE if large else 20,
    )
    keep = {"area": area} if area in known else {}
    context = {
        "met": request.GET.get("met") == "1",
        "rows": found.rows,
        "places": places,
        "area": area,
        **found.links(keep),
    }
    return render(request, "cases/shared.html", context)


@never_cache
@require_POST
def support(request: HttpRequest, id: UUID) -> HttpResponse:
    """POST /me-too/ID/: once per person, or per browser of a visitor."""
    token = request.COOKIES.get(COOKIE, "")[:60] or secrets.token_urlsafe(16)
    try:
        new = actions.support(
            case=id, visitor=_visitor(token), address=address_of(request), by=who(request), now=clock.now()
        )
    except Refused as refused:
        messages.warning(request, refused.message)
    else:
        messages.success(request, _("记下了，谢谢。") if new else _("您已经点过了，谢谢。"))
    area = request.POST.get("area", "")
    back = reverse("cases:shared") + (f"?{urlencode({'area': area})}" if area else "")
    response: HttpResponse = HttpResponseRedirect(back)
    if request.headers.get("HX-Request"):  # beside a report that is not needed any more: its draft goes
        response = HttpResponse(headers={"HX-Redirect": f"{reverse('cases:shared')}?met=1"})
    response.set_cookie(
        COOKIE, token, max_age=YEAR, httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
    )
    return response


def visitor_of(request: HttpRequest) -> str:
    """What is known of the browser that asks; '' of a new one."""
    return _visitor(request.COOKIES.get(COOKIE, ""))


def _visitor(token: str) -> str:
    """What is kept of a visitor's browser: a keyed hash of the token in its cookie."""
    return keyed_hash(f"support:{token[:60]}") if token else ""
