"""The catalogue out of a table: upsert by code. Good rows stand, bad ones are told with their number and reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from mulin.ground.people import queries as people
from mulin.ground.trail import actions as trail
from mulin.kernel.actor import Actor
from mulin.kernel.errors import Refused
from mulin.kernel.ids import uuid7
from mulin.kernel.tables import Row
from mulin.services.catalogue import queries
from mulin.services.catalogue.actions.categories import install_categories, must_edit
from mulin.services.catalogue.actions.versions import draft_next, draft_type, edit, publish
from mulin.services.catalogue.models import MatterType, MatterVersion
from mulin.services.catalogue.rules import Content, VersionState, checked, checked_code
from mulin.services.catalogue.rules.columns import content_from


@dataclass
class Outcome:
    """What an import did. ``refused`` holds (row number as Excel shows it, reason, raw cells)."""

    read: int = 0
    added: int = 0
    changed: int = 0
    published: int = 0
    unchanged: int = 0
    refused: list[tuple[int, str, tuple[Any, ...]]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The contract of ``mulin import-catalogue --format json``."""
        return {
            "read": self.read,
            "added": self.added,
            "changed": self.changed,
            "published": self.published,
            "unchanged": self.unchanged,
            "refused": [{"row": row, "reason": reason} for row, reason, _raw in self.refused],
        }


@dataclass
class _Run:
    by: Actor
    now: datetime
    publish: bool
    categories: dict[str, UUID]
    units: dict[str, list[UUID]]
    earlier: dict[str, dict[str, object]] = field(default_factory=dict)

    def unit(self, name: str) -> UUID:
        found = self.units.get(name, [])
        if not found:
            raise ValueError(
                _("写的是“%(name)s”，本县没有登记这个单位；请先登记，或空着") % {"name": name[:30]}
            )
        if len(found) > 1:
            raise ValueError(_("写的是“%(name)s”，本县有几个单位同名") % {"name": name[:30]})
        return found[0]


@transaction.atomic
def import_matters(
    *, rows: Iterable[Row], by: Actor, now: datetime, publish: bool = False, dry_run: bool = False
) -> Outcome:
    """Bring rows in by code: a new code becomes a draft, a change of a matter in force a draft of its next version.

    A county without any category gets the eight first.
    With ``publish`` every draft made or met is put in force. A row that says nothing new changes nothing. A row is
    refused, and the others stand, when a cell cannot be read, a unit or category is unknown, the code stood earlier in
    the file with other cells, the matter was retired, or it would have to change its category. ``dry_run`` does all of
    it and takes it back.
    """
    must_edit(by=by)
    if not queries.categories(ended=True):
        install_categories(by=by, now=now)
    outcome, run = Outcome(), _Run(by, now, publish, _categories(), _units())
    for row in rows:
        outcome.read += 1
        try:
            with transaction.atomic():
                _bring_in(run, row, outcome)
        except Refused as refused:
            outcome.refused.append((row.number, str(refused.message), row.raw))
    if outcome.added or outcome.changed or outcome.published:
        facts = {name: count for name, count in outcome.as_json().items() if name != "refused"}
        trail.record(
            by=by, now=now, verb="catalogue.imported", subject_kind="import", subject_id=uuid7(), facts=facts
        )
    if dry_run:
        transaction.set_rollback(True)
    return outcome


def _categories() -> dict[str, UUID]:
    found = queries.categories()
    return {one.code: one.id for one in found} | {one.name: one.id for one in found}


def _units() -> dict[str, list[UUID]]:
    found: dict[str, list[UUID]] = {}
    for key, name in people.organisations().values_list("id", "name"):
        found.setdefault(name, []).append(key)
    return found


def _bring_in(run: _Run, row: Row, outcome: Outcome) -> None:
    if row.problems:
        raise Refused("row", "；".join(row.problems))
    code = checked_code(str(row.values["code"]))
    if code in run.earlier:
        if run.earlier[code] == dict(row.values):
            outcome.unchanged += 1
            return
        raise Refused("row_twice", _("编码 %(code)s 在前面出现过，内容不同，保留前一行") % {"code": code})
    run.earlier[code] = dict(row.values)
    category = run.categories.get(str(row.values["category"]))
    if category is None:
        raise Refused(
            "row_category", _("没有“%(name)s”这个大类") % {"name": str(row.values["category"])[:30]}
        )
    kind = MatterType.objects.filter(code=code).first()
    if kind is None:
        _add(run, row, code, category, outcome)
    else:
        _change(run, row, kind, category, outcome)


def _content(run: _Run, row: Row, before: Content | None) -> Content:
    content, problems = content_from(row.values, before, run.unit)
    if problems:
        raise Refused("row", "；".join(problems))
    return checked(content)


def _add(run: _Run, row: Row, code: str, category: UUID, outcome: Outcome) -> None:
    content = _content(run, row, None)
    draft = draft_type(code=code, category=category, content=content, by=run.by, now=run.now)
    if run.publish:
        publish(version=draft.id, by=run.by, now=run.now)
    outcome.added += 1
    outcome.published += run.publish


def _change(run: _Run, row: Row, kind: MatterType, category: UUID, outcome: Outcome) -> None:
    newest = queries.latest(kind.id)
    if newest is None or newest.state == VersionState.RETIRED:
        raise Refused("row_retired", _("这一项已停用；要恢复，请在它的页面上另起一版"))
    if kind.category_id != category:
        raise Refused("row_moves", _("已有的事项不能换大类；请停用后用新编码另立一项"))
    before = queries.content_of(newest)
    content = _content(run, row, before)
    if content == before:
        _leave(run, newest, outcome)
        return
    draft = draft_next(matter_type=kind.id, by=run.by, now=run.now)
    edit(version=draft.id, content=content, by=run.by, now=run.now)
    if run.publish:
        publish(version=draft.id, by=run.by, now=run.now)
    outcome.changed += 1
    outcome.published += run.publish


def _leave(run: _Run, newest: MatterVersion, outcome: Outcome) -> None:
    """Nothing new was said; a draft that says it already is put in force where that was asked for."""
    if run.publish and newest.state == VersionState.DRAFT:
        publish(version=newest.id, by=run.by, now=run.now)
        outcome.published += 1
    else:
        outcome.unchanged += 1
