"""Who runs a shop and stands behind its counter, whose a redemption is; who agrees with merchants, who works there; who
holds rounds of commendations, decides in them and answers objections."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from mulin.ground.access import queries as access
from mulin.ground.people import queries as people
from mulin.ground.points import queries as points
from mulin.kernel.actor import Actor
from mulin.kernel.clock import day_start
from mulin.services.exchange.models import (
    AllianceMember,
    Commendation,
    Merchant,
    MerchantPerson,
    Nomination,
    Redemption,
    Repayment,
    ShopKeeper,
)
from mulin.services.exchange.rules.honours import ABOVE, NomineeKind
from mulin.services.exchange.rules.merchants import CLERKS
from mulin.services.exchange.rules.shop import COUNTER

# ── the shop ─────


def may_run_somewhere(actor: Actor) -> bool:
    """Those at a counter over some territory."""
    return bool(actor.paths(*COUNTER))


def may_run(actor: Actor, path: str) -> bool:
    """Set up shops, goods, prices and keepers in one's territory; the example county's making."""
    return bool(actor.system) or actor.covers(path, *COUNTER)


def kept_by(actor: Actor) -> Q:
    """The shops at whose counter an actor stands: in his territory, or named for it."""
    found = Q(pk__in=())
    for path in actor.paths(*COUNTER):
        found |= Q(path__startswith=path)
    if actor.person is not None:
        named = ShopKeeper.objects.filter(shop=OuterRef("pk"), person=actor.person, ended_at__isnull=True)
        found |= Q(Exists(named))
    return found


def may_hold_books(actor: Actor) -> bool:
    """Whoever is known by name may have a passbook, and redeem."""
    return actor.person is not None


def own(actor: Actor, row: Redemption) -> bool:
    """The passbook's holders, and who reserved for them."""
    if actor.person is None:
        return False
    return row.person == actor.person or row.account in books_of(actor)


def books_of(actor: Actor) -> set[UUID]:
    """Accounts of the actor's own passbook and his household's. At most two statements."""
    return {one.id for one in points.mine(actor)}


# ── between communities ─────


def sides_of(actor: Actor) -> tuple[str, ...]:
    """Where an officer speaks for communities: his territory."""
    return actor.paths(*COUNTER) if actor.person is not None else ()


def may_speak_somewhere(actor: Actor) -> bool:
    """Officers who agree for some community, or look at its months."""
    return bool(sides_of(actor))


def may_speak_for(actor: Actor, path: str) -> bool:
    """Named officers over the community say what it agrees to and whether its month is right."""
    return actor.person is not None and actor.covers(path, *COUNTER)


def may_keep_acceptance(actor: Actor) -> bool:
    """Named clerks and administrators of the whole county say how far points go."""
    return actor.person is not None and actor.covers("/", "county_clerk", "admin")


# ── merchants ─────


def may_agree_somewhere(actor: Actor) -> bool:
    """Clerks over some territory."""
    return bool(actor.paths(*CLERKS))


def may_agree(actor: Actor, path: str) -> bool:
    """Clerks over the merchant's community; the example county's making."""
    return bool(actor.system) or actor.covers(path, *CLERKS)


def works_at(actor: Actor, *, owner: bool = False) -> Q:
    """The merchants in whose shops an actor checks codes; ``owner``: those that he answers for."""
    units = actor.units("merchant")
    found = Q(unit__in=units) if units else Q(pk__in=())
    if actor.person is not None:
        named = MerchantPerson.objects.filter(
            merchant=OuterRef("pk"), person=actor.person, ended_at__isnull=True
        )
        found |= Q(Exists(named.filter(owner=True) if owner else named))
    return found


def worked_at(actor: Actor, at: datetime) -> Q:
    """The merchants that named an actor and in whose shops he worked at a moment, whether or not he does now."""
    if actor.person is None:
        return Q(pk__in=())
    named = MerchantPerson.objects.filter(merchant=OuterRef("pk"), person=actor.person, since__lte=at)
    return Q(Exists(named.filter(Q(ended_at__isnull=True) | Q(ended_at__gt=at))))


def kin_of(row: Merchant) -> set[UUID]:
    """Who works in a merchant's shop now, and whoever lives with one of them. Up to three statements."""
    named = row.people.filter(ended_at__isnull=True).values_list("person_id", flat=True)
    unit = access.holders("merchant", unit=row.unit_id) if row.unit_id else []
    return people.with_families({*named, *unit})


def near(actor: Actor, row: Merchant) -> bool:
    """Whether a shop is an officer's own, or that of somebody with whom he lives or for whom he stands in: another office
    sees to it."""
    return bool(actor.persons) and not kin_of(row).isdisjoint(actor.persons)


def allied_with(actor: Actor) -> Q:
    """The alliances to which a shop belongs that an actor answers for."""
    mine = Merchant.objects.filter(works_at(actor, owner=True))
    return Q(pk__in=AllianceMember.objects.filter(left_on__isnull=True, merchant__in=mine).values("alliance"))


def may_own_shops(actor: Actor) -> bool:
    """Whoever answers for a shop somewhere. One statement."""
    return Merchant.objects.filter(works_at(actor, owner=True)).exists()


def answers_for_alliance(actor: Actor, row: Repayment) -> bool:
    """Who is on the alliance's side of a repayment: who proposed it, lives with who did, or works in one of its shops. At
    most five statements."""
    near = close_to(actor)
    members = AllianceMember.objects.filter(alliance=row.alliance_id, left_on__isnull=True)
    return row.proposed_by in near or members.filter(merchant__in=near).exists()


def overseen(actor: Actor) -> Q:
    """Merchants, alliances and grants (by their ``path``) in an actor's territory."""
    found = Q(pk__in=())
    for path in actor.paths(*CLERKS):
        found |= Q(path__startswith=path)
    return found


# ── commendations ─────


def may_commend_somewhere(actor: Actor) -> bool:
    """Clerks over some territory: they hold rounds, decide in them, answer objections."""
    return actor.person is not None and bool(actor.paths(*CLERKS))


def may_commend(actor: Actor, path: str) -> bool:
    """Hold a round for a place in one's territory; the example county's making."""
    return bool(actor.system) or actor.covers(path, *CLERKS)


@dataclass(frozen=True)
class Turn:
    """Whose turn it is in a round: ``role`` over its place. ``raised``: why it is not the office that the round names
    (``rules.honours.RAISED``), '' where it is; ``barred``: who is too near to a nominee, or proposed one."""

    role: str
    raised: str = ""
    barred: frozenset[UUID] = frozenset()


def may_decide(actor: Actor, row: Commendation, turn: Turn) -> bool:
    """Whether it is the actor's: nobody above decides in its stead, and nobody who is too near, nor who stands in for one
    on leave. No statement."""
    if actor.person is None or actor.person in turn.barred:
        return False
    return any(
        one.role == turn.role and one.path and row.path.startswith(one.path) and one.behalf not in turn.barred
        for one in actor.held
    )


def turn_of(row: Commendation, rows: Iterable[Nomination]) -> Turn:
    """Whose turn it is to decide about some nominations of a round: its office, or where nobody is there who is not too near
    the next one above. At most fourteen statements."""
    about = list(rows)
    proposers = {one.nominated_by for one in about if one.nominated_by is not None}
    barred = near_to({key for one in about for key in (one.person_id, one.nominee) if key}, row=row)
    if proposers:
        barred |= people.with_families(proposers)
    role, raised = free(row.office, row.path, barred)
    return Turn(role, raised, frozenset(barred))


def free(role: str, path: str, barred: Collection[UUID] = ()) -> tuple[str, str]:
    """(a role over a place, or the next one above held by somebody who is not barred; why it is not the first: "vacant",
    "near", or "nobody" where even the last one is held by nobody else). One statement a level."""
    raised = ""
    while True:
        there = set(access.holders(role, path=path))
        if there - set(barred):
            return role, raised
        if role not in ABOVE:
            return role, "nobody"
        raised = "near" if there else raised or "vacant"
        role = ABOVE[role]


def held(role: str, path: str) -> str:
    """A role over a place, or the next one above that somebody holds: whose a to-do is."""
    return free(role, path)[0]


def near_to(keys: Collection[UUID], *, row: Commendation) -> set[UUID]:
    """The persons to whom persons, households, units or shops are near, as ``close_to`` says of one of them: themselves,
    whoever lives with them or lately used a passbook in their stead, who works there. At most nine statements, none for
    nobody."""
    if not keys:
        return set()
    shops = Merchant.objects.filter(pk__in=keys, unit__isnull=False).values_list("unit_id", flat=True)
    named = MerchantPerson.objects.filter(merchant__in=keys, ended_at__isnull=True)
    groups = [
        people.with_families(keys),
        people.living_in(keys),
        named.values_list("person_id", flat=True),
        *points.helpers_of(keys, since=helped_since(row)).values(),
        *people.members_of(keys).values(),
        *access.holders_in(keys, *access.roles()).values(),
        *access.holders_in(set(shops), "merchant").values(),
    ]
    return {key for group in groups for key in group}


def helped_since(row: Commendation) -> datetime:
    """From when on using somebody's passbook in his stead makes near in a round."""
    return day_start(row.nominate_from - timedelta(days=points.HELPER_DAYS))


def whose_answer(row: Commendation, *, first: str, barred: Collection[UUID]) -> tuple[str, UUID | None]:
    """Whose an objection is: (the first role from ``first`` on upwards, then downwards, held by somebody who is not barred;
    that person where others there are). The last role where nobody is. One statement a level."""
    begin = CLERKS.index(first)
    for role in (*CLERKS[begin:], *reversed(CLERKS[:begin])):
        there = access.holders(role, path=row.path)
        left = [one for one in there if one not in barred]
        if left:
            return role, left[0] if len(left) < len(there) else None
    return CLERKS[-1], None


def speaks_for(actor: Actor) -> Q:
    """The nominations to which an actor says yes or no: his own, of the units in which he works, of the shops that he
    answers for. Two statements."""
    if actor.person is None:
        return Q(pk__in=())
    units = _units(actor)
    shops = list(Merchant.objects.filter(works_at(actor, owner=True)).values_list("id", flat=True))
    found = Q(person=actor.person)
    found |= Q(kind=NomineeKind.UNIT, nominee__in=units)
    return found | Q(kind=NomineeKind.MERCHANT, nominee__in=shops)


def _units(actor: Actor) -> set[UUID]:
    """The units in which he himself works, or has a duty."""
    if actor.person is None:
        return set()
    works = people.memberships(actor.person).values_list("organisation_id", flat=True)
    return {*works, *(one.unit for one in actor.himself.held if one.unit is not None)}


def close_to(actor: Actor, among: Iterable[Nomination] = ()) -> set[UUID]:
    """Whose matters are the actor's own: himself, all of his household, the units in which he works, his shops; and of some
    nominees those whose passbook he lately used in their stead. At most seven statements."""
    if actor.person is None:
        return set()
    home = people.household_of(actor.person)
    found = {actor.person} | ({home} | people.household_members(home) if home else set())
    found |= _units(actor) | set(Merchant.objects.filter(works_at(actor)).values_list("id", flat=True))
    rows = list(among)
    if rows:
        owners = {key for one in rows for key in (one.person_id, one.nominee) if key}
        helped = points.helpers_of(owners, since=min(helped_since(one.round) for one in rows))
        found |= {owner for owner, persons in helped.items() if actor.person in persons}
    return found


def may_answer(actor: Actor, row: Commendation, *, involved: set[UUID], near: set[UUID]) -> bool:
    """Another clerk over the place than who decided, objected, proposed or was proposed (``involved``), and than those who
    live or work with them (``near``: ``close_to`` him)."""
    return actor.person is not None and not involved & near and actor.covers(row.path, *CLERKS)
