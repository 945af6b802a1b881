"""Addresses of the figures."""

from __future__ import annotations

from django.urls import path, re_path

from mulin.readers.indicators.views import article, baselines, figures, papers, rows

app_name = "indicators"
urlpatterns = [
    path("about/figures/", article.article, name="article"),
    path("desk/figures/", figures.show, name="figures"),
    path("desk/figures/baselines/", baselines.baselines, name="baselines"),
    path("desk/figures/baselines/<uuid:key>/end/", baselines.end, name="end_baseline"),
    path("desk/figures/brief/", papers.brief, name="brief"),
    path("desk/figures/brief/send/", papers.send, name="send"),
    re_path(r"^desk/figures/brief/file/(?P<form>md|docx)/$", papers.brief_file, name="brief_file"),
    path("desk/figures/briefs/", papers.briefs, name="briefs"),
    path("desk/figures/briefs/<uuid:key>/", papers.sent, name="sent"),
    re_path(
        r"^desk/figures/briefs/(?P<key>[0-9a-f-]{36})/(?P<form>md|docx)/$", papers.sent_file, name="sent_file"
    ),
    path("desk/figures/months/", papers.months, name="months"),
    path("desk/figures/months/ask/", papers.ask_month, name="ask_month"),
    path("desk/figures/months/<uuid:key>/", papers.month_file, name="month_file"),
    path("desk/figures/<slug:code>/", rows.behind, name="rows"),
]
