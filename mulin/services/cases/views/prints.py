"""Paper: the work order for whoever goes there, and the slip for whoever reported."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import segno
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from mulin.ground.people import queries as people
from mulin.ground.territory import queries as territory
from mulin.ground.worklist import queries as work
from mulin.kernel import clock
from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotFound
from mulin.services.cases import actions, queries
from mulin.services.cases.models import Case
from mulin.services.cases.permissions import may
from mulin.services.cases.queries.locator import WIDE, locator
from mulin.services.cases.queries.way import holders
from mulin.services.cases.views.desk import staff


def _case(actor: Actor, key: UUID) -> Case:
    found = queries.find(actor, key)
    if found is None:
        raise NotFound(_("没有这件事，或者您看不到它。"))
    return found


def qr_code(address: str, *, screen: bool = False) -> str:
    """A QR code of an address as SVG, as large as the place where it is printed; on a ``screen`` of a size of its own."""
    scale, border = (4, 2) if screen else (3, 1)
    code = segno.make(address, micro=False)
    drawn = code.svg_inline(scale=scale, border=border, svgclass="qr", lineclass=None, omitsize=not screen)
    return str(drawn)


def _sheet(actor: Actor, case: Case) -> dict[str, Any]:
    names = people.public_names([actor.person]) if actor.person else {}
    return {
        "case": case,
        "place": territory.name_of_path(case.grid_path or case.place_path),
        "printed_by": next(iter(names.values()), ""),
        "printed_at": clock.now(),
        "back": reverse("cases:detail", args=[case.id]),
    }


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def work_order(request: HttpRequest, id: UUID) -> HttpResponse:
    """GET /desk/cases/ID/work-order/: one sheet for the field, reporters masked. POST: with whom to call, for those who may
    see it; the look is recorded."""
    actor, now = staff(request), clock.now()
    case = _case(actor, id)
    todos = list(work.of_subject("case", case.id))
    holds = any(item.person_id in actor.persons for item in todos if item.person_id is not None)
    lit = work.lit(todos, now, actor=actor)
    whose = holders(lit)
    contacts = None
    if request.method == "POST":
        contacts = actions.show_contact(case=case, by=actor, now=now, printed=True)
    context = {
        **_sheet(actor, case),
        "todos": [{"item": one, "whose": whose[one.id]} for one in lit],
        "standing": queries.standing(case, now),
        "story": queries.timeline(case, actor, public=False if holds else None),
        "reporters": queries.reporters(case),
        "contacts": contacts,
        "may_show_contact": may(actor, "show_contact", case, holds_work=holds),
        "locator": locator(case, clock.local_day(now)),
        "wide": WIDE,
        "qr": qr_code(request.build_absolute_uri(reverse("cases:detail", args=[case.id]))),
    }
    return render(request, "cases/work_order.html", context)


@never_cache
@require_safe
def slip(request: HttpRequest, id: UUID) -> HttpResponse:
    """GET /desk/cases/ID/slip/: what the reporter takes home: number, what, where, how to follow. It holds no receipt: who
    works here must not hold what lets him rate."""
    actor, now = staff(request), clock.now()
    case = _case(actor, id)
    reporters = queries.reporters(case)
    if not reporters:
        raise NotFound(_("这件事没有反映人，没有回执单可打。"))
    context = {
        **_sheet(actor, case),
        "story": queries.timeline(case, actor, public=True),
        "promise": queries.promise(case, now),
        "with_phone": any(one.phone for one in reporters),
        "url": request.build_absolute_uri(reverse("cases:progress")),
        "qr": qr_code(request.build_absolute_uri(reverse("cases:progress"))),
    }
    return render(request, "cases/slip.html", context)
