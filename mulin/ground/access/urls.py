"""Addresses of access."""

from __future__ import annotations

from django.urls import path

from mulin.ground.access import views

app_name = "access"
urlpatterns = [
    path("me/", views.me, name="me"),
    path("me/export/", views.export, name="export"),
    path("me/erase/", views.erase, name="erase"),
    path("enter/", views.door, name="door"),
    path("county/", views.choose_county, name="choose_county"),
    path("desk/why/<slug:kind>/<uuid:subject>/", views.why, name="why"),
    path("desk/access/", views.grants, name="grants"),
    path("desk/access/grids/<uuid:grid>/", views.grid, name="grid"),
    path("desk/access/give/<uuid:person>/", views.give, name="give"),
    path("desk/access/account/<uuid:person>/", views.account, name="account"),
    path("desk/access/<uuid:grant>/end/", views.end, name="end"),
]
