"""Addresses of the figures."""

from __future__ import annotations

from django.urls import path

from mulin.readers.indicators.views import figures, rows

app_name = "indicators"
urlpatterns = [
    path("desk/figures/", figures.show, name="figures"),
    path("desk/figures/<slug:code>/", rows.behind, name="rows"),
]
