"""Addresses of orders."""

from __future__ import annotations

from django.urls import path

from mulin.ground.orders.views import asking, lists, merging, one

app_name = "orders"
urlpatterns = [
    path("neighbours/", lists.hall, name="hall"),
    path("neighbours/mine/", lists.mine, name="mine"),
    path("neighbours/helping/", lists.helping, name="helping"),
    path("neighbours/ask/<slug:customer>/", asking.kinds, name="ask"),
    path("neighbours/ask/<slug:customer>/<str:kind>/", asking.ask, name="ask_kind"),
    path("neighbours/<uuid:id>/", one.order, name="order"),
    path("neighbours/<uuid:id>/contact/", one.contact, name="contact"),
    path("neighbours/<uuid:id>/<slug:deed>/", one.act, name="act"),
    path("desk/neighbours/", lists.desk, name="desk"),
    path("desk/neighbours/<uuid:id>/same/", merging.same, name="same"),
    path("desk/neighbours/ask/<slug:customer>/", asking.kinds_for, name="ask_for"),
    path("desk/neighbours/ask/<slug:customer>/<str:kind>/", asking.ask_for, name="ask_for_kind"),
]
