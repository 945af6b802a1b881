"""A merchant's month: drawn up by ``tick``, confirmed or disputed by the merchant, answered and settled by a clerk.

Silence is no yes: where its owner lets his day pass, a clerk asks him and writes down what he said.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.db.models.functions import TruncMonth
from django.utils.translation import gettext as _

from mulin.ground.points.actions.desks import due
from mulin.kernel.actor import Actor, system
from mulin.kernel.clock import local_day
from mulin.kernel.county import current_county
from mulin.kernel.errors import NotAllowed, NotFound, Stale
from mulin.services.exchange.actions import waiting
from mulin.services.exchange.actions.steps import overseen_merchant, record, said_words
from mulin.services.exchange.models import DiscountUse, Merchant, Statement, Taking
from mulin.services.exchange.permissions import may_agree, works_at
from mulin.services.exchange.queries.merchants import lines_of
from mulin.services.exchange.queries.takings import digest_of, month_of, sums_of
from mulin.services.exchange.rules.merchants import (
    ANSWER_DAYS,
    ASK_DAYS,
    CONFIRM_DAYS,
    SETTLE_DAYS,
    StatementState,
    months_missed,
)


def draw_up(*, now: datetime) -> int:
    """For ``tick``: the statement of every merchant for every month that is over in which it gave discounts or took points,
    once. How many."""
    since, until = months_missed(now)
    wanted: set[tuple[UUID, date]] = set()
    for table in (DiscountUse, Taking):
        rows = table.objects.filter(local_day__gte=since, local_day__lt=until)
        found = rows.annotate(month=TruncMonth("local_day")).order_by()
        wanted |= set(found.values_list("merchant_id", "month").distinct())
    wanted -= set(Statement.objects.filter(month__gte=since).values_list("merchant_id", "month"))
    return sum(_draw_up(merchant, month, now) for merchant, month in sorted(wanted))


@transaction.atomic
def _draw_up(merchant: UUID, first: date, now: datetime) -> int:
    lines = lines_of(merchant, first)
    voided = sum(one.voided_at is not None for one in lines)
    takings = month_of(merchant, first)
    sums = sums_of(takings)
    row = Merchant.objects.get(pk=merchant)
    made, new = Statement.objects.get_or_create(
        merchant=row,
        month=first,
        defaults={
            "uses": len(lines) - voided,
            "voided": voided,
            "takings": sums.takings,
            "takings_voided": sums.voided,
            "points": sums.points,
            "points_offline": sums.offline,
            "points_advanced": sums.advanced,
            "digest": digest_of(lines, takings),
            "made_at": now,
            "turned_at": now,
        },
    )
    if new:
        by = system(current_county(), "tick")
        record(
            by=by,
            now=now,
            verb="statement.drawn_up",
            kind="statement",
            key=made.id,
            uses=made.uses,
            points=made.points,
        )
        _issue(made, "statement_issued", by, now)
    return int(new)


def _issue(row: Statement, template: str, by: Actor, now: datetime) -> None:
    """It is its owner's turn; where nobody answers for the shop, at once a clerk's. The caller saves."""
    shop, about = row.merchant, waiting.of_statement(row=row)
    row.silent = False
    row.due_at = due(now=now, days=CONFIRM_DAYS)
    asked = waiting.ask_owner(row=shop, kind=waiting.CONFIRM, about=about, by=by, now=now, due_at=row.due_at)
    if asked:
        waiting.tell(
            persons=waiting.owners_of(row=shop), template=template, about=about, by=by, now=now,
            month=f"{row.month:%Y-%m}", day=f"{local_day(row.due_at):%Y-%m-%d}",
        )  # fmt: skip
    else:
        _ask_after(row, by, now)
    row.save()


def _ask_after(row: Statement, by: Actor, now: datetime) -> None:
    """A clerk asks the owner; he may still answer himself meanwhile."""
    row.silent = True
    _ask_clerk(row, waiting.SILENT, ASK_DAYS, by, now)


def _ask_clerk(row: Statement, kind: str, days: int, by: Actor, now: datetime) -> None:
    row.due_at = due(now=now, days=days)
    about = waiting.of_statement(row=row)
    waiting.ask_clerk(row=row.merchant, kind=kind, about=about, by=by, now=now, due_at=row.due_at)


@transaction.atomic
def tend(*, statement: UUID, now: datetime) -> int:
    """For ``tick``: whose day has passed without a word is asked by a clerk; what waits without a clock gets one."""
    row, by = _row(statement), system(current_county(), "tick")
    if row.state == StatementState.ISSUED and row.due_at is not None and row.due_at <= now and not row.silent:
        _ask_after(row, by, now)
        row.save()
        record(by=by, now=now, verb="statement.silent", kind="statement", key=row.id)
        return 1
    if row.due_at is None and row.state != StatementState.SETTLED:
        _next(row, by, now)
        return 1
    return 0


def _next(row: Statement, by: Actor, now: datetime) -> None:
    """Whose turn it is now, with its clock. Saves."""
    if row.state == StatementState.ISSUED:
        _issue(row, "statement_answered" if row.answer else "statement_issued", by, now)
    elif row.state == StatementState.DISPUTED:
        _ask_clerk(row, waiting.DISPUTE, ANSWER_DAYS, by, now)
    elif row.state == StatementState.CONFIRMED:
        _ask_clerk(row, waiting.SETTLE, SETTLE_DAYS, by, now)
    else:
        row.due_at = None
        waiting.tell(
            persons=waiting.owners_of(row=row.merchant), template="statement_settled",
            about=waiting.of_statement(row=row), by=by, now=now, month=f"{row.month:%Y-%m}",
        )  # fmt: skip
    row.save()


@transaction.atomic
def confirm(*, statement: UUID, by: Actor, now: datetime) -> Statement:
    """The merchant's owner: the month is right. Again changes nothing; refused (409) once it is disputed or settled."""
    row = _own(statement, by)
    if row.state == StatementState.CONFIRMED:
        return row
    return _turn(row, StatementState.ISSUED, StatementState.CONFIRMED, "statement.confirmed", by, now)


@transaction.atomic
def dispute(*, statement: UUID, said: str, by: Actor, now: datetime) -> Statement:
    """The merchant's owner: something is wrong, and what. Refused without words."""
    row = _own(statement, by)
    row.said = said_words(said=said, field="said")
    return _turn(row, StatementState.ISSUED, StatementState.DISPUTED, "statement.disputed", by, now)


@transaction.atomic
def answer(*, statement: UUID, words: str, by: Actor, now: datetime) -> Statement:
    """A clerk says what was found: the statement goes back to be confirmed or disputed again. Refused without words."""
    row = _overseen(statement, by)
    row.answer = said_words(said=words, field="words")
    return _turn(row, StatementState.DISPUTED, StatementState.ISSUED, "statement.answered", by, now)


@transaction.atomic
def confirm_for(*, statement: UUID, words: str, by: Actor, now: datetime) -> Statement:
    """A clerk asked the owner who had let his day pass: the month is right, and how he said so. Refused without words, and
    (409) before the day is over."""
    row = _overseen(statement, by)
    row.answer = said_words(said=words, field="words")
    if row.state == StatementState.ISSUED and not row.silent:
        raise Stale(_("店主确认的期限还没有到，到了期限再代为记下。"), code="too_early")
    return _turn(row, StatementState.ISSUED, StatementState.CONFIRMED, "statement.confirmed_for", by, now)


@transaction.atomic
def settle(*, statement: UUID, words: str, by: Actor, now: datetime) -> Statement:
    """A clerk: what was agreed for the month is done, and how. Refused without words and before it is confirmed (409)."""
    row = _overseen(statement, by)
    row.note = said_words(said=words, field="words")
    return _turn(row, StatementState.CONFIRMED, StatementState.SETTLED, "statement.settled", by, now)


def _row(key: UUID) -> Statement:
    rows = Statement.objects.select_related("merchant").select_for_update(no_key=True, of=("self",))
    row = rows.filter(pk=key).first()
    if row is None:
        raise NotFound(_("没有这张月结单。"))
    return row


def _own(key: UUID, by: Actor) -> Statement:
    """For the merchant's owner alone: a clerk does not confirm for him. NotFound for whoever has nothing to do with it."""
    row = _row(key)
    mine = Merchant.objects.filter(pk=row.merchant_id)
    if mine.filter(works_at(by, owner=True)).exists():
        return row
    if mine.filter(works_at(by)).exists() or may_agree(by, row.merchant.path):
        raise NotAllowed(_("月结单由店主确认。"))
    raise NotFound(_("没有这张月结单。"))


def _overseen(key: UUID, by: Actor) -> Statement:
    row = _row(key)
    overseen_merchant(key=row.merchant_id, by=by)
    return row


def _turn(row: Statement, source: str, target: str, verb: str, by: Actor, now: datetime) -> Statement:
    if row.state != source:
        raise Stale(_("这张月结单现在是“%(state)s”，请看过再办。") % {"state": row.get_state_display()})
    row.state, row.turned_at = target, now
    waiting.finish(about=waiting.of_statement(row=row), by=by, now=now)
    _next(row, by, now)
    record(by=by, now=now, verb=verb, kind="statement", key=row.id)
    return row
