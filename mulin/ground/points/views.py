"""The points bank's doors."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from mulin.ground.points import queries
from mulin.kernel import clock
from mulin.kernel.doors import asking


def signed_in(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Whoever has not signed in is asked to, and led back here."""

    @wraps(view)
    def known(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if asking(request).anonymous:
            return redirect_to_login(request.get_full_path())
        return view(request, *args, **kwargs)

    return known


@never_cache
@require_safe
@signed_in
def mine(request: HttpRequest) -> HttpResponse:
    """GET /points/: the passbooks that whoever asks holds; straight into it where there is one."""
    rows = queries.mine(asking(request))
    if len(rows) == 1:
        return redirect("points:passbook", rows[0].id)
    return render(request, "points/mine.html", {"rows": rows})


@never_cache
@require_safe
@signed_in
def passbook(request: HttpRequest, key: UUID) -> HttpResponse:
    """A passbook: what there is, what lapses when, every entry with its story."""
    shown = queries.passbook(asking(request), key, now=clock.now(), at=request.GET.get("at", ""))
    return render(request, "points/passbook.html", {"passbook": shown, **shown.lines.links()})
