"""Addresses of the 12345 hotline's platform."""

from django.urls import path, re_path

from mulin.readers.hotline import views

app_name = "hotline"
urlpatterns = [
    path("hotline/v1/messages", views.messages, name="messages"),
    path("hotline/v1/changes", views.changes, name="changes"),
    path("hotline/v1/orders/<str:number>", views.order, name="order"),
    re_path(r"^hotline/(?P<rest>.*)$", views.elsewhere, name="elsewhere"),
]
