"""Who somebody is in a county, what he holds, and why he sees what he sees."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from mulin.citus.kept import Kept
from mulin.citus.models import County
from mulin.ground.access.models import Account, AccountCounty, Attempt, Grant
from mulin.ground.access.permissions import may_see_grants
from mulin.ground.access.rules import (
    EXAMPLE_PREFIX,
    PLAIN,
    READ_GRANTS,
    ROLES,
    STOOD_IN,
    Role,
    is_idle,
    is_staff,
    needs_mfa,
    password_is_old,
    reaches,
    role_of,
)
from mulin.ground.people import queries as people
from mulin.ground.territory import queries as territory
from mulin.kernel.actor import Actor, Held
from mulin.kernel.county import county_scope, current_county
from mulin.kernel.errors import NotFound
from mulin.kernel.paging import Page, page
from mulin.kernel.secrets import keyed_hash

__all__ = [
    "EXAMPLE_PREFIX",
    "Role",
    "actor_for",
    "actor_of_person",
    "is_idle",
    "is_staff",
    "needs_mfa",
    "password_is_old",
    "role_of",
    "roles",
    "visible_to",
    "why",
]

OPEN = Q(ended_on__isnull=True)
COUNTIES_KEPT_SECONDS = 30.0


def roles() -> dict[str, Role]:
    """Every role by its code, in the order in which pages list them."""
    return dict(ROLES)


# ── counties ─────

_kept: tuple[float, dict[int, County]] = (0.0, {})


def counties() -> dict[int, County]:
    """The opened counties by code, kept in the process for at most half a minute. None opened is never kept.

    Nothing that must be true at once (the example flag of the door) is read from here.
    """
    global _kept
    until, found = _kept
    if not found or time.monotonic() > until:
        found = {county.code: county for county in County.objects.order_by("code")}
        _kept = (time.monotonic() + COUNTIES_KEPT_SECONDS, found)
    return found


def forget_counties() -> None:
    """Read the counties again at the next request: after opening one, and between tests."""
    global _kept
    _kept = (0.0, {})


def county_of_host(host: str) -> int | None:
    """The county to which an address (``host`` or ``host:port``) belongs, None where it belongs to none alone."""
    asked = (host.lower(), re.sub(r":\d+$", "", host.lower()))
    return next((code for code, one in counties().items() if one.host and one.host.lower() in asked), None)


def county_now(code: int) -> County | None:
    """A county straight from its row."""
    return County.objects.filter(code=code).first()


_COUNTIES: Kept[tuple[int, UUID]] = Kept(
    lambda account: (
        AccountCounty.objects.filter(account_id=account)
        .order_by("county_code")
        .values_list("county_code", "person_id")
    )
)


def counties_of(account: UUID) -> dict[int, UUID]:
    """Where an account is somebody: county code → person."""
    return dict(_COUNTIES(account=account))


# ── actors ─────


def _grants(whose: Q) -> QuerySet[Grant, Any]:
    rows = Grant.objects.filter(OPEN, whose).order_by("id")
    return rows.values_list("role", "path", "unit_id", "id", "person_id")


_OWN: Kept[tuple[Any, ...]] = Kept(lambda person: _grants(Q(person_id=person)))
_ALL: Kept[tuple[Any, ...]] = Kept(
    lambda person, on: _grants(Q(person_id=person) | Q(person_id__in=people.stood_in_by(person, on=on)))
)


def _with_duties(actor: Actor, on: date | None) -> Actor:
    """The actor with what he holds, and on a day with the duties of those on leave who named him: to handle, never to give
    rights, and for colleagues only. One statement.
    """
    if actor.person is None:
        return actor
    rows = _OWN(person=actor.person) if on is None else _ALL(person=actor.person, on=on)
    own: list[Held] = []
    others: dict[UUID, list[Held]] = {}
    for role, path, unit, key, person in rows:
        if person == actor.person:
            own.append(Held(role, path, unit, key))
        else:
            others.setdefault(person, []).append(Held(role, path, unit, key, person))
    found = replace(actor, held=tuple(own))
    if not others or not is_staff(found):
        return found
    lent = [one for rows in others.values() for one in rows if one.role in STOOD_IN]
    return replace(found, held=(*own, *lent), stands_for=tuple(others))


def actor_of(account: UUID, county: int, person: UUID | None, *, on: date | None = None) -> Actor:
    """The actor of an account whose person in the county is known already. One statement.

    ``on``: the day on which he acts; on it he also stands in for colleagues on leave. Without a day he is nobody but
    himself.
    """
    with county_scope(county):
        return _with_duties(Actor(county=county, account=account, person=person), on)


def actor_for(account: Account | UUID, county: int, *, on: date | None = None) -> Actor:
    """Who an account is in a county, with every role it holds there today. Two statements; ``on``: see
    ``actor_of``.
    """
    key = account if isinstance(account, UUID) else account.pk
    return actor_of(key, county, counties_of(key).get(county), on=on)


def actor_of_person(person: UUID, *, on: date | None = None) -> Actor:
    """A person of the county in force as an actor, with or without an account; ``on``: see ``actor_of``."""
    county = current_county()
    link = AccountCounty.objects.filter(county_code=county, person_id=person).values_list(
        "account_id", flat=True
    )
    return _with_duties(Actor(county=county, account=link.first(), person=person), on)


# ── accounts ─────


def account_of(person: UUID) -> Account | None:
    """The account of a person of the county in force."""
    county = current_county()
    return Account.objects.filter(counties__county_code=county, counties__person_id=person).first()


def account(key: UUID) -> Account:
    """An account that is somebody in the county in force. Raises NotFound."""
    found = Account.objects.filter(pk=key, counties__county_code=current_county()).first()
    if found is None:
        raise NotFound(_("没有这个账号。"))
    return found


def has_second_factor(account: UUID) -> bool:
    """Whether an authenticator app is enrolled."""
    from allauth.mfa.models import Authenticator

    return bool(Authenticator.objects.filter(user_id=account, type=Authenticator.Type.TOTP).exists())


def locked_until(key: str, *, limit: int, now: datetime) -> datetime | None:
    """Until when a key is locked, or None. Reads only."""
    row = Attempt.objects.filter(key=keyed_hash(key), expires_at__gt=now, count__gte=limit).first()
    return row.expires_at if row else None


@dataclass(frozen=True)
class Guest:
    """One of the example county's people at the door."""

    account: UUID
    username: str
    person: UUID
    name: str
    held: tuple[Held, ...]


def example_people() -> list[Guest]:
    """The people whom the door of the county in force may let in: example accounts of example counties
    only.
    """
    people_here = {"account__username__startswith": EXAMPLE_PREFIX, "account__is_active": True}
    plain = {"account__is_superuser": False, "account__is_staff": False}
    links = AccountCounty.objects.filter(county_code=current_county(), **people_here, **plain).select_related(
        "account"
    )
    everywhere = AccountCounty.objects.filter(account_id__in=[link.account_id for link in links])
    real = County.objects.filter(is_example=False, code__in=[link.county_code for link in everywhere])
    codes = set(real.values_list("code", flat=True))
    elsewhere = {link.account_id for link in everywhere if link.county_code in codes}
    found = [link for link in links if link.account_id not in elsewhere]
    names = people.public_names(link.person_id for link in found)
    held = held_by(link.person_id for link in found)
    guests = [
        Guest(
            link.account_id,
            link.account.username,
            link.person_id,
            names.get(link.person_id, ""),
            held.get(link.person_id, ()),
        )
        for link in found
    ]
    order = list(ROLES)
    return sorted(
        guests,
        key=lambda one: (
            min((order.index(h.role) for h in one.held if h.role in ROLES), default=0),
            one.username,
        ),
    )


# ── grants ─────


def held_by(persons: Iterable[UUID]) -> dict[UUID, tuple[Held, ...]]:
    """What each of some persons holds. One statement."""
    found: dict[UUID, tuple[Held, ...]] = {}
    for one in Grant.objects.filter(OPEN, person_id__in=list(persons)).order_by("id"):
        found[one.person_id] = (*found.get(one.person_id, ()), Held(one.role, one.path, one.unit_id, one.id))
    return found


def visible_to(actor: Actor) -> QuerySet[Grant]:
    """Grants below the actor's own territory; all of them for the whole county's staff; his own always."""
    condition = Q(person_id=actor.person) if actor.person else Q(pk__in=())
    if may_see_grants(actor):
        for path in actor.paths(*READ_GRANTS):
            condition |= Q() if path == "/" else Q(path__startswith=path)
            if path == "/":
                return Grant.objects.all()
    return Grant.objects.filter(condition)


def grant(actor: Actor, key: UUID) -> Grant:
    """One grant within what the actor sees. Raises NotFound."""
    found = visible_to(actor).filter(pk=key).first()
    if found is None:
        raise NotFound(_("没有这项权限。"))
    return found


def grants_page(actor: Actor, *, role: str = "", ended: bool = False, at: str = "", size: int = 50) -> Page:
    """A page of the grants that the actor sees, newest first, as lines of grant, holder, place and unit in words.
    Five statements for any number of rows.

    Without a role asked for: duties only, because residents and riders are on no list by themselves.
    """
    found = visible_to(actor)
    found = found.filter(role=role) if role else found.exclude(role__in=PLAIN)
    if not ended:
        found = found.filter(OPEN)
    shown = page(found, by="-id", at=at, size=size)
    return shown.of(_lines(shown.rows))


def grants_of(person: UUID) -> list[dict[str, Any]]:
    """What a person holds now, as lines of a page."""
    return _lines(list(Grant.objects.filter(OPEN, person_id=person).order_by("id")))


def grants_on(path: str) -> list[dict[str, Any]]:
    """Who holds a role over exactly this path now, as lines of a page."""
    return _lines(list(Grant.objects.filter(OPEN, path=path).order_by("role", "id")))


def _lines(rows: list[Grant]) -> list[dict[str, Any]]:
    names = people.public_names({row.person_id for row in rows})
    places = territory.names_of_paths({row.path for row in rows if row.path})
    units = people.organisation_names({row.unit_id for row in rows if row.unit_id})
    return [
        {
            "grant": row,
            "role": role_of(row.role),
            "name": names.get(row.person_id, ""),
            "place": places.get(row.path, ""),
            "unit": units.get(row.unit_id, "") if row.unit_id else "",
        }
        for row in rows
    ]


def holders(role: str, *, path: str = "", unit: UUID | None = None) -> list[UUID]:
    """Persons who hold a role whose territory contains ``path`` (or within ``unit``); for messages and
    to-dos.
    """
    found = Grant.objects.filter(OPEN, role=role)
    if unit is not None:
        found = found.filter(unit_id=unit)
    elif path:
        found = found.filter(path__in=prefixes(path))
    return list(found.order_by("id").values_list("person_id", flat=True).distinct())


def holders_in(units: Iterable[UUID], *roles: str) -> dict[UUID, list[UUID]]:
    """Who holds one of the roles within each of some units; a unit without anybody is left out. One statement."""
    found: dict[UUID, list[UUID]] = {}
    rows = Grant.objects.filter(OPEN, role__in=roles, unit_id__in=list(units)).order_by("id")
    for unit, person in rows.values_list("unit_id", "person_id"):
        if person not in found.setdefault(unit, []):
            found[unit].append(person)
    return found


def with_duty(persons: Iterable[UUID]) -> set[UUID]:
    """Those among some persons who hold any duty now. One statement, none for nobody."""
    wanted = list(persons)
    if not wanted:
        return set()
    rows = Grant.objects.filter(OPEN, person_id__in=wanted).exclude(role__in=PLAIN)
    return set(rows.values_list("person_id", flat=True))


def on_duty() -> QuerySet[Grant, Any]:
    """The persons who hold any duty now, as a subquery of their ids."""
    return Grant.objects.filter(OPEN).exclude(role__in=PLAIN).values("person_id")


def holding(role: str) -> QuerySet[Grant, Any]:
    """The persons who hold a role now, wherever, as a subquery of their ids."""
    return Grant.objects.filter(OPEN, role=role).values("person_id")


def prefixes(path: str) -> list[str]:
    """``/001/003/`` → ``/``, ``/001/``, ``/001/003/``."""
    parts = [part for part in path.split("/") if part]
    return ["/", *("/" + "/".join(parts[: count + 1]) + "/" for count in range(len(parts)))]


OVERSEERS = ("admin", "county_clerk", "street_clerk", "community_clerk")


def overseen(actor: Actor) -> QuerySet[Grant, Any]:
    """The persons with a duty in the territory of a clerk or administrator, as a subquery of their ids. Staff of
    partners (a property company's) have their own superiors.
    """
    found = Q(pk__in=())
    for path in actor.himself.paths(*OVERSEERS):
        found |= Q(path__startswith=path)
    return Grant.objects.filter(OPEN, found, unit__isnull=True).exclude(path="").values("person_id")


def describe(held: Held, *, units: Mapping[UUID, str] | None = None) -> str:
    """``网格员 · 叶柏寿街道双虹社区第一网格``. One statement where the place's name is not known yet."""
    role = role_of(held.role)
    words = [str(role.name) if role else held.role]
    if held.unit is not None:
        words.append((units or people.organisation_names([held.unit])).get(held.unit, ""))
    if held.path:
        words.append(territory.name_of_path(held.path))
    return " · ".join(word for word in words if word)


def why(actor: Actor, *, path: str = "", unit: UUID | None = None, owner: UUID | None = None) -> list[str]:
    """In words: which of the actor's roles (and their policy), or which ownership, opens a thing.

    ``path``: where the thing is; ``unit``: who it was given to; ``owner``: whose it is. Empty: nothing
    opens it.
    """
    found = []
    if owner is not None and owner == actor.person:
        found.append(_("这是您本人的。"))
    for held in actor.held:
        role = role_of(held.role)
        if role and reaches(held, path=path, unit=unit):
            said = {"what": describe(held), "policy": role.policy}
            if held.behalf is not None:
                said["whom"] = people.public_names([held.behalf]).get(held.behalf, _("一位同事"))
                found.append(_("%(whom)s请假，由您代为办理：%(what)s。%(policy)s") % said)
            else:
                found.append(_("您是%(what)s。%(policy)s") % said)
    return found


def export_person(person: UUID) -> dict[str, Any]:
    """What access keeps of a person, JSON-ready."""
    told: dict[str, Any] = {
        "grants": [
            {
                "role": one.role,
                "path": one.path,
                "unit": str(one.unit_id or ""),
                "from": one.started_on.isoformat(),
                "until": one.ended_on.isoformat() if one.ended_on else None,
            }
            for one in Grant.objects.filter(person_id=person).order_by("id")
        ]
    }
    own = account_of(person)
    if own is not None:
        told["account"] = {
            "username": own.username,
            "opened_at": own.created_at.isoformat(),
            "last_sign_in": own.last_login.isoformat() if own.last_login else None,
            "second_factor": has_second_factor(own.pk),
        }
    return {"access": told}
