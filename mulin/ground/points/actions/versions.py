"""Earning rules: a change is a new version from an announced day on, never retroactive."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from mulin.ground.points.models import Rule, RuleVersion
from mulin.ground.points.permissions import may_keep_rules
from mulin.ground.points.rules import MOST
from mulin.ground.trail.actions import record
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.kernel.errors import NotAllowed, Refused
from mulin.kernel.tables import clean

_CODE = re.compile(r"[a-z][a-z0-9_]{1,39}")


def publish_rule(
    *,
    by: Actor,
    now: datetime,
    code: str,
    name: str,
    points: int,
    effective_on: date,
    per_day: int | None = None,
    per_month: int | None = None,
    months: int | None = 24,
    note: str = "",
    ended: bool = False,
) -> RuleVersion:
    """Announce today what a rule gives from a day on (today at the earliest); a new code makes a new rule.

    ``ended``: nothing is given from that day on. Refused without a name, with a day gone by, and (409) where another
    version begins on that day already.
    """
    if not may_keep_rules(by):
        raise NotAllowed(_("积分规则由县级工作人员制定。"))
    name, note, today = clean(name), clean(note), local_day(now)
    if not _CODE.fullmatch(code):
        raise Refused("rule_code", _("代码用小写英文字母、数字和下划线，字母开头。"), field="code")
    if not name or len(name) > 40:
        raise Refused("rule_name", _("请写名称，最多 40 个字。"), field="name")
    if len(note) > 200:
        raise Refused("rule_note", _("最多 %(limit)s 个字。") % {"limit": 200}, field="note")
    if not ended and not 1 <= points <= MOST:
        raise Refused("rule_points", _("积分是 1 到 %(most)d 的整数。") % {"most": MOST}, field="points")
    if effective_on < today:
        raise Refused("rule_day", _("不能从已经过去的日子算起，最早从今天开始。"), field="effective_on")
    for field, told in (("per_day", per_day), ("per_month", per_month), ("months", months)):
        if told is not None and told < 1:
            raise Refused("rule_limit", _("不限请留空，否则至少填 1。"), field=field)
    try:
        with transaction.atomic():
            rule, _made = Rule.objects.get_or_create(code=code)
            Rule.objects.select_for_update(of=("self",)).get(id=rule.id)
            row = RuleVersion.objects.create(
                rule=rule,
                number=rule.versions.count() + 1,
                name=name,
                points=0 if ended else points,
                per_day=per_day,
                per_month=per_month,
                months=months,
                ended=ended,
                effective_on=effective_on,
                announced_on=today,
                note=note,
                made_by=by.person,
                made_at=now,
            )
            facts: dict[str, Any] = {
                "code": code,
                "points": row.points,
                "from": effective_on.isoformat(),
                "ended": ended,
            }
            record(
                by=by,
                now=now,
                verb="points.rule",
                subject_kind="points_rule",
                subject_id=rule.id,
                facts=facts,
            )
    except IntegrityError as twice:
        words = _("这条规则在这一天已经有一个版本，请换一天。")
        raise Refused("rule_day_taken", words, field="effective_on", status=409) from twice
    return row
