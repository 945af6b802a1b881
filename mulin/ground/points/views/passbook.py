"""A passbook's doors: a resident's own and his family's, paper, putting an entry right; the rules, for everybody."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import segno
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from mulin.ground.access import actions as access
from mulin.ground.points import actions, queries
from mulin.ground.points.forms import (
    AwardForm,
    GiveForm,
    KeyForm,
    PlaceForm,
    WhyForm,
)
from mulin.ground.points.permissions import (
    may_keep_rules,
    may_move,
    may_reverse,
)
from mulin.ground.points.queries import fairness
from mulin.ground.points.views.common import GET_POST, opened, owner_of, signed_in
from mulin.ground.territory import queries as territory
from mulin.kernel import clock, hooks
from mulin.kernel.doors import asking, attempt
from mulin.kernel.errors import NotAllowed, NotFound, Refused

LOOKUPS, LOOKUP_MINUTES = 20, 60
"""How many numbers somebody may try when giving points, in so many minutes."""
A4_LINES, A5_LINES = 18, 8
"""So many entries stand on a printed page."""


@never_cache
@require_http_methods(GET_POST)
@signed_in
def mine(request: HttpRequest) -> HttpResponse:
    """GET /points/: the passbooks that whoever asks holds, straight into it where there is one. POST: opens his own."""
    actor = asking(request)
    rows, status = queries.mine(actor), 200
    form = PlaceForm(request.POST if request.method == "POST" else None)
    if form.is_bound:
        if actor.person is None:
            raise NotAllowed(_("您的账号在本县没有登记个人信息。"))
        owner, now = queries.person(actor.person), clock.now()
        done, status = attempt(form, lambda told: actions.issue(**told, owner=owner, by=actor, now=now))
        if done:
            messages.success(request, _("存折开好了。"))
            return redirect("points:passbook", done.id)
    elif len(rows) == 1 and rows[0].kind == "person":
        return redirect("points:passbook", rows[0].id)
    may_open = actor.person is not None and not any(row.kind == "person" for row in rows)
    return render(
        request, "points/mine.html", {"rows": rows, "form": form, "may_open": may_open}, status=status
    )


@never_cache
@require_safe
@signed_in
def passbook(request: HttpRequest, key: UUID) -> HttpResponse:
    """A passbook: what there is, what lapses when, every entry with its story."""
    actor, row, context = opened(request, key)
    large = request.COOKIES.get("mulin_large") == "1"
    shown = queries.passbook(
        actor,
        key,
        now=clock.now(),
        at=request.GET.get("at", ""),
        size=5 if large and not context["staff"] else 30,
    )
    lines = fairness.with_questions(row.id, shown.lines)
    others = [one for one in queries.mine(actor) if one.id != row.id] if context["own"] else []
    place, paces = territory.name_of_path(row.path), queries.Paces()
    context |= {
        "passbook": shown,
        "lines": lines.rows,
        "others": others,
        "place": place,
        "paces": [(one, place) for one in paces.told(clock.local_day(clock.now()), row.path)],
    }
    return render(request, "points/passbook.html", context | shown.lines.links())


@never_cache
@require_http_methods(GET_POST)
@signed_in
def give(request: HttpRequest, key: UUID) -> HttpResponse:
    """Give points away: a number and how many; then, once more, to whom, with stars; then it is done."""
    actor, row, context = opened(request, key)
    form, status, sure = GiveForm(request.POST if request.method == "POST" else None), 200, None
    if form.is_bound:

        def act(told: dict[str, Any]) -> Any:
            now = clock.now()
            access.count_attempt(
                key=f"points.give:{actor.account}", limit=LOOKUPS, minutes=LOOKUP_MINUTES, now=now
            )
            found = queries.receiver(told["to"])
            if found is None:
                raise Refused("receiver", _("这个号码没有积分存折，请核对。"), field="to")
            if not request.POST.get("sure"):
                return ("ask", found[1])
            told = form.told()
            actions.give(
                by=actor, now=now, owner=owner_of(row), to=found[0], amount=told["amount"], story=told["story"],
                key=f"give:{told['key']}",
            )  # fmt: skip
            return ("done", found[1])

        done, status = attempt(form, act)
        if done and done[0] == "done":
            messages.success(request, _("已转给 %(name)s。") % {"name": done[1]})
            return redirect("points:passbook", row.id)
        sure = done[1] if done else None
    context |= {"form": form, "sure": sure, "free": row.balance - row.held}
    return render(request, "points/give.html", context, status=status)


@never_cache
@require_safe
@signed_in
def sheet(request: HttpRequest, key: UUID) -> HttpResponse:
    """The passbook on paper (A4, with ?paper=a5 half of it): balance, last entries, a check code, and a QR code that says
    whether the page is genuine. One that is reported lost has no page before it is replaced."""
    actor, row, context = opened(request, key)
    now, a5 = clock.now(), request.GET.get("paper") == "a5"
    shown = queries.passbook(actor, key, now=now, size=A5_LINES if a5 else A4_LINES)
    if shown.book is None or row.closed_at is not None:
        raise NotFound(_("这本存折已经销户。"))
    if shown.book.state == "lost":
        messages.warning(request, _("这本存折已挂失，先补发新号码再打印。"))
        return redirect("points:passbook", row.id)
    day = f"{clock.local_day(now):%Y-%m-%d}"
    code = queries.check_code(shown.book.number, row.number, row.balance, day)
    told = {"n": shown.book.number, "e": row.number, "b": row.balance, "d": day, "c": code}
    url = request.build_absolute_uri(f"{reverse('points:check')}?{urlencode(told)}")
    drawn = segno.make(url, micro=False).svg_inline(
        scale=3, border=1, svgclass="qr", lineclass=None, omitsize=True
    )
    names = queries.names_of([actor.person]) if actor.person else {}
    context |= {
        "shown": shown,
        "a5": a5,
        "more": bool(shown.lines.next),
        "code": code,
        "qr": drawn,
        "check": url,
        "printed_by": next(iter(names.values()), ""),
        "printed_at": now,
        "place": territory.name_of_path(row.path),
        "back": reverse("points:passbook", args=[row.id]),
    }
    return render(request, "points/sheet.html", context)


@never_cache
@require_safe
def check(request: HttpRequest) -> HttpResponse:
    """GET /points/check/: whether a printed page is genuine. Open to everybody; tells no name."""
    told = queries.genuine(request.GET.dict())
    link = ""
    if told.get("account") and not (actor := asking(request)).anonymous:
        try:
            link = reverse("points:passbook", args=[queries.account(actor, told["account"]).id])
        except NotFound:
            link = ""
    acts: list[tuple[str, str]] = []
    if told["state"] == "genuine":
        code = request.GET.get("c", "")[:20]
        acts = [one for ask in hooks.paper_shown for one in ask(asking(request), told["number"], code)]
    return render(request, "points/check.html", {"told": told, "link": link, "acts": acts})


@require_POST
@signed_in
def lose(request: HttpRequest, key: UUID) -> HttpResponse:
    """The paper is lost: its number no longer counts, the points stay."""
    actor, row, _context = opened(request, key)
    actions.lose(by=actor, now=clock.now(), account=row.id)
    messages.success(request, _("已挂失，积分一分不少。请到社区窗口补发。"))
    return redirect("points:passbook", row.id)


@require_POST
@signed_in
def replace(request: HttpRequest, key: UUID) -> HttpResponse:
    """A new number for the same points, to print."""
    actor, row, _context = opened(request, key)
    book = actions.replace(by=actor, now=clock.now(), account=row.id)
    messages.success(request, _("已补发，新号码 %(number)s，请打印交给本人。") % {"number": book.number})
    return redirect("points:passbook", row.id)


@require_http_methods(GET_POST)
@signed_in
def close(request: HttpRequest, key: UUID) -> HttpResponse:
    """Close a passbook, after saying what becomes of the points."""
    actor, row, context = opened(request, key)
    form, status = KeyForm(request.POST if request.method == "POST" else None), 200
    if form.is_bound:
        done, status = attempt(
            form,
            lambda _told: (
                actions.close(
                    by=actor, now=clock.now(), owner=owner_of(row), key=f"close:{form.told()['key']}"
                ),
                True,
            ),
        )
        if done:
            messages.success(request, _("存折已销户。"))
            return redirect("points:passbook", row.id)
    return render(request, "points/close.html", context | {"form": form}, status=status)


@never_cache
@require_http_methods(GET_POST)
@signed_in
def award(request: HttpRequest, key: UUID) -> HttpResponse:
    """Staff write down an act that they saw, and confirm it with their name."""
    actor, row, context = opened(request, key)
    if not may_move(actor, "earn", row.path) or actor.person is None:
        raise NotAllowed(_("由本社区的工作人员记积分。"))
    on = clock.local_day(clock.now())
    form = AwardForm(request.POST if request.method == "POST" else None, on=on, path=row.path)
    status, confirmer = 200, actor.person
    if form.is_bound:

        def act(_told: dict[str, Any]) -> actions.Earned:
            told = form.told()
            return actions.earn(
                by=actor, now=clock.now(), rule_code=told["rule_code"], key=f"award:{told['key']}",
                done_on=told["done_on"], story=told["story"], subject=("passbook", row.id), community_path=row.path,
                confirmed_by=confirmer, person=row.owner if row.kind == "person" else None,
                household=row.owner if row.kind == "household" else None,
            )  # fmt: skip

        done, status = attempt(form, act)
        if done:
            words = ngettext("已记 %(n)d 分。", "已记 %(n)d 分。", done.points) % {"n": done.points}
            if done.points:
                messages.success(request, words)
            else:
                messages.warning(request, _("已记下这件事，没有积分：%(why)s。") % {"why": done.words})
            return redirect("points:passbook", row.id)
    return render(request, "points/award.html", context | {"form": form}, status=status)


@never_cache
@require_http_methods(GET_POST)
@signed_in
def reverse_one(request: HttpRequest, key: UUID) -> HttpResponse:
    """Put one entry right, with the reason."""
    actor = asking(request)
    row, line = queries.line(actor, key)
    if not may_reverse(actor, row.path):
        raise NotAllowed(_("由本社区、街道或县级窗口冲正。"))
    _actor, row, context = opened(request, row.id)
    form, status = WhyForm(request.POST if request.method == "POST" else None), 200
    if form.is_bound:

        def act(_told: dict[str, Any]) -> UUID:
            told = form.told()
            return actions.reverse(
                by=actor, now=clock.now(), transfer=key, why=told["why"], key=f"reverse:{told['key']}"
            )

        done, status = attempt(form, act)
        if done:
            messages.success(request, _("已冲正，原来那笔和这笔都留在存折上。"))
            return redirect("points:passbook", row.id)
    return render(request, "points/reverse.html", context | {"form": form, "line": line}, status=status)


# ── rules, for everybody ─────


@never_cache
@require_safe
def rules(request: HttpRequest) -> HttpResponse:
    """GET /points/rules/: what brings points, since when, and what is announced."""
    actor, day = asking(request), clock.local_day(clock.now())
    keeps = may_keep_rules(actor)
    paces = queries.Paces().told(day)
    names = territory.names_of_paths({one.path for one in paces})
    context = {
        "rows": queries.rules_on(day),
        "today": day,
        "keeps": keeps,
        "paces": [(one, names.get(one.path, "")) for one in paces],
    }
    return render(
        request, "points/rules.html", context | {"base": "desk.html" if keeps else "neighbour.html"}
    )
