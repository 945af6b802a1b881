"""The one way in which points move: accounts locked in id order, a plan made, one statement written. Row 84.

A ``Plan`` says what each account gets and loses; ``write`` puts it down with its transfer, or finds that its key is known.
Points that change hands shortly before they lapse take along when that was told: passing them on does not keep them alive.

One order of locks, for whatever moves or decides about points: what it is about (a redemption and its good; a ``Review``
with its appeals, a ``Question``, a ``CallBack``: of several these kinds in this order, in id order) · a confirmer's month ·
passbooks in id order · drawers of budgets, one that nobody holds or all of them in id order. Who holds a drawer waits for no
passbook, who holds a passbook for no review. What reverses and enters anew takes all it will need first (``lock_moved``).
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mulin.citus.prepared import rows
from mulin.ground.points import rules
from mulin.ground.points.models import Account, Entry, Transfer, Words
from mulin.ground.points.rules import MOST, AccountKind, Owner, body_digest, words_digest
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.kernel.county import NoCounty, current_county
from mulin.kernel.errors import Refused, Stale
from mulin.kernel.ids import uuid7
from mulin.kernel.tables import clean

LONGEST_KEY, LONGEST_STORY = 120, 200


class Shelf(NamedTuple):
    """A lot as it was locked with its account."""

    lot: UUID
    expires_on: date
    remaining: int
    held: int
    warned_on: date | None

    @property
    def free(self) -> int:
        return self.remaining - self.held

    def over(self, today: date) -> bool:
        """Whether what is free of it only waits for the night."""
        return rules.over(self.expires_on, self.warned_on, today)


@dataclass
class Locked:
    """An account of which this transaction holds the row, with its open lots in spending order."""

    id: UUID
    kind: str
    owner: UUID
    path: str
    balance: int
    held: int
    number: int
    closed: bool
    lots: list[Shelf]

    @property
    def free(self) -> int:
        """Points that no hold pins."""
        return self.balance - self.held

    def usable(self, today: date) -> int:
        """Points that no hold pins and that are not over."""
        return self.free - sum(one.free for one in self.lots if one.over(today))


_COLUMNS = ("id", "kind", "owner", "path", "balance", "held", "number", "closed")
_LOTS = """SELECT array_agg(l.id ORDER BY l.expires_on, l.id), array_agg(l.expires_on ORDER BY l.expires_on, l.id),
    array_agg(l.remaining ORDER BY l.expires_on, l.id), array_agg(l.held ORDER BY l.expires_on, l.id),
    array_agg(l.warned_on ORDER BY l.expires_on, l.id)
    FROM points_lot l WHERE l.county_id = %(county)s AND l.account_id = {account} AND NOT l.spent"""

_LOCK = f"""SELECT a.id, a.kind, a.owner, a.path, a.balance, a.held, a.number, a.closed_at IS NOT NULL,
    a.xmin::text = (SELECT b.xmin::text FROM points_account b WHERE b.county_id = %(county)s AND b.id = a.id),
    l.* FROM points_account a LEFT JOIN LATERAL ({_LOTS.format(account="a.id")}) l ON true
    WHERE a.county_id = %(county)s AND {{which}} ORDER BY a.id FOR NO KEY UPDATE OF a"""  # noqa: S608

_LOCK_OWNERS = _LOCK.format(
    which="a.owner = ANY(%(keys)s) AND a.drawer = 0 AND a.kind IN ('person', 'household')"
)
_LOCK_IDS = _LOCK.format(which="a.id = ANY(%(keys)s)")
_LOTS_OF = _LOTS.format(account="%(account)s")


def _shelves(*columns: Any) -> list[Shelf]:
    return [Shelf(*one) for one in zip(*(column or () for column in columns), strict=True)]


def _locked(found: Iterable[Any]) -> list[Locked]:
    """A row that had to be waited for is newer than the lots read beside it: those are read again."""
    result = []
    for row in found:
        as_seen, *lots = row[8:]
        one = Locked(**dict(zip(_COLUMNS, row, strict=False)), lots=_shelves(*lots))
        if not as_seen:
            one.lots = _shelves(*rows(_LOTS_OF, {"county": current_county(), "account": one.id})[0])
        result.append(one)
    return result


def lock_owners(*owners: Owner) -> dict[Owner, Locked]:
    """The passbooks of some owners, their rows locked in id order. One statement. Owners without one are left out."""
    found = rows(_LOCK_OWNERS, {"county": current_county(), "keys": [one.id for one in owners]})
    return {Owner(one.kind, one.owner): one for one in _locked(found)}


def lock_accounts(*ids: UUID) -> dict[UUID, Locked]:
    """Accounts by id, their rows locked in id order. One statement."""
    return {one.id: one for one in _locked(rows(_LOCK_IDS, {"county": current_county(), "keys": list(ids)}))}


def lock_moved(*, transfers: Collection[UUID], also: Collection[UUID] = ()) -> None:
    """Lock what some transfers moved, and other passbooks: passbooks before budgets, of a budget every drawer. Four
    statements."""
    moved = Entry.objects.filter(transfer_id__in=transfers, number__isnull=False)
    found = list(moved.values_list("account_id", "account__kind", "account__path"))
    if members := {key for key, kind, _path in found if kind != AccountKind.BUDGET} | set(also):
        lock_accounts(*members)
    if paths := {path for _key, kind, path in found if kind == AccountKind.BUDGET}:
        drawers = Account.objects.filter(kind=AccountKind.BUDGET, path__in=paths)
        lock_accounts(*drawers.values_list("id", flat=True))


class Part(NamedTuple):
    """Points on their way from one passbook into another: their last day, and when it was told to whoever had them."""

    day: date
    points: int
    warned_on: date | None = None


@dataclass
class Plan:
    """What a transfer does: to accounts (by delta and held), to system accounts, to lots."""

    sides: list[tuple[UUID, int, int, int | None, int | None]] = field(default_factory=list)
    """(account, delta, change of held, number, balance after); the last two are None for a system account."""
    taken: list[tuple[UUID, UUID, int, int]] = field(default_factory=list)
    """(account, lot, points taken, of them held)."""
    put: list[tuple[UUID, date, int, date | None]] = field(default_factory=list)
    """(account, last day, points put in, when their owner was told that they lapse)."""

    def change(self, account: Locked, delta: int, *, held: int = 0) -> None:
        """An account's one entry."""
        account.balance += delta
        account.held += held
        account.number += 1
        self.sides.append((account.id, delta, held, account.number, account.balance))

    def system(self, account: UUID, delta: int) -> None:
        """An entry of an account that nobody locks."""
        self.sides.append((account, delta, 0, None, None))

    def take(self, account: Locked, amount: int, *, today: date | None = None) -> list[Part]:
        """Take free points, earliest last day first; with ``today``, none that are over. The caller has seen that there are
        enough."""
        lots = {one.lot: one for one in account.lots if today is None or not one.over(today)}
        found = rules.fill(amount, [(one.lot, one.free) for one in lots.values()])
        if sum(points for _lot, points in found) != amount:
            raise RuntimeError(
                f"the lots of account {account.id} do not hold {amount}: see mulin check-books"
            )
        self.taken += [(account.id, lot, points, 0) for lot, points in found]
        self.change(account, -amount)
        return [Part(lots[lot].expires_on, points, lots[lot].warned_on) for lot, points in found]

    def give(self, account: Locked, lots: Iterable[Part]) -> None:
        """Put points in, each kept until its day."""
        found: dict[date, Part] = {}
        for part in lots:
            before = found.get(part.day)
            found[part.day] = part if before is None else before._replace(points=before.points + part.points)
        self.put += [(account.id, *part) for part in found.values()]
        self.change(account, sum(part.points for part in found.values()))


_WRITE = """WITH moved AS (
    INSERT INTO points_transfer (county_id, id, kind, key, body, amount, reverses_id, at, local_day, "by", program,
        on_behalf_of, subject_kind, subject_id, digest)
    VALUES (%(county)s, %(id)s, %(kind)s, %(key)s, %(body)s, %(amount)s, %(reverses)s, %(at)s, %(day)s, %(by)s,
        %(program)s, %(behalf)s, %(subject_kind)s, %(subject_id)s, %(digest)s)
    ON CONFLICT (county_id, key) DO NOTHING RETURNING id
), side AS (
    SELECT * FROM moved, unnest(%(entries)s::uuid[], %(accounts)s::uuid[], %(deltas)s::bigint[], %(helds)s::bigint[],
        %(numbers)s::bigint[], %(afters)s::bigint[]) AS x(entry, account, delta, held, number, after)
), changed AS (
    UPDATE points_account a SET balance = a.balance + side.delta, held = a.held + side.held, number = side.number
    FROM side WHERE a.county_id = %(county)s AND a.id = side.account AND side.number IS NOT NULL RETURNING a.id
), entered AS (
    INSERT INTO points_entry (county_id, id, transfer_id, account_id, delta, number, balance_after)
    SELECT %(county)s, side.entry, side.id, side.account, side.delta, side.number, side.after FROM side
), taken AS (
    UPDATE points_lot l SET remaining = l.remaining - x.points, held = l.held - x.held, spent = l.remaining = x.points
    FROM moved, unnest(%(taken_lots)s::uuid[], %(taken)s::bigint[], %(taken_held)s::bigint[]) AS x(lot, points, held)
    WHERE l.county_id = %(county)s AND l.id = x.lot RETURNING l.id
), put AS (
    INSERT INTO points_lot (county_id, id, account_id, expires_on, remaining, held, spent, warned_on)
    SELECT %(county)s, x.lot, x.account, x.day, x.points, 0, false, CASE WHEN x.day <= %(soon)s THEN x.warned END
    FROM moved, unnest(%(put_lots)s::uuid[], %(put_accounts)s::uuid[], %(put_days)s::date[], %(put)s::bigint[],
        %(put_warned)s::date[]) AS x(lot, account, day, points, warned)
    ON CONFLICT (county_id, account_id, expires_on) DO UPDATE
        SET remaining = points_lot.remaining + excluded.remaining, spent = false, warned_on = CASE
            WHEN excluded.expires_on > %(soon)s THEN NULL WHEN points_lot.spent THEN excluded.warned_on
            ELSE LEAST(points_lot.warned_on, excluded.warned_on) END
    RETURNING id, account_id, expires_on
), told AS (
    INSERT INTO points_lotmove (county_id, id, entry_id, lot_id, amount)
    SELECT %(county)s, x.id, x.entry, x.lot, -x.points
    FROM moved, unnest(%(taken_moves)s::uuid[], %(taken_entries)s::uuid[], %(taken_lots)s::uuid[], %(taken)s::bigint[])
        AS x(id, entry, lot, points)
    UNION ALL
    SELECT %(county)s, x.id, x.entry, put.id, x.points
    FROM put JOIN unnest(%(put_moves)s::uuid[], %(put_entries)s::uuid[], %(put_accounts)s::uuid[], %(put_days)s::date[],
        %(put)s::bigint[]) AS x(id, entry, account, day, points) ON x.account = put.account_id AND x.day = put.expires_on
)
SELECT (SELECT count(*) FROM moved), (SELECT count(*) FROM changed), (SELECT count(*) FROM taken)"""


@dataclass(frozen=True)
class Deed:
    """Everything of a transfer but what it moves. ``body`` is what was asked for, whoever asks again."""

    kind: str
    key: str
    amount: int
    body: Mapping[str, object]
    by: Actor
    now: datetime
    on_behalf_of: UUID | None = None
    subject: tuple[str, UUID] | None = None
    reverses: UUID | None = None
    story: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)
    about: UUID | None = None

    @property
    def digest(self) -> str:
        """The hash of what was asked for."""
        return body_digest(kind=self.kind, **self.body)


def write(*, deed: Deed, plan: Plan) -> UUID | None:
    """Put a transfer down: one statement, two where it has words. Its id, or None where its key is known already."""
    if deed.by.county != current_county():
        raise NoCounty(f"an actor of {deed.by.county} moved points in {current_county()}")
    if sum(side[1] for side in plan.sides):
        raise RuntimeError("the sides of a transfer do not add up to nothing")
    story, evidence = checked_story(story=deed.story), dict(deed.evidence)
    salt = secrets.token_hex(16) if story or evidence else ""
    key, kind, subject = uuid7(), deed.kind, deed.subject or ("", None)
    entries = [uuid7() for _side in plan.sides]
    entry_of = {side[0]: entry for side, entry in zip(plan.sides, entries, strict=True)}
    accounts, deltas, helds, numbers, afters = _columns(plan.sides, 5)
    taken_accounts, taken_lots, taken, taken_held = _columns(plan.taken, 4)
    put_accounts, put_days, put, put_warned = _columns(plan.put, 4)
    told = {
        "county": current_county(),
        "id": key,
        "kind": kind,
        "key": deed.key,
        "body": deed.digest,
        "amount": deed.amount,
        "reverses": deed.reverses,
        "at": deed.now,
        "day": local_day(deed.now),
        "by": deed.by.person,
        "program": deed.by.program[:40],
        "behalf": deed.on_behalf_of,
        "subject_kind": subject[0],
        "subject_id": subject[1],
        "digest": words_digest(salt, story, evidence) if salt else "",
        "entries": entries,
        "accounts": accounts,
        "deltas": deltas,
        "helds": helds,
        "numbers": numbers,
        "afters": afters,
        "taken_lots": taken_lots,
        "taken": taken,
        "taken_held": taken_held,
        "taken_moves": [uuid7() for _one in taken],
        "taken_entries": [entry_of[one] for one in taken_accounts],
        "put_lots": [uuid7() for _one in put],
        "put_accounts": put_accounts,
        "put_days": put_days,
        "put": put,
        "put_warned": put_warned,
        "soon": local_day(deed.now) + rules.WARNED_FOR,
        "put_moves": [uuid7() for _one in put],
        "put_entries": [entry_of[one] for one in put_accounts],
    }
    moved, changed, less = rows(_WRITE, told)[0]
    if not moved:
        return None
    if changed != sum(number is not None for number in numbers) or less != len(taken):
        raise RuntimeError("an account or lot that was locked is gone")
    if salt:
        Words.objects.create(transfer_id=key, about=deed.about, salt=salt, story=story, evidence=evidence)
    return key


def _columns(told: list[tuple[Any, ...]], wide: int) -> list[list[Any]]:
    return [list(column) for column in zip(*told, strict=True)] if told else [[] for _column in range(wide)]


# ── what every act has in common ─────


def known(*, deed: Deed) -> Transfer | None:
    """The transfer of this key, if there is one; Refused 409 where it was asked for with another body. One statement."""
    found = Transfer.objects.filter(key=deed.key).first()
    if found is not None:
        same(kept=found.body, asked=deed.digest)
    return found


def same(*, kept: str, asked: str) -> None:
    """Refused 409 where a known key comes with another body."""
    if kept != asked:
        raise Refused("key_reused", _("这个编号已经用过，内容不一样。另一件事请换一个。"), status=409)


def written(*, deed: Deed, plan: Plan) -> UUID:
    """``write``, or the id of the transfer that the same key has made already."""
    done = write(deed=deed, plan=plan)
    if done is not None:
        return done
    found = known(deed=deed)
    if found is None:
        raise RuntimeError(f"the key {deed.key!r} is taken and not there")
    return found.id


def checked_amount(*, amount: int) -> int:
    """Whole points from 1 to MOST."""
    if isinstance(amount, bool) or not isinstance(amount, int) or not 1 <= amount <= MOST:
        raise Refused("points_amount", _("积分是 1 到 %(most)d 的整数。") % {"most": MOST}, field="amount")
    return amount


def checked_key(*, key: str) -> str:
    """A key that names one deed."""
    if not key or len(key) > LONGEST_KEY or "\0" in key:
        raise Refused("points_key", _("缺少幂等编号，或者太长。"), status=400)
    return key


def checked_story(*, story: str) -> str:
    """What was done, in at most LONGEST_STORY characters."""
    told = clean(story)
    if len(told) > LONGEST_STORY:
        raise Refused("points_story", _("最多 %(limit)s 个字。") % {"limit": LONGEST_STORY}, field="story")
    return told


def open_passbook_of(*, owner: Owner, found: Mapping[Owner, Locked]) -> Locked:
    """The passbook of an owner among those locked. Refused where he has none, or where it is closed."""
    account = found.get(owner)
    if account is None:
        raise Refused("no_passbook", _("没有积分存折，请到社区窗口开一本。"))
    if account.closed:
        raise Stale(_("这本存折已经销户。"), code="passbook_closed")
    return account


def enough(*, account: Locked, amount: int, today: date) -> None:
    """Refused with the shortfall named."""
    short = amount - account.usable(today)
    if short > 0:
        words = ngettext("积分不够，还差 %(n)d 分。", "积分不够，还差 %(n)d 分。", short)
        raise Refused("points_short", words % {"n": short}, field="amount")
