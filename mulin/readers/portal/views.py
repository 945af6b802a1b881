"""The front door: home, telephone numbers, public figures, how the pages are shown, a sign of life; what a phone needs to
work without a network."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from mulin.kernel import clock
from mulin.kernel.doors import kept_on_phone
from mulin.kernel.errors import NotFound
from mulin.readers.portal import queries
from mulin.readers.portal.forms import CommunityChoice, Preferences
from mulin.readers.portal.rules import LARGE_COOKIE, NUMBERS

YEAR = 365 * 24 * 3600
DAYS_SHOWN = 30
WORKER_MINUTES = 10
"""A new version reaches a phone's worker so much later at most; files are named by what is in them: none is ever wrong."""
ICONS = (("icon-192", 192, "any"), ("icon-512", 512, "any"), ("maskable-512", 512, "maskable"))
"""Drawn from logo.svg by tools/icons.py: (name, pixels, purpose)."""


def is_large(request: HttpRequest) -> bool:
    """Whether this browser shows large print."""
    return request.COOKIES.get(LARGE_COOKIE) == "1"


@kept_on_phone
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Six tiles, or three big buttons in large print."""
    return render(request, "portal/home.html")


@require_safe
def call(request: HttpRequest) -> HttpResponse:
    """Large print's third button: whom to ring, and the way back to the standard pages."""
    return render(request, "portal/call.html")


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    """How to use it, what is kept about people, and what to do when a page is hard to use."""
    return render(request, "portal/about.html")


@require_safe
def emergency(request: HttpRequest) -> HttpResponse:
    """The national numbers; large print shows the three urgent ones and nothing else to press."""
    return render(request, "portal/emergency.html", {"numbers": NUMBERS})


@require_safe
def grid_worker(request: HttpRequest) -> HttpResponse:
    """Choose a community, then see its grids with the worker's public name and work telephone."""
    communities = queries.communities()
    form = CommunityChoice(request.GET if "community" in request.GET else None, choices=communities)
    chosen = form.cleaned_data["community"] if form.is_bound and form.is_valid() else ""
    contacts = queries.contacts(chosen, on=clock.local_day(clock.now())) if chosen else []
    narrowed = [one for one in contacts if one["code"] == request.GET.get("grid")]
    context = {
        "form": form,
        "communities": communities,
        "community": dict(communities).get(chosen, ""),
        "chosen": chosen,
        "contacts": narrowed or contacts,
    }
    return render(request, "portal/grid_worker.html", context)


@require_safe
def open_figures(request: HttpRequest) -> HttpResponse:
    """Figures of the last thirty days on what people reported. No person and no place is shown."""
    today = clock.local_day(clock.now())
    start, end = today - timedelta(days=DAYS_SHOWN), today + timedelta(days=1)
    shown = queries.public_figures(start, end)
    for figure in shown if not is_large(request) else ():
        figure["url"] = reverse("portal:open_rows", args=[figure["code"]])
    return render(request, "portal/open_figures.html", {"figures": shown, "start": start, "end": today})


@require_safe
def open_rows(request: HttpRequest, code: str) -> HttpResponse:
    """The cases behind a public figure: community, days, state. No word of a report."""
    today = clock.local_day(clock.now())
    start, end = today - timedelta(days=DAYS_SHOWN), today + timedelta(days=1)
    found = queries.public_rows(code, start, end, at=request.GET.get("at", ""))
    if found is None:
        raise NotFound(_("没有这个公开的数字"))
    shown, total = found
    context = {
        "figure": next(one for one in queries.public_figures(start, end) if one["code"] == code),
        "rows": shown.rows,
        "total": total,
        **shown.links(),
        "start": start,
        "end": today,
    }
    return render(request, "portal/open_rows.html", context)


@csrf_exempt  # only how this browser shows pages; without tokens a page is the same bytes for everybody
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    """Large print and language, kept in two cookies; goes back to the page it came from, on this site."""
    if request.method != "POST":
        now_shown = {
            "large": "1" if is_large(request) else "0",
            "lang": get_language() or settings.LANGUAGE_CODE,
        }
        form = Preferences(initial=now_shown | {"next": request.GET.get("next", "")})
        return render(request, "portal/preferences.html", {"form": form})
    form = Preferences(request.POST)
    if not form.is_valid():
        return render(request, "portal/preferences.html", {"form": form}, status=422)
    response = HttpResponseRedirect(_back(request, form.cleaned_data["next"]))
    for cookie, value in (
        (LARGE_COOKIE, form.cleaned_data["large"]),
        (settings.LANGUAGE_COOKIE_NAME, form.cleaned_data["lang"]),
    ):
        if value:
            response.set_cookie(
                cookie,
                value,
                max_age=YEAR,
                samesite="Lax",
                httponly=True,
                secure=settings.SESSION_COOKIE_SECURE,
            )
    return response


def _back(request: HttpRequest, wanted: str) -> str:
    """``wanted`` if it is an address of this site, else the front door."""
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if wanted.startswith("/") and safe else reverse("portal:home")


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 while the database answers, 503 otherwise; for the service manager, not for people."""
    try:
        with connection.cursor() as cursor:  # sql: asks the database whether it answers, no table
            cursor.execute("SELECT 1")
    except Error:
        return JsonResponse({"status": "database unreachable"}, status=503)
    return JsonResponse({"status": "ok"})


# ── without a network ─────


@kept_on_phone
@never_cache
@require_safe
def waiting(request: HttpRequest) -> HttpResponse:
    """GET /waiting/: what this phone keeps until it can be sent; only the phone knows. Also shown where no network is."""
    return render(request, "portal/waiting.html")


@never_cache
@require_safe
def session(request: HttpRequest) -> JsonResponse:
    """GET /waiting/session: who is signed in here, in which county, and the token that a form needs; asked before the
    phone sends what it kept. ``account`` and ``county`` are '' for none."""
    actor, county = request.actor, request.county  # type: ignore[attr-defined]
    told = {
        "account": str(actor.account or ""),
        "county": str(county.code) if county is not None else "",
        "token": get_token(request),
    }
    return JsonResponse(told)


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """GET /sw.js: the service worker, at the root because it stands before every page. Another version of any file is
    another text, so that the browser takes the new one."""
    parts = ", ".join(f'"{static(f"mulin/js/{name}.js")}"' for name in ("queue", "worker"))
    version = getattr(staticfiles_storage, "manifest_hash", "")
    script = f"// {version}\nimportScripts({parts});\n"
    headers = {"Cache-Control": f"private, max-age={60 * WORKER_MINUTES}"}
    return HttpResponse(script, content_type="text/javascript; charset=utf-8", headers=headers)


@require_safe
def manifest(request: HttpRequest) -> JsonResponse:
    """GET /manifest.webmanifest: what a phone needs to put the site on its home screen, by the county's name."""
    county = request.county  # type: ignore[attr-defined]
    english = (get_language() or "").startswith("en")
    place = (county.name_en if english and county.name_en else county.name) if county is not None else ""
    told: dict[str, Any] = {
        "id": "/",
        "name": f"{_('睦邻')} · {place}" if place else str(_("睦邻")),
        "short_name": _("睦邻"),
        "lang": "en" if english else "zh-Hans",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#f8f5ef",
        "theme_color": "#0d5663",
        "icons": [
            {
                "src": static(f"mulin/icons/{name}.png"),
                "sizes": f"{size}x{size}",
                "type": "image/png",
                "purpose": purpose,
            }
            for name, size, purpose in ICONS
        ],
        "shortcuts": [
            {"name": _("我要报事"), "url": reverse("cases:report")},
            {"name": _("等着发的"), "url": reverse("portal:waiting")},
            {"name": _("工作台"), "url": reverse("cases:desk")},
        ],
    }
    response = JsonResponse(
        told, json_dumps_params={"ensure_ascii": False}, content_type="application/manifest+json"
    )
    response["Cache-Control"] = "private, max-age=3600"
    return response
