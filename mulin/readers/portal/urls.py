"""Addresses of the front door."""

from __future__ import annotations

from django.urls import path

from mulin.readers.portal import views

app_name = "portal"
urlpatterns = [
    path("", views.home, name="home"),
    path("call/", views.call, name="call"),
    path("emergency/", views.emergency, name="emergency"),
    path("grid-worker/", views.grid_worker, name="grid_worker"),
    path("open/", views.open_figures, name="open_figures"),
    path("open/<slug:code>/", views.open_rows, name="open_rows"),
    path("about/", views.about, name="about"),
    path("preferences/", views.preferences, name="preferences"),
    path("healthz", views.healthz, name="healthz"),
    path("waiting/", views.waiting, name="waiting"),
    path("waiting/session", views.session, name="session"),
    path("sw.js", views.worker, name="worker"),
    path("manifest.webmanifest", views.manifest, name="manifest"),
]
