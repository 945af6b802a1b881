"""Where a person can be reached, and the sealed form in which a row keeps it until it is sent."""

from __future__ import annotations

import json
from uuid import UUID

from mulin.ground.notices.models import Channel
from mulin.ground.notices.queries import configured
from mulin.ground.people import queries as people
from mulin.kernel.secrets import decrypt, encrypt

_BOUND = "notice.address"


def addresses_of(*, person: UUID | None, phone: str = "") -> dict[str, str]:
    """Channel → address of what is configured, agreed to and known; no statement without a channel."""
    live = configured()
    found: dict[str, str] = {}
    if not live:
        return found
    if person is not None and people.consented(person, "messages"):
        contact = people.contact(person)
        known = {Channel.WECHAT: contact.wechat, Channel.SMS: contact.phone, Channel.EMAIL: contact.email}
        found = {channel: known[Channel(channel)] for channel in live if known[Channel(channel)]}
    if phone and Channel.SMS in live:
        found[Channel.SMS] = phone
    return found


def seal_address(*, to: str, link: str) -> str:
    """Address and link, encrypted together for one notice: a link may let its holder in."""
    return encrypt(json.dumps({"to": to, "link": link}), bound_to=_BOUND)


def open_address(*, sealed: str) -> tuple[str, str]:
    """(address, link) of a sealed address; empty ones where it was erased."""
    if not sealed:
        return "", ""
    told = json.loads(decrypt(sealed, bound_to=_BOUND))
    return str(told["to"]), str(told["link"])
