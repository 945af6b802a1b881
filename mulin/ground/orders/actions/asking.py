"""Asking: for oneself, or by staff for a neighbour."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from mulin.ground.orders.actions.climbing import climb
from mulin.ground.orders.actions.pool import wait_for_review
from mulin.ground.orders.actions.steps import finish
from mulin.ground.orders.models import Order
from mulin.ground.orders.permissions import may_enter, reviews
from mulin.ground.orders.queries import kind_of, past_askers
from mulin.ground.orders.queries.lists import DOOR, WORDS
from mulin.ground.orders.queries.locked import not_too_many, short
from mulin.ground.orders.rules import Kind, State
from mulin.ground.people import actions as people
from mulin.ground.people import queries as people_read
from mulin.ground.territory import queries as territory
from mulin.kernel import hooks
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.kernel.county import current_county
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from mulin.kernel.ids import public_number
from mulin.kernel.secrets import encrypt

FURTHEST = timedelta(days=60)
AFTER = timedelta(days=1)
"""An ask for an hour is open for so long after it."""
DOOR_LENGTH = 60


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
    not_too_many(whose)
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
        wait_for_review(row=row, by=by, now=now)
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
