"""Addresses of GeoReport v2. The format is the ending of each."""

from django.urls import re_path

from mulin.readers.open311 import views

app_name = "open311"
AS = r"\.(?P<form>xml|json)$"
urlpatterns = [
    re_path(rf"^open311/(?:v2/)?discovery{AS}", views.discovery, name="discovery"),
    re_path(rf"^open311/v2/services{AS}", views.services, name="services"),
    re_path(rf"^open311/v2/services/(?P<code>[^/]+){AS}", views.service, name="service"),
    re_path(rf"^open311/v2/requests{AS}", views.requests, name="requests"),
    re_path(rf"^open311/v2/requests/(?P<number>[^/]+){AS}", views.request, name="request"),
    re_path(rf"^open311/v2/tokens/(?P<number>[^/]+){AS}", views.token, name="token"),
    re_path(r"^open311/(?P<rest>.*)$", views.elsewhere, name="elsewhere"),
]
