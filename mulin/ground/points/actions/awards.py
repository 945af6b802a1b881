"""Points for an act: by the version of its day, within caps and the community's budget. Row 84."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from mulin.citus.prepared import alone, rows
from mulin.ground.access import queries as access
from mulin.ground.people import queries as people
from mulin.ground.points import rules
from mulin.ground.points.actions.ledger import (
    Deed,
    Locked,
    Part,
    Plan,
    checked_key,
    known,
    lock_accounts,
    lock_owners,
    write,
)
from mulin.ground.points.models import Account, Act, Entry, Hold, Rule, RuleVersion, Transfer
from mulin.ground.points.queries import passbook_of, rule_of, version_on
from mulin.ground.points.queries.reserve import pace_on
from mulin.ground.points.queries.standing import standing
from mulin.ground.points.rules.fairness import HELPER_DAYS
from mulin.ground.points.rules.reserve import paced
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.kernel.county import current_county
from mulin.kernel.errors import Refused, Stale


@dataclass(frozen=True)
class Earned:
    """What came of an act. Without points ``reason_if_zero`` says why, a code of ``rules.REASONS``; without a passbook there
    is no transfer either."""

    transfer_id: UUID | None
    points: int
    reason_if_zero: str = ""

    @property
    def words(self) -> str:
        """Why there were none, for people; '' where there were some."""
        return str(rules.REASONS[self.reason_if_zero]) if self.reason_if_zero else ""


@transaction.atomic
def earn(
    *,
    by: Actor,
    now: datetime,
    rule_code: str,
    key: str,
    done_on: date,
    subject: tuple[str, UUID],
    story: str,
    community_path: str,
    confirmed_by: UUID,
    person: UUID | None = None,
    household: UUID | None = None,
    evidence: Mapping[str, Any] | None = None,
    whoever: bool = False,
) -> Earned:
    """Record an act of a person (into his own passbook, else his household's) or of a household, with its points.

    The rule's version of the day ``done_on`` counts, and the pace announced for that day in the community. An act beyond
    the rule's caps or the budget of ``community_path`` is recorded with 0 points and the reason; with ``whoever`` also one
    confirmed by who lately used the passbook in its holder's place: another may enter it anew. Refused: an unknown rule,
    a day to come, who confirms himself, his family or a passbook that is also his ("own_act"), such a helper
    ("helper_act"), a confirmer beyond his month (409; with ``whoever`` it is recorded without points), a known key with
    another body (409). The same key again tells the first result.
    """
    rule = rule_of(rule_code)
    today = local_day(now)
    if done_on > today:
        raise Refused("points_day", _("这一天还没有到。"), field="done_on")
    owner = rules.household(household) if household is not None else passbook_of(person)
    deed = Deed(
        kind="earn",
        key=checked_key(key=key),
        amount=0,
        body={
            "rule": rule_code,
            "person": person,
            "household": household,
            "done_on": done_on,
            "subject": subject,
            "story": story,
            "path": community_path,
            "confirmed_by": confirmed_by,
        },
        by=by,
        now=now,
        subject=subject,
        story=story,
        evidence=evidence or {},
        about=person,
    )
    if (before := known(deed=deed)) is not None:
        return _told(before)
    if rules.KINDS["earn"].second:
        _another(confirmed_by, person, household)
    if owner is None:
        return Earned(None, 0, "no_passbook")
    beyond = _beyond_month(confirmed_by, today)
    account = lock_owners(owner).get(owner)
    if account is None or account.closed:
        return Earned(None, 0, "no_passbook")
    if (before := known(deed=deed)) is not None:
        return _told(before)
    helper = _is_helper(confirmed_by, account, now)
    if helper and not whoever:
        words = _("确认的人近来替他用过这本存折，请另一个人来确认。")
        raise Refused("helper_act", words, field="confirmed_by")
    if beyond and not whoever:
        raise Stale(
            _("这位确认人本月已经确认了 %(n)d 次，请换一位确认。") % {"n": beyond}, code="confirmer_month"
        )
    return _award(
        deed,
        account,
        rule,
        done_on,
        community_path,
        confirmed_by,
        person,
        reason="helper_act" if helper else "confirmer" if beyond else "",
    )


def _award(
    deed: Deed,
    account: Locked,
    rule: Rule,
    done_on: date,
    path: str,
    confirmed_by: UUID,
    person: UUID | None,
    *,
    reason: str = "",
) -> Earned:
    version = version_on(rule.id, done_on)
    reason = reason or _reason(account.id, person, rule, version, done_on)
    points = version.points if version is not None and not reason else 0
    pace = pace_on(path, done_on) if points else None
    points = paced(points, pace.percent) if pace else points
    plan = Plan()
    drawers = _drawers(path, points) if points else []
    if points and not drawers:
        points, reason = 0, "budget"
    for drawer, amount in drawers:
        plan.change(drawer, -amount)
    lots = [Part(_last_day(done_on, version, deed.now), points)] if version is not None and points else []
    plan.give(account, lots)
    key = write(deed=replace(deed, amount=points), plan=plan)
    if key is None:
        found = known(deed=deed)
        if found is None:
            raise RuntimeError(f"the key {deed.key!r} is taken and not there")
        return _told(found)
    Act.objects.create(
        transfer_id=key,
        account_id=account.id,
        person=person,
        rule=rule,
        version=version,
        done_on=done_on,
        confirmed_by=confirmed_by,
        confirmed_on=local_day(deed.now),
        points=points,
        paced=pace if points else None,
        reason=reason,
    )
    return Earned(key, points, reason)


def _last_day(done_on: date, version: RuleVersion, now: datetime) -> date:
    """How long an act's points live; of one that was entered so late that they would be over, GRACE from today."""
    today, last = local_day(now), rules.expiry(done_on, version.months)
    return last if last >= today else today + rules.GRACE


def _told(before: Transfer) -> Earned:
    act = Act.objects.get(transfer=before)
    return Earned(before.id, act.points, act.reason)


def _another(confirmer: UUID, person: UUID | None, household: UUID | None) -> None:
    """Who did it, lives with who did it, or holds the passbook with others cannot confirm it."""
    own = person is not None and (person == confirmer or people.live_together(person, confirmer))
    if own or (household is not None and confirmer in people.household_members(household)):
        raise Refused("own_act", _("自己和家人做的事，请别人来确认。"), field="confirmed_by")


def take_turn(*, confirmer: UUID, now: datetime) -> None:
    """The confirmer's place in the order of locks (``ledger``), for whoever locks passbooks before ``earn`` does."""
    _beyond_month(confirmer, local_day(now))


def _beyond_month(confirmer: UUID, today: date) -> int:
    """So many acts this confirmer may attest in a month, where he has done so; else 0. Near the limit his other
    confirmations wait for this one's end: taken before any passbook, so that two of his never wait for each other."""
    most = rules.DUTY_CONFIRMATIONS if access.with_duty([confirmer]) else rules.CONFIRMATIONS
    first, following = rules.month_of(today)
    told = Act.objects.filter(
        confirmed_by=confirmer, confirmed_on__gte=first, confirmed_on__lt=following, points__gt=0
    )[:most]
    if told.count() + rules.AT_ONCE < most:
        return 0
    alone(f"points confirmer {confirmer}")
    return most if told.count() >= most else 0


def _is_helper(confirmer: UUID, account: Locked, now: datetime) -> bool:
    """Who spends, gives away or sets aside points in a holder's place does not also confirm what brings them: neither within
    HELPER_DAYS. Two statements."""
    since = now - timedelta(days=HELPER_DAYS)
    told = {"by": confirmer, "on_behalf_of": account.owner}
    entries = Entry.objects.filter(
        account_id=account.id, number__isnull=False, delta__lt=0, transfer__at__gte=since,
        **{f"transfer__{name}": one for name, one in told.items()},
    )  # fmt: skip
    held = Hold.objects.filter(account_id=account.id, made_at__gte=since, **told)
    return held.exists() or entries.exists()


def _reason(
    account: UUID, person: UUID | None, rule: Rule, version: RuleVersion | None, done_on: date
) -> str:
    """Why there are no points, '' where there are. The account's row is locked: nobody counts at the same time."""
    if version is None:
        return "no_rule"
    if version.ended or not version.points:
        return "rule_ended"
    paid = _paid(account, person, rule)
    first, following = rules.month_of(done_on)
    if version.per_day is not None and paid.filter(done_on=done_on).count() >= version.per_day:
        return "day_cap"
    month = paid.filter(done_on__gte=first, done_on__lt=following)
    if version.per_month is not None and month.count() >= version.per_month:
        return "month_cap"
    return ""


def _paid(account: UUID, person: UUID | None, rule: Rule) -> QuerySet[Act]:
    """What brought points by a rule: into the passbook, and to who did it also where they went into another one."""
    return standing().filter(
        Q(account_id=account) | Q(person=person) if person else Q(account_id=account), rule=rule
    )


_FREE = """SELECT id FROM points_account WHERE county_id = %(county)s AND kind = 'budget' AND path = %(path)s
    AND balance >= %(points)s ORDER BY balance DESC, id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED"""


def _drawers(path: str, points: int) -> list[tuple[Locked, int]]:
    """The budget rows that pay, locked: one that nobody holds, else all of them in id order; none where it is used up.

    Members' rows are locked before, and nobody who holds a drawer waits for a member: no deadlock.
    """
    free = rows(_FREE, {"county": current_county(), "path": path, "points": points})
    if free:
        return [(next(iter(lock_accounts(free[0][0]).values())), points)]
    every = Account.objects.filter(kind=rules.AccountKind.BUDGET, path=path).values_list("id", flat=True)
    locked = sorted(lock_accounts(*every).values(), key=lambda one: one.id)
    parts = rules.fill(points, [(one, one.balance) for one in locked])
    return parts if sum(amount for _drawer, amount in parts) == points else []
