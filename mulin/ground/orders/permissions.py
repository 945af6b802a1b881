"""Who sees an ask, and who does what to it. Name and door are for reviewers, and for whoever claimed it."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q

from mulin.ground.orders.models import Order, OrderClaim
from mulin.ground.orders.rules import LIVE, Kind, State
from mulin.ground.orders.rules.kinds import GRID_STAFF, REVIEWERS
from mulin.kernel.actor import Actor

OVERSIGHT = ("leader", "admin")
UNIT_STAFF = ("department_officer", "property_clerk", "merchant")
HALL = Q(state=State.OPEN, private=False)


def may_work(actor: Actor) -> bool:
    """Whether somebody has a duty in which he reviews asks, or stands in for such."""
    return bool(actor.paths(*REVIEWERS, *GRID_STAFF))


def may_oversee(actor: Actor) -> bool:
    """Whether somebody reads lists of asks: those who work on them, leaders, administrators."""
    return may_work(actor) or bool(actor.paths(*OVERSIGHT))


def may_enter(actor: Actor, *, path: str, grid_path: str) -> bool:
    """Staff write an ask down for somebody within their own area."""
    return actor.covers(path, *REVIEWERS) or actor.covers(grid_path, *GRID_STAFF)


def reviews(actor: Actor, order: Order, kind: Kind) -> bool:
    """Clerks of the place; its grid staff too where the kind says so."""
    if actor.system:
        return True
    return actor.covers(order.path, *REVIEWERS) or (
        kind.grid_reviews and actor.covers(order.grid_path, *GRID_STAFF)
    )


def is_asker(actor: Actor, order: Order) -> bool:
    """Whose ask it is."""
    return actor.person is not None and actor.person == order.asker_id


def asks(actor: Actor, order: Order) -> bool:
    """The asker, or whoever wrote it down for him."""
    return actor.person is not None and actor.person in (order.asker_id, order.entered_by_id)


def working(actor: Actor, kinds_of_grid: tuple[str, ...]) -> Q:
    """The asks on which an actor works by his duty. ``kinds_of_grid``: those that grid staff review."""
    found = Q(pk__in=())
    for path in actor.paths(*REVIEWERS):
        found |= Q(path__startswith=path)
    for path in actor.paths(*GRID_STAFF):
        found |= Q(grid_path__startswith=path, kind__in=kinds_of_grid)
    return found


def own(actor: Actor) -> Q:
    """What somebody asked, wrote down for somebody, or wants too."""
    if actor.person is None:
        return Q(pk__in=())
    return Q(asker=actor.person) | Q(entered_by=actor.person) | Q(joins__person=actor.person)


def claimed_by(actor: Actor) -> Q:
    """What somebody, or a unit in which he works, was given or took."""
    found = Q(person__in=actor.persons) if actor.persons else Q(pk__in=())
    if units := actor.units(*UNIT_STAFF):
        found |= Q(unit__in=units)
    return Q(Exists(OrderClaim.objects.filter(found, order=OuterRef("pk"), state__in=LIVE)))


def overseen(actor: Actor) -> Q:
    """What leaders and administrators know of: that there is an ask, never whose."""
    found = Q(pk__in=())
    for path in actor.paths(*OVERSIGHT):
        found |= Q(path__startswith=path)
    return found


def holds(actor: Actor, claim: OrderClaim) -> bool:
    """Whether a claim is the actor's own, or his unit's."""
    by_unit = claim.unit_id is not None and claim.unit_id in actor.units(*UNIT_STAFF)
    return (claim.person_id is not None and claim.person_id == actor.person) or (
        claim.person_id is None and by_unit
    )


def may_confirm(
    actor: Actor, order: Order, kind: Kind, claim: OrderClaim, *, has_account: bool, late: bool
) -> bool:
    """The asker; staff for somebody without an account, or whom nobody has heard from in time. Never the giver."""
    if claim.person_id is not None and claim.person_id == actor.person:
        return False
    if is_asker(actor, order):
        return True
    return (reviews(actor, order, kind) or actor.person == order.entered_by_id) and (late or not has_account)
