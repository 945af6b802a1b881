"""The desk's doors of people: the directory, one person, one organisation."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from mulin.ground.people import actions, queries
from mulin.ground.people.forms import (
    CounterErase,
    Find,
    Listing,
    NewPerson,
    OrganisationForm,
    PersonForm,
    Post,
)
from mulin.ground.people.models import Person
from mulin.ground.people.permissions import (
    may_enter_leave,
    may_erase,
    may_manage_organisations,
    may_manage_people,
    may_read_directory,
    may_see_where_units_serve,
)
from mulin.ground.people.rules import ERASE_WORDS
from mulin.kernel import clock
from mulin.kernel.actor import Actor
from mulin.kernel.doors import admitted, attempt
from mulin.kernel.errors import NotFound

form_methods = require_http_methods(["GET", "HEAD", "POST"])


def _actor(request: HttpRequest, may: Callable[[Actor], bool]) -> Actor:
    """The actor, if he may; a colleague without the right is told so, anybody else learns nothing."""
    return admitted(request, may, _("这一页由管理人员和窗口人员使用。"))


def _try(form: forms.Form, act: Callable[[dict[str, Any]], Any]) -> Any:
    """Run the action on a valid form; its refusal becomes an error of the form. None where it was refused."""
    return attempt(form, act)[0]


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Staff by their public names, or organisations. Residents are on no list."""
    actor = _actor(request, may_read_directory)
    form = Listing(request.GET)
    told = form.cleaned_data if form.is_valid() else {}
    units, at = told.get("view") == "units", request.GET.get("at", "")
    if units:
        page = queries.organisations_page(named=told.get("named", ""), kind=told.get("kind", ""), at=at)
    else:
        page = queries.directory(actor, named=told.get("named", ""), at=at)
    context = {
        "form": form,
        "units": units,
        "rows": page.rows,
        **page.links(told),
        "filtered": bool(told.get("named") or told.get("kind")),
        "find": Find() if may_manage_people(actor) else None,
        "may_manage": may_manage_organisations(actor),
    }
    return render(request, "people/list.html", context)


@never_cache
@require_POST
def find(request: HttpRequest) -> HttpResponse:
    """From a number to a person. The number travels in the body only, and the look is recorded."""
    actor = _actor(request, may_manage_people)
    form = Find(request.POST)
    found = queries.find_by_phone(form.cleaned_data["phone"]) if form.is_valid() else None
    if found is not None:
        actions.viewed(person=found.pk, by=actor, now=clock.now())
        return redirect("people:person", key=found.pk)
    if not form.errors:
        form.add_error("phone", _("没有登记过这个号码。"))
    return render(request, "people/find.html", {"form": form}, status=422)


@never_cache
@form_methods
def add(request: HttpRequest) -> HttpResponse:
    """Register somebody at the counter."""
    actor = _actor(request, may_manage_people)
    form = NewPerson(request.POST or None)
    if request.method == "POST":
        made = _try(form, lambda told: actions.add_person(by=actor, now=clock.now(), **told))
        if made is not None:
            messages.success(request, _("已登记。"))
            return redirect("people:person", key=made.pk)
    return render(request, "people/person_form.html", {"form": form}, status=422 if form.errors else 200)


@never_cache
@form_methods
def person(request: HttpRequest, key: UUID) -> HttpResponse:
    """One person: what staff bear in public, contact data masked until somebody asks, and says so in
    the trail.
    """
    actor = _actor(request, may_read_directory)
    _readable(actor, key)
    plain = None
    if request.method == "POST":
        _actor(request, may_manage_people)
        plain = actions.reveal(person=key, by=actor, now=clock.now(), why="directory")
    return _person_page(request, actor, key, plain=plain)


def _readable(actor: Actor, key: UUID) -> tuple[Person, bool]:
    """A person and whether the actor keeps the directory; who does not reads of staff only. Raises NotFound."""
    row, manages = queries.person(key), may_manage_people(actor)
    if not manages and not row.public_name:
        raise NotFound(_("没有这个人。"))
    return row, manages


def _person_page(
    request: HttpRequest,
    actor: Actor,
    key: UUID,
    *,
    plain: Any = None,
    post: Post | None = None,
    status: int = 200,
) -> HttpResponse:
    row, manages = _readable(actor, key)
    context = {
        "row": row,
        "contact": plain,
        "masked": queries.contact(key).masked() if manages else None,
        "posts": queries.memberships(key),
        "consents": queries.consents(key) if manages else {},
        "may_manage": manages,
        "may_manage_units": may_manage_organisations(actor),
        "may_erase": may_erase(actor),
        "may_enter_leave": bool(row.public_name) and not row.erased_at and may_enter_leave(actor, key),
        "post_form": (post or Post()) if may_manage_organisations(actor) and not row.erased_at else None,
    }
    return render(request, "people/person.html", context, status=status)


@never_cache
@form_methods
def change(request: HttpRequest, key: UUID) -> HttpResponse:
    """Correct a person's data; empty contact fields are left as they are, because they are not shown."""
    actor = _actor(request, may_manage_people)
    row = queries.person(key)
    form = PersonForm(
        request.POST or None, initial={"public_name": row.public_name, "work_phone": row.work_phone}
    )
    if request.method == "POST":

        def act(told: dict[str, Any]) -> Any:
            given = {
                field: value
                for field, value in told.items()
                if value or field in ("public_name", "work_phone")
            }
            return actions.change_person(person=key, by=actor, now=clock.now(), **given)

        if _try(form, act) is not None:
            messages.success(request, _("已保存。"))
            return redirect("people:person", key=key)
    return render(
        request, "people/person_form.html", {"form": form, "row": row}, status=422 if form.errors else 200
    )


@never_cache
@require_POST
def export(request: HttpRequest, key: UUID) -> HttpResponse:
    """Everything that is kept of a person, for himself, at the counter."""
    actor = _actor(request, may_erase)
    told = actions.exported(person=key, by=actor, now=clock.now())
    body = json.dumps(told, ensure_ascii=False, indent=2, default=str)
    headers = {"Content-Disposition": 'attachment; filename="mulin-person.json"', "Cache-Control": "no-store"}
    return HttpResponse(body, content_type="application/json; charset=utf-8", headers=headers)


@never_cache
@form_methods
def erase(request: HttpRequest, key: UUID) -> HttpResponse:
    """Erase somebody on his request at the counter."""
    actor = _actor(request, may_erase)
    row = queries.person(key)
    form = CounterErase(request.POST or None)
    if (
        request.method == "POST"
        and form.is_valid()
        and form.cleaned_data["word"].strip().lower() not in ERASE_WORDS
    ):
        form.add_error("word", _("要一字不差地输入“删除”。"))
    if request.method == "POST" and not form.errors:
        gone = _try(
            form, lambda told: actions.erase(person=key, by=actor, now=clock.now(), reason=told["reason"])
        )
        if gone is not None:
            messages.success(request, _("个人信息已删除。"))
            return redirect("people:person", key=key)
    return render(
        request, "people/erase.html", {"form": form, "row": row}, status=422 if form.errors else 200
    )


# ── organisations ─────


@form_methods
def add_unit(request: HttpRequest) -> HttpResponse:
    """Register an organisation."""
    actor = _actor(request, may_manage_organisations)
    form = OrganisationForm(request.POST or None)
    if request.method == "POST":
        made = _try(form, lambda told: actions.add_organisation(by=actor, now=clock.now(), **told))
        if made is not None:
            messages.success(request, _("单位已登记。"))
            return redirect("people:unit", key=made.pk)
    return render(request, "people/unit_form.html", {"form": form}, status=422 if form.errors else 200)


@require_safe
def unit(request: HttpRequest, key: UUID) -> HttpResponse:
    """One organisation and who works there."""
    actor = _actor(request, may_read_directory)
    context = {
        "row": queries.organisation(key),
        "members": queries.members(key)[:200],
        "may_manage": may_manage_organisations(actor),
        "serves": may_see_where_units_serve(actor),
    }
    return render(request, "people/unit.html", context)


@form_methods
def change_unit(request: HttpRequest, key: UUID) -> HttpResponse:
    """Correct an organisation's name, code or duty phone."""
    actor = _actor(request, may_manage_organisations)
    row = queries.organisation(key)
    initial = {field: getattr(row, field) for field in ("name", "name_en", "credit_code", "duty_phone")}
    form = OrganisationForm(request.POST or None, initial=initial, fixed_kind=True)
    if request.method == "POST":
        act = lambda told: actions.change_organisation(organisation=key, by=actor, now=clock.now(), **told)  # noqa: E731
        if _try(form, act) is not None:
            messages.success(request, _("已保存。"))
            return redirect("people:unit", key=key)
    return render(
        request, "people/unit_form.html", {"form": form, "row": row}, status=422 if form.errors else 200
    )


@form_methods
def end_unit(request: HttpRequest, key: UUID) -> HttpResponse:
    """An organisation is dissolved: a page asks once more, and says what keeps it."""
    actor = _actor(request, may_manage_organisations)
    row, form = queries.organisation(key), forms.Form(request.POST if request.method == "POST" else None)
    act = lambda _told: actions.end_organisation(organisation=key, by=actor, now=clock.now())  # noqa: E731
    gone, status = attempt(form, act) if form.is_bound else (None, 200)
    if gone is not None:
        messages.success(request, _("单位已撤销。"))
        return redirect("people:unit", key=key)
    words = _("%(name)s从今天起撤销，它包联的网格、负责的地方一并结束。名册和记录都留着。") % {
        "name": row.name
    }
    back = reverse("people:unit", args=[key])
    return _ask_again(request, form, _("撤销单位"), words, back, status)


def _ask_again(
    request: HttpRequest, form: forms.Form, title: str, words: str, back: str, status: int
) -> HttpResponse:
    """A page with one button: what ends, before it ends."""
    context = {"form": form, "title": title, "lead": words, "back": back}
    return render(request, "people/end.html", context, status=status)


@require_POST
def join(request: HttpRequest, key: UUID) -> HttpResponse:
    """A person begins to work in an organisation."""
    actor = _actor(request, may_manage_organisations)
    queries.person(key)
    form = Post(request.POST)

    def act(told: dict[str, Any]) -> Any:
        unit = UUID(told["organisation"])
        return actions.join(organisation=unit, person=key, post=told["post"], by=actor, now=clock.now())

    done, status = attempt(form, act)
    if done is None:
        return _person_page(request, actor, key, post=form, status=status)
    messages.success(request, _("已登记任职。"))
    return redirect("people:person", key=key)


@form_methods
def leave(request: HttpRequest, key: UUID, unit: UUID) -> HttpResponse:
    """A person stops working there: a page asks once more, and says what ends with it."""
    actor = _actor(request, may_manage_organisations)
    if request.method == "POST":
        actions.leave(organisation=unit, person=key, by=actor, now=clock.now())
        messages.success(request, _("已登记离任。权限要另外收回。"))
        return redirect("people:person", key=key)
    told = {
        "name": queries.person(key).public_name or _("（未公开姓名）"),
        "unit": queries.organisation(unit).name,
    }
    words = _("%(name)s从今天起不在%(unit)s任职；他为这个单位编入的网格一并结束。权限要另外收回。") % told
    return _ask_again(request, forms.Form(), _("离任"), words, reverse("people:person", args=[key]), 200)
