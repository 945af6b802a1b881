"""The door of the 12345 hotline's platform at /hotline/v1/: JSON in and out. No session, no cookie, no page."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from mulin.ground.systems import actions as systems
from mulin.ground.systems import queries as known
from mulin.kernel import clock
from mulin.kernel.actor import Actor
from mulin.kernel.county import county_scope
from mulin.kernel.errors import NotFound, Refused
from mulin.readers.hotline import actions
from mulin.readers.hotline.rules import JSON, MOST_BYTES, read_message, read_number
from mulin.services.cases.queries import hotline as read

Answer = Callable[..., dict[str, Any]]
READING = ("GET", "HEAD")


def _door(*methods: str, scope: str = known.HOTLINE) -> Callable[[Answer], Callable[..., HttpResponse]]:
    """A door for some methods: the county of the key, who has it, the answer or the refusal as JSON."""

    def opened(answer: Answer) -> Callable[..., HttpResponse]:
        @csrf_exempt
        @wraps(answer)
        def view(request: HttpRequest, **rest: str) -> HttpResponse:
            try:
                if request.method not in methods:
                    raise Refused("no_such_method", _("这个地址不能这样用。"), status=405)
                response: HttpResponse = _json(_inside(request, answer, scope, rest))
            except Refused as refused:
                response = _refused(refused)
                if refused.status == 405:
                    response["Allow"] = ", ".join(methods)
            if getattr(request, "replayed", False):
                response["Idempotent-Replayed"] = "true"
            add_never_cache_headers(response)
            return response

        return view

    return opened


def _json(told: dict[str, Any], status: int = 200, **headers: str) -> JsonResponse:
    return JsonResponse(told, status=status, json_dumps_params={"ensure_ascii": False}, headers=headers)


def _refused(refused: Refused) -> JsonResponse:
    told = {"code": refused.code, "message": str(refused.message), "field": refused.field}
    headers = {"Retry-After": str(refused.wait)} if refused.wait else {}
    return _json({"error": told}, 400 if refused.status == 422 else refused.status, **headers)


def _inside(request: HttpRequest, answer: Answer, scope: str, rest: dict[str, str]) -> dict[str, Any]:
    kind, _space, value = request.headers.get("Authorization", "").partition(" ")
    key, now = value.strip() if kind.lower() == "bearer" else "", clock.now()
    county = known.county_of(host=request.get_host(), hints=(known.county_of_key(key),))
    with county_scope(county):
        address = str(request.address)  # type: ignore[attr-defined]
        actor = systems.admit(key=key, scope=scope, address=address, now=now)
        return answer(request, actor, **rest)


@_door("POST")
def messages(request: HttpRequest, by: Actor) -> dict[str, Any]:
    """POST /hotline/v1/messages: an order, or what the hotline has to say of one."""
    if request.headers.get("Content-Type", "").partition(";")[0].strip().lower() != JSON:
        raise Refused("bad_type", _("Content-Type 要是 application/json。"), status=400)
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or len(length) > 9 or int(length) > MOST_BYTES:
        raise Refused("too_large", _("一条消息最多 256 KB。"), status=400)
    raw = request.body
    said = read_message(raw)
    told, again = actions.take(said=said, raw=raw.decode(), by=by, now=clock.now())
    request.replayed = again  # type: ignore[attr-defined]
    return told


@_door(*READING)
def changes(request: HttpRequest, by: Actor) -> dict[str, Any]:
    """GET /hotline/v1/changes?after=CURSOR&limit=N: what is new; whoever asks on after a change has it."""
    after = read_number("after", request.GET.get("after", ""), usual=0, least=0, most=10**15 - 1)
    most = read_number("limit", request.GET.get("limit", ""), usual=100, least=1, most=200)
    return actions.changes(after=after, most=most, by=by, now=clock.now())


@_door(*READING)
def order(request: HttpRequest, by: Actor, number: str) -> dict[str, Any]:
    """GET /hotline/v1/orders/NUMBER: where an order stands."""
    found = read.order(number.replace("\0", ""))
    if found is None:
        raise NotFound(_("没有这张工单。"), code="no_such_order")
    return read.standing(found)


@_door(*READING, "POST", scope="")
def elsewhere(request: HttpRequest, by: Actor, rest: str = "") -> dict[str, Any]:
    """Any other address below: an error, not a page."""
    raise NotFound(_("没有这个地址；可用的是 messages、changes 和 orders/工单编号。"), code="no_such_address")
