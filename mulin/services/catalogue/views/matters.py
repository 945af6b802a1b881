"""Doors of the list: the catalogue, one matter type with its versions, the draft, categories."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from mulin.ground.people import queries as people
from mulin.ground.trail import queries as trail
from mulin.kernel import clock
from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotFound, Refused
from mulin.services.catalogue import actions, queries
from mulin.services.catalogue.forms import (
    CategoryForm,
    ListForm,
    MatterForm,
    NewCategoryForm,
    NewMatterForm,
    WhyForm,
    matter_initial,
)
from mulin.services.catalogue.models import MatterVersion
from mulin.services.catalogue.permissions import may_edit, units_of_applicant
from mulin.services.catalogue.rules import CATEGORIES, Mode, Step, VersionState
from mulin.services.catalogue.views.doors import attempt, editor, reader

TONES = {VersionState.DRAFT: "warn", VersionState.PUBLISHED: "good", VersionState.RETIRED: "neutral"}
_PROPOSED = {one.code: one.name for one in CATEGORIES if not one.named}


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """GET /desk/catalogue/: what the county's grid takes on, by category."""
    actor = reader(request)
    form = ListForm(request.GET)
    told = form.cleaned_data if form.is_valid() else {}
    state = {"": "published", "all": ""}.get(told.get("state", ""), told.get("state", ""))
    today = clock.local_day(clock.now())
    sections = queries.catalogue(
        on=today, words=told.get("q", ""), category=told.get("category", ""), state=state
    )
    kept = {name: told[name] for name in ("q", "state") if told.get(name)}
    counts = queries.counts(on=today)
    context = {
        "form": form,
        "sections": sections,
        "found": sum(len(section.rows) for section in sections),
        "chips": [
            {
                "name": one.label,
                "url": f"?{urlencode({**kept, 'category': one.code})}",
                "count": counts.get(one.code, 0),
                "on": told.get("category") == one.code,
            }
            for one in queries.categories()
        ],
        "all_url": f"?{urlencode(kept)}",
        "all_on": not told.get("category"),
        "counts": counts,
        "filtered": bool(told.get("q") or told.get("category") or told.get("state")),
        "may_edit": may_edit(actor),
        "may_apply": bool(units_of_applicant(actor)),
        "waiting": queries.waiting() if may_edit(actor) else 0,
    }
    return render(request, "catalogue/list.html", context)


# ── one matter ───────────────────────────────────────────────────────────────────────────────────────────────────────


@require_safe
def matter(request: HttpRequest, id: UUID) -> HttpResponse:
    """GET /desk/catalogue/ID/[?version=N]: the version in force (or the one asked for), and its history."""
    return _matter_page(request, reader(request), id)


def _versions(key: UUID) -> list[MatterVersion]:
    found = queries.versions(key)
    if not found:
        raise NotFound(_("事项清单里没有这一项。"))
    return found


def _shown(found: list[MatterVersion], asked: str) -> MatterVersion:
    """The version asked for by its number, else the one in force, else the newest."""
    if asked:
        row = next((one for one in found if str(one.number) == asked), None)
        if row is None:
            raise NotFound(_("没有这一版。"))
        return row
    return next((one for one in found if one.state == VersionState.PUBLISHED), found[0])


def _matter_page(
    request: HttpRequest, actor: Actor, key: UUID, *, retiring: WhyForm | None = None, status: int = 200
) -> HttpResponse:
    found = _versions(key)
    row = _shown(found, request.GET.get("version", ""))
    content = queries.content_of(row)
    before = next((one for one in found if one.number < row.number), None)
    names = people.public_names(
        {one for version in found for one in (version.published_by_id, version.retired_by_id) if one}
    )
    current = next((one for one in found if one.state == VersionState.PUBLISHED), None)
    context = {
        "row": row,
        "tone": TONES[VersionState(row.state)],
        "content": content,
        "keywords": [word for word in row.keywords.split("、") if word],
        "assists": _names_of(content.assists),
        "steps": [step.label for step in Step],
        "routine": queries.limit_lines(content.limits, Mode.ROUTINE),
        "urgent": queries.limit_lines(content.limits, Mode.EMERGENCY),
        "versions": [
            {
                "row": one,
                "tone": TONES[VersionState(one.state)],
                "by": names.get(one.published_by_id, "") if one.published_by_id else "",
            }
            for one in found
        ],
        "changes": queries.changes(before, row) if before else [],
        "before": before,
        "current": current,
        "ownerless": queries.ownerless(row, clock.local_day(clock.now())),
        "draft": next((one for one in found if one.state == VersionState.DRAFT), None),
        "may_edit": may_edit(actor),
        "retiring": retiring or WhyForm(),
        "deeds": trail.of_subject("matter", key) if may_edit(actor) else [],
        "crumbs": _crumbs(row.matter_type.code),
    }
    return render(request, "catalogue/matter.html", context, status=status)


def _names_of(units: tuple[UUID, ...]) -> list[str]:
    names = people.organisation_names(units)
    return [names[key] for key in units if key in names]


def _crumbs(*more: str) -> list[dict[str, str]]:
    return [
        {"title": _("事项清单"), "url": reverse("catalogue:list")},
        *({"title": title, "url": ""} for title in more),
    ]


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """A matter type that begins, as a draft."""
    actor = editor(request)
    asked = next((one for one in queries.categories() if one.code == request.GET.get("category")), None)
    form = NewMatterForm(
        request.POST if request.method == "POST" else None, initial=matter_initial(None, asked)
    )
    status = 200
    if request.method == "POST":
        made, status = attempt(
            form,
            lambda: actions.draft_type(
                code=form.cleaned_data["code"],
                category=UUID(form.cleaned_data["category"]),
                content=form.content(),
                by=actor,
                now=clock.now(),
            ),
        )
        if made is not None:
            messages.success(request, _("草稿已保存。看过没有问题再发布。"))
            return redirect("catalogue:matter", id=made.matter_type_id)
    context = {"form": form, "crumbs": _crumbs(_("新增事项"))}
    return render(request, "catalogue/matter_form.html", context, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, id: UUID) -> HttpResponse:
    """The draft of a matter; where there is none, saving begins the next version."""
    actor = editor(request)
    newest = _versions(id)[0]
    before = queries.content_of(newest)
    form = MatterForm(
        request.POST if request.method == "POST" else None,
        before=before,
        initial={"revision": newest.revision if newest.state == VersionState.DRAFT else None},
    )
    status = 200
    if request.method == "POST":
        made, status = attempt(form, lambda: _save(id, form, actor))
        if made is not None and made.state != VersionState.DRAFT:
            messages.info(request, _("没有改动，没有生成草稿。"))
            return redirect("catalogue:matter", id=id)
        if made is not None:
            messages.success(request, _("草稿已保存。看过没有问题再发布。"))
            return redirect(f"{_address(id)}?version={made.number}")
    context = {"form": form, "row": newest, "crumbs": _crumbs(newest.matter_type.code, _("修改"))}
    return render(request, "catalogue/matter_form.html", context, status=status)


def _save(key: UUID, form: MatterForm, by: Actor) -> MatterVersion:
    return actions.save_draft(
        matter_type=key, content=form.content(), by=by, now=clock.now(), seen=form.cleaned_data["revision"]
    )


def _address(key: UUID) -> str:
    return reverse("catalogue:matter", args=[key])


@never_cache
@require_POST
def publish(request: HttpRequest, id: UUID) -> HttpResponse:
    """Put the draft in force."""
    actor = editor(request)
    row = _state(id, VersionState.DRAFT)
    try:
        actions.publish(version=row.id, by=actor, now=clock.now())
    except Refused as refused:
        if refused.status in (403, 404):
            raise
        messages.error(request, str(refused.message))
        return redirect(f"{_address(id)}?version={row.number}")
    messages.success(request, _("第 %(number)d 版已发布，从现在起按它办。") % {"number": row.number})
    return redirect("catalogue:matter", id=id)


@never_cache
@require_POST
def discard(request: HttpRequest, id: UUID) -> HttpResponse:
    """Throw the draft away."""
    actor = editor(request)
    left = actions.discard(version=_state(id, VersionState.DRAFT).id, by=actor, now=clock.now())
    messages.success(request, _("草稿已丢弃。"))
    return redirect("catalogue:matter", id=id) if left else redirect("catalogue:list")


@never_cache
@require_POST
def retire(request: HttpRequest, id: UUID) -> HttpResponse:
    """Take the matter off the list."""
    actor = editor(request)
    row = _state(id, VersionState.PUBLISHED)
    form = WhyForm(request.POST)
    done, status = attempt(
        form,
        lambda: actions.retire(version=row.id, why=form.cleaned_data["why"], by=actor, now=clock.now()),
    )
    if done is None:
        return _matter_page(request, actor, id, retiring=form, status=status)
    messages.success(request, _("已停用。按它受理的案件照常办完。"))
    return redirect("catalogue:matter", id=id)


def _state(key: UUID, state: VersionState) -> MatterVersion:
    """The version of a type in this state. Refused (409) where there is none: somebody was faster."""
    row = next((one for one in _versions(key) if one.state == state), None)
    if row is None:
        raise Refused("matter_state", _("这一项刚被别人改过，请刷新后再看。"), status=409)
    return row


# ── categories ───────────────────────────────────────────────────────────────────────────────────────────────────────


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def categories(request: HttpRequest) -> HttpResponse:
    """The county's categories: add, rename, move, end; the eight to begin with."""
    actor = editor(request)
    status, adding, changing = 200, NewCategoryForm(initial={"position": 9}), None
    if request.method == "POST":
        act = request.POST.get("do", "")
        if act == "install":
            actions.install_categories(by=actor, now=clock.now())
            return redirect("catalogue:categories")
        if act == "add":
            adding = NewCategoryForm(request.POST)
            done, status = attempt(
                adding, lambda: actions.add_category(by=actor, now=clock.now(), **adding.cleaned_data)
            )
        else:
            changing, done, status = _change_category(request, actor, act)
        if done is not None:
            messages.success(request, _("已保存。"))
            return redirect("catalogue:categories")
    return render(request, "catalogue/categories.html", _categories(adding, changing), status=status)


def _change_category(request: HttpRequest, actor: Actor, act: str) -> tuple[Any, Any, int]:
    """(key and form, what came of it, status) of a change or an end."""
    try:
        key = UUID(request.POST.get("category", ""))
    except ValueError:
        raise NotFound(_("没有这个大类。")) from None
    form = CategoryForm(request.POST, auto_id=f"id_{key}_%s")
    if act == "end":
        form.fields.clear()
        done, status = attempt(form, lambda: actions.end_category(category=key, by=actor, now=clock.now()))
    else:
        done, status = attempt(
            form,
            lambda: actions.change_category(category=key, by=actor, now=clock.now(), **form.cleaned_data),
        )
    return (key, form), done, status


def _categories(adding: NewCategoryForm, changing: Any) -> dict[str, Any]:
    counts = queries.counts(on=clock.local_day(clock.now()))
    wrong_key, wrong = changing or (None, None)
    rows = []
    for one in queries.categories():
        initial = {"name": one.name, "name_en": one.name_en, "position": one.position}
        refused = wrong if one.id == wrong_key else None
        fresh = CategoryForm(initial=initial, auto_id=f"id_{one.id}_%s")
        rows.append(
            {
                "category": one,
                "count": counts.get(one.code, 0),
                "form": refused if refused is not None and refused.fields else fresh,
                "errors": list(refused.non_field_errors()) if refused is not None else [],
                "open": refused is not None,
                "proposed": _PROPOSED.get(one.code) == one.name,
            }
        )
    return {"rows": rows, "adding": adding, "crumbs": _crumbs(_("大类"))}
