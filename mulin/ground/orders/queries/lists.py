"""Lists of asks as somebody may see them. The hall knows kind, rough place, time: never a name, a door or a word."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from mulin.ground.orders.models import Order, OrderClaim, OrderHelper, OrderJoin
from mulin.ground.orders.permissions import HALL, claimed_by, overseen, own, working
from mulin.ground.orders.rules import ENDED, Customer, Kind, State
from mulin.ground.orders.rules.kinds import GRID_STAFF
from mulin.ground.points import queries as points
from mulin.ground.territory import queries as territory
from mulin.kernel import hooks
from mulin.kernel.actor import Actor
from mulin.kernel.paging import Page, page
from mulin.kernel.secrets import decrypt

PAGE = 30
WORDS, DOOR, THANKS, BACK = "order.words", "order.door", "order.thanks", "order.back"


def kinds(customer: str = "") -> list[Kind]:
    """The kinds of asks, of one customer or all, in the order of their declaration."""
    return [one for one in hooks.order_kinds.values() if not customer or one.customer == customer]


def kind_of(code: str) -> Kind:
    """A kind by its code; one that is declared no longer keeps its code as its name."""
    found: Kind | None = hooks.order_kinds.get(code)
    return found or Kind(code=code, customer=code.partition(".")[0], name=code)


def customers() -> list[Customer]:
    """Who has kinds of asks, with the words of their forms."""
    return list(hooks.order_customers.values())


def points_on(day: date) -> dict[str, int]:
    """kind → the points that whoever serves earns on a day; kinds without any are left out. One statement."""
    given = {rule: points for tell in hooks.order_points for rule, points in tell(day).items()}
    return {one.code: given[one.points] for one in kinds() if one.points in given}


def points_of(orders: Iterable[Order], day: date) -> dict[UUID, int]:
    """ask → the points that whoever serves earns on a day, where it lies. Two statements."""
    given, paced = points_on(day), [tell(day) for tell in hooks.order_paced]
    found = {}
    for one in orders:
        points = given.get(one.kind, 0)
        for pace in paced:
            points = pace(one.path, points)
        found[one.pk] = points
    return found


def grid_kinds() -> tuple[str, ...]:
    """Codes of the kinds that grid staff review too."""
    return tuple(one.code for one in kinds() if one.grid_reviews)


def visible_to(actor: Actor) -> QuerySet[Order]:
    """What somebody may open: his own, what he claimed, what he works on or oversees, and whatever stands in the hall."""
    whole = HALL | own(actor) | claimed_by(actor) | working(actor, grid_kinds()) | overseen(actor)
    return Order.objects.filter(pk__in=Order.objects.filter(whole).values("pk"))


def hall(*, path: str = "/", kind: str = "", at: str = "", size: int = PAGE) -> Page:
    """The open asks below a path, newest first: for everybody. One statement."""
    found = Order.objects.filter(HALL, path__startswith=path or "/")
    if kind:
        found = found.filter(kind=kind)
    return page(found, by="-made_at", at=at, size=size)


def mine(actor: Actor, *, at: str = "", size: int = PAGE) -> Page:
    """What somebody asked for, wrote down for somebody, or wants too; newest first. One statement."""
    rows = Order.objects.filter(pk__in=Order.objects.filter(own(actor)).values("pk"))
    return page(rows, by="-made_at", at=at, size=size)


def helped_by(actor: Actor, *, at: str = "", size: int = PAGE) -> Page:
    """The claims that somebody has or had, newest first, with their orders. One statement."""
    rows = OrderClaim.objects.filter(person__in=actor.persons).select_related("order")
    return page(rows, by="-made_at", at=at, size=size)


TABS: Mapping[str, Q] = {
    "review": Q(state=State.SUBMITTED),
    "open": Q(state__in=[State.OPEN, State.OFFERED]),
    "going": Q(state__in=[State.CLAIMED, State.SERVED]),
    "ended": Q(state__in=[str(one) for one in ENDED]),
}


def staff_list(actor: Actor, tab: str, *, customer: str = "", at: str = "", size: int = PAGE) -> Page:
    """What staff look after (leaders: what they oversee), of one tab, newest first. One statement."""
    rows = Order.objects.filter(working(actor, grid_kinds()) | overseen(actor)).filter(TABS[tab])
    if customer:
        rows = rows.filter(customer=customer)
    return page(rows, by="-made_at", at=at, size=size)


def thanks(actor: Actor, *, at: str = "", size: int = PAGE) -> Page:
    """The thanks that may be read out, of the asks on which the actor works: [{kind, at, words}], newest first, nobody's
    name. One statement."""
    orders = Order.objects.filter(working(actor, grid_kinds())).values("pk")
    rows = OrderClaim.objects.filter(order__in=orders, thanks_ok=True, confirmed_at__isnull=False)
    shown = page(rows.select_related("order"), by="-confirmed_at", at=at, size=size)
    return shown.of(
        [
            {
                "kind": kind_of(one.order.kind),
                "at": one.rated_at,
                "words": decrypt(one.thanks_sealed, bound_to=THANKS),
            }
            for one in shown.rows
        ]
    )


def places(*, on: date, within: tuple[str, ...] = ("/",)) -> list[tuple[str, list[tuple[str, str]]]]:
    """For a choice of a rough place: [(community, [(division id, name)])], the community itself first. One statement.

    ``within``: only communities in, or around, one of these paths.
    """
    found = []
    for path, name, members in territory.communities_and_compounds(on=on):
        if any(path.startswith(one) or one.startswith(path) for one in within):
            (whole, plain), *compounds = members
            first = (str(whole), _("%(name)s（不选小区）") % {"name": plain} if compounds else plain)
            found.append((name, [first, *((str(key), one) for key, one in compounds)]))
    return found


def last_place(person: UUID) -> UUID | None:
    """Where somebody's last ask was, else where he helps: what a form shows at first. Two statements."""
    last = Order.objects.filter(asker=person).order_by("-made_at").values_list("place_id", flat=True).first()
    return last or OrderHelper.objects.filter(person=person).values_list("place_id", flat=True).first()


def home(person: UUID | None) -> str:
    """The path of the community in which somebody lives, as far as it is known: where he is willing to help, where his last
    ask was, where his passbook is kept; '' for nobody and where none is. At most three statements."""
    if person is None:
        return ""
    path = (
        OrderHelper.objects.filter(person=person).values_list("path", flat=True).first()
        or Order.objects.filter(asker=person).order_by("-made_at").values_list("path", flat=True).first()
        or points.place_of(person)
    )
    return territory.community_path(path) if path else ""


# ── call-backs ───────────────────────────────────────────────────────────────────────────────────────────────────


def address(actor: Actor, key: UUID) -> str:
    """The page of an ask, for to-dos, messages and the trail."""
    return reverse("orders:order", args=[key])


def reach(actor: Actor, key: UUID) -> Mapping[str, Any] | None:
    """For "why can I see this?"; None for whoever may not see it."""
    row = visible_to(actor).filter(pk=key).first()
    if row is None:
        return None
    reasons = []
    if row.state == State.OPEN and not row.private:
        reasons.append(_("互助大厅里等人来帮的求助，大家都看得到种类和大致的地方。"))
    mine_ = actor.person in (row.asker_id, row.entered_by_id) and actor.person is not None
    if OrderClaim.objects.filter(order=row, person__in=actor.persons).exists():
        reasons.append(_("您答应了来帮。"))
    return {
        "path": row.grid_path if actor.covers(row.grid_path, *GRID_STAFF) else row.path,
        "owner": actor.person if mine_ else None,
        "reasons": reasons,
        "title": str(kind_of(row.kind).name),
    }


def export_person(person: UUID) -> dict[str, Any]:
    """The export hook: what somebody asked for, whom he helped (when, with what), what he wants too, with what
    he is willing to."""
    asked = Order.objects.filter(asker=person).order_by("made_at", "id")
    helped = OrderClaim.objects.filter(person=person).select_related("order").order_by("made_at", "id")
    return {
        "asks": [
            {
                "number": row.number,
                "kind": row.kind,
                "state": row.state,
                "made_at": row.made_at.isoformat(),
                "words": decrypt(row.words_sealed, bound_to=WORDS),
                "door": decrypt(row.door_sealed, bound_to=DOOR),
                "answer": row.reason,
            }
            for row in asked.iterator()
        ],
        "helped": [
            {
                "number": row.order.number,
                "kind": row.order.kind,
                "state": row.state,
                "at": row.made_at.isoformat(),
                "rating": row.rating,
                "points": row.points,
                "thanks": decrypt(row.thanks_sealed, bound_to=THANKS),
                "given_back": decrypt(row.back_sealed, bound_to=BACK),
            }
            for row in helped.iterator()
        ],
        "wants_too": list(
            OrderJoin.objects.filter(person=person).order_by("id").values_list("order__number", flat=True)
        ),
        "willing_to_help": list(
            OrderHelper.objects.filter(person=person).order_by("kind").values_list("kind", flat=True)
        ),
    }
