"""What a reporter may do by his receipt, without signing in: answer, ask for another look, take back, ask for more work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from mulin.kernel import clock
from mulin.kernel.doors import refuse_into
from mulin.kernel.errors import NotFound, Refused
from mulin.services.cases import actions, queries
from mulin.services.cases.forms import AgainForm, AppealForm, HurryForm, ReplyToStaffForm, WithdrawForm
from mulin.services.cases.models import CaseReporter
from mulin.services.cases.rules import Words
from mulin.services.cases.views.neighbour import who


@dataclass(frozen=True)
class Deed:
    """One page: its form, its words, and what is done. ``question``: it shows what staff asked."""

    form: Any
    heading: Words
    button: Words
    hint: Words
    do: Callable[..., object]
    question: bool = False
    danger: bool = False


def _again(held: CaseReporter, told: dict[str, Any], **door: Any) -> object:
    return actions.reopen(case=held.case_id, receipt=held.receipt, version=None, **told, **door)


def _answer(held: CaseReporter, told: dict[str, Any], **door: Any) -> object:
    return actions.answer(case=held.case_id, receipt=held.receipt, version=None, **told, **door)


def _appeal(held: CaseReporter, told: dict[str, Any], **door: Any) -> object:
    return actions.appeal(receipt=held.receipt, **told, **door)


def _withdraw(held: CaseReporter, told: dict[str, Any], **door: Any) -> object:
    return actions.withdraw(receipt=held.receipt, **told, **door)


def _urge(held: CaseReporter, told: dict[str, Any], **door: Any) -> object:
    return actions.urge(case=held.case_id, receipt=held.receipt, version=None, **told, **door)


DEEDS: dict[str, Deed] = {
    "again": Deed(
        AgainForm,
        _("哪里没有办好？"),
        _("请再办一次"),
        _("会回到原来办的人那里，社区也看得到；办完您可以重新评价。"),
        _again,
    ),
    "answer": Deed(
        ReplyToStaffForm, _("请您回答"), _("提交回答"), _("您回答以后，马上接着办。"), _answer, question=True
    ),
    "appeal": Deed(
        AppealForm,
        _("申请复核"),
        _("申请复核"),
        _("会由另一位工作人员重新看，结果写在回执页面上。每件事只能申请一次。"),
        _appeal,
    ),
    "urge": Deed(
        HurryForm,
        _("催一下？"),
        _("催一下"),
        _("办的人会收到消息，催过的事写在回执上。几个小时内只能催一次。"),
        _urge,
    ),
    "withdraw": Deed(
        WithdrawForm,
        _("不用办了？"),
        _("确认撤回"),
        _("撤回后不再办理，也不能恢复；需要时可以重新报。别人也反映了同一件事的，会接着办。"),
        _withdraw,
        danger=True,
    ),
}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def follow(request: HttpRequest, receipt: str, deed: str) -> HttpResponse:
    """/r/RECEIPT/DEED/: one question, one button. Leads back to the receipt where the deed makes no sense (any more)."""
    held = queries.by_receipt(receipt)
    if held is None:
        raise NotFound(_now("没有这张回执。请核对链接，或用编号和手机号后四位查询。"))
    here, page, now = reverse("cases:receipt", args=[held.receipt]), DEEDS[deed], clock.now()
    if request.method != "POST" and deed not in queries.open_to_reporter(held, now):
        return HttpResponseRedirect(here)
    form, status = page.form(request.POST or None, request.FILES or None), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                page.do(held, dict(form.cleaned_data), by=who(request), now=now)
                return HttpResponseRedirect(f"{here}?{deed}=1")
            except Refused as refused:
                status = refuse_into(form, refused)
    context = {
        "form": form,
        "case": held.case,
        "here": here,
        "page": page,
        "question": queries.question_of(held) if page.question else "",
    }
    return render(request, "cases/follow.html", context, status=status)
