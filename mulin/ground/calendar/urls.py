"""Addresses of the working calendar."""

from django.urls import path

from mulin.ground.calendar import views

app_name = "calendar"
urlpatterns = [
    path("desk/calendar/", views.year, name="year"),
    path("desk/calendar/import/", views.import_notice, name="import"),
    path("desk/calendar/template.xlsx", views.template, name="template"),
    path("desk/calendar/day/", views.set_day, name="day"),
    path("desk/calendar/hours/", views.set_hours, name="hours"),
]
