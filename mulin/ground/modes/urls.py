"""Addresses of the modes: routine, alert, response, recovery."""

from django.urls import path

from mulin.ground.modes import views

app_name = "modes"
urlpatterns = [
    path("desk/modes/", views.modes, name="list"),
    path("desk/modes/declare/", views.declare, name="declare"),
    path("desk/modes/<uuid:mode_id>/", views.mode, name="mode"),
    path("desk/modes/<uuid:mode_id>/move/", views.move, name="move"),
    path("desk/modes/<uuid:mode_id>/extend/", views.extend, name="extend"),
]
