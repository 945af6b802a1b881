"""GET /about/figures/: what an article says of the county, and what its records give. Numbers only, nobody's name."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from mulin.ground.access import queries as access
from mulin.kernel import clock
from mulin.readers.indicators import queries
from mulin.readers.indicators.permissions import may_read_figures
from mulin.readers.indicators.views.asking import reader

PAGES = {"matter_categories": "catalogue:list", "mandated_streets": "catalogue:mandates"}


@require_safe
def article(request: HttpRequest) -> HttpResponse:
    """Everybody's in the example county; elsewhere for whoever reads figures. Rows open for staff."""
    actor = reader(request)
    if not _example(request):
        may_read_figures(actor)
    now, staff = clock.now(), access.is_staff(actor)
    end = clock.local_day(now) + timedelta(days=1)

    def url(one: queries.Compared) -> str:
        if not staff or one.status == "not_yet":
            return ""
        if one.claim.code in PAGES:
            return reverse(PAGES[one.claim.code])
        days: dict[str, Any] = {"from": one.start or queries.EVER, "to": end}
        return f"{reverse('indicators:rows', args=[one.claim.code])}?{urlencode(days)}"

    found = queries.compared(now)
    lines = [{"one": one, "url": url(one)} for one in found]
    computed = sum(one.status != "not_yet" for one in found)
    return render(
        request, "indicators/article.html", {"lines": lines, "computed": computed, "total": len(lines)}
    )


def _example(request: HttpRequest) -> bool:
    county = getattr(request, "county", None)
    return county is not None and bool(county.is_example)
