"""Addresses of the figures."""

from __future__ import annotations

from django.urls import path

from mulin.readers.indicators import views

app_name = "indicators"
urlpatterns = [
    path("desk/figures/", views.show, name="figures"),
    path("desk/figures/<slug:code>/", views.behind, name="rows"),
]
