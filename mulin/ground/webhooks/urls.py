"""Addresses of what connected systems are told."""

from django.urls import path

from mulin.ground.webhooks import views

app_name = "webhooks"
urlpatterns = [
    path("desk/systems/<uuid:system>/webhooks/", views.of_system, name="list"),
    path("desk/systems/<uuid:system>/webhooks/add/", views.add, name="add"),
    path("desk/webhooks/<uuid:key>/", views.subscription, name="subscription"),
    path("desk/webhooks/<uuid:key>/secret/", views.rotate, name="rotate"),
    path("desk/webhooks/<uuid:key>/pause/", views.pause, name="pause"),
    path("desk/webhooks/<uuid:key>/resume/", views.resume, name="resume"),
    path("desk/webhooks/<uuid:key>/end/", views.end, name="end"),
    path("desk/webhooks/<uuid:key>/test/", views.test, name="test"),
    path("desk/webhooks/<uuid:key>/resend/", views.resend, name="resend"),
    path("desk/webhooks/<uuid:key>/resend/<uuid:delivery>/", views.resend_one, name="resend_one"),
]
