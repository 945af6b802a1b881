"""Addresses of the JSON API. Operations are declared in ``views``; importing them here registers each."""

from django.urls import path, re_path

from mulin.readers.api.views import cases, door, facts, page

app_name = "api"
DECLARED = (facts, cases)
urlpatterns = [
    path(f"{door.ROOT}/openapi.json", page.openapi, name="openapi"),
    re_path(rf"^{door.ROOT}/docs/?$", page.docs, name="docs"),
    *door.patterns(),
    re_path(rf"^{door.ROOT}(?:/(?P<rest>.*))?$", door.elsewhere, name="elsewhere"),
]
