"""Addresses of the trail."""

from __future__ import annotations

from django.urls import path

from mulin.ground.trail import views

app_name = "trail"
urlpatterns = [path("desk/trail/", views.log, name="log")]
