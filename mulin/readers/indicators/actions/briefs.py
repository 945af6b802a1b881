"""A month's page is sent up, and from then on is what it was."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from datetime import date, datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from mulin.ground.territory import queries as territory
from mulin.ground.trail import actions as trail
from mulin.ground.worklist import actions as worklist
from mulin.kernel.actor import Actor
from mulin.kernel.clock import day_start
from mulin.kernel.errors import NotAllowed, Refused
from mulin.kernel.tables import clean
from mulin.readers.indicators.models import Brief
from mulin.readers.indicators.permissions import may_write_brief
from mulin.readers.indicators.queries.papers import page_of, versions_of, word
from mulin.readers.indicators.queries.sets import Scope
from mulin.readers.indicators.rules.paper import markdown

COPIED = "brief"
"""Why those above are kept informed (hooks.copy_words)."""


@transaction.atomic
def send_up(
    *, path: str, unit: UUID | None, start: date, end: date, by: Actor, now: datetime, note: str = ""
) -> Brief:
    """Freeze the page of a place or a unit over a window, and lay it before those above. Figures, Markdown and Word are
    kept as printed: nothing that happens later changes them.

    NotAllowed for whoever does not answer for the place or unit. Refused while the window runs, and a second time without
    saying why. The note is part of the trail; the page has none.
    """
    if not may_write_brief(by, path=path, unit=unit) or by.person is None:
        raise NotAllowed(_("简报由本地、本单位的工作人员上报。"))
    if day_start(end) > now:
        raise Refused("not_over", _("这一期还没有过完，过完再上报。"), status=409)
    scope = Scope(path=path, unit=unit)
    earlier = versions_of(scope, start, end)
    why = clean(note)[:400]
    if earlier and not why:
        raise Refused("no_reason", _("这一期已经上报过，请写明为什么重新上报。"), field="note")
    page, figures = page_of(scope, start, end, now)
    text, file = markdown(page), word(page, now)
    row = Brief(
        path=path, unit_id=unit, starts_on=start, ends_on=end, version=len(earlier) + 1, title=page.title[:160],
        note=why, figures=figures,
        page=asdict(page), markdown=text, word=file,
        digest=hashlib.sha256(text.encode() + file).hexdigest(), sent_by=by.person, sent_at=now,
    )  # fmt: skip
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise Refused("sent_already", _("这一期刚刚有人上报过。"), status=409) from None
    trail.record(
        by=by, now=now, verb="brief.sent", subject_kind="brief", subject_id=row.id,
        facts={"title": row.title, "version": row.version, "digest": row.digest, "note": why},
    )  # fmt: skip
    above = _above(path, unit)
    if above is not None:
        worklist.copy(
            by=by, now=now, subject_kind="brief", subject_id=row.id, title=row.title, why=COPIED, role=above[0],
            path=above[1],
        )  # fmt: skip
    return row


def _above(path: str, unit: UUID | None) -> tuple[str, str] | None:
    """(role, path) to whom it is laid: a community's to its street, everything else to the county; the county's stays."""
    if unit is not None:
        return "county_clerk", "/"
    if path == "/":
        return None
    parents = [one for one in territory.chain(path)[:-1] if one.kind in ("subdistrict", "town")]
    return ("street_clerk", parents[-1].path) if parents else ("county_clerk", "/")
