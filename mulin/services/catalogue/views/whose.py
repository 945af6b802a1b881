"""The door of the question on the telephone: whose is this?"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from mulin.ground.territory import queries as territory
from mulin.kernel import clock
from mulin.services.catalogue import queries
from mulin.services.catalogue.forms import WhoseForm
from mulin.services.catalogue.rules import Step, span_words
from mulin.services.catalogue.views.doors import reader

EXAMPLES = (
    ("楼上漏水", _("楼上漏水")),
    ("暖气不热", _("暖气不热")),
    ("路灯不亮", _("路灯不亮")),
    ("拖欠工资", _("拖欠工资")),
    ("狗不拴绳", _("狗不拴绳")),
    ("想开个证明", _("想开个证明")),
)
"""What people ask on the telephone, (as they say it, for the reader): a press fills the question in."""


@require_safe
def whose(request: HttpRequest) -> HttpResponse:
    """GET /desk/whose/?q=…&place=…: matters, duties and units that it may be, each with the reason."""
    actor = reader(request)
    form = WhoseForm(request.GET or None, places=territory.streets_and_communities())
    told = form.cleaned_data if form.is_bound and form.is_valid() else {}
    words, path = told.get("q", "").strip(), told.get("place", "")
    answer = queries.search(actor, words, path=path, on=clock.local_day(clock.now())) if words else None
    context = {
        "form": form,
        "words": words,
        "place": territory.name_of_path(path) if path else "",
        "answer": answer,
        "matters": [
            {"hit": hit, "limits": _limits(hit.limits), "first": number == 0}
            for number, hit in enumerate(answer.matters if answer else ())
        ],
        "urgent": bool(answer and any(hit.version.emergency for hit in answer.matters[:2])),
        "examples": EXAMPLES,
    }
    return render(request, "catalogue/whose.html", context)


def _limits(limits: queries.Limits) -> list[tuple[str, str]]:
    """(step, how long) in words."""
    told = []
    for step in Step:
        limit = getattr(limits, step.value)
        told.append((str(step.label), span_words(int(limit.span.total_seconds() // 60), limit.clock)))
    return told
