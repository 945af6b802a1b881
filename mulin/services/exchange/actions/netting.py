"""A month between two communities: drawn up by ``tick``, confirmed or disputed by both, answered, settled by a note."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from mulin.kernel.actor import Actor, system
from mulin.kernel.county import current_county
from mulin.kernel.errors import NotAllowed, NotFound, Refused, Stale
from mulin.services.exchange.actions import between
from mulin.services.exchange.actions.steps import record
from mulin.services.exchange.models import ForeignUse, Netting
from mulin.services.exchange.permissions import may_speak_for
from mulin.services.exchange.queries.acceptance import Used, lines_of
from mulin.services.exchange.rules.acceptance import NettingState, Pair, digest, given, pair_of
from mulin.services.exchange.rules.merchants import month_over, months_missed, next_month

KIND = "netting"


def draw_up_nettings(*, now: datetime) -> int:
    """For ``tick``: every month that is over between every two communities that took each other's points in it, once: the
    last one, and what was missed since the one that was drawn up last. How many."""
    since, until = months_missed(now)
    first = ForeignUse.objects.order_by("month").values_list("month", flat=True).first()
    if first is None:
        return 0
    last = Netting.objects.order_by("-month").values_list("month", flat=True).first()
    month, done = max(since, min(last or first, month_over(now))), 0
    while month < until:
        done += _month(month, now)
        month = next_month(month)
    return done


def _month(month: date, now: datetime) -> int:
    known = set(Netting.objects.filter(month=month).values_list("first", "second"))
    by_pair: dict[Pair, list[Used]] = {}
    for one in lines_of(month):
        by_pair.setdefault(pair_of(one.home, one.taker), []).append(one)
    return sum(_draw_up(month, pair, lines, now) for pair, lines in by_pair.items() if pair not in known)


@transaction.atomic
def _draw_up(month: date, pair: Pair, found: list[Used], now: datetime) -> int:
    lines = [one.line for one in found]
    made, new = Netting.objects.get_or_create(
        month=month,
        first=pair[0],
        second=pair[1],
        defaults={
            "first_gave": given(lines, pair[0]),
            "second_gave": given(lines, pair[1]),
            "uses": len(lines),
            "digest": digest(lines),
            "made_at": now,
            "turned_at": now,
        },
    )
    if new:
        by = system(current_county(), "tick")
        record(by=by, now=now, verb="netting.drawn_up", kind=KIND, key=made.id, uses=made.uses, net=made.net)
        between.turn(row=made, sides=pair, by=by, now=now)
    return int(new)


def _row(key: UUID, side: str, by: Actor) -> Netting:
    """A month for an officer who speaks for one of its sides; its row locked. NotFound for whoever speaks for neither."""
    row = Netting.objects.select_for_update(no_key=True).filter(pk=key).first()
    if row is None or not (may_speak_for(by, row.first) or may_speak_for(by, row.second)):
        raise NotFound(_("没有这张轧差单。"))
    if side not in (row.first, row.second):
        raise Refused("side", _("请从这一页上的按钮重新点一次。"))
    if by.person is None or not may_speak_for(by, side):
        raise NotAllowed(_("由这个社区的工作人员来办。"))
    return row


@transaction.atomic
def confirm_netting(*, netting: UUID, side: str, by: Actor, now: datetime) -> Netting:
    """An officer of a side: the month is right; once both have said so it is confirmed. Nobody speaks for both sides.

    Again changes nothing; refused (409) while it is disputed or once it is settled.
    """
    row = _row(netting, side, by)
    own, other = ("first", "second") if side == row.first else ("second", "first")
    if getattr(row, f"{own}_by") is not None and row.state in (NettingState.DRAWN, NettingState.CONFIRMED):
        return row
    _still(row, NettingState.DRAWN)
    if getattr(row, f"{other}_by") == by.person:
        raise NotAllowed(_("您已经替对方确认过，请另一位工作人员来确认这一边。"), code="second_person")
    setattr(row, f"{own}_by", by.person)
    setattr(row, f"{own}_at", now)
    if row.first_by is None or row.second_by is None:
        between.confirmed(row=row, side=side, by=by, now=now)
        return _turn(row, NettingState.DRAWN, "netting.confirmed", by, now)
    between.turn(row=row, sides=_owed(row), by=by, now=now)
    return _turn(row, NettingState.CONFIRMED, "netting.confirmed", by, now)


@transaction.atomic
def dispute_netting(*, netting: UUID, side: str, said: str, by: Actor, now: datetime) -> Netting:
    """An officer of a side: something is wrong, and what. Refused without words and once it is settled (409)."""
    row = _row(netting, side, by)
    _still(row, NettingState.DRAWN, NettingState.CONFIRMED)
    row.said, row.disputed_for, row.answer = _words(said, "said"), side, ""
    row.first_by = row.first_at = row.second_by = row.second_at = None
    between.turn(row=row, sides=[row.second if side == row.first else row.first], by=by, now=now)
    return _turn(row, NettingState.DISPUTED, "netting.disputed", by, now)


@transaction.atomic
def answer_netting(*, netting: UUID, side: str, words: str, by: Actor, now: datetime) -> Netting:
    """The other side says what it found: it goes back to be confirmed by both. Refused without words."""
    row = _row(netting, side, by)
    _still(row, NettingState.DISPUTED)
    if side == row.disputed_for:
        raise NotAllowed(_("由对方社区答复。"))
    row.answer = _words(words, "words")
    between.turn(row=row, sides=(row.first, row.second), by=by, now=now)
    return _turn(row, NettingState.DRAWN, "netting.answered", by, now)


@transaction.atomic
def settle_netting(*, netting: UUID, side: str, words: str, by: Actor, now: datetime) -> Netting:
    """The side that is owed says that it has been made good, and how; either side where nothing is owed.

    Refused without words and before both confirmed (409).
    """
    row = _row(netting, side, by)
    _still(row, NettingState.CONFIRMED)
    if side not in _owed(row):
        raise NotAllowed(_("由应得补给的社区确认已经结清。"))
    row.note, row.settled_by = _words(words, "words"), by.person
    between.finish(row=row, by=by, now=now)
    return _turn(row, NettingState.SETTLED, "netting.settled", by, now)


def _owed(row: Netting) -> tuple[str, ...]:
    """Who says that it was made good: the side that is owed, either one where nothing is."""
    if row.net:
        return (row.first if row.net > 0 else row.second,)
    return (row.first, row.second)


def _still(row: Netting, *states: str) -> None:
    if row.state not in states:
        raise Stale(_("这张轧差单现在是“%(state)s”，请看过再办。") % {"state": row.get_state_display()})


def _words(said: str, field: str) -> str:
    plain = said.strip()[:200]
    if not plain:
        raise Refused("no_words", _("请写一句，对方看得到。"), field=field)
    return plain


def _turn(row: Netting, state: str, verb: str, by: Actor, now: datetime) -> Netting:
    row.state, row.turned_at = state, now
    row.save()
    record(by=by, now=now, verb=verb, kind=KIND, key=row.id)
    return row
