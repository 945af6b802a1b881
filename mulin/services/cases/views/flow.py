"""The standard disposal flowchart (row 10): of a matter type, and of a case with the place where it stands."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from mulin.kernel.errors import NotFound
from mulin.services.cases import queries
from mulin.services.cases.queries.flow import Asked, asked_of, chart_of
from mulin.services.cases.rules.flow import Chart, Drawing, bpmn, laid_out, mermaid, svg
from mulin.services.cases.views.desk import staff
from mulin.services.catalogue import queries as catalogue

MODES = ("routine", "emergency")
KINDS = {
    "svg": "image/svg+xml; charset=utf-8",
    "bpmn": "application/xml; charset=utf-8",
    "mmd": "text/plain; charset=utf-8",
}


@require_safe
def of_matter(request: HttpRequest, id: UUID, form: str = "") -> HttpResponse:
    """GET /desk/flow/TYPE/[?version=N&level=L&mode=M], or the same with .svg, .bpmn, .mmd: the version in force, or the one
    asked for; at its own level in routine times, or as asked."""
    staff(request)
    row = _version(id, request.GET.get("version", ""))
    level = request.GET.get("level", "") or row.level
    mode = request.GET.get("mode", "") or MODES[0]
    if level not in catalogue.DisposalLevel.values or mode not in MODES:
        raise NotFound(_("没有这样的流程图。"))
    drawing = laid_out(chart_of(Asked(row, level, mode)))
    told = {"version": row.number, "level": level, "mode": mode}
    if form:
        return _file(
            drawing, form, key=f"matter_{row.matter_type.code}_v{row.number}_{level}_{mode}", words=""
        )

    def link(**other: str) -> str:
        return f"?{urlencode({**told, **other})}"

    context = {
        **_page(drawing, ""),
        "row": row,
        "back": f"{reverse('catalogue:matter', args=[id])}?version={row.number}",
        "levels": [
            {"words": one.label, "url": link(level=one.value), "chosen": one.value == level}
            for one in catalogue.DisposalLevel
        ],
        "modes": [
            {"words": words, "url": link(mode=one), "chosen": one == mode}
            for one, words in zip(MODES, (_("平时"), _("急时")), strict=True)
        ],
        "files": [(one, f"{reverse('cases:flow_file', args=[id, one])}?{urlencode(told)}") for one in KINDS],
    }
    return render(request, "cases/flow.html", context)


@require_safe
def of_case(request: HttpRequest, id: UUID, form: str = "") -> HttpResponse:
    """GET /desk/cases/ID/flow/, or flow.svg, .bpmn, .mmd: by the version under which the case was admitted, with the way
    that it has gone and where it is."""
    case = queries.find(staff(request), id)
    if case is None:
        raise NotFound(_("没有这件事，或者您看不到它。"))
    asked = asked_of(case)
    drawing, words = laid_out(chart_of(asked, case)), _("现在在这里")
    if form:
        return _file(drawing, form, key=f"case_{case.number.replace('-', '_')}", words=words)
    context = {
        **_page(drawing, words),
        "case": case,
        "row": asked.version,
        "back": reverse("cases:detail", args=[id]),
        "level": dict(catalogue.DisposalLevel.choices)[asked.level],
        "emergency": asked.mode == "emergency",
        "files": [(one, reverse("cases:case_flow_file", args=[id, one])) for one in KINDS],
    }
    return render(request, "cases/flow.html", context)


def _version(key: UUID, number: str) -> Any:
    found = catalogue.versions(key)
    if number:
        found = [one for one in found if str(one.number) == number]
    row = next((one for one in found if one.state == "published"), found[0] if found else None)
    if row is None:
        raise NotFound(_("没有这一版。") if number else _("事项清单里没有这一项。"))
    return row


def _page(drawing: Drawing, here: str) -> dict[str, Any]:
    """The picture, and the same in words: for who cannot see it, and for a narrow screen."""
    chart = drawing.chart
    names = {node.key: node.words for node in chart.nodes}
    walked = chart.walked
    return {
        "title": chart.title,
        "picture": svg(drawing, words=chart.title, here=here),
        "mermaid": mermaid(chart),
        "steps": [
            {
                "node": node,
                "here": walked is not None and walked.here == node.key,
                "been": walked is not None and node.key in walked.since,
                "ways": _ways(chart, node.key, names),
            }
            for node in chart.nodes
        ],
    }


def _ways(chart: Chart, key: str, names: dict[str, str]) -> list[tuple[str, str]]:
    """What leads out of a node: (the actions, the states to which they may lead)."""
    found: dict[str, list[str]] = {}
    for flow in chart.leaving(key):
        found.setdefault(flow.words, []).append(names[flow.target])
    return [(words, "、".join(targets)) for words, targets in found.items()]


def _file(drawing: Drawing, form: str, *, key: str, words: str) -> HttpResponse:
    if form not in KINDS:
        raise NotFound(_("没有这种格式。"))
    content: bytes | str
    if form == "svg":
        content = svg(drawing, words=drawing.chart.title, here=words, alone=True)
    elif form == "bpmn":
        content = bpmn(drawing, key=key)
    else:
        content = mermaid(drawing.chart)
    disposition = content_disposition_header(form != "svg", f"{drawing.chart.title}.{form}") or "inline"
    return HttpResponse(content, content_type=KINDS[form], headers={"Content-Disposition": disposition})
