"""Addresses of runs."""

from __future__ import annotations

from django.urls import path

from mulin.ground.runs import views

app_name = "runs"
urlpatterns = [
    path("desk/files/", views.show, name="list"),
    path("desk/files/<uuid:run>/", views.hand_out, name="file"),
]
