"""Who reads and changes people and organisations. Residents are never listed, only found by their own
number.
"""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q

from mulin.ground.people.models import OPEN, Membership, Person
from mulin.kernel import hooks
from mulin.kernel.actor import Actor

MANAGERS = ("admin", "county_clerk")
COUNTER = ("admin", "county_clerk", "street_clerk", "community_clerk")


def is_colleague(actor: Actor) -> bool:
    """Somebody with a duty over a territory or in a unit."""
    return actor.on_duty


def may_read_directory(actor: Actor) -> bool:
    """Staff read the names, posts and work numbers of staff, and the organisations."""
    return any(held.path for held in actor.held) or actor.holds("department_officer", "property_clerk")


def may_see_where_units_serve(actor: Actor) -> bool:
    """The county's own staff: a property company is told of organisations, not of the county's map."""
    return any(held.role != "property_clerk" and (held.path or held.unit) for held in actor.held)


def may_manage_organisations(actor: Actor) -> bool:
    """Administrators and clerks of the whole county."""
    return bool(actor.system) or actor.covers("/", *MANAGERS)


def may_manage_people(actor: Actor) -> bool:
    """Those at a counter: they register people, look one up by his number, and correct what he asks to
    correct.
    """
    return bool(actor.system) or actor.holds(*COUNTER)


def may_erase(actor: Actor) -> bool:
    """On a person's request at the counter: administrators and clerks of the whole county."""
    return bool(actor.system) or actor.covers("/", *MANAGERS)


def under(actor: Actor) -> Q:
    """The persons of whom the actor is a superior, as a condition on Person: all of them for administrators and
    clerks of the whole county; who works in an organisation that he leads; who has a duty in his territory.
    """
    if may_manage_organisations(actor):
        return Q()
    found = Q(pk__in=())
    if actor.person is not None:
        led = Membership.objects.filter(OPEN, leads=True, person_id=actor.person).values("organisation_id")
        found |= Q(pk__in=Membership.objects.filter(OPEN, organisation_id__in=led).values("person_id"))
    for overseen in hooks.overseen:
        found |= Q(pk__in=overseen(actor))
    return found


def may_enter_leave(actor: Actor, person: UUID) -> bool:
    """Whoever is away himself, or his superior."""
    if actor.system or actor.person == person:
        return True
    return is_colleague(actor) and Person.objects.filter(under(actor), pk=person).exists()
