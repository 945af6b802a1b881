"""Doors of the neighbour pages: report, receipt, rating, progress, my reports."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from mulin.ground.access import actions as access
from mulin.ground.access import queries as roles
from mulin.kernel import clock
from mulin.kernel.actor import Actor
from mulin.kernel.doors import asking, kept_on_phone, refuse_into
from mulin.kernel.errors import NotFound, Refused
from mulin.services.cases import actions, queries
from mulin.services.cases.forms import ProgressForm, RateForm, ReplyToStaffForm, ReportForm
from mulin.services.cases.models import CaseReporter
from mulin.services.cases.queries import merging, spots
from mulin.services.cases.rules import TONES, TRANSITIONS, Score, Source
from mulin.services.cases.views.places import as_uuid, levels, whole_number
from mulin.services.cases.views.prints import qr_code

LARGE_COOKIE = "mulin_large"
LARGE_STEPS = ("text", "position", "place_text", "phone", "photos")
"""Large print: one question per page, at most three controls each; what was said before travels in hidden fields."""


def is_large(request: HttpRequest) -> bool:
    """Whether this browser shows large print."""
    return request.COOKIES.get(LARGE_COOKIE) == "1"


def who(request: HttpRequest) -> Actor:
    """Who asks; the middleware knows."""
    return asking(request)


def address_of(request: HttpRequest) -> str:
    """From which network address; the middleware knows."""
    return str(request.address)  # type: ignore[attr-defined]


# ── report ───────────────────────────────────────────────────────────────────────────────────────────────────────


@kept_on_phone
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest) -> HttpResponse:
    """A neighbour reports: words, place, photo. One form; in large print one question per page."""
    if request.method != "POST":
        form = ReportForm(
            initial={"client_id": actions.new_client_id(), "place": request.GET.get("place", "")}
            | spots.begins_with(request.GET.get("spot", ""))
        )
        return _report_page(request, form, 1)
    step = whole_number(request.POST.get("step", "")) or 0
    go = request.POST.get("go", "")
    if go:
        return _move(request, go, step)
    form = ReportForm(request.POST, request.FILES)
    status = 422
    if form.is_valid():
        try:
            found = _send(request, form)
            return HttpResponseRedirect(f"{reverse('cases:receipt', args=[found.receipt])}?new=1")
        except Refused as refused:
            status = refuse_into(form, refused)
    return _report_page(request, form, _wrong_step(form, step), status=status, fresh_key=status == 409)


def _send(request: HttpRequest, form: ReportForm) -> actions.Reported:
    actor, now = who(request), clock.now()
    if not roles.is_staff(actor):
        key = f"report.address:{address_of(request)}"
        access.count_attempt(key=key, limit=settings.REPORTS_PER_HOUR, minutes=60, now=now)
    told = form.cleaned_data
    return actions.report(
        by=actor,
        now=now,
        client_id=told["client_id"],
        text=told["text"],
        name=told["name"],
        phone=told["phone"],
        photos=told["photos"],
        sound=told["sound"],
        source=Source.RIDER if actor.holds("rider") else Source.RESIDENT,
        **form.position(),
    )


def _move(request: HttpRequest, go: str, step: int) -> HttpResponse:
    """Between the pages of large print, or to the next list of places where no script runs. Nothing is sent yet."""
    said = {
        name: request.POST.get(name, "")
        for name in ReportForm.base_fields
        if name not in ("photos", "sound", "place")
    }
    said["place"] = next((one for one in reversed(request.POST.getlist("place")) if one), "")
    if as_uuid(said["client_id"]) is None:
        said["client_id"] = str(actions.new_client_id())
    if go == "next" and step >= 1:
        form = ReportForm(said)
        asked = LARGE_STEPS[min(step, len(LARGE_STEPS)) - 1]
        if asked in form.errors:
            for other in [name for name in form.errors if name != asked]:
                del form.errors[other]
            return _report_page(request, form, step, status=422)
    to = {"next": step + 1, "back": step - 1}.get(go, step)
    return _report_page(request, ReportForm(initial=said), max(1, min(to, len(LARGE_STEPS))))


def _wrong_step(form: ReportForm, step: int) -> int:
    """The page of large print on which the first wrong answer stands."""
    wrong = [number for number, name in enumerate(LARGE_STEPS, start=1) if name in form.errors]
    return wrong[0] if wrong else step or 1


def _report_page(
    request: HttpRequest, form: ReportForm, step: int, *, status: int = 200, fresh_key: bool = False
) -> HttpResponse:
    place = as_uuid(form["place"].value() or "")
    context: dict[str, Any] = {"form": form, "client_id": form["client_id"].value(), "fresh_key": fresh_key}
    if fresh_key:  # the old key belongs to what was sent before: this is another matter
        context["client_id"] = actions.new_client_id()
    if is_large(request):
        context |= {
            "step": step,
            "steps": len(LARGE_STEPS),
            "asked": LARGE_STEPS[step - 1],
            "keep": _kept(form, step),
        }
        return render(request, "cases/report_large.html", context, status=status)
    context |= {"levels": levels(place), "place": place or ""}
    return render(request, "cases/report.html", context, status=status)


def _kept(form: ReportForm, step: int) -> list[tuple[str, Any]]:
    """What the other pages of large print asked, for hidden fields."""
    asked = LARGE_STEPS[step - 1]
    shown = {"lon", "lat", "accuracy"} if asked == "position" else {asked}
    names = ("text", "lon", "lat", "accuracy", "place", "place_text", "name", "phone")
    return [(name, form[name].value() or "") for name in names if name not in shown]


# ── receipt and rating ───────────────────────────────────────────────────────────────────────────────────────────


def _held(receipt: str) -> CaseReporter:
    found = queries.by_receipt(receipt)
    if found is None:
        raise NotFound(_("没有这张回执。请核对链接，或用编号和手机号后四位查询。"))
    return found


@never_cache
@require_safe
def receipt(request: HttpRequest, receipt: str) -> HttpResponse:
    """What became of it: number, timeline, result, rating. Whoever holds the receipt is let in."""
    held = _held(receipt)
    case = held.case
    url = request.build_absolute_uri(reverse("cases:receipt", args=[held.receipt]))
    followed, now = queries.followed_case(held), clock.now()
    rated = queries.has_rated(held, followed)
    story = queries.timeline(case, who(request), receipt=held.receipt, public=True, reader=held)
    deeds = queries.open_to_reporter(held, now)
    context = {
        "held": held,
        "case": case,
        "followed": followed,
        "tone": TONES[followed.state],
        "story": story,
        "others": merging.other_receipts(held) if story.related else [],
        "promise": queries.promise(followed, now),
        "question": queries.question_of(held),
        "answer": ReplyToStaffForm() if "answer" in deeds else None,
        "deeds": deeds,
        "new": request.GET.get("new") == "1",
        "url": url,
        "qr": qr_code(url, screen=True),
        "rated": rated,
        "may_rate": not rated and held.withdrawn_at is None and followed.state in TRANSITIONS["rate"].sources,
        "scores": Score.choices,
        "with_phone": bool(held.phone_hash),
        "staff": roles.is_staff(who(request)),
    }
    response = render(request, "cases/receipt.html", context)
    response["X-Robots-Tag"] = "noindex"
    return response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def rate(request: HttpRequest, receipt: str) -> HttpResponse:
    """The reporter rates: five big buttons, or in large print a choice and then a word."""
    held = _held(receipt)
    here = reverse("cases:receipt", args=[held.receipt])
    if request.method != "POST":
        return render(
            request, "cases/rate.html", {"form": RateForm(), "case": held.case, "here": here, "step": 1}
        )
    if request.POST.get("go") == "next" and request.POST.get("score") in Score.values:
        form = RateForm(initial=request.POST.dict())
        return render(request, "cases/rate.html", {"form": form, "case": held.case, "here": here, "step": 2})
    form = RateForm(request.POST)
    status = 422
    if form.is_valid():
        told = form.cleaned_data
        try:
            actions.rate(
                receipt=held.receipt,
                score=told["score"],
                comment=told["comment"],
                by=who(request),
                now=clock.now(),
            )
        except Refused as refused:
            status = refuse_into(form, refused)
        else:
            return HttpResponseRedirect(f"{here}?rated=1")
    return render(
        request, "cases/rate.html", {"form": form, "case": held.case, "here": here, "step": 1}, status=status
    )


# ── progress ─────────────────────────────────────────────────────────────────────────────────────────────────────


@csrf_exempt  # asking changes nothing, and a token would make two answers differ: a wrong pair must look like no number
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def progress(request: HttpRequest) -> HttpResponse:
    """Number and last four digits lead to the receipt. Every refusal is the same page, whatever was typed."""
    if request.method != "POST":
        return render(request, "cases/progress.html", {"form": ProgressForm(), "step": 1})
    if is_large(request) and request.POST.get("go") == "next" and request.POST.get("number", "").strip():
        form = ProgressForm(initial={"number": request.POST["number"][:60]})
        return render(request, "cases/progress.html", {"form": form, "step": 2})
    form = ProgressForm(request.POST)
    wrong: Any = [error for errors in form.errors.values() for error in errors]
    status = 422
    if form.is_valid():
        try:
            found = actions.look_up(
                number=form.cleaned_data["number"],
                digits=form.cleaned_data["digits"],
                address=address_of(request),
                by=who(request),
                now=clock.now(),
            )
            return HttpResponseRedirect(reverse("cases:receipt", args=[found]))
        except Refused as refused:
            status, wrong = refused.status, [refused.message]
    return render(
        request, "cases/progress.html", {"form": ProgressForm(), "wrong": wrong, "step": 1}, status=status
    )


# ── my reports ───────────────────────────────────────────────────────────────────────────────────────────────────


@never_cache
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """What the signed-in neighbour reported. A visitor is led to the question by number."""
    if who(request).anonymous:
        return HttpResponseRedirect(reverse("cases:progress"))
    page = queries.mine(who(request), at=request.GET.get("at", ""))
    receipts = queries.receipts_of(who(request), page.rows)
    rows = [
        {"case": case, "tone": TONES[case.state], "url": reverse("cases:receipt", args=[receipts[case.id]])}
        for case in page.rows
        if case.id in receipts
    ]
    context = {
        "rows": rows,
        **page.links(),
    }
    return render(request, "cases/mine.html", context)


@never_cache
@require_safe
def my_case(request: HttpRequest, id: UUID) -> HttpResponse:
    """From a message to one's own receipt page."""
    own = queries.own_receipt(who(request), id)
    if not own:
        raise NotFound(_("没有这件事，或者您看不到它。"))
    return HttpResponseRedirect(reverse("cases:receipt", args=[own]))
