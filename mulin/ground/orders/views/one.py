"""Doors to one ask: its page for whoever looks, its deeds, and name and door for whoever has it to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from mulin.ground.access import actions as access_actions
from mulin.ground.access import queries as access
from mulin.ground.orders import actions, queries
from mulin.ground.orders.forms import (
    AnswerForm,
    ApproveForm,
    ClaimForm,
    DispatchForm,
    GiveBackForm,
    MergeForm,
    RateForm,
    ReasonForm,
    VersionForm,
)
from mulin.ground.orders.queries import Look
from mulin.ground.orders.rules import TONES, State
from mulin.ground.orders.views.asking import neighbour, to_sign_in
from mulin.ground.territory import queries as territory
from mulin.kernel import clock
from mulin.kernel.actor import Actor
from mulin.kernel.doors import asking, attempt
from mulin.kernel.errors import NotAllowed, NotFound

FORMS: dict[str, type[forms.Form]] = {
    "approve": ApproveForm, "refuse": ReasonForm, "answer": AnswerForm, "dispatch": DispatchForm, "rate": RateForm,
    "withdraw": VersionForm, "reopen": VersionForm, "merge_into": MergeForm, "unmerge": VersionForm,
    "give_back": GiveBackForm,
}  # fmt: skip
LOOKUPS, LOOKUP_MINUTES = 30, 60
"""How many numbers a clerk may try when dispatching, in so many minutes."""
ON_A_CLAIM = ("accept", "decline", "give_back", "serve", "confirm", "not_done", "rate", "hush")
DONE = {
    "approve": gettext_lazy("已通过，正在找人。"),
    "refuse": gettext_lazy("已告诉求助的人。"),
    "claim": gettext_lazy("谢谢您！看看怎么联系，帮完以后回来点一下“帮完了”。"),
    "dispatch": gettext_lazy("已请对方来帮，等答应。"),
    "accept": gettext_lazy("谢谢您！看看怎么联系，帮完以后回来点一下“帮完了”。"),
    "decline": gettext_lazy("没关系，再请别人。"),
    "give_back": gettext_lazy("没关系，已退回，再请别人。"),
    "serve": gettext_lazy("辛苦了！等对方确认。"),
    "confirm": gettext_lazy("已确认。可以评价，说声谢谢。"),
    "not_done": gettext_lazy("已告诉帮忙的人还没有帮完。"),
    "rate": gettext_lazy("谢谢您的评价。"),
    "withdraw": gettext_lazy("已撤回。"),
    "reopen": gettext_lazy("已重新提出。"),
    "answer": gettext_lazy("已答复。"),
    "merge_into": gettext_lazy("已并到同一件，两边都收到消息。"),
    "unmerge": gettext_lazy("已分开，各办各的。"),
    "hush": gettext_lazy("已收回，不再念出来。"),
    "join": gettext_lazy("已记上，您也要。"),
    "leave": gettext_lazy("已取消。"),
}
"""deed → what is said when it is done; these are the deeds that a page offers."""


@never_cache
@require_safe
def order(request: HttpRequest, id: UUID) -> HttpResponse:
    """GET /neighbours/ID/: how it stands and what comes next, for everybody who may look."""
    actor = asking(request)
    return _page(request, actor, queries.look(actor, queries.find(actor, id), clock.now()))


@never_cache
@require_POST
def contact(request: HttpRequest, id: UUID) -> HttpResponse:
    """POST /neighbours/ID/contact/: name and door, written down."""
    actor = asking(request)
    if neighbour(request) is None:
        return to_sign_in(request, reverse("orders:order", args=[id]))
    told = actions.reveal(order=id, by=actor, now=clock.now())
    look = queries.look(actor, queries.find(actor, id), clock.now(), revealed=True)
    return _page(request, actor, look, contact=told)


@never_cache
@require_POST
def act(request: HttpRequest, id: UUID, deed: str) -> HttpResponse:
    """POST /neighbours/ID/DEED/: one deed; what it refuses stands on the page, with what was written."""
    actor = asking(request)
    if deed not in DONE:
        raise NotFound(_("没有这个页面。"))
    if neighbour(request) is None:
        return to_sign_in(request, reverse("orders:order", args=[id]))
    book = {"passbook": True} if deed in ("claim", "accept") and request.POST.get("book") else {}
    if deed == "claim":
        actions.claim(order=id, by=actor, now=clock.now(), unit=_unit(request), **book)
        return _done(request, actor, id, str(DONE[deed]))
    form = _form(deed, queries.find(actor, id), request)
    seat = ClaimForm(request.POST) if deed in ON_A_CLAIM else None
    if seat is not None and not seat.is_valid():
        form.is_valid()
        form.add_error(None, _("请从这一页上的按钮重新点一次。"))
        return _again(request, actor, id, (deed, form), 422)
    told = {"claim": seat.cleaned_data["claim"], **book} if seat is not None else {}

    def do(said: dict[str, Any]) -> Any:
        if said.get("said"):  # somebody is looked up by his number
            key = f"orders.dispatch:{actor.account}"
            access_actions.count_attempt(key=key, limit=LOOKUPS, minutes=LOOKUP_MINUTES, now=clock.now())
        return _do(deed)(order=id, by=actor, now=clock.now(), **told, **_said(form, said))

    done, status = attempt(form, do)
    if done is None:
        return _again(request, actor, id, (deed, form), status)
    said = str(DONE[deed])
    if deed in ("withdraw", "refuse") and done.state == State.SERVED:
        said = _("已结束，不再找人。有人已经帮过，还请求助的一方确认。")
    return _done(request, actor, id, said)


def _unit(request: HttpRequest) -> UUID | None:
    """The unit for which a claim was pressed. Raises NotFound for what is none."""
    said = request.POST.get("unit", "")
    try:
        return UUID(said) if said else None
    except ValueError:
        raise NotFound(_("没有这个单位。"))


def _rated(look: Look) -> bool:
    """Whether whoever looks sees that everything was confirmed and rated: nothing comes next."""
    return bool(look.seats) and all(seat.claim.rating for seat in look.seats)


def _again(
    request: HttpRequest, actor: Actor, id: UUID, wrong: tuple[str, forms.Form], status: int
) -> HttpResponse:
    look = queries.look(actor, queries.find(actor, id), clock.now())
    offered = {*look.deeds, *(one for seat in look.seats for one in seat.deeds)}
    if status == 422 and wrong[0] not in offered:
        raise NotAllowed(_("这一步不归您做，或者现在不能做。"))
    return _page(request, actor, look, wrong=wrong, status=status)


def _done(request: HttpRequest, actor: Actor, id: UUID, said: str) -> HttpResponse:
    messages.success(request, said)
    return HttpResponseRedirect(_after(actor, id))


def _after(actor: Actor, id: UUID) -> str:
    """Back to the ask, or to the hall where the actor sees it no more."""
    seen = queries.visible_to(actor).filter(pk=id).exists()
    return reverse("orders:order", args=[id]) if seen else reverse("orders:hall")


def _do(deed: str) -> Callable[..., Any]:
    found: Callable[..., Any] = getattr(actions, deed)
    return found


def _said(form: forms.Form, said: dict[str, Any]) -> dict[str, Any]:
    """A form's fields as its action asks for them."""
    if isinstance(form, DispatchForm):
        return {**form.told(), "version": said["version"]}
    if isinstance(form, ApproveForm):
        return {**said, "public": said["public"] == "1"}
    return said


def _form(deed: str, row: Any, request: HttpRequest | None = None) -> forms.Form:
    shape = FORMS.get(deed, forms.Form)
    data = request.POST if request is not None else None
    if shape is DispatchForm:
        return DispatchForm(data, choices=_whom(row), initial={"version": row.version})
    if shape is ApproveForm and data is None:
        return ApproveForm(initial={"version": row.version, "public": "0" if row.private else "1"})
    return shape(data, initial={"version": row.version})


def _whom(row: Any) -> list[tuple[str, Any]]:
    """Willing neighbours, the nearest and least burdened first, some who offered other help, then the units of the place."""
    found: list[tuple[str, Any]] = []
    for one in queries.candidates(row, clock.now()):
        if one.barred:
            continue
        near = _("同小区") if one.same else _("同社区")
        n = one.load
        load = ngettext("近 30 天帮了 %(n)d 次", "近 30 天帮了 %(n)d 次", n) % {"n": n}
        said = [near, load, *([] if one.offered else [_("登记的是帮别的")])]
        found.append((f"p:{one.person}", f"{one.name}　{' · '.join(said)}"))
    return found + [(f"u:{unit.pk}", unit.name) for unit in territory.units_of_division(row.path)]


def _page(
    request: HttpRequest,
    actor: Actor,
    look: Look,
    *,
    contact: Any = None,
    wrong: tuple[str, forms.Form] | None = None,
    status: int = 200,
) -> HttpResponse:
    shown = {deed: _form(deed, look.order) for deed in look.deeds if deed in FORMS}
    if any("rate" in seat.deeds for seat in look.seats):
        shown["rate"] = RateForm()
    if any("give_back" in seat.deeds for seat in look.seats):
        shown["give_back"] = GiveBackForm()
    if wrong is not None:
        shown[wrong[0]] = wrong[1]
    staff = access.is_staff(actor) and look.reviewer
    context = {
        "look": look,
        "order": look.order,
        "kind": look.kind,
        "tone": TONES[look.order.state],
        "points": queries.points_of([look.order], clock.local_day(clock.now()))[look.order.pk],
        "forms": shown,
        "twins": len(queries.twins(actor, look.order)) if "merge_into" in look.deeds else 0,
        "wrong": wrong[1] if wrong else None,
        "wrong_deed": wrong[0] if wrong else "",
        "contact": contact,
        "reveals": contact is None and (look.giver or look.reviewer),
        "base": "desk.html" if staff else "neighbour.html",
        "staff": staff,
        "next_step": None if _rated(look) else {"title": _("下一步"), "text": look.next},
        "crumbs": [
            {"title": _("邻里互助"), "url": reverse("orders:desk")},
            {"title": str(look.kind.name), "url": ""},
        ],
    }
    return render(request, "orders/order.html", context, status=status)
