"""Addresses of places. All of them are for colleagues: residents pick a place from a list on other pages."""

from django.urls import path

from mulin.ground.territory.views import lists, places, serving, stations, tables, teams

app_name = "territory"
urlpatterns = [
    path("desk/territory/", places.tree, name="tree"),
    path("desk/territory/import/", places.import_grids, name="import_grids"),
    path("desk/territory/export.geojson", places.export_grids, name="export_grids"),
    path("desk/territory/<uuid:division_id>/", places.division, name="division"),
    path("desk/territory/<uuid:division_id>/edit/", places.edit_division, name="edit_division"),
    path("desk/territory/<uuid:division_id>/add/", places.add_division, name="add_division"),
    path("desk/territory/<uuid:division_id>/draw/", places.draw_grid, name="draw_grid"),
    path("desk/territory/<uuid:division_id>/grid/", places.place_in_grid, name="place_in_grid"),
    path("desk/territory/grids/<uuid:grid_id>/", places.grid, name="grid"),
    path("desk/territory/grids/<uuid:grid_id>/name/", places.edit_grid, {"what": "name"}, name="rename_grid"),
    path(
        "desk/territory/grids/<uuid:grid_id>/outline/",
        places.edit_grid,
        {"what": "outline"},
        name="redraw_grid",
    ),
    path("desk/territory/grids/<uuid:grid_id>/end/", places.edit_grid, {"what": "end"}, name="end_grid"),
    path("desk/territory/grids/<uuid:grid_id>/link/", serving.link, name="link_department"),
    path("desk/territory/grids/<uuid:grid_id>/officer/", serving.officer, name="assign_officer"),
    path("desk/territory/<uuid:division_id>/charge/", serving.charge, name="put_in_charge"),
    path("desk/territory/<uuid:division_id>/count/", serving.count, name="count_households"),
    path("desk/territory/end/<slug:what>/<uuid:key>/", serving.turn, name="turn"),
    path("desk/territory/units/<uuid:key>/", serving.unit, name="unit"),
    path("desk/territory/served/", lists.served, name="served"),
    path("desk/territory/officers/", lists.officers, name="officers"),
    path("desk/territory/compounds/", lists.compounds, name="compounds"),
    path("desk/territory/staff/table/", tables.table, name="staff_table"),
    path("desk/territory/staff/table/<slug:kind>.xlsx", tables.template, name="staff_template"),
    path("desk/teams/", lists.teams, name="teams"),
    path("desk/teams/add/", teams.add, name="add_team"),
    path("desk/teams/<uuid:key>/", teams.team, name="team"),
    path("desk/teams/<uuid:key>/members/add/", teams.member, name="team_member"),
    path("desk/teams/<uuid:key>/members/<uuid:person>/", teams.part, name="team_part"),
    path("desk/teams/<uuid:key>/second/", teams.second, name="team_second"),
    path("desk/teams/<uuid:key>/recall/", teams.recall, name="team_recall"),
    path("desk/stations/", lists.stations, name="stations"),
    path("desk/stations/add/", stations.add, name="add_station"),
    path("desk/stations/<uuid:key>/", stations.station, name="station"),
    path("desk/stations/<uuid:key>/change/", stations.change, {"what": "change"}, name="change_station"),
    path("desk/stations/<uuid:key>/close/", stations.change, {"what": "close"}, name="close_station"),
    path("desk/stations/<uuid:key>/post/", stations.post, name="post_to_station"),
    path("desk/stations/<uuid:key>/visit/", stations.visit, name="write_visit"),
    path("desk/stations/<uuid:key>/visits/<uuid:visit>/withdraw/", stations.withdraw, name="withdraw_visit"),
    path("desk/map/grids.geojson", places.grids_geojson, name="grids_geojson"),
]
