"""The doors of the outbox: one's own messages, and how messages leave the house."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from mulin.ground.notices import actions, queries
from mulin.ground.notices.permissions import may_see_channels
from mulin.kernel import clock
from mulin.kernel.doors import admitted, asking


@require_http_methods(["GET", "HEAD", "POST"])
def inbox(request: HttpRequest) -> HttpResponse:
    """One's own messages, newest first; POST marks them as read."""
    actor = asking(request)
    if actor.anonymous:
        return redirect_to_login(request.get_full_path())
    if request.method == "POST":
        one = _uuid(request.POST.get("id", ""))
        actions.mark_read(by=actor, now=clock.now(), notices=[one] if one else None)
        return redirect("notices:list")
    large = request.COOKIES.get("mulin_large") == "1"
    if large:  # large print: one unread message at a time, at most three controls
        page = queries.messages_page(actor, size=1, unread=True)
    else:
        page = queries.messages_page(actor, at=request.GET.get("at", ""))
    context = {
        "page": page,
        "unread": queries.unread_count(actor),
        **page.links(),
        "at": clock.now(),
    }
    return render(request, "notices/list.html", context)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


@require_safe
def channels(request: HttpRequest) -> HttpResponse:
    """Which channels are configured, what to set where they are not, and what waits or failed."""
    admitted(request, may_see_channels, _("消息通道只有全县的管理员可以查看。"))
    counts = queries.outbox_counts()
    rows = [
        {
            "name": queries.channel_words(one.channel),
            "configured": one.configured,
            "words": one.words,
            "counts": [
                (queries.state_words(state), of) for state, of in sorted(counts.get(one.channel, {}).items())
            ],
        }
        for one in queries.channels()
    ]
    return render(request, "notices/channels.html", {"rows": rows})
