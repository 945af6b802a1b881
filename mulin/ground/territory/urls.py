"""Addresses of places. All of them are for colleagues: residents pick a place from a list on other pages."""

from django.urls import path

from mulin.ground.territory import views

app_name = "territory"
urlpatterns = [
    path("desk/territory/", views.tree, name="tree"),
    path("desk/territory/import/", views.import_grids, name="import_grids"),
    path("desk/territory/export.geojson", views.export_grids, name="export_grids"),
    path("desk/territory/<uuid:division_id>/", views.division, name="division"),
    path("desk/territory/<uuid:division_id>/edit/", views.edit_division, name="edit_division"),
    path("desk/territory/<uuid:division_id>/add/", views.add_division, name="add_division"),
    path("desk/territory/<uuid:division_id>/draw/", views.draw_grid, name="draw_grid"),
    path("desk/territory/<uuid:division_id>/grid/", views.place_in_grid, name="place_in_grid"),
    path("desk/territory/grids/<uuid:grid_id>/", views.grid, name="grid"),
    path("desk/territory/grids/<uuid:grid_id>/name/", views.edit_grid, {"what": "name"}, name="rename_grid"),
    path(
        "desk/territory/grids/<uuid:grid_id>/outline/",
        views.edit_grid,
        {"what": "outline"},
        name="redraw_grid",
    ),
    path("desk/territory/grids/<uuid:grid_id>/end/", views.edit_grid, {"what": "end"}, name="end_grid"),
    path("desk/map/grids.geojson", views.grids_geojson, name="grids_geojson"),
]
