"""GeoReport v2 at /open311/v2/: the door for programs that know it from other places. No session, no cookie, no page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from mulin.ground.systems import actions as systems
from mulin.ground.systems import queries as known
from mulin.kernel import clock
from mulin.kernel.actor import Actor, visitor
from mulin.kernel.county import county_scope
from mulin.kernel.errors import NotFound, Refused
from mulin.kernel.ids import read_public
from mulin.readers.open311 import actions, queries
from mulin.readers.open311.rules import CONTENT, Form, check_kind, read_form, written

READING = ("GET", "HEAD")
Answer = Callable[..., Any]


def _door(root: str, **by_method: Answer) -> Callable[..., HttpResponse]:
    """A door of GeoReport v2: the county, who asks, the answer in the format of the address, refusals as its errors.

    ``root``: the answer's outermost element; ``get`` and ``post`` make it inside the county: (request, actor, rest of
    the address) → value.
    """
    allowed = [*(READING if "get" in by_method else ()), *(["POST"] if "post" in by_method else ())]

    @csrf_exempt
    def view(request: HttpRequest, form: str, **rest: str) -> HttpResponse:
        try:
            if request.method not in allowed:
                raise Refused("no_such_method", _("这个地址不能这样用。"), status=405)
            make = by_method["post" if request.method == "POST" else "get"]
            response = HttpResponse(written(root, make(request, **rest), form), content_type=CONTENT[form])
        except Refused as refused:
            response = _refused(refused, form)
            if refused.status == 405:
                response["Allow"] = ", ".join(allowed)
        if getattr(request, "replayed", False):
            response["Idempotent-Replayed"] = "true"
        add_never_cache_headers(response)
        return response

    return view


def _refused(refused: Refused, form: str) -> HttpResponse:
    """The error array of the spec. What a page would answer 422 to is a 400 here."""
    status = 400 if refused.status == 422 else refused.status
    errors = [{"code": status, "description": str(refused.message)}]
    headers = {"Retry-After": str(refused.wait)} if refused.wait else {}
    return HttpResponse(
        written("errors", errors, form), status=status, content_type=CONTENT[form], headers=headers
    )


# ── who asks, and in which county ─────


def _key(request: HttpRequest, told: str) -> str:
    """The key of a request: in its header, else as the spec has it in an argument."""
    kind, _space, value = request.headers.get("Authorization", "").partition(" ")
    return value.strip() if kind.lower() == "bearer" and value.strip() else told


def _inside(
    request: HttpRequest,
    answer: Callable[[Actor], Any],
    *,
    told: Mapping[str, str],
    number: str = "",
    scope: str = "",
    needs_key: bool = False,
) -> Any:
    """Make the answer in the county that the request means, for the system whose key it has, or for a visitor."""
    key, now = _key(request, told.get("api_key", "")), clock.now()
    address = str(request.address)  # type: ignore[attr-defined]
    of_number = read_public(number[:60]) if number else None
    county = known.county_of(
        host=request.get_host(),
        told=told.get("jurisdiction_id", ""),
        hints=(known.county_of_key(key), of_number[0] if of_number else None),
    )
    with county_scope(county):
        if key or needs_key:
            return answer(systems.admit(key=key, scope=scope, address=address, now=now))
        systems.admit_visitor(address=address, now=now)
        return answer(visitor(county))


def _plain(request: HttpRequest) -> dict[str, str]:
    """The arguments of an address; of one that is said twice the last."""
    said = {name: values[-1].strip() for name, values in request.GET.lists() if values}
    return {name: value for name, value in said.items() if value}


def _lists(request: HttpRequest) -> dict[str, list[str]]:
    """The same as lists: said several times, or with commas; a time has none, so it is left whole."""
    return {
        name: [part for value in values for one in value.split(",") if (part := one.strip())]
        for name, values in request.GET.lists()
    }


# ── the methods ─────


def _discovery(request: HttpRequest) -> Any:
    endpoint = request.build_absolute_uri("/open311/v2")
    site = request.build_absolute_uri(reverse("home"))
    return _inside(request, lambda _actor: queries.discovery(endpoint, site), told=_plain(request))


def _services(request: HttpRequest) -> Any:
    told = _plain(request)
    return _inside(
        request, lambda _actor: [queries.listed(one) for one in queries.services().values()], told=told
    )


def _service(request: HttpRequest, code: str) -> Any:
    return _inside(request, lambda _actor: queries.defined(queries.service(code)), told=_plain(request))


def _requests(request: HttpRequest) -> Any:
    told, now = _lists(request), clock.now()
    first = (told.get("service_request_id") or [""])[0]
    return _inside(
        request, lambda actor: queries.requests(actor, told, now), told=_plain(request), number=first
    )


def _request(request: HttpRequest, number: str) -> Any:
    now = clock.now()
    return _inside(
        request, lambda actor: queries.request(actor, number, now), told=_plain(request), number=number
    )


def _token(request: HttpRequest, number: str) -> Any:
    now = clock.now()
    return _inside(
        request, lambda actor: queries.token(actor, number, now), told=_plain(request), number=number
    )


def _report(request: HttpRequest) -> Any:
    check_kind(request.headers.get("Content-Type", ""), request.META.get("CONTENT_LENGTH") or "0")
    raw = request.body
    form = read_form(raw)
    key = request.headers.get("Idempotency-Key", "").strip()

    def answer(actor: Actor) -> Any:
        told, again = _taken(form, raw, key, actor)
        request.replayed = again  # type: ignore[attr-defined]
        return [told]

    return _inside(request, answer, told=_plain(request) | form.fields, scope=known.REPORT, needs_key=True)


def _taken(form: Form, raw: bytes, key: str, actor: Actor) -> tuple[dict[str, Any], bool]:
    return actions.take(form=form, raw=raw.decode(), key=key, by=actor, now=clock.now())


def _nothing(request: HttpRequest, **rest: str) -> Any:
    raise NotFound(_("没有这个地址；可用的见 discovery.xml 或 discovery.json。"))


discovery = _door("discovery", get=_discovery)
services = _door("services", get=_services)
service = _door("service_definition", get=_service)
requests = _door("service_requests", get=_requests, post=_report)
request = _door("service_requests", get=_request)
token = _door("service_requests", get=_token)
_elsewhere = _door("errors", get=_nothing, post=_nothing)


@csrf_exempt
def elsewhere(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Any other address below: an error of the spec, not a page."""
    return _elsewhere(request, form="json" if rest.endswith(".json") else "xml")
