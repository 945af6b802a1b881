"""Who acts: a frozen value that every ``visible_to(actor)`` and every action takes. ``access`` builds it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from uuid import UUID


@dataclass(frozen=True)
class Held:
    """One role held: over a territory (path prefix such as ``/001/003/``) or within a unit, or neither (resident).

    ``behalf``: whose duty it is, where the actor only stands in for a colleague on leave.
    """

    role: str
    path: str = ""
    unit: UUID | None = None
    grant: UUID | None = None
    behalf: UUID | None = None


@dataclass(frozen=True)
class Actor:
    """The person at the door within one county. ``person`` is None for the system and for an anonymous visitor.

    ``stands_for``: the colleagues on leave in whose place he acts today, in his own name. ``batch``: the bulk act of
    which what he does now is a part.

    ``connected``: the system of somebody else's that acts with a key of this county, ``called`` its name. It has none of
    the product's powers (``system``): what it may do is the scopes that it holds. ``answerable``: the officer who answers
    for what it does for his unit; nothing that is his own, or given to him by name, is its.
    """

    county: int
    account: UUID | None = None
    person: UUID | None = None
    held: tuple[Held, ...] = field(default_factory=tuple)
    system: str = ""
    stands_for: tuple[UUID, ...] = ()
    batch: UUID | None = None
    connected: UUID | None = None
    called: str = ""
    answerable: UUID | None = None

    @property
    def program(self) -> str:
        """The name of the program that acts, '' where it is a person: the product itself, or a connected system."""
        return self.system or self.called

    @property
    def hand(self) -> UUID | None:
        """Whose deed it is: the person's himself, or of whoever answers for a connected system."""
        return self.person or self.answerable

    @property
    def persons(self) -> tuple[UUID, ...]:
        """Himself, and those for whom he stands in: what is addressed to one of them by name is his to do."""
        return (*((self.person,) if self.person else ()), *self.stands_for)

    @property
    def himself(self) -> Actor:
        """The same without what he does in others' places."""
        if not self.stands_for:
            return self
        return replace(self, held=tuple(one for one in self.held if one.behalf is None), stands_for=())

    @property
    def anonymous(self) -> bool:
        """Nobody signed in, and no program."""
        return self.account is None and not self.system and self.connected is None

    @property
    def on_duty(self) -> bool:
        """Whether he has a duty over a territory or in a unit: staff, or a partner's people."""
        return any(held.path or held.unit for held in self.held)

    def roles(self) -> frozenset[str]:
        """The codes of the roles held."""
        return frozenset(held.role for held in self.held)

    def holds(self, *roles: str) -> bool:
        """Whether any of the roles is held, wherever."""
        return any(held.role in roles for held in self.held)

    def paths(self, *roles: str) -> tuple[str, ...]:
        """The path prefixes over which any of the roles is held."""
        return tuple(held.path for held in self.held if held.role in roles and held.path)

    def units(self, *roles: str) -> tuple[UUID, ...]:
        """The units within which any of the roles is held."""
        return tuple(held.unit for held in self.held if held.role in roles and held.unit is not None)

    def covers(self, path: str, *roles: str) -> bool:
        """Whether one of the roles is held over a territory that contains ``path``."""
        return bool(path) and any(path.startswith(prefix) for prefix in self.paths(*roles))

    def behalf(
        self,
        *,
        path: str = "",
        unit: UUID | None = None,
        person: UUID | None = None,
        roles: tuple[str, ...] = (),
    ) -> UUID | None:
        """In whose place he acts on a thing at ``path``, given to ``unit`` or by name to ``person``; None where it
        is his own. ``roles``: those in which it is done, any where left out.
        """
        if person is not None:
            return person if person in self.stands_for else None
        opening = [
            held
            for held in self.held
            if (not roles or held.role in roles)
            and (
                (held.path and path.startswith(held.path))
                or (held.unit is not None and held.unit == unit)
                or (roles and not path and unit is None)
            )
        ]
        own = any(held.behalf is None for held in opening)
        return None if own or not opening else opening[0].behalf


def visitor(county: int) -> Actor:
    """Somebody who has not signed in."""
    return Actor(county=county)


def system(county: int, name: str) -> Actor:
    """The product itself: ``tick``, an import, the example county."""
    return Actor(county=county, system=name)
