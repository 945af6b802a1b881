"""What every door of the catalogue does: who is asking, and a refusal that goes back into its form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _

from mulin.kernel.actor import Actor
from mulin.kernel.doors import admitted, refuse_into
from mulin.kernel.errors import NotAllowed, Refused
from mulin.services.catalogue.permissions import may_edit, may_read


def reader(request: HttpRequest) -> Actor:
    """Whoever works for the county. A partner (merchant) is told so, neighbours and other counties learn nothing."""
    return admitted(request, may_read, _("事项清单供工作人员使用。"))


def editor(request: HttpRequest) -> Actor:
    """Whoever keeps the catalogue."""
    actor = reader(request)
    if not may_edit(actor):
        raise NotAllowed(_("事项清单由县级工作人员或管理员维护。"))
    return actor


def attempt(form: forms.Form, act: Callable[[], Any]) -> tuple[Any, int]:
    """(what the action returned, 302), or (None, 422 or 409) with the refusal in the form, its words kept."""
    if not form.is_valid():
        return None, 422
    try:
        return act(), 302
    except Refused as refused:
        if refused.status in (403, 404):
            raise
        return None, refuse_into(form, refused)
