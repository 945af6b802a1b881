"""Addresses of messages."""

from __future__ import annotations

from django.urls import path

from mulin.ground.notices import views

app_name = "notices"
urlpatterns = [
    path("notices/", views.inbox, name="list"),
    path("desk/channels/", views.channels, name="channels"),
]
