"""Historic passbooks: one enters the list with its source and last day, another one brings it into the books."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, BinaryIO
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from mulin.ground.people import actions as people
from mulin.ground.points import rules
from mulin.ground.points.actions.books import issue
from mulin.ground.points.actions.ledger import Deed, Plan, lock_owners, written
from mulin.ground.points.models import Opening, OpeningRow
from mulin.ground.points.permissions import may_keep_books
from mulin.ground.trail.actions import record
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.kernel.errors import NotAllowed, NotFound, Refused, Stale
from mulin.kernel.secrets import decrypt, encrypt, keyed_hash, normal_phone
from mulin.kernel.tables import Column, Kind, clean, open_table

COLUMNS = (
    Column("name", "姓名", ("户主", "户名", "name"), required=True),
    Column("phone", "手机号", ("电话", "联系电话", "手机", "phone"), kind=Kind.IDENTIFIER),
    Column("old_number", "原存折号", ("存折号", "编号", "old number"), kind=Kind.IDENTIFIER),
    Column("points", "积分", ("余额", "分数", "points"), required=True, kind=Kind.INTEGER),
)
MOST_ROWS = 5000


@transaction.atomic
def propose_opening(
    *, by: Actor, now: datetime, file: BinaryIO, name: str, path: str, source: str, expires_on: date
) -> Opening:
    """Enter a list of old passbooks of a community; nothing is in the books until another person has approved it.

    Refused: a row without name or with points that are none (its number is named), a telephone twice, a last day gone by.
    """
    keeper = _keeper(by, path)
    source = clean(source)
    if not source:
        raise Refused("opening_source", _("请写明来源。"), field="source")
    if expires_on <= local_day(now):
        raise Refused("opening_day", _("最后一天要晚于今天。"), field="expires_on")
    rows = _read(file, name)
    opening = Opening.objects.create(
        source=source, path=path, expires_on=expires_on, entered_by=keeper, entered_at=now
    )
    OpeningRow.objects.bulk_create([OpeningRow(opening=opening, **row) for row in rows])
    facts = {"rows": len(rows), "points": sum(row["points"] for row in rows), "path": path}
    record(
        by=by,
        now=now,
        verb="points.opening",
        subject_kind="points_opening",
        subject_id=opening.id,
        facts=facts,
    )
    return opening


def _keeper(by: Actor, path: str) -> UUID:
    if by.person is None or not may_keep_books(by, path):
        raise NotAllowed(_("由社区、街道或县级窗口转入历史存折。"))
    return by.person


def _read(file: BinaryIO, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    seen: set[str] = set()
    with open_table(file, name=name, columns=COLUMNS) as table:
        for row in table:
            told: Any = row.values
            where = {"n": row.number}
            if row.problems:
                words = _("第 %(n)d 行：%(why)s") % (where | {"why": row.problems[0]})
                raise Refused("opening_row", words, field="file")
            points, said = int(told.get("points") or 0), str(told.get("phone") or "")
            phone = normal_phone(said)
            if not 1 <= points <= rules.MOST:
                raise Refused("opening_row", _("第 %(n)d 行：积分是大于 0 的整数。") % where, field="file")
            if said and not phone:
                raise Refused("opening_row", _("第 %(n)d 行：电话号码不对。") % where, field="file")
            if phone and keyed_hash(phone) in seen:
                raise Refused("opening_row", _("第 %(n)d 行：这个电话前面已经有了。") % where, field="file")
            seen.add(keyed_hash(phone))
            found.append(
                {
                    "number": row.number,
                    "name_sealed": encrypt(str(told["name"]), bound_to=rules.OPENING),
                    "phone_sealed": encrypt(phone, bound_to=rules.OPENING),
                    "old_number": str(told.get("old_number") or "")[:40],
                    "points": points,
                }
            )
            if len(found) > MOST_ROWS:
                raise Refused("opening_long", _("一次最多 %(n)d 行。") % {"n": MOST_ROWS}, field="file")
    if not found:
        raise Refused("opening_empty", _("名单里没有人。"), field="file")
    return found


@transaction.atomic
def decide_opening(*, by: Actor, now: datetime, opening: UUID, approve: bool, note: str = "") -> Opening:
    """Another person brings the list into the books, a transfer per passbook, or declines it with the reason.

    NotAllowed for whoever entered it; Refused (409) where it was decided before.
    """
    row = Opening.objects.select_for_update(of=("self",), no_key=True).filter(id=opening).first()
    if row is None:
        raise NotFound(_("没有这份名单。"))
    keeper, note = _keeper(by, row.path), clean(note)
    if keeper == row.entered_by:
        raise NotAllowed(_("录入的人不能自己复核，请另一位工作人员复核。"), code="second_person")
    if row.state != "proposed":
        raise Stale(_("这份名单已经复核过了。"), code="opening_decided")
    if not approve and not note:
        raise Refused("opening_note", _("请写明为什么退回。"), field="note")
    if approve:
        for one in row.rows.order_by("number"):
            _bring_in(one, row, by, now)
    row.state, row.reviewed_by, row.reviewed_at, row.note = (
        "approved" if approve else "declined", keeper, now, note,
    )  # fmt: skip
    row.save(update_fields=["state", "reviewed_by", "reviewed_at", "note"])
    verb = "points.opening_approved" if approve else "points.opening_declined"
    record(by=by, now=now, verb=verb, subject_kind="points_opening", subject_id=row.id, facts={"note": note})
    return row


def _bring_in(one: OpeningRow, opening: Opening, by: Actor, now: datetime) -> None:
    name, phone = (decrypt(sealed, bound_to=rules.OPENING) for sealed in (one.name_sealed, one.phone_sealed))
    who = (
        people.find_or_add(phone=phone, by=by, now=now, name=name)
        if phone
        else people.add_person(by=by, now=now, name=name)
    )
    owner = rules.person(who.pk)
    issue(by=by, now=now, owner=owner, path=opening.path)
    account = lock_owners(owner)[owner]
    plan = Plan()
    plan.give(account, [(opening.expires_on, one.points)])
    plan.system(rules.system_id(by.county, "opening"), -one.points)
    story = f"{opening.source} {one.old_number}".strip()[:200]
    deed = Deed(
        kind="opening",
        key=f"opening:{opening.id}:{one.number}",
        amount=one.points,
        body={"row": one.id, "points": one.points},
        by=by,
        now=now,
        subject=("points_opening", opening.id),
        story=story,
        about=who.pk,
    )
    one.transfer_id = written(deed=deed, plan=plan)
    one.name_sealed = one.phone_sealed = ""
    one.save(update_fields=["transfer", "name_sealed", "phone_sealed"])
