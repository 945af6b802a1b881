"""Doors for clerks: whose points are taken where, agreements of two communities, and the months between them."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from mulin.ground.territory import queries as territory
from mulin.kernel import clock
from mulin.kernel.actor import Actor
from mulin.kernel.doors import Day, admitted, attempt
from mulin.services.exchange.actions import acceptance as acts
from mulin.services.exchange.actions import netting as months
from mulin.services.exchange.forms import WhyForm, WordsForm
from mulin.services.exchange.models import Agreement, Netting
from mulin.services.exchange.permissions import may_keep_acceptance, may_speak_for, may_speak_somewhere
from mulin.services.exchange.queries import acceptance as queries
from mulin.services.exchange.queries.shop import communities
from mulin.services.exchange.rules.acceptance import MOST_A_MONTH, Reach

GET_POST = ["GET", "HEAD", "POST"]
TONES = {"drawn": "info", "confirmed": "good", "disputed": "warn", "settled": "neutral"}


class AgreementForm(forms.Form):
    """Two communities take each other's points."""

    own = forms.ChoiceField(label=gettext_lazy("我方社区"))
    other = forms.ChoiceField(label=gettext_lazy("对方社区"))
    starts_on = Day(label=gettext_lazy("从哪天起"), help_text=gettext_lazy("最早今天。"))
    ends_on = Day(label=gettext_lazy("到哪天止"))
    per_month = forms.IntegerField(
        label=gettext_lazy("每月最多互兑多少积分"),
        min_value=1,
        max_value=MOST_A_MONTH,
        required=False,
        help_text=gettext_lazy("两边各自算；不填就不限。"),
    )
    words = forms.CharField(label=gettext_lazy("说明"), max_length=200, required=False)

    def __init__(self, *args: Any, own: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        every: list[tuple[str, Any]] = [("", _("请选择"))]
        every += [(street, below[1:]) for street, below in territory.streets_and_communities()]
        self.fields["own"].choices = own  # type: ignore[attr-defined]
        self.fields["other"].choices = every  # type: ignore[attr-defined]


class RuleForm(forms.Form):
    """How far points go without an agreement."""

    reach = forms.ChoiceField(label=gettext_lazy("没有协议的社区之间"), choices=Reach.choices)
    per_month = forms.IntegerField(
        label=gettext_lazy("一个社区的积分每月在另一个社区最多兑多少"),
        min_value=1,
        max_value=MOST_A_MONTH,
        required=False,
        help_text=gettext_lazy("不填就不限。有协议的按协议。"),
    )
    effective_on = Day(label=gettext_lazy("从哪天起"), help_text=gettext_lazy("最早今天。"))
    note = forms.CharField(label=gettext_lazy("依据"), max_length=200, required=False)


def _officer(request: HttpRequest) -> Actor:
    return admitted(request, may_speak_somewhere, _("互认和轧差由社区、街道和县里的工作人员办理。"))


def _crumbs(title: str) -> list[dict[str, str]]:
    return [{"title": _("积分互认"), "url": reverse("exchange:acceptance")}, {"title": title, "url": ""}]


@never_cache
@require_http_methods(GET_POST)
def acceptance(request: HttpRequest) -> HttpResponse:
    """GET /desk/acceptance/: agreements and months of one's communities; POST proposes an agreement."""
    actor, now, status = _officer(request), clock.now(), 200
    own = communities(actor)
    form = AgreementForm(request.POST if request.method == "POST" else None, own=own)
    if form.is_bound:
        done, status = attempt(form, lambda told: acts.propose_agreement(**told, by=actor, now=now))
        if done:
            messages.success(request, _("已提出，等对方社区同意以后生效。"))
            return redirect("exchange:agreement", done.id)
    agreements, nettings = queries.agreements(actor), queries.nettings(actor)
    names = queries.names_for([*agreements, *nettings])
    context = {
        "form": form,
        "rule": queries.rule_on(clock.local_day(now)),
        "keeps": may_keep_acceptance(actor),
        "agreements": [_agreement_line(one, names, clock.local_day(now)) for one in agreements],
        "nettings": [_netting_line(one, names) for one in nettings],
    }
    return render(request, "exchange/acceptance.html", context, status=status)


def _agreement_line(one: Agreement, names: dict[str, str], day: date) -> dict[str, Any]:
    if one.ended_on is not None or one.ends_on < day:
        tone, words = "neutral", _("已结束")
    elif one.agreed_at is None:
        tone, words = "warn", _("等对方同意")
    else:
        tone, words = ("good", _("互认中")) if one.starts_on <= day else ("info", _("还没开始"))
    return {
        "row": one, "first": names.get(one.first, ""), "second": names.get(one.second, ""), "tone": tone, "words": words,
    }  # fmt: skip


def _netting_line(one: Netting, names: dict[str, str]) -> dict[str, Any]:
    owing, owed = (one.second, one.first) if one.net > 0 else (one.first, one.second)
    return {
        "row": one,
        "first": names.get(one.first, ""),
        "second": names.get(one.second, ""),
        "owing": names.get(owing, ""),
        "owed": names.get(owed, ""),
        "net": abs(one.net),
        "tone": TONES[one.state],
    }


@never_cache
@require_http_methods(GET_POST)
def agreement(request: HttpRequest, id: UUID) -> HttpResponse:
    """One agreement; POST ``deed``: the other side agrees, or either ends it."""
    actor, now, status = _officer(request), clock.now(), 200
    row = queries.agreement(actor, id)
    form = WhyForm(request.POST if request.POST.get("deed") == "end" else None)
    if request.method == "POST" and not form.is_bound:
        acts.agree(agreement=id, by=actor, now=now)
        messages.success(request, _("已同意，双方社区从约定的那天起互相兑换。"))
        return redirect("exchange:agreement", id)
    if form.is_bound:
        done, status = attempt(
            form, lambda told: acts.end_agreement(agreement=id, why=told["why"], by=actor, now=now)
        )
        if done:
            messages.success(request, _("已结束。已经预留的照常取货。"))
            return redirect("exchange:agreement", id)
    day = clock.local_day(now)
    line = _agreement_line(row, queries.names_for([row]), day)
    answering = row.second if row.proposed_for == row.first else row.first
    month = day.replace(day=1)
    persons = queries.officers(row.proposed_by, row.agreed_by, row.ended_by)
    context = {
        **line,
        "form": form,
        "proposer": persons.get(row.proposed_by, "") if row.proposed_by else "",
        "agreer": persons.get(row.agreed_by, "") if row.agreed_by else "",
        "over": row.ended_on is not None or row.ends_on < day,
        "may_agree": row.agreed_at is None
        and actor.person != row.proposed_by
        and may_speak_for(actor, answering),
        "used": queries.used(row.first, row.second, month),
        "used_back": queries.used(row.second, row.first, month),
        "crumbs": _crumbs(f"{line['first']} · {line['second']}"),
    }
    return render(request, "exchange/agreement.html", context, status=status)


@never_cache
@require_http_methods(GET_POST)
def acceptance_rule(request: HttpRequest) -> HttpResponse:
    """How far points go without an agreement: its versions, and a new one from a day on."""
    actor, status = admitted(request, may_keep_acceptance, _("积分通用的范围由县级工作人员规定。")), 200
    rows = queries.rules()
    form = RuleForm(
        request.POST if request.method == "POST" else None,
        initial={"reach": rows[0].reach, "per_month": rows[0].per_month} if rows else {},
    )
    if form.is_bound:
        done, status = attempt(form, lambda told: acts.publish_acceptance(**told, by=actor, now=clock.now()))
        if done:
            messages.success(
                request, _("已公布，从 %(day)s 起执行。") % {"day": f"{done.effective_on:%Y-%m-%d}"}
            )
            return redirect("exchange:acceptance_rule")
    context = {
        "form": form,
        "rows": rows,
        "current": queries.rule_on(clock.local_day(clock.now())),
        "crumbs": _crumbs(_("通用范围")),
    }
    return render(request, "exchange/acceptance_rule.html", context, status=status)


# ── a month between two ─────


@never_cache
@require_http_methods(GET_POST)
def netting(request: HttpRequest, id: UUID) -> HttpResponse:
    """A month between two communities with every redemption; POST ``deed`` for a ``side``."""
    actor, now, status = _officer(request), clock.now(), 200
    row, deed = queries.netting(actor, id), request.POST.get("deed", "")
    form = WordsForm(request.POST if deed in DEEDS else None)
    if request.method == "POST" and deed == "confirm":
        months.confirm_netting(netting=id, side=request.POST.get("side", ""), by=actor, now=now)
        messages.success(request, _("已确认。"))
        return redirect("exchange:netting", id)
    if request.method == "POST":
        side = request.POST.get("side", "")
        if deed not in DEEDS:
            form = WordsForm(request.POST)
            form.add_error(None, _("请从这一页上的按钮重新点一次。"))
        done, status = attempt(
            form, lambda told: DEEDS[deed](told["words"], netting=id, side=side, by=actor, now=now)
        )
        if done:
            messages.success(request, _("已记下，对方看得到。"))
            return redirect("exchange:netting", id)
        row = queries.netting(actor, id)
    line = _netting_line(row, queries.names_for([row]))
    persons = queries.officers(row.first_by, row.second_by, row.settled_by)
    sides = [
        {
            "path": path,
            "name": line[key],
            "by": persons.get(by, "") if by else "",
            "confirmed": at,
            "speaks": may_speak_for(actor, path),
            "free": actor.person != other,
            "gave": gave,
        }
        for key, path, by, at, other, gave in (
            ("first", row.first, row.first_by, row.first_at, row.second_by, row.first_gave),
            ("second", row.second, row.second_by, row.second_at, row.first_by, row.second_gave),
        )
    ]
    owed = {row.first, row.second} if not row.net else {row.first if row.net > 0 else row.second}
    names = {row.first: line["first"], row.second: line["second"]}
    context = {
        **line,
        "form": form,
        "deed": deed,
        "side": request.POST.get("side", ""),
        "sides": sides,
        "speaking": [one for one in sides if one["speaks"]],
        "answering": [one for one in sides if one["speaks"] and one["path"] != row.disputed_for],
        "settling": [one for one in sides if one["speaks"] and one["path"] in owed],
        "disputer": names.get(row.disputed_for, ""),
        "lines": [
            {"used": one, "home": names[one.home], "taker": names[one.taker]}
            for one in queries.lines_of(row.month, (row.first, row.second))
        ],
        "crumbs": _crumbs(f"{row.month:%Y-%m}"),
    }
    return render(request, "exchange/netting.html", context, status=status)


DEEDS = {
    "dispute": lambda words, **told: months.dispute_netting(said=words, **told),
    "answer": lambda words, **told: months.answer_netting(words=words, **told),
    "settle": lambda words, **told: months.settle_netting(words=words, **told),
}
