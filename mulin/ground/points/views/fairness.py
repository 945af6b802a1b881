"""Doors of fairness: what lies with a desk, a pattern to look at, a holder's question, an act to ask back about."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from mulin.ground.points import actions, queries
from mulin.ground.points.forms import AnswerForm, CalledForm, PleaForm, VerdictForm, WordsForm
from mulin.ground.points.permissions import may_look, may_oversee
from mulin.ground.points.queries import fairness, rising
from mulin.ground.points.rules.fairness import APPEAL_DAYS, TRIES, Matter, Pattern
from mulin.ground.points.views.common import GET_POST, opened, signed_in
from mulin.ground.territory import queries as territory
from mulin.kernel import clock, hooks
from mulin.kernel.actor import Actor
from mulin.kernel.doors import admitted, asking, attempt
from mulin.kernel.errors import NotAllowed
from mulin.kernel.paging import counts

LISTED = 50


def _desk(request: HttpRequest) -> Actor:
    return admitted(request, may_look, _("由社区、街道和县级窗口的工作人员来看。"))


def _ticked(request: HttpRequest, name: str) -> set[UUID]:
    """The acts ticked on a page; what is no id is nobody's act and is left out."""
    found = set()
    for said in request.POST.getlist(name):
        try:
            found.add(UUID(said))
        except ValueError:
            continue
    return found


def _crumbs(title: object) -> list[dict[str, Any]]:
    return [{"title": _("请您看一看"), "url": reverse("points:fair")}, {"title": title, "url": ""}]


@never_cache
@require_safe
def fair(request: HttpRequest) -> HttpResponse:
    """GET /desk/points/fair/: what waits for the reader's desk, and without names what was looked at before."""
    actor = _desk(request)
    lists: tuple[Any, ...] = (
        fairness.open_reviews(actor), fairness.open_pleas(actor), fairness.open_questions(actor),
        fairness.open_callbacks(actor),
    )  # fmt: skip
    reviews, pleas, questions, callbacks = (list(one[:LISTED]) for one in lists)
    ended = fairness.ended_reviews(actor, at=request.GET.get("at", ""))
    came = rising.risen({one.pk for one in (*reviews, *pleas, *questions, *callbacks)})
    paths = {one.path for one in (*reviews, *pleas, *questions, *callbacks, *ended.rows)}
    names = territory.names_of_paths(paths)
    context = {
        "reviews": [(one, names.get(one.path, ""), one.pk in came) for one in reviews],
        "pleas": [(one, names.get(one.path, ""), one.pk in came) for one in pleas],
        "questions": [(one, names.get(one.path, ""), one.pk in came) for one in questions],
        "callbacks": [(one, names.get(one.path, ""), one.pk in came) for one in callbacks],
        "ended": [(one, names.get(one.path, "")) for one in ended.rows],
        "numbers": counts(*lists),
        "oversees": may_oversee(actor),
        "listed": LISTED,
    }
    return render(request, "points/fair.html", context | ended.links())


@never_cache
@require_http_methods(GET_POST)
@signed_in
def review(request: HttpRequest, key: UUID) -> HttpResponse:
    """A pattern: for the desk to decide, for whom it concerns to read and appeal, for the next level to decide that."""
    actor, now, status = asking(request), clock.now(), 200
    shown = fairness.review(actor, key)
    posted = request.method == "POST"
    deed = request.POST.get("deed", "") if posted else ""
    verdict = VerdictForm(
        request.POST if deed == "verdict" else None,
        label=_("看到了什么"),
        help_text=_("需要更正的，有关的人都会看到这句话；请不写别人的私事。"),
    )
    appeal = WordsForm(request.POST if deed == "plead" else None, label=_("为什么不对"))
    plea = PleaForm(request.POST if deed == "plea" else None, label=_("理由"), help_text=_("本人会看到。"))
    done = None
    if deed == "verdict":
        done, status = attempt(
            verdict,
            lambda told: actions.decide_review(
                by=actor, now=now, review=key, wrong=told["wrong"] == "yes", words=told["words"],
                undo=_ticked(request, "undo"),
            ),
        )  # fmt: skip
        said = _("记下了。")
    elif deed == "plead":
        done, status = attempt(appeal, lambda told: actions.plead(by=actor, now=now, review=key, **told))
        said = _("申诉已送到上一级，由另一个人来看。")
    elif deed == "plea":
        done, status = attempt(
            plea,
            lambda told: actions.decide_plea(
                by=actor, now=now, review=key, person=shown.plea.person if shown.plea else UUID(int=0),
                holds=told["holds"] == "yes", words=told["words"], restore=_ticked(request, "restore"),
            ),
        )  # fmt: skip
        said = _("记下了，本人会收到消息。")
    elif posted:
        status = 422
    if done:
        messages.success(request, said)
        return redirect("points:fair") if deed != "plead" else redirect("points:review", key)
    desk = bool(shown.level or shown.plea_level)
    context = {
        "shown": shown,
        "row": shown.review,
        "desk": desk,
        "base": "desk.html" if desk else "neighbour.html",
        "verdict": verdict,
        "appeal": appeal,
        "plea": plea,
        "deed": deed,
        "ticked": _ticked(request, "undo") | _ticked(request, "restore") if posted else set(),
        "place": territory.name_of_path(shown.review.path),
        "may_appeal": fairness.may_appeal(shown, now),
        "appeal_days": APPEAL_DAYS,
        "steps": _steps(shown) if desk else [],
        "crumbs": _crumbs(Pattern(shown.review.kind).label) if desk else [],
    }
    return render(request, "points/review.html", context, status=status)


def _steps(shown: fairness.Shown) -> list[rising.Risen]:
    """Why it lies with the reader: the review's way up, or that of the appeal he may decide."""
    if shown.plea is not None:
        return rising.steps(Matter.PLEA, shown.plea.pk)
    return rising.steps(Matter.REVIEW, shown.review.pk)


@never_cache
@require_safe
@signed_in
def plea(request: HttpRequest, key: UUID) -> HttpResponse:
    """An appeal leads to the review that it is about."""
    return redirect("points:review", fairness.review_of(asking(request), key))


@never_cache
@require_safe
def waiting(request: HttpRequest) -> HttpResponse:
    """GET /desk/points/waiting/: for the county's leaders and administrators, what is over its time at the highest desk, and
    what lies with nobody: that there is something, not what."""
    actor = admitted(request, may_oversee, _("由县里的领导和管理员查看。"))
    rows = rising.waiting(actor)
    context = {
        "late": [one for one in rows if one.role],
        "vacant": [one for one in rows if not one.role],
        "grants": may_look(actor),
        "now": clock.now(),
    }
    return render(request, "points/waiting.html", context)


@never_cache
@require_http_methods(GET_POST)
@signed_in
def ask(request: HttpRequest, key: UUID, account: UUID) -> HttpResponse:
    """ "This entry is not right?": a holder says why, and somebody who had no hand in it answers."""
    actor, row, context = opened(request, account)
    line = queries.line_of(row, key)
    form, status = WordsForm(request.POST if request.method == "POST" else None, label=_("哪里不对")), 200
    if form.is_bound:
        now = clock.now()
        done, status = attempt(
            form, lambda told: actions.ask(by=actor, now=now, account=row.id, transfer=key, **told)
        )
        if done:
            messages.success(request, _("已经送到社区窗口，由没有经手这一笔的人答复。"))
            return redirect("points:question", done.id)
    context |= {"form": form, "line": line}
    return render(request, "points/ask.html", context, status=status)


@never_cache
@require_http_methods(GET_POST)
@signed_in
def question(request: HttpRequest, key: UUID) -> HttpResponse:
    """A question about an entry with its answers; whoever may answer does so here, a holder may ask once more."""
    actor, now, status = asking(request), clock.now(), 200
    row, level, own = fairness.question(actor, key)
    if request.method == "POST" and not level:
        raise NotAllowed(_("由没有经手这一笔的窗口工作人员答复。"))
    line = queries.line_of(row.account, row.transfer_id)
    form = AnswerForm(
        request.POST if request.method == "POST" else None,
        on=clock.local_day(now),
        acts=line.kind == "earn",
        points=bool(line.delta) and not line.reversed and line.kind != "reverse",
        label=_("答复"),
        help_text=_("本人会看到。"),
        initial={"done_on": line.done_on},
    )
    if form.is_bound:
        done, status = attempt(form, lambda told: actions.answer(by=actor, now=now, question=key, **told))
        if done:
            messages.success(request, _("已答复，本人会收到消息。"))
            return redirect("points:fair")
    desk = not own and may_look(actor)
    context = {
        "row": row,
        "rounds": fairness.rounds(row),
        "line": line,
        "form": form if level and row.state == "open" else None,
        "own": own,
        "again": own and fairness.may_ask_again(row) and fairness.is_last(row),
        "base": "desk.html" if desk else "neighbour.html",
        "desk": desk,
        "steps": rising.steps(Matter.QUESTION, row.pk),
        "owner_name": queries.names_of([row.account.owner]).get(row.account.owner, ""),
        "crumbs": _crumbs(_("一笔积分的疑问")) if desk else [],
    }
    return render(request, "points/question.html", context, status=status)


@never_cache
@require_http_methods(GET_POST)
def callback(request: HttpRequest, key: UUID) -> HttpResponse:
    """An act that was drawn: ask whoever was helped, and write down what came of it."""
    actor = _desk(request)
    row, deed, _level = fairness.callback(actor, key)
    form, status = CalledForm(request.POST if request.method == "POST" else None), 200
    if form.is_bound:
        now = clock.now()
        done, status = attempt(form, lambda told: actions.call_back(by=actor, now=now, callback=key, **told))
        if done:
            messages.success(request, _("记下了。"))
            return redirect("points:callback", key) if done.state == "open" else redirect("points:fair")
    context: dict[str, Any] = {
        "row": row,
        "deed": deed,
        "form": form if row.state == "open" else None,
        "left": TRIES - row.tries,
        "steps": rising.steps(Matter.CALLBACK, row.pk),
        "link": hooks.link(actor, *deed.subject) if deed.subject and deed.subject[0] != "passbook" else "",
        "place": territory.name_of_path(deed.path),
        "crumbs": _crumbs(_("回访核实")),
    }
    return render(request, "points/callback.html", context, status=status)
