"""What GeoReport v2 tells: the services of a county, their questions, requests, and how to find it all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from mulin.ground.access import queries as access
from mulin.kernel.actor import Actor
from mulin.kernel.county import current_county
from mulin.kernel.errors import NotFound, Refused
from mulin.readers.open311.rules import Attribute, attributes_of, span
from mulin.services.cases.queries.outside import (
    MOST,
    OTHER,
    Outside,
    Wanted,
    Words,
    outside,
    outside_by_ids,
    words_of,
)
from mulin.services.catalogue import queries as catalogue

SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
MOST_PAGES = 10_000


@dataclass(frozen=True)
class Service:
    """Something that can be reported: a matter type in force, a category for whoever does not know the type, or OTHER.

    ``category`` and ``record``: its category's name and its own in Chinese, as a case is kept with them.
    """

    code: str
    name: str
    description: str
    keywords: str
    group: str
    category: str
    record: str
    attributes: tuple[Attribute, ...] = ()


def services() -> dict[str, Service]:
    """Every service by its code: OTHER, then each category and its types. Two statements."""
    found = {
        OTHER: Service(
            OTHER,
            _("其他事项"),
            _("说不清属于哪一类时选这个，工作人员会归类。"),
            "",
            _("其他事项"),
            "",
            "其他事项",
        )
    }
    groups = {group.category.id: group.versions for group in catalogue.published()}
    for category in catalogue.categories():
        label = category.label
        general = _("属于“%(category)s”，但说不清是哪一项时选这个。") % {"category": label}
        found[category.code] = Service(category.code, label, general, "", label, category.name, category.name)
        for row in groups.get(category.id, ()):
            asks = attributes_of(emergency=row.emergency, property_related=row.property_related)
            code, said = row.matter_type.code, row.keywords.replace("、", ", ")
            text = row.description or row.label
            found[code] = Service(code, row.label, text, said, label, category.name, row.name, asks)
    return found


def service(code: str) -> Service:
    """One of them. NotFound for a code that the county does not have in force."""
    found = services().get(code)
    if found is None:
        words = _("没有这个 service_code：%(code)s。") % {"code": code[:60]}
        raise NotFound(words, code="no_such_service")
    return found


def listed(one: Service) -> dict[str, Any]:
    """A service as GET services tells it."""
    return {
        "service_code": one.code,
        "service_name": one.name,
        "description": one.description,
        "metadata": bool(one.attributes),
        "type": "realtime",
        "keywords": one.keywords,
        "group": one.group,
    }


def defined(one: Service) -> dict[str, Any]:
    """A service as GET services/CODE tells it."""
    return {
        "service_code": one.code,
        "attributes": [_defined(ask, order) for order, ask in enumerate(one.attributes, start=1)],
    }


def _defined(ask: Attribute, order: int) -> dict[str, Any]:
    told: dict[str, Any] = {
        "variable": ask.variable,
        "code": ask.code,
        "datatype": ask.datatype,
        "required": ask.required,
        "datatype_description": str(ask.hint) or None,
        "order": order,
        "description": str(ask.description),
    }
    if ask.values:
        told["values"] = [{"key": key, "name": str(name)} for key, name in ask.values]
    return told


# ── requests ─────


def requests(actor: Actor, told: dict[str, list[str]], now: datetime) -> list[dict[str, Any]]:
    """GET requests. ``told``: argument → its values, split at commas and without blanks.

    Numbers override every other argument. Refused (400) for more than MOST numbers, times, words or pages that are none;
    NotFound for a code that the county never had, and where none of the numbers is there to be seen.
    """
    words = words_of()
    if ids := told.get("service_request_id"):
        if len(ids) > MOST:
            said = _("一次最多查 %(most)d 个 service_request_id。") % {"most": MOST}
            raise Refused("too_many_ids", said, field="service_request_id", status=400)
        found = outside_by_ids(actor, ids, words, now)
        if not found:
            raise _nothing()
        return [_request(one) for one in found]
    return [_request(one) for one in outside(actor, _wanted(told, words, now), words, now)]


def request(actor: Actor, number: str, now: datetime) -> list[dict[str, Any]]:
    """GET requests/ID: a list of one. NotFound for what is not there, or not to be seen with this key."""
    found = outside_by_ids(actor, [number], words_of(), now)
    if not found:
        raise _nothing()
    return [_request(one) for one in found]


def token(actor: Actor, number: str, now: datetime) -> list[dict[str, Any]]:
    """GET tokens/TOKEN. Every service is realtime, so no other token is ever given out than a request's own number."""
    try:
        (found,) = request(actor, number, now)
    except NotFound:
        raise NotFound(_("没有这个 token；这里上报后直接给 service_request_id。"), code="no_such_token")
    return [{"service_request_id": found["service_request_id"], "token": number}]


def _nothing() -> NotFound:
    return NotFound(_("没有这个 service_request_id，或者凭现有的密钥看不到它。"), code="no_such_request")


def _wanted(told: dict[str, list[str]], words: Words, now: datetime) -> Wanted:
    since, until = span(_last(told, "start_date"), _last(told, "end_date"), now)
    codes = told.get("service_code")
    for code in codes or ():
        if code not in words.labels:
            said = _("没有这个 service_code：%(code)s。") % {"code": code[:60]}
            raise NotFound(said, code="no_such_service")
    states = {state.lower() for state in told.get("status", ())}
    if not states <= {"open", "closed"}:
        raise Refused("bad_status", _("status 只有 open 和 closed。"), field="status", status=400)
    return Wanted(
        since=since,
        until=until,
        codes=frozenset(codes) if codes else None,
        closed=None if len(states) != 1 else states == {"closed"},
        page=_whole(told, "page", 1, MOST_PAGES),
        size=_whole(told, "page_size", MOST, MOST),
    )


def _last(told: dict[str, list[str]], name: str) -> str:
    return (told.get(name) or [""])[-1]


def _whole(told: dict[str, list[str]], name: str, usual: int, most: int) -> int:
    said = _last(told, name)
    if not said:
        return usual
    if not (said.isascii() and said.isdecimal() and len(said) < 7 and 1 <= int(said) <= most):
        words = _("%(name)s 是 1 到 %(most)d 的整数。") % {"name": name, "most": most}
        raise Refused("bad_page", words, field=name, status=400)
    return int(said)


def _request(one: Outside) -> dict[str, Any]:
    return {
        "service_request_id": one.id,
        "status": "closed" if one.closed else "open",
        "status_notes": one.notes or None,
        "service_name": one.name,
        "service_code": one.code,
        "description": one.description or None,
        "agency_responsible": one.unit or None,
        "service_notice": None,
        "requested_datetime": one.reported,
        "updated_datetime": one.updated,
        "expected_datetime": one.expected,
        "address": one.address or None,
        "address_id": one.address_id or None,
        "zipcode": None,
        "lat": one.lat,
        "long": one.lon,
        "media_url": None,
    }


# ── discovery ─────


def discovery(endpoint: str, site: str) -> dict[str, Any]:
    """Where the door is and whom to ask. ``endpoint``, ``site``: absolute addresses. One statement."""
    county = access.counties()[current_county()]
    changed = catalogue.changed_at() or county.opened_at
    name = {"county": county.name, "site": site}
    return {
        "changeset": changed,
        "contact": _("%(county)s，%(site)s；接入的问题请找县管理员。") % name,
        "key_service": _("密钥由%(county)s的管理员在“其他系统”里发放，每个系统一个。") % name,
        "endpoints": [
            {
                "specification": SPECIFICATION,
                "url": endpoint,
                "changeset": changed,
                "type": "test" if county.is_example else "production",
                "formats": ["text/xml", "application/json"],
            }
        ],
    }
