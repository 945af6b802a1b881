"""What a system does through the JSON API: a report, an act for its unit. Each once per Idempotency-Key."""

from __future__ import annotations

import base64
import binascii
import io
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from mulin.ground.systems import actions as systems
from mulin.ground.territory import queries as territory
from mulin.kernel.actor import Actor
from mulin.kernel.errors import Refused
from mulin.readers.api import queries
from mulin.readers.api.queries.cases import to_act_on
from mulin.readers.api.queries.facts import Absolute
from mulin.readers.api.rules.acts import Act, Report
from mulin.services.cases import actions as cases
from mulin.services.cases.queries.outside import SOURCE
from mulin.services.catalogue import queries as catalogue

_CODE = re.compile(r"[0-9]{12}", re.ASCII)


class Outdated(Refused):
    """A 409 of an act: the case's present version, and what was written, given back."""

    def __init__(self, why: Refused, *, version: int, given: dict[str, str]) -> None:
        super().__init__(why.code, why.message, field=why.field, status=why.status)
        self.version, self.given = version, given


@dataclass(frozen=True)
class Sent:
    """How it came: ``key`` the Idempotency-Key or '', ``body`` what was sent with the address it was sent to; ``absolute``
    makes addresses whole."""

    key: str
    body: str
    absolute: Absolute = field(repr=False)


def report(*, told: Report, sent: Sent, by: Actor, now: datetime) -> tuple[dict[str, Any], bool]:
    """Take a report in for a system: (what is answered, whether it was answered before).

    Refused without a place, for half a position, for a place or a matter that the county does not have, for a photo that
    is none, and (409) for a key that was used for something else.
    """
    place = _place(told)
    chosen, category = _chosen(told.matter)
    photos = _photos(told.photos)

    def act() -> dict[str, Any]:
        made = cases.report(
            by=by,
            now=now,
            client_id=cases.new_client_id(),
            source=SOURCE,
            text=told.text,
            title=told.title,
            place=place,
            lon=told.lon,
            lat=told.lat,
            place_text=told.place_text,
            name=told.name,
            phone=told.phone,
            photos=photos,
            chosen=chosen,
            category=category,
        )
        return queries.done(made.case, sent.absolute)

    return systems.once(key=sent.key, body=sent.body, act=act, by=by, now=now)


def _place(told: Report) -> UUID | None:
    if (told.lon is None) != (told.lat is None):
        raise Refused("half_position", _("lon 和 lat 要一起写。"), field="lat" if told.lat is None else "lon")
    said = told.place.strip()
    if not said and told.lon is None and not told.place_text.strip():
        raise Refused("no_place", _("请写地点：lon 和 lat，或者 place，或者 place_text。"), field="place")
    if not said:
        return None
    found = territory.place_coded(said) if _CODE.fullmatch(said) else territory.division_at_path(said)
    if found is None or found.ended_on is not None:
        words = _("没有这个地方；请用 places 里的 path，或者 12 位统计用区划代码。")
        raise Refused("no_such_place", words, field="place")
    return found.id


def _chosen(code: str) -> tuple[str, str]:
    """(code, name of its category) of what the reporter chose; two empty words for nothing."""
    if not code:
        return "", ""
    kind = catalogue.current_by_code(code)
    if kind is not None:
        return code, kind.matter_type.category.name
    category = next((one for one in catalogue.categories() if one.code == code), None)
    if category is None:
        words = _("没有这个事项；请用 matters 或 categories 里的 code。")
        raise Refused("no_such_matter", words, field="matter")
    return code, category.name


def _photos(said: list[str]) -> list[io.BytesIO]:
    try:
        return [io.BytesIO(base64.b64decode(one, validate=True)) for one in said]
    except (binascii.Error, ValueError) as wrong:
        raise Refused("bad_photo", _("照片要用 base64 写。"), field="photos") from wrong


def act(
    *, action: str, number: str, told: Act, sent: Sent, by: Actor, now: datetime
) -> tuple[dict[str, Any], bool]:
    """Do one of ``rules.acts.ACTS`` with a case of the system's unit: (what is answered, whether it was answered before).

    By the ordinary action with the ordinary permissions. NotFound for a case it does not see, NotAllowed for one of
    another unit's; Outdated (409) where it changed since it was read or does not allow that now.
    """
    row = to_act_on(by, number)
    given = told.model_dump(mode="json")
    version = given.pop("version")
    if "photos" in given:
        given["photos"] = _photos(given["photos"])

    def deed() -> dict[str, Any]:
        done = getattr(cases, action)(case=row, by=by, now=now, version=version, **given)
        return queries.done(done, sent.absolute)

    try:
        return systems.once(key=sent.key, body=sent.body, act=deed, by=by, now=now)
    except Refused as refused:
        if refused.status != 409 or refused.code.startswith("key_"):
            raise
        words = {name: str(one) for name, one in given.items() if name != "photos"}
        raise Outdated(refused, version=to_act_on(by, number).version, given=words) from refused


def contact(*, number: str, by: Actor, now: datetime) -> dict[str, Any]:
    """Name and phone of the reporters of a case of the system's unit; the look is recorded about each of them."""
    return queries.contacts_of(cases.show_contact(case=to_act_on(by, number), by=by, now=now))
