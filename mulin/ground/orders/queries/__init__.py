"""Reads of orders: the hall, one ask, one's own, what staff look after, who helps, what figures count."""

from mulin.ground.orders.permissions import may_oversee as oversees
from mulin.ground.orders.queries.figures import confirmed_orders, published_orders
from mulin.ground.orders.queries.helpers import Candidate, candidates, helps_with, load, near, past_askers
from mulin.ground.orders.queries.lists import (
    address,
    customers,
    export_person,
    hall,
    helped_by,
    home,
    kind_of,
    kinds,
    last_place,
    mine,
    places,
    points_of,
    points_on,
    reach,
    staff_list,
    thanks,
    visible_to,
)
from mulin.ground.orders.queries.merging import Twin, twins, words_for
from mulin.ground.orders.queries.offices import office, office_above
from mulin.ground.orders.queries.one import Contact, Look, contact, find, look
from mulin.ground.orders.rules import Customer, Kind, Rung, State

__all__ = [
    "Candidate",
    "Contact",
    "Customer",
    "Kind",
    "Look",
    "Rung",
    "State",
    "Twin",
    "address",
    "candidates",
    "confirmed_orders",
    "contact",
    "customers",
    "export_person",
    "find",
    "hall",
    "helped_by",
    "helps_with",
    "home",
    "kind_of",
    "kinds",
    "last_place",
    "load",
    "look",
    "mine",
    "near",
    "office",
    "office_above",
    "oversees",
    "past_askers",
    "places",
    "points_of",
    "points_on",
    "published_orders",
    "reach",
    "staff_list",
    "thanks",
    "twins",
    "visible_to",
    "words_for",
]
