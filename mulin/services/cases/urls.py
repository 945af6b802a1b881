"""Addresses of cases: neighbour pages and the desk."""

from __future__ import annotations

from django.urls import path

from mulin.services.cases.views import (
    batches,
    case,
    desk,
    dues,
    following,
    imports,
    lists,
    map,
    merging,
    neighbour,
    places,
    prints,
    routing,
    sharing,
    spots,
    todos,
)

app_name = "cases"
urlpatterns = [
    path("report/", neighbour.report, name="report"),
    path("report/places/", places.below, name="places"),
    path("progress/", neighbour.progress, name="progress"),
    path("me-too/", sharing.shared, name="shared"),
    path("me-too/<uuid:id>/", sharing.support, name="support"),
    path("p/<str:code>/", spots.scan, name="scan"),
    path("desk/place-codes/", spots.codes, name="place_codes"),
    path("desk/place-codes/<uuid:id>/", spots.sheet, name="place_code"),
    path("desk/place-codes/<uuid:id>/end/", spots.end, name="end_place_code"),
    path("my-reports/", neighbour.mine, name="mine"),
    path("my-reports/<uuid:id>/", neighbour.my_case, name="my_case"),
    path("r/<str:receipt>/", neighbour.receipt, name="receipt"),
    path("r/<str:receipt>/rate/", neighbour.rate, name="rate"),
    *(
        path(f"r/<str:receipt>/{deed}/", following.follow, {"deed": deed}, name=deed)
        for deed in following.DEEDS
    ),
    path("desk/", todos.desk, name="desk"),
    path("desk/copied/", todos.seen, name="seen"),
    path("desk/cases/views/", lists.keep_view, name="keep_view"),
    path("desk/cases/export/", lists.export, name="export"),
    path("desk/cases/", lists.list_cases, name="list"),
    path("desk/cases/<uuid:id>/", case.detail, name="detail"),
    path("desk/cases/<uuid:id>/work-order/", prints.work_order, name="work_order"),
    path("desk/cases/<uuid:id>/slip/", prints.slip, name="slip"),
    path("desk/cases/<uuid:id>/merge/", merging.compare, name="merge"),
    path("desk/cases/<uuid:id>/<slug:action>/", case.act, name="act"),
    path("desk/parts/<slug:kind>/<uuid:id>/", case.by_part, name="by_part"),
    path("desk/dues/", dues.show, name="dues"),
    path("desk/batches/", batches.show_all, name="batches"),
    path("desk/batches/new/", batches.new, name="batch_new"),
    path("desk/batches/<uuid:id>/", batches.show, name="batch"),
    path("desk/batches/<uuid:id>/undo/", batches.undo, name="batch_undo"),
    path("desk/report/", desk.staff_report, name="staff_report"),
    path("desk/found-and-fixed/", desk.found_fixed, name="found_fixed"),
    path("desk/import/", imports.show, name="imports"),
    path("desk/import/template.xlsx", imports.template, name="import_template"),
    path("desk/import/<uuid:id>/", imports.table, name="import_table"),
    path("desk/import/<uuid:run>/refused.xlsx", imports.refused, name="import_refused"),
    path("desk/routing/", routing.rules, name="routing"),
    path("desk/routing/add/", routing.add, name="routing_add"),
    path("desk/routing/table/", routing.rule_table, name="routing_table"),
    path("desk/routing/table/template.xlsx", routing.template, name="routing_template"),
    path("desk/routing/table/rules.xlsx", routing.export, name="routing_export"),
    path("desk/routing/trials/<uuid:id>/", routing.trial, name="routing_trial"),
    path("desk/routing/<int:number>/", routing.rule, name="routing_rule"),
    path("desk/routing/<int:number>/change/", routing.change, name="routing_change"),
    path("desk/routing/<int:number>/end/", routing.end, name="routing_end"),
    path("desk/map/", map.show_map, name="map"),
    path("desk/map/cases.geojson", map.points, name="points"),
]
