"""Who answers for a merchant and who checks codes there: assistants, another owner, whoever was erased. Row 89."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from mulin.ground.access import queries as access
from mulin.ground.people import queries as people
from mulin.ground.worklist import actions as worklist
from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotAllowed, NotFound, Refused, Stale
from mulin.services.exchange.actions import waiting
from mulin.services.exchange.actions.steps import own_merchant, record, said_words
from mulin.services.exchange.models import Merchant, MerchantPerson, ShopKeeper
from mulin.services.exchange.permissions import near, works_at
from mulin.services.exchange.rules.merchants import MOST_ASSISTANTS, MerchantState

OVER = (MerchantState.DECLINED, MerchantState.ENDED)


@transaction.atomic
def name_assistant(*, merchant: UUID, phone: str, by: Actor, now: datetime) -> MerchantPerson:
    """Somebody registered, found by his number, checks codes too; named twice changes nothing."""
    row = own_merchant(key=merchant, by=by)
    who = _found(phone)
    there = MerchantPerson.objects.filter(merchant=row, ended_at__isnull=True)
    known = there.filter(person=who).first()
    if known is not None:
        return known
    if there.count() >= MOST_ASSISTANTS:
        raise Refused("too_many", _("最多 %(n)d 位。") % {"n": MOST_ASSISTANTS}, field="phone")
    made = MerchantPerson.objects.create(merchant=row, person_id=who, since=now)
    record(by=by, now=now, verb="merchant.assistant_named", kind="merchant", key=row.id, about=who)
    return made


@transaction.atomic
def end_assistant(*, merchant: UUID, assistant: UUID, by: Actor, now: datetime) -> None:
    """An assistant checks codes no more, at once. The owner stays."""
    row = own_merchant(key=merchant, by=by)
    found = MerchantPerson.objects.select_for_update().filter(merchant=row, pk=assistant, owner=False).first()
    if found is None:
        raise NotFound(_("没有这位店员。"))
    if found.ended_at is None:
        found.ended_at = now
        found.save()
        record(
            by=by,
            now=now,
            verb="merchant.assistant_ended",
            kind="merchant",
            key=row.id,
            about=found.person_id,
        )


def _found(phone: str) -> UUID:
    who = people.find_by_phone(phone)
    if who is None:
        raise Refused("nobody", _("没有登记过这个手机号的人；请先登记。"), field="phone")
    return who.pk


@transaction.atomic
def change_owner(*, merchant: UUID, phone: str, by: Actor, now: datetime, why: str = "") -> MerchantPerson:
    """Somebody registered, found by his number, answers for the shop from now on, and those who did no more: by its owner,
    or by a clerk with the reason, where it is neither his own shop nor becomes it. Both sides are told.

    Refused: nobody of that number, who owns it already, a clerk without a reason.
    """
    row = own_merchant(key=merchant, by=by)
    owns = Merchant.objects.filter(works_at(by, owner=True), pk=row.pk).exists()
    if not owns:
        said_words(said=why, field="why")
    who = _found(phone)
    if not owns and (near(by, row) or not people.with_families({who}).isdisjoint(by.persons)):
        raise NotAllowed(_("您或家里人在这家店做事，这一步由别的办公室来办。"), code="own_shop")
    before = waiting.owners_of(row=row)
    if before == [who]:
        raise Stale(_("他已经是店主了。"), code="owner_already")
    open_rows = MerchantPerson.objects.select_for_update().filter(merchant=row, ended_at__isnull=True)
    for one in [*open_rows.filter(owner=True), *open_rows.filter(owner=False, person=who)]:
        one.ended_at = now
        one.save()
    made = MerchantPerson.objects.create(merchant=row, person_id=who, owner=True, since=now)
    if row.unit_id and who not in access.holders("merchant", unit=row.unit_id):
        row.unit = None
        row.save()
    about = waiting.of_merchant(row=row)
    for key in row.statements.filter(state="issued").values_list("id", flat=True):
        worklist.hand_on(
            by=by,
            now=now,
            subject_kind=waiting.STATEMENT,
            subject_id=key,
            kinds=(waiting.CONFIRM,),
            person=who,
        )
    waiting.finish(about=about, by=by, now=now, kinds=(waiting.OWNER,))
    waiting.tell(persons=[who], template="merchant_yours", about=about, by=by, now=now)
    left = [one for one in before if one != who]
    waiting.tell(persons=left, template="merchant_handed", about=about, by=by, now=now)
    record(
        by=by,
        now=now,
        verb="merchant.owner_changed",
        kind="merchant",
        key=row.id,
        about=who,
        why=why.strip()[:200],
    )
    return made


@transaction.atomic
def erase_folk(*, person: UUID, by: Actor, now: datetime) -> dict[str, int]:
    """The erasure hook: whoever is erased works at no shop any more; where nobody answers for it now, a clerk is asked."""
    rows = MerchantPerson.objects.filter(person=person, ended_at__isnull=True)
    shops = list(Merchant.objects.filter(people__in=rows.filter(owner=True)).exclude(state__in=OVER))
    ended = rows.update(ended_at=now)
    kept = ShopKeeper.objects.filter(person=person, ended_at__isnull=True).update(ended_at=now)
    for row in shops:
        if not waiting.owners_of(row=row):
            waiting.ownerless(row=row, by=by, now=now)
    return {"exchange_merchantperson": ended, "exchange_shopkeeper": kept}
