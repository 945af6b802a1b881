"""Addresses of files."""

from __future__ import annotations

from django.urls import path

from mulin.ground.files import views

app_name = "files"
urlpatterns = [path("files/<uuid:id>/", views.serve, name="serve")]
