"""POST requests: a form becomes a report, once."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from mulin.ground.systems import actions as systems
from mulin.ground.territory import queries as territory
from mulin.kernel.actor import Actor
from mulin.kernel.errors import Refused
from mulin.readers.open311 import queries
from mulin.readers.open311.queries import Service
from mulin.readers.open311.rules import Form, answered
from mulin.services.cases import actions as cases
from mulin.services.cases.queries import spots
from mulin.services.cases.queries.outside import SOURCE

MOST_WORDS: Final = 4000
"""Of a description, as GeoReport v2 says."""
MOST_ACCOUNT, MOST_ADDRESS, MOST_MEDIA = 100, 200, 500
_HAN = re.compile(r"[\u3400-\u9fff]")
_NUMBER = re.compile(r"[+-]?[0-9]{1,3}(\.[0-9]{1,15})?")


@dataclass(frozen=True)
class _Where:
    """A location parameter, read."""

    place: UUID | None = None
    lon: float | None = None
    lat: float | None = None
    text: str = ""


def take(*, form: Form, raw: str, key: str, by: Actor, now: datetime) -> tuple[dict[str, Any], bool]:
    """Report what a form says; (the answer, whether it was given before). ``raw``: the form's bytes as text.

    ``key``: the Idempotency-Key, kept for a week; without one the same bytes within ten minutes are the same report.
    NotFound for an unknown service_code; Refused (400) for what is missing or wrong, as the spec says, and (409) for a key
    that was used for something else. E-mail and device are not kept: nothing here is done with them. A media_url is kept
    as text for people to read and never fetched.
    """
    code = form.get("service_code")
    if not code:
        raise Refused("no_service", _("请写 service_code。"), field="service_code", status=400)
    service = queries.service(code)
    where = _where(form)
    account = form.get("account_id")
    if len(account) > MOST_ACCOUNT:
        words = _("%(name)s 最多 %(most)d 个字符。") % {"name": "account_id", "most": MOST_ACCOUNT}
        raise Refused("too_long", words, field="account_id", status=400)
    text = _text(form, service)

    def act() -> dict[str, Any]:
        made = cases.report(
            by=by,
            now=now,
            client_id=cases.new_client_id(),
            source=SOURCE,
            text=text,
            place=where.place,
            lon=where.lon,
            lat=where.lat,
            place_text=where.text,
            name=_name(form),
            phone=form.get("phone"),
            chosen=service.code,
            category=service.category,
        )
        number = made.case.number
        notice = _("已收到，编号 %(number)s。反映人留了电话的，可以凭编号和电话后四位查进度。")
        return {
            "service_request_id": number,
            "service_notice": notice % {"number": number},
            "account_id": account or None,
        }

    return systems.once(key=key, body=raw, act=act, by=by, now=now)


def _text(form: Form, service: Service) -> str:
    """The reporter's words, then his answers, then where a picture lies: a record in Chinese, whatever the caller reads."""
    words = form.get("description")
    if len(words) > MOST_WORDS:
        said = _("description 最多 %(most)d 个字。") % {"most": MOST_WORDS}
        raise Refused("too_long", said, field="description", status=400)
    answered(service.attributes, form.attributes)  # what is wrong is said in the caller's language
    media = form.get("media_url")
    if media and (len(media) > MOST_MEDIA or not _is_web(media)):
        said = _("media_url 要是 http 或 https 的网址，最多 %(most)d 个字符。") % {"most": MOST_MEDIA}
        raise Refused("bad_media_url", said, field="media_url", status=400)
    with translation.override(settings.LANGUAGE_CODE):
        lines = [
            words or service.record,
            *(str(one) for one in answered(service.attributes, form.attributes)),
        ]
        if media:
            lines.append(_("对方附了网址（没有打开过）：%(url)s") % {"url": media})
    return "\n".join(lines)


def _is_web(url: str) -> bool:
    """An http or https address with a host, and nothing in it that could end a line."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"\s", url)


def _where(form: Form) -> _Where:
    lat, lon = form.get("lat"), form.get("long")
    if bool(lat) != bool(lon):
        raise Refused("half_position", _("lat 和 long 要一起写。"), field="lat", status=400)
    address, code = form.get("address_string"), form.get("address_id")
    if not lat and not address and not code:
        words = _("请写地点：lat 和 long，或者 address_string，或者 address_id。")
        raise Refused("no_location", words, field="lat", status=400)
    if len(address) > MOST_ADDRESS:
        words = _("%(name)s 最多 %(most)d 个字符。") % {"name": "address_string", "most": MOST_ADDRESS}
        raise Refused("too_long", words, field="address_string", status=400)
    known = _coded(code) if code else _Where()
    if lat:
        return _Where(
            known.place, _degrees(lon, 180, "long"), _degrees(lat, 90, "lat"), address or known.text
        )
    return _Where(known.place, known.lon, known.lat, address or known.text)


def _coded(code: str) -> _Where:
    """A place by its national code of 12 digits, or by the code that hangs there."""
    spot = spots.by_code(code[:60])
    if spot is not None:
        return _Where(spot.place_id, spot.lon, spot.lat, spot.label)
    place = territory.place_coded(code) if re.fullmatch(r"[0-9]{12}", code) else None
    if place is None:
        words = _("没有这个 address_id；请用 12 位统计用区划代码，或者报事标牌上的编码。")
        raise Refused("no_such_address", words, field="address_id", status=400)
    return _Where(place.id)


def _degrees(text: str, most: int, name: str) -> float:
    value = float(text) if _NUMBER.fullmatch(text) else math.inf
    if abs(value) > most:
        words = _("%(name)s 要是 WGS-84 的度数，例如 41.405。") % {"name": name}
        raise Refused("bad_position", words, field=name, status=400)
    return value


def _name(form: Form) -> str:
    """As people of his language write it: family name first without a space, or last with one."""
    first, last = form.get("first_name"), form.get("last_name")
    if _HAN.search(first + last):
        return f"{last}{first}"
    return f"{first} {last}".strip()
