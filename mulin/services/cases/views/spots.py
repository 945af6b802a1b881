"""Codes on poles and doors: made and printed at the desk; scanned, they open a report from there."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from mulin.ground.people import queries as people
from mulin.ground.territory import queries as territory
from mulin.kernel import clock
from mulin.kernel.actor import Actor
from mulin.kernel.doors import refuse_into
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from mulin.services.cases import actions
from mulin.services.cases.forms import PlaceCodeForm
from mulin.services.cases.permissions import may_keep_codes_somewhere
from mulin.services.cases.queries import spots
from mulin.services.cases.rules import CLERKS, GRID_STAFF, community_of
from mulin.services.cases.views.desk import staff
from mulin.services.cases.views.places import as_uuid, levels
from mulin.services.cases.views.prints import qr_code


def _keeper(request: HttpRequest) -> Actor:
    actor = staff(request)
    if not may_keep_codes_somewhere(actor):
        raise NotAllowed(_("标牌由网格员和社区、街道、县级工作人员制作。"))
    return actor


def _home(actor: Actor) -> str:
    """The maker's own community or street, chosen to begin with."""
    paths = [*actor.paths(*CLERKS), *(community_of(path) for path in actor.paths(*GRID_STAFF))]
    here = territory.division_at_path(paths[0]) if paths and paths[0] != "/" else None
    return str(here.id) if here is not None else ""


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def codes(request: HttpRequest) -> HttpResponse:
    """/desk/place-codes/: what hangs in one's territory, and a form to make another one."""
    actor, status = _keeper(request), 200
    form = PlaceCodeForm(request.POST or None, initial={"place": _home(actor)})
    if request.method == "POST" and request.POST.get("go") == "places":
        form = PlaceCodeForm(initial=request.POST.dict())
    elif request.method == "POST":
        status = 422
        if form.is_valid():
            told = form.cleaned_data
            try:
                made = actions.make_code(
                    label=told["label"], place=told["place"], lon=told["lon"], lat=told["lat"], by=actor, now=clock.now()
                )  # fmt: skip
                return HttpResponseRedirect(reverse("cases:place_code", args=[made.id]))
            except Refused as refused:
                status = refuse_into(form, refused)
    found = spots.codes_page(actor, at=request.GET.get("at", ""))
    place = as_uuid(form["place"].value() or "")
    context = {"form": form, "rows": found.rows, "levels": levels(place), **found.links()}
    return render(request, "cases/place_codes.html", context, status=status)


@never_cache
@require_safe
def sheet(request: HttpRequest, id: UUID) -> HttpResponse:
    """GET /desk/place-codes/ID/: one sheet to print and hang up."""
    actor = _keeper(request)
    found = spots.code(actor, id)
    if found is None:
        raise NotFound(_("没有这个标牌。"))
    url = request.build_absolute_uri(reverse("cases:scan", args=[found.code]))
    names = people.public_names([actor.person]) if actor.person else {}
    context = {
        "found": found,
        "place": territory.name_of_path(found.place_path),
        "url": url,
        "qr": qr_code(url),
        "back": reverse("cases:place_codes"),
        "printed_by": next(iter(names.values()), ""),
        "printed_at": clock.now(),
    }
    return render(request, "cases/place_code.html", context)


@never_cache
@require_POST
def end(request: HttpRequest, id: UUID) -> HttpResponse:
    """POST /desk/place-codes/ID/end/: it does not hang there any more."""
    actions.end_code(code=id, by=_keeper(request), now=clock.now())
    messages.success(request, _("已停用：再扫它，要自己选地点。"))
    return HttpResponseRedirect(reverse("cases:place_codes"))


@never_cache
@require_safe
def scan(request: HttpRequest, code: str) -> HttpResponse:
    """GET /p/CODE/: from the pole to a report that knows where it is."""
    found = spots.by_code(code)
    if found is None:
        messages.info(request, _("这个二维码已经停用，请自己选地点。"))
        return HttpResponseRedirect(reverse("cases:report"))
    return HttpResponseRedirect(f"{reverse('cases:report')}?{urlencode({'spot': found.code})}")
