"""The trail's page: parse, one query, render."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from mulin.ground.trail import queries
from mulin.ground.trail.forms import LogFilter
from mulin.ground.trail.permissions import is_colleague, may_read_log
from mulin.kernel import hooks
from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotAllowed, NotFound


@require_safe
def log(request: HttpRequest) -> HttpResponse:
    """Who did what in this county, newest first."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not may_read_log(actor):
        if is_colleague(actor):
            raise NotAllowed(_("操作留痕只有全县的管理员和领导可以查阅。"))
        raise NotFound(_("没有这个页面。"))
    form = LogFilter(request.GET or None)
    told: dict[str, Any] = form.cleaned_data if form.is_bound and form.is_valid() else {}
    page = queries.log_page(
        actor,
        day=told.get("day"),
        verb=told.get("verb", ""),
        subject=told.get("subject"),
        person=told.get("person"),
        looks=bool(told.get("looks")),
        before=told.get("before"),
    )
    kept = {key: value for key, value in told.items() if value and key != "before"}
    rows = [
        {
            "deed": deed,
            "who": page.names.get(deed.person, "") if deed.person else "",
            "for_whom": page.names.get(deed.on_behalf_of, "") if deed.on_behalf_of else "",
            "subject": page.names.get(deed.subject_id, "") if deed.subject_kind == "person" else "",
            "url": hooks.link(actor, deed.subject_kind, deed.subject_id),
        }
        for deed in page.deeds
    ]
    older = "?" + urlencode({**kept, "before": page.next}) if page.next else ""
    newer = "?" + urlencode(kept) if told.get("before") else ""
    context = {"form": form, "rows": rows, "older": older, "newer": newer, "filtered": bool(kept)}
    return render(
        request, "trail/log.html", context, status=422 if form.is_bound and not form.is_valid() else 200
    )
