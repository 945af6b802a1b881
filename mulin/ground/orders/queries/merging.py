"""Which asks may be one: by the same person or household, or of a kind that many may want; shown side by side."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from mulin.ground.orders.models import Order
from mulin.ground.orders.permissions import asks, reviews
from mulin.ground.orders.queries.lists import WORDS, kind_of, visible_to
from mulin.ground.orders.rules import TRANSITIONS, alike
from mulin.ground.people import queries as people
from mulin.ground.territory import queries as territory
from mulin.kernel.actor import Actor
from mulin.kernel.secrets import decrypt

MOST_COMPARED, MOST_SHOWN = 50, 5


@dataclass(frozen=True)
class Twin:
    """An ask that may be the same: what was asked, whose it is to the first ("person", "household", "many"), how alike the
    words are (0 to 1), whether it lies in the same compound."""

    order: Order
    words: str
    whose: str
    likeness: float
    near: bool


def kinship(row: Order, other: Order) -> str:
    """Why two asks of one kind may be merged: by one "person", one "household", or because "many" may want it; '' where
    they may not. Up to one statement."""
    if row.asker_id is not None and row.asker_id == other.asker_id:
        return "person"
    if row.asker_id is not None and other.asker_id in people.housemates(row.asker_id):
        return "household"
    return "many" if kind_of(row.kind).joinable else ""


def twins(actor: Actor, row: Order) -> list[Twin]:
    """The likeliest asks into which a reviewer might merge this one, the likeliest first. Two statements."""
    kind = kind_of(row.kind)
    if row.state not in TRANSITIONS["merge_into"].sources or not reviews(actor, row, kind):
        return []
    home = people.housemates(row.asker_id) if row.asker_id else set()
    rows = visible_to(actor).filter(
        kind=row.kind,
        path__startswith=territory.community_path(row.path),
        state__in=TRANSITIONS["take_in"].sources,
    )
    if not kind.joinable:
        rows = rows.filter(asker__in=[*home, row.asker_id])
    said = _words(row)
    found = [
        Twin(
            other,
            words := _words(other),
            _whose(row, other, home),
            alike(said, words),
            other.path == row.path,
        )
        for other in rows.exclude(pk=row.pk).order_by("-made_at")[:MOST_COMPARED]
        if reviews(actor, other, kind)
    ]
    return sorted(found, key=lambda one: (one.whose == "many", not one.near, -one.likeness))[:MOST_SHOWN]


def words_for(actor: Actor, row: Order) -> str:
    """What was asked, for whoever may read it."""
    return _words(row) if reviews(actor, row, kind_of(row.kind)) or asks(actor, row) else ""


def _words(row: Order) -> str:
    return decrypt(row.words_sealed, bound_to=WORDS)


def _whose(row: Order, other: Order, home: set[UUID]) -> str:
    if row.asker_id == other.asker_id:
        return "person"
    return "household" if other.asker_id in home else "many"
