"""Addresses of the catalogue."""

from django.urls import path

from mulin.services.catalogue.views import admissions, mandates, matters, tables, whose

app_name = "catalogue"
urlpatterns = [
    path("desk/whose/", whose.whose, name="whose"),
    path("desk/catalogue/", matters.listing, name="list"),
    path("desk/catalogue/new/", matters.new, name="new"),
    path("desk/catalogue/categories/", matters.categories, name="categories"),
    path("desk/catalogue/table/", tables.table, name="table"),
    path("desk/catalogue/table/template.xlsx", tables.template, name="template"),
    path("desk/catalogue/table/export.xlsx", tables.export, name="export"),
    path("desk/catalogue/admissions/", admissions.listing, name="admissions"),
    path("desk/catalogue/admissions/new/", admissions.apply, name="apply"),
    path("desk/catalogue/admissions/<uuid:id>/", admissions.detail, name="admission"),
    path("desk/catalogue/admissions/<uuid:id>/<slug:act>/", admissions.act, name="admission_act"),
    path("desk/catalogue/streets/", mandates.listing, name="mandates"),
    path("desk/catalogue/streets/<uuid:id>/", mandates.mandate, name="mandate"),
    path("desk/catalogue/streets/<uuid:id>/edit/", mandates.edit, name="edit_mandate"),
    path("desk/catalogue/streets/<uuid:id>/<slug:act>/", mandates.act, name="mandate_act"),
    path("desk/catalogue/<uuid:id>/", matters.matter, name="matter"),
    path("desk/catalogue/<uuid:id>/edit/", matters.edit, name="edit"),
    path("desk/catalogue/<uuid:id>/publish/", matters.publish, name="publish"),
    path("desk/catalogue/<uuid:id>/discard/", matters.discard, name="discard"),
    path("desk/catalogue/<uuid:id>/retire/", matters.retire, name="retire"),
]
