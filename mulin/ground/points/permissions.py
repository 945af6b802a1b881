"""Who sees a passbook, acts for its holder, keeps the rules and the budgets."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db.models import Q

from mulin.ground.points.models import Account
from mulin.ground.points.rules import COUNTER, COUNTY, FIELD, KINDS, MEMBERS, STAFF
from mulin.ground.points.rules.fairness import LEVELS, OVERSEER
from mulin.kernel.actor import Actor

OVERSIGHT = (OVERSEER, "admin")


def may_hold(actor: Actor) -> bool:
    """Whoever is known by name has, or may have, a passbook."""
    return actor.person is not None


def places(actor: Actor, roles: Collection[str] = STAFF) -> tuple[str, ...]:
    """Where the actor serves passbooks: his territory; who works in a grid, the community around it."""
    return tuple(
        held.path[: held.path.rstrip("/").rfind("/") + 1] if held.role in FIELD else held.path
        for held in actor.held
        if held.role in roles and held.path
    )


def serves(actor: Actor, path: str) -> bool:
    """Staff over the passbook's community, who may look into it and act for its holder."""
    return bool(actor.system) or any(path.startswith(place) for place in places(actor))


def may_move(actor: Actor, kind: str, path: str) -> bool:
    """Whether a duty lets somebody do transfers of a kind (``KINDS``) where he serves; its holder may besides."""
    if actor.system:
        return True
    roles = KINDS[kind].roles
    if not set(roles) & set(FIELD):
        return actor.covers(path, *roles)
    return any(path.startswith(place) for place in places(actor, roles))


def serves_somewhere(actor: Actor) -> bool:
    """Staff who open passbooks and help with them somewhere."""
    return bool(places(actor))


def may_see(actor: Actor, account: Account, holders: Collection[UUID]) -> bool:
    """Its holders, and staff over its community. Points are private: nobody else, neighbours least of all."""
    if account.kind not in MEMBERS:
        return may_keep_budgets(actor)
    return actor.person in holders or serves(actor, account.path)


def may_keep_books(actor: Actor, path: str) -> bool:
    """Those at a counter over the community issue, replace and close passbooks."""
    return bool(actor.system) or actor.covers(path, *COUNTER)


def may_read_rules(actor: Actor) -> bool:
    """Anybody: what brings points is no secret."""
    return True


def may_keep_rules(actor: Actor) -> bool:
    """Named administrators and clerks of the whole county; the example county's making."""
    return bool(actor.system) or (actor.person is not None and actor.covers("/", *COUNTY))


def may_keep_budgets(actor: Actor) -> bool:
    """Clerks and administrators of the whole county hand out the budgets."""
    return bool(actor.system) or (actor.person is not None and may_move(actor, "budget", "/"))


def may_pledge(actor: Actor, path: str) -> bool:
    """Named officers at a counter over the community write down what stands behind its points."""
    return bool(actor.system) or (actor.person is not None and actor.covers(path, *COUNTER))


def may_reverse(actor: Actor, path: str) -> bool:
    """Those at a counter over the community put right what was wrong."""
    return may_move(actor, "reverse", path)


def may_bring_in(actor: Actor) -> bool:
    """Those at a counter somewhere bring historic passbooks in."""
    return actor.person is not None and any(
        held.role in KINDS["opening"].roles and held.path for held in actor.held
    )


def may_look(actor: Actor) -> bool:
    """Those at a counter somewhere look at patterns, answer questions and ask back."""
    return actor.person is not None and bool(actor.paths(*LEVELS))


def may_oversee(actor: Actor) -> bool:
    """Leaders and administrators of the whole county see that something waits beyond its time, not what it is."""
    return actor.person is not None and actor.covers("/", *OVERSIGHT)


def lies_with(actor: Actor) -> Q:
    """Rows with ``role`` and ``path`` that are his to answer: at his own level or below it, in his territory."""
    found = Q(pk__in=())
    for held in actor.held:
        if held.role in LEVELS and held.path:
            found |= Q(path__startswith=held.path, role__in=LEVELS[: LEVELS.index(held.role) + 1])
    return found


def answering_as(actor: Actor, *, role: str, path: str, barred: Collection[UUID]) -> str:
    """The level at which a named officer may answer what lies with ``role`` at ``path``, his own or one above; '' for
    everybody else, and for whomever it concerns, who lives with one of these, or stands in for one."""
    if not role or actor.person is None or actor.person in barred:
        return ""
    roles = [
        held.role
        for held in actor.held
        if held.role in LEVELS[LEVELS.index(role) :]
        and held.path
        and path.startswith(held.path)
        and held.behalf not in barred
    ]
    return min(roles, key=LEVELS.index, default="")
