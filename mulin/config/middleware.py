"""What happens around every view: a number for the log, the county, who acts, and how a refusal looks.

SQL of a request before its view: none for a visitor without a session (the counties are kept for half a
minute); for somebody signed in four (session, account, his counties, his roles), for a
colleague five (for whom he stands in).
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.loader import select_template
from django.urls import Resolver404, resolve, reverse
from django.utils.cache import add_never_cache_headers
from django.utils.html import escape
from django.utils.translation import gettext as _

from mulin.config import logs
from mulin.ground.access import queries as access
from mulin.kernel import clock
from mulin.kernel.actor import Actor, visitor
from mulin.kernel.county import county_scope
from mulin.kernel.errors import Refused
from mulin.kernel.ids import read_public

GetResponse = Callable[[HttpRequest], HttpResponseBase]

COUNTY_CHOICE = "county"
SEEN = "seen"
SECOND_FACTOR = "second_factor"
DOOR = "door"
SEEN_EVERY_SECONDS = 60
MOST_BYTES = 256 << 20
"""Of one request: an import's table may have 200 MB."""

# ── a number for the log ─────

_SANE = re.compile(r"^[A-Za-z0-9._-]{8,64}$")


def _policy() -> str:
    """Content-Security-Policy: files of this site only; map tiles where they are configured."""
    tiles = urlsplit(settings.TILES_URL)
    host = f" {tiles.scheme}://{re.sub(r'^[^.]*[{][^.]*', '*', tiles.netloc)}" if tiles.netloc else ""
    return (
        f"default-src 'self'; img-src 'self' data: blob:{host}; media-src 'self' blob:; object-src 'none'; base-uri 'none'; "
        "frame-ancestors 'none'; form-action 'self'"
    )


def address_of(request: HttpRequest) -> str:
    """The caller's IP address; behind our own proxy, the one that this proxy saw."""
    if settings.BEHIND_PROXY:
        told = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")[-1].strip()
        if told:
            return str(told)
    return str(request.META.get("REMOTE_ADDR", ""))


def request_id(get_response: GetResponse) -> GetResponse:
    """``request.id`` and ``request.address``; the header X-Request-ID in and out; the page's security
    policy.
    """
    policy = _policy()

    def middleware(request: HttpRequest) -> HttpResponseBase:
        told = request.headers.get("X-Request-ID", "")
        request.id = told if _SANE.match(told) and logs.redacted(told) == told else secrets.token_hex(8)  # type: ignore[attr-defined]
        request.address = address_of(request)  # type: ignore[attr-defined]
        logs.request.set(request.id)  # type: ignore[attr-defined]  # stays: Django logs a 4xx after the last middleware
        response = get_response(request)
        response["X-Request-ID"] = request.id  # type: ignore[attr-defined]
        if not settings.DEBUG:
            response.headers.setdefault("Content-Security-Policy", policy)
        return response

    return middleware


# ── county and actor ─────

WITHOUT_COUNTY = {
    "healthz",
    "portal:healthz",
    "portal:preferences",
    "portal:emergency",
    "portal:about",
    "portal:waiting",
    "portal:worker",
    "portal:manifest",
    "access:choose_county",
    "api:docs",
}
OF_PROGRAMS = ("/open311/", "/hotline/", "/api/v1/", "/dues/")
"""Doors for other systems: no session, no person; each finds the county of a request itself."""
PAGES_THERE = ("/api/v1/docs", "/api/v1/docs/")
"""What among them is a page for people."""
ACCOUNT_PAGES = ("account_", "mfa_")
WHILE_PASSWORD = {
    "account_change_password",
    "account_reauthenticate",
    "account_logout",
    "portal:preferences",
    "healthz",
    "portal:healthz",
}
WHILE_FACTOR = WHILE_PASSWORD | {
    "mfa_activate_totp", "mfa_reauthenticate", "mfa_view_recovery_codes", "mfa_generate_recovery_codes",
    "mfa_download_recovery_codes",
}  # fmt: skip


def county_and_actor(get_response: GetResponse) -> GetResponse:
    """``request.county``, ``request.actor``, and the county's scope around the view and its streamed body."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(OF_PROGRAMS) and request.path_info not in PAGES_THERE:
            request.county, request.actor = None, Actor(county=0)  # type: ignore[attr-defined]
            return get_response(request)
        now = clock.now()
        account = request.user if request.user.is_authenticated else None
        persons = access.counties_of(account.pk) if account else {}
        code = _county_code(request, tuple(persons))
        request.county = access.counties().get(code) if code else None  # type: ignore[attr-defined]
        if code is None:
            request.actor = Actor(county=0, account=account.pk if account else None)  # type: ignore[attr-defined]
            barred = _no_county(request)
        else:
            today = clock.local_day(now)
            actor = (
                access.actor_of(account.pk, code, persons.get(code), on=today) if account else visitor(code)
            )
            request.actor = actor  # type: ignore[attr-defined]
            barred = None
        barred = _idle(request, now) or barred or _gate(request, now) or _must_sign_in(request)
        if barred is not None:
            return barred
        if code is None:
            return get_response(request)
        with county_scope(code):
            response = get_response(request)
        if response.streaming and not isinstance(response, FileResponse):
            response.streaming_content = streamed(code, iter(response.streaming_content))  # type: ignore[attr-defined]
        if account and not response.has_header("Cache-Control"):
            add_never_cache_headers(response)
        return response

    return middleware


def streamed(county: int, body: Iterator[bytes]) -> Iterator[bytes]:
    """A response body whose every piece is made inside the county: it is read after the view has returned."""
    while True:
        with county_scope(county):
            try:
                piece = next(body)
            except StopIteration:
                return
        yield piece


def _county_code(request: HttpRequest, own: tuple[int, ...]) -> int | None:
    """Host map > the receipt or code in the address > the session's choice > the account's only county > the
    only one opened.
    """
    opened = access.counties()
    of_host = access.county_of_host(request.get_host())
    if of_host is not None:
        return of_host
    parts = request.path_info.split("/")
    told = parts[2] if len(parts) > 2 and parts[1] in ("r", "p") else ""
    if parts[1:2] == ["files"]:  # the photos of a receipt's page carry the receipt
        told = request.GET.get("receipt", "")
    receipt = read_public(told) if told else None
    if receipt and receipt[0] in opened:
        return receipt[0]
    chosen = request.session.get(COUNTY_CHOICE)
    if chosen in opened:
        return int(chosen)
    if len(own) == 1 and own[0] in opened:
        return own[0]
    return next(iter(opened)) if len(opened) == 1 else None


def _name(request: HttpRequest) -> str:
    """The name of the address, '' for none."""
    try:
        return resolve(request.path_info).view_name
    except Resolver404:
        return ""


def _to(request: HttpRequest, url: str, *, status: int = 401, code: str = "sign_in") -> HttpResponse:
    """Send a browser elsewhere, htmx with its own header; tell a program why not."""
    if request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Redirect": url})
    if _wants_json(request):
        return JsonResponse({"code": code, "url": url}, status=status)
    return HttpResponseRedirect(url)


def _here(request: HttpRequest) -> str:
    """Where to come back to: this page, or for a form the page it stood on."""
    if request.method in ("GET", "HEAD"):
        return request.get_full_path()
    came = urlsplit(request.headers.get("Referer", ""))
    return came.path + (f"?{came.query}" if came.query else "") if came.netloc == request.get_host() else "/"


def _no_county(request: HttpRequest) -> HttpResponse | None:
    """No county yet: the chooser, or how to open one. Pages that need none pass."""
    name = _name(request)
    if name in WITHOUT_COUNTY or (name.startswith(ACCOUNT_PAGES) and access.counties()):
        return None
    if not access.counties():
        if _wants_json(request):
            return JsonResponse({"code": "no_county"}, status=503)
        return render(request, "access/no_county.html", status=503)
    url = f"{reverse('access:choose_county')}?{urlencode({'next': _here(request)})}"
    return _to(request, url, status=409, code="choose_county")


def _idle(request: HttpRequest, now: datetime) -> HttpResponse | None:
    """Sign out who rested too long; otherwise remember this click, at most once a minute."""
    account, actor = request.user, request.actor  # type: ignore[attr-defined]
    if not account.is_authenticated:
        return None
    kept = request.session.get(SEEN)
    seen = datetime.fromtimestamp(kept, tz=clock.CHINA) if kept else account.last_login
    on_duty = access.is_staff(actor) or account.is_staff
    minutes = settings.IDLE_MINUTES if on_duty else settings.IDLE_MINUTES_RESIDENT
    if kept and access.is_idle(seen=seen, now=now, minutes=minutes):
        logout(request)
        request.actor = visitor(actor.county)  # type: ignore[attr-defined]
        words = _("太久没有操作，已经自动退出。请重新登录，您写的内容还在这台设备上。")
        messages.info(request, words)
        if on_duty:
            return _to(request, f"{reverse('account_login')}?{urlencode({'next': _here(request)})}")
        return None
    if seen is None or abs((now - seen).total_seconds()) >= SEEN_EVERY_SECONDS:
        request.session[SEEN] = int(now.timestamp())
    return None


def _gate(request: HttpRequest, now: datetime) -> HttpResponse | None:
    """A one-time or outlived password, or a missing second factor, comes before anything else."""
    account, actor = request.user, request.actor  # type: ignore[attr-defined]
    if not account.is_authenticated or came_by_door(request):
        return None
    old = access.password_is_old(
        changed_at=account.password_changed_at or account.created_at,
        now=now,
        days=settings.PASSWORD_MAX_AGE_DAYS,
    )
    if (account.must_change_password or old) and account.has_usable_password():
        if _name(request) not in WHILE_PASSWORD:
            return _to(request, reverse("account_change_password"), status=403, code="change_password")
        return None
    if not settings.STAFF_NEED_MFA or not (access.needs_mfa(actor) or account.is_staff):
        return None
    if request.session.get(SECOND_FACTOR):
        return None
    if access.has_second_factor(account.pk):
        request.session[SECOND_FACTOR] = True
        return None
    if _name(request) not in WHILE_FACTOR:
        return _to(request, reverse("mfa_activate_totp"), status=403, code="enrol_second_factor")
    return None


def came_by_door(request: HttpRequest) -> bool:
    """Whether this session was opened by a click on the example county's door (no password, no second
    factor).
    """
    county = request.county  # type: ignore[attr-defined]
    return bool(
        settings.EXAMPLE_DOOR
        and county is not None
        and county.is_example
        and request.session.get(DOOR) == county.code
        and request.user.get_username().startswith(access.EXAMPLE_PREFIX)
    )


def _must_sign_in(request: HttpRequest) -> HttpResponse | None:
    """The desk is for those who signed in. Every address below it answers a stranger alike, those that
    do not exist too.
    """
    if not request.path_info.startswith(("/desk/", "/admin/")) or request.user.is_authenticated:
        return None
    return _to(request, f"{reverse('account_login')}?{urlencode({'next': _here(request)})}")


# ── refusals ─────


def _wants_json(request: HttpRequest) -> bool:
    accepted = request.headers.get("Accept", "")
    return "json" in accepted and "text/html" not in accepted


def refusal(request: HttpRequest, refused: Refused) -> HttpResponse:
    """A refusal in the form that was asked for: JSON, a fragment for htmx, a page."""
    headers = {"Retry-After": str(refused.wait)} if refused.wait else {}
    if _wants_json(request):
        told = {"code": refused.code, "message": str(refused.message), "field": refused.field}
        plain = {"ensure_ascii": False}
        return JsonResponse(told, status=refused.status, json_dumps_params=plain, headers=headers)
    if request.headers.get("HX-Request"):
        fragment = f'<div class="alert alert-bad" role="alert">{escape(refused.message)}</div>'
        return HttpResponse(fragment, status=refused.status, headers=headers)
    page = select_template([f"errors/{refused.status}.html", "errors/422.html"])
    told = {"message": refused.message, "code": refused.code}
    return HttpResponse(page.render(told, request), status=refused.status, headers=headers)


def refusals(get_response: GetResponse) -> GetResponse:
    """Turns a Refused that no view caught into an answer. Everything else crashes loudly.

    A body that no form of ours can have is refused unread: what is read lies on the disk until it was looked at.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        told = request.META.get("CONTENT_LENGTH") or ""
        if len(told) > 12 or (told.isdecimal() and int(told) > MOST_BYTES):
            return refusal(request, Refused("too_big", _("发来的文件太大，没有收下。"), status=413))
        return get_response(request)

    def process_exception(request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return refusal(request, exception) if isinstance(exception, Refused) else None

    handler: Any = middleware
    handler.process_exception = process_exception
    return middleware
