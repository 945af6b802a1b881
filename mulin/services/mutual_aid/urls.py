"""Addresses of mutual aid."""

from __future__ import annotations

from django.urls import path

from mulin.services.mutual_aid import views

app_name = "mutual_aid"
urlpatterns = [
    path("desk/vettings/", views.vettings, name="vettings"),
    path("desk/vettings/<uuid:id>/end/", views.end, name="end"),
]
