"""The reporter says that it was not done well: by his receipt, without signing in."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from mulin.kernel import clock
from mulin.kernel.errors import NotFound, Refused
from mulin.services.cases import actions, queries
from mulin.services.cases.forms import AgainForm
from mulin.services.cases.views.neighbour import refuse_into, who


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def again(request: HttpRequest, receipt: str) -> HttpResponse:
    """/r/RECEIPT/again/: what was not done well; the case is reopened and its handler finds it on his list."""
    held = queries.by_receipt(receipt)
    if held is None:
        raise NotFound(_("没有这张回执。请核对链接，或用编号和手机号后四位查询。"))
    here = reverse("cases:receipt", args=[held.receipt])
    form, status = AgainForm(request.POST or None), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                actions.reopen(
                    case=held.case_id,
                    receipt=held.receipt,
                    reason=form.cleaned_data["reason"],
                    by=who(request),
                    now=clock.now(),
                    version=None,
                )
                return HttpResponseRedirect(f"{here}?again=1")
            except Refused as refused:
                status = refuse_into(form, refused)
    context = {"form": form, "case": held.case, "here": here}
    return render(request, "cases/again.html", context, status=status)
