"""The description of the API: for programs, and as a page for people."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from mulin.readers.api import queries
from mulin.readers.api.views.door import ROOT, api


def _document(request: HttpRequest) -> dict[str, object]:
    raw = dict(api.get_openapi_schema(path_prefix="/"))
    return queries.document(raw, server=request.build_absolute_uri(f"/{ROOT}"))


@require_safe
def openapi(request: HttpRequest) -> HttpResponse:
    """GET /api/v1/openapi.json: OpenAPI 3.1, in the language asked for."""
    return JsonResponse(_document(request), json_dumps_params={"ensure_ascii": False, "indent": 1})


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """GET /api/v1/docs: the same to be read."""
    told = _document(request)
    context = {"told": told, "parts": queries.pages(told), "source": reverse("api:openapi")}
    return render(request, "api/docs.html", context)
