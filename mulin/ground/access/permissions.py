"""Who may give access to whom."""

from __future__ import annotations

from mulin.ground.access.rules import READ_GRANTS, ROLES, grantable
from mulin.kernel.actor import Actor


def may_see_grants(actor: Actor) -> bool:
    """Somebody with a duty over a territory below which others hold roles."""
    return any(held.role in READ_GRANTS and held.path for held in actor.held)


def may_grant(actor: Actor, role: str, *, path: str = "") -> bool:
    """Only roles on one's own list, only below one's own path; roles without a territory by the whole
    county's staff.

    The product itself (``first-admin``, the example county) may give any role.
    """
    if role not in ROLES:
        return False
    if actor.system:
        return True
    return role in grantable(actor, path=path, whole_county=not path)


def offers(actor: Actor) -> frozenset[str]:
    """The roles that the actor may give somewhere: those with a place below his own, the others over
    the whole county.
    """
    found = set()
    for code, role in ROLES.items():
        placed = role.binds in ("division", "grid")
        paths = [held.path for held in actor.held if held.path] if placed else [""]
        if any(may_grant(actor, code, path=path) for path in paths):
            found.add(code)
    return frozenset(found)


def may_end_grant(actor: Actor, role: str, *, path: str = "") -> bool:
    """Whoever may give a role may take it back."""
    return may_grant(actor, role, path=path)


def may_open_accounts(actor: Actor) -> bool:
    """Administrators and county clerks; street and community clerks for the people below them."""
    return (
        bool(actor.system)
        or actor.covers("/", "admin", "county_clerk")
        or actor.holds("street_clerk", "community_clerk")
    )


def may_reset_accounts(actor: Actor) -> bool:
    """Resetting lets somebody take an account over: administrators of the whole county only."""
    return bool(actor.system) or actor.covers("/", "admin")
