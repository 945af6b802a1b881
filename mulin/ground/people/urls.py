"""Addresses of people."""

from __future__ import annotations

from django.urls import path

from mulin.ground.people import views

app_name = "people"
urlpatterns = [
    path("desk/people/", views.listing, name="list"),
    path("desk/people/find/", views.find, name="find"),
    path("desk/people/add/", views.add, name="add"),
    path("desk/people/units/add/", views.add_unit, name="add_unit"),
    path("desk/people/units/<uuid:key>/", views.unit, name="unit"),
    path("desk/people/units/<uuid:key>/change/", views.change_unit, name="change_unit"),
    path("desk/people/units/<uuid:key>/end/", views.end_unit, name="end_unit"),
    path("desk/people/<uuid:key>/", views.person, name="person"),
    path("desk/people/<uuid:key>/change/", views.change, name="change"),
    path("desk/people/<uuid:key>/export/", views.export, name="export"),
    path("desk/people/<uuid:key>/erase/", views.erase, name="erase"),
    path("desk/people/<uuid:key>/join/", views.join, name="join"),
    path("desk/people/<uuid:key>/units/<uuid:unit>/leave/", views.leave, name="leave"),
]
