"""What ``tick`` does about merchants: what nobody took up in time, agreements near their end. Rows 89–91."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q

from mulin.ground.points.actions.desks import due
from mulin.kernel.actor import system
from mulin.kernel.clock import day_start, local_day
from mulin.kernel.county import current_county
from mulin.services.exchange.actions import waiting
from mulin.services.exchange.actions.statements import tend
from mulin.services.exchange.models import Merchant, Statement
from mulin.services.exchange.rules.merchants import (
    DECIDE_DAYS,
    RENEW_BEFORE,
    START_DAYS,
    MerchantState,
    StatementState,
)

STEPS = {
    MerchantState.APPLIED: (waiting.DECIDE, DECIDE_DAYS),
    MerchantState.AGREED: (waiting.START, START_DAYS),
}


def tend_merchants(*, now: datetime) -> int:
    """Statements whose owner let his day pass, agreements that end within RENEW_BEFORE, and whatever waits without a clock.
    How many."""
    quiet = Q(state=StatementState.ISSUED, silent=False, due_at__lte=now)
    clockless = Q(due_at__isnull=True) & ~Q(state=StatementState.SETTLED)
    statements = Statement.objects.filter(quiet | clockless).order_by("id").values_list("id", flat=True)
    done = sum(tend(statement=key, now=now) for key in statements)
    waits = Q(state__in=STEPS, due_at__isnull=True)
    rows = Merchant.objects.filter(waits | _ending(now)).order_by("id").values_list("id", flat=True)
    return done + sum(_tend(key, now) for key in rows)


def _ending(now: datetime) -> Q:
    asked = Q(renew_asked__isnull=False, renew_asked=F("agreed_until"))
    return Q(state=MerchantState.ACTIVE, agreed_until__lte=local_day(now) + RENEW_BEFORE) & ~asked


@transaction.atomic
def _tend(key: UUID, now: datetime) -> int:
    rows = Merchant.objects.select_for_update(no_key=True).filter(pk=key)
    row, by = rows.get(), system(current_county(), "tick")
    about = waiting.of_merchant(row=row)
    if row.state in STEPS and row.due_at is None:
        kind, days = STEPS[MerchantState(row.state)]
        row.due_at = due(now=now, days=days)
        waiting.ask_clerk(row=row, kind=kind, about=about, by=by, now=now, due_at=row.due_at)
    elif row.agreed_until is not None and rows.filter(_ending(now)).exists():
        row.renew_asked = row.agreed_until
        ends = day_start(row.agreed_until + timedelta(days=1))
        waiting.ask_clerk(row=row, kind=waiting.RENEW, about=about, by=by, now=now, due_at=ends)
        waiting.tell(
            persons=waiting.owners_of(row=row), template="merchant_ending", about=about, by=by, now=now,
            until=f"{row.agreed_until}",
        )  # fmt: skip
    else:
        return 0
    row.save()
    return 1
