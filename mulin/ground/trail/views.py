"""The trail's page: parse, one query, render."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from mulin.ground.trail import queries
from mulin.ground.trail.forms import LogFilter
from mulin.ground.trail.permissions import may_read_log
from mulin.kernel import hooks
from mulin.kernel.actor import Actor
from mulin.kernel.doors import admitted


@require_safe
def log(request: HttpRequest) -> HttpResponse:
    """Who did what in this county, newest first."""
    actor = admitted(request, may_read_log, _("操作留痕只有全县的管理员和领导可以查阅。"))
    form = LogFilter(request.GET)
    told: dict[str, Any] = form.cleaned_data if form.is_valid() else {}
    page, names = queries.log_page(
        actor,
        day=told.get("day"),
        verb=told.get("verb", ""),
        subject=told.get("subject"),
        person=told.get("person"),
        looks=bool(told.get("looks")),
        at=request.GET.get("at", ""),
    )
    kept = {key: value for key, value in told.items() if value}
    rows = [_row(deed, names, actor) for deed in page.rows]
    context = {"form": form, "rows": rows, "filtered": bool(kept), **page.links(kept)}
    return render(request, "trail/log.html", context, status=200 if form.is_valid() else 422)


def _row(deed: queries.Deed, names: Mapping[UUID, str], actor: Actor) -> dict[str, Any]:
    """A deed with the names and links that its line needs."""
    named = names.get(deed.subject_id, "") if deed.subject_kind == "person" else deed.facts.get("number", "")
    return {
        "deed": deed,
        "who": names.get(deed.person, "") if deed.person else "",
        "for_whom": names.get(deed.on_behalf_of, "") if deed.on_behalf_of else "",
        "kind": str(hooks.kind_words.get(deed.subject_kind, deed.subject_kind)),
        "named": named,
        "url": hooks.link(actor, deed.subject_kind, deed.subject_id),
        "facts": [
            (key, value) for key, value in deed.facts.items() if key != "number" and value not in ("", None)
        ],
    }
