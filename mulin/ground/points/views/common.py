"""What the doors of the points bank have in common: who is let in, and what a passbook's pages show alike."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from mulin.ground.points import queries
from mulin.ground.points.models import Account
from mulin.ground.points.permissions import (
    may_keep_books,
    serves,
)
from mulin.kernel.actor import Actor
from mulin.kernel.doors import asking

GET_POST = ["GET", "HEAD", "POST"]


def signed_in(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Whoever has not signed in is asked to, and led back here."""

    @wraps(view)
    def known(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if asking(request).anonymous:
            return redirect_to_login(request.get_full_path())
        return view(request, *args, **kwargs)

    return known


def opened(request: HttpRequest, key: UUID) -> tuple[Actor, Account, dict[str, Any]]:
    """Whoever asks, the passbook that he may open, and what its pages have in common."""
    actor = asking(request)
    row = queries.account(actor, key)
    own = actor.person in queries.holders(row)
    staff = not own and serves(actor, row.path)
    context = {
        "account": row,
        "owner_name": queries.holder_name(row),
        "own": own,
        "staff": staff,
        "base": "desk.html" if staff else "neighbour.html",
        "counter": may_keep_books(actor, row.path),
        "crumbs": [
            {"title": _("积分存折"), "url": reverse("points:desk")},
            {"title": queries.holder_name(row), "url": reverse("points:passbook", args=[row.id])},
        ]
        if staff
        else [],
    }
    return actor, row, context


def owner_of(row: Account) -> queries.Owner:
    return queries.Owner(row.kind, row.owner)
