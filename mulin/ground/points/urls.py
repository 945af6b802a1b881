"""Addresses of the points bank."""

from django.urls import path

from mulin.ground.points import views

app_name = "points"
urlpatterns = [
    path("points/", views.mine, name="mine"),
    path("points/check/", views.check, name="check"),
    path("points/rules/", views.rules, name="rules"),
    path("points/<uuid:key>/", views.passbook, name="passbook"),
    path("points/<uuid:key>/give/", views.give, name="give"),
    path("points/<uuid:key>/print/", views.sheet, name="sheet"),
    path("points/<uuid:key>/lose/", views.lose, name="lose"),
    path("points/<uuid:key>/replace/", views.replace, name="replace"),
    path("points/<uuid:key>/close/", views.close, name="close"),
    path("points/<uuid:key>/award/", views.award, name="award"),
    path("points/entries/<uuid:key>/reverse/", views.reverse_one, name="reverse"),
    path("desk/points/", views.desk, name="desk"),
    path("desk/points/rules/new/", views.rule_new, name="rule_new"),
    path("desk/points/budgets/", views.budgets, name="budgets"),
    path("desk/points/old/", views.openings, name="openings"),
    path("desk/points/old/<uuid:key>/", views.opening, name="opening"),
]
