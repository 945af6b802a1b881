"""The page of a month: computed from the figures, as Word, and those that were sent up; monthly tables as Excel."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from mulin.kernel import hooks
from mulin.kernel.actor import Actor
from mulin.kernel.clock import CHINA
from mulin.kernel.errors import NotFound
from mulin.kernel.tables import Column, Kind, write_table
from mulin.readers.indicators.models import Baseline, Brief, MonthTable
from mulin.readers.indicators.permissions import months_openings
from mulin.readers.indicators.queries.choices import scope_words
from mulin.readers.indicators.queries.figures import before, figures, month_of
from mulin.readers.indicators.queries.sets import Scope
from mulin.readers.indicators.rules import ORIGINS
from mulin.readers.indicators.rules.paper import Changed, Paper, changed, paper

Told = list[dict[str, Any]]


def told(scope: Scope, start: date, end: date, now: datetime) -> Told:
    """Every figure as JSON tells it."""
    return [one.as_json() for one in figures(start, end, scope=scope, now=now)]


def page_of(scope: Scope, start: date, end: date, now: datetime) -> tuple[Paper, Told]:
    """The page of a place or a unit over a window, and the figures on it."""
    local = now.astimezone(CHINA)
    month = month_of(datetime(start.year, start.month, start.day, tzinfo=CHINA)) == (start, end)
    shown = told(scope, start, end, now)
    page = paper(
        where=scope_words(scope),
        start=start,
        end=end,
        month=month,
        made=local,
        figures=shown,
        before=told(scope, *before(start, end), now),
    )
    return page, shown


# ── Word ─────────────────────────────────────────────────────────────────────────────────────────────────────────

TITLE, HEADING, BODY = "方正小标宋简体", "黑体", "仿宋_GB2312"
WIDTHS = (64, 32, 38, 26)
"""Of the table's columns, in millimetres: together as wide as the text."""
ROW, TABLE = 13.0, 540.0
"""Height of a row and of the table in points: all figures there are, the sentences above them and the remarks below go on
one A4 page. Where there are many, rows and letters become smaller."""


def word(page: Paper, now: datetime) -> bytes:
    """The page as an editable Word file in the layout of official papers, on A4."""
    document = Document()
    made = now.astimezone(CHINA).replace(tzinfo=None)
    told = document.core_properties
    told.title, told.author, told.created, told.modified = page.title, "mulin", made, made
    sheet = document.sections[0]
    sheet.page_width, sheet.page_height = Mm(210), Mm(297)
    sheet.top_margin, sheet.bottom_margin, sheet.left_margin, sheet.right_margin = (
        Mm(22),
        Mm(18),
        Mm(26),
        Mm(24),
    )
    _write(document.add_paragraph(), page.title, TITLE, 20, centred=True)
    _write(document.add_paragraph(), page.about, BODY, 9, centred=True)
    _write(document.add_paragraph(), page.lead, BODY, 12, indent=True)
    _table(document, page)
    for number, remark in enumerate(page.remarks):
        paragraph = document.add_paragraph()
        _write(paragraph, remark, BODY, 9)
        paragraph.paragraph_format.space_before = Pt(0 if number else 4)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _table(document: Any, page: Paper) -> None:
    """All parts in one table, a heading across each: it has one head, and rows of a height that keeps them on the page."""
    head = (_("指标"), _("本期"), "n/N", _("上期"))
    rows: list[tuple[str, ...]] = [head]
    for part in page.parts:
        rows += [(part.heading,), *((one.name, one.value, one.of, one.was) for one in part.lines)]
    high = min(ROW, TABLE / len(rows) - 0.5)
    size = min(10.0, math.floor(1.54 * high) / 2)
    table = document.add_table(rows=len(rows), cols=len(head))
    table.style, table.autofit = "Table Grid", False
    for column, wide in zip(table.columns, WIDTHS, strict=True):
        column.width = Mm(wide)
    for row, texts in zip(table.rows, rows, strict=True):
        cells = row.cells
        across = len(texts) == 1
        if across:
            cells = (cells[0].merge(cells[-1]),)
        for place, (cell, text) in enumerate(zip(cells, texts, strict=True)):
            _write(cell.paragraphs[0], text, HEADING if across or texts is head else BODY, size)
            cell.paragraphs[0].runs[0].bold = across or None
            form = cell.paragraphs[0].paragraph_format
            form.space_after, form.line_spacing = Pt(0), Pt(high)
            if place:
                cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.RIGHT


def _write(
    paragraph: Any, text: str, font: str, size: float, *, centred: bool = False, indent: bool = False
) -> None:
    run = paragraph.add_run(text)
    run.font.size, run.font.name = Pt(size), font
    run._element.rPr.rFonts.set(qn("w:eastAsia"), font)
    form = paragraph.paragraph_format
    form.space_before, form.space_after, form.line_spacing = Pt(0), Pt(3), 1.15
    if centred:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    if indent:
        form.first_line_indent = Pt(2 * size)


# ── what was sent up ─────────────────────────────────────────────────────────────────────────────────────────────


def briefs(actor: Actor) -> QuerySet[Brief]:
    """The briefs that an actor reads, without their files."""
    return Brief.objects.filter(months_openings(actor)).defer("figures", "page", "markdown", "word")


def brief(actor: Actor, key: UUID) -> Brief:
    """One of them. Raises NotFound."""
    row = Brief.objects.filter(months_openings(actor), pk=key).select_related("unit").first()
    if row is None:
        raise NotFound(_("没有这份简报。"))
    return row


def versions_of(scope: Scope, start: date, end: date) -> list[Brief]:
    """What was sent up for this place or unit and window before, the newest first."""
    whose = {"unit": scope.unit} if scope.unit else {"unit__isnull": True, "path": scope.path}
    rows = Brief.objects.filter(**whose, starts_on=start, ends_on=end)
    return list(rows.defer("figures", "page", "markdown", "word").order_by("-version"))


def changes_since(row: Brief, now: datetime) -> list[Changed]:
    """What is another number today than in the brief that was sent up."""
    scope = Scope(path=row.path, unit=row.unit_id)
    return changed(row.figures, told(scope, row.starts_on, row.ends_on, now))


def senders(rows: Iterable[Brief]) -> dict[UUID, str]:
    """Who sent them, by the name shown by duty."""
    return hooks.names_of({row.sent_by for row in rows})


def brief_address(actor: Actor, key: UUID) -> str:
    """Where a brief is read; '' for whoever may not."""
    known = Brief.objects.filter(months_openings(actor), pk=key).exists()
    return reverse("indicators:sent", args=[key]) if known else ""


def brief_reach(_actor: Actor, key: UUID) -> dict[str, Any] | None:
    """Whose a brief is, for "why can I see this?"."""
    row = Brief.objects.filter(pk=key).values("path", "unit_id", "title").first()
    return {"path": row["path"], "unit": row["unit_id"], "title": row["title"]} if row else None


# ── monthly tables ───────────────────────────────────────────────────────────────────────────────────────────────


def tables(actor: Actor) -> QuerySet[MonthTable]:
    """The monthly tables that an actor reads, without their rows."""
    return MonthTable.objects.filter(months_openings(actor)).defer("rows")


def table(actor: Actor, key: UUID) -> MonthTable:
    """One of them. Raises NotFound."""
    row = MonthTable.objects.filter(months_openings(actor), pk=key).first()
    if row is None:
        raise NotFound(_("没有这张月报表。"))
    return row


COLUMNS = (
    Column("name", "指标"),
    Column("value", "本月", kind=Kind.DECIMAL),
    Column("unit", "单位"),
    Column("numerator", "分子", kind=Kind.INTEGER),
    Column("denominator", "分母", kind=Kind.INTEGER),
    *(Column(key, str(name), kind=Kind.DECIMAL) for key, name in (
        ("people", "群众反映"), ("staff_found", "工作人员发现"), ("historic", "历史导入"),
    )),
    Column("definition", "口径"),
)  # fmt: skip


def write_month(target: Any, rows: Told, *, above: str) -> int:
    """A monthly table as an Excel file: a figure a line, and how it is counted."""

    def cells(one: dict[str, Any]) -> list[object]:
        value = one["value"]
        shown = round(value, 1) if isinstance(value, float) else value
        split = [_rounded(one["source"][origin]["value"]) for origin in ORIGINS]
        known = "—" if shown is None else shown
        return [
            one["name"],
            known,
            one["unit"],
            one["numerator"],
            one["denominator"],
            *split,
            one["definition"],
        ]

    return write_table(target, COLUMNS, (cells(one) for one in rows), sheet=_("月报表"), above=above)


def _rounded(value: float | int | None) -> float | int | None:
    return round(value, 1) if isinstance(value, float) else value


def last_month(now: datetime) -> tuple[date, date]:
    """The month that ended last."""
    first, _next = month_of(now.astimezone(CHINA))
    return (first - timedelta(days=1)).replace(day=1), first


# ── baselines ────────────────────────────────────────────────────────────────────────────────────────────────────


def baselines() -> QuerySet[Baseline]:
    """Every baseline, those in force and those that were."""
    return Baseline.objects.all()


def export_person(person: UUID) -> dict[str, Any]:
    """The export hook: briefs that a person sent up, baselines that he set."""
    sent = Brief.objects.filter(sent_by=person).order_by("id").values_list("title", "sent_at")
    placed = Baseline.objects.filter(set_by=person).order_by("id").values_list("code", "set_at")
    return {
        "briefs_sent": [{"title": title, "at": moment.isoformat()} for title, moment in sent],
        "baselines_set": [{"figure": code, "at": moment.isoformat()} for code, moment in placed],
    }
