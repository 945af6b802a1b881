"""The one place where django-ninja meets this house: the county, the key, the body, refusals in one shape.

An operation is declared with ``route``, which also says what its key must be let do; ``opened`` wraps the view that
django-ninja made of it. Nothing is read before the key is known, and nothing that the description does not name is taken.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, TypeVar

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.parser import Parser
from ninja.renderers import JSONRenderer

from mulin.ground.systems import actions as systems
from mulin.ground.systems import queries as known
from mulin.kernel import clock
from mulin.kernel.actor import Actor, visitor
from mulin.kernel.county import county_scope, current_county
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from mulin.kernel.ids import read_public
from mulin.readers.api.actions import Outdated
from mulin.readers.api.queries.document import RULE
from mulin.readers.api.rules.reading import check_body, read_json

ROOT: Final = "api/v1"
View = TypeVar("View", bound=Callable[..., Any])


class Readable(JSONRenderer):
    """Writes Chinese as it is read."""

    json_dumps_params = {"ensure_ascii": False}


class Strict(Parser):
    """Reads bodies by ``rules.reading``."""

    def parse_body(self, request: HttpRequest) -> Any:
        return read_json(request.body)


api = NinjaAPI(
    title="mulin",
    version="1.0",
    urls_namespace="api",
    openapi_url=None,
    docs_url=None,
    parser=Strict(),
    renderer=Readable(),
)


@dataclass(frozen=True)
class Rule:
    """``scope``: what the key must be let do, '' for nothing beyond a key; ``open``: a visitor without a key may too."""

    scope: str
    open: bool


RULES: dict[str, dict[str, Rule]] = {}
"""Address of an operation → method → its rule."""


def route(
    address: str,
    *,
    name: str,
    answer: Any,
    tag: str,
    summary: str,
    words: str,
    scope: str = "",
    open: bool = False,
    method: str = "GET",
    status: int = 200,
    media: tuple[str, ...] = (),
) -> Callable[[View], View]:
    """Declare an operation of the API: the function takes (request, its parameters) and gives what ``answer`` says.

    ``name``: of the operation and its address; ``tag``, ``summary``, ``words``: Chinese, marked for translation; ``media``:
    what it answers with instead of JSON.
    """
    RULES.setdefault(address, {})[method] = Rule(scope, open)
    rule: dict[str, Any] = {"scope": scope, "key": "optional" if open else "needed", "media": list(media)}
    return api.api_operation(
        [method], address, response={status: answer}, operation_id=name, url_name=name, tags=[tag],
        summary=summary, description=words, by_alias=True, openapi_extra={RULE: rule},
    )  # fmt: skip


# ── the door ─────


def patterns() -> list[URLPattern]:
    """The addresses of every declared operation, each behind ``opened``."""
    found: dict[str, URLPattern] = {}
    for one in api.urls[0]:
        assert isinstance(one, URLPattern) and one.callback is not None
        plain = str(one.pattern)
        address = "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", plain)
        if address in RULES:
            found.setdefault(plain, path(f"{ROOT}/{plain}", opened(one.callback, address), name=one.name))
    return list(found.values())


def opened(view: Callable[..., HttpResponse], address: str) -> Callable[..., HttpResponseBase]:
    """A view of django-ninja's as the house opens it."""
    rules = RULES[address]
    allowed = sorted({*rules, *(["HEAD"] if "GET" in rules else [])})

    def answer(request: HttpRequest, **rest: Any) -> HttpResponseBase:
        if request.method not in allowed:
            raise Refused("no_such_method", _("这个地址不能这样用。"), status=405)
        method = "GET" if request.method == "HEAD" else str(request.method)
        rule = rules[method]
        _only_named(request, address, method)
        with county_scope(_county(request, rule, rest)):
            request.actor = _who(request, rule)  # type: ignore[attr-defined]
            if method == "POST":
                _read(request)
            request.method = method
            return view(request, **rest)

    @csrf_exempt
    def outer(request: HttpRequest, **rest: Any) -> HttpResponseBase:
        try:
            response = answer(request, **rest)
        except Refused as refused:
            response = refusal(request, refused)
            if refused.status == 405:
                response["Allow"] = ", ".join(allowed)
        if getattr(request, "replayed", False):
            response["Idempotent-Replayed"] = "true"
        add_never_cache_headers(response)
        return response

    return outer


@cache
def named() -> dict[tuple[str, str], frozenset[str]]:
    """The parameters of each operation's address, as the description names them."""
    paths = api.get_openapi_schema(path_prefix="/")["paths"]
    return {
        (address, method.upper()): frozenset(
            one["name"] for one in told["parameters"] if one["in"] == "query"
        )
        for address, methods in paths.items()
        for method, told in methods.items()
    }


def _only_named(request: HttpRequest, address: str, method: str) -> None:
    """Refuse parameters that the operation does not have, and those that are said twice."""
    strange = set(request.GET) - named()[address, method]
    twice = {name for name, values in request.GET.lists() if len(values) > 1} - strange
    if strange or twice:
        wrong = dict.fromkeys(strange, _("没有这个参数。")) | dict.fromkeys(twice, _("只能写一次。"))
        raise BadFields(wrong)


def _key(request: HttpRequest) -> str:
    kind, _space, value = request.headers.get("Authorization", "").partition(" ")
    return value.strip() if kind.lower() == "bearer" else ""


def _county(request: HttpRequest, rule: Rule, rest: dict[str, Any]) -> int:
    """The county that the request means; who needs a key and has none is told that first."""
    number = read_public(str(rest.get("number", ""))[:60])
    told = request.GET.get("county", "")
    hints = (known.county_of_key(_key(request)), number[0] if number else None)
    try:
        return known.county_of(host=request.get_host(), told=told, hints=hints)
    except Refused as refused:
        if refused.code != "no_county":
            raise
        if not rule.open:
            raise NotAllowed(_("没有密钥，或者密钥不对、已经停用。"), code="bad_key") from refused
        words = _("请写明是哪个县：带上密钥，或者用参数 county 写六位行政区划代码。")
        raise Refused("no_county", words, field="county", status=400) from refused


def _who(request: HttpRequest, rule: Rule) -> Actor:
    """Who asks, counted. A wrong key is refused where none is needed, too."""
    address, now = str(request.address), clock.now()  # type: ignore[attr-defined]
    given = "Authorization" in request.headers
    if rule.open and not given:
        systems.admit_visitor(address=address, now=now)
        return visitor(current_county())
    return systems.admit(key=_key(request), scope=rule.scope, address=address, now=now)


def _read(request: HttpRequest) -> None:
    """Read the body, which with photos may be larger than a form's. Refused (400) where it breaks off."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    check_body(kind=request.headers.get("Content-Type", ""), length=length)
    try:
        request._body = request.read(int(length))
    except OSError as broken:
        raise Refused("broken_off", _("请求没有发完。"), status=400) from broken


# ── refusals in one shape ─────


class BadFields(Refused):
    """What was sent is wrong in some places: field → what about it (422)."""

    def __init__(self, wrong: dict[str, str]) -> None:
        words = ngettext("有 %(n)d 项不对。", "有 %(n)d 项不对。", len(wrong)) % {"n": len(wrong)}
        super().__init__("bad_fields", words, field=next(iter(wrong)))
        self.wrong = wrong


def refusal(request: HttpRequest, refused: Refused) -> HttpResponse:
    """A refusal as JSON, in the language asked for."""
    status = 401 if refused.code == "bad_key" else refused.status
    fields = {refused.field: str(refused.message)} if refused.field else {}
    told: dict[str, Any] = {
        "code": refused.code,
        "message": str(refused.message),
        "fields": refused.wrong if isinstance(refused, BadFields) else fields,
        "request_id": str(request.id),  # type: ignore[attr-defined]
    }
    if isinstance(refused, Outdated):
        told |= {"version": refused.version, "given": refused.given}
    response = JsonResponse(told, status=status, json_dumps_params={"ensure_ascii": False})
    if status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="mulin"'
    if refused.wait:
        response["Retry-After"] = str(refused.wait)
    return response


@api.exception_handler(Refused)
def _refused(request: HttpRequest, refused: Refused) -> HttpResponse:
    return refusal(request, refused)


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, invalid: ValidationError) -> HttpResponse:
    """What the shapes refuse. A number in the address that can be none is nothing there."""
    if any(one["loc"][0] == "path" for one in invalid.errors):
        return refusal(request, NotFound(_("没有这个地址。"), code="no_such_address"))
    wrong: dict[str, str] = {}
    for one in invalid.errors:
        from_body = one["loc"][0] == "body"
        steps = [str(step) for step in one["loc"][2 if from_body else 1 :]] or ["body"]
        wrong.setdefault(".".join(steps)[:80], _why(one))
    return refusal(request, BadFields(wrong))


@api.exception_handler(HttpError)
def _broken(request: HttpRequest, broken: HttpError) -> HttpResponse:
    """A body that could not be read."""
    if isinstance(broken.__cause__, Refused):
        return refusal(request, broken.__cause__)
    return refusal(request, Refused("bad_request", _("这个请求读不懂。"), status=broken.status_code))


def _why(one: dict[str, Any]) -> str:
    """A complaint of the shapes in words."""
    about, kind = one.get("ctx", {}), one["type"]
    if kind == "missing":
        return _("请写这一项。")
    if kind == "extra_forbidden":
        return _("没有这一项。")
    if kind in ("string_too_long", "too_long"):
        return _("最多 %(most)s 个。") % {"most": about["max_length"]}
    if kind in ("string_too_short", "too_short"):
        return _("不能是空的。")
    if kind in ("enum", "literal_error"):
        return _("只能是：%(those)s") % {"those": about["expected"].replace(" or ", ", ").replace("'", "")}
    if kind in ("greater_than_equal", "less_than_equal"):
        return _("要在范围内：%(limit)s") % {"limit": about.get("ge", about.get("le"))}
    return _("写得不对，请看接口说明。")


ELSEWHERE: Final = ("GET", "HEAD", "POST")


@csrf_exempt
def elsewhere(request: HttpRequest, rest: str = "") -> HttpResponseBase:
    """Any other address below: a refusal, not a page."""
    refused: Refused = NotFound(_("没有这个地址；有哪些见 /api/v1/openapi.json。"), code="no_such_address")
    if request.method not in ELSEWHERE:
        refused = Refused("no_such_method", _("这个地址不能这样用。"), status=405)
    response = refusal(request, refused)
    if refused.status == 405:
        response["Allow"] = ", ".join(ELSEWHERE)
    add_never_cache_headers(response)
    return response
