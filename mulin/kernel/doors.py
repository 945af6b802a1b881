"""What doors do alike: who may come in, an action tried with a form that keeps its words, a workbook handed out, a page
kept on the phone."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from functools import wraps
from typing import Any, Final

from django import forms
from django.http import FileResponse, HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from mulin.kernel import clock
from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from mulin.kernel.tables import write_refused

FIRST_DAY: Final = date(1949, 10, 1)
FURTHEST: Final = timedelta(days=366)
"""How far ahead something may be entered to begin or end: what lies further is a slip of the hand."""


class Day(forms.DateField):
    """A day, chosen on the phone's own calendar; neither before FIRST_DAY nor further ahead than ``furthest``."""

    def __init__(self, *, furthest: timedelta = FURTHEST, **kwargs: Any) -> None:
        self.furthest = furthest
        kwargs.setdefault("widget", forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
        super().__init__(**kwargs)

    def clean(self, value: Any) -> Any:
        found = super().clean(value)
        if found is not None and not FIRST_DAY <= found <= clock.local_day(clock.now()) + self.furthest:
            raise forms.ValidationError(_("这个日期太远了，请核对年份。"), code="far")
        return found


def asking(request: HttpRequest) -> Actor:
    """Whoever asks; the middleware has found out."""
    return request.actor  # type: ignore[attr-defined, no-any-return]


def admitted(request: HttpRequest, may: Callable[[Actor], bool], words: str, *, nobody: str = "") -> Actor:
    """Whoever asks, where he may. Raises NotAllowed with ``words`` for somebody else with a duty here, be it a partner's,
    and NotFound for whoever has none: neighbours and other counties learn nothing but ``nobody``."""
    actor = asking(request)
    if may(actor):
        return actor
    if actor.on_duty:
        raise NotAllowed(words)
    raise NotFound(nobody or _("没有这个页面。"))


def refuse_into(form: Any, refused: Refused) -> int:
    """Put a refusal beside its field (or on top) and give the status to answer with."""
    form.add_error(refused.field if refused.field in form.fields else None, refused.message)
    return refused.status


def attempt(form: Any, act: Callable[[dict[str, Any]], Any]) -> tuple[Any, int]:
    """Run the action on what a valid form says: (what it gave, 200), or (None, the status of the refusal) with the refusal
    in the form. Raises what is no matter of the form: NotAllowed, NotFound."""
    if not form.is_valid():
        return None, 422
    try:
        return act(form.cleaned_data), 200
    except Refused as refused:
        if refused.status in (403, 404):
            raise
        return None, refuse_into(form, refused)


KEEP = "X-Keep-Offline"
"""The header by which static/mulin/js/worker.js knows a page that may lie on the phone, and whose it is: an account's
number, or "-" of whoever has not signed in."""


def keep_on_phone(request: HttpRequest, response: HttpResponseBase) -> None:
    """Let the phone keep a copy of this page for a day, to show where no network is: only a page that was asked for and
    came, and only to the account that asked (docs/security.md)."""
    if request.method == "GET" and response.status_code == 200:
        response[KEEP] = str(asking(request).account or "-")


def kept_on_phone(view: Callable[..., Any]) -> Callable[..., Any]:
    """The view's page may be kept on the phone (``keep_on_phone``)."""

    @wraps(view)
    def kept(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        response = view(request, *args, **kwargs)
        keep_on_phone(request, response)
        return response

    return kept


def workbook(out: io.BytesIO, name: str) -> FileResponse:
    """A workbook that was written, to be kept under a name."""
    out.seek(0)
    return FileResponse(out, as_attachment=True, filename=name)


def refused_rows(header: Sequence[str], refused: Iterable[tuple[int, str, Sequence[Any]]]) -> FileResponse:
    """The rows that could not stand, each with its reason: (number, reason, raw cells)."""
    out = io.BytesIO()
    write_refused(out, header, [(number, raw, reason) for number, reason, raw in refused])
    return workbook(out, "未采用的行.xlsx")
