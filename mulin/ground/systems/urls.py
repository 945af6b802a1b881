"""Addresses of the connected systems."""

from django.urls import path

from mulin.ground.systems import views

app_name = "systems"
urlpatterns = [
    path("desk/systems/", views.systems, name="list"),
    path("desk/systems/open/", views.open_one, name="open"),
    path("desk/systems/<uuid:key>/", views.system, name="system"),
    path("desk/systems/<uuid:key>/close/", views.close, name="close"),
]
