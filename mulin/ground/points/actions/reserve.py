"""Pledges behind the points, the rule that slows issuing, and what ``tick`` announces by it at each month's end."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from mulin.citus.prepared import alone
from mulin.ground.notices import actions as notices
from mulin.ground.people import queries as people
from mulin.ground.points.models import OPEN, Account, CoverMonth, PaceRule, PaceTold, Pledge
from mulin.ground.points.permissions import may_keep_rules, may_pledge
from mulin.ground.points.queries.reserve import Cover, covers, pace_rule_on
from mulin.ground.points.rules import MEMBERS, MOST, month_of
from mulin.ground.points.rules.reserve import MOST_FLOOR, MOST_NOTICE, WHOLE, Source, starts, too_low
from mulin.ground.trail.actions import record
from mulin.kernel.actor import Actor, system
from mulin.kernel.clock import day_start, local_day
from mulin.kernel.county import current_county
from mulin.kernel.errors import NotAllowed, NotFound, Refused, Stale
from mulin.kernel.tables import clean

PLEDGE, COVER, RULE = "pledge", "points_cover", "pace_rule"
LONGEST = timedelta(days=3 * 366)
"""A pledge that lasts longer is entered anew."""
BATCH, BATCHES = 200, 20
"""Passbooks whose holders are told in a transaction, and transactions of a tick."""


def _words(said: str, limit: int, field: str, empty: str) -> str:
    told = clean(said)
    if not told:
        raise Refused(f"pledge_{field}", empty, field=field)
    if len(told) > limit:
        raise Refused(f"pledge_{field}", _("最多 %(limit)s 个字。") % {"limit": limit}, field=field)
    return told


@transaction.atomic
def enter_pledge(
    *,
    by: Actor,
    now: datetime,
    path: str,
    kind: str,
    source: str,
    points: int,
    words: str,
    starts_on: date,
    ends_on: date,
) -> Pledge:
    """Write down what a named source stands in for, by an officer of the community or above.

    Refused without a source or words, for a first day gone by, for days in the wrong order or more than three years.
    """
    if not may_pledge(by, path):
        raise NotAllowed(_("兑付承诺由本社区、街道和县里的工作人员登记。"))
    if kind not in Source.values:
        raise Refused("pledge_kind", _("请选择来源。"), field="kind")
    source = _words(source, 80, "source", _("请写明是谁承诺的。"))
    words = _words(words, 200, "words", _("请写明承诺什么。"))
    if not 1 <= points <= MOST:
        raise Refused("pledge_points", _("积分是 1 到 %(most)d 的整数。") % {"most": MOST}, field="points")
    if starts_on < local_day(now):
        raise Refused("pledge_start", _("不能从已经过去的日子算起，最早从今天开始。"), field="starts_on")
    if not starts_on <= ends_on <= starts_on + LONGEST:
        raise Refused("pledge_end", _("最后一天不能早于第一天，也不能超过三年。"), field="ends_on")
    row = Pledge.objects.create(
        path=path,
        kind=kind,
        source=source,
        points=points,
        words=words,
        starts_on=starts_on,
        ends_on=ends_on,
        entered_by=by.person,
        entered_at=now,
    )
    facts: dict[str, Any] = {"points": points, "path": path, "from": str(starts_on), "until": str(ends_on)}
    record(by=by, now=now, verb="points.pledged", subject_kind=PLEDGE, subject_id=row.id, facts=facts)
    return row


@transaction.atomic
def end_pledge(*, by: Actor, now: datetime, pledge: UUID, why: str) -> Pledge:
    """A pledge no longer holds from today on, with the reason. Refused without one; 409 where it is over already."""
    row = Pledge.objects.select_for_update(no_key=True).filter(pk=pledge).first()
    if row is None:
        raise NotFound(_("没有这条兑付承诺。"))
    if not may_pledge(by, row.path):
        raise NotAllowed(_("兑付承诺由本社区、街道和县里的工作人员登记。"))
    why, today = _words(why, 200, "why", _("请写明为什么提前结束。")), local_day(now)
    if row.ended_on is not None or row.ends_on < today:
        raise Stale(_("这条兑付承诺已经结束了。"), code="pledge_ended")
    row.ended_on, row.ended_by, row.why = today, by.person, why
    row.save(update_fields=["ended_on", "ended_by", "why"])
    record(
        by=by, now=now, verb="points.pledge_ended", subject_kind=PLEDGE, subject_id=row.id, facts={"why": why}
    )
    return row


def publish_pace(
    *,
    by: Actor,
    now: datetime,
    floor: int,
    percent: int,
    notice: int,
    effective_on: date,
    note: str = "",
    ended: bool = False,
) -> PaceRule:
    """Announce today below which cover issuing is slowed from a day on (today at the earliest); ``ended``: no longer.

    Refused with a day gone by, with numbers out of bounds, and (409) where another version begins on that day.
    """
    if not may_keep_rules(by):
        raise NotAllowed(_("积分规则由县级工作人员制定。"))
    note, today = clean(note), local_day(now)
    for field, told, most in (
        ("floor", floor, MOST_FLOOR), ("percent", percent, WHOLE - 1), ("notice", notice, MOST_NOTICE),
    ):  # fmt: skip
        if not 1 <= told <= most:
            raise Refused(f"pace_{field}", _("请填 1 到 %(most)d 的整数。") % {"most": most}, field=field)
    if len(note) > 200:
        raise Refused("pace_note", _("最多 %(limit)s 个字。") % {"limit": 200}, field="note")
    if effective_on < today:
        raise Refused("pace_day", _("不能从已经过去的日子算起，最早从今天开始。"), field="effective_on")
    try:
        with transaction.atomic():
            row = PaceRule.objects.create(
                number=PaceRule.objects.count() + 1,
                floor=floor,
                percent=percent,
                notice=notice,
                ended=ended,
                effective_on=effective_on,
                announced_on=today,
                note=note,
                made_by=by.person,
                made_at=now,
            )
            facts: dict[str, Any] = {
                "floor": floor,
                "percent": percent,
                "notice": notice,
                "from": str(effective_on),
            }
            record(
                by=by,
                now=now,
                verb="points.pace_rule",
                subject_kind=RULE,
                subject_id=row.id,
                facts=facts | {"ended": ended},
            )
    except IntegrityError as twice:
        words = _("这条规则在这一天已经有一个版本，请换一天。")
        raise Refused("pace_day_taken", words, field="effective_on", status=409) from twice
    return row


# ── at a month's end ─────


def measure_covers(*, now: datetime) -> int:
    """For ``tick``: write down last month's cover of every community, once, announce where the pace changes, and tell the
    holders in the app: BATCH passbooks in a transaction, from where the tick before came to. How many communities were
    measured.
    """
    first, _following = month_of(local_day(now))
    month = month_of(first - timedelta(days=1))[0]
    done = 0 if CoverMonth.objects.filter(month=month).exists() else _measure(month, first, now)
    for _batch in range(BATCHES):
        if not _tell_batch(now):
            break
    return done


@transaction.atomic
def _measure(month: date, until: date, now: datetime) -> int:
    alone("points cover")
    if CoverMonth.objects.filter(month=month).exists():  # another process was faster
        return 0
    rule = pace_rule_on(until - timedelta(days=1))
    last = {
        one.path: one
        for one in CoverMonth.objects.filter(starts_on__isnull=False)
        .select_related("rule")
        .order_by("starts_on")
    }
    found = {one.path: one for one in covers(day_start(until))}
    done = 0
    for path in sorted({key for key, one in found.items() if one.outstanding} | set(last)):
        row = _month(found.get(path, Cover(path)), month, rule, last.get(path), now)
        row.save(force_insert=True)
        if row.starts_on is not None:
            _announce(row, now)
        done += 1
    return done


def _month(
    told: Cover, month: date, rule: PaceRule | None, last: CoverMonth | None, now: datetime
) -> CoverMonth:
    """The row of a month: the pace that the rule asks for, beginning later where it is another one than announced."""
    low = rule is not None and not rule.ended and too_low(told.backing, told.outstanding, rule.floor)
    wanted = rule.percent if rule is not None and low else WHOLE
    before = last.percent if last is not None else WHOLE
    today, begins = local_day(now), None
    if wanted != before:
        by = rule or (last.rule if last else None)
        begins = starts(today, by.notice if by else 1, last.starts_on if last else None)
    return CoverMonth(
        path=told.path,
        month=month,
        goods=told.goods,
        pledged=told.pledged,
        outstanding=told.outstanding,
        rule=rule,
        percent=wanted,
        starts_on=begins,
        measured_on=today,
        measured_at=now,
    )


def _announce(row: CoverMonth, now: datetime) -> None:
    """Put the announcement down; its holders are told batch by batch."""
    by = system(current_county(), "tick")
    facts: dict[str, Any] = {"path": row.path, "percent": row.percent, "from": str(row.starts_on)}
    record(by=by, now=now, verb="points.pace", subject_kind=COVER, subject_id=row.id, facts=facts)
    PaceTold.objects.create(cover=row)


@transaction.atomic
def _tell_batch(now: datetime) -> bool:
    """Tell the holders of the next BATCH passbooks of an announcement, each person once by key. False where nobody is left,
    or another process is at it. About three statements for a person."""
    waiting = PaceTold.objects.select_for_update(skip_locked=True, of=("self",), no_key=True)
    told = waiting.select_related("cover").filter(done_at__isnull=True).order_by("id").first()
    if told is None:
        return False
    row, by = told.cover, system(current_county(), "tick")
    accounts = Account.objects.filter(OPEN, kind__in=MEMBERS, path=row.path).order_by("id")
    if told.after is not None:
        accounts = accounts.filter(id__gt=told.after)
    batch = list(accounts[:BATCH])
    homes = people.members_of_households([one.owner for one in batch if one.kind == "household"])
    for account in batch:
        persons = {account.owner} if account.kind == "person" else homes.get(account.owner, set())
        for person in sorted(persons):
            notices.tell(
                by=by,
                now=now,
                template="points_pace" if row.percent < WHOLE else "points_pace_over",
                params={"n": row.percent, "day": f"{row.starts_on:%Y-%m-%d}"},
                subject_kind="passbook",
                subject_id=account.id,
                person=person,
                key=f"pace:{row.id}:{person}",
                outside=False,
            )
    if batch:
        told.after = batch[-1].id
    if len(batch) < BATCH:
        told.done_at = now
    told.save()
    return True
