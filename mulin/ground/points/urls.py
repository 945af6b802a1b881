"""Addresses of the points bank."""

from django.urls import path

from mulin.ground.points.views import desk, fairness, overview, passbook, reserve

app_name = "points"
urlpatterns = [
    path("points/", passbook.mine, name="mine"),
    path("points/check/", passbook.check, name="check"),
    path("points/rules/", passbook.rules, name="rules"),
    path("points/reserve/", reserve.reserve, name="reserve"),
    path("points/reserve/<uuid:key>/", reserve.community, name="community_reserve"),
    path("points/<uuid:key>/", passbook.passbook, name="passbook"),
    path("points/<uuid:key>/give/", passbook.give, name="give"),
    path("points/<uuid:key>/print/", passbook.sheet, name="sheet"),
    path("points/<uuid:key>/lose/", passbook.lose, name="lose"),
    path("points/<uuid:key>/replace/", passbook.replace, name="replace"),
    path("points/<uuid:key>/close/", passbook.close, name="close"),
    path("points/<uuid:key>/award/", passbook.award, name="award"),
    path("points/entries/<uuid:key>/reverse/", passbook.reverse_one, name="reverse"),
    path("points/<uuid:account>/entries/<uuid:key>/ask/", fairness.ask, name="ask"),
    path("points/questions/<uuid:key>/", fairness.question, name="question"),
    path("points/reviews/<uuid:key>/", fairness.review, name="review"),
    path("points/pleas/<uuid:key>/", fairness.plea, name="plea"),
    path("desk/points/waiting/", fairness.waiting, name="waiting"),
    path("desk/points/fair/", fairness.fair, name="fair"),
    path("desk/points/callbacks/<uuid:key>/", fairness.callback, name="callback"),
    path("desk/points/overview/", overview.overview, name="overview"),
    path("desk/points/overview/rows/", overview.overview_rows, name="overview_rows"),
    path("desk/points/", desk.desk, name="desk"),
    path("desk/points/rules/new/", desk.rule_new, name="rule_new"),
    path("desk/points/pace/", reserve.pace, name="pace"),
    path("desk/points/budgets/", desk.budgets, name="budgets"),
    path("desk/points/old/", desk.openings, name="openings"),
    path("desk/points/old/<uuid:key>/", desk.opening, name="opening"),
]
