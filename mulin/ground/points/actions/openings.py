"""Historic passbooks: one enters the list with its source and last day, another one brings it into the books.

Whom a row is about is kept as a keyed hash while its list stands (``rules.openings``), so that no corrected list of the same
place and source brings anybody a second time.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, BinaryIO
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Count, Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mulin.ground.people import actions as people
from mulin.ground.points import rules
from mulin.ground.points.actions import desks
from mulin.ground.points.actions.books import issue
from mulin.ground.points.actions.ledger import Deed, Part, Plan, lock_owners, written
from mulin.ground.points.models import Opening, OpeningRow
from mulin.ground.points.permissions import may_move
from mulin.ground.points.rules.fairness import TOP
from mulin.ground.points.rules.openings import DECLINED_DAYS, WHY, Known, Marks, clash, marks, plain_source
from mulin.ground.trail.actions import record
from mulin.ground.worklist import actions as worklist
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
TITLE = gettext_lazy("历史存折名单（%(n)d 本）")
REVIEW_DAYS = 5
"""Working days within which somebody else looks at a list."""
SHOWN = 3
"""So many wrong rows are named where none is good."""


@transaction.atomic
def propose_opening(
    *, by: Actor, now: datetime, file: BinaryIO, name: str, path: str, source: str, expires_on: date
) -> Opening:
    """Enter a list of old passbooks of a community; nothing is in the books until another person has approved it.

    A row without name, with points that are none, with a telephone or an old number that was there before, or that may be
    about somebody who was (``rules.openings.clash``), is left out and named by its number; the others stand. Refused: no
    good row, a last day gone by, and (409) the same rows with the same source again, unless the first list was declined.
    """
    keeper = _keeper(by, path)
    source = clean(source)
    if not source:
        raise Refused("opening_source", _("请写明来源。"), field="source")
    if expires_on <= local_day(now):
        raise Refused("opening_day", _("最后一天要晚于今天。"), field="expires_on")
    found = _read(file, name, f"{path}\n{plain_source(source)}")
    digest = _digest(path, source, found.rows)
    _not_again(digest)
    found = _without(_known(path, source), found)
    if not found.rows:
        _not_again(digest)  # it was entered between the two looks
        raise _nothing(found.problems)
    row = Opening(
        source=source, path=path, expires_on=expires_on, entered_by=keeper, entered_at=now, digest=digest,
        left_out=len(found.problems), problems_sealed=_sealed(found.problems),
    )  # fmt: skip
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as twice:
        raise _again(Opening.objects.exclude(state="declined").get(digest=digest)) from twice
    _keep(row, found.rows)
    total = sum(one.points for one in found.rows)
    facts: dict[str, Any] = {"rows": len(found.rows), "left_out": row.left_out, "points": total, "path": path}
    record(
        by=by, now=now, verb="points.opening", subject_kind="points_opening", subject_id=row.id, facts=facts
    )
    at = desks.desk(path=path, barred=[keeper])
    worklist.put(
        by=by, now=now, kind="opening_review", subject_kind="points_opening", subject_id=row.id,
        title=desks.chinese(words=TITLE % {"n": len(found.rows)}), role=at.role or TOP[-1],
        path=at.path if at.role else "/", due_at=desks.due(now=now, days=REVIEW_DAYS),
    )  # fmt: skip
    return row


def _not_again(digest: str) -> None:
    """Refused (409) where the same list stands."""
    earlier = Opening.objects.filter(digest=digest).exclude(state="declined").first()
    if earlier is not None:
        raise _again(earlier)


def _keep(opening: Opening, rows: list[_Old]) -> None:
    """Its rows. Refused (409) where another list that was entered at the same moment names one of these people."""
    found = [
        OpeningRow(
            opening=opening,
            number=one.number,
            name_sealed=encrypt(one.name, bound_to=rules.OPENING),
            phone_sealed=encrypt(one.phone, bound_to=rules.OPENING),
            old_number=one.old_number,
            points=one.points,
            who_hash=one.marks.who,
            name_hash=one.marks.name,
        )
        for one in rows
    ]
    try:
        with transaction.atomic():
            OpeningRow.objects.bulk_create(found)
    except IntegrityError as twice:
        words = _("另一份名单刚刚录了其中的人，请再录一次。")
        raise Refused("opening_meanwhile", words, field="file", status=409) from twice


def _keeper(by: Actor, path: str) -> UUID:
    if by.person is None or not may_move(by, "opening", path):
        raise NotAllowed(_("由社区、街道或县级窗口转入历史存折。"))
    return by.person


@dataclass(frozen=True)
class _Old:
    """A good row: its number in the file, and what it says in plain text."""

    number: int
    name: str
    phone: str
    old_number: str
    points: int
    marks: Marks


@dataclass(frozen=True)
class _Found:
    rows: list[_Old]
    problems: list[str]


def _known(path: str, source: str) -> Known:
    """Whom the lists of this place and source that stand are about. One statement."""
    rows = OpeningRow.objects.filter(opening__path=path).exclude(opening__state="declined")
    known = Known()
    told = rows.values_list("who_hash", "name_hash", "old_number", "opening__source")
    for who, name, old, said in told:
        if said == source or plain_source(said) == plain_source(source):
            known.add(Marks(who, name, old))
    return known


def _read(file: BinaryIO, name: str, whose: str) -> _Found:
    """The good rows of a table, and a sentence for each other one. ``whose``: place and source, to which marks are bound.
    Refuses what is no table, or too long."""
    found, seen = _Found([], []), Known()
    with open_table(file, name=name, columns=COLUMNS) as table:
        for row in table:
            told: Any = row.values
            phone = normal_phone(str(told.get("phone") or ""))
            old = str(told.get("old_number") or "")[:40]
            made = marks(
                whose=whose, name=str(told.get("name") or ""), phone=phone, old_number=old, key=keyed_hash
            )
            if (
                why := str(row.problems[0])
                if row.problems
                else _wrong(told, phone) or _words(clash(made, seen))
            ):
                found.problems.append(_("第 %(n)d 行：%(why)s") % {"n": row.number, "why": why})
            else:
                seen.add(made)
                found.rows.append(_Old(row.number, str(told["name"]), phone, old, int(told["points"]), made))
            if len(found.rows) + len(found.problems) > MOST_ROWS:
                raise Refused("opening_long", _("一次最多 %(n)d 行。") % {"n": MOST_ROWS}, field="file")
    return found


def _wrong(told: Any, phone: str) -> str:
    """Why a row that can be read is left out, '' where it is good."""
    points = int(told.get("points") or 0)
    if points < 1:
        return _("积分是大于 0 的整数。")
    if points > rules.MOST:
        return _("积分最多 %(n)d 分，请核对。") % {"n": rules.MOST}
    if told.get("phone") and not phone:
        return _("电话号码不对。")
    return ""


def _words(code: str, *, earlier: bool = False) -> str:
    return str(WHY[code][earlier]) if code else ""


def _without(known: Known, found: _Found) -> _Found:
    """What an earlier list of the same source brought already is left out, and said."""
    rows, problems = list[_Old](), list(found.problems)
    for one in found.rows:
        if code := clash(one.marks, known):
            why = _words(code, earlier=True)
            problems.append(_("第 %(n)d 行：%(why)s") % {"n": one.number, "why": why})
        else:
            rows.append(one)
    return _Found(rows, problems)


def _nothing(problems: list[str]) -> Refused:
    if not problems:
        return Refused("opening_empty", _("名单里没有人。"), field="file")
    words = _("没有一行可以录入。%(first)s") % {"first": " ".join(problems[:SHOWN])}
    return Refused("opening_row", words, field="file")


def _digest(path: str, source: str, found: list[_Old]) -> str:
    """The same for the same rows in any order."""
    lines = sorted([one.name, one.phone, one.old_number, one.points] for one in found)
    return keyed_hash(json.dumps([path, source, lines], ensure_ascii=False)) if found else ""


def _sealed(problems: list[str]) -> str:
    return encrypt(json.dumps(problems, ensure_ascii=False), bound_to=rules.OPENING) if problems else ""


def _again(earlier: Opening) -> Refused:
    rows = earlier.rows.aggregate(people=Count("id"), points=Sum("points"))
    words = _(
        "这份名单 %(day)s 已经录过：《%(source)s》，%(people)d 本，%(points)d 分，%(state)s。不用再录。"
    ) % {
        "day": local_day(earlier.entered_at).isoformat(),
        "source": earlier.source,
        "people": rows["people"],
        "points": rows["points"] or 0,
        "state": earlier.get_state_display(),
    }
    return Refused("opening_again", words, field="file", status=409)


@transaction.atomic
def decide_opening(*, by: Actor, now: datetime, opening: UUID, approve: bool, note: str = "") -> Opening:
    """Another person brings the list into the books, a transfer per passbook, or declines it with the reason.

    All of it or, where it is interrupted, nothing. NotAllowed for whoever entered it; Refused (409) where it was decided
    before.
    """
    row = Opening.objects.select_for_update(of=("self",), no_key=True).filter(id=opening).first()
    if row is None:
        raise NotFound(_("没有这份名单。"))
    keeper, note = _keeper(by, row.path), clean(note)
    if rules.KINDS["opening"].second and keeper == row.entered_by:
        raise NotAllowed(_("录入的人不能自己复核，请另一位工作人员复核。"), code="second_person")
    if row.state != "proposed":
        raise Stale(_("这份名单已经复核过了。"), code="opening_decided")
    if not approve and not note:
        raise Refused("opening_note", _("请写明为什么退回。"), field="note")
    if approve:
        _bring_in(row, by, now)
    else:
        row.rows.update(phone_sealed="", who_hash="", name_hash="")
    row.state, row.reviewed_by, row.reviewed_at, row.note = (
        "approved" if approve else "declined", keeper, now, note,
    )  # fmt: skip
    row.problems_sealed = ""
    row.save(update_fields=["state", "reviewed_by", "reviewed_at", "note", "problems_sealed"])
    verb = "points.opening_approved" if approve else "points.opening_declined"
    worklist.done(by=by, now=now, subject_kind="points_opening", subject_id=row.id)
    record(by=by, now=now, verb=verb, subject_kind="points_opening", subject_id=row.id, facts={"note": note})
    return row


def _bring_in(opening: Opening, by: Actor, now: datetime) -> None:
    """Everybody is registered in the order of numbers, then every passbook locked in the order of ids, then written: two
    lists that name the same people in other orders wait for each other and never both."""
    plain = [_Plain(one, *_opened(one)) for one in opening.rows.order_by("number")]
    whose = {one.row.id: _registered(one, by, now) for one in sorted(plain, key=lambda one: one.phone)}
    owners = sorted({rules.person(key) for key in whose.values()}, key=lambda one: one.id)
    lock_owners(*owners)
    for owner in owners:
        issue(by=by, now=now, owner=owner, path=opening.path)
    for one in plain:
        _write(one.row, opening, rules.person(whose[one.row.id]), by, now)


@dataclass(frozen=True)
class _Plain:
    row: OpeningRow
    name: str
    phone: str


def _opened(one: OpeningRow) -> tuple[str, str]:
    name, phone = (decrypt(sealed, bound_to=rules.OPENING) for sealed in (one.name_sealed, one.phone_sealed))
    return name, phone


def _registered(one: _Plain, by: Actor, now: datetime) -> UUID:
    if one.phone:
        return people.find_or_add(phone=one.phone, by=by, now=now, name=one.name).pk
    return people.add_person(by=by, now=now, name=one.name).pk


def _write(one: OpeningRow, opening: Opening, owner: rules.Owner, by: Actor, now: datetime) -> None:
    account = lock_owners(owner)[owner]
    plan = Plan()
    plan.give(account, [Part(opening.expires_on, one.points)])
    plan.system(rules.system_id(by.county, "opening"), -one.points)
    deed = Deed(
        kind="opening",
        key=f"opening:{opening.id}:{one.number}",
        amount=one.points,
        body={"row": one.id, "points": one.points},
        by=by,
        now=now,
        subject=("points_opening", opening.id),
        story=f"{opening.source} {one.old_number}".strip()[:200],
        about=owner.id,
    )
    one.transfer_id = written(deed=deed, plan=plan)
    one.name_sealed = one.phone_sealed = ""
    one.save(update_fields=["transfer", "name_sealed", "phone_sealed"])


@transaction.atomic
def strip_openings(*, now: datetime) -> int:
    """For ``tick``: the names of lists that were sent back DECLINED_DAYS ago go; numbers and points stay. How many rows."""
    old = Opening.objects.filter(state="declined", reviewed_at__lt=now - timedelta(days=DECLINED_DAYS))
    rows = OpeningRow.objects.filter(opening__in=old).exclude(name_sealed="", phone_sealed="")
    return rows.update(name_sealed="", phone_sealed="")
