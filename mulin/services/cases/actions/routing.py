"""Changing the routing table: first tried on past cases, then saved as it was tried. Nothing is saved untried."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from mulin.ground.access import queries as access
from mulin.ground.notices import actions as notices
from mulin.ground.trail import actions as trail
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.kernel.errors import NotAllowed, NotFound, Refused, Stale
from mulin.services.cases.models import (
    RoutingOfficer,
    RoutingRule,
    RoutingTable,
    RoutingTrial,
    RoutingVersion,
)
from mulin.services.cases.permissions import may_route
from mulin.services.cases.queries import table, trials
from mulin.services.cases.queries.trials import Change
from mulin.services.cases.rules import MOST_RULES, Content, Line, checked, ties

UNSAVED_KEPT: Final = timedelta(days=7)


@transaction.atomic
def try_rules(*, changes: Sequence[Change], by: Actor, now: datetime) -> RoutingTrial:
    """Try changes on the cases of the last days, and keep what would come of it; ``save_trial`` then makes them. What
    nobody saved within UNSAVED_KEPT is forgotten.

    Refused: a place outside the own territory (403), what no table can hold, a unit that ended, a team that is none, a
    person who does not work there, and a rule that ties with another one ("tie").
    """
    if not changes:
        raise Refused("nothing", _("没有要改的。"))
    lines = table.in_force()
    changes = _checked(changes, lines, by, now)
    RoutingTrial.objects.filter(saved_at__isnull=True, tried_at__lt=now - UNSAVED_KEPT).delete()
    outcome = trials.tried(changes, now=now)
    return RoutingTrial.objects.create(
        changes=[
            {"rule": str(key or ""), "content": content.as_json() if content is not None else None}
            for key, content in changes
        ],
        table_version=table.version_of_table(),
        looked=outcome.looked,
        moved=len(outcome.moved),
        cut=outcome.cut,
        tried_by=by.person,
        tried_at=now,
    )


@transaction.atomic
def save_trial(*, trial: UUID, by: Actor, now: datetime) -> list[RoutingVersion]:
    """Make the changes that were tried: each is a new version of its rule, in force from now on; the one before is kept.

    Refused where the table has changed since ("stale", 409: it is to be tried again) and where it was saved already.
    """
    counted = _locked_table()
    row = RoutingTrial.objects.select_for_update(no_key=True).filter(pk=trial).first()
    if row is None:
        raise NotFound(_("没有这次试算。"))
    changes = _checked(trials.changes_of(row), table.in_force(), by, now)
    if row.saved_at is not None:
        raise Refused("saved", _("这次试算已经保存过了。"), status=409)
    if row.tried_by != by.person:
        raise NotAllowed(_("试算由谁做，就由谁保存。"))
    if row.table_version != counted.version:
        raise Stale(_("试算以后，派单规则又有人改过。请重新试算，再保存。"))
    made = [_make(key, content, row, by, now) for key, content in changes]
    row.saved_at = now
    row.save(update_fields=["saved_at"])
    counted.version += 1
    counted.save(update_fields=["version"])
    return made


def tell_keepers(*, version: UUID, by: Actor, now: datetime) -> None:
    """A rule could not be followed: those who keep the table for the county are told, once for each version of it. Two
    statements, and those of a message each."""
    rule = RoutingVersion.objects.select_related("rule").get(pk=version).rule
    for person in access.holders("county_clerk", path="/"):
        notices.tell(
            by=by, now=now, template="rule_broken", params={"number": rule.number}, subject_kind="routing_rule",
            subject_id=rule.pk, key=f"rule_broken:{version}:{person}", person=person,
        )  # fmt: skip


def _locked_table() -> RoutingTable:
    """The row that counts the changes: whoever saves, saves alone."""
    RoutingTable.objects.bulk_create([RoutingTable()], ignore_conflicts=True)
    return RoutingTable.objects.select_for_update(no_key=True).get()


def _make(
    key: UUID | None, content: Content | None, row: RoutingTrial, by: Actor, now: datetime
) -> RoutingVersion:
    if key is None:
        last = RoutingRule.objects.aggregate(last=Max("number"))["last"] or 0
        rule, before = RoutingRule.objects.create(number=last + 1), None
    else:
        before = RoutingVersion.objects.select_related("rule").filter(table.IN_FORCE, rule_id=key).get()
        rule = before.rule
        before.until = now
        before.save(update_fields=["until"])
    verb = "routing.ended" if content is None else "routing.changed" if before else "routing.added"
    facts = {"number": rule.number, "moved": row.moved, "looked": row.looked}
    if content is None:
        assert before is not None
        _record(rule, verb, before, facts, by, now)
        return before
    scope, target = content.scope, content.target
    made = RoutingVersion.objects.create(
        rule=rule, number=before.number + 1 if before else 1, path=scope.path,
        matter_type_id=scope.matter_type, category_id=scope.category, hours=scope.hours,
        from_day=scope.from_day, until_day=scope.until_day, level=target.level, unit_id=target.unit,
        team_id=target.team, note=content.note, trial=row, made_by=by.person, since=now,
    )  # fmt: skip
    RoutingOfficer.objects.bulk_create(
        [RoutingOfficer(version=made, person_id=one, position=at) for at, one in enumerate(target.officers)]
    )
    _record(rule, verb, made, facts, by, now)
    return made


def _record(
    rule: RoutingRule, verb: str, version: RoutingVersion, facts: dict[str, Any], by: Actor, now: datetime
) -> None:
    told: dict[str, Any] = {**facts, "version": version.number, "path": version.path, "level": version.level}
    trail.record(by=by, now=now, verb=verb, subject_kind="routing_rule", subject_id=rule.pk, facts=told)


# ── what may stand in the table ──────────────────────────────────────────────────────────────────────────────────


def _checked(changes: Sequence[Change], lines: list[Line], by: Actor, now: datetime) -> list[Change]:
    """The changes with their words in order, after everything that could be wrong with them."""
    old = {line.rule: line for line in lines}
    found: list[Change] = []
    for key, content in changes:
        if key is not None and key not in old:
            raise Stale(_("这条规则已经停用或改过，请重新打开再改。"))
        for path in {old[key].content.scope.path} if key is not None else ():
            _must(by, path)
        if content is not None:
            content = checked(content)
            _must(by, content.scope.path)
        found.append((key, content))
    fresh = [content for _key, content in found if content is not None]
    after = trials.with_changes(lines, found)
    if len(after) > MOST_RULES:
        raise Refused("too_many_rules", _("派单规则最多 %(most)d 条。") % {"most": MOST_RULES})
    names, by_path = table.Names.of(fresh, local_day(now)), _lines_by_path(after)
    for content in fresh:
        wrong = problem(content=content, names=names) or tie(
            content=content, among=by_path[content.scope.path], names=names
        )
        if wrong is not None:
            raise wrong
    return found


def _lines_by_path(found: Iterable[Line]) -> dict[str, list[Line]]:
    by_path: dict[str, list[Line]] = {}
    for line in found:
        by_path.setdefault(line.content.scope.path, []).append(line)
    return by_path


def _must(by: Actor, path: str) -> None:
    if not may_route(by, path):
        raise NotAllowed(_("派单规则由县级工作人员维护；街道工作人员只维护本街道的。"))


def problem(*, content: Content, names: table.Names) -> Refused | None:
    """What names something that is not there: a place, a type, a unit, a team, a person who works there. No statement."""
    scope, target, standing = content.scope, content.target, names.standing
    if scope.path not in names.places or scope.path in names.gone:
        return Refused("rule_place", _("没有这个地方，或者它已经撤销。"), field="place")
    if scope.matter_type is not None and not names.types.get(scope.matter_type, ("", False))[1]:
        return Refused("matter_unknown", _("事项清单里没有这一项，或者它已经停用。"), field="what")
    if scope.category is not None and not names.categories.get(scope.category, ("", False))[1]:
        return Refused("category_unknown", _("没有这个大类，或者它已经停用。"), field="what")
    for key, field in ((target.unit, "unit"), (target.team, "team")):
        if key is not None and key not in standing.units:
            return Refused("unit_unknown", _("没有这个单位。"), field=field)
    if target.team is not None and standing.units[target.team].kind != "professional_team":
        return Refused("not_a_team", _("这个单位不是专业队伍。"), field="team")
    if trouble := standing.trouble(content):
        gone = any(not standing.may_work(content, one) for one in target.officers)
        field = "officers" if gone else "unit" if target.unit else "team"
        words = _("这样的规则用不了：%(trouble)s。") % {"trouble": trouble}
        return Refused("rule_broken", words, field=field)
    return None


def tie(*, content: Content, among: Iterable[Line], names: table.Names) -> Refused | None:
    """A rule between which and this one nothing decides. No statement."""
    for line in among:
        if line.content is not content and ties(line.content.scope, content.scope):
            told = {"number": line.number, "scope": names.scope(content.scope)}
            words = _(
                "和第 %(number)s 条（%(scope)s）同样具体，系统分不出先后。请改其中一条的地点、事项或时间。"
            )
            return Refused("tie", words % told, field="place", status=409)
    return None
