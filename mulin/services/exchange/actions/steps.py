"""What the acts of the shop have in common: who may, the locked row, a move of stock, the trail."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from mulin.ground.points import queries as points
from mulin.ground.trail import actions as trail
from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from mulin.services.exchange.models import Good, Merchant, Redemption, Shop, StockMove
from mulin.services.exchange.permissions import kept_by, may_agree, may_run, near, works_at
from mulin.services.exchange.rules.merchants import WHO_AGREES
from mulin.services.exchange.rules.shop import WHO_KEEPS, WHO_RUNS


def run(*, shop: UUID, by: Actor) -> Shop:
    """A shop for whoever runs it, its row locked. Raises NotFound for other territories, NotAllowed for its keepers."""
    row = Shop.objects.select_for_update(no_key=True).filter(pk=shop).first()
    if row is not None and may_run(by, row.path):
        return row
    if row is not None and Shop.objects.filter(kept_by(by), pk=shop).exists():
        raise NotAllowed(str(WHO_RUNS))
    raise NotFound(_("没有这家超市。"))


def kept(*, shop: UUID, by: Actor) -> None:
    """NotAllowed for whoever does not stand behind the shop's counter."""
    if not by.system and not Shop.objects.filter(kept_by(by), pk=shop).exists():
        raise NotAllowed(str(WHO_KEEPS))


def locked_good(*, key: UUID) -> Good:
    """A good, its row locked. Raises NotFound."""
    row = Good.objects.select_for_update(no_key=True).filter(pk=key).first()
    if row is None:
        raise NotFound(_("没有这件商品。"))
    return row


def move(
    *,
    good: Good,
    kind: str,
    delta: int,
    by: Actor,
    now: datetime,
    redemption: Redemption | None = None,
    supplier: str = "",
    reason: str = "",
    words: str = "",
    key: str = "",
) -> None:
    """Change the stock of a locked good, with the row that says why."""
    good.stock += delta
    good.save()
    StockMove.objects.create(
        good=good,
        kind=kind,
        delta=delta,
        after=good.stock,
        supplier=supplier[:80],
        reason=reason,
        words=words,
        redemption=redemption,
        key=key,
        by=by.person,
        at=now,
    )
    record(by=by, now=now, verb=f"shop.{kind}", kind="good", key=good.id, delta=delta, reason=str(reason))


def not_own(*, account: UUID, by: Actor) -> None:
    """NotAllowed for whoever holds the passbook, or lives with who does: somebody else does it for them."""
    if by.person is not None and by.person in points.family_of(account):
        raise NotAllowed(_("自己和家里的存折，请别的人来办。"), code="own_act")


def said_words(*, said: str, field: str) -> str:
    """A sentence that the other side reads. Refused for none."""
    plain = said.strip()[:200]
    if not plain:
        raise Refused("no_words", _("请写一句，对方看得到。"), field=field)
    return plain


def record(
    *,
    by: Actor,
    now: datetime,
    verb: str,
    kind: str,
    key: UUID,
    about: UUID | None = None,
    on_behalf_of: UUID | None = None,
    **facts: str | int | None,
) -> None:
    """A deed's row in the trail."""
    trail.record(
        by=by,
        now=now,
        verb=verb,
        subject_kind=kind,
        subject_id=key,
        facts=facts,
        about=about,
        on_behalf_of=on_behalf_of,
    )


# ── merchants ─────


def overseen_merchant(*, key: UUID, by: Actor) -> Merchant:
    """A merchant for a clerk over its community, its row locked. NotFound elsewhere, NotAllowed for its own people and for
    whoever lives with one of them."""
    row = Merchant.objects.select_for_update(no_key=True).filter(pk=key).first()
    if row is not None and may_agree(by, row.path):
        if near(by, row):
            raise NotAllowed(_("您或家里人在这家店做事，这一步由别的办公室来办。"), code="own_shop")
        return row
    if row is not None and Merchant.objects.filter(works_at(by), pk=key).exists():
        raise NotAllowed(str(WHO_AGREES))
    raise NotFound(_("没有这家商户。"))


def own_merchant(*, key: UUID, by: Actor) -> Merchant:
    """A merchant for its owner, or a clerk over its community; its row locked. NotAllowed for assistants."""
    row = Merchant.objects.select_for_update(no_key=True).filter(pk=key).first()
    if row is not None and may_agree(by, row.path):
        return row
    if row is not None and Merchant.objects.filter(works_at(by, owner=True), pk=key).exists():
        return row
    if row is not None and Merchant.objects.filter(works_at(by), pk=key).exists():
        raise NotAllowed(_("这一步由店主来做。"))
    raise NotFound(_("没有这家商户。"))
