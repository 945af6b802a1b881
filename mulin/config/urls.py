"""Addresses of the whole house; each app keeps its own in its ``urls.py``."""

from __future__ import annotations

from importlib.util import find_spec

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import include, path, re_path

from mulin.readers.portal import views as portal

APPS = (
    "mulin.ground.access",
    "mulin.ground.people",
    "mulin.ground.modes",
    "mulin.ground.calendar",
    "mulin.ground.territory",
    "mulin.ground.trail",
    "mulin.ground.files",
    "mulin.ground.notices",
    "mulin.ground.runs",
    "mulin.ground.systems",
    "mulin.ground.points",
    "mulin.ground.webhooks",
    "mulin.ground.orders",
    "mulin.services.catalogue",
    "mulin.services.cases",
    "mulin.services.patrols",
    "mulin.services.mutual_aid",
    "mulin.services.volunteering",
    "mulin.services.exchange",
    "mulin.readers.indicators",
    "mulin.readers.portal",
    "mulin.readers.open311",
    "mulin.readers.hotline",
    "mulin.readers.api",
)


def not_here(request: HttpRequest) -> HttpResponse:
    """Accounts are opened and reset by an administrator: they carry no e-mail address that a form could write to."""
    raise Http404


urlpatterns = [
    path("", portal.home, name="home"),
    path("healthz", portal.healthz, name="healthz"),
    re_path(
        r"^accounts/(?:email|confirm-email|password/reset|login/code)(?:/.*)?$", not_here, name="not_here"
    ),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    *(path("", include(f"{app}.urls")) for app in APPS if find_spec(f"{app}.urls")),
]
