"""The API's description: OpenAPI 3.1 as the shapes give it, completed and put into the reader's language; and the same
for a page."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext, gettext_lazy
from django.utils.translation import gettext as _

from mulin.readers.api.rules.examples import FAILED, SENT, TOLD
from mulin.readers.api.rules.told import Failed

ERROR: Final = "Failed"
RULE: Final = "x-mulin"
"""The extension under which an operation's scope stands: {"scope": …, "key": "needed" or "optional"}."""
_JSON: Final = "application/json"
TAGS: Final = ("密钥", "事项与辖区", "案件", "办理", "指标")
"""The headings in their order; what others declare comes after them."""
_SAID: Final = ("summary", "description")

STATUS: Final[dict[int, Any]] = {
    400: gettext_lazy("请求本身读不懂。"),
    401: gettext_lazy("没有密钥，或者密钥不对、已经停用。"),
    403: gettext_lazy("密钥没有这个范围，或者这件事不归它办。"),
    404: gettext_lazy("没有，或者看不到。"),
    409: gettext_lazy("版本旧了、现在不能这样办，或者同一个 Idempotency-Key 用过别的内容。"),
    411: gettext_lazy("没有写长度。"),
    413: gettext_lazy("太大。"),
    415: gettext_lazy("不是 application/json。"),
    422: gettext_lazy("有的项不对，fields 里逐项说明。"),
    429: gettext_lazy("太快了，等 Retry-After 秒再来。"),
}


def document(raw: dict[str, Any], *, server: str) -> dict[str, Any]:
    """The whole description in the language in force. ``raw``: as django-ninja gathers it; ``server``: the address under
    which its paths lie."""
    told: dict[str, Any] = _in_words(copy.deepcopy(raw))
    told["servers"] = [{"url": server}]
    told["info"] |= {"title": _("睦邻 JSON API"), "description": _about()}
    parts = told["components"]
    failed = Failed.model_json_schema(ref_template="#/components/schemas/{model}")
    parts["schemas"][ERROR] = _in_words(failed)
    key = _("密钥由县管理员在“其他系统”里发放，放在 Authorization: Bearer 里。")
    parts["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer", "description": key}}
    parts["headers"] = {
        "X-Request-ID": _header(_("这次请求的编号。"), "string"),
        "Retry-After": _header(_("几秒以后再试。"), "integer"),
        "WWW-Authenticate": _header(_("要用 Bearer 密钥。"), "string"),
        "Idempotent-Replayed": _header(_("true：这个键做过了，给的是上次的回答。"), "string"),
    }
    told["paths"] = dict(sorted(told["paths"].items(), key=_place))
    for path in told["paths"].values():
        for method, one in path.items():
            _complete(one, method)
            one["tags"] = [gettext(tag) for tag in one["tags"]]
    return told


def _place(path: tuple[str, dict[str, Any]]) -> int:
    """Where an address stands in the description: by what it is about, then as it was declared."""
    (tag,) = next(iter(path[1].values()))["tags"]
    return TAGS.index(tag) if tag in TAGS else len(TAGS)


def _about() -> str:
    return _(
        "一个县的邻里事务：事项清单、辖区、案件、办理和指标。时间都带时区；列表用 cursor 翻页，不会漏也不会重；"
        "语言看 Accept-Language，默认中文；没有写明的参数和项一律不收。每个密钥只能做选定的范围，每分钟次数有限，"
        "超过的回 429 和 Retry-After。POST 带 Idempotency-Key，同一个键同样的内容只做一次，回答保存一周。"
    )


def _in_words(value: Any) -> Any:
    """Every summary and description within, translated."""
    if isinstance(value, list):
        return [_in_words(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name: gettext(one) if name in _SAID and isinstance(one, str) and one else _in_words(one)
        for name, one in value.items()
    }


def _header(description: str, kind: str) -> dict[str, Any]:
    return {"description": description, "schema": {"type": kind}}


def _complete(one: dict[str, Any], method: str) -> None:
    rule, name, writes = one[RULE], one["operationId"], method == "post"
    one["security"] = [{"key": []}] + ([{}] if rule["key"] == "optional" else [])
    if rule["scope"]:
        words = _("密钥要有范围 %(scope)s。") % {"scope": rule["scope"]}
        one["description"] = f"{one.get('description', '')} {words}".strip()
    headers = [("Accept-Language", _("zh-Hans 或 en；默认中文。"), 100)]
    if writes:
        headers.append(
            ("Idempotency-Key", _("你们给这次请求起的键，可打印字符，最多 200 个；断线重发用同一个。"), 200)
        )
    for header, words, most in headers:
        schema = {"type": "string", "maxLength": most, "pattern": "^[ -~]*$"}
        one["parameters"].append(
            {"name": header, "in": "header", "required": False, "description": words, "schema": schema}
        )
    one["responses"] = {str(status): answer for status, answer in one["responses"].items()}
    for answer in one["responses"].values():
        answer["description"] = _("做好了。") if writes else _("给你们的。")
        answer["headers"] = {"X-Request-ID": {"$ref": "#/components/headers/X-Request-ID"}}
        if writes:
            answer["headers"]["Idempotent-Replayed"] = {"$ref": "#/components/headers/Idempotent-Replayed"}
        if name in TOLD:
            answer["content"][_JSON]["example"] = TOLD[name]
        if rule.get("media"):
            answer["content"] = {kind: {"schema": {"type": "string"}} for kind in rule["media"]}
    if name in SENT:
        one["requestBody"]["content"][_JSON]["example"] = SENT[name]
    for status in _failures(rule["key"] == "needed", writes):
        one["responses"][str(status)] = _failure(status)


def _failures(key: bool, writes: bool) -> list[int]:
    return [400, 401, *([403] if key else []), 404, *([409, 411, 413, 415] if writes else []), 422, 429]


def _failure(status: int) -> dict[str, Any]:
    refs = ["X-Request-ID", *({401: ["WWW-Authenticate"], 429: ["Retry-After"]}.get(status, []))]
    example = FAILED[status] | {"request_id": "5f2c9a1be07d4c33"}
    return {
        "description": str(STATUS[status]),
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in refs},
        "content": {_JSON: {"schema": {"$ref": f"#/components/schemas/{ERROR}"}, "example": example}},
    }


# ── for a page ─────


@dataclass(frozen=True)
class Member:
    """A parameter or a member of a body: one line of a table."""

    name: str
    where: str
    kind: str
    required: bool
    words: str


@dataclass(frozen=True)
class Described:
    """An operation as the page shows it. ``sent``/``told``: examples as text; ``refusals``: (status, words)."""

    name: str
    method: str
    path: str
    summary: str
    words: str
    needs_key: bool
    members: list[Member]
    curl: str
    sent: str
    told: str
    refusals: list[tuple[str, str]]


def pages(told: dict[str, Any]) -> list[tuple[str, list[Described]]]:
    """The description by its headings, for people to read."""
    found: dict[str, list[Described]] = {}
    server = told["servers"][0]["url"]
    for path, methods in told["paths"].items():
        for method, one in methods.items():
            found.setdefault(one["tags"][0], []).append(_described(told, server, path, method, one))
    return list(found.items())


def _described(told: dict[str, Any], server: str, path: str, method: str, one: dict[str, Any]) -> Described:
    body = one.get("requestBody", {}).get("content", {}).get(_JSON, {})
    answers = [answer for status, answer in one["responses"].items() if status.startswith("2")]
    example = answers[0].get("content", {}).get(_JSON, {}).get("example")
    optional = {} in one["security"]
    return Described(
        name=one["operationId"],
        method=method.upper(),
        path=path,
        summary=one["summary"],
        words=one.get("description", ""),
        needs_key=not optional,
        members=[*_parameters(told, one), *_body(told, body)],
        curl=_curl(server, path, method, body.get("example"), key=not optional),
        sent=_pretty(body.get("example")),
        told=_pretty(example),
        refusals=[
            (status, answer["description"])
            for status, answer in one["responses"].items()
            if not status.startswith("2")
        ],
    )


def _pretty(value: Any) -> str:
    return "" if value is None else json.dumps(value, ensure_ascii=False, indent=2)


def _curl(server: str, path: str, method: str, example: Any, *, key: bool) -> str:
    url = server + path.replace("{number}", "211322-7K3M9Q2TX")
    if path == "/indicators":
        url += "?from=2026-09-01&to=2026-10-01"
    lines = [f"curl '{url}'"]
    if key:
        lines.append('-H "Authorization: Bearer $KEY"')
    if method == "post":
        lines.append('-H "Idempotency-Key: 4711"')
        lines.append("--json '" + json.dumps(example, ensure_ascii=False) + "'")
    return " \\\n  ".join(lines)


def _parameters(told: dict[str, Any], one: dict[str, Any]) -> list[Member]:
    where = {"path": _("网址里"), "query": _("参数"), "header": _("请求头")}
    return [
        Member(
            each["name"],
            where[each["in"]],
            _kind(told, each["schema"]),
            bool(each.get("required")),
            each.get("description") or each["schema"].get("description", ""),
        )
        for each in one["parameters"]
        if each["name"] != "Accept-Language"
    ]


def _body(told: dict[str, Any], body: dict[str, Any]) -> list[Member]:
    if not body:
        return []
    schema = _resolved(told, body["schema"])
    required = set(schema.get("required", ()))
    return [
        Member(name, _("内容"), _kind(told, each), name in required, each.get("description", ""))
        for name, each in schema.get("properties", {}).items()
    ]


def _resolved(told: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    found: dict[str, Any] = told["components"]["schemas"][name] if name else schema
    return found


def _kind(told: dict[str, Any], schema: dict[str, Any]) -> str:
    """A type as a programmer says it: string, integer, one | of | these."""
    if "anyOf" in schema:
        return " | ".join(_kind(told, one) for one in schema["anyOf"] if one.get("type") != "null")
    found = _resolved(told, schema)
    if "enum" in found:
        return " | ".join(str(one) for one in found["enum"])
    if found.get("type") == "array":
        return f"[{_kind(told, found['items'])}]"
    form = found.get("format")
    return str(form or found.get("type", ""))
