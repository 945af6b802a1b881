"""What counts as priority in a round: acts under the points rules, help and wishes, discounts given; never a balance.

A snapshot keeps what was counted, in which window, by which versions of the rules, and the rows themselves (row 88).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from mulin.ground.orders import queries as orders
from mulin.ground.orders.queries import figures as order_figures
from mulin.ground.people import queries as people
from mulin.ground.points import queries as points
from mulin.ground.points.queries import figures as point_figures
from mulin.kernel.clock import day_start
from mulin.services.exchange.models import Commendation, Nomination
from mulin.services.exchange.queries.merchants import uses_between
from mulin.services.exchange.rules.honours import Counted, NomineeKind

RULE, ORDERS, DISCOUNTS = "rule:", "orders:", "discounts"


def sources(day: date) -> list[tuple[str, str]]:
    """(code, name) of all that a round may declare: rules with points on a day, kinds of asks, discounts. One statement."""
    given = points.points_on(day)
    rules = [
        (f"{RULE}{line.rule.code}", line.name) for line in points.rules_on(day) if line.rule.code in given
    ]
    asks = [(f"{ORDERS}{one.code}", str(one.name)) for one in orders.customers()]
    return [*asks, *rules, (DISCOUNTS, _("给邻居的专属折扣（商户）"))]


@dataclass
class Tally:
    """What was counted of one nominee, and the rows."""

    counted: list[Counted] = field(default_factory=list)
    rows: dict[str, list[str]] = field(default_factory=dict)

    @property
    def acts(self) -> int:
        """All of it together."""
        return sum(one.acts for one in self.counted)


def tally(row: Commendation, one: Nomination) -> Tally:
    """Count what a round declares of a nominee, from the raw records as they are now. At most six statements."""
    found = Tally()
    persons = _persons(one)
    asks = [code.removeprefix(ORDERS) for code in row.counts if code.startswith(ORDERS)]
    rules = [code.removeprefix(RULE) for code in row.counts if code.startswith(RULE)]
    for customer in asks:
        _orders(found, row, one, customer, persons)
    if rules and persons:
        _acts(found, row, one, rules, persons, beside=asks)
    if DISCOUNTS in row.counts and one.kind == NomineeKind.MERCHANT:
        uses = uses_between(row.counted_from, row.counted_until + timedelta(days=1))
        found.counted.append(
            Counted(DISCOUNTS, _("给邻居的专属折扣"), uses.filter(merchant=one.nominee).count())
        )
    return found


def _persons(one: Nomination) -> set[UUID]:
    """Whose acts are the nominee's: his own, those of all who live together."""
    if one.kind == NomineeKind.PERSON and one.person_id is not None:
        return {one.person_id}
    if one.kind == NomineeKind.HOUSEHOLD and one.nominee is not None:
        return people.household_members(one.nominee)
    return set()


def _orders(found: Tally, row: Commendation, one: Nomination, customer: str, persons: Iterable[UUID]) -> None:
    start, end = day_start(row.counted_from), day_start(row.counted_until + timedelta(days=1))
    claims = order_figures.claims(start, end, customer)
    if one.kind == NomineeKind.UNIT:
        claims = claims.filter(unit_id=one.nominee)
    else:
        claims = claims.filter(person_id__in=list(persons))
    keys = list(claims.order_by("confirmed_at", "id").values_list("order_id", flat=True))
    names = {each.code: str(each.name) for each in orders.customers()}
    found.counted.append(Counted(f"{ORDERS}{customer}", names.get(customer, customer), len(keys)))
    found.rows.setdefault("order", []).extend(str(key) for key in keys)


def _acts(
    found: Tally,
    row: Commendation,
    one: Nomination,
    rules: list[str],
    persons: set[UUID],
    *,
    beside: list[str],
) -> None:
    """``beside``: customers whose asks are counted themselves, so that the points they brought are not counted again."""
    household = one.nominee if one.kind == NomineeKind.HOUSEHOLD else None
    acts = point_figures.acts_of(
        persons=persons, household=household, rules=rules, first=row.counted_from, last=row.counted_until
    )
    asked = [act.transfer.subject_id for act in acts if act.transfer.subject_kind == "order"]
    twice = order_figures.of_customers(asked, beside) if asked and beside else set()
    by_rule: dict[str, list[Any]] = {code: [] for code in rules}
    for act in acts:
        if act.transfer.subject_id not in twice:
            by_rule[act.rule.code].append(act)
    names = dict(sources(row.counted_until))
    for code, rows in by_rule.items():
        versions = sorted({act.version.number for act in rows if act.version})
        name = next((act.version.name for act in reversed(rows) if act.version), "") or names.get(
            RULE + code, code
        )
        found.counted.append(Counted(RULE + code, name, len(rows), tuple(versions)))
        found.rows.setdefault("transfer", []).extend(str(act.transfer_id) for act in rows)
