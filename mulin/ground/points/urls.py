"""Addresses of the points bank."""

from django.urls import path

from mulin.ground.points import views

app_name = "points"
urlpatterns = [
    path("points/", views.mine, name="mine"),
    path("points/<uuid:key>/", views.passbook, name="passbook"),
]
