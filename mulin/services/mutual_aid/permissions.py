"""Who checks people, and who sees the register."""

from __future__ import annotations

from django.db.models import Q

from mulin.kernel.actor import Actor

CHECKERS = ("community_clerk", "street_clerk", "county_clerk")


def may_check(actor: Actor) -> bool:
    """Clerks, each for the own area. A stand-in does not: it gives somebody a right."""
    return bool(actor.himself.paths(*CHECKERS))


def openings(actor: Actor) -> Q:
    """The checks of the actor's area."""
    found = Q(pk__in=())
    for path in actor.himself.paths(*CHECKERS):
        found |= Q(path__startswith=path)
    return found
