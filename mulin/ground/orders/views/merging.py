"""A door for reviewers: an ask beside those that may be the same."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from mulin.ground.orders import queries
from mulin.ground.orders.forms import MergeForm
from mulin.ground.orders.permissions import may_work, reviews
from mulin.ground.orders.rules import TONES
from mulin.ground.territory import queries as territory
from mulin.kernel.doors import admitted
from mulin.kernel.errors import NotAllowed

WHOSE = {
    "person": gettext_lazy("同一个人提的"),
    "household": gettext_lazy("同一家人提的"),
    "many": gettext_lazy("另一位居民提的，可以一起要"),
}


@never_cache
@require_safe
def same(request: HttpRequest, id: UUID) -> HttpResponse:
    """GET /desk/neighbours/ID/same/: this ask and the likely same ones, words beside words, a button under each."""
    actor = admitted(request, may_work, _("互助求助由社区工作人员、网格员审核和派单。"))
    row = queries.find(actor, id)
    kind = queries.kind_of(row.kind)
    if not reviews(actor, row, kind):
        raise NotAllowed(_("由本社区的工作人员审核。"))
    found = queries.twins(actor, row)
    names = territory.names_of_paths({row.path, *(one.order.path for one in found)})
    context = {
        "order": row,
        "kind": kind,
        "words": queries.words_for(actor, row),
        "place": names.get(row.path, ""),
        "tone": TONES[row.state],
        "twins": [
            {
                "twin": one,
                "place": names.get(one.order.path, ""),
                "whose": WHOSE[one.whose],
                "score": round(100 * one.likeness),
                "tone": TONES[one.order.state],
                "form": MergeForm(initial={"into": one.order.pk, "version": row.version}, auto_id=False),
            }
            for one in found
        ],
        "crumbs": [
            {"title": _("邻里互助"), "url": reverse("orders:desk")},
            {"title": str(kind.name), "url": reverse("orders:order", args=[row.pk])},
            {"title": _("是不是同一件"), "url": ""},
        ],
    }
    return render(request, "orders/same.html", context)
