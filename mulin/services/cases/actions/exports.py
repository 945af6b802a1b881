"""Lists of cases as Excel files: made in the background, masked, recorded, for their asker only."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from mulin.citus.models import county_in_force
from mulin.ground.access import queries as access
from mulin.ground.people import queries as people
from mulin.ground.runs import actions as runs
from mulin.ground.territory import queries as territory
from mulin.ground.trail import actions as trail
from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotAllowed
from mulin.kernel.paging import page
from mulin.kernel.secrets import decrypt, mask_name, mask_phone
from mulin.kernel.tables import Column, Kind, write_table
from mulin.services.cases import queries
from mulin.services.cases.models import Case, CaseReporter
from mulin.services.cases.queries.filters import Filters, in_words, order_of, without_words
from mulin.services.cases.rules import Provenance

KIND: Final = "cases.export"
BATCH: Final = 1000
COLUMNS: Final = (
    Column("number", "编号", kind=Kind.IDENTIFIER),
    Column("title", "标题"),
    Column("state", "状态"),
    Column("source", "来源"),
    Column("category", "分类"),
    Column("street", "街道（乡镇）"),
    Column("community", "社区（村）"),
    Column("grid", "网格"),
    Column("place", "详细位置"),
    Column("text", "内容"),
    Column("reporter", "反映人（已脱敏）"),
    Column("phone", "电话（已脱敏）", kind=Kind.IDENTIFIER),
    Column("unit", "承办单位"),
    Column("handler", "经办人"),
    Column("reported", "上报时间", kind=Kind.DATETIME),
    Column("accepted", "受理时间", kind=Kind.DATETIME),
    Column("answered", "首次响应时间", kind=Kind.DATETIME),
    Column("due", "办结时限", kind=Kind.DATETIME),
    Column("disposed", "处置时间", kind=Kind.DATETIME),
    Column("closed", "结案时间", kind=Kind.DATETIME),
    Column("result", "处置结果"),
    Column("external", "原编号", kind=Kind.IDENTIFIER),
)
_LONG_DIGITS = re.compile(r"\d(?:[ \-]?\d){6,}[Xx]?")
_COMMUNITY = re.compile(r"(/[^/]+/)([^/]+/)?")


def ask_for_list(*, by: Actor, now: datetime, narrowed: Filters) -> UUID:
    """Ask for the list as it is narrowed. What the asker may see when it is made is what stands in it."""
    if not access.is_staff(by):
        raise NotAllowed(_("导出供工作人员使用。"))
    title = _("案件：%(which)s") % {"which": in_words(narrowed) or _("全部")}
    run = runs.ask(
        kind=KIND,
        title=title,
        by=by,
        now=now,
        facts=narrowed.as_query(),
        result_name=_file_name(_("案件"), now),
        told={"filters": without_words(narrowed)},
    )
    return run.id


def _file_name(what: str, now: datetime) -> str:
    return f"{what}-{localtime(now):%Y%m%d-%H%M}.xlsx"


def make_list(*, job: runs.Job) -> None:
    """What the background does for ``ask_for_list``."""
    narrowed, now = Filters.read(job.run.facts), job.clock()
    found = queries.narrowed(job.by, narrowed, now)
    rows = write_cases(job=job, found=found, order=order_of(narrowed), now=now)
    exported(job=job, rows=rows, now=now, told={"filters": without_words(narrowed)})


def write_cases(*, job: runs.Job, found: QuerySet[Case], order: str, now: datetime) -> int:
    """Write cases into the job's file, batch by batch, saying how far it is. How many there were."""
    total = found.count()
    job.show(0, of=total)
    return write_table(
        job.result, COLUMNS, _rows(job, found, order), sheet=_("案件"), above=watermark(by=job.by, now=now)
    )


@transaction.atomic
def exported(*, job: runs.Job, rows: int, now: datetime, told: dict[str, Any]) -> None:
    """The trail's line: who took out how many rows of which list. Words searched for are kept apart from the facts."""
    words = {"q": job.run.facts["q"]} if job.run.facts.get("q") else None
    trail.record(
        by=job.by,
        now=now,
        verb="case.list_exported",
        subject_kind="run",
        subject_id=job.run.id,
        facts={"rows": rows, "masked": True, **told},
        personal=words,
    )


def watermark(*, by: Actor, now: datetime) -> str:
    """The line over an exported list: whose county, who took it out, when. Two statements."""
    names = people.public_names([by.person]) if by.person else {}
    told = {
        "county": county_in_force().name,
        "who": next(iter(names.values()), "") or _("工作人员"),
        "at": f"{localtime(now):%Y-%m-%d %H:%M}",
    }
    return _("%(county)s · %(who)s于 %(at)s 导出 · 反映人信息已脱敏 · 仅供工作使用，不得外传") % told


def _rows(job: runs.Job, found: QuerySet[Case], order: str) -> Iterator[Sequence[object]]:
    found = found.select_related("grid", "unit")
    at, done = "", 0
    while True:
        shown = page(found, by=order, at=at, size=BATCH)
        yield from _batch(shown.rows)
        done += len(shown.rows)
        job.show(done)
        at = shown.next
        if not at:
            return


def _batch(cases: list[Case]) -> list[Sequence[object]]:
    """Three statements: reporters, handlers' names, places' names."""
    reporters: dict[UUID, CaseReporter] = {}
    for one in CaseReporter.objects.filter(case__in=[case.id for case in cases]).order_by("-id"):
        reporters[one.case_id] = one  # the first of several stands last
    names = dict(people.public_names({case.handler_id for case in cases if case.handler_id}))
    paths = {part for case in cases for part in _parts(case.place_path) if part}
    places = territory.names_of_paths(paths)
    return [_row(case, reporters.get(case.id), names, places) for case in cases]


def _parts(path: str) -> tuple[str, str]:
    """Paths of street and community: ``/001/003/C1/`` → ``/001/``, ``/001/003/``."""
    match = _COMMUNITY.match(path)
    if match is None:
        return "", ""
    return match[1], match[1] + match[2] if match[2] else ""


def _row(
    case: Case, reporter: CaseReporter | None, names: dict[UUID, str], places: dict[str, str]
) -> Sequence[object]:
    street, community = (places.get(part, "") for part in _parts(case.place_path))
    state = str(case.get_state_display())
    if case.provenance == Provenance.HISTORIC:
        state = _("%(state)s（历史导入）") % {"state": state}
    name = phone = ""
    if reporter is not None and reporter.confidential:
        name = _("要求保密")
    elif reporter is not None:
        name = mask_name(decrypt(reporter.name_sealed, bound_to="case_reporter.name"))
        phone = mask_phone(decrypt(reporter.phone_sealed, bound_to="case_reporter.phone"))
    return (
        case.number, starred(text=case.title), state, str(case.get_source_display()), case.category_label,
        street, community.removeprefix(street), case.grid.name if case.grid else "", starred(text=case.place_text),
        starred(text=case.text), name, phone, case.unit.name if case.unit else "",
        names.get(case.handler_id, "") if case.handler_id else "", case.reported_at, case.accepted_at,
        case.first_response_at, case.due_at, case.disposed_at, case.closed_at, starred(text=case.result),
        case.external_no,
    )  # fmt: skip


def starred(*, text: str) -> str:
    """A text with its long numbers (telephone, identity, bank) starred: free words carry them, too."""
    return _LONG_DIGITS.sub("***", text)
