"""Reply sheets (回单表): the answers for the hotline as the table that it imports, and the mark that it has them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from mulin.ground.runs import actions as runs
from mulin.ground.trail import actions as trail
from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from mulin.kernel.tables import Column, Kind, write_table
from mulin.services.cases.actions.answers import MOST, answer_of, mark_handed
from mulin.services.cases.models import HotlineOrder
from mulin.services.cases.permissions import may_import
from mulin.services.cases.queries import hotline as read

KIND: Final = read.SHEET
COLUMNS: Final = (
    Column("order", "工单编号", kind=Kind.IDENTIFIER),
    Column("status", "办理状态"),
    Column("result", "办理结果"),
    Column("contacted", "是否联系群众"),
    Column("contacted_at", "联系时间"),
    Column("solved", "是否解决"),
    Column("done_at", "办结时间"),
    Column("unit", "承办单位"),
    Column("handler", "经办人"),
    Column("reason", "退单原因"),
    Column("suggested", "建议承办单位"),
    Column("number", "本县编号", kind=Kind.IDENTIFIER),
)
"""The hotline's own words, whatever language the clerk reads."""


def ask_for_sheet(*, since: date | None, until: date | None, again: bool, by: Actor, now: datetime) -> UUID:
    """Ask for a reply sheet: the answers that the hotline has not, of results from one day to another (both included), or
    (``again``) those that it has, too. MOST orders a sheet.

    Refused: for whoever does not keep the hotline's orders, days upside down, and where there is nothing to answer.
    """
    if not may_import(by):
        raise NotAllowed(_("回单由县级工作人员或管理员做。"))
    if since and until and since > until:
        raise Refused("upside_down", _("“从”不能晚于“到”。"), field="until")
    facts = {
        "since": since.isoformat() if since else "",
        "until": until.isoformat() if until else "",
        "again": again,
    }
    if not read.to_hand_over(by, **read.narrowed_by(facts)).exists():
        raise Refused("nothing", _("这段时间没有要答复 12345 的工单。"), status=409)
    run = runs.ask(
        kind=KIND, title=_("12345 回单表"), by=by, now=now, facts=facts, told=facts,
        result_name=f"12345回单-{localtime(now):%Y%m%d-%H%M}.xlsx",
    )  # fmt: skip
    return run.id


def make_sheet(*, job: runs.Job) -> None:
    """What the background does: the table, and which answers stand in it."""
    facts = dict(job.run.facts)
    orders = list(read.with_cases(read.to_hand_over(job.by, **read.narrowed_by(facts)))[:MOST])
    job.show(0, of=len(orders))
    write_table(job.result, COLUMNS, _rows(orders), sheet="回单")
    held = [[str(one.id), *(answer_of(order=one) or ())] for one in orders]
    job.write(done=len(orders), facts=facts | {"orders": held})


def _rows(orders: list[HotlineOrder]) -> Iterator[Sequence[object]]:
    for one in orders:
        told = read.standing(one)
        reply = told["reply"] or {}
        yield (
            one.number, told["status_text"], reply.get("result", ""), _yes(reply.get("contacted")),
            _moment(reply.get("contacted_at")), _yes(reply.get("solved")), _moment(reply.get("done_at")),
            reply.get("unit", ""), reply.get("handler", ""), reply.get("reason", ""), reply.get("suggested_unit", ""),
            told["number"],
        )  # fmt: skip


def _yes(value: bool | None) -> str:
    return "" if value is None else "是" if value else "否"


def _moment(stamp: str | None) -> str:
    return datetime.fromisoformat(stamp).strftime("%Y-%m-%d %H:%M:%S") if stamp else ""


@transaction.atomic
def hand_sheet_over(*, run: UUID, by: Actor, now: datetime) -> int:
    """The sheet of a run was given to the hotline: its answers count as told. How many; what was done again since is left
    out. NotFound for whoever does not keep the hotline's orders, and before the sheet is made."""
    row = read.sheets(by).filter(pk=run, state="done").first()
    if row is None or "orders" not in row.facts:
        raise NotFound(_("没有这张回单表。"))
    marked = mark_handed(
        orders={UUID(key): tuple(answer) for key, *answer in row.facts["orders"]}, run=row.id, by=by, now=now
    )
    trail.record(
        by=by, now=now, verb="hotline.sheet_handed", subject_kind="run", subject_id=row.id, facts={"orders": marked}
    )  # fmt: skip
    return marked
