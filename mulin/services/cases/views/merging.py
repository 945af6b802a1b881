"""Two reports side by side, before a clerk says that they are about one matter."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from mulin.kernel.errors import NotAllowed, NotFound
from mulin.services.cases import queries
from mulin.services.cases.forms import MergeIntoForm
from mulin.services.cases.permissions import may
from mulin.services.cases.queries import merging
from mulin.services.cases.rules import INTO, TONES, TRANSITIONS, WHO
from mulin.services.cases.views.desk import staff


@never_cache
@require_safe
def compare(request: HttpRequest, id: UUID) -> HttpResponse:
    """GET /desk/cases/ID/merge/?with=NUMBER: what lies near it; the one that was chosen beside it, and the button."""
    actor = staff(request)
    case = queries.find(actor, id)
    if case is None:
        raise NotFound(_("没有这件事，或者您看不到它。"))
    if not may(actor, "merge_into", case):
        raise NotAllowed(_("您不能做这一步。%(who)s") % {"who": WHO["merge_into"].words})
    number = request.GET.get("with", "").strip()
    key = merging.id_of(number) if number else None
    other = queries.find(actor, key) if key is not None and key != case.id else None
    context = {
        "case": case,
        "tone": TONES[case.state],
        "number": number,
        "unknown": bool(number) and other is None,
        "other": merging.side(other) if other is not None else None,
        "other_tone": TONES[other.state] if other is not None else "",
        "pair": merging.pair(case, other) if other is not None else None,
        "sketch": merging.sketch(case, other) if other is not None else None,
        "fits": other is not None and other.state in INTO and case.state in TRANSITIONS["merge_into"].sources,
        "this": merging.side(case),
        "near": [] if other is not None else merging.candidates(actor, case),
        "form": MergeIntoForm(initial={"version": case.version}),
        "crumbs": [
            {"title": _("案件"), "url": reverse("cases:list")},
            {"title": case.number, "url": reverse("cases:detail", args=[case.id])},
            {"title": _("并案"), "url": ""},
        ],
    }
    return render(request, "cases/merge.html", context)
