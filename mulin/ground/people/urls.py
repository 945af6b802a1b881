"""Addresses of people."""

from __future__ import annotations

from django.urls import path

from mulin.ground.people.views import directory, leaves

app_name = "people"
urlpatterns = [
    path("desk/people/", directory.listing, name="list"),
    path("desk/people/find/", directory.find, name="find"),
    path("desk/people/add/", directory.add, name="add"),
    path("desk/people/leaves/", leaves.listing, name="leaves"),
    path("desk/people/leaves/<uuid:key>/stand-in/", leaves.stand_in, name="stand_in"),
    path("desk/people/leaves/<uuid:key>/end/", leaves.end, name="end_leave"),
    path("desk/people/<uuid:key>/leave/", leaves.enter, name="enter_leave"),
    path("desk/people/units/add/", directory.add_unit, name="add_unit"),
    path("desk/people/units/<uuid:key>/", directory.unit, name="unit"),
    path("desk/people/units/<uuid:key>/change/", directory.change_unit, name="change_unit"),
    path("desk/people/units/<uuid:key>/end/", directory.end_unit, name="end_unit"),
    path("desk/people/<uuid:key>/", directory.person, name="person"),
    path("desk/people/<uuid:key>/change/", directory.change, name="change"),
    path("desk/people/<uuid:key>/export/", directory.export, name="export"),
    path("desk/people/<uuid:key>/erase/", directory.erase, name="erase"),
    path("desk/people/<uuid:key>/join/", directory.join, name="join"),
    path("desk/people/<uuid:key>/units/<uuid:unit>/leave/", directory.leave, name="leave"),
]
