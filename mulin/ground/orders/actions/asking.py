"""Asking and what staff decide about it: ask, approve, refuse, withdraw, re-open, answer; wanting the same, merging."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from mulin.ground.orders.actions.climbing import climb
from mulin.ground.orders.actions.steps import finish, put, release, tell, tell_asker
from mulin.ground.orders.models import Order, OrderJoin
from mulin.ground.orders.permissions import asks, may_enter, reviews
from mulin.ground.orders.queries import kind_of, past_askers
from mulin.ground.orders.queries.lists import DOOR, WORDS
from mulin.ground.orders.queries.locked import begin, claims_of, short, standing
from mulin.ground.orders.queries.offices import office
from mulin.ground.orders.rules import ENDED, LIVE, Kind, State
from mulin.ground.people import actions as people
from mulin.ground.people import queries as people_read
from mulin.ground.territory import queries as territory
from mulin.ground.worklist import actions as worklist
from mulin.kernel import hooks
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.kernel.county import current_county
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from mulin.kernel.ids import public_number
from mulin.kernel.secrets import encrypt

MOST_LIVING = 5
"""So many asks one person may have at a time."""
FURTHEST = timedelta(days=60)
AFTER = timedelta(days=1)
"""An ask for an hour is open for so long after it."""
DOOR_LENGTH, PUBLIC_LENGTH = 60, 60


@transaction.atomic
def ask(
    *,
    kind: str,
    client_id: UUID,
    place: UUID,
    by: Actor,
    now: datetime,
    asker: UUID | None = None,
    words: str = "",
    door: str = "",
    phone_ok: bool = False,
    wanted_at: datetime | None = None,
    seats: int | None = None,
) -> Order:
    """Ask for something. ``asker``: for whom staff write it down, within their own area; left out, for oneself.

    The same ``client_id`` again is the same ask. Refuses an unknown kind, place or time, and more than MOST_LIVING at once.
    """
    known = Order.objects.filter(client_id=client_id).first()
    if known is not None:
        if by.person not in (known.asker_id, known.entered_by_id):
            raise NotFound(_("没有这件求助，或者您看不到它。"))
        return known
    told = _declared(kind)
    whose = asker or by.person
    if whose is None:
        raise NotAllowed(_("请先登录，再来求助。"))
    spot = _spot(place, now)
    own = whose == by.person
    entered = not own and may_enter(by, path=spot["path"], grid_path=spot["grid_path"])
    if not own and not entered and not by.system:
        raise NotAllowed(_("只能在自己负责的社区或网格里代居民求助。"))
    _not_too_many(whose)
    if wanted_at is not None and not now - timedelta(hours=1) <= wanted_at <= now + FURTHEST:
        raise Refused("wrong_time", _("时间要在现在以后、60 天以内。"), field="wanted_at")
    row = Order(
        number=public_number(current_county()),
        client_id=client_id,
        kind=told.code,
        customer=told.customer,
        state=State.SUBMITTED,
        asker_id=whose,
        entered_by_id=None if own else by.person,
        private=told.private,
        words_sealed=encrypt(short(words, field="words"), bound_to=WORDS),
        door_sealed=encrypt(short(door, field="door", most=DOOR_LENGTH), bound_to=DOOR),
        phone_ok=phone_ok,
        seats=seats or told.seats,
        wanted_at=wanted_at,
        made_at=now,
        expires_at=max(wanted_at + AFTER, now + AFTER) if wanted_at else now + told.open_span,
        version=0,
        **spot,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as twice:
        raise Refused("sent_already", _("刚才已经提出过了，在“我的求助”里。"), status=409) from twice
    passed = not told.review or (entered and reviews(by, row, told) and not told.private)
    if not passed:
        _wait_for_review(row, told, by, now)
    else:
        row.reviewed_at, row.reviewed_by_id = now, by.person if told.review else None
    state = State.OPEN if passed else State.SUBMITTED
    finish(row=row, deed="ask", state=state, by=by, now=now, claims=(), behalf=whose if not own else None)
    if passed:
        climb(row=row, by=by, now=now)
    return row


@transaction.atomic
def ask_for(
    *,
    by: Actor,
    now: datetime,
    known: UUID | None = None,
    name: str = "",
    phone: str = "",
    **told: Any,
) -> Order:
    """Staff write an ask down for a neighbour: one whom they helped so before (``known``), or by name, and number where he
    has one. Otherwise as ``ask``; sent again it makes no second person."""
    if (again := Order.objects.filter(client_id=told["client_id"]).first()) is not None:
        return ask(by=by, now=now, asker=again.asker_id, **told)
    if known is not None and known not in {key for key, _name in past_askers(by)}:
        raise Refused("no_asker", _("请重新选是替谁求助。"), field="known")
    if known is None and not name.strip():
        raise Refused("no_name", _("请写替谁求助：姓名。"), field="name")
    if known is None and phone.strip():
        known = people.find_or_add(phone=phone, name=name, by=by, now=now).pk
        if people_read.contact(known).name not in ("", " ".join(name.split())):
            words = _("这个号码登记的是别的姓名，请核对姓名或号码。")
            raise Refused("other_name", words, field="phone")
    elif known is None:
        known = people.add_person(name=name, by=by, now=now).pk
    if known == by.person:
        raise Refused("oneself", _("这是您自己的号码；给自己求助请从首页的“邻里互助”进。"), field="phone")
    return ask(by=by, now=now, asker=known, **told)


def _declared(code: str) -> Kind:
    if code not in hooks.order_kinds:
        raise Refused("no_kind", _("没有这一种，请重新选。"), field="kind")
    return kind_of(code)


def _spot(place: UUID, now: datetime) -> dict[str, Any]:
    """Where it is: a compound or a community, never a door; and the grid, where it lies in one."""
    try:
        row = territory.division(place)
    except NotFound:
        raise Refused("no_place", _("没有这个地方，请重新选。"), field="place")
    if row.ended_on is not None or len(row.path.split("/")) < 4:
        raise Refused("no_place", _("请选到社区（村）或小区。"), field="place")
    grid = territory.grid_of_place(row.pk, on=local_day(now))
    return {"place_id": row.pk, "path": row.path, "grid_path": grid.grid_path if grid else ""}


def _not_too_many(person: UUID) -> None:
    living = Order.objects.filter(asker=person).exclude(state__in=[str(one) for one in ENDED])
    if living.count() >= MOST_LIVING:
        words = _("同时最多有 %(most)d 件没办完的求助；请先等等，或撤回不需要的。")
        raise Refused("too_many", words % {"most": MOST_LIVING}, status=409)


def _wait_for_review(row: Order, kind: Kind, by: Actor, now: datetime) -> None:
    span = kind.review_span
    if row.wanted_at is not None and row.wanted_at > now:
        span = min(span, (row.wanted_at - now) / 3)
    row.review_due_at = now + span
    put(
        row=row,
        kind="order_review",
        by=by,
        now=now,
        due_at=row.review_due_at,
        **office(row.path),
    )


@transaction.atomic
def approve(
    *,
    order: UUID,
    by: Actor,
    now: datetime,
    public: bool = True,
    public_words: str = "",
    version: int | None = None,
) -> Order:
    """Let it go out. ``public`` False keeps it from the hall: it is dispatched. ``public_words``: what the hall says besides
    kind and place; a reviewer answers for their naming nobody."""
    row = _reviewed(order, "approve", by, version)
    row.public_words = short(public_words, field="public_words", most=PUBLIC_LENGTH)
    row.private = not public
    row.reviewed_at, row.reviewed_by_id = now, by.person
    _open(row, "approve", by, now)
    return row


def _open(row: Order, deed: str, by: Actor, now: datetime) -> None:
    """Into the pool, from the first rung on."""
    row.rung, row.rung_due_at, row.review_due_at = -1, None, None
    worklist.done(by=by, now=now, subject_kind="order", subject_id=row.pk)
    finish(row=row, deed=deed, state=State.OPEN, by=by, now=now)
    climb(row=row, by=by, now=now)


@transaction.atomic
def refuse(*, order: UUID, reason: str, by: Actor, now: datetime, version: int | None = None) -> Order:
    """It does not go out, or no longer; why is told to the asker."""
    row = _reviewed(order, "refuse", by, version)
    row.reason = short(reason, field="reason")
    if not row.reason:
        raise Refused("no_reason", _("请写一句理由，求助的人会看到。"), field="reason")
    _close(row, "refuse", State.DECLINED, by, now)
    tell_asker(row=row, template="order_refused", by=by, now=now)
    return row


def _close(row: Order, deed: str, end: State, by: Actor, now: datetime, behalf: UUID | None = None) -> None:
    """It is over: whoever had it to do is told. What was served is still to be confirmed and counts: until then it stands
    there, and the other side is asked."""
    row.closing = end
    claims = claims_of(row)
    gone = release(claims=claims)
    worklist.done(
        by=by, now=now, subject_kind="order", subject_id=row.pk, but=("order_answer", "order_confirm")
    )
    finish(row=row, deed=deed, state=standing(row, claims), by=by, now=now, claims=claims, behalf=behalf)
    for person in gone:
        tell(row=row, person=person, template="order_withdrawn", by=by, now=now)
    if row.state == State.SERVED:
        tell_asker(row=row, template="order_served", by=by, now=now)


def _reviewed(order: UUID, deed: str, by: Actor, version: int | None) -> Order:
    row = begin(order, deed, by=by, version=version)
    if not reviews(by, row, kind_of(row.kind)):
        raise NotAllowed(_("由本社区的工作人员审核。"))
    return row


def _askers(order: UUID, deed: str, by: Actor, version: int | None) -> Order:
    row = begin(order, deed, by=by, version=version)
    if not asks(by, row) and not reviews(by, row, kind_of(row.kind)):
        raise NotAllowed(_("由求助的人自己，或者本社区的工作人员来做。"))
    return row


def _behalf(row: Order, by: Actor) -> UUID | None:
    return row.asker_id if by.person != row.asker_id else None


@transaction.atomic
def withdraw(*, order: UUID, by: Actor, now: datetime, version: int | None = None) -> Order:
    """It is not needed any more."""
    row = _askers(order, "withdraw", by, version)
    _close(row, "withdraw", State.WITHDRAWN, by, now, behalf=_behalf(row, by))
    return row


@transaction.atomic
def reopen(*, order: UUID, by: Actor, now: datetime, version: int | None = None) -> Order:
    """Ask again for what was withdrawn, refused or expired, with fresh clocks and no hour; one that staff let out before
    goes out at once unless it was refused. Refuses more than MOST_LIVING at once."""
    row = _askers(order, "reopen", by, version)
    if row.asker_id is None:
        raise Refused("no_asker", _("求助的人已删除个人信息，不能重新提出。"), status=409)
    _not_too_many(row.asker_id)
    kind = kind_of(row.kind)
    passed = row.state != State.DECLINED and row.reviewed_at is not None
    row.wanted_at, row.expires_at, row.reason, row.closing = None, now + kind.open_span, "", ""
    if passed:
        _open(row, "reopen", by, now)
        return row
    row.private, row.reviewed_at, row.reviewed_by_id = kind.private, None, None
    worklist.done(by=by, now=now, subject_kind="order", subject_id=row.pk)
    _wait_for_review(row, kind, by, now)
    return finish(row=row, deed="reopen", state=State.SUBMITTED, by=by, now=now, behalf=_behalf(row, by))


@transaction.atomic
def answer(*, order: UUID, words: str, by: Actor, now: datetime, version: int | None = None) -> Order:
    """The office answers an ask that nobody took, or an asker who was not satisfied: no ask dies unanswered."""
    row = _reviewed(order, "answer", by, version)
    row.reason = short(words, field="words")
    if not row.reason:
        raise Refused("no_words", _("请写一句怎么答复的，求助的人会看到。"), field="words")
    worklist.done(by=by, now=now, subject_kind="order", subject_id=row.pk)
    finish(row=row, deed="answer", by=by, now=now)
    tell_asker(row=row, template="order_answered", by=by, now=now)
    return row


# ── many want the same ───────────────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def join(*, order: UUID, by: Actor, now: datetime) -> Order:
    """Want the same. Again changes nothing. Refuses kinds that are one person's alone."""
    row = _joinable(order, "join", by)
    if (
        by.person is None
        or by.person == row.asker_id
        or OrderJoin.objects.filter(order=row, person=by.person).exists()
    ):
        return row
    OrderJoin(order=row, person_id=by.person, at=now).save(force_insert=True)
    return finish(row=row, deed="join", by=by, now=now)


@transaction.atomic
def leave(*, order: UUID, by: Actor, now: datetime) -> Order:
    """Want it no more. Again changes nothing."""
    row = _joinable(order, "leave", by)
    gone, _tables = OrderJoin.objects.filter(order=row, person=by.person).delete()
    return finish(row=row, deed="leave", by=by, now=now) if gone else row


def _joinable(order: UUID, deed: str, by: Actor) -> Order:
    row = begin(order, deed, by=by)
    if by.person is None:
        raise NotAllowed(_("请先登录。"))
    if not kind_of(row.kind).joinable:
        raise Refused("alone", _("这一种求助不能一起要。"), status=409)
    return row


@transaction.atomic
def merge_into(*, order: UUID, into: UUID, by: Actor, now: datetime) -> Order:
    """Two asks for the same become one: whoever wanted this one wants the other. By staff of both places; of one kind
    that many may want. Refuses one into itself and whatever is not open."""
    for key in sorted((order, into)):
        Order.objects.select_for_update(no_key=True).filter(pk=key).first()
    row, other = _reviewed(order, "merge_into", by, None), _reviewed(into, "join", by, None)
    if row.pk == other.pk or row.kind != other.kind or not kind_of(row.kind).joinable:
        raise Refused("not_the_same", _("只有同一种、可以一起要的求助能并到一起。"), status=409)
    claims = claims_of(row)
    if any(one.state in LIVE for one in claims):
        raise Refused("claimed", _("已经有人接了，不能再并。"), status=409)
    wanting = {row.asker_id, *OrderJoin.objects.filter(order=row).values_list("person_id", flat=True)}
    there = {other.asker_id, *OrderJoin.objects.filter(order=other).values_list("person_id", flat=True)}
    fresh = [person for person in wanting - there if person is not None]
    OrderJoin.objects.bulk_create([OrderJoin(order=other, person_id=one, at=now) for one in sorted(fresh)])
    row.into = other
    finish(row=row, deed="merge_into", state=State.MERGED, by=by, now=now, claims=claims)
    finish(row=other, deed="join", by=by, now=now)
    return row
