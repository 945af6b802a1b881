"""Alliances of merchants: founded, joined, left, ended; what all their members give. Row 90."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from mulin.ground.territory import queries as territory
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.kernel.errors import NotAllowed, NotFound, Refused, Stale
from mulin.services.exchange.actions import waiting
from mulin.services.exchange.actions.steps import overseen_merchant, own_merchant, record, said_words
from mulin.services.exchange.models import Alliance, AllianceMember, AllianceOffer, Merchant
from mulin.services.exchange.permissions import may_agree
from mulin.services.exchange.rules.merchants import WHO_AGREES


@transaction.atomic
def found_alliance(*, name: str, path: str, by: Actor, now: datetime) -> Alliance:
    """A new alliance in a place. Refused for a name that an alliance bears."""
    if not may_agree(by, path):
        raise NotAllowed(str(WHO_AGREES))
    if territory.division_at_path(path) is None:
        raise Refused("no_place", _("没有这个地方。"), field="path")
    row = Alliance(name=name.strip(), path=path, founded_on=local_day(now))
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise Refused("alliance_name", _("已经有一个叫这个名字的联盟。"), field="name") from None
    record(by=by, now=now, verb="alliance.founded", kind="alliance", key=row.id, name=row.name)
    return row


@transaction.atomic
def join_alliance(*, merchant: UUID, alliance: UUID, by: Actor, now: datetime) -> AllianceMember:
    """A merchant belongs to an alliance of the clerk's territory from today on, and to no other. Again changes nothing."""
    row = overseen_merchant(key=merchant, by=by)
    found = Alliance.objects.filter(pk=alliance, ended_on__isnull=True).first()
    if found is None or not may_agree(by, found.path):
        raise NotFound(_("没有这个联盟。"))
    today = local_day(now)
    known = row.memberships.filter(left_on__isnull=True).first()
    if known is not None and known.alliance_id == found.id:
        return known
    if known is not None:
        known.left_on = today
        known.save()
    made = AllianceMember.objects.create(alliance=found, merchant=row, joined_on=today)
    record(by=by, now=now, verb="alliance.joined", kind="alliance", key=found.id, merchant=row.name)
    return made


def _overseen(key: UUID, by: Actor) -> Alliance:
    row = Alliance.objects.select_for_update(no_key=True).filter(pk=key).first()
    if row is None or not may_agree(by, row.path):
        raise NotFound(_("没有这个联盟。"))
    if row.ended_on is not None:
        raise Stale(_("这个联盟已经结束了。"), code="alliance_over")
    return row


@transaction.atomic
def leave_alliance(*, merchant: UUID, by: Actor, now: datetime) -> None:
    """A merchant belongs to its alliance no more from today on: by its owner or a clerk. Again changes nothing."""
    row = own_merchant(key=merchant, by=by)
    known = row.memberships.filter(left_on__isnull=True).first()
    if known is not None:
        known.left_on = local_day(now)
        known.save()
        record(
            by=by, now=now, verb="alliance.left", kind="alliance", key=known.alliance_id, merchant=row.name
        )


@transaction.atomic
def end_alliance(*, alliance: UUID, why: str, by: Actor, now: datetime) -> Alliance:
    """An alliance is over from today on, and all its members leave it; what it advanced it goes on owing. Their owners are
    told. Refused without a reason and (409) twice."""
    row = _overseen(alliance, by)
    row.why = said_words(said=why, field="why")
    row.ended_on = local_day(now)
    row.save()
    members = _members(row)
    row.members.filter(left_on__isnull=True).update(left_on=row.ended_on)
    row.offers.filter(ended_at__isnull=True).update(ended_at=now)
    _tell(members, "alliance_ended", by, now)
    record(by=by, now=now, verb="alliance.ended", kind="alliance", key=row.id)
    return row


@transaction.atomic
def add_alliance_offer(*, alliance: UUID, title: str, terms: str, by: Actor, now: datetime) -> AllianceOffer:
    """What every merchant of an alliance gives to whoever shows a code, as long as it belongs to it: by a clerk, as the
    alliance agreed. Their owners are told. Refused where it is there already."""
    row = _overseen(alliance, by)
    try:
        with transaction.atomic():
            made = AllianceOffer.objects.create(
                alliance=row, title=title.strip(), terms=terms.strip(), added_at=now
            )
    except IntegrityError:
        raise Refused("offer_title", _("这项优惠已经有了。"), field="title") from None
    _tell(_members(row), "alliance_offer", by, now)
    record(by=by, now=now, verb="alliance.offer_added", kind="alliance", key=row.id, title=made.title)
    return made


@transaction.atomic
def end_alliance_offer(*, alliance: UUID, offer: UUID, by: Actor, now: datetime) -> None:
    """It ends now, at every member. Again changes nothing."""
    row = _overseen(alliance, by)
    found = row.offers.filter(pk=offer).first()
    if found is None:
        raise NotFound(_("没有这项优惠。"))
    if found.ended_at is None:
        found.ended_at = now
        found.save()
        record(by=by, now=now, verb="alliance.offer_ended", kind="alliance", key=row.id, title=found.title)


def _members(row: Alliance) -> list[Merchant]:
    return [one.merchant for one in row.members.filter(left_on__isnull=True).select_related("merchant")]


def _tell(members: list[Merchant], template: str, by: Actor, now: datetime) -> None:
    for one in members:
        persons = waiting.owners_of(row=one)
        waiting.tell(persons=persons, template=template, about=waiting.of_merchant(row=one), by=by, now=now)
