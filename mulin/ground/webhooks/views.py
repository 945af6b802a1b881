"""The administrator's doors: who is told of which events, how it went, sending again, stopping."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from mulin.ground.systems import queries as systems
from mulin.ground.webhooks import actions, queries
from mulin.ground.webhooks.forms import SubscribeForm
from mulin.ground.webhooks.models import Delivery, Subscription
from mulin.ground.webhooks.permissions import may_keep
from mulin.ground.webhooks.rules import PATIENCE_DAYS, TEST, Failure, State
from mulin.kernel import clock, hooks
from mulin.kernel.actor import Actor
from mulin.kernel.doors import admitted, attempt

_TONES = {State.DONE: "good", State.FAILED: "bad", State.WAITING: "warn", State.SENDING: "info"}


def _actor(request: HttpRequest) -> Actor:
    """The county's administrator."""
    return admitted(request, may_keep, _("由县管理员设置推送。"))


def _crumbs(system: Any, title: str, *, own: bool = True) -> list[dict[str, str]]:
    found = [
        {"title": _("其他系统"), "url": reverse("systems:list")},
        {"title": system.name, "url": reverse("systems:system", args=[system.id])},
    ]
    if own:
        found.append({"title": _("推送"), "url": reverse("webhooks:list", args=[system.id])})
    return [*found, {"title": title, "url": ""}]


def _standing(row: Subscription) -> dict[str, str]:
    """How a subscription stands: words and tone."""
    if row.ended_at is not None or row.system.closed_at is not None:
        return {"words": _("已停止"), "tone": "neutral"}
    if row.paused_at is not None:
        return {"words": _("已暂停"), "tone": "warn"}
    if row.silences:
        return {"words": _("对方没有答复"), "tone": "bad"}
    return {"words": _("推送中"), "tone": "good"}


@never_cache
@require_safe
def of_system(request: HttpRequest, system: UUID) -> HttpResponse:
    """GET /desk/systems/<id>/webhooks/: what the system is told, and whether it arrives."""
    _actor(request)
    target = systems.system(system)
    rows = queries.subscriptions(target.id)
    counts = queries.counts([row.id for row in rows])
    told = [
        {"row": row, "standing": _standing(row), "failed": counts[row.id][State.FAILED], "n": len(row.events)}
        for row in rows
    ]
    context = {"system": target, "rows": told, "crumbs": _crumbs(target, _("推送"), own=False)}
    return render(request, "webhooks/list.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest, system: UUID) -> HttpResponse:
    """Begin telling a system. The answer to the form shows the secret, this once."""
    actor, target = _actor(request), systems.system(system)
    form = SubscribeForm(request.POST if request.method == "POST" else None)
    status = 200
    if form.is_bound:
        done, status = attempt(
            form, lambda told: actions.subscribe(system=target.id, **told, by=actor, now=clock.now())
        )
        if done:
            return _secret(request, *done, title=_("推送的签名密钥"))
    title = _("添加推送")
    context = {"form": form, "system": target, "title": title, "crumbs": _crumbs(target, title)}
    return render(request, "webhooks/add.html", context, status=status)


def _secret(request: HttpRequest, row: Subscription, secret: str, *, title: str) -> HttpResponse:
    row = queries.subscription(row.id)
    crumbs = _crumbs(row.system, title)
    return render(
        request, "webhooks/secret.html", {"row": row, "secret": secret, "title": title, "crumbs": crumbs}
    )


@never_cache
@require_safe
def subscription(request: HttpRequest, key: UUID) -> HttpResponse:
    """GET /desk/webhooks/<id>/: what is told where, the last deliveries and why one failed, what can be done."""
    _actor(request)
    row = queries.subscription(key)
    found = queries.deliveries(key, at=request.GET.get("at", ""))
    now = clock.now()
    context: dict[str, Any] = {
        "row": row,
        "standing": _standing(row),
        "open": row.ended_at is None and row.system.closed_at is None,
        "events": [hooks.event_words.get(one, one) for one in row.events],
        "counts": queries.counts([key])[key],
        "deliveries": [_delivery(one) for one in found.rows],
        "days": PATIENCE_DAYS,
        "both_until": row.old_until if row.old_until and row.old_until > now else None,
        "crumbs": _crumbs(row.system, row.url),
        **found.links(),
    }
    return render(request, "webhooks/subscription.html", context)


def _delivery(row: Delivery) -> dict[str, Any]:
    why = str(Failure(row.failure).label) if row.failure else ""
    if row.failure == Failure.STATUS:
        why = _("对方没有接受，答复 %(status)s") % {"status": row.status}
    return {
        "row": row,
        "event": _("测试") if row.event == TEST else hooks.event_words.get(row.event, row.event),
        "tone": _TONES.get(State(row.state), "neutral"),
        "words": State(row.state).label,
        "why": why,
        "again": row.next_try_at if row.state == State.WAITING and row.attempts else None,
        "may_resend": row.state == State.FAILED,
    }


def _do(request: HttpRequest, key: UUID, act: Callable[[Actor], str]) -> HttpResponse:
    """One deed of a button, told above the page that it came from."""
    messages.success(request, act(_actor(request)))
    return redirect("webhooks:subscription", key)


@require_POST
def rotate(request: HttpRequest, key: UUID) -> HttpResponse:
    """Another secret, shown this once."""
    done = actions.rotate(subscription=key, by=_actor(request), now=clock.now())
    return _secret(request, *done, title=_("新的签名密钥"))


@require_POST
def pause(request: HttpRequest, key: UUID) -> HttpResponse:
    """Send nothing for the time being."""

    def act(actor: Actor) -> str:
        actions.pause(subscription=key, by=actor, now=clock.now())
        return _("已暂停。这期间的事件留着，恢复后接着发。")

    return _do(request, key, act)


@require_POST
def resume(request: HttpRequest, key: UUID) -> HttpResponse:
    """Send again."""

    def act(actor: Actor) -> str:
        actions.resume(subscription=key, by=actor, now=clock.now())
        return _("已恢复，留着的事件马上开始发。")

    return _do(request, key, act)


@require_POST
def end(request: HttpRequest, key: UUID) -> HttpResponse:
    """Stop for good."""

    def act(actor: Actor) -> str:
        actions.end(subscription=key, by=actor, now=clock.now())
        return _("已停止，不再推送。")

    return _do(request, key, act)


@require_POST
def test(request: HttpRequest, key: UUID) -> HttpResponse:
    """Send an event that says nothing."""

    def act(actor: Actor) -> str:
        actions.send_test(subscription=key, by=actor, now=clock.now())
        return _("测试事件已排上，半分钟内发出；刷新本页看结果。")

    return _do(request, key, act)


@require_POST
def resend(request: HttpRequest, key: UUID) -> HttpResponse:
    """Send again what did not arrive: all of it."""

    def act(actor: Actor) -> str:
        count = actions.resend(subscription=key, by=actor, now=clock.now())
        return ngettext("已排上 %(n)d 条，半分钟内开始发。", "已排上 %(n)d 条，半分钟内开始发。", count) % {
            "n": count
        }

    return _do(request, key, act)


@require_POST
def resend_one(request: HttpRequest, key: UUID, delivery: UUID) -> HttpResponse:
    """Send one again that did not arrive."""

    def act(actor: Actor) -> str:
        actions.resend(subscription=key, delivery=delivery, by=actor, now=clock.now())
        return _("已排上，半分钟内发出。")

    return _do(request, key, act)
