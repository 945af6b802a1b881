"""Messages to people: ``tell`` writes rows inside a deed, ``send_due`` carries them out afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from mulin.ground.access import queries as access
from mulin.ground.notices.actions.addresses import addresses_of, seal_address
from mulin.ground.notices.actions.outbox import not_before, send_due
from mulin.ground.notices.models import Channel, Notice, NoticeState
from mulin.ground.notices.queries import for_person
from mulin.ground.notices.rules import PREFERENCE, TEMPLATES, check_params
from mulin.ground.people import queries as people
from mulin.kernel.actor import Actor
from mulin.kernel.secrets import keyed_hash

__all__ = ["Reach", "erase_person", "mark_read", "send_due", "tell"]


@dataclass(frozen=True)
class Reach:
    """How somebody will learn of it: in the app, by which channels outside, or not at all."""

    in_app: bool
    outside: tuple[str, ...]

    @property
    def none(self) -> bool:
        """No message will reach him: somebody has to call or visit."""
        return not self.in_app and not self.outside


@transaction.atomic(savepoint=False)
def tell(
    *,
    by: Actor,
    now: datetime,
    template: str,
    params: Mapping[str, str | int],
    subject_kind: str,
    subject_id: UUID,
    key: str,
    person: UUID | None = None,
    phone: str = "",
    link: str = "",
    outside: bool = True,
) -> Reach:
    """Write the message to a person into the outbox: rows only, in the deed's transaction.

    In-app for a person with an account, and by the first outside channel that is configured, agreed to
    and has an address; ``phone`` is a number left for this very matter and needs no further consent.
    ``link`` (a path; it may let its holder in) is encrypted with the address and erased with it. Without
    ``outside`` it is in-app only. The same
    ``key`` again writes nothing. Raises ValueError for an unknown template and for a parameter that looks
    like a phone number.
    """
    told = TEMPLATES.get(template)
    if told is None:
        raise ValueError(f"no message {template!r}")
    safe = check_params({name: value for name, value in params.items() if name != "link"})
    link = link or str(params.get("link", ""))
    in_app = person is not None and access.account_of(person) is not None
    addresses = addresses_of(person=person, phone=phone) if outside else {}
    chosen = next((channel for channel in PREFERENCE if channel in addresses), "")

    def row(channel: str) -> Notice:
        return Notice(
            person_id=person, channel=channel, template=template, params=safe, subject_kind=subject_kind,
            subject_id=subject_id, key=key, created_at=now,
        )  # fmt: skip

    rows = []
    if in_app:
        inside = row(Channel.IN_APP)
        inside.state, inside.sent_at = NoticeState.SENT, now
        rows.append(inside)
    if chosen:
        carried = row(chosen)
        carried.address_sealed = seal_address(to=addresses[chosen], link=link)
        carried.address_hash = keyed_hash(addresses[chosen])
        carried.next_try_at = not_before(moment=now, template=template)
        rows.append(carried)
    if rows:
        Notice.objects.bulk_create(rows, ignore_conflicts=True)
    return Reach(in_app=in_app, outside=(chosen,) if chosen else ())


@transaction.atomic
def mark_read(*, by: Actor, now: datetime, notices: Iterable[UUID] | None = None) -> int:
    """Mark one's own messages (all unless named) as read. Returns how many were unread."""
    rows = for_person(by).filter(read_at__isnull=True)
    if notices is not None:
        rows = rows.filter(pk__in=list(notices))
    return rows.order_by().update(read_at=now)


@transaction.atomic
def erase_person(*, person: UUID, by: Actor, now: datetime) -> dict[str, int]:
    """The erasure hook: his in-app messages go, what waits is not sent, and no row points at him any more."""
    gone, _tables = Notice.objects.filter(person=person, channel=Channel.IN_APP).delete()
    phone = people.contact(person).phone
    his = Q(person=person) | (Q(address_hash=keyed_hash(phone)) if phone else Q())
    waiting = Notice.objects.filter(his, state__in=[NoticeState.QUEUED, NoticeState.SENDING])
    waiting.update(state=NoticeState.FAILED, failure="erased", next_try_at=None)
    emptied = Notice.objects.filter(his).update(person=None, address_sealed="", address_hash="", params={})
    return {"notices_notice": gone + emptied}
