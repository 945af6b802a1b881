"""One ask as somebody may see it: what it says to him, what he may do, and how it went."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from mulin.ground.access import queries as access
from mulin.ground.orders.models import Order, OrderClaim, OrderJoin, OrderStep
from mulin.ground.orders.permissions import UNIT_STAFF, asks, holds, is_asker, may_confirm, reviews
from mulin.ground.orders.queries.helpers import barred
from mulin.ground.orders.queries.lists import BACK, DOOR, THANKS, WORDS, kind_of, visible_to
from mulin.ground.orders.rules import LIVE, TRANSITIONS, ClaimState, Kind, State, allowed, next_words
from mulin.ground.orders.rules.kinds import LATE_BOOK, NO_BOOK
from mulin.ground.people import queries as people
from mulin.ground.points import queries as points
from mulin.ground.territory import queries as territory
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.kernel.errors import NotFound
from mulin.kernel.secrets import decrypt

SHOWN_TO_GIVER = (ClaimState.HELD, ClaimState.SERVED)
"""While he has it to do, a giver may see name and door; before and afterwards not."""


@dataclass(frozen=True)
class Contact:
    """Who asks and where, in plain text. ``phone`` is '' without the asker's consent; ``others``: who wants the same."""

    name: str
    door: str
    phone: str
    others: dict[UUID, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Line:
    """A step as the timeline shows it."""

    at: datetime
    title: str
    who: str
    tone: str


@dataclass(frozen=True)
class Seat:
    """A claim as the page shows it, and what the reader may do with it."""

    claim: OrderClaim
    who: str
    mine: bool
    deeds: tuple[str, ...]
    thanks: str = ""
    back: str = ""
    points: int = 0
    unpaid: str = ""
    book_until: date | None = None
    """Until when whoever helped without a passbook may still open one; ``unpaid``: why there were no points."""


@dataclass(frozen=True)
class Look:
    """``full``: a reviewer, the asker or whoever wrote it down; ``giver``: whoever has it to do; ``words``: what was asked,
    for these only. ``deeds``: what the reader may do with the whole; ``why_not``: why he may not claim it."""

    order: Order
    kind: Kind
    place: str
    full: bool
    reviewer: bool
    asker: bool
    giver: bool
    words: str
    deeds: tuple[str, ...]
    why_not: str
    seats: list[Seat]
    free: int
    joined: int
    steps: list[Line]
    next: str
    names: dict[UUID, str] = field(default_factory=dict)
    bookless: bool = False
    """He might claim or accept it and has no passbook for the points."""
    units: dict[UUID, str] = field(default_factory=dict)
    """For which units he might claim it."""


def find(actor: Actor, key: UUID) -> Order:
    """An ask that the actor may see. Raises NotFound; whoever could see it once is told that it is gone. One statement."""
    row = visible_to(actor).select_related("place").filter(pk=key).first()
    if row is None:
        once = Q(private=False, reviewed_at__isnull=False) | Q(claims__person__in=actor.persons)
        if Order.objects.filter(once, pk=key).exists():
            raise NotFound(_("这件求助已经有人接了，或者已经结束。谢谢您的心意，看看别的。"))
        raise NotFound(_("没有这件求助，或者您看不到它。"))
    return row


def has_account(order: Order) -> bool:
    """Whether the asker can press a button himself. One statement."""
    return order.asker_id is not None and access.account_of(order.asker_id) is not None


def names_for(keys: Iterable[UUID | None], *, plain: bool, masked: bool) -> dict[UUID, str]:
    """Names: those that staff bear, and those of neighbours, whole (``plain``) or ``masked``. One or two statements."""
    wanted = {key for key in keys if key is not None}
    found = people.public_names(wanted)
    if plain or masked:
        rest = people.contacts(wanted - set(found))
        told = {key: (one if plain else one.masked()).name for key, one in rest.items()}
        found = {key: name for key, name in told.items() if name} | found
    return found


def contact(order: Order) -> Contact:
    """Name, door, and the number where its owner agreed. The caller records the look."""
    told = people.contact(order.asker_id) if order.asker_id else None
    name, phone = (told.name, told.phone if order.phone_ok else "") if told else ("", "")
    joined = list(OrderJoin.objects.filter(order=order).order_by("id").values_list("person_id", flat=True))
    others = {key: one.name for key, one in people.contacts(joined).items()} if joined else {}
    return Contact(name, decrypt(order.door_sealed, bound_to=DOOR), phone, others)


def unpaid(now: datetime) -> QuerySet[OrderClaim]:
    """The confirmed claims of those who had no passbook and may still open one."""
    return OrderClaim.objects.filter(
        unpaid=NO_BOOK, confirmed_at__gt=now - LATE_BOOK, state=ClaimState.CONFIRMED
    )


def may_reveal(actor: Actor, order: Order, claims: Iterable[OrderClaim]) -> bool:
    """Reviewers, and whoever has it to do."""
    if reviews(actor, order, kind_of(order.kind)):
        return True
    return any(one.state in SHOWN_TO_GIVER and one.person_id == actor.person for one in claims)


def why_not_claim(
    actor: Actor, order: Order, claims: Iterable[OrderClaim], now: datetime, *, held: bool = False
) -> str:
    """Why this person may not claim it, '' where he may; ``held``: what the guard rests on stays so until the transaction
    ends. Two statements and the guard's."""
    if actor.person is None:
        return _("请先登录，再来认领。")
    if actor.person == order.asker_id:
        return _("这是您自己的求助。")
    if order.asker_id and actor.person in people.housemates(order.asker_id):
        return _("您和求助的人是一家人，一家人互相帮不用记在这里。")
    if any(one.state in LIVE and one.person_id == actor.person for one in claims):
        return _("您已经接了这一件。")
    return barred(order, [actor.person], now, held=held).get(actor.person, "")


def look(actor: Actor, order: Order, now: datetime, *, revealed: bool = False) -> Look:
    """The page of an ask for one reader. Ten statements or so. Reviewers read neighbours' names masked until they look
    (``revealed``: this look was written down)."""
    kind = kind_of(order.kind)
    claims = list(OrderClaim.objects.filter(order=order).select_related("unit").order_by("id"))
    reviewer, asker = reviews(actor, order, kind), asks(actor, order)
    full = reviewer or asker
    giver = any(one.state in SHOWN_TO_GIVER and one.person_id == actor.person for one in claims)
    rows = list(OrderStep.objects.filter(order=order).order_by("at", "id"))
    agreed = {one.claim for one in rows if one.deed in ("claim", "accept")}
    keys = [one.person_id for one in claims] + [one.person for one in rows] + [one.behalf for one in rows]
    joiners = {one.person for one in rows if one.deed in ("join", "leave")}
    hidden = _nameless(order, claims, agreed, joiners, full=full, reviewer=reviewer)
    own = is_asker(actor, order)
    names = names_for(
        [one for one in keys if one not in hidden],
        plain=own or (reviewer and revealed),
        masked=reviewer or asker,
    )
    can = set(allowed(order.state))
    why_not = why_not_claim(actor, order, claims, now) if order.state == State.OPEN else ""
    deeds = tuple(
        deed for deed in TRANSITIONS if deed in can & _deeds(actor, order, reviewer, asker, why_not, kind)
    )
    account = has_account(order)
    seats = [_seat(actor, order, kind, one, names, full, account, now) for one in claims]
    live = [one for one in claims if one.state in LIVE]
    return Look(
        order=order,
        kind=kind,
        place=territory.name_of_path(order.path),
        full=full,
        reviewer=reviewer,
        asker=asker,
        giver=giver,
        words=decrypt(order.words_sealed, bound_to=WORDS) if full or giver else "",
        deeds=deeds,
        why_not=why_not,
        seats=[one for one in seats if reviewer or one.mine or (full and one.claim.pk in agreed)],
        free=max(order.seats - len(live), 0),
        joined=OrderJoin.objects.filter(order=order).count(),
        steps=[_line(one, order, names, actor) for one in rows],
        next=str(next_words(order.state)),
        names=names,
        bookless=("claim" in deeds or any("accept" in one.deeds for one in seats))
        and points.passbook_of(actor.person) is None,
        units=_units(actor, live) if "claim" in deeds else {},
    )


def _units(actor: Actor, live: list[OrderClaim]) -> dict[UUID, str]:
    """The units for which somebody speaks that have no seat yet. One statement, none for nobody's."""
    keys = set(actor.units(*UNIT_STAFF)) - {one.unit_id for one in live}
    return people.organisation_names(keys) if keys else {}


def _nameless(
    order: Order,
    claims: Iterable[OrderClaim],
    agreed: set[UUID | None],
    joiners: set[UUID | None],
    *,
    full: bool,
    reviewer: bool,
) -> set[UUID | None]:
    """Whose name this reader is not told: reviewers know all; the asker those who said yes, and nobody's who wants the same;
    others nobody's who asks or helps, also where he is staff and bears a name in public."""
    if reviewer:
        return set()
    if full:
        came = {one.person_id for one in claims if one.pk in agreed}
        return (joiners | {one.person_id for one in claims}) - came
    return {order.asker_id, *joiners, *(one.person_id for one in claims)}


def _deeds(actor: Actor, order: Order, reviewer: bool, asker: bool, why_not: str, kind: Kind) -> set[str]:
    """What the reader's standing lets him do with the whole; the state decides afterwards."""
    found: set[str] = set()
    if reviewer:
        found |= {"approve", "refuse", "dispatch", "answer", "withdraw", "reopen", "merge_into", "unmerge"}
    if asker:
        found |= {"withdraw", "reopen"}
    if not why_not and order.state == State.OPEN and (not order.private or reviewer or asker):
        found.add("claim")
    if kind.joinable and actor.person is not None and not asker:
        there = OrderJoin.objects.filter(order=order, person=actor.person).exists()
        found.add("leave" if there else "join")
    return found


def _seat(
    actor: Actor,
    order: Order,
    kind: Kind,
    claim: OrderClaim,
    names: dict[UUID, str],
    full: bool,
    account: bool,
    now: datetime,
) -> Seat:
    mine = holds(actor, claim)
    deeds: list[str] = []
    if mine and claim.state == ClaimState.OFFERED:
        deeds = ["accept", "decline"]
    elif mine and claim.state == ClaimState.HELD:
        deeds = ["serve", "give_back"]
    late = claim.state == ClaimState.SERVED and claim.confirm_due_at is None
    if claim.state == ClaimState.SERVED and may_confirm(
        actor, order, kind, claim, has_account=account, late=late
    ):
        deeds += ["confirm", "not_done"]
    rates = is_asker(actor, order) or (full and not account and order.asker_id is not None)
    if claim.state == ClaimState.CONFIRMED and not claim.rating and not mine and rates:
        deeds.append("rate")
    who = names.get(claim.person_id, "") if claim.person_id else ""
    unit = claim.unit.name if claim.unit is not None else ""
    words = " · ".join(one for one in (unit, _("您") if mine and claim.person_id else who) if one)
    thanks = decrypt(claim.thanks_sealed, bound_to=THANKS) if mine or full else ""
    if claim.thanks_ok and (is_asker(actor, order) or (asks(actor, order) and not account)):
        deeds.append("hush")
    told = mine or reviews(actor, order, kind)
    back = decrypt(claim.back_sealed, bound_to=BACK) if told else ""
    his = claim.unpaid == "confirmer" and claim.confirmed_by_id == actor.person
    reason = str(points.REASONS.get(claim.unpaid, "")) if told or his else ""
    waits = claim.unpaid == NO_BOOK and claim.confirmed_at is not None
    until = claim.confirmed_at + LATE_BOOK if waits and claim.confirmed_at and told else None
    return Seat(
        claim,
        words or _("一位邻居"),
        mine,
        tuple(deeds),
        thanks,
        back,
        (claim.points or 0) if told else 0,
        reason,
        local_day(until) if until is not None and until > now else None,
    )


_TONES = {
    "refuse": "bad", "expire": "warn", "lapse": "warn", "give_back": "warn", "not_done": "warn", "withdraw": "warn",
    "review_late": "warn", "confirm_late": "warn", "decline": "warn",
}  # fmt: skip


def _line(step: OrderStep, order: Order, names: dict[UUID, str], actor: Actor) -> Line:
    """Who did it, by name where the reader may know it, else by what he is in this ask."""
    title = str(TRANSITIONS[step.deed].words) if step.deed in TRANSITIONS else _("提出求助")
    if step.rung is not None and 0 <= step.rung < len(kind_of(order.kind).ladder):
        title = _("请%(who)s来帮") % {"who": kind_of(order.kind).ladder[step.rung].name}
    who = _who(step.person, order, names, actor)
    if step.behalf and step.behalf != step.person:
        who = _("%(who)s，代%(whom)s") % {"who": who, "whom": _who(step.behalf, order, names, actor)}
    return Line(step.at, title, who, _TONES.get(step.deed, "info"))


def _who(person: UUID | None, order: Order, names: dict[UUID, str], actor: Actor) -> str:
    if person is None:
        return _("系统")
    if person == actor.person:
        return _("您")
    return names.get(person) or (_("求助的人") if person == order.asker_id else _("一位邻居"))
